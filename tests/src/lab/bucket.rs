//! The rate limit: a bucket of tokens.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

#[derive(Debug)]
pub(super) struct Bucket(Mutex<State>);

#[derive(Debug)]
struct State {
    tokens: f64,
    at: Instant,
}

impl Bucket {
    pub(super) fn new(burst: f64) -> Self {
        Self(Mutex::new(State { tokens: burst, at: Instant::now() }))
    }

    /// Takes a token, if there is one.
    pub(super) fn take(&self, rate: f64, burst: f64) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let earned = now.duration_since(state.at).as_secs_f64() * rate;
        state.tokens = (state.tokens + earned).min(burst);
        state.at = now;
        let has_one = state.tokens >= 1.0;
        if has_one {
            state.tokens -= 1.0;
        }
        has_one
    }
}
