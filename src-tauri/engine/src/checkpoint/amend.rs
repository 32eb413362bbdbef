//! What a person changes of failed records.

use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use super::failed::narrow;
use super::lists::Place;
use super::open::to_json;
use super::{Checkpoint, CheckpointError};
use crate::api::{Amendment, Order, Selection};
use crate::event::EventKind;
use crate::record::{RawPath, RecordId, hex};

/// Records changed with one statement.
const AT_ONCE: u32 = 1000;

/// Where changed records are and go: `o` holds their number and their new path in hexadecimal, or null. What
/// was copied stays where it is; the rest is mapped anew when its turn comes.
pub(super) const CHANGED_PLACE: &str = "path = coalesce(unhex(o.value ->> 1), record.path),
    mapped = CASE WHEN o.value ->> 1 IS NULL AND EXISTS (
        SELECT 1 FROM step WHERE step.record = record.id AND step.step = 'copied')
    THEN record.mapped END";

impl Checkpoint {
    /// Changes failed records; `path` gives each its new path, or None where it stays. What earlier
    /// attempts found out is forgotten. Gives their number.
    pub(crate) async fn amend(
        &self,
        selection: &Selection,
        amendment: &Amendment,
        path: impl Fn(&RawPath) -> Option<RawPath>,
    ) -> Result<u64, CheckpointError> {
        let mut changed = 0;
        // Chosen once: what changes meanwhile must not choose others.
        for ids in self.failed_ids(selection).await?.chunks(AT_ONCE as usize) {
            let chosen = Selection { ids: ids.to_vec(), ..Selection::default() };
            let (page, _) = self.failed_page(&chosen, Order::default(), Place::first(AT_ONCE)).await?;
            let rows: Vec<(RecordId, Option<String>)> = page
                .iter()
                .map(|(record, _)| (record.id, path(&record.path).map(|path| hex(&path.0))))
                .filter(|(_, path)| path.is_some() || !amendment.fields.is_empty())
                .collect();
            changed += self
                .write(async |tx| {
                    let rows = to_json(&rows)?;
                    let done = sqlx::query(sqlx::AssertSqlSafe(format!(
                        "UPDATE record SET {CHANGED_PLACE},
                                fields = json_patch(coalesce(record.fields, '{{}}'), ?)
                         FROM json_each(?) AS o WHERE record.id = o.value ->> 0 AND +record.state = 3",
                    )))
                    .bind(to_json(&amendment.fields)?)
                    .bind(&rows)
                    .execute(&mut *tx)
                    .await?
                    .rows_affected();
                    forget(tx, &rows).await?;
                    super::events::add(tx, &EventKind::Amended { records: done }).await?;
                    Ok(done)
                })
                .await?;
        }
        Ok(changed)
    }

    /// Marks failed records as left, with a note. Gives their number.
    pub(crate) async fn leave(&self, selection: &Selection, note: &str) -> Result<u64, CheckpointError> {
        self.write(async |tx| {
            let mut query = QueryBuilder::<Sqlite>::new("UPDATE record SET due_ms = NULL, note = ");
            query.push_bind(note).push(" WHERE state = 3");
            narrow(&mut query, selection);
            let records = query.build().execute(&mut *tx).await?.rows_affected();
            if records > 0 {
                super::events::add(tx, &EventKind::Left { records }).await?;
            }
            Ok(records)
        })
        .await
    }

    /// Takes the notes of left records away. Gives their number.
    pub(crate) async fn take_up(&self, selection: &Selection) -> Result<u64, CheckpointError> {
        self.write(async |tx| {
            let mut query = QueryBuilder::<Sqlite>::new(
                "UPDATE record SET note = NULL WHERE state = 3 AND note IS NOT NULL",
            );
            narrow(&mut query, selection);
            let records = query.build().execute(&mut *tx).await?.rows_affected();
            if records > 0 {
                super::events::add(tx, &EventKind::TakenUp { records }).await?;
            }
            Ok(records)
        })
        .await
    }

    /// How many failed records a person left.
    pub(crate) async fn left(&self) -> Result<u64, CheckpointError> {
        sqlx::query(
            "SELECT count(*) AS n FROM record INDEXED BY record_left WHERE state = 3 AND note IS NOT NULL",
        )
        .fetch_one(&self.readers)
        .await
        .and_then(|row| row.try_get::<i64, _>("n"))
        .map(|count| count.max(0) as u64)
        .map_err(|error| self.database(error))
    }
}

/// Forgets what earlier attempts found out of changed records: `[[record, new path or null], …]`. What
/// was copied from the same path need not be copied again, and its sidecars are still known as ours.
pub(super) async fn forget(tx: &mut SqliteConnection, changed: &str) -> Result<(), sqlx::Error> {
    sqlx::query(
        "DELETE FROM step WHERE (record, step) IN (
            SELECT step.record, step.step FROM json_each(?) AS o
            JOIN step ON step.record = o.value ->> 0
            WHERE o.value ->> 1 IS NOT NULL
               OR step.step NOT IN ('described', 'undescribed', 'copied') AND step.step NOT LIKE 'sidecar:%')",
    )
    .bind(changed)
    .execute(tx)
    .await?;
    Ok(())
}
