//! Results of steps: what a record need not do again.

use std::collections::HashMap;

use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use super::open::to_json;
use super::records::number;
use super::{Checkpoint, CheckpointError};
use crate::clock::now_ms;
use crate::record::{BatchId, Copied, LeasedRecord, RawPath, RecordId, StepResult};

/// What a step of a record that is not delivered left at the destination.
pub(crate) struct LeftThere {
    pub(crate) source: usize,
    pub(crate) path: RawPath,
    pub(crate) step: String,
    /// JSON.
    pub(crate) result: String,
}

/// Keeps results; one that is there already is replaced, and one that is null is removed. A target is kept
/// with the record itself.
pub(super) async fn keep(tx: &mut SqliteConnection, steps: &[StepResult]) -> Result<(), sqlx::Error> {
    if steps.is_empty() {
        return Ok(());
    }
    let (mapped, steps): (Vec<_>, Vec<_>) = steps.iter().partition(|step| step.step == StepResult::MAPPED);
    if !mapped.is_empty() {
        let rows: Vec<_> = mapped.iter().map(|step| (step.record, &step.result)).collect();
        super::targets::set(tx, &to_json(&rows)?).await?;
    }
    let (forgotten, steps): (Vec<_>, Vec<_>) = steps.into_iter().partition(|step| step.result.is_null());
    if !forgotten.is_empty() {
        let rows: Vec<_> = forgotten.iter().map(|step| (step.record, &step.step)).collect();
        sqlx::query(
            "DELETE FROM step WHERE (record, step) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))",
        )
        .bind(to_json(&rows)?)
        .execute(&mut *tx)
        .await?;
    }
    let rows: Vec<_> = steps.iter().map(|step| (step.record, &step.step, step.result.to_string())).collect();
    sqlx::query(
        "INSERT INTO step (record, step, result, at_ms)
         SELECT value ->> 0, value ->> 1, value ->> 2, ? FROM json_each(?) WHERE true
         ON CONFLICT (record, step) DO UPDATE SET result = excluded.result, at_ms = excluded.at_ms",
    )
    .bind(now_ms())
    .bind(to_json(&rows)?)
    .execute(tx)
    .await?;
    Ok(())
}

/// Gives leased records what they have done already.
pub(super) async fn add_done(
    tx: &mut SqliteConnection,
    batch: BatchId,
    records: &mut [LeasedRecord],
) -> Result<(), sqlx::Error> {
    // Most migrations have none, and then the lease need not be gone through.
    let any: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM step)").fetch_one(&mut *tx).await?;
    if !any {
        return Ok(());
    }
    let rows = sqlx::query(
        // A program's own JSON is kept for people, and can be long; streams have no use for it.
        "SELECT step.record, step.step,
                iif(step.step = 'described', json_remove(step.result, '$.raw'), step.result) AS result
         FROM record JOIN step ON step.record = record.id
         WHERE record.state = 1 AND record.batch = ?",
    )
    .bind(batch)
    .fetch_all(tx)
    .await?;
    let mut done: HashMap<i64, Vec<(String, serde_json::Value)>> = HashMap::new();
    for row in &rows {
        let result: String = row.try_get("result")?;
        // A result that cannot be read is done again.
        if let Ok(result) = serde_json::from_str(&result) {
            done.entry(row.try_get("record")?).or_default().push((row.try_get("step")?, result));
        }
    }
    for record in records {
        record.done.extend(done.remove(&record.id).unwrap_or_default());
    }
    Ok(())
}

impl Checkpoint {
    /// The results of the sidecar steps of delivered records with a number above `after` and up to
    /// `last`. Of these records; where none is named, of all. What cannot be read is left out.
    pub(crate) async fn sidecars_between(
        &self,
        of: &[RecordId],
        after: RecordId,
        last: RecordId,
    ) -> Result<Vec<(RecordId, serde_json::Value)>, CheckpointError> {
        let mut query = QueryBuilder::new(
            "SELECT step.record, step.result FROM step JOIN record ON record.id = step.record
             WHERE record.state IN (2, 4) AND step.step GLOB 'sidecar:*' AND step.record > ",
        );
        query.push_bind(after).push(" AND step.record <= ").push_bind(last);
        if !of.is_empty() {
            let of = super::open::to_json(&of).map_err(|error| self.database(error))?;
            query.push(" AND step.record IN (SELECT value FROM json_each(").push_bind(of).push("))");
        }
        let rows = self.rows(query, |row| {
            let result: String = row.try_get("result")?;
            Ok((row.try_get("record")?, serde_json::from_str(&result).ok()))
        });
        Ok(rows.await?.into_iter().filter_map(|(id, result)| Some((id, result?))).collect())
    }

    /// Files that are at the destination although their records, with a number above `after` and up to `last`,
    /// are not delivered: a copy that was not registered, and sidecars.
    pub(crate) async fn left_there(
        &self,
        after: RecordId,
        last: RecordId,
    ) -> Result<Vec<LeftThere>, CheckpointError> {
        let mut query = QueryBuilder::new(
            "SELECT record.source, record.path, step.step, step.result
             FROM step JOIN record ON record.id = step.record
             WHERE record.state NOT IN (2, 4) AND (step.step GLOB 'sidecar:*' OR step.step = ",
        );
        query.push_bind(Copied::STEP).push(") AND step.record > ").push_bind(after);
        query.push(" AND step.record <= ").push_bind(last);
        self.rows(query, |row| {
            Ok(LeftThere {
                source: number(row, "source")? as usize,
                path: RawPath(row.try_get("path")?),
                step: row.try_get("step")?,
                result: row.try_get("result")?,
            })
        })
        .await
    }

    /// The highest number of a record; 0: there is none.
    pub(crate) async fn last_record(&self) -> Result<RecordId, CheckpointError> {
        let query = QueryBuilder::new("SELECT coalesce(max(id), 0) AS last FROM record");
        Ok(self.rows(query, |row| row.try_get("last")).await?.first().copied().unwrap_or_default())
    }

    /// Results of this step of records that a dead run still holds, by batch.
    pub(crate) async fn held_steps(
        &self,
        step: &'static str,
    ) -> Result<Vec<(BatchId, RecordId, serde_json::Value)>, CheckpointError> {
        let mut query = QueryBuilder::<Sqlite>::new(
            "SELECT record.batch, record.id, step.result FROM record
             JOIN step ON step.record = record.id AND step.step = ",
        );
        query.push_bind(step).push(" WHERE record.state = 1 ORDER BY record.batch, record.id");
        self.rows(query, |row| {
            let result: String = row.try_get("result")?;
            let result = serde_json::from_str(&result).unwrap_or_default();
            Ok((row.try_get("batch")?, row.try_get("id")?, result))
        })
        .await
    }

    /// Records whose file could not be described.
    pub(crate) async fn undescribed(&self) -> Result<u64, CheckpointError> {
        // What was described after all, in a later attempt, is not counted.
        let query = "SELECT count(*) FROM step AS failed WHERE failed.step = 'undescribed' AND NOT EXISTS
                (SELECT 1 FROM step WHERE step.record = failed.record AND step.step = 'described')";
        sqlx::query_scalar(query)
            .fetch_one(&self.readers)
            .await
            .map(|count: i64| count.max(0) as u64)
            .map_err(|error| self.database(error))
    }
}
