//! A limit in bytes a second that follows a timetable.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

use crate::spec::Timetable;

/// Bytes are counted in pieces of this size, so that large rates fit a 32-bit quota.
const PIECE: u64 = 1024;

/// The longest sleep without a look at whether the work is to be cut off.
const NAP: Duration = Duration::from_millis(100);

/// The bandwidth of one migration. Its users are threads and tasks that move bytes.
#[derive(Debug, Default)]
pub(crate) struct Bandwidth(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    timetable: Timetable,
    rate: Option<u64>,
    limiter: Option<Arc<DefaultDirectRateLimiter>>,
    /// Bytes spent that made no whole piece yet.
    rest: u64,
}

impl Bandwidth {
    pub(crate) fn set(&self, timetable: Timetable) {
        self.state().timetable = timetable;
        self.follow_the_clock();
    }

    /// Puts the rate of this moment in force. Called now and then while a run is at work.
    pub(crate) fn follow_the_clock(&self) {
        let now = jiff::ZonedDateTime::now();
        let day = now.weekday().to_monday_zero_offset() as u32;
        let minute = now.hour() as u32 * 60 + now.minute() as u32;
        let mut state = self.state();
        let rate = state.timetable.rate_at(day, minute);
        if rate != state.rate {
            state.rate = rate;
            state.limiter = rate.and_then(limiter);
        }
    }

    /// Bytes a second that are allowed now. None: as many as will go.
    pub(crate) fn rate(&self) -> Option<u64> {
        self.state().rate
    }

    /// Spends bytes that were just read: sleeps until they were due. False: cut off meanwhile.
    pub(crate) fn spend(&self, bytes: u64, goes_on: impl Fn() -> bool) -> bool {
        let mut left = self.pieces(bytes);
        while left > 0 {
            if let Some(wait) = self.pay(&mut left) {
                std::thread::sleep(wait);
            }
            if !goes_on() {
                return false;
            }
        }
        true
    }

    /// The same, where no thread waits. Whoever drops it is cut off.
    pub(crate) async fn due(&self, bytes: u64) {
        let mut left = self.pieces(bytes);
        while left > 0 {
            if let Some(wait) = self.pay(&mut left) {
                tokio::time::sleep(wait).await;
            }
        }
    }

    fn pieces(&self, bytes: u64) -> u64 {
        let mut state = self.state();
        if state.limiter.is_none() {
            return 0;
        }
        let all = state.rest + bytes;
        state.rest = all % PIECE;
        all / PIECE
    }

    /// Pays for as many of these pieces as may go at once, or tells how long to wait first.
    fn pay(&self, left: &mut u64) -> Option<Duration> {
        // The limit may be lifted or changed while somebody waits for it.
        let limiter = self.state().limiter.clone();
        let burst = u64::from(burst(self.rate().unwrap_or(u64::MAX)).get());
        let now = (*left).min(burst) as u32;
        let (Some(limiter), Some(count)) = (limiter, NonZeroU32::new(now)) else {
            *left = 0;
            return None;
        };
        match limiter.check_n(count) {
            Ok(Ok(())) => *left -= u64::from(now),
            Ok(Err(early)) => return Some(early.wait_time_from(DefaultClock::default().now()).min(NAP)),
            Err(_) => *left = 0,
        }
        None
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn limiter(rate: u64) -> Option<Arc<DefaultDirectRateLimiter>> {
    let pieces = NonZeroU32::new(u32::try_from(rate.div_ceil(PIECE)).unwrap_or(u32::MAX))?;
    Some(Arc::new(RateLimiter::direct(Quota::per_second(pieces).allow_burst(burst(rate)))))
}

/// An eighth of a second's worth, and never less than one block's.
fn burst(rate: u64) -> NonZeroU32 {
    let pieces = (rate / 8 / PIECE).clamp(256, u32::MAX.into()) as u32;
    NonZeroU32::new(pieces).unwrap_or(NonZeroU32::MIN)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn bytes_take_the_time_that_the_rate_gives_them() {
        let bandwidth = Bandwidth::default();
        bandwidth.set("8MB/s".parse().unwrap());
        let start = Instant::now();
        for _ in 0..16 {
            assert!(bandwidth.spend(256 * 1024, || true));
        }
        // 4 MiB at 8 MB/s take half a second, less an eighth that may go at once. Only the lower
        // bound is sure: a busy machine is never too fast.
        assert!(start.elapsed() >= Duration::from_millis(350), "{:?}", start.elapsed());
    }

    #[test]
    fn waiting_can_be_cut_off_and_no_limit_does_not_wait() {
        let bandwidth = Bandwidth::default();
        assert!(bandwidth.spend(u64::MAX / 2, || false));
        bandwidth.set("1kB/s".parse().unwrap());
        assert!(!bandwidth.spend(10 << 20, || false));
    }
}
