//! Counting, while requests come and go.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::script::Retry;
use super::seen::{Route, Seen};

#[derive(Debug, Default)]
pub(super) struct Tally(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    seen: Seen,
    /// Until when a path was told to wait on a route.
    told_to_wait: BTreeMap<(Route, String), Instant>,
    /// A visit of before a reset does not count any more.
    generation: u64,
}

/// A request in the house. If it is dropped before it is answered, it counts as unanswered.
#[derive(Debug)]
pub(super) struct Visit {
    tally: Arc<Tally>,
    route: Route,
    path: String,
    /// The how-manieth request for this path on this route, from 1.
    pub(super) attempt: u64,
    generation: u64,
    answered: bool,
}

impl Tally {
    pub(super) fn arrive(self: &Arc<Self>, route: Route, path: &str, bytes: usize, at: Duration) -> Visit {
        let mut state = self.state();
        let generation = state.generation;
        let is_hasty = state
            .told_to_wait
            .remove(&(route, path.to_owned()))
            .is_some_and(|not_before| Instant::now() < not_before);
        let seen = &mut state.seen;
        seen.requests += 1;
        seen.first_request.get_or_insert(at);
        seen.bytes_in += bytes as u64;
        seen.hasty += u64::from(is_hasty);
        seen.in_flight += 1;
        seen.max_in_flight = seen.max_in_flight.max(seen.in_flight);
        let calls = seen.paths.entry(path.to_owned()).or_default();
        let attempt = match route {
            Route::Lookup => {
                seen.lookups += 1;
                calls.lookups += 1;
                calls.lookups
            }
            Route::Register => {
                seen.registers += 1;
                calls.registers += 1;
                calls.registers
            }
        };
        seen.retries += u64::from(attempt > 1);
        Visit { tally: self.clone(), route, path: path.to_owned(), attempt, generation, answered: false }
    }

    pub(super) fn connected(&self) {
        self.state().seen.connections += 1;
    }

    pub(super) fn reset(&self) {
        self.state().seen.resets += 1;
    }

    pub(super) fn probed(&self) {
        self.state().seen.probes += 1;
    }

    pub(super) fn requests(&self) -> u64 {
        self.state().seen.requests
    }

    pub(super) fn seen(&self) -> Seen {
        self.state().seen.clone()
    }

    pub(super) fn forget(&self) {
        let mut state = self.state();
        *state = State { generation: state.generation + 1, ..State::default() };
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Visit {
    /// It is answered.
    pub(super) fn answered(mut self, status: u16, bytes: usize) {
        self.answered = true;
        let mut state = self.tally.state();
        if state.generation == self.generation {
            *state.seen.statuses.entry(status).or_default() += 1;
            state.seen.bytes_out += bytes as u64;
        }
    }

    /// It is being refused, and told when to come again.
    pub(super) fn throttled(&self, retry: Option<Retry>) {
        let mut state = self.tally.state();
        state.seen.throttled += 1;
        if let Some(retry) = retry {
            let not_before = Instant::now() + retry.wait();
            state.told_to_wait.insert((self.route, self.path.clone()), not_before);
        }
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let mut state = self.tally.state();
        if state.generation == self.generation {
            state.seen.in_flight -= 1;
            state.seen.unanswered += u64::from(!self.answered);
        }
    }
}
