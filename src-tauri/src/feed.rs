//! Tells the page what happens in the engine: durable events in order and without gaps of the
//! migration that is shown, and the latest progress of all that are open.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::Serialize;
use sluice_engine::api::{Error, Migration};
use sluice_engine::event::Progress;
use tauri::{AppHandle, Emitter, Manager};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use crate::citizen::Citizen;
use crate::desk::Desk;

/// Events that are read at once.
const EVENTS: u32 = 500;

/// What happens within this time is told at once: each telling makes the page draw.
const EVENTS_EVERY: Duration = Duration::from_millis(200);

/// The page shows figures at this pace; more would only cost the engine its time.
const PROGRESS_EVERY: Duration = Duration::from_millis(250);

/// The pace of figures in a list.
const BESIDES_EVERY: Duration = Duration::from_secs(1);

/// The tasks that follow one migration.
pub(crate) struct Feed {
    shown: Arc<AtomicBool>,
    events: JoinHandle<()>,
    progress: JoinHandle<()>,
    ended: oneshot::Sender<()>,
}

/// What is told, and of which migration.
#[derive(Clone, Serialize)]
struct Told<'a, T> {
    /// The path of its checkpoint.
    of: &'a str,
    what: &'a T,
}

struct Follower {
    app: AppHandle,
    migration: Migration,
    of: String,
    shown: Arc<AtomicBool>,
}

impl Feed {
    /// Follows `migration` from now on. What was before is in the page's snapshot.
    pub(crate) fn of(app: &AppHandle, migration: &Migration) -> Self {
        let shown = Arc::new(AtomicBool::new(true));
        let follower = || Follower {
            app: app.clone(),
            migration: migration.clone(),
            of: migration.checkpoint().display().to_string(),
            shown: Arc::clone(&shown),
        };
        let (ended, end) = oneshot::channel();
        Self {
            events: tokio::spawn(follower().events()),
            progress: tokio::spawn(follower().progress(end)),
            ended,
            shown,
        }
    }

    /// Whether the window shows this migration.
    pub(crate) fn set_shown(&self, shown: bool) {
        self.shown.store(shown, Ordering::Release);
    }

    /// Follows no more, once it has told where the migration came to rest.
    pub(crate) async fn end(self) {
        self.events.abort();
        // Refused where nothing is followed any more.
        let _ = self.ended.send(());
        if let Err(error) = self.progress.await {
            tracing::error!(%error, "the progress was not told to its end");
        }
    }
}

impl Follower {
    fn is_shown(&self) -> bool {
        self.shown.load(Ordering::Acquire)
    }

    async fn events(self) {
        let mut last = self.migration.last_event();
        let mut told = *last.borrow_and_update();
        while last.changed().await.is_ok() {
            let now = *last.borrow_and_update();
            if !self.is_shown() {
                // When it is shown again, the page's snapshot holds them.
                told = now;
            } else if let Err(error) = self.catch_up(&mut told).await {
                // The next event shows the page the gap, and it asks for a new snapshot.
                tracing::warn!(%error, "events cannot be read");
            }
            // At rest each is what somebody has just done, and waits to see.
            if self.migration.progress().borrow().state.is_active() {
                tokio::time::sleep(EVENTS_EVERY).await;
            }
        }
    }

    /// Reads again what is stored after `told`: the number of the last event may have jumped.
    async fn catch_up(&self, told: &mut i64) -> Result<(), Error> {
        loop {
            let events = self.migration.events_since(*told, EVENTS).await?;
            if let Some(newest) = events.last() {
                *told = newest.seq;
                self.tell("engine_events", &events);
            }
            if events.len() < EVENTS as usize {
                return Ok(());
            }
        }
    }

    async fn progress(self, end: oneshot::Receiver<()>) {
        // What comes to rest is told at once.
        let pace = |progress: &Progress| match progress.state.is_active() {
            true if self.is_shown() => PROGRESS_EVERY,
            true => BESIDES_EVERY,
            false => Duration::ZERO,
        };
        let told = |progress: &Progress| {
            self.tell("engine_progress", progress);
            self.app.state::<Citizen>().follow(&self.app, &self.migration, progress);
            if !progress.state.is_active() && !self.is_shown() {
                // Apart: closing it waits for this task.
                let app = self.app.clone();
                tokio::spawn(async move { app.state::<Desk>().close_resting().await });
            }
        };
        follow(self.migration.progress(), end, pace, told).await;
    }

    fn tell(&self, name: &str, what: &(impl Serialize + Clone)) {
        if let Err(error) = self.app.emit(name, Told { of: &self.of, what }) {
            tracing::warn!(%error, name, "the page cannot be told");
        }
    }
}

/// Tells the latest value, now and after each change, at a pace; and whatever is the latest at the end.
async fn follow<T: Clone>(
    mut latest: watch::Receiver<T>,
    mut end: oneshot::Receiver<()>,
    pace: impl Fn(&T) -> Duration,
    tell: impl Fn(&T),
) {
    loop {
        let now = latest.borrow_and_update().clone();
        tell(&now);
        let next = async {
            latest.changed().await?;
            let pause = pace(&latest.borrow());
            tokio::time::sleep(pause).await;
            Ok::<_, watch::error::RecvError>(())
        };
        tokio::select! {
            next = next => if next.is_err() { return },
            _ = &mut end => break,
        }
    }
    let last = latest.borrow().clone();
    tell(&last);
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[tokio::test]
    async fn what_came_within_the_pace_is_told_at_the_end() {
        let (now, latest) = watch::channel("running");
        let (ended, end) = oneshot::channel();
        let told = RefCell::new(Vec::new());
        let following =
            follow(latest, end, |_| Duration::from_secs(3600), |one: &&str| told.borrow_mut().push(*one));
        let comes_to_rest = async {
            now.send("draining").unwrap();
            tokio::task::yield_now().await;
            now.send("finished").unwrap();
            ended.send(()).unwrap();
        };
        tokio::join!(following, comes_to_rest);
        assert_eq!(told.into_inner(), ["running", "finished"]);
    }
}
