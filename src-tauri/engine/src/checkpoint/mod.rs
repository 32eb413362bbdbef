//! The checkpoint: one `.sluice` file (SQLite) that knows what every record has become.
//!
//! Only this module holds SQL. Every write is set-based, on one writer; reads use a pool of their
//! own. What is written here is committed when the call returns.

mod amend;
mod attempts;
mod batches;
mod browse;
mod catalogue;
mod causes;
mod concerned;
mod correct;
mod error;
mod events;
mod failed;
mod glance;
mod groups;
mod lists;
mod lock;
mod metrics;
mod migration;
mod open;
mod outcomes;
mod plan;
mod records;
mod steps;
mod targets;
mod uploads;
mod watched;

use std::path::{Path, PathBuf};

use sqlx::SqlitePool;
use tokio::sync::watch;

pub(crate) use batches::Leased;
pub(crate) use browse::RecordRow;
pub(crate) use catalogue::{KnownRecord, Standing};
pub(crate) use causes::CauseRow;
pub(crate) use concerned::{PlacedRow, Which};
pub(crate) use correct::Correction;
pub use error::CheckpointError;
pub(crate) use failed::FailedRow;
pub(crate) use groups::incomplete;
pub(crate) use lists::Place;
pub(crate) use plan::{Listing, PlannedFate, PlannedRecord};
pub(crate) use records::DeliveredRecord;
pub(crate) use steps::LeftThere;
pub(crate) use targets::{Pending, PendingRecord};
pub(crate) use watched::{Arrival, Renewed, Taken};

use lock::RunLock;

/// An open checkpoint. Whoever holds one with a lock is the only one who may run it.
pub(crate) struct Checkpoint {
    path: PathBuf,
    writer: SqlitePool,
    readers: SqlitePool,
    last_event: watch::Sender<i64>,
    /// None: opened to read beside a run of another process.
    lock: Option<RunLock>,
    /// Opened on a network share, without the write-ahead log.
    on_network: bool,
}

impl Checkpoint {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the file lies on a network share and is used in the slower, safe mode.
    pub(crate) fn on_network(&self) -> bool {
        self.on_network
    }

    /// Follows the number of the last durable event.
    pub(crate) fn last_event(&self) -> watch::Receiver<i64> {
        self.last_event.subscribe()
    }

    /// How SQLite goes about a query, step by step.
    #[cfg(test)]
    async fn explained(&self, query: &str) -> Vec<String> {
        let explain = format!("EXPLAIN QUERY PLAN {query}");
        let steps = sqlx::query(sqlx::AssertSqlSafe(explain)).fetch_all(&self.readers).await.unwrap();
        steps.iter().map(|step| sqlx::Row::get(step, "detail")).collect()
    }

    /// Closes the file; closed cleanly, it is one single file.
    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
        if let Some(lock) = &self.lock {
            lock.release();
        }
    }
}
