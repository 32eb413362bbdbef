//! Requests that are worked on at once, and hold each other up by that.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

/// What requests at work cost each other, by the Universal Scalability Law: with n at work each takes
/// 1 + σ (n − 1) + κ n (n − 1) times as long as alone, so that n ÷ that is what the service gets done
/// (N. J. Gunther, "Guerrilla Capacity Planning", Springer 2007, chapter 4).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contention {
    /// What has to be done one after the other: locks, queues.
    pub sigma: f64,
    /// What it costs to keep what is shared the same for all.
    pub kappa: f64,
}

impl Contention {
    /// How many times as long each takes with so many at work.
    pub fn slowdown(self, at_work: usize) -> f64 {
        let n = at_work.max(1) as f64;
        1.0 + self.sigma * (n - 1.0) + self.kappa * n * (n - 1.0)
    }
}

/// All that are at work, each served at the same pace: the pace changes as they come and go.
#[derive(Debug)]
pub(super) struct Sharing(Mutex<State>);

#[derive(Debug)]
struct State {
    /// Nanoseconds of work that each who was there all the time has got.
    served: f64,
    at: Instant,
    /// When each will have got all: by its share of `served`, and a number of its own.
    at_work: BTreeMap<(u64, u64), Arc<Notify>>,
    number: u64,
}

/// Somebody at work; gone when it is dropped.
struct Share<'a> {
    sharing: &'a Sharing,
    law: Contention,
    key: (u64, u64),
    turn: Arc<Notify>,
}

impl Sharing {
    pub(super) fn new() -> Self {
        let state = State { served: 0.0, at: Instant::now(), at_work: BTreeMap::new(), number: 0 };
        Self(Mutex::new(state))
    }

    /// Works for as long as `work` takes beside all others.
    pub(super) async fn serve(&self, law: Contention, work: Duration) {
        let share = self.enter(law, work);
        while let Some(left) = share.left() {
            tokio::select! {
                // Only whoever ends first has to look at the clock.
                () = async { if let Some(left) = left { sleep(left).await } else { pending().await } } => {}
                () = share.turn.notified() => {}
            }
        }
    }

    fn enter(&self, law: Contention, work: Duration) -> Share<'_> {
        let mut state = self.state();
        state.go_on(law);
        state.number += 1;
        let key = ((state.served + work.as_nanos() as f64) as u64, state.number);
        let turn = Arc::new(Notify::new());
        state.at_work.insert(key, Arc::clone(&turn));
        state.tell_first();
        Share { sharing: self, law, key, turn }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Share<'_> {
    /// None: it has got all. Otherwise how long that takes if nobody comes or goes, for whoever is the first.
    fn left(&self) -> Option<Option<Duration>> {
        let mut state = self.sharing.state();
        state.go_on(self.law);
        let left = self.key.0 as f64 - state.served;
        if left < 1.0 {
            return None;
        }
        let is_first = state.at_work.keys().next() == Some(&self.key);
        let slowdown = self.law.slowdown(state.at_work.len());
        Some(is_first.then(|| Duration::from_nanos((left * slowdown).ceil() as u64)))
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        let mut state = self.sharing.state();
        state.go_on(self.law);
        state.at_work.remove(&self.key);
        state.tell_first();
    }
}

impl State {
    fn go_on(&mut self, law: Contention) {
        let now = Instant::now();
        if !self.at_work.is_empty() {
            self.served += (now - self.at).as_nanos() as f64 / law.slowdown(self.at_work.len());
        }
        self.at = now;
    }

    fn tell_first(&self) {
        if let Some(first) = self.at_work.values().next() {
            first.notify_one();
        }
    }
}
