//! Times of the recent past, from which percentiles are read.

use std::time::Duration;

use hdrhistogram::Histogram;

/// The longest time that is told apart: an hour.
const MOST_MS: u64 = 3_600_000;

/// Two generations of measurements, so that old ones fade: when one is full, the older one goes.
#[derive(Debug)]
pub(crate) struct Rolling {
    before: Histogram<u32>,
    now: Histogram<u32>,
}

impl Default for Rolling {
    fn default() -> Self {
        Self { before: empty(), now: empty() }
    }
}

impl Rolling {
    pub(crate) fn record(&mut self, took: Duration) {
        self.now.saturating_record((took.as_millis() as u64).clamp(1, MOST_MS));
    }

    /// Begins a new generation.
    pub(crate) fn turn(&mut self) {
        self.before = std::mem::replace(&mut self.now, empty());
    }

    /// Measurements of the current generation.
    pub(crate) fn fresh(&self) -> u64 {
        self.now.len()
    }

    /// Measurements of both generations.
    pub(crate) fn len(&self) -> u64 {
        self.before.len() + self.now.len()
    }

    /// The times (milliseconds) within which these shares of the measurements lie.
    pub(crate) fn quantiles_ms<const N: usize>(&self, shares: [f64; N]) -> [u64; N] {
        let mut both = self.before.clone();
        // Both have the same bounds, so this cannot fail; if it did, the older half is told.
        let _ = both.add(&self.now);
        shares.map(|share| both.value_at_quantile(share))
    }
}

fn empty() -> Histogram<u32> {
    // The bounds are constants that the crate accepts.
    Histogram::new_with_bounds(1, MOST_MS, 2).unwrap_or_else(|error| unreachable!("{error}"))
}
