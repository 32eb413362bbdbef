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
        "UPDATE record SET state = 3, stage = ?, reason = ?, message = o.value ->> 1, cause = NULL, ended_ms = ?
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
mod tests;
