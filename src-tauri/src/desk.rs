//! The migrations that are open in this program: one of them is shown, others may be at work.

use std::fs;
use std::path::{Path, PathBuf};

use sluice_engine::api::{Error, Machine, Migration};
use sluice_engine::spec::JobSpec;
use tauri::AppHandle;
use tokio::sync::Mutex;
use tokio::task::{JoinSet, spawn_blocking};

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
    /// Where its checkpoint is, links followed.
    place: PathBuf,
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
        let migration = Migration::create_within(&self.machine, checkpoint, job).await?;
        let place = place_of(migration.checkpoint()).await;
        self.show(Open::new(app, migration.clone(), place)).await;
        Ok(migration)
    }

    /// Shows a migration; opens it where it is not open yet. Another one that is shown goes on where it
    /// is at work, and is closed where it rests.
    pub(crate) async fn open(&self, app: &AppHandle, checkpoint: &Path) -> Result<Migration, Error> {
        // Nothing of this under the lock: a file may be slow to open, and what runs must obey meanwhile.
        let place = place_of(checkpoint).await;
        let known = self.table.lock().await.show_if_open(&place);
        if let Some(migration) = known {
            self.close_resting().await;
            return Ok(migration);
        }
        let migration = Migration::open_within(&self.machine, checkpoint).await?;
        self.show(Open::new(app, migration.clone(), place)).await;
        Ok(migration)
    }

    /// The migration that the window shows.
    pub(crate) async fn migration(&self) -> Option<Migration> {
        let table = self.table.lock().await;
        let shown = table.shown.as_deref()?;
        table.open.iter().find(|open| open.checkpoint() == shown).map(|open| open.migration.clone())
    }

    /// The open one with that checkpoint, as the page is told it.
    pub(crate) async fn named(&self, checkpoint: &str) -> Option<Migration> {
        let table = self.table.lock().await;
        let named = table.open.iter().find(|open| open.checkpoint().display().to_string() == checkpoint)?;
        Some(named.migration.clone())
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
        self.table.lock().await.set_shown(None);
        self.close_resting().await;
    }

    /// Closes those that rest and are not shown: another program may have their files.
    pub(crate) async fn close_resting(&self) {
        let resting = self.table.lock().await.take_resting();
        close(resting).await;
    }

    /// Pauses all that are at work, waits for them and closes every file.
    pub(crate) async fn close(&self) {
        let all = {
            let mut table = self.table.lock().await;
            table.set_shown(None);
            std::mem::take(&mut table.open)
        };
        close(all).await;
    }

    async fn show(&self, open: Open) {
        {
            let mut table = self.table.lock().await;
            let checkpoint = open.checkpoint().to_owned();
            table.open.push(open);
            table.set_shown(Some(checkpoint));
        }
        self.close_resting().await;
    }
}

impl Table {
    fn show_if_open(&mut self, place: &Path) -> Option<Migration> {
        let migration = self.open.iter().find(|open| open.place == place)?.migration.clone();
        self.set_shown(Some(migration.checkpoint().to_owned()));
        Some(migration)
    }

    fn set_shown(&mut self, checkpoint: Option<PathBuf>) {
        for open in &self.open {
            open.feed.set_shown(checkpoint.as_deref() == Some(open.checkpoint()));
        }
        self.shown = checkpoint;
    }

    fn take_resting(&mut self) -> Vec<Open> {
        let stays = |open: &Open| open.is_active() || self.shown.as_deref() == Some(open.checkpoint());
        let (stay, rest) = std::mem::take(&mut self.open).into_iter().partition(stays);
        self.open = stay;
        rest
    }
}

impl Open {
    fn new(app: &AppHandle, migration: Migration, place: PathBuf) -> Self {
        let feed = Feed::of(app, &migration);
        Self { migration, place, feed }
    }

    fn checkpoint(&self) -> &Path {
        self.migration.checkpoint()
    }

    fn is_active(&self) -> bool {
        self.migration.state().is_active()
    }
}

/// All of them at once: what takes long to drain drains together.
async fn close(all: Vec<Open>) {
    let mut closing = JoinSet::new();
    for Open { migration, feed, .. } in all {
        closing.spawn(async move {
            if let Err(error) = migration.close().await {
                tracing::error!(%error, "the checkpoint was not closed cleanly; it is put right at its next opening");
            }
            // Not before: the page follows how the run comes to rest.
            feed.end().await;
        });
    }
    closing.join_all().await;
}

/// Where a file really is, so that it is not opened twice under two names.
async fn place_of(path: &Path) -> PathBuf {
    let path = path.to_owned();
    let place = path.clone();
    // Files on a network share that is away keep nobody else waiting.
    let looked = spawn_blocking(move || fs::canonicalize(&path)).await;
    looked.ok().and_then(Result::ok).unwrap_or(place)
}
