//! The migration itself: its job, its state, its outage, its pre-flight, its balance.

use serde::de::DeserializeOwned;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::open::to_json;
use super::{Checkpoint, CheckpointError};
use crate::event::{EventKind, Outage};
use crate::preflight::Preflight;
use crate::record::Balance;
use crate::spec::JobSpec;
use crate::state::State;

impl Checkpoint {
    pub(crate) async fn job(&self) -> Result<JobSpec, CheckpointError> {
        self.column("job").await?.ok_or_else(|| self.damaged("it holds no job"))
    }

    pub(crate) async fn state(&self) -> Result<State, CheckpointError> {
        self.column("state").await?.ok_or_else(|| self.damaged("it holds no state"))
    }

    pub(crate) async fn outage(&self) -> Result<Option<Outage>, CheckpointError> {
        self.column("outage").await
    }

    pub(crate) async fn preflight(&self) -> Result<Option<Preflight>, CheckpointError> {
        self.column("preflight").await
    }

    /// The migration's own number, the same wherever the file goes.
    pub(crate) async fn uuid(&self) -> Result<String, CheckpointError> {
        sqlx::query_scalar("SELECT uuid FROM migration")
            .fetch_one(&self.readers)
            .await
            .map_err(|error| self.database(error))
    }

    pub(crate) async fn set_job(&self, job: &JobSpec, events: &[EventKind]) -> Result<(), CheckpointError> {
        self.write(async |tx| {
            sqlx::query("UPDATE migration SET job = ?").bind(to_json(job)?).execute(&mut *tx).await?;
            for event in events {
                super::events::add(tx, event).await?;
            }
            Ok(())
        })
        .await
    }

    /// Records a step, the outage that caused it or none, and the events that tell of it.
    pub(crate) async fn set_state(
        &self,
        state: State,
        outage: Option<&Outage>,
        events: &[EventKind],
    ) -> Result<(), CheckpointError> {
        self.write(async |tx| {
            sqlx::query("UPDATE migration SET state = ?, outage = ?")
                .bind(to_json(&state)?)
                .bind(outage.map(to_json).transpose()?)
                .execute(&mut *tx)
                .await?;
            for event in events {
                super::events::add(tx, event).await?;
            }
            Ok(())
        })
        .await
    }

    pub(crate) async fn set_preflight(&self, preflight: &Preflight) -> Result<(), CheckpointError> {
        self.write(async |tx| {
            sqlx::query("UPDATE migration SET preflight = ?").bind(to_json(preflight)?).execute(tx).await?;
            Ok(())
        })
        .await
    }

    pub(crate) async fn balance(&self) -> Result<Balance, CheckpointError> {
        let row = sqlx::query("SELECT * FROM balance WHERE id = 1")
            .fetch_one(&self.readers)
            .await
            .map_err(|error| self.database(error))?;
        balance_of(&row).map_err(|error| self.database(error))
    }

    /// One transaction on the one writer; then those who follow the events hear of it.
    pub(super) async fn write<T>(
        &self,
        work: impl AsyncFnOnce(&mut SqliteConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T, CheckpointError> {
        let done = async {
            let mut tx = self.writer.begin_with("BEGIN IMMEDIATE").await?;
            let done = work(&mut tx).await?;
            super::causes::sort(&mut tx).await?;
            let last: i64 =
                sqlx::query_scalar("SELECT coalesce(max(seq), 0) FROM event").fetch_one(&mut *tx).await?;
            tx.commit().await?;
            Ok((done, last))
        }
        .await;
        let (done, last) = done.map_err(|error| self.database(error))?;
        self.last_event.send_if_modified(|known| std::mem::replace(known, last) != last);
        Ok(done)
    }

    async fn column<T: DeserializeOwned>(&self, column: &'static str) -> Result<Option<T>, CheckpointError> {
        let row = sqlx::query("SELECT job, state, outage, preflight FROM migration WHERE id = 1")
            .fetch_one(&self.readers)
            .await
            .map_err(|error| self.database(error))?;
        let text: Option<String> = row.try_get(column).map_err(|error| self.database(error))?;
        text.map(|text| serde_json::from_str(&text)).transpose().map_err(|error| self.damaged(error))
    }
}

fn balance_of(row: &SqliteRow) -> Result<Balance, sqlx::Error> {
    let number = |column: &str| row.try_get::<i64, _>(column).map(|number| number.max(0) as u64);
    Ok(Balance {
        found: number("found")?,
        delivered: number("delivered")?,
        failed: number("failed")?,
        skipped: number("skipped")?,
        excluded: number("excluded")?,
        pending: number("pending")?,
        bytes_total: number("bytes_total")?,
        bytes_delivered: number("bytes_delivered")?,
        bytes_skipped: number("bytes_skipped")?,
        bytes_failed: number("bytes_failed")?,
        attempts: number("attempts")?,
        retries: number("retries")?,
        throttled: number("throttled")?,
    })
}

/// Changes of the balance, to be added to it.
#[derive(Debug, Default)]
pub(super) struct Change {
    pub(super) found: i64,
    pub(super) delivered: i64,
    pub(super) failed: i64,
    pub(super) skipped: i64,
    pub(super) excluded: i64,
    pub(super) pending: i64,
    pub(super) bytes_total: i64,
    pub(super) bytes_delivered: i64,
    pub(super) bytes_skipped: i64,
    pub(super) bytes_failed: i64,
    pub(super) attempts: i64,
    pub(super) retries: i64,
    pub(super) throttled: i64,
}

impl Change {
    /// Adds the changes and gives the new balance.
    pub(super) async fn apply(&self, tx: &mut SqliteConnection) -> Result<Balance, sqlx::Error> {
        let row = sqlx::query(
            "UPDATE balance SET
                found = found + ?, delivered = delivered + ?, failed = failed + ?, skipped = skipped + ?,
                excluded = excluded + ?, pending = pending + ?, bytes_total = bytes_total + ?,
                bytes_delivered = bytes_delivered + ?, bytes_skipped = bytes_skipped + ?,
                bytes_failed = bytes_failed + ?, attempts = attempts + ?, retries = retries + ?,
                throttled = throttled + ?
             RETURNING *",
        )
        .bind(self.found)
        .bind(self.delivered)
        .bind(self.failed)
        .bind(self.skipped)
        .bind(self.excluded)
        .bind(self.pending)
        .bind(self.bytes_total)
        .bind(self.bytes_delivered)
        .bind(self.bytes_skipped)
        .bind(self.bytes_failed)
        .bind(self.attempts)
        .bind(self.retries)
        .bind(self.throttled)
        .fetch_one(tx)
        .await?;
        balance_of(&row)
    }
}
