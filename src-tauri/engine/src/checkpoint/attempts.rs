//! The history of attempts, and taking back those that an outage spoiled.

use sqlx::{Row, SqliteConnection};

use super::groups::{any, with_fallen_kin};
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

/// The attempts that an outage spoiled. A record may have had several: it is tried again before the service
/// counts as away.
async fn spoiled(tx: &mut SqliteConnection, endpoint: &str, since_ms: i64) -> Result<Vec<i64>, sqlx::Error> {
    // From the attempts to their records: there may be a million pending records, and few failed.
    let own = format!(
        "SELECT attempt.id FROM attempt CROSS JOIN record ON record.id = attempt.record
         WHERE attempt.endpoint = ? AND attempt.ended_ms >= ? AND attempt.category IN {OF_AN_OUTAGE}
           AND attempt.refunded = 0 AND record.state IN (0, 3) AND record.refunds < {REFUNDS}"
    );
    let mut spoiled: Vec<i64> = sqlx::query_scalar(sqlx::AssertSqlSafe(own))
        .bind(endpoint)
        .bind(since_ms)
        .fetch_all(&mut *tx)
        .await?;
    if spoiled.is_empty() || !any(tx).await? {
        return Ok(spoiled);
    }
    let beside: Vec<i64> = sqlx::query_scalar(
        "SELECT attempt.id FROM attempt CROSS JOIN record ON record.id = attempt.record
         WHERE attempt.category = 'group_incomplete' AND attempt.ended_ms >= ? AND attempt.refunded = 0
           AND record.state IN (0, 3) AND record.kin IN (
               SELECT kin.kin FROM attempt AS one CROSS JOIN record AS kin ON kin.id = one.record
               WHERE one.id IN (SELECT value FROM json_each(?)) AND kin.kin IS NOT NULL)",
    )
    .bind(since_ms)
    .bind(to_json(&spoiled)?)
    .fetch_all(tx)
    .await?;
    spoiled.extend(beside);
    Ok(spoiled)
}

/// Sends records back to pending whose last failure was the outage.
async fn send_back(
    tx: &mut SqliteConnection,
    endpoint: &str,
    since_ms: i64,
    change: &mut Change,
) -> Result<(), sqlx::Error> {
    let fallen: Vec<RecordId> = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
        "SELECT id FROM record
         WHERE ((state = 0 AND due_ms IS NOT NULL) OR state = 3)
           AND endpoint = ? AND ended_ms >= ? AND reason IN {OF_AN_OUTAGE} AND refunds < {REFUNDS}"
    )))
    .bind(endpoint)
    .bind(since_ms)
    .fetch_all(&mut *tx)
    .await?;
    if fallen.is_empty() {
        return Ok(());
    }
    let ids = to_json(&with_fallen_kin(tx, fallen).await?)?;
    let failed =
        sqlx::query("SELECT size FROM record WHERE +state = 3 AND id IN (SELECT value FROM json_each(?))")
            .bind(&ids)
            .fetch_all(&mut *tx)
            .await?;
    for row in &failed {
        change.failed -= 1;
        change.pending += 1;
        change.bytes_failed -= number(row, "size")? as i64;
    }
    sqlx::query(
        "UPDATE record SET state = 0, lane = CASE lane WHEN 2 THEN 0 ELSE lane END, due_ms = NULL, stage = NULL, reason = NULL, message = NULL, endpoint = NULL,
                http_status = NULL, ended_ms = NULL
         WHERE id IN (SELECT value FROM json_each(?))",
    )
    .bind(&ids)
    .execute(tx)
    .await?;
    Ok(())
}

/// Takes these attempts out of the count. Gives how many records had them.
async fn give_back(
    tx: &mut SqliteConnection,
    attempts: &[i64],
    change: &mut Change,
) -> Result<u64, sqlx::Error> {
    let attempts = to_json(&attempts)?;
    sqlx::query("UPDATE attempt SET refunded = 1 WHERE id IN (SELECT value FROM json_each(?))")
        .bind(&attempts)
        .execute(&mut *tx)
        .await?;
    let given = sqlx::query(
        "SELECT record.id, record.attempts, count(*) AS number FROM attempt
         JOIN record ON record.id = attempt.record
         WHERE attempt.id IN (SELECT value FROM json_each(?)) GROUP BY record.id",
    )
    .bind(&attempts)
    .fetch_all(&mut *tx)
    .await?;
    let mut rows: Vec<(RecordId, i64)> = Vec::with_capacity(given.len());
    for row in &given {
        let (made, number) = (number(row, "attempts")? as i64, number(row, "number")? as i64);
        change.attempts -= number;
        // The first attempt of a record is no retry.
        change.retries -= (made - 1).max(0) - (made - number - 1).max(0);
        rows.push((row.try_get("id")?, number));
    }
    sqlx::query(
        "UPDATE record SET attempts = max(record.attempts - (o.value ->> 1), 0),
                tries = max(record.tries - (o.value ->> 1), 0), refunds = record.refunds + 1, interrupted = 1
         FROM json_each(?) AS o WHERE record.id = o.value ->> 0",
    )
    .bind(to_json(&rows)?)
    .execute(tx)
    .await?;
    Ok(rows.len() as u64)
}

impl Checkpoint {
    /// What failed at a service since an outage began was the outage: those attempts are not counted, with
    /// what failed beside them in their groups, and where it was a record's last word so far, it goes back to
    /// pending. What was written may have arrived all the same, so that the next attempt looks for it. Gives
    /// how many records got attempts back.
    pub(crate) async fn refund(&self, endpoint: &str, since_ms: i64) -> Result<u64, CheckpointError> {
        self.write(async |tx| {
            let spoiled = spoiled(tx, endpoint, since_ms).await?;
            if spoiled.is_empty() {
                return Ok(0);
            }
            let mut change = Change::default();
            send_back(tx, endpoint, since_ms, &mut change).await?;
            let refunded = give_back(tx, &spoiled, &mut change).await?;
            change.apply(tx).await?;
            Ok(refunded)
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
                    lane: Lane::of(number(row, "lane")?),
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
