use std::path::Path;

use super::*;
use crate::api::{Amendment, Span};
use crate::checkpoint::{PlannedFate, PlannedRecord};
use crate::failure::{Category, Stage};
use crate::record::Failure;
use crate::spec::JobSpec;

/// A checkpoint with failed records: number, size and message of each, in the order of their numbers.
async fn failed(folder: &Path, records: &[(&str, u64, Category, &str)]) -> Checkpoint {
    let job = JobSpec::new(vec![Path::new("/from").into()], Path::new("/to").into());
    let checkpoint = Checkpoint::create(&folder.join("a.sluice"), &job).await.unwrap();
    let planned: Vec<_> = records
        .iter()
        .map(|(path, size, category, message)| {
            let failure = Failure::new(Stage::Ingest, *category, *message);
            let path = RawPath(path.as_bytes().to_vec());
            PlannedRecord::of_folder(0, path, *size, PlannedFate::Failed(failure))
        })
        .collect();
    checkpoint.add_planned(&planned).await.unwrap();
    checkpoint
}

const FIVE: [(&str, u64, Category, &str); 5] = [
    ("b/1.mov", 50, Category::SourceIo, "reading b/1.mov: error 5"),
    ("a/2.mov", 10, Category::SourceIo, "reading a/2.mov: error 7"),
    ("c/3.mov", 10, Category::SourceMissing, "there is no c/3.mov"),
    ("a/4.mov", 90, Category::SourceIo, "reading a/4.mov: error 5"),
    ("A/5.mov", 70, Category::SourceMissing, "there is no such folder"),
];

fn at(after: Option<Mark>, skip: u64, limit: u32) -> Place {
    Place { after, skip, limit }
}

async fn ids(checkpoint: &Checkpoint, selection: &Selection, order: Order, place: Place) -> Vec<RecordId> {
    let (rows, _) = checkpoint.failed_page(selection, order, place).await.unwrap();
    rows.iter().map(|(row, _)| row.id).collect()
}

/// Where each record stands in that list, by number.
async fn marks(checkpoint: &Checkpoint, order: Order) -> HashMap<RecordId, Mark> {
    let (rows, _) = checkpoint.failed_page(&Selection::default(), order, at(None, 0, 100)).await.unwrap();
    rows.into_iter().map(|(row, mark)| (row.id, mark)).collect()
}

#[tokio::test]
async fn like_failures_share_a_cause_and_the_most_frequent_comes_first() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = failed(folder.path(), &FIVE).await;
    let causes = checkpoint.causes(&Selection::default()).await.unwrap();
    let told: Vec<_> = causes.iter().map(|cause| (cause.message.as_str(), cause.count)).collect();
    assert_eq!(told, [("reading …: error #", 3), ("there is no such folder", 1), ("there is no …", 1)]);
    let of_first = Selection { cause: Some(causes[0].id), ..Selection::default() };
    assert_eq!(ids(&checkpoint, &of_first, Order::default(), at(None, 0, 10)).await, [1, 2, 4]);
    let of_category = Selection { category: Some(Category::SourceMissing), ..Selection::default() };
    assert_eq!(ids(&checkpoint, &of_category, Order::default(), at(None, 0, 10)).await, [3, 5]);
    checkpoint.close().await;
}

#[tokio::test]
async fn causes_beyond_the_bound_are_counted_together_and_old_ones_make_room() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = failed(folder.path(), &[]).await;
    let word = |n: i64| -> String {
        [n / 676, n / 26 % 26, n % 26].iter().map(|at| char::from(b'a' + *at as u8)).collect()
    };
    let planned: Vec<_> = (0..1000)
        .map(|n| {
            let failure = Failure::new(Stage::Deliver, Category::RequestRejected, format!("bad {}", word(n)));
            PlannedRecord::of_folder(0, RawPath(b"x".to_vec()), 1, PlannedFate::Failed(failure))
        })
        .collect();
    checkpoint.add_planned(&planned).await.unwrap();
    let causes = checkpoint.causes(&Selection::default()).await.unwrap();
    assert_eq!(causes.len(), 401);
    assert_eq!((causes[0].message.as_str(), causes[0].count), ("", 600));
    assert_eq!(causes.iter().map(|cause| cause.count).sum::<u64>(), 1000);

    // All go back; what fails then finds room for causes of its own.
    checkpoint.requeue_failed(&Selection::default(), crate::record::Lane::Main).await.unwrap();
    let mut again =
        (1..=3).map(|id| (id, Failure::new(Stage::Ingest, Category::SourceIo, "anew"))).collect::<Vec<_>>();
    let before = causes.iter().find(|cause| cause.message == "bad aaa").unwrap().id;
    again.extend((4..=5).map(|id| (id, Failure::new(Stage::Deliver, Category::RequestRejected, "bad aaa"))));
    checkpoint.fail_planned(&again).await.unwrap();
    let causes = checkpoint.causes(&Selection::default()).await.unwrap();
    let told: Vec<_> = causes.iter().map(|cause| (cause.message.as_str(), cause.count)).collect();
    assert_eq!(told, [("anew", 3), ("bad aaa", 2)], "each by its own, and none lost");
    assert_eq!(causes[1].id, before, "what fails by it again keeps its number");
    checkpoint.close().await;
}

#[tokio::test]
async fn every_order_pages_by_key_in_both_directions_and_skips_ahead() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = failed(folder.path(), &FIVE).await;
    for (by, whole) in [
        (OrderBy::Number, [1, 2, 3, 4, 5]),
        (OrderBy::Size, [2, 3, 1, 5, 4]),
        (OrderBy::Time, [1, 2, 3, 4, 5]),
        (OrderBy::Attempts, [1, 2, 3, 4, 5]),
        (OrderBy::Name, [5, 2, 4, 1, 3]),
    ] {
        for descending in [false, true] {
            let order = Order { by, descending };
            let mut wanted = whole.to_vec();
            if descending {
                wanted.reverse();
            }
            let all = Selection::default();
            assert_eq!(ids(&checkpoint, &all, order, at(None, 0, 10)).await, wanted, "{order:?}");
            let mut paged = Vec::new();
            let mut after = None;
            loop {
                let (rows, next) = checkpoint.failed_page(&all, order, at(after, 0, 2)).await.unwrap();
                paged.extend(rows.iter().map(|(row, _)| row.id));
                after = next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(paged, wanted, "{order:?}");
            let first = marks(&checkpoint, order).await.remove(&wanted[0]);
            assert_eq!(ids(&checkpoint, &all, order, at(first, 2, 10)).await, wanted[3..], "{order:?}");
        }
    }
    checkpoint.close().await;
}

#[tokio::test]
async fn a_search_looks_at_paths_messages_notes_and_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = failed(folder.path(), &FIVE).await;
    let named = Selection { ids: vec![3], ..Selection::default() };
    checkpoint.leave(&named, "Restored from tape").await.unwrap();
    for (text, found) in [
        ("A/", vec![5, 2, 4]),
        ("error 5", vec![4, 1]),
        ("TAPE", vec![3]),
        (" 4 ", vec![4]),
        ("nowhere", vec![]),
    ] {
        let selection = Selection { search: Some(text.into()), ..Selection::default() };
        let order = Order { by: OrderBy::Name, descending: false };
        assert_eq!(ids(&checkpoint, &selection, order, at(None, 0, 10)).await, found, "{text}");
    }
    let left = Selection { left: Some(true), ..Selection::default() };
    assert_eq!(ids(&checkpoint, &left, Order::default(), at(None, 0, 10)).await, [3]);
    let rest = Selection { left: Some(false), ..Selection::default() };
    assert_eq!(ids(&checkpoint, &rest, Order::default(), at(None, 0, 10)).await, [1, 2, 4, 5]);
    assert_eq!(checkpoint.take_up(&Selection::default()).await.unwrap(), 1);
    assert!(ids(&checkpoint, &left, Order::default(), at(None, 0, 10)).await.is_empty());
    checkpoint.close().await;
}

#[tokio::test]
async fn a_span_less_some_records_is_chosen_without_naming_them() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = failed(folder.path(), &FIVE).await;
    let by_size = marks(&checkpoint, Order { by: OrderBy::Size, descending: false }).await;
    let span = Some(Span { by: OrderBy::Size, first: by_size[&3].clone(), last: by_size[&5].clone() });
    let selection = Selection { span, except: vec![1], ..Selection::default() };
    assert_eq!(checkpoint.failed_ids(&selection).await.unwrap(), [3, 5]);
    assert_eq!(checkpoint.leave(&selection, "why").await.unwrap(), 2);
    checkpoint.close().await;
}

/// Pages and spans are read on where they were, although the records at their ends were sent back meanwhile
/// and failed again later, or not.
#[tokio::test]
async fn a_place_in_a_list_outlives_what_stood_there() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = failed(folder.path(), &FIVE).await;
    for by in [OrderBy::Number, OrderBy::Size, OrderBy::Time, OrderBy::Attempts, OrderBy::Name] {
        for descending in [false, true] {
            let order = Order { by, descending };
            let all = Selection::default();
            let whole = ids(&checkpoint, &all, order, at(None, 0, 10)).await;
            let (first, next) = checkpoint.failed_page(&all, order, at(None, 0, 2)).await.unwrap();
            let known = marks(&checkpoint, order).await;
            let (low, high) = if descending { (3, 1) } else { (1, 3) };
            let (low, high) = (known[&whole[low]].clone(), known[&whole[high]].clone());
            let span = Selection { span: Some(Span { by, first: low, last: high }), ..Selection::default() };

            let gone = Selection { ids: vec![first[1].0.id, whole[3]], ..Selection::default() };
            checkpoint.requeue_failed(&gone, crate::record::Lane::Main).await.unwrap();
            let rest = [whole[2], whole[4]];
            assert_eq!(ids(&checkpoint, &all, order, at(next, 0, 10)).await, rest, "{order:?}");
            assert_eq!(checkpoint.failed_ids(&span).await.unwrap(), [whole[2]], "{order:?}");

            let failure = |id| (id, Failure::new(Stage::Ingest, Category::SourceIo, "again"));
            checkpoint
                .fail_planned(&gone.ids.iter().copied().map(failure).collect::<Vec<_>>())
                .await
                .unwrap();
        }
    }
    checkpoint.close().await;
}

#[tokio::test]
async fn named_records_are_listed_in_any_order_and_narrowed() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = failed(folder.path(), &FIVE).await;
    let one = Selection { ids: vec![2], ..Selection::default() };
    checkpoint.leave(&one, "later").await.unwrap();
    let named = Selection { ids: vec![4, 2, 1], ..Selection::default() };
    let by_size = Order { by: OrderBy::Size, descending: true };
    assert_eq!(ids(&checkpoint, &named, by_size, at(None, 0, 10)).await, [4, 1, 2]);
    assert_eq!(ids(&checkpoint, &named, by_size, at(None, 0, 2)).await, [4, 1]);
    let left = Selection { left: Some(true), ..named };
    assert_eq!(ids(&checkpoint, &left, by_size, at(None, 0, 10)).await, [2]);
    checkpoint.close().await;
}

/// A rule that changes what it is chosen by changes each record once all the same.
#[tokio::test]
async fn amending_by_a_rule_does_not_lose_its_way() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = failed(folder.path(), &FIVE).await;
    let by_name = marks(&checkpoint, Order { by: OrderBy::Name, descending: false }).await;
    let span = Some(Span { by: OrderBy::Name, first: by_name[&5].clone(), last: by_name[&4].clone() });
    let selection = Selection { span, search: Some("/".into()), ..Selection::default() };
    let amendment = Amendment { prefix: Some(("a".into(), "z".into())), ..Amendment::default() };
    let rule = PathRule::Prefix("a", "z");
    assert_eq!(checkpoint.count_amended(&selection, &rule, false).await.unwrap(), (3, 2));
    let changed = checkpoint.amend(&selection, &amendment, |path| rule.applied(path)?.ok()).await.unwrap();
    assert_eq!(changed, 2);
    let (rows, _) =
        checkpoint.failed_page(&Selection::default(), Order::default(), at(None, 0, 10)).await.unwrap();
    let paths: Vec<_> = rows.iter().map(|(row, _)| row.path.to_string()).collect();
    assert_eq!(paths, ["b/1.mov", "z/2.mov", "c/3.mov", "z/4.mov", "A/5.mov"]);
    checkpoint.close().await;
}
