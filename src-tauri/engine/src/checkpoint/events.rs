//! Durable events: numbered, never dropped, replayable from a number.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::open::to_json;
use super::{Checkpoint, CheckpointError};
use crate::clock::now_ms;
use crate::event::{Event, EventKind};

pub(super) async fn add(tx: &mut SqliteConnection, what: &EventKind) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO event (at_ms, what) VALUES (?, ?)")
        .bind(now_ms())
        .bind(to_json(what)?)
        .execute(tx)
        .await?;
    Ok(())
}

impl Checkpoint {
    /// Tells of something that changes no record.
    pub(crate) async fn add_event(&self, what: &EventKind) -> Result<(), CheckpointError> {
        self.write(async |tx| add(tx, what).await).await
    }

    /// The events after number `seq`, in order, at most `limit`.
    pub(crate) async fn events_since(&self, seq: i64, limit: u32) -> Result<Vec<Event>, CheckpointError> {
        let rows = sqlx::query("SELECT seq, at_ms, what FROM event WHERE seq > ? ORDER BY seq LIMIT ?")
            .bind(seq)
            .bind(limit)
            .fetch_all(&self.readers)
            .await
            .map_err(|error| self.database(error))?;
        rows.iter().map(|row| self.event(row)).collect()
    }

    /// Of the `looked_at` events before number `seq` those of these kinds, or all where none is named, newest
    /// first. They are numbered without gaps.
    pub(crate) async fn events_before(
        &self,
        seq: i64,
        kinds: &[String],
        looked_at: u32,
    ) -> Result<Vec<Event>, CheckpointError> {
        let rows = sqlx::query(
            "SELECT seq, at_ms, what FROM event \
             WHERE seq < ?1 AND seq >= ?1 - ?3 \
                   AND (?2 = '[]' OR what ->> '$.kind' IN (SELECT value FROM json_each(?2))) \
             ORDER BY seq DESC",
        )
        .bind(seq)
        .bind(to_json(&kinds).map_err(|error| self.database(error))?)
        .bind(looked_at)
        .fetch_all(&self.readers)
        .await
        .map_err(|error| self.database(error))?;
        rows.iter().map(|row| self.event(row)).collect()
    }

    fn event(&self, row: &SqliteRow) -> Result<Event, CheckpointError> {
        let what: String = row.try_get("what").map_err(|error| self.database(error))?;
        let what: EventKind = serde_json::from_str(&what).map_err(|error| self.damaged(error))?;
        Ok(Event {
            seq: row.try_get("seq").map_err(|error| self.database(error))?,
            at_ms: row.try_get("at_ms").map_err(|error| self.database(error))?,
            by: what.by(),
            what,
        })
    }
}
