//! Leasing batches and giving leases back.

use std::collections::BTreeMap;

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::open::to_json;
use super::records::number;
use super::{Checkpoint, CheckpointError};
use crate::clock::now_ms;
use crate::event::{BatchSummary, EventKind};
use crate::record::{BatchId, Lane, LeasedRecord, RawPath};

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
const NO_WAIT_IS_LONGER_MS: i64 = 2 * 24 * 3600 * 1000;

impl Checkpoint {
    /// Leases the next records of a lane, at most `size`, to a new batch: those whose next try is
    /// due, then those that were never tried.
    pub(crate) async fn lease_batch(
        &self,
        lane: Lane,
        size: u32,
        streams: u32,
    ) -> Result<Leased, CheckpointError> {
        let now = now_ms();
        let leased = self
            .write(async |tx| {
                let batch: i64 = sqlx::query_scalar("SELECT coalesce(max(id), 0) + 1 FROM batch")
                    .fetch_one(&mut *tx)
                    .await?;
                let leased = sqlx::query(
                    "UPDATE record SET state = 1, batch = ?, due_ms = NULL
                     WHERE id IN (
                        SELECT id FROM (SELECT id FROM record WHERE state = 0 AND lane = ? AND due_ms IS NOT NULL
                                          AND (due_ms <= ? OR due_ms > ?) ORDER BY due_ms LIMIT ?)
                        UNION ALL
                        SELECT id FROM (SELECT id FROM record WHERE state = 0 AND lane = ? AND due_ms IS NULL
                                        ORDER BY id LIMIT ?)
                        LIMIT ?)
                     RETURNING id, source, path, size, interrupted, attempts, tries, fields",
                )
                .bind(batch)
                .bind(lane.code())
                .bind(now)
                .bind(now + NO_WAIT_IS_LONGER_MS)
                .bind(size)
                .bind(lane.code())
                .bind(size)
                .bind(size)
                .fetch_all(&mut *tx)
                .await?;
                if leased.is_empty() {
                    return Ok(None);
                }
                let mut records = leased.iter().map(leased_of).collect::<Result<Vec<_>, sqlx::Error>>()?;
                super::steps::add_done(tx, batch, &mut records).await?;
                sqlx::query("INSERT INTO batch (id, started_ms, lane) VALUES (?, ?, ?)")
                    .bind(batch)
                    .bind(now)
                    .bind(lane.code())
                    .execute(&mut *tx)
                    .await?;
                let bytes = records.iter().map(|record| record.size).sum();
                let event =
                    EventKind::BatchStarted { batch, lane, records: records.len() as u64, bytes, streams };
                super::events::add(tx, &event).await?;
                Ok(Some((batch, records)))
            })
            .await?;
        if let Some((batch, records)) = leased {
            return Ok(Leased::Batch(batch, records));
        }
        let due: Option<i64> = sqlx::query_scalar(
            "SELECT min(due_ms) FROM record WHERE state = 0 AND lane = ? AND due_ms IS NOT NULL",
        )
        .bind(lane.code())
        .fetch_one(&self.readers)
        .await
        .map_err(|error| self.database(error))?;
        Ok(due.map_or(Leased::Nothing, Leased::Later))
    }

    /// The barrier fell: what the batch still holds goes back to pending, untouched.
    pub(crate) async fn end_batch(&self, end: BatchSummary) -> Result<(), CheckpointError> {
        self.write(async |tx| {
            sqlx::query("UPDATE record SET state = 0 WHERE state = 1 AND batch = ?")
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
            "SELECT id, source, path, size, interrupted, attempts, tries, NULL AS fields
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

fn leased_of(row: &SqliteRow) -> Result<LeasedRecord, sqlx::Error> {
    let fields: Option<String> = row.try_get("fields")?;
    Ok(LeasedRecord {
        id: row.try_get("id")?,
        source: number(row, "source")? as usize,
        path: RawPath(row.try_get("path")?),
        size: number(row, "size")?,
        interrupted: row.try_get("interrupted")?,
        attempts: number(row, "attempts")? as u32,
        tries: number(row, "tries")? as u32,
        // What is no object was never written by us; the record then has no fields of its own.
        fields: fields.and_then(|fields| serde_json::from_str(&fields).ok()).unwrap_or_default(),
        done: BTreeMap::new(),
    })
}
