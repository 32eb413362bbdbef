//! The history of attempts, and taking back those that an outage spoiled.

use sqlx::{Row, SqliteConnection};

use super::groups::with_fallen_kin;
use super::migration::Change;
use super::open::to_json;
use super::records::number;
use super::{Checkpoint, CheckpointError};
use crate::api::Attempt;
use crate::clock::now_ms;
use crate::failure::{Category, Stage};
use crate::record::{BatchId, Lane, Outcome, OutcomeKind, RecordId};

/// Keeps what failed. `number_of`: the number of a record's attempt, if it was recorded.
pub(super) async fn keep(
    tx: &mut SqliteConnection,
    batch: BatchId,
    lane: Lane,
    outcomes: &[Outcome],
    number_of: impl Fn(RecordId) -> Option<u64>,
) -> Result<(), sqlx::Error> {
    let rows: Vec<_> = outcomes
        .iter()
        .filter_map(|outcome| match &outcome.kind {
            OutcomeKind::Failed(failure) | OutcomeKind::Retry { failure, .. } => Some((
                outcome.id,
                number_of(outcome.id)?,
                outcome.took_ms,
                failure.stage.word(),
                failure.category.word(),
                failure.endpoint.as_deref(),
                failure.http_status,
                &failure.message,
            )),
            _ => None,
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO attempt (record, number, took_ms, stage, category, endpoint, http_status, message,
                              lane, batch, ended_ms)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6,
                value ->> 7, ?, ?, ?
         FROM json_each(?)",
    )
    .bind(lane.code())
    .bind(batch)
    .bind(now_ms())
    .bind(to_json(&rows)?)
    .execute(tx)
    .await?;
    Ok(())
}

/// Categories by which a service that is away shows on a record.
const OF_AN_OUTAGE: &str = "('service_error', 'service_unreachable', 'timeout', 'throttled')";

/// Attempts that a record gets back. A row of records that a service cannot bear looks like an
/// outage; without a bound it would be tried for ever.
const REFUNDS: u32 = 2;

impl Checkpoint {
    /// What failed at a service since an outage began was the outage: those records, and what failed
    /// with them as their group, go back to pending and the attempts are not counted. What was written
    /// may have arrived all the same, so that the next attempt looks for it. Gives how many.
    pub(crate) async fn refund(&self, endpoint: &str, since_ms: i64) -> Result<u64, CheckpointError> {
        self.write(async |tx| {
            let spoiled: Vec<RecordId> = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
                "SELECT id FROM record
                 WHERE ((state = 0 AND due_ms IS NOT NULL) OR state = 3)
                   AND endpoint = ? AND ended_ms >= ? AND reason IN {OF_AN_OUTAGE} AND refunds < {REFUNDS}"
            )))
            .bind(endpoint)
            .bind(since_ms)
            .fetch_all(&mut *tx)
            .await?;
            if spoiled.is_empty() {
                return Ok(0);
            }
            let ids = to_json(&with_fallen_kin(tx, spoiled).await?)?;
            let spoiled = sqlx::query(
                "SELECT state, size, attempts FROM record WHERE id IN (SELECT value FROM json_each(?))",
            )
            .bind(&ids)
            .fetch_all(&mut *tx)
            .await?;
            let mut change = Change::default();
            for row in &spoiled {
                change.attempts -= 1;
                change.retries -= i64::from(number(row, "attempts")? > 1);
                if row.try_get::<i64, _>("state")? == 3 {
                    change.failed -= 1;
                    change.pending += 1;
                    change.bytes_failed -= number(row, "size")? as i64;
                }
            }
            sqlx::query(
                "UPDATE record SET state = 0, due_ms = NULL, tries = max(tries - 1, 0), attempts = max(attempts - 1, 0),
                        refunds = refunds + 1, interrupted = 1, stage = NULL, reason = NULL, message = NULL, endpoint = NULL, http_status = NULL, ended_ms = NULL
                 WHERE id IN (SELECT value FROM json_each(?))",
            )
            .bind(&ids)
            .execute(&mut *tx)
            .await?;
            sqlx::query(
                "UPDATE attempt SET refunded = 1
                 WHERE record IN (SELECT value FROM json_each(?)) AND (endpoint = ? OR category = 'group_incomplete')
                   AND ended_ms >= ?",
            )
            .bind(&ids)
            .bind(endpoint)
            .bind(since_ms)
            .execute(&mut *tx)
            .await?;
            change.apply(tx).await?;
            Ok(spoiled.len() as u64)
        })
        .await
    }

    /// The failed attempts of a record, oldest first, at most `limit`.
    pub(crate) async fn attempts_of(
        &self,
        record: RecordId,
        limit: u32,
    ) -> Result<Vec<Attempt>, CheckpointError> {
        let rows = sqlx::query("SELECT * FROM attempt WHERE record = ? ORDER BY id LIMIT ?")
            .bind(record)
            .bind(limit)
            .fetch_all(&self.readers)
            .await
            .map_err(|error| self.database(error))?;
        rows.iter()
            .map(|row| {
                let category: String = row.try_get("category")?;
                let stage: String = row.try_get("stage")?;
                Ok(Attempt {
                    number: number(row, "number")? as u32,
                    ended_ms: row.try_get("ended_ms")?,
                    took_ms: number(row, "took_ms")?,
                    lane: if number(row, "lane")? == 1 { Lane::Recovery } else { Lane::Main },
                    stage: Stage::from_word(&stage).unwrap_or(Stage::Deliver),
                    category: category.parse().unwrap_or(Category::Internal),
                    endpoint: row.try_get("endpoint")?,
                    http_status: row.try_get::<Option<i64>, _>("http_status")?.map(|status| status as u16),
                    message: row.try_get("message")?,
                    refunded: row.try_get("refunded")?,
                })
            })
            .collect::<Result<_, sqlx::Error>>()
            .map_err(|error| self.database(error))
    }
}
