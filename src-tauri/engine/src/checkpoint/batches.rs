//! Leasing batches and giving leases back.

use std::collections::BTreeMap;

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, SqliteConnection};

use super::groups::with_kin;
use super::open::to_json;
use super::records::number;
use super::{Checkpoint, CheckpointError};
use crate::clock::now_ms;
use crate::event::{BatchSummary, EventKind};
use crate::record::{BatchId, ContentHash, Lane, LeasedRecord, RawPath, RecordId};

/// What a lane can lease at this moment.
pub(crate) enum Leased {
    Batch(BatchId, Vec<LeasedRecord>),
    /// All that is pending waits for its next try; the first is due then (milliseconds since 1970).
    Later(i64),
    /// Nothing is pending on this lane.
    Nothing,
}

/// A record that waits longer than any schedule would make it (milliseconds) is due: the clock was
/// set back.
pub(super) const NO_WAIT_IS_LONGER_MS: i64 = 2 * 24 * 3600 * 1000;

/// Records whose next try is due. Two stretches of one index, each sought: with OR between them, every lease
/// would go through all that wait for later.
const DUE: &str = "SELECT id, due_ms FROM record
        WHERE state = 0 AND lane = ?1 AND due_ms IS NOT NULL AND due_ms <= ?2
    UNION ALL SELECT id, due_ms FROM record
        WHERE state = 0 AND lane = ?1 AND due_ms IS NOT NULL AND due_ms > ?3
    ORDER BY due_ms LIMIT ?4";

/// The first and the last record of a lane that was never tried. In one aggregate they would be sought among all.
const ENDS: &str = "SELECT
    (SELECT min(id) FROM record WHERE state = 0 AND lane = ?1 AND due_ms IS NULL) AS first,
    (SELECT max(id) FROM record WHERE state = 0 AND lane = ?1 AND due_ms IS NULL) AS last";

impl Checkpoint {
    /// Leases the next records of a lane, at most `size`, to a new batch: some whose next try is due,
    /// and then those that were never tried. A group is leased as a whole: the last one of the batch may
    /// make it larger.
    pub(crate) async fn lease_batch(
        &self,
        lane: Lane,
        size: u32,
        streams: u32,
    ) -> Result<Leased, CheckpointError> {
        let now = now_ms();
        let leased = self
            .write(async |tx| {
                let due: Vec<RecordId> = sqlx::query_scalar(DUE)
                    .bind(lane.code())
                    .bind(now)
                    .bind(now + NO_WAIT_IS_LONGER_MS)
                    .bind(size)
                    .fetch_all(&mut *tx)
                    .await?;
                let fresh: Vec<RecordId> = sqlx::query_scalar(
                    "SELECT id FROM record WHERE state = 0 AND lane = ? AND due_ms IS NULL ORDER BY id LIMIT ?",
                )
                .bind(lane.code())
                .bind(size)
                .fetch_all(&mut *tx)
                .await?;
                let chosen = mixed(&due, &fresh, size as usize);
                let chosen = with_kin(tx, lane, chosen, size as usize, now).await?;
                lease(tx, lane, &chosen, streams).await
            })
            .await?;
        match leased {
            Some((batch, records)) => Ok(Leased::Batch(batch, records)),
            None => self.nothing_now(lane).await,
        }
    }

    /// Leases a single record of a lane, or its whole group, to a batch of its own, from somewhere in the middle: `place`
    /// is a share of the way from the first to the last (0 to 1).
    pub(crate) async fn lease_one(&self, lane: Lane, place: f64) -> Result<Leased, CheckpointError> {
        let leased = self
            .write(async |tx| {
                let ends = sqlx::query(ENDS).bind(lane.code()).fetch_one(&mut *tx).await?;
                let (first, last): (Option<i64>, Option<i64>) =
                    (ends.try_get("first")?, ends.try_get("last")?);
                let (Some(first), Some(last)) = (first, last) else { return Ok(None) };
                let from = first + ((last - first) as f64 * place.clamp(0.0, 1.0)) as i64;
                let chosen: Vec<RecordId> = sqlx::query_scalar(
                    "SELECT id FROM record WHERE state = 0 AND lane = ? AND due_ms IS NULL AND id >= ?
                     ORDER BY id LIMIT 1",
                )
                .bind(lane.code())
                .bind(from)
                .fetch_all(&mut *tx)
                .await?;
                let chosen = with_kin(tx, lane, chosen, 1, now_ms()).await?;
                lease(tx, lane, &chosen, 1).await
            })
            .await?;
        match leased {
            Some((batch, records)) => Ok(Leased::Batch(batch, records)),
            None => self.nothing_now(lane).await,
        }
    }

    /// Leases records that were never tried, scattered over the whole plan, to a batch of their own.
    pub(crate) async fn lease_random(
        &self,
        size: u32,
        seed: u32,
        streams: u32,
    ) -> Result<Leased, CheckpointError> {
        let leased = self
            .write(async |tx| {
                let mut query = QueryBuilder::new("");
                super::targets::push_random_fresh(&mut query, size, seed);
                let chosen: Vec<RecordId> = query.build_query_scalar().fetch_all(&mut *tx).await?;
                let chosen = with_kin(tx, Lane::Main, chosen, size as usize, now_ms()).await?;
                lease(tx, Lane::Main, &chosen, streams).await
            })
            .await?;
        Ok(leased.map_or(Leased::Nothing, |(batch, records)| Leased::Batch(batch, records)))
    }

    /// Nothing can be leased at this moment: when that changes.
    async fn nothing_now(&self, lane: Lane) -> Result<Leased, CheckpointError> {
        let due: Option<i64> = sqlx::query_scalar(
            "SELECT min(due_ms) FROM record WHERE state = 0 AND lane = ? AND due_ms IS NOT NULL",
        )
        .bind(lane.code())
        .fetch_one(&self.readers)
        .await
        .map_err(|error| self.database(error))?;
        Ok(due.map_or(Leased::Nothing, Leased::Later))
    }

    /// The barrier fell: what the batch still holds goes back to pending. `may_have_written`: content goes
    /// to its name itself, so that some of it may be there already.
    pub(crate) async fn end_batch(
        &self,
        end: BatchSummary,
        may_have_written: bool,
    ) -> Result<(), CheckpointError> {
        self.write(async |tx| {
            sqlx::query(
                "UPDATE record SET state = 0, interrupted = max(interrupted, ?) WHERE state = 1 AND batch = ?",
            )
            .bind(may_have_written)
            .bind(end.id)
            .execute(&mut *tx)
            .await?;
            sqlx::query("UPDATE batch SET ended_ms = ?, streams = ? WHERE id = ?")
                .bind(end.ended_ms)
                .bind(to_json(&end.streams)?)
                .bind(end.id)
                .execute(&mut *tx)
                .await?;
            super::events::add(tx, &EventKind::BatchEnded { batch: end }).await
        })
        .await
    }

    /// What a dead run still holds, at most one batch per dead run.
    pub(crate) async fn orphaned_leases(&self) -> Result<Vec<LeasedRecord>, CheckpointError> {
        let rows = sqlx::query(
            "SELECT id, source, path, size, interrupted, attempts, tries, row, external_id, kin, mapped, NULL AS checksum, NULL AS fields
             FROM record WHERE state = 1 ORDER BY id",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(|error| self.database(error))?;
        rows.iter().map(leased_of).collect::<Result<_, sqlx::Error>>().map_err(|error| self.database(error))
    }

    /// Gives the leases of a dead run back to pending, and remembers that they were held.
    pub(crate) async fn release_leases(&self) -> Result<u64, CheckpointError> {
        self.write(async |tx| {
            let records = sqlx::query("UPDATE record SET state = 0, interrupted = 1 WHERE state = 1")
                .execute(&mut *tx)
                .await?
                .rows_affected();
            if records > 0 {
                super::events::add(tx, &EventKind::LeasesReleased { records }).await?;
            }
            Ok(records)
        })
        .await
    }

    /// The latest batches whose barrier has fallen, oldest first, at most `limit`.
    pub(crate) async fn latest_batches(&self, limit: u32) -> Result<Vec<BatchSummary>, CheckpointError> {
        let rows = sqlx::query(
            "SELECT id, started_ms, ended_ms, streams FROM batch
             WHERE id > (SELECT coalesce(max(id), 0) FROM batch) - ? - 1 AND ended_ms IS NOT NULL AND lane = 0 ORDER BY id",
        )
        .bind(limit)
        .fetch_all(&self.readers)
        .await
        .map_err(|error| self.database(error))?;
        rows.iter()
            .map(|row| {
                let streams: String = row.try_get("streams").map_err(|error| self.database(error))?;
                Ok(BatchSummary {
                    id: row.try_get("id").map_err(|error| self.database(error))?,
                    started_ms: row.try_get("started_ms").map_err(|error| self.database(error))?,
                    ended_ms: row.try_get("ended_ms").map_err(|error| self.database(error))?,
                    streams: serde_json::from_str(&streams).map_err(|error| self.damaged(error))?,
                })
            })
            .collect()
    }

    /// How many batches were leased so far.
    pub(crate) async fn batch_count(&self) -> Result<u64, CheckpointError> {
        sqlx::query_scalar::<_, i64>("SELECT coalesce(max(id), 0) FROM batch")
            .fetch_one(&self.readers)
            .await
            .map(|count| count.max(0) as u64)
            .map_err(|error| self.database(error))
    }
}

/// At most a quarter of a batch are records that failed before, as long as there are others: a pile
/// of retries, for which a service has no budget left, must not hold up those that may well succeed.
fn mixed(due: &[RecordId], fresh: &[RecordId], size: usize) -> Vec<RecordId> {
    let first = due.len().min((size / 4).max(1));
    let (first, rest) = due.split_at(first);
    first.iter().chain(fresh).chain(rest).copied().take(size).collect()
}

/// Leases these records to a new batch. None: there are none.
async fn lease(
    tx: &mut SqliteConnection,
    lane: Lane,
    chosen: &[RecordId],
    streams: u32,
) -> Result<Option<(BatchId, Vec<LeasedRecord>)>, sqlx::Error> {
    if chosen.is_empty() {
        return Ok(None);
    }
    let batch: i64 =
        sqlx::query_scalar("SELECT coalesce(max(id), 0) + 1 FROM batch").fetch_one(&mut *tx).await?;
    let leased = sqlx::query(
        "UPDATE record SET state = 1, batch = ?, due_ms = NULL
         WHERE id IN (SELECT value FROM json_each(?))
         RETURNING id, source, path, size, interrupted, attempts, tries, row, external_id, kin, mapped, checksum, fields",
    )
    .bind(batch)
    .bind(to_json(&chosen)?)
    .fetch_all(&mut *tx)
    .await?;
    let mut records = leased.iter().map(leased_of).collect::<Result<Vec<_>, sqlx::Error>>()?;
    super::steps::add_done(tx, batch, &mut records).await?;
    super::uploads::add_uploads(tx, batch, &mut records).await?;
    sqlx::query("INSERT INTO batch (id, started_ms, lane) VALUES (?, ?, ?)")
        .bind(batch)
        .bind(now_ms())
        .bind(lane.code())
        .execute(&mut *tx)
        .await?;
    let bytes = records.iter().map(|record| record.size).sum();
    let event = EventKind::BatchStarted { batch, lane, records: records.len() as u64, bytes, streams };
    super::events::add(tx, &event).await?;
    Ok(Some((batch, records)))
}

fn leased_of(row: &SqliteRow) -> Result<LeasedRecord, sqlx::Error> {
    let fields: Option<String> = row.try_get("fields")?;
    let checksum: Option<String> = row.try_get("checksum")?;
    Ok(LeasedRecord {
        id: row.try_get("id")?,
        source: number(row, "source")? as usize,
        path: RawPath(row.try_get("path")?),
        size: number(row, "size")?,
        interrupted: row.try_get("interrupted")?,
        attempts: number(row, "attempts")? as u32,
        tries: number(row, "tries")? as u32,
        group: row.try_get("kin")?,
        mapped: row.try_get::<Option<Vec<u8>>, _>("mapped")?.map(RawPath),
        row: row.try_get::<Option<i64>, _>("row")?.map(|row| row.max(0) as u64),
        external_id: row.try_get("external_id")?,
        checksum: checksum.as_deref().and_then(ContentHash::parse),
        // What is no object was never written by us; the record then has no fields of its own.
        fields: fields.and_then(|fields| serde_json::from_str(&fields).ok()).unwrap_or_default(),
        done: BTreeMap::new(),
        upload: None,
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::spec::JobSpec;

    #[tokio::test]
    async fn a_lease_does_not_go_through_what_waits_for_later() {
        let folder = tempfile::tempdir().unwrap();
        let job = JobSpec::new(vec![Path::new("/from").into()], Path::new("/to").into());
        let checkpoint = Checkpoint::create(&folder.path().join("a.sluice"), &job).await.unwrap();
        let plan = checkpoint.explained(DUE).await;
        let searched: Vec<_> = plan.iter().filter(|step| step.contains("record_due")).collect();
        assert_eq!(searched.len(), 2, "{plan:?}");
        assert!(searched[0].contains("due_ms<?") && searched[1].contains("due_ms>?"), "{plan:?}");
        assert!(plan.iter().all(|step| !step.contains("SCAN") && !step.contains("B-TREE")), "{plan:?}");
        checkpoint.close().await;
    }

    #[test]
    fn retries_fill_a_batch_only_where_nothing_else_is_left() {
        let many: Vec<RecordId> = (100..200).collect();
        assert_eq!(mixed(&many, &[1, 2, 3, 4, 5, 6, 7], 8), [100, 101, 1, 2, 3, 4, 5, 6]);
        assert_eq!(mixed(&many, &[1, 2], 8), [100, 101, 1, 2, 102, 103, 104, 105]);
        assert_eq!(mixed(&[], &[1, 2], 8), [1, 2]);
        assert_eq!(mixed(&many, &[1], 1), [100], "one at a time still comes to its retries");
    }
}
