//! A rate of requests, adjustable while it is in use, that also keeps silent for as long as a
//! service asked for.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::time::Instant;

/// Requests a second, and when the next one may go at all.
#[derive(Debug, Default)]
pub(crate) struct Rate(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// None: no limit.
    limiter: Option<Arc<DefaultDirectRateLimiter>>,
    set: Option<(u32, u32)>,
    silent_until: Option<Instant>,
}

impl Rate {
    /// Allows `rate` requests a second, `burst` of them at once; None lifts the limit.
    pub(crate) fn set(&self, rate: Option<u32>, burst: Option<u32>) {
        let wanted = rate.map(|rate| (rate, burst.unwrap_or(rate)));
        let mut state = self.state();
        if state.set == wanted {
            return;
        }
        state.set = wanted;
        state.limiter = wanted.and_then(|(rate, burst)| {
            let quota = Quota::per_second(NonZeroU32::new(rate)?);
            Some(Arc::new(RateLimiter::direct(quota.allow_burst(NonZeroU32::new(burst)?))))
        });
    }

    /// No request goes for that long from now.
    pub(crate) fn be_silent(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut state = self.state();
        state.silent_until = Some(state.silent_until.map_or(until, |known| known.max(until)));
    }

    /// Waits until a request may go.
    pub(crate) async fn ready(&self) {
        loop {
            let (silent_until, limiter) = {
                let state = self.state();
                (state.silent_until.filter(|until| *until > Instant::now()), state.limiter.clone())
            };
            if let Some(until) = silent_until {
                tokio::time::sleep_until(until).await;
                continue;
            }
            if let Some(limiter) = limiter {
                limiter.until_ready().await;
            }
            // Somebody may have been asked to wait meanwhile.
            if self.state().silent_until.is_none_or(|until| until <= Instant::now()) {
                return;
            }
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn silence_holds_back_every_request_and_the_longest_counts() {
        let rate = Rate::default();
        rate.ready().await;
        let start = Instant::now();
        rate.be_silent(Duration::from_secs(30));
        rate.be_silent(Duration::from_secs(5));
        rate.ready().await;
        assert_eq!(start.elapsed().as_secs(), 30);
        rate.ready().await;
        assert_eq!(start.elapsed().as_secs(), 30);
    }

    #[tokio::test]
    async fn a_burst_goes_at_once_and_the_next_one_waits() {
        let rate = Rate::default();
        rate.set(Some(1), Some(3));
        for _ in 0..3 {
            rate.ready().await;
        }
        let fourth = tokio::time::timeout(Duration::from_millis(20), rate.ready()).await;
        assert!(fourth.is_err(), "a fourth one went within the second");
        rate.set(None, None);
        rate.ready().await;
    }
}
