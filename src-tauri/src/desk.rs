//! The one migration that the window works on.

use std::path::Path;

use sluice_engine::api::{Error, Migration};
use sluice_engine::spec::JobSpec;
use tauri::AppHandle;
use tokio::sync::Mutex;

use crate::feed::Feed;

/// Holds the open migration, if there is one.
#[derive(Default)]
pub(crate) struct Desk(Mutex<Option<Open>>);

struct Open {
    migration: Migration,
    feed: Feed,
}

impl Desk {
    /// Makes a migration and puts it on the desk.
    pub(crate) async fn create(
        &self,
        app: &AppHandle,
        checkpoint: &Path,
        job: JobSpec,
    ) -> Result<Migration, Error> {
        let mut desk = self.0.lock().await;
        clear(&mut desk).await?;
        Ok(put(&mut desk, app, Migration::create(checkpoint, job).await?))
    }

    /// Opens a migration and puts it on the desk.
    pub(crate) async fn open(&self, app: &AppHandle, checkpoint: &Path) -> Result<Migration, Error> {
        let mut desk = self.0.lock().await;
        clear(&mut desk).await?;
        Ok(put(&mut desk, app, Migration::open(checkpoint).await?))
    }

    /// The open migration.
    pub(crate) async fn migration(&self) -> Option<Migration> {
        self.0.lock().await.as_ref().map(|open| open.migration.clone())
    }

    /// Whether something is at work.
    pub(crate) async fn is_active(&self) -> bool {
        self.0.lock().await.as_ref().is_some_and(|open| open.migration.state().is_active())
    }

    /// Takes the migration off the desk where it is at rest; at work it goes on.
    pub(crate) async fn leave(&self) -> Result<(), Error> {
        let mut desk = self.0.lock().await;
        match desk.as_ref() {
            Some(open) if open.migration.state().is_active() => Ok(()),
            _ => clear(&mut desk).await,
        }
    }

    /// Pauses what is at work, waits for it and closes the file. Nothing happens when nothing is open.
    pub(crate) async fn close(&self) -> Result<(), Error> {
        clear(&mut *self.0.lock().await).await
    }
}

async fn clear(desk: &mut Option<Open>) -> Result<(), Error> {
    let Some(open) = desk.as_ref() else { return Ok(()) };
    open.migration.clone().close().await?;
    // Not before: the page follows how the run comes to rest.
    open.feed.end();
    *desk = None;
    Ok(())
}

fn put(desk: &mut Option<Open>, app: &AppHandle, migration: Migration) -> Migration {
    let feed = Feed::of(app, &migration);
    *desk = Some(Open { migration: migration.clone(), feed });
    migration
}
