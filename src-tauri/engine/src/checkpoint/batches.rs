//! Leasing batches and giving leases back.

use sqlx::Row;

use super::open::to_json;
use super::records::number;
use super::{Checkpoint, CheckpointError};
use crate::clock::now_ms;
use crate::event::{BatchSummary, EventKind};
use crate::record::{BatchId, LeasedRecord, RawPath};

impl Checkpoint {
    /// Leases the next records, at most `size`, to a new batch. None: nothing is pending.
    pub(crate) async fn lease_batch(
        &self,
        size: u32,
        streams: u32,
    ) -> Result<Option<(BatchId, Vec<LeasedRecord>)>, CheckpointError> {
        self.write(async |tx| {
            let batch: i64 =
                sqlx::query_scalar("SELECT coalesce(max(id), 0) + 1 FROM batch").fetch_one(&mut *tx).await?;
            let leased = sqlx::query(
                "UPDATE record SET state = 1, batch = ?
                 WHERE id IN (SELECT id FROM record WHERE state = 0 ORDER BY id LIMIT ?)
                 RETURNING id, source, path, size, interrupted",
            )
            .bind(batch)
            .bind(size)
            .fetch_all(&mut *tx)
            .await?;
            if leased.is_empty() {
                return Ok(None);
            }
            let records = leased
                .iter()
                .map(|row| {
                    Ok(LeasedRecord {
                        id: row.try_get("id")?,
                        source: number(row, "source")? as usize,
                        path: RawPath(row.try_get("path")?),
                        size: number(row, "size")?,
                        interrupted: row.try_get("interrupted")?,
                    })
                })
                .collect::<Result<Vec<_>, sqlx::Error>>()?;
            sqlx::query("INSERT INTO batch (id, started_ms) VALUES (?, ?)")
                .bind(batch)
                .bind(now_ms())
                .execute(&mut *tx)
                .await?;
            let bytes = records.iter().map(|record| record.size).sum();
            let event = EventKind::BatchStarted { batch, records: records.len() as u64, bytes, streams };
            super::events::add(tx, &event).await?;
            Ok(Some((batch, records)))
        })
        .await
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
        let rows = sqlx::query("SELECT id, source, path, size FROM record WHERE state = 1 ORDER BY id")
            .fetch_all(&self.readers)
            .await
            .map_err(|error| self.database(error))?;
        rows.iter()
            .map(|row| {
                Ok(LeasedRecord {
                    id: row.try_get("id")?,
                    source: number(row, "source")? as usize,
                    path: RawPath(row.try_get("path")?),
                    size: number(row, "size")?,
                    interrupted: true,
                })
            })
            .collect::<Result<_, sqlx::Error>>()
            .map_err(|error| self.database(error))
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
             WHERE id > (SELECT coalesce(max(id), 0) FROM batch) - ? - 1 AND ended_ms IS NOT NULL ORDER BY id",
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
