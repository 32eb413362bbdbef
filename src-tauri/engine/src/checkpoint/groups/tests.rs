//! Plans, leases and retries of groups, on real files.

use std::collections::BTreeSet;
use std::path::Path;

use super::*;
use crate::api::{Order, Selection};
use crate::checkpoint::{Leased, Place, PlannedFate, PlannedRecord};
use crate::event::BatchSummary;
use crate::record::{Failure, LeasedRecord, Outcome, OutcomeKind};
use crate::spec::JobSpec;

/// A plan of which each record has a group or none; those of `failed` groups begin with one that failed.
async fn planned(folder: &tempfile::TempDir, groups: &[Option<GroupId>], failed: &[GroupId]) -> Checkpoint {
    let job = JobSpec::new(vec![Path::new("/from").into()], Path::new("/to").into());
    let checkpoint = Checkpoint::create(&folder.path().join("test.sluice"), &job).await.unwrap();
    checkpoint.begin_groups().await.unwrap();
    let mut broken = BTreeSet::new();
    let mut records = Vec::new();
    for (number, group) in groups.iter().enumerate() {
        let fails = group.is_some_and(|group| failed.contains(&group) && broken.insert(group));
        let failure = Failure::new(Stage::Plan, Category::SizeMismatch, "too short");
        records.push(PlannedRecord {
            source: 0,
            path: RawPath(format!("{number}").into_bytes()),
            size: 10,
            fate: if fails { PlannedFate::Failed(failure) } else { PlannedFate::Pending },
            group: *group,
            listing: None,
        });
    }
    checkpoint.add_planned(&records).await.unwrap();
    checkpoint.tie_groups().await.unwrap();
    checkpoint.fail_broken_groups().await.unwrap();
    assert!(checkpoint.balance().await.unwrap().holds());
    checkpoint
}

async fn leased(checkpoint: &Checkpoint, lane: Lane, size: u32) -> (i64, Vec<LeasedRecord>) {
    match checkpoint.lease_batch(lane, size, 1).await.unwrap() {
        Leased::Batch(batch, mut records) => {
            records.sort_by_key(|record| record.id);
            (batch, records)
        }
        Leased::Later(_) | Leased::Nothing => (0, Vec::new()),
    }
}

fn ids(records: &[LeasedRecord]) -> Vec<RecordId> {
    records.iter().map(|record| record.id).collect()
}

/// All of a batch ends so.
async fn end(checkpoint: &Checkpoint, batch: i64, records: &[LeasedRecord], kind: OutcomeKind) {
    let outcome = |record: &LeasedRecord| Outcome { id: record.id, bytes: 0, took_ms: 0, kind: kind.clone() };
    let outcomes: Vec<_> = records.iter().map(outcome).collect();
    checkpoint.record_outcomes(batch, Lane::Main, &outcomes, &[], &[], 0).await.unwrap();
}

fn failure(category: Category, endpoint: Option<&str>) -> Failure {
    Failure { endpoint: endpoint.map(Into::into), ..Failure::new(Stage::Deliver, category, "said") }
}

#[tokio::test]
async fn a_batch_holds_whole_groups() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b, alone) = (Some(64), Some(129), Some(192));
    let checkpoint = planned(&folder, &[a, b, None, None, a, alone, b, a], &[]).await;
    let tally = [(0, 1, 3), (1, 1, 2)];
    let tally = tally.map(|(rule, groups, records)| GroupTally { rule, groups, records });
    assert_eq!(checkpoint.groups().await.unwrap(), tally, "what nobody shares is no group");
    let (first, records) = leased(&checkpoint, Lane::Main, 4).await;
    assert_eq!(ids(&records), [1, 2, 5, 7, 8], "the second group makes it one more");
    assert_eq!(records[0].group, a);
    let (second, rest) = leased(&checkpoint, Lane::Main, 4).await;
    assert_eq!(ids(&rest), [3, 4, 6]);
    assert_eq!(rest[2].group, None);
    // All of a group waits for the same moment, so that it comes back as a whole.
    let wait = std::time::Duration::ZERO;
    let failure = failure(Category::Timeout, None);
    end(&checkpoint, first, &records, OutcomeKind::Retry { failure, wait, hung: false }).await;
    end(&checkpoint, second, &rest, OutcomeKind::Later { wait: std::time::Duration::from_secs(60) }).await;
    let (_, again) = leased(&checkpoint, Lane::Main, 1).await;
    assert!([vec![1, 5, 8], vec![2, 7]].contains(&ids(&again)), "{:?}", ids(&again));
    let later = checkpoint.lease_one(Lane::Main, 0.5).await.unwrap();
    assert!(matches!(later, Leased::Later(_)), "the others wait for a minute");
}

#[tokio::test]
async fn one_record_that_is_tried_again_brings_its_group() {
    let folder = tempfile::tempdir().unwrap();
    let groups: Vec<_> = [1, 2, 1, 3, 2, 1, 3].map(|group| Some(group * 64)).to_vec();
    let checkpoint = planned(&folder, &groups, &[]).await;
    let (batch, records) = leased(&checkpoint, Lane::Main, 10).await;
    end(&checkpoint, batch, &records, OutcomeKind::Failed(failure(Category::GroupIncomplete, None))).await;
    let chosen = |ids: &[RecordId]| Selection { ids: ids.to_vec(), ..Selection::default() };
    assert_eq!(checkpoint.leave(&chosen(&[6]), "not wanted").await.unwrap(), 1);
    assert_eq!(checkpoint.requeue_failed(&chosen(&[3]), Lane::Recovery).await.unwrap(), 2);
    let (_, records) = leased(&checkpoint, Lane::Recovery, 10).await;
    assert_eq!(ids(&records), [1, 3], "what a person left is no longer of the group");
    assert_eq!(checkpoint.requeue_failed(&Selection::default(), Lane::Main).await.unwrap(), 4);
    let balance = checkpoint.balance().await.unwrap();
    assert_eq!((balance.failed, balance.pending, balance.holds()), (1, 6, true));
}

#[tokio::test]
async fn an_outage_gives_the_whole_group_back() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = planned(&folder, &[Some(64), Some(64), Some(128), Some(128)], &[]).await;
    let (batch, records) = leased(&checkpoint, Lane::Main, 10).await;
    let down = failure(Category::ServiceError, Some("http://dam"));
    end(&checkpoint, batch, &records[..1], OutcomeKind::Failed(down)).await;
    let kind = OutcomeKind::Failed(failure(Category::GroupIncomplete, None));
    end(&checkpoint, batch, &records[1..], kind).await;
    assert_eq!(checkpoint.refund("http://dam", 0).await.unwrap(), 2);
    let (_, again) = leased(&checkpoint, Lane::Main, 10).await;
    assert_eq!(ids(&again), [1, 2]);
    assert!(again.iter().all(|record| record.interrupted), "a lost answer says not that nothing was written");
    let balance = checkpoint.balance().await.unwrap();
    assert_eq!((balance.failed, balance.attempts, balance.holds()), (2, 2, true));
}

#[tokio::test]
async fn every_attempt_that_an_outage_spoiled_is_given_back() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = planned(&folder, &[None, Some(64), Some(64)], &[]).await;
    let wait = std::time::Duration::ZERO;
    let retry = |failure| OutcomeKind::Retry { failure, wait, hung: false };
    // Tried twice before the service counts as away, and once more when it did: that try has no outcome.
    for _ in 0..2 {
        let (batch, records) = leased(&checkpoint, Lane::Main, 10).await;
        end(&checkpoint, batch, &records[..2], retry(failure(Category::ServiceError, Some("http://dam"))))
            .await;
        end(&checkpoint, batch, &records[2..], retry(failure(Category::GroupIncomplete, None))).await;
    }
    let (id, _) = leased(&checkpoint, Lane::Main, 10).await;
    let end = BatchSummary { id, started_ms: 0, ended_ms: 1, streams: Vec::new() };
    checkpoint.end_batch(end, false).await.unwrap();
    let counted = async || {
        let balance = checkpoint.balance().await.unwrap();
        (balance.attempts, balance.retries, balance.pending)
    };
    assert_eq!(counted().await, (6, 3, 3));
    assert_eq!(checkpoint.refund("http://dam", 0).await.unwrap(), 3);
    assert_eq!(counted().await, (0, 0, 3));
    assert_eq!(checkpoint.refund("http://dam", 0).await.unwrap(), 0, "and once only");
    let (_, records) = leased(&checkpoint, Lane::Main, 10).await;
    assert!(records.iter().all(|record| (record.attempts, record.tries) == (0, 0)));
}

#[tokio::test]
async fn what_hung_goes_aside_with_its_group_and_an_outage_takes_it_back() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = planned(&folder, &[None, Some(64), Some(64), None], &[]).await;
    let hung = |category, endpoint| OutcomeKind::Retry {
        failure: failure(category, endpoint),
        wait: std::time::Duration::ZERO,
        hung: true,
    };
    let (batch, records) = leased(&checkpoint, Lane::Main, 10).await;
    end(&checkpoint, batch, &records[..2], hung(Category::Timeout, Some("http://dam"))).await;
    end(&checkpoint, batch, &records[2..3], hung(Category::GroupIncomplete, None)).await;
    let later = OutcomeKind::Later { wait: std::time::Duration::ZERO };
    end(&checkpoint, batch, &records[3..], later).await;
    let (_, main) = leased(&checkpoint, Lane::Main, 10).await;
    assert_eq!(ids(&main), [4], "the others wait elsewhere");
    let (batch, aside) = leased(&checkpoint, Lane::Aside, 1).await;
    assert_eq!(ids(&aside).len(), if ids(&aside) == [1] { 1 } else { 2 }, "a group as a whole");
    // Another kind of failure does not bring it back to where others would wait for it, should it hang again.
    let retry = OutcomeKind::Retry {
        failure: failure(Category::ServiceError, Some("http://dam")),
        wait: std::time::Duration::ZERO,
        hung: false,
    };
    end(&checkpoint, batch, &aside, retry).await;
    let (batch, aside) = leased(&checkpoint, Lane::Aside, 10).await;
    assert_eq!(ids(&aside), [1, 2, 3]);
    let over = BatchSummary { id: batch, started_ms: 0, ended_ms: 1, streams: Vec::new() };
    end(&checkpoint, batch, &aside, hung(Category::Timeout, Some("http://dam"))).await;
    checkpoint.end_batch(over, false).await.unwrap();
    checkpoint.refund("http://dam", 0).await.unwrap();
    let (_, main) = leased(&checkpoint, Lane::Main, 10).await;
    assert_eq!(ids(&main), [1, 2, 3], "the service hung, not they");
    assert!(checkpoint.balance().await.unwrap().holds());
}

#[tokio::test]
async fn what_a_pause_left_open_is_looked_for_where_there_are_no_temporary_names() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = planned(&folder, &[None], &[]).await;
    for (may_have_written, interrupted) in [(false, false), (true, true), (false, true)] {
        let (id, _) = leased(&checkpoint, Lane::Main, 10).await;
        let end = BatchSummary { id, started_ms: 0, ended_ms: 1, streams: Vec::new() };
        checkpoint.end_batch(end, may_have_written).await.unwrap();
        let (id, records) = leased(&checkpoint, Lane::Main, 10).await;
        assert_eq!(records[0].interrupted, interrupted);
        let end = BatchSummary { id, started_ms: 0, ended_ms: 1, streams: Vec::new() };
        checkpoint.end_batch(end, false).await.unwrap();
    }
}

#[tokio::test]
async fn what_failed_in_the_plan_holds_its_group_back() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = planned(&folder, &[Some(64), Some(128), Some(64), Some(128)], &[64]).await;
    let (failed, _) =
        checkpoint.failed_page(&Selection::default(), Order::default(), Place::first(10)).await.unwrap();
    let failed: Vec<_> = failed.iter().map(|(row, _)| (row.id, row.category.as_str())).collect();
    assert_eq!(failed, [(1, "size_mismatch"), (3, "group_incomplete")]);
    // Only a new plan can help the first, so that the second would stand alone.
    assert_eq!(checkpoint.requeue_failed(&Selection::default(), Lane::Main).await.unwrap(), 0);
    let first = Selection { ids: vec![1], ..Selection::default() };
    checkpoint.leave(&first, "short for ever").await.unwrap();
    assert_eq!(checkpoint.requeue_failed(&Selection::default(), Lane::Main).await.unwrap(), 1);
}

#[tokio::test]
async fn a_group_that_no_batch_can_hold_fails_in_the_plan() {
    let folder = tempfile::tempdir().unwrap();
    let mut groups = vec![Some(64); MEMBERS_MAX as usize + 1];
    groups.extend([Some(128), Some(128)]);
    let checkpoint = planned(&folder, &groups, &[]).await;
    let failed = checkpoint.failed_by_category().await.unwrap();
    assert_eq!(failed, [(Category::GroupTooLarge, u64::from(MEMBERS_MAX) + 1)]);
    assert_eq!(checkpoint.requeue_failed(&Selection::default(), Lane::Main).await.unwrap(), 0);
    let (_, records) = leased(&checkpoint, Lane::Main, 10).await;
    assert_eq!(records.len(), 2);
}
