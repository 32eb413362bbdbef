//! Records in a batch, so that a batch takes about as long as it should.
//!
//! A barrier costs its idle time once a batch, so batches should be long; a batch is what a crash
//! makes the run look at again and what a pause waits for, so they should be short.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::{Change, Reason, within};

/// A batch within this factor of the target is left as it is: its files are never quite alike.
const DEAD_BAND: f64 = 1.25;

/// One step at most doubles or halves: one batch of odd files must not send the size far off.
const LARGEST_STEP: f64 = 2.0;

/// Weight of the newest batch in the time that a record takes.
const ALPHA: f64 = 0.5;

/// A batch that has ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ended {
    /// Records that it had.
    pub(crate) records: u32,
    /// From its lease to its barrier.
    pub(crate) took: Duration,
    /// Whether it ran to its end: not paused, not cut short by an outage, none given back.
    pub(crate) whole: bool,
}

/// The rule for a migration.
#[derive(Debug, Clone)]
pub(crate) struct BatchRule {
    range: RangeInclusive<u32>,
    size: u32,
    target: Duration,
    /// Seconds a record, over the latest batches (exponentially weighted).
    a_record: Option<f64>,
}

impl BatchRule {
    pub(crate) fn new(range: RangeInclusive<u32>, start: u32, target: Duration) -> Self {
        Self { size: within(&range, start), range, target, a_record: None }
    }

    /// How many records the next batch should have.
    pub(crate) fn limit(&self) -> u32 {
        self.size
    }

    /// The person's hand: go on from this size.
    pub(crate) fn set_limit(&mut self, size: u32) {
        self.size = within(&self.range, size);
    }

    /// Takes a batch that has ended. A partial one (the last, or one leased under another size)
    /// says too little about the size, and one that was interrupted says nothing.
    pub(crate) fn observe(&mut self, batch: Ended) -> Option<Change> {
        if !batch.whole || batch.took.is_zero() || u64::from(batch.records) * 2 < u64::from(self.size) {
            return None;
        }
        let newest = batch.took.as_secs_f64() / f64::from(batch.records);
        let a_record = self.a_record.map_or(newest, |mean| mean + ALPHA * (newest - mean));
        self.a_record = Some(a_record);
        let factor = self.target.as_secs_f64() / (a_record * f64::from(self.size));
        if (1.0 / DEAD_BAND..=DEAD_BAND).contains(&factor) {
            return None;
        }
        let factor = factor.clamp(1.0 / LARGEST_STEP, LARGEST_STEP);
        let (from, to) = (self.size, within(&self.range, (f64::from(self.size) * factor).round() as u32));
        self.size = to;
        let reason = Reason::BatchTime { took: batch.took, target: self.target };
        (to != from).then_some(Change { from, to, reason })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TARGET: Duration = Duration::from_secs(60);

    fn ended(records: u32, seconds: f64) -> Ended {
        Ended { records, took: Duration::from_secs_f64(seconds), whole: true }
    }

    #[test]
    fn a_step_at_most_doubles_or_halves() {
        let mut rule = BatchRule::new(1..=100_000, 1000, TARGET);
        assert_eq!(rule.observe(ended(1000, 1.0)).map(|change| change.to), Some(2000));
        let mut rule = BatchRule::new(1..=100_000, 1000, TARGET);
        assert_eq!(rule.observe(ended(1000, 3600.0)).map(|change| change.to), Some(500));
    }

    #[test]
    fn a_partial_or_interrupted_batch_says_nothing() {
        let mut rule = BatchRule::new(1..=100_000, 1000, TARGET);
        assert_eq!(rule.observe(ended(10, 1.0)), None);
        assert_eq!(rule.observe(Ended { whole: false, ..ended(1000, 1.0) }), None);
        assert_eq!(rule.observe(ended(1000, 0.0)), None);
        assert_eq!(rule.limit(), 1000);
    }

    #[test]
    fn the_persons_hand_comes_first() {
        let mut rule = BatchRule::new(1..=100_000, 1000, TARGET);
        rule.set_limit(200);
        assert_eq!(rule.observe(ended(200, 55.0)), None);
        assert_eq!(rule.limit(), 200);
    }

    #[test]
    fn about_right_is_left_alone() {
        let mut rule = BatchRule::new(1..=100_000, 1000, TARGET);
        assert_eq!(rule.observe(ended(1000, 50.0)), None);
        assert_eq!(rule.observe(ended(1000, 72.0)), None);
    }

    proptest! {
        /// Whatever a record costs and whatever a batch costs beside its records, twenty batches
        /// later they take about the target, where the range allows that, and then stay.
        #[test]
        fn it_converges(start in 1u32..100_000, a_record in 0.0005f64..2.0, a_batch in 0.0f64..20.0) {
            let mut rule = BatchRule::new(1..=100_000, start, TARGET);
            let took = |size: u32| a_batch + a_record * f64::from(size);
            for _ in 0..24 {
                rule.observe(ended(rule.limit(), took(rule.limit())));
            }
            let settled = rule.limit();
            prop_assert!(took(settled) <= 60.0 * 1.3 || settled == 1, "{settled} take {}", took(settled));
            prop_assert!(took(settled) >= 60.0 / 1.3 || settled == 100_000, "{settled} take {}", took(settled));
            for _ in 0..5 {
                prop_assert_eq!(rule.observe(ended(settled, took(settled))), None);
            }
        }

        #[test]
        fn the_size_stays_in_range(low in 1u32..500, span in 0u32..5000, batches in proptest::collection::vec((0u32..6000, 0.0f64..1e5, proptest::bool::ANY), 0..60)) {
            let mut rule = BatchRule::new(low..=low + span, 1000, TARGET);
            for (records, seconds, whole) in batches {
                let before = rule.limit();
                let change = rule.observe(Ended { whole, ..ended(records, seconds) });
                prop_assert!((low..=low + span).contains(&rule.limit()));
                prop_assert_eq!(change.map_or((before, before), |change| (change.from, change.to)), (before, rule.limit()));
            }
        }
    }
}
