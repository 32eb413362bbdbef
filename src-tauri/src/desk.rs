//! The migrations that are open in this program: one of them is shown, others may be at work.

use std::fs;
use std::path::{Path, PathBuf};

use sluice_engine::api::{Error, Machine, Migration};
use sluice_engine::spec::JobSpec;
use tauri::AppHandle;
use tokio::sync::Mutex;

use crate::feed::Feed;

/// Holds the open migrations. What all of them may do together is the machine's.
#[derive(Default)]
pub(crate) struct Desk {
    pub(crate) machine: Machine,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    open: Vec<Open>,
    /// The checkpoint of the one that the window shows.
    shown: Option<PathBuf>,
}

struct Open {
    migration: Migration,
    feed: Feed,
}

impl Desk {
    /// Makes a migration and shows it.
    pub(crate) async fn create(
        &self,
        app: &AppHandle,
        checkpoint: &Path,
        job: JobSpec,
    ) -> Result<Migration, Error> {
        let mut table = self.table.lock().await;
        let migration = Migration::create_within(&self.machine, checkpoint, job).await?;
        table.add(app, migration.clone());
        table.close_resting().await;
        Ok(migration)
    }

    /// Shows a migration; opens it where it is not open yet. Another one that is shown goes on where it
    /// is at work, and is closed where it rests.
    pub(crate) async fn open(&self, app: &AppHandle, checkpoint: &Path) -> Result<Migration, Error> {
        let mut table = self.table.lock().await;
        let migration = match table.find(checkpoint) {
            Some(open) => {
                let migration = open.migration.clone();
                table.show(Some(migration.checkpoint().to_owned()));
                migration
            }
            None => {
                let migration = Migration::open_within(&self.machine, checkpoint).await?;
                table.add(app, migration.clone());
                migration
            }
        };
        table.close_resting().await;
        Ok(migration)
    }

    /// The migration that the window shows.
    pub(crate) async fn migration(&self) -> Option<Migration> {
        let table = self.table.lock().await;
        let shown = table.shown.as_ref()?;
        table.find(shown).map(|open| open.migration.clone())
    }

    /// All that are open.
    pub(crate) async fn migrations(&self) -> Vec<Migration> {
        self.table.lock().await.open.iter().map(|open| open.migration.clone()).collect()
    }

    /// Whether any is at work.
    pub(crate) async fn is_active(&self) -> bool {
        self.table.lock().await.open.iter().any(Open::is_active)
    }

    /// Shows none any more. Those at work go on, those at rest are closed.
    pub(crate) async fn leave(&self) {
        let mut table = self.table.lock().await;
        table.show(None);
        table.close_resting().await;
    }

    /// Closes those that rest and are not shown: another program may have their files.
    pub(crate) async fn close_resting(&self) {
        self.table.lock().await.close_resting().await;
    }

    /// Pauses all that are at work, waits for them and closes every file.
    pub(crate) async fn close(&self) {
        let mut table = self.table.lock().await;
        table.shown = None;
        // All of them first: what takes long to drain drains together.
        for open in &table.open {
            if open.migration.state().goes_on()
                && let Err(error) = open.migration.pause().await
            {
                tracing::warn!(%error, checkpoint = %open.migration.checkpoint().display(), "no pause");
            }
        }
        for open in table.open.drain(..) {
            open.close().await;
        }
    }
}

impl Table {
    fn find(&self, checkpoint: &Path) -> Option<&Open> {
        let place = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let wanted = place(checkpoint);
        self.open.iter().find(|open| place(open.migration.checkpoint()) == wanted)
    }

    fn add(&mut self, app: &AppHandle, migration: Migration) {
        let checkpoint = migration.checkpoint().to_owned();
        let feed = Feed::of(app, &migration);
        self.open.push(Open { migration, feed });
        self.show(Some(checkpoint));
    }

    fn show(&mut self, checkpoint: Option<PathBuf>) {
        for open in &self.open {
            open.feed.set_shown(checkpoint.as_deref() == Some(open.migration.checkpoint()));
        }
        self.shown = checkpoint;
    }

    async fn close_resting(&mut self) {
        let stays =
            |open: &Open| open.is_active() || self.shown.as_deref() == Some(open.migration.checkpoint());
        let (stay, rest) = std::mem::take(&mut self.open).into_iter().partition(stays);
        self.open = stay;
        for open in rest {
            open.close().await;
        }
    }
}

impl Open {
    fn is_active(&self) -> bool {
        self.migration.state().is_active()
    }

    async fn close(self) {
        if let Err(error) = self.migration.close().await {
            tracing::error!(%error, "the checkpoint was not closed cleanly; it is put right at its next opening");
        }
        // Not before: the page follows how the run comes to rest.
        self.feed.end();
    }
}
