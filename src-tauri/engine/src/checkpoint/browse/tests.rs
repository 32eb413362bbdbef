use std::path::Path;

use super::*;
use crate::api::Key;
use crate::checkpoint::{Leased, PlannedFate, PlannedRecord};
use crate::failure::{Category, Stage};
use crate::record::{ContentHash, Evidence, Failure, Lane, Outcome, OutcomeKind};
use crate::spec::{HashAlgorithm, JobSpec};

fn hash(hex: &str) -> Option<ContentHash> {
    Some(ContentHash { algorithm: HashAlgorithm::Md5, hex: hex.into() })
}

/// Nine records: 1, 2, 5 delivered with the same content, 3 delivered by size, 4 failed, 6 skipped, 7 left
/// out, 8 waits for another try, 9 was never tried.
async fn nine(folder: &Path) -> Checkpoint {
    let job = JobSpec::new(vec![Path::new("/from").into()], Path::new("/to").into());
    let checkpoint = Checkpoint::create(&folder.join("a.sluice"), &job).await.unwrap();
    let planned: Vec<_> = (1..=9)
        .map(|n| {
            let fate = if n == 7 { PlannedFate::Excluded("junk") } else { PlannedFate::Pending };
            PlannedRecord::of_folder(0, RawPath(format!("dir/{n}.MOV").into_bytes()), 10, fate)
        })
        .collect();
    checkpoint.add_planned(&planned).await.unwrap();
    let Leased::Batch(batch, records) = checkpoint.lease_batch(Lane::Main, 7, 1).await.unwrap() else {
        panic!("records are pending")
    };
    let failure = || Failure::new(Stage::Deliver, Category::SourceIo, "no");
    let delivered = |hex, evidence| OutcomeKind::Delivered { target: None, hash: hash(hex), evidence };
    let outcomes: Vec<_> = records
        .iter()
        .map(|record| {
            let kind = match record.id {
                1 | 2 | 5 => delivered("aa", Evidence::ReadBack),
                3 => delivered("bb", Evidence::Size),
                4 => OutcomeKind::Failed(failure()),
                6 => OutcomeKind::Skipped { target: None, hash: hash("aa"), reason: "identical" },
                _ => OutcomeKind::Retry {
                    failure: failure(),
                    wait: std::time::Duration::from_secs(9000),
                    hung: false,
                },
            };
            Outcome { id: record.id, bytes: 10, took_ms: 1, kind }
        })
        .collect();
    checkpoint.record_outcomes(batch, Lane::Main, &outcomes, &[], &[], 0).await.unwrap();
    checkpoint
}

async fn ids(checkpoint: &Checkpoint, filter: RecordFilter) -> Vec<RecordId> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let place = Place { after, skip: 0, limit: 2 };
        let (rows, page) = checkpoint.record_page(&filter, place).await.unwrap();
        found.extend(rows.iter().map(|row| row.id));
        after = page.next;
        if after.is_none() {
            return found;
        }
    }
}

fn of(part: BalancePart) -> RecordFilter {
    RecordFilter { part: Some(part), ..RecordFilter::default() }
}

#[tokio::test]
async fn each_part_of_the_balance_opens_its_records() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = nine(folder.path()).await;
    assert_eq!(ids(&checkpoint, RecordFilter::default()).await, (1..=9).collect::<Vec<_>>());
    // By what was proven first.
    assert_eq!(ids(&checkpoint, of(BalancePart::Delivered)).await, [1, 2, 5, 3]);
    assert_eq!(ids(&checkpoint, of(BalancePart::Failed)).await, [4]);
    assert_eq!(ids(&checkpoint, of(BalancePart::Skipped)).await, [6]);
    assert_eq!(ids(&checkpoint, of(BalancePart::Excluded)).await, [7]);
    assert_eq!(ids(&checkpoint, of(BalancePart::Pending)).await, [8, 9]);
    let by_size = RecordFilter { evidence: Some(Evidence::Size), ..RecordFilter::default() };
    assert_eq!(ids(&checkpoint, by_size.clone()).await, [3]);
    assert_eq!(ids(&checkpoint, RecordFilter { part: Some(BalancePart::Failed), ..by_size }).await, [0; 0]);
    assert_eq!(
        checkpoint.delivered_by_evidence().await.unwrap(),
        [("read_back".to_owned(), 3), ("size".to_owned(), 1)]
    );
    checkpoint.close().await;
}

#[tokio::test]
async fn what_a_pause_gives_back_is_listed_on_every_lane() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = nine(folder.path()).await;
    let end = async |lane, kind| {
        let Leased::Batch(batch, records) = checkpoint.lease_batch(lane, 1, 1).await.unwrap() else {
            panic!("a record is pending")
        };
        let outcome = Outcome { id: records[0].id, bytes: 0, took_ms: 1, kind };
        checkpoint.record_outcomes(batch, lane, &[outcome], &[], &[], 0).await.unwrap();
        records[0].id
    };
    let failure = Failure::new(Stage::Deliver, Category::Timeout, "hung");
    let hung = OutcomeKind::Retry { failure, wait: std::time::Duration::ZERO, hung: true };
    assert_eq!(end(Lane::Main, hung).await, 9);
    assert_eq!(end(Lane::Aside, OutcomeKind::Returned).await, 9);
    assert_eq!(ids(&checkpoint, of(BalancePart::Pending)).await, [8, 9]);
    checkpoint.close().await;
}

#[tokio::test]
async fn a_search_and_a_far_page_find_what_the_list_holds() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = nine(folder.path()).await;
    let search =
        |text: &str, part| RecordFilter { search: Some(text.into()), part, ..RecordFilter::default() };
    assert_eq!(ids(&checkpoint, search("/5.mov", None)).await, [5]);
    assert_eq!(ids(&checkpoint, search("dir", Some(BalancePart::Pending))).await, [8, 9]);
    assert!(ids(&checkpoint, search("dir/8", Some(BalancePart::Delivered))).await.is_empty());
    let proven = |id| Mark { key: Key::Text("read_back".into()), id };
    for (filter, place, found) in [
        (RecordFilter::default(), Place { after: None, skip: 6, limit: 2 }, vec![7, 8]),
        (RecordFilter::default(), Place { after: Some(Mark::of(2)), skip: 6, limit: 2 }, vec![9]),
        (of(BalancePart::Delivered), Place { after: Some(proven(1)), skip: 1, limit: 5 }, vec![5, 3]),
        (of(BalancePart::Pending), Place { after: None, skip: 1, limit: 5 }, vec![9]),
    ] {
        let (rows, _) = checkpoint.record_page(&filter, place.clone()).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), found, "{filter:?} {place:?}");
    }
    checkpoint.close().await;
}

#[tokio::test]
async fn delivered_records_with_the_same_content_are_found_together() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = nine(folder.path()).await;
    assert_eq!(checkpoint.find_duplicates().await.unwrap(), (3, 1, 20));
    let duplicates = RecordFilter { duplicates: true, ..RecordFilter::default() };
    assert_eq!(ids(&checkpoint, duplicates).await, [1, 2, 5]);
    checkpoint.keep_proof("duplicates", &3).await.unwrap();
    assert_eq!(checkpoint.proof::<u32>("duplicates").await.unwrap(), Some(3));
    checkpoint.close().await;
}
