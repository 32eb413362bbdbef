//! Tells the page what happens in the engine: durable events in order and without gaps of the
//! migration that is shown, and the latest progress of all that are open. While nobody sees the page it is
//! told of progress alone, and seldom.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::Serialize;
use sluice_engine::api::{Error, Migration};
use sluice_engine::event::{Event, Progress};
use sluice_engine::state::State;
use tauri::{AppHandle, Emitter, Manager};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use crate::citizen::Citizen;
use crate::desk::Desk;
use crate::sight::Sight;

/// Events that are read at once.
const EVENTS: u32 = 500;

/// The pace of figures in a list, and of those that nobody sees.
const BESIDES_EVERY: Duration = Duration::from_secs(1);

/// The task that follows one migration.
pub(crate) struct Feed {
    shown: Arc<AtomicBool>,
    following: JoinHandle<()>,
    ended: oneshot::Sender<()>,
}

/// What is told at once: each telling makes the page draw.
#[derive(Clone, Serialize)]
struct Told<'a> {
    /// The path of the migration's checkpoint.
    of: &'a str,
    events: &'a [Event],
    /// Taken after the events.
    progress: &'a Progress,
}

struct Follower {
    app: AppHandle,
    migration: Migration,
    of: String,
    shown: Arc<AtomicBool>,
    /// The number of the last event that the page knows, or will know from its snapshot.
    told: i64,
    /// The state that it knows.
    state: Option<State>,
}

impl Feed {
    /// Follows `migration` from now on. What was before is in the page's snapshot.
    pub(crate) fn of(app: &AppHandle, migration: &Migration) -> Self {
        let shown = Arc::new(AtomicBool::new(true));
        let follower = Follower {
            app: app.clone(),
            migration: migration.clone(),
            of: migration.checkpoint().display().to_string(),
            shown: Arc::clone(&shown),
            told: *migration.last_event().borrow(),
            state: None,
        };
        let (ended, end) = oneshot::channel();
        Self { shown, following: tokio::spawn(follower.follow(end)), ended }
    }

    /// Whether the window shows this migration.
    pub(crate) fn set_shown(&self, shown: bool) {
        self.shown.store(shown, Ordering::Release);
    }

    /// Follows no more, once it has told where the migration came to rest.
    pub(crate) async fn end(self) {
        // Refused where nothing is followed any more.
        let _ = self.ended.send(());
        if let Err(error) = self.following.await {
            tracing::error!(%error, "what happens was not told to its end");
        }
    }
}

impl Follower {
    async fn follow(mut self, mut end: oneshot::Receiver<()>) {
        let (mut progress, mut events) = (self.migration.progress(), self.migration.last_event());
        loop {
            events.mark_unchanged();
            self.tell(&mut progress).await;
            let is_other = |now: &Progress| Some(now.state) != self.state;
            tokio::select! {
                on = next(&mut progress, &mut events, is_other, |now| self.pace(now.state)) => {
                    if !on { return }
                }
                _ = &mut end => break,
            }
        }
        self.tell(&mut progress).await;
    }

    fn is_shown(&self) -> bool {
        self.shown.load(Ordering::Acquire)
    }

    fn is_page_seen(&self) -> bool {
        self.app.state::<Sight>().is_seen()
    }

    /// At rest each is what somebody has just done, and waits to see.
    fn pace(&self, state: State) -> Duration {
        match state.is_active() {
            true if self.is_shown() && self.is_page_seen() => self.app.state::<Sight>().pace(),
            true => BESIDES_EVERY,
            false => Duration::ZERO,
        }
    }

    /// Tells all that is new.
    async fn tell(&mut self, progress: &mut watch::Receiver<Progress>) {
        loop {
            let events = self.unheard().await.unwrap_or_else(|error| {
                // The next event shows the page the gap, and it asks for a new snapshot.
                tracing::warn!(%error, "events cannot be read");
                Vec::new()
            });
            let now = progress.borrow_and_update().clone();
            self.state = Some(now.state);
            // Also to a page that nobody sees: by this it notices where it is seen without having heard of it.
            let told = Told { of: &self.of, events: &events, progress: &now };
            if let Err(error) = self.app.emit("engine_told", told) {
                tracing::warn!(%error, "the page cannot be told");
            }
            if events.len() < EVENTS as usize {
                self.take_note(&now);
                return;
            }
        }
    }

    /// What else follows from where the migration is.
    fn take_note(&self, now: &Progress) {
        self.app.state::<Citizen>().follow(&self.app, &self.migration, now);
        if !now.state.is_active() && !self.is_shown() {
            // Apart: closing it waits for this task.
            let app = self.app.clone();
            tokio::spawn(async move { app.state::<Desk>().close_resting().await });
        }
    }

    /// The events that the page does not know yet.
    async fn unheard(&mut self) -> Result<Vec<Event>, Error> {
        let last = *self.migration.last_event().borrow();
        if !self.is_shown() || !self.is_page_seen() || last == self.told {
            // When it is seen again, the page's snapshot holds them.
            self.told = last;
            return Ok(Vec::new());
        }
        let events = self.migration.events_since(self.told, EVENTS).await?;
        if let Some(newest) = events.last() {
            self.told = newest.seq;
        }
        Ok(events)
    }
}

/// Waits for something new, and then until the pace allows to tell it; what `is_other` is told at once. False:
/// nothing comes any more.
async fn next<T>(
    latest: &mut watch::Receiver<T>,
    events: &mut watch::Receiver<i64>,
    is_other: impl Fn(&T) -> bool,
    pace: impl Fn(&T) -> Duration,
) -> bool {
    let new = tokio::select! {
        new = latest.changed() => new,
        new = events.changed() => new,
    };
    let pause = pace(&latest.borrow());
    new.is_ok()
        && tokio::select! {
            () = tokio::time::sleep(pause) => true,
            other = latest.wait_for(is_other) => other.is_ok(),
        }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    fn is_due(turn: impl Future<Output = bool>) -> Option<bool> {
        match pin!(turn).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(on) => Some(on),
            Poll::Pending => None,
        }
    }

    #[tokio::test]
    async fn what_is_new_waits_for_its_turn_and_another_state_does_not() {
        let (now, mut latest) = watch::channel("running");
        let (event, mut events) = watch::channel(1);
        let mut turn = |pause| is_due(next(&mut latest, &mut events, |one| *one != "running", |_| pause));
        assert_eq!(turn(LONG), None, "nothing is new");
        event.send(2).unwrap();
        assert_eq!(turn(LONG), None, "an event waits for the pace");
        now.send("paused").unwrap();
        assert_eq!(turn(LONG), Some(true), "the end of the run does not");
        event.send(3).unwrap();
        assert_eq!(turn(LONG), Some(true), "told in another state than before");
        drop(now);
        assert_eq!(turn(LONG), Some(false));
    }
}
