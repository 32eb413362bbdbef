//! Throughput and the time that is left, from samples taken once a second.

pub(crate) mod history;
pub(crate) mod live;
pub(crate) mod requests;
pub(crate) mod rolling;
pub(crate) mod sampler;
pub(crate) mod times;

pub use history::{History, MetricPoint, PartPoint, ServicePoint};
pub use requests::StepLatency;
pub use times::Part;

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::record::Balance;

/// Samples kept: ten minutes.
pub(crate) const SAMPLES_KEPT: usize = 600;

/// Samples that the estimate of the time left looks back on.
const ESTIMATE_WINDOW: usize = 120;

/// Fewest samples from which a time left is worth telling.
const ESTIMATE_MIN: usize = 3;

/// Throughput over one second.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS)]
pub struct Sample {
    /// End of that second, in milliseconds since 1970 (UTC).
    pub at_ms: i64,
    /// Records a second.
    pub records_per_s: f64,
    /// Bytes a second.
    pub bytes_per_s: f64,
}

/// How long the rest will take, as a range in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS)]
pub struct TimeLeft {
    /// If it goes well.
    pub low_s: f64,
    /// If it goes less well.
    pub high_s: f64,
}

/// The latest samples.
#[derive(Debug, Default)]
pub(crate) struct Throughput {
    samples: VecDeque<Sample>,
    last: Option<(i64, u64, u64)>,
}

impl Throughput {
    /// Takes the counters of now; makes a sample of them when about a second has passed.
    ///
    /// `records` and `bytes` only ever grow within a run.
    pub(crate) fn observe(&mut self, at_ms: i64, records: u64, bytes: u64) {
        let Some((last_ms, last_records, last_bytes)) = self.last else {
            self.last = Some((at_ms, records, bytes));
            return;
        };
        let elapsed_ms = at_ms - last_ms;
        if (0..950).contains(&elapsed_ms) {
            return;
        }
        self.last = Some((at_ms, records, bytes));
        // A clock that was set back, or a machine that slept, tells nothing about throughput.
        if !(0..10_000).contains(&elapsed_ms) {
            return;
        }
        let seconds = elapsed_ms as f64 / 1000.0;
        self.samples.push_back(Sample {
            at_ms,
            records_per_s: records.saturating_sub(last_records) as f64 / seconds,
            bytes_per_s: bytes.saturating_sub(last_bytes) as f64 / seconds,
        });
        if self.samples.len() > SAMPLES_KEPT {
            self.samples.pop_front();
        }
    }

    /// The run halted: the time until the next observation is no throughput.
    pub(crate) fn halt(&mut self) {
        self.last = None;
    }

    pub(crate) fn latest(&self) -> Option<Sample> {
        self.samples.back().copied()
    }

    pub(crate) fn samples(&self) -> Vec<Sample> {
        self.samples.iter().copied().collect()
    }

    /// How long what `balance` says is pending will take.
    ///
    /// Small files cost time by their number, large ones by their bytes, and nobody knows the mix
    /// that is left: so both are worked out, with the mean rate of the last two minutes, and the
    /// truth lies between them. The spread of the rates (their mean absolute deviation) widens it.
    pub(crate) fn time_left(&self, balance: &Balance) -> Option<TimeLeft> {
        let window: Vec<&Sample> = self.samples.iter().rev().take(ESTIMATE_WINDOW).collect();
        if window.len() < ESTIMATE_MIN || balance.pending == 0 {
            return None;
        }
        let by_records = span(balance.pending as f64, window.iter().map(|sample| sample.records_per_s));
        let by_bytes = span(balance.bytes_pending() as f64, window.iter().map(|sample| sample.bytes_per_s));
        match (by_records, by_bytes) {
            (Some(a), Some(b)) => {
                Some(TimeLeft { low_s: a.low_s.min(b.low_s), high_s: a.high_s.max(b.high_s) })
            }
            (one, other) => one.or(other),
        }
    }
}

/// Time for `amount` at these rates. None where nothing moved, or where nobody knows how much there is: the
/// rows of a catalogue need not tell sizes.
fn span(amount: f64, rates: impl Iterator<Item = f64> + Clone) -> Option<TimeLeft> {
    if amount <= 0.0 {
        return None;
    }
    let count = rates.clone().count() as f64;
    let mean = rates.clone().sum::<f64>() / count;
    if mean <= 0.0 {
        return None;
    }
    let deviation = rates.map(|rate| (rate - mean).abs()).sum::<f64>() / count;
    // The error of a mean shrinks with the number of samples; a slow second must not scare anybody.
    // After a few seconds nobody knows how the rest goes, however even they were.
    let spread = (deviation / count.sqrt() / mean).max(0.5 / count.sqrt()).clamp(0.05, 0.5);
    let seconds = amount / mean;
    Some(TimeLeft { low_s: seconds * (1.0 - spread), high_s: seconds * (1.0 + spread) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steady(seconds: i64, records: u64, bytes: u64) -> Throughput {
        let mut throughput = Throughput::default();
        for second in 0..=seconds {
            throughput.observe(second * 1000, second as u64 * records, second as u64 * bytes);
        }
        throughput
    }

    #[test]
    fn the_range_holds_both_truths() {
        let balance = Balance { found: 1000, pending: 1000, bytes_total: 100_000_000, ..Balance::default() };
        let left = steady(60, 10, 10_000_000).time_left(&balance).unwrap();
        assert!(left.low_s <= 10.0 && left.high_s >= 100.0, "{left:?}");
    }

    #[test]
    fn a_sleeping_machine_makes_no_sample() {
        let mut throughput = steady(5, 10, 10);
        throughput.observe(3_600_000, 60, 60);
        assert_eq!(throughput.samples().len(), 5);
        throughput.observe(3_601_000, 70, 70);
        assert_eq!(throughput.latest().unwrap().records_per_s, 10.0);
    }

    #[test]
    fn sizes_that_nobody_knows_do_not_make_the_rest_quick() {
        let balance = Balance { found: 1000, pending: 1000, ..Balance::default() };
        let left = steady(60, 10, 10_000_000).time_left(&balance).unwrap();
        assert!(left.low_s > 80.0 && left.high_s < 120.0, "{left:?}");
    }

    #[test]
    fn at_the_start_the_range_is_wide_and_narrows_with_what_is_seen() {
        let balance = Balance { found: 1000, pending: 1000, ..Balance::default() };
        let width = |seconds| {
            let left = steady(seconds, 10, 0).time_left(&balance).unwrap();
            left.high_s / left.low_s
        };
        assert!(width(3) > 1.7 && width(100) < 1.2, "{} {}", width(3), width(100));
    }

    #[test]
    fn a_pause_neither_counts_nor_is_forgotten() {
        let mut throughput = steady(30, 10, 0);
        throughput.halt();
        let balance = Balance { found: 1000, pending: 1000, ..Balance::default() };
        throughput.observe(9_000_000, 300, 0);
        throughput.observe(9_001_000, 310, 0);
        let left = throughput.time_left(&balance).unwrap();
        assert!(left.low_s > 80.0 && left.high_s < 120.0, "{left:?}");
    }

    #[test]
    fn nothing_is_promised_before_something_moved() {
        let balance = Balance { found: 5, pending: 5, bytes_total: 5, ..Balance::default() };
        assert_eq!(steady(60, 0, 0).time_left(&balance), None);
        assert_eq!(steady(1, 5, 5).time_left(&balance), None);
    }
}
