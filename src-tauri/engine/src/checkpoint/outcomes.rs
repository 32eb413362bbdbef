//! Recording outcomes and taking them back for another try: one statement a set.

use serde::Serialize;
use sqlx::{QueryBuilder, Row, Sqlite};

use super::migration::Change;
use super::open::to_json;
use super::plan::hex;
use super::records::{narrow, number};
use super::{Checkpoint, CheckpointError};
use crate::api::Selection;
use crate::clock::now_ms;
use crate::event::EventKind;
use crate::record::{Balance, BatchId, Outcome, OutcomeKind, RecordId, RecordState};

/// One outcome on its way through JSON into the database.
#[derive(Serialize)]
struct OutcomeRow<'a>(
    RecordId,
    i64,
    u64,
    Option<String>,
    Option<String>,
    Option<&'static str>,
    Option<&'static str>,
    Option<&'a str>,
    Option<&'a str>,
);

impl Checkpoint {
    /// Records the outcomes of a batch's records in one transaction, fenced by the lease: an
    /// outcome whose record the batch no longer holds changes nothing.
    ///
    /// `Returned` outcomes are not written; the records go back when the batch ends.
    pub(crate) async fn record_outcomes(
        &self,
        batch: BatchId,
        outcomes: &[Outcome],
    ) -> Result<Balance, CheckpointError> {
        let rows: Vec<OutcomeRow> = outcomes.iter().filter_map(row_of).collect();
        if rows.is_empty() {
            return self.balance().await;
        }
        self.write(async |tx| {
            // The plus signs keep SQLite from going through the whole lease once for each outcome:
            // each is found by its number, then compared (https://sqlite.org/queryplanner.html).
            let recorded = sqlx::query(
                "UPDATE record SET state = o.value ->> 1,
                        bytes = o.value ->> 2,
                        target = unhex(o.value ->> 3), hash = o.value ->> 4, evidence = o.value ->> 5,
                        stage = o.value ->> 6, reason = o.value ->> 7, message = o.value ->> 8,
                        attempts = record.attempts + 1, interrupted = 0, ended_ms = ?
                 FROM json_each(?) AS o
                 WHERE record.id = o.value ->> 0 AND +record.state = 1 AND +record.batch = ?
                 RETURNING id, state, size, bytes, attempts",
            )
            .bind(now_ms())
            .bind(to_json(&rows)?)
            .bind(batch)
            .fetch_all(&mut *tx)
            .await?;
            let mut change = Change::default();
            let mut failed = Vec::new();
            for row in &recorded {
                let size = number(row, "size")? as i64;
                let bytes = number(row, "bytes")? as i64;
                change.pending -= 1;
                change.attempts += 1;
                change.retries += i64::from(number(row, "attempts")? > 1);
                match row.try_get::<i64, _>("state")? {
                    state if state == RecordState::Delivered.code() => {
                        change.delivered += 1;
                        change.bytes_delivered += bytes;
                        change.bytes_total += bytes - size;
                    }
                    state if state == RecordState::Skipped.code() => {
                        change.skipped += 1;
                        change.bytes_skipped += bytes;
                        change.bytes_total += bytes - size;
                    }
                    _ => {
                        change.failed += 1;
                        change.bytes_failed += size;
                        failed.push(row.try_get::<i64, _>("id")?);
                    }
                }
            }
            let balance = change.apply(&mut *tx).await?;
            if !failed.is_empty() {
                failed.sort_unstable();
                super::events::add(tx, &EventKind::RecordsFailed { batch, records: failed }).await?;
            }
            Ok(balance)
        })
        .await
    }

    /// Failed records go back to pending. Gives their number. What failed while planning (a folder
    /// that could not be listed) stays: only a new plan can help there.
    pub(crate) async fn requeue_failed(&self, selection: &Selection) -> Result<u64, CheckpointError> {
        self.write(async |tx| {
            let mut query = QueryBuilder::<Sqlite>::new(
                "UPDATE record SET state = 0, stage = NULL, reason = NULL, message = NULL, ended_ms = NULL
                 WHERE state = 3 AND stage <> 'plan'",
            );
            narrow(&mut query, selection);
            let count = "WITH chosen AS (SELECT size FROM record WHERE state = 3 AND stage <> 'plan'";
            let mut sums = QueryBuilder::<Sqlite>::new(count);
            narrow(&mut sums, selection);
            sums.push(") SELECT count(*) AS n, coalesce(sum(size), 0) AS bytes FROM chosen");
            let sums = sums.build().fetch_one(&mut *tx).await?;
            let (records, bytes): (i64, i64) = (sums.try_get("n")?, sums.try_get("bytes")?);
            query.build().execute(&mut *tx).await?;
            Change { pending: records, failed: -records, bytes_failed: -bytes, ..Change::default() }
                .apply(&mut *tx)
                .await?;
            let records = records as u64;
            if records > 0 {
                super::events::add(tx, &EventKind::Reprocessed { records }).await?;
            }
            Ok(records)
        })
        .await
    }
}

fn row_of(outcome: &Outcome) -> Option<OutcomeRow<'_>> {
    let id = outcome.id;
    let bytes = outcome.bytes;
    let stored_hash = |hash: &crate::record::ContentHash| format!("{}:{}", hash.algorithm.word(), hash.hex);
    match &outcome.kind {
        OutcomeKind::Returned => None,
        OutcomeKind::Delivered { target, hash, evidence } => Some(OutcomeRow(
            id,
            RecordState::Delivered.code(),
            bytes,
            target.as_ref().map(|target| hex(&target.0)),
            hash.as_ref().map(stored_hash),
            Some(evidence.word()),
            None,
            None,
            None,
        )),
        OutcomeKind::Skipped { target, hash, reason } => Some(OutcomeRow(
            id,
            RecordState::Skipped.code(),
            bytes,
            target.as_ref().map(|target| hex(&target.0)),
            hash.as_ref().map(stored_hash),
            None,
            None,
            Some(reason),
            None,
        )),
        OutcomeKind::Failed(failure) => Some(OutcomeRow(
            id,
            RecordState::Failed.code(),
            bytes,
            None,
            None,
            None,
            Some(failure.stage.word()),
            Some(failure.category.word()),
            Some(&failure.message),
        )),
    }
}
