//! Leases: how long a record may stay silent, and whose its outcome is.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::metrics::rolling::Rolling;
use crate::spec;

/// Measurements from which a percentile means something.
const ENOUGH: u64 = 20;

/// Measurements after which older ones are forgotten.
const GENERATION: u64 = 2000;

/// While too little is measured, a record may stay silent at least this long.
const UNKNOWN: Duration = Duration::from_secs(30);

/// Times the 99th percentile.
const FACTOR: u32 = 4;

/// Steps measured apart; what a hostile job could name beyond that is measured together.
const STEPS: usize = 64;

/// What is measured apart: `read`, `copy`, `lookup:rights`, `register`.
pub(crate) type Step = Cow<'static, str>;

/// A record in the hands of a stream. Whoever takes its outcome first, the worker that processed it
/// or the watch that found it silent, is the only one whose outcome counts.
#[derive(Debug)]
pub(crate) struct Claim {
    size: u64,
    step: Mutex<Step>,
    /// Milliseconds since the start of the run when it last made progress.
    touched_ms: AtomicU64,
    taken: AtomicBool,
}

impl Claim {
    pub(crate) fn new(size: u64, step: impl Into<Step>, now: Duration) -> Self {
        Self {
            size,
            step: Mutex::new(step.into()),
            touched_ms: AtomicU64::new(now.as_millis() as u64),
            taken: AtomicBool::new(false),
        }
    }

    /// The record made progress: its lease is extended.
    pub(crate) fn touch(&self, now: Duration) {
        self.touched_ms.fetch_max(now.as_millis() as u64, Ordering::Relaxed);
    }

    /// The record enters another step.
    pub(crate) fn enter(&self, step: impl Into<Step>, now: Duration) {
        *self.step.lock().unwrap_or_else(PoisonError::into_inner) = step.into();
        self.touch(now);
    }

    /// Takes the outcome. False: somebody else has it.
    pub(crate) fn take(&self) -> bool {
        !self.taken.swap(true, Ordering::AcqRel)
    }

    pub(crate) fn is_taken(&self) -> bool {
        self.taken.load(Ordering::Acquire)
    }

    pub(crate) fn step(&self) -> Step {
        self.step.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How long it has been silent, when that is longer than allowed.
    pub(crate) fn overdue(&self, allowed: &Visibility, now: Duration) -> Option<Duration> {
        let silent = now.saturating_sub(Duration::from_millis(self.touched_ms.load(Ordering::Relaxed)));
        (!self.is_taken() && silent > allowed.timeout(&self.step(), self.size)).then_some(silent)
    }
}

/// Visibility timeouts, from measured times.
#[derive(Debug)]
pub(crate) struct Visibility {
    bounds: Mutex<spec::Lease>,
    measured: Mutex<HashMap<(String, u8), Rolling>>,
}

impl Visibility {
    pub(crate) fn new(bounds: spec::Lease) -> Self {
        Self { bounds: Mutex::new(bounds), measured: Mutex::default() }
    }

    pub(crate) fn set_bounds(&self, bounds: spec::Lease) {
        *self.bounds.lock().unwrap_or_else(PoisonError::into_inner) = bounds;
    }

    /// A record of that size took this long in that step.
    pub(crate) fn measure(&self, step: &str, size: u64, took: Duration) {
        let mut measured = self.measured.lock().unwrap_or_else(PoisonError::into_inner);
        let key = key(step, size, measured.len() >= STEPS);
        let measured = measured.entry(key).or_default();
        measured.record(took);
        if measured.fresh() >= GENERATION {
            measured.turn();
        }
    }

    /// How long a record of that size may stay silent in that step.
    pub(crate) fn timeout(&self, step: &str, size: u64) -> Duration {
        let bounds = *self.bounds.lock().unwrap_or_else(PoisonError::into_inner);
        let (floor, cap) =
            (Duration::from_secs(bounds.floor_s.into()), Duration::from_secs(bounds.cap_s.into()));
        let measured = self.measured.lock().unwrap_or_else(PoisonError::into_inner);
        let known = measured.get(&key(step, size, false)).filter(|known| known.len() >= ENOUGH);
        let wanted = known.map_or(UNKNOWN, |known| {
            let [p99] = known.quantiles_ms([0.99]);
            Duration::from_millis(p99) * FACTOR
        });
        wanted.clamp(floor, cap.max(floor))
    }
}

/// Sizes are told apart in four classes: up to 1 MB, 100 MB, 10 GB, and above.
fn key(step: &str, size: u64, is_full: bool) -> (String, u8) {
    let class = match size {
        0..1_000_000 => 0,
        1_000_000..100_000_000 => 1,
        100_000_000..10_000_000_000 => 2,
        _ => 3,
    };
    (if is_full { String::new() } else { step.to_owned() }, class)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAST: spec::Lease = spec::Lease { floor_s: 1, cap_s: 600 };

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_timeout_follows_what_is_measured_by_size() {
        let visibility = Visibility::new(FAST);
        assert_eq!(visibility.timeout("copy", 5), UNKNOWN);
        for _ in 0..100 {
            visibility.measure("copy", 5, Duration::from_millis(40));
            visibility.measure("copy", 5_000_000_000, seconds(30));
        }
        assert_eq!(visibility.timeout("copy", 5), seconds(1), "never below the floor");
        let large = visibility.timeout("copy", 5_000_000_000).as_secs();
        assert!((118..=124).contains(&large), "four times 30 s: {large}");
        for _ in 0..2 * GENERATION {
            visibility.measure("copy", 5_000_000_000, seconds(5));
        }
        let large = visibility.timeout("copy", 5_000_000_000).as_secs();
        assert!((19..=21).contains(&large), "old times fade: {large}");
    }

    #[test]
    fn progress_extends_and_silence_ends() {
        let visibility = Visibility::new(FAST);
        let claim = Claim::new(5, "copy", seconds(0));
        claim.touch(seconds(29));
        assert_eq!(claim.overdue(&visibility, seconds(58)), None);
        assert_eq!(claim.overdue(&visibility, seconds(60)), Some(seconds(31)));
    }

    #[test]
    fn an_outcome_is_taken_once() {
        let claim = Claim::new(5, "copy", seconds(0));
        assert!(claim.take());
        assert!(!claim.take(), "the late one is fenced off");
    }
}
