//! Records that belong together: found in the plan, leased together, and sent back together.

use std::collections::{HashMap, HashSet};

use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use super::batches::NO_WAIT_IS_LONGER_MS;
use super::migration::Change;
use super::open::to_json;
use super::records::number;
use super::{Checkpoint, CheckpointError};
use crate::clock::now_ms;
use crate::failure::{Category, Stage};
use crate::record::{GroupId, Lane, RawPath, RecordId};
use crate::spec::{Limits, RULES_MAX};

/// Members that a group may have: a batch holds whole groups.
pub(crate) const MEMBERS_MAX: u32 = Limits::RANGES.batch_size.max;

/// Records looked at with one statement while planning.
const RECORDS_AT_ONCE: i64 = 50_000;

/// Groups that fail with one statement while planning.
const GROUPS_AT_ONCE: u32 = 500;

/// The groups that a rule found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GroupTally {
    /// The rule's number in the job, from 0.
    pub(crate) rule: usize,
    pub(crate) groups: u64,
    pub(crate) records: u64,
}

impl Checkpoint {
    /// Before records with groups are added: a million numbers in no order are sorted at once much
    /// faster than one by one.
    pub(crate) async fn begin_groups(&self) -> Result<(), CheckpointError> {
        self.write(async |tx| {
            sqlx::query("DROP INDEX IF EXISTS record_kin").execute(tx).await?;
            Ok(())
        })
        .await
    }

    /// Ties the records of a finished plan: one that no other shares its group with is alone. A group with
    /// more than [`MEMBERS_MAX`] members fails.
    pub(crate) async fn tie_groups(&self) -> Result<(), CheckpointError> {
        let last: i64 = self
            .write(async |tx| {
                sqlx::query("CREATE INDEX IF NOT EXISTS record_kin ON record (kin) WHERE kin IS NOT NULL")
                    .execute(&mut *tx)
                    .await?;
                sqlx::query_scalar("SELECT coalesce(max(id), 0) FROM record").fetch_one(tx).await
            })
            .await?;
        for after in (0..last).step_by(RECORDS_AT_ONCE as usize) {
            self.write(async |tx| {
                sqlx::query(
                    "UPDATE record SET kin = NULL WHERE id > ? AND id <= ? AND kin IS NOT NULL AND NOT EXISTS (
                        SELECT 1 FROM record AS other WHERE other.kin = record.kin AND other.id <> record.id)",
                )
                .bind(after)
                .bind(after + RECORDS_AT_ONCE)
                .execute(tx)
                .await?;
                Ok(())
            })
            .await?;
        }
        self.fail_large_groups().await
    }

    async fn fail_large_groups(&self) -> Result<(), CheckpointError> {
        self.write(async |tx| {
            let large = sqlx::query(
                "SELECT kin, count(*) AS n FROM record WHERE kin IS NOT NULL GROUP BY kin HAVING n > ?",
            )
            .bind(MEMBERS_MAX)
            .fetch_all(&mut *tx)
            .await?;
            let mut rows = Vec::new();
            for row in &large {
                let members = number(row, "n")?;
                let message = format!(
                    "its group has {members} files, and no more than {MEMBERS_MAX} can be delivered together"
                );
                rows.push((row.try_get::<GroupId, _>("kin")?, message));
            }
            fail(tx, Stage::Plan, Category::GroupTooLarge, &rows).await
        })
        .await
    }

    /// Fails what waits of groups of which a member has failed while planning.
    pub(crate) async fn fail_broken_groups(&self) -> Result<(), CheckpointError> {
        let mut after = GroupId::MIN;
        loop {
            let query = QueryBuilder::<Sqlite>::new(format!(
                "SELECT kin, path, reason, message FROM record WHERE id IN (
                    SELECT min(id) FROM record WHERE state = 3 AND kin > {after}
                    GROUP BY kin ORDER BY kin LIMIT {GROUPS_AT_ONCE}) ORDER BY kin"
            ));
            let broken = self
                .rows(query, |row| {
                    let (path, reason): (Vec<u8>, String) = (row.try_get("path")?, row.try_get("reason")?);
                    let message: String = row.try_get("message")?;
                    Ok((row.try_get::<GroupId, _>("kin")?, incomplete(&RawPath(path), &reason, &message)))
                })
                .await?;
            let Some((last, _)) = broken.last() else { return Ok(()) };
            after = *last;
            self.write(async |tx| fail(tx, Stage::Deliver, Category::GroupIncomplete, &broken).await).await?;
        }
    }

    /// How many groups each rule found.
    pub(crate) async fn groups(&self) -> Result<Vec<GroupTally>, CheckpointError> {
        let query = QueryBuilder::<Sqlite>::new(format!(
            "SELECT kin % {RULES_MAX} AS rule, count(*) AS n, sum(members) AS records
             FROM (SELECT kin, count(*) AS members FROM record WHERE kin IS NOT NULL GROUP BY kin)
             GROUP BY rule ORDER BY rule"
        ));
        self.rows(query, |row| {
            let [rule, groups, records] = [number(row, "rule")?, number(row, "n")?, number(row, "records")?];
            Ok(GroupTally { rule: rule as usize, groups, records })
        })
        .await
    }
}

/// Why a member of a group is not delivered: another one is not.
pub(crate) fn incomplete(cause: &RawPath, reason: &str, message: &str) -> String {
    format!("it belongs together with {cause}, which failed ({reason}): {message}")
}

/// Fails what waits of these groups, each with its message.
async fn fail(
    tx: &mut SqliteConnection,
    stage: Stage,
    category: Category,
    groups: &[(GroupId, String)],
) -> Result<(), sqlx::Error> {
    if groups.is_empty() {
        return Ok(());
    }
    let rows = to_json(&groups)?;
    let sums = sqlx::query(
        "SELECT count(*) AS records, coalesce(sum(size), 0) AS bytes
         FROM json_each(?) AS o JOIN record ON record.kin = o.value ->> 0 WHERE +record.state = 0",
    )
    .bind(&rows)
    .fetch_one(&mut *tx)
    .await?;
    sqlx::query(
        "UPDATE record SET state = 3, stage = ?, reason = ?, message = o.value ->> 1, ended_ms = ?
         FROM json_each(?) AS o WHERE record.kin = o.value ->> 0 AND +record.state = 0",
    )
    .bind(stage.word())
    .bind(category.word())
    .bind(now_ms())
    .bind(&rows)
    .execute(&mut *tx)
    .await?;
    let (records, bytes): (i64, i64) = (sums.try_get("records")?, sums.try_get("bytes")?);
    Change { pending: -records, failed: records, bytes_failed: bytes, ..Change::default() }.apply(tx).await?;
    Ok(())
}

/// Whole groups in the place of single members, in the order that was chosen, until there are `size`
/// records: only the last group may make it more.
pub(super) async fn with_kin(
    tx: &mut SqliteConnection,
    lane: Lane,
    chosen: Vec<RecordId>,
    size: usize,
    now_ms: i64,
) -> Result<Vec<RecordId>, sqlx::Error> {
    if !any(tx).await? {
        return Ok(chosen);
    }
    let tied: HashMap<RecordId, GroupId> = sqlx::query_as(
        "SELECT id, kin FROM record WHERE id IN (SELECT value FROM json_each(?)) AND kin IS NOT NULL",
    )
    .bind(to_json(&chosen)?)
    .fetch_all(&mut *tx)
    .await?
    .into_iter()
    .collect();
    let kin: HashSet<&GroupId> = tied.values().collect();
    let kin = to_json(&kin)?;
    let mut query = QueryBuilder::new("SELECT kin, count(*) FROM record WHERE ");
    push_ready(&mut query, kin, lane, now_ms);
    query.push(" GROUP BY kin");
    let members: HashMap<GroupId, i64> =
        query.build_query_as().fetch_all(&mut *tx).await?.into_iter().collect();
    let (mut records, mut groups) = (Vec::with_capacity(chosen.len()), HashSet::new());
    let mut count = 0;
    for id in &chosen {
        if count >= size {
            break;
        }
        match tied.get(id) {
            None => {
                records.push(*id);
                count += 1;
            }
            Some(kin) if groups.insert(*kin) => {
                count += members.get(kin).copied().unwrap_or(1).max(1) as usize;
            }
            Some(_) => {}
        }
    }
    let mut query = QueryBuilder::new("SELECT id FROM record WHERE ");
    push_ready(&mut query, to_json(&groups)?, lane, now_ms);
    let whole: Vec<RecordId> = query.build_query_scalar().fetch_all(tx).await?;
    records.extend(whole);
    Ok(records)
}

/// What can be leased of these groups. All that waits of a group waits for the same moment; only what is
/// at the destination already, and has steps left, goes its own way.
fn push_ready(query: &mut QueryBuilder<Sqlite>, groups: String, lane: Lane, now_ms: i64) {
    query
        .push("kin IN (SELECT value FROM json_each(")
        .push_bind(groups)
        .push(")) AND +state = 0 AND +lane = ");
    query.push_bind(lane.code()).push(" AND (due_ms IS NULL OR due_ms <= ").push_bind(now_ms);
    query.push(" OR due_ms > ").push_bind(now_ms + NO_WAIT_IS_LONGER_MS).push(")");
}

/// Adds to chosen failed records, `WHERE state = 3 AND …`, those of the same groups that failed too; what
/// a person left is no longer of its group. Where one of them does not fulfil `condition`, its group stays.
pub(super) fn push_chosen_with_kin(
    query: &mut QueryBuilder<Sqlite>,
    condition: &'static str,
    chosen: impl Fn(&mut QueryBuilder<Sqlite>),
) {
    query.push(" WHERE state = 3 AND ").push(condition).push(" AND ((true");
    chosen(query);
    query.push(
        ") OR (note IS NULL AND kin IN (SELECT kin FROM record WHERE state = 3 AND kin IS NOT NULL AND ",
    );
    query.push(condition);
    chosen(query);
    query.push(
        "))) AND (kin IS NULL OR NOT EXISTS (SELECT 1 FROM record AS other WHERE other.kin = record.kin",
    );
    query.push(" AND +other.state = 3 AND other.note IS NULL AND NOT (other.").push(condition).push(")))");
}

/// These records, and what failed or waits again because of them, or beside them, in their groups.
pub(super) async fn with_fallen_kin(
    tx: &mut SqliteConnection,
    mut ids: Vec<RecordId>,
) -> Result<Vec<RecordId>, sqlx::Error> {
    if any(tx).await? {
        let kin: Vec<RecordId> = sqlx::query_scalar(
            "SELECT id FROM record
             WHERE kin IN (SELECT kin FROM record WHERE id IN (SELECT value FROM json_each(?)) AND kin IS NOT NULL)
               AND (+state = 3 AND note IS NULL AND stage <> 'plan'
                    OR +state = 0 AND due_ms IS NOT NULL AND reason = 'group_incomplete')",
        )
        .bind(to_json(&ids)?)
        .fetch_all(tx)
        .await?;
        ids.extend(kin);
        ids.sort_unstable();
        ids.dedup();
    }
    Ok(ids)
}

/// Whether any records belong together.
pub(super) async fn any(tx: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM record WHERE kin IS NOT NULL)").fetch_one(tx).await
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::super::{Leased, PlannedFate, PlannedRecord};
    use super::*;
    use crate::api::Selection;
    use crate::record::{Failure, LeasedRecord, Outcome, OutcomeKind};
    use crate::spec::JobSpec;

    /// A plan of which each record has a group or none; those of `failed` groups begin with one that failed.
    async fn planned(
        folder: &tempfile::TempDir,
        groups: &[Option<GroupId>],
        failed: &[GroupId],
    ) -> Checkpoint {
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
        let outcome =
            |record: &LeasedRecord| Outcome { id: record.id, bytes: 0, took_ms: 0, kind: kind.clone() };
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
        end(&checkpoint, first, &records, OutcomeKind::Retry { failure, wait }).await;
        end(&checkpoint, second, &rest, OutcomeKind::Later { wait: std::time::Duration::from_secs(60) })
            .await;
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
        end(&checkpoint, batch, &records, OutcomeKind::Failed(failure(Category::GroupIncomplete, None)))
            .await;
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
        let balance = checkpoint.balance().await.unwrap();
        assert_eq!((balance.failed, balance.attempts, balance.holds()), (2, 2, true));
    }

    #[tokio::test]
    async fn what_failed_in_the_plan_holds_its_group_back() {
        let folder = tempfile::tempdir().unwrap();
        let checkpoint = planned(&folder, &[Some(64), Some(128), Some(64), Some(128)], &[64]).await;
        let failed = checkpoint.failed_after(&Selection::default(), 0, 10).await.unwrap();
        let failed: Vec<_> = failed.iter().map(|row| (row.id, row.category.as_str())).collect();
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
}
