//! Tells the page what happens in the engine: durable events in order and without gaps, and the
//! latest progress.

use std::time::Duration;

use sluice_engine::api::{Error, Migration};
use tauri::{AppHandle, Emitter};
use tokio::task::JoinHandle;

/// Events that are read at once.
const EVENTS: u32 = 500;

/// The page shows figures at this pace; more would only cost the engine its time.
const PROGRESS_EVERY: Duration = Duration::from_millis(250);

/// The tasks that follow one migration.
pub(crate) struct Feed {
    events: JoinHandle<()>,
    progress: JoinHandle<()>,
}

impl Feed {
    /// Follows `migration` from now on. What was before is in the page's snapshot.
    pub(crate) fn of(app: &AppHandle, migration: &Migration) -> Self {
        Self {
            events: tokio::spawn(events(app.clone(), migration.clone())),
            progress: tokio::spawn(progress(app.clone(), migration.clone())),
        }
    }

    /// Follows no more.
    pub(crate) fn end(&self) {
        self.events.abort();
        self.progress.abort();
    }
}

async fn events(app: AppHandle, migration: Migration) {
    let mut last = migration.last_event();
    let mut told = *last.borrow_and_update();
    while last.changed().await.is_ok() {
        if let Err(error) = catch_up(&app, &migration, &mut told).await {
            // The next event shows the page the gap, and it asks for a new snapshot.
            tracing::warn!(%error, "events cannot be read");
        }
    }
}

/// Reads again what is stored after `told`: the number of the last event may have jumped.
async fn catch_up(app: &AppHandle, migration: &Migration, told: &mut i64) -> Result<(), Error> {
    loop {
        let events = migration.events_since(*told, EVENTS).await?;
        for event in &events {
            *told = event.seq;
            tell(app, "engine_event", event);
        }
        if events.len() < EVENTS as usize {
            return Ok(());
        }
    }
}

async fn progress(app: AppHandle, migration: Migration) {
    let mut latest = migration.progress();
    while latest.changed().await.is_ok() {
        let progress = latest.borrow_and_update().clone();
        tell(&app, "engine_progress", &progress);
        tokio::time::sleep(PROGRESS_EVERY).await;
    }
}

fn tell(app: &AppHandle, name: &str, what: &impl serde::Serialize) {
    if let Err(error) = app.emit(name, what) {
        tracing::warn!(%error, name, "the page cannot be told");
    }
}
