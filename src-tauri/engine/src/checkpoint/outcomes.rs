//! Recording outcomes and taking them back for another try: one statement a set.

use std::collections::HashMap;
use std::time::Duration;

use serde::Serialize;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use super::failed::narrow;
use super::groups::{any, push_chosen_with_kin, with_fallen_kin};
use super::migration::Change;
use super::open::to_json;
use super::records::number;
use super::{Checkpoint, CheckpointError};
use crate::api::Selection;
use crate::clock::now_ms;
use crate::event::EventKind;
use crate::record::{
    Balance, BatchId, ContentHash, Failure, Lane, Outcome, OutcomeKind, RecordId, RecordState, StepResult,
    hex,
};
use crate::spec::Schedule;

/// One outcome on its way through JSON into the database. What is not there is not written: SQLite
/// goes through the text once for each column.
#[derive(Default, Serialize)]
struct OutcomeRow<'a> {
    id: RecordId,
    state: i64,
    bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    http_status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_ms: Option<i64>,
    /// The due time holds only as long as the record was scheduled less often than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<u32>,
    /// The lane that it goes onto. None: it stays on its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    lane: Option<i64>,
    took_ms: u64,
    /// Attempts spent: one or none.
    spent: u8,
}

impl Checkpoint {
    /// Records the outcomes of a batch's records, and results of steps, in one transaction. Fenced
    /// by the lease: an outcome whose record the batch no longer holds changes nothing.
    ///
    /// `Returned` outcomes are not written; the records go back when the batch ends. `schedule`: which
    /// failed records are to be tried again by themselves. `throttled`: answers since the last call
    /// by which services asked us to slow down.
    pub(crate) async fn record_outcomes(
        &self,
        batch: BatchId,
        lane: Lane,
        outcomes: &[Outcome],
        steps: &[StepResult],
        schedule: &[Schedule],
        throttled: u64,
    ) -> Result<Balance, CheckpointError> {
        let now = now_ms();
        let row = |outcome| row_of(outcome, schedule, now);
        let rows: Vec<OutcomeRow> = outcomes.iter().filter_map(row).collect();
        if rows.is_empty() && steps.is_empty() && throttled == 0 {
            return self.balance().await;
        }
        self.write(async |tx| {
            super::steps::keep(tx, steps).await?;
            // The plus signs keep SQLite from going through the whole lease once for each outcome:
            // each is found by its number, then compared (https://sqlite.org/queryplanner.html).
            let recorded = sqlx::query(
                "UPDATE record SET state = o.value ->> 'state',
                        bytes = o.value ->> 'bytes', target = unhex(o.value ->> 'target'),
                        hash = o.value ->> 'hash', evidence = o.value ->> 'evidence',
                        stage = o.value ->> 'stage', reason = o.value ->> 'reason',
                        message = o.value ->> 'message', endpoint = o.value ->> 'endpoint',
                        http_status = o.value ->> 'http_status', cause = NULL,
                        due_ms = CASE WHEN record.scheduled >= (o.value ->> 'times') THEN NULL ELSE o.value ->> 'due_ms' END,
                        lane = coalesce(o.value ->> 'lane', record.lane), took_ms = o.value ->> 'took_ms',
                        attempts = record.attempts + (o.value ->> 'spent'),
                        tries = record.tries + (o.value ->> 'spent'), interrupted = 0, ended_ms = ?
                 FROM json_each(?) AS o
                 WHERE record.id = o.value ->> 'id' AND +record.state = 1 AND +record.batch = ?
                 RETURNING id, state, size, bytes, attempts",
            )
            .bind(now)
            .bind(to_json(&rows)?)
            .bind(batch)
            .fetch_all(&mut *tx)
            .await?;
            let spent: HashMap<RecordId, i64> = rows.iter().map(|row| (row.id, row.spent.into())).collect();
            let mut change = Change { throttled: throttled as i64, ..Change::default() };
            let mut failed = Vec::new();
            let mut numbers = HashMap::new();
            for row in &recorded {
                let id: RecordId = row.try_get("id")?;
                let size = number(row, "size")? as i64;
                let bytes = number(row, "bytes")? as i64;
                let spent = spent.get(&id).copied().unwrap_or_default();
                let attempts = number(row, "attempts")?;
                change.attempts += spent;
                change.retries += if attempts > 1 { spent } else { 0 };
                match row.try_get::<i64, _>("state")? {
                    state if state == RecordState::Delivered.code() => {
                        change.pending -= 1;
                        change.delivered += 1;
                        change.bytes_delivered += bytes;
                        change.bytes_total += bytes - size;
                    }
                    state if state == RecordState::Skipped.code() => {
                        change.pending -= 1;
                        change.skipped += 1;
                        change.bytes_skipped += bytes;
                        change.bytes_total += bytes - size;
                    }
                    state if state == RecordState::Failed.code() => {
                        change.pending -= 1;
                        change.failed += 1;
                        change.bytes_failed += size;
                        failed.push(id);
                        numbers.insert(id, attempts);
                    }
                    // It waits for its next try, and stays pending.
                    _ => drop(numbers.insert(id, attempts)),
                }
            }
            super::attempts::keep(tx, batch, lane, outcomes, |id| numbers.get(&id).copied()).await?;
            let balance = change.apply(&mut *tx).await?;
            if !failed.is_empty() {
                failed.sort_unstable();
                super::events::add(tx, &EventKind::RecordsFailed { batch, records: failed }).await?;
            }
            Ok(balance)
        })
        .await
    }

    /// Failed records go back to pending, onto a lane, with all their tries before them. Gives their
    /// number. What failed while planning (a folder that could not be listed) stays: only a new
    /// plan can help there. So does what a person left, unless it is named.
    pub(crate) async fn requeue_failed(
        &self,
        selection: &Selection,
        lane: Lane,
    ) -> Result<u64, CheckpointError> {
        self.write(async |tx| requeue(tx, selection, lane, "stage <> 'plan'").await).await
    }

    /// Failed records whose schedule is due, with their groups, go onto the recovery lane. Gives their
    /// number.
    pub(crate) async fn requeue_scheduled(&self) -> Result<u64, CheckpointError> {
        self.write(async |tx| {
            let due: Vec<RecordId> = sqlx::query_scalar(
                "SELECT id FROM record WHERE state = 3 AND due_ms IS NOT NULL AND due_ms <= ? LIMIT 1000",
            )
            .bind(now_ms())
            .fetch_all(&mut *tx)
            .await?;
            if due.is_empty() {
                return Ok(0);
            }
            let due = with_fallen_kin(tx, due).await?;
            let sizes: Vec<i64> = sqlx::query_scalar(
                "UPDATE record SET state = 0, lane = 1, tries = 0, refunds = 0, due_ms = NULL, scheduled = scheduled + 1,
                        stage = NULL, reason = NULL, message = NULL, endpoint = NULL, http_status = NULL, ended_ms = NULL
                 WHERE id IN (SELECT value FROM json_each(?)) AND +state = 3 RETURNING size",
            )
            .bind(to_json(&due)?)
            .fetch_all(&mut *tx)
            .await?;
            put_back(tx, Lane::Recovery, sizes.len() as i64, sizes.iter().sum()).await
        })
        .await
    }

    /// When the next failed record is due by its schedule (milliseconds since 1970).
    pub(crate) async fn next_scheduled(&self) -> Result<Option<i64>, CheckpointError> {
        sqlx::query_scalar("SELECT min(due_ms) FROM record WHERE state = 3 AND due_ms IS NOT NULL")
            .fetch_one(&self.readers)
            .await
            .map_err(|error| self.database(error))
    }
}

/// Sends failed records back, as far as they fulfil this condition too, and with them all that failed of
/// their groups.
pub(super) async fn requeue(
    tx: &mut SqliteConnection,
    selection: &Selection,
    lane: Lane,
    condition: &'static str,
) -> Result<u64, sqlx::Error> {
    let has_groups = any(tx).await?;
    let narrowed = |query: &mut QueryBuilder<Sqlite>| {
        narrow(query, selection);
        keep_those_left(query, selection);
    };
    let chosen = |query: &mut QueryBuilder<Sqlite>| {
        if has_groups {
            return push_chosen_with_kin(query, condition, narrowed);
        }
        query.push(" WHERE state = 3 AND ").push(condition);
        narrowed(query);
    };
    let mut sums = QueryBuilder::<Sqlite>::new(
        "SELECT count(*) AS records, coalesce(sum(size), 0) AS bytes FROM record",
    );
    chosen(&mut sums);
    let sums = sums.build().fetch_one(&mut *tx).await?;
    let mut query = QueryBuilder::<Sqlite>::new("UPDATE record SET state = 0, lane = ");
    query.push_bind(lane.code()).push(
        ", tries = 0, refunds = 0, due_ms = NULL, note = NULL, stage = NULL, reason = NULL, message = NULL,
           endpoint = NULL, http_status = NULL, ended_ms = NULL",
    );
    chosen(&mut query);
    query.build().execute(&mut *tx).await?;
    put_back(tx, lane, sums.try_get("records")?, sums.try_get("bytes")?).await
}

/// What a person left stays as it is, unless it is named, or nothing else is asked for.
fn keep_those_left(query: &mut QueryBuilder<Sqlite>, selection: &Selection) {
    if selection.ids.is_empty() && selection.left != Some(true) {
        query.push(" AND note IS NULL");
    }
}

/// Counts failed records that went back to pending.
async fn put_back(
    tx: &mut SqliteConnection,
    lane: Lane,
    records: i64,
    bytes: i64,
) -> Result<u64, sqlx::Error> {
    if records > 0 {
        Change { pending: records, failed: -records, bytes_failed: -bytes, ..Change::default() }
            .apply(&mut *tx)
            .await?;
        super::events::add(tx, &EventKind::Reprocessed { records: records as u64, lane }).await?;
    }
    Ok(records as u64)
}

fn row_of<'a>(outcome: &'a Outcome, schedule: &[Schedule], now_ms: i64) -> Option<OutcomeRow<'a>> {
    let row = OutcomeRow {
        id: outcome.id,
        bytes: outcome.bytes,
        took_ms: outcome.took_ms,
        spent: 1,
        ..OutcomeRow::default()
    };
    let due = |wait: &Duration| Some(now_ms.saturating_add(wait.as_millis() as i64));
    Some(match &outcome.kind {
        OutcomeKind::Returned => return None,
        OutcomeKind::Delivered { target, hash, evidence } => OutcomeRow {
            state: RecordState::Delivered.code(),
            target: target.as_ref().map(|target| hex(&target.0)),
            hash: hash.as_ref().map(ContentHash::stored),
            evidence: Some(evidence.word()),
            ..row
        },
        OutcomeKind::Skipped { target, hash, reason } => OutcomeRow {
            state: RecordState::Skipped.code(),
            target: target.as_ref().map(|target| hex(&target.0)),
            hash: hash.as_ref().map(ContentHash::stored),
            reason: Some(reason),
            ..row
        },
        OutcomeKind::Failed(failure) => {
            let again = schedule.iter().find(|schedule| schedule.covers(failure));
            OutcomeRow {
                state: RecordState::Failed.code(),
                due_ms: again.and_then(|again| due(&Duration::from_secs(again.after_s.into()))),
                times: again.map(|again| again.times),
                ..failed(row, failure)
            }
        }
        OutcomeKind::Retry { failure, wait, hung } => OutcomeRow {
            state: RecordState::Pending.code(),
            due_ms: due(wait),
            lane: hung.then_some(Lane::Aside.code()),
            ..failed(row, failure)
        },
        OutcomeKind::Later { wait } => {
            OutcomeRow { state: RecordState::Pending.code(), due_ms: due(wait), spent: 0, ..row }
        }
    })
}

fn failed<'a>(row: OutcomeRow<'a>, failure: &'a Failure) -> OutcomeRow<'a> {
    OutcomeRow {
        stage: Some(failure.stage.word()),
        reason: Some(failure.category.word()),
        message: Some(&failure.message),
        endpoint: failure.endpoint.as_deref(),
        http_status: failure.http_status,
        ..row
    }
}
