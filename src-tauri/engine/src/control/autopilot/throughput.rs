//! Copies at once towards a disk or a link, found from how much is moved.
//!
//! A hill-climb in the spirit of AzCopy's concurrency tuner: multiply, look whether it paid, go back
//! and take smaller steps when it did not. Three things are done otherwise: it looks at both sides,
//! since a spinning disk is best at one; it compares means with the doubt in them, since files are
//! never alike; and it never stops asking, only ever more rarely, since a NAS at noon is not the
//! NAS at night.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::measure::{Estimate, Sample};
use super::rest::Rest;
use super::{Change, Reason, scaled, within};

/// What a file costs beside its bytes, as bytes (the initiator splits batches by the same figure):
/// with it, small files and large ones are measured alike.
const COST_OF_A_FILE: u64 = 64 << 10;

/// Throughput is measured over so long a time at once.
pub(crate) const PERIOD: Duration = Duration::from_secs(2);

/// After a longer silence than so many periods, the machine slept or the run was paused.
const SILENCE: u32 = 3;

/// A raise must move so much more to stay, ...
const RAISE_MUST_GAIN: f64 = 0.05;

/// ... and a cut may move so much less to stay: fewer are kinder to the disk.
const CUT_MAY_LOSE: f64 = 0.02;

/// First step, as a share of the limit; where it did not pay, the next is half of it, ...
const STRIDE: f64 = 1.0;

/// ... down to this.
const SMALLEST_STRIDE: f64 = 0.25;

/// Periods that make a measurement of the level at hand.
const PERIODS: u32 = 2;

/// A trial is decided when its result is so many deviations from the line, ...
const CLEAR_SIGMA: f64 = 1.6;

/// ... or after so many periods: then a raise has not proved itself, ...
const LONGEST_TRIAL: u32 = 8;

/// ... and a cut has when it is so far above its line.
const CUT_SIGMA: f64 = 0.5;

/// Periods scatter by so large a share of their mean, until there are enough to tell.
const SCATTER: f64 = 0.2;

/// Weight of the newest period in the measure of a level.
const ALPHA: f64 = 0.2;

/// When the throughput of a level is so many deviations off, it is another level now.
const SHIFT_SIGMA: f64 = 3.0;
const SHIFT_SHARE: f64 = 0.3;

/// How long a level is left alone after both sides were tried, at first and at most.
const SHORTEST_REST: Duration = Duration::from_secs(20);
const LONGEST_REST: Duration = Duration::from_secs(300);

/// A limit and the cost moved a second there.
#[derive(Debug, Clone, Copy)]
struct Level {
    limit: u32,
    rate: Estimate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Measuring,
    Settled,
    More,
    Fewer,
}

/// The rule for one volume or link.
#[derive(Debug, Clone)]
pub(crate) struct ThroughputRule {
    range: RangeInclusive<u32>,
    limit: u32,
    level: Option<Level>,
    phase: Phase,
    stride: f64,
    /// Which side of the level did not pay since it was found.
    more_failed: bool,
    fewer_failed: bool,
    rest: Rest,
    rates: Sample,
    /// The period under way: its begin and the cost moved until then.
    period: Option<(Duration, u64)>,
    /// The first period after a change has both limits in it.
    mixed: bool,
    /// Periods in a row that were far off the level.
    off: u32,
}

impl ThroughputRule {
    pub(crate) fn new(range: RangeInclusive<u32>, start: u32) -> Self {
        Self {
            limit: within(&range, start),
            range,
            level: None,
            phase: Phase::Measuring,
            stride: STRIDE,
            more_failed: false,
            fewer_failed: false,
            rest: Rest::default(),
            rates: Sample::default(),
            period: None,
            mixed: true,
            off: 0,
        }
    }

    /// How many copies may be under way at once.
    pub(crate) fn limit(&self) -> u32 {
        self.limit
    }

    /// The person's hand: go on from this limit.
    pub(crate) fn set_limit(&mut self, limit: u32) {
        self.limit = within(&self.range, limit);
        self.begin();
    }

    /// The person's hand: stay within this range from now on.
    pub(crate) fn reset_range(&mut self, range: RangeInclusive<u32>) {
        self.range = range;
        self.set_limit(self.limit);
    }

    /// The run halted: what comes until the next observation is no throughput.
    pub(crate) fn halt(&mut self) {
        self.period = None;
        self.mixed = true;
    }

    /// Takes the counters of now, which only ever grow, a few times a second. `bytes_total` counts
    /// bytes as they move, not only those of finished files; `now` is the time since any fixed moment.
    pub(crate) fn observe(&mut self, now: Duration, bytes_total: u64, records_total: u64) -> Option<Change> {
        let moved = bytes_total.saturating_add(records_total.saturating_mul(COST_OF_A_FILE));
        let Some((begin, before)) = self.period else {
            self.period = Some((now, moved));
            return None;
        };
        let elapsed = now.saturating_sub(begin);
        if elapsed < PERIOD {
            return None;
        }
        self.period = Some((now, moved));
        if elapsed > PERIOD * SILENCE {
            self.mixed = true;
            return None;
        }
        let rate = moved.saturating_sub(before) as f64 / elapsed.as_secs_f64();
        // Nothing moved: an outage, a barrier or the end, and no fault of the limit.
        if std::mem::take(&mut self.mixed) || rate <= 0.0 {
            return None;
        }
        self.rates.push(rate);
        match (self.phase, self.level) {
            (Phase::Settled, Some(level)) => self.settled(now, level),
            (Phase::More, Some(level)) => self.tried_more(now, level),
            (Phase::Fewer, Some(level)) => self.tried_fewer(now, level),
            (Phase::Measuring, _) | (_, None) => self.measured(now),
        }
    }

    fn measured(&mut self, now: Duration) -> Option<Change> {
        if self.rates.count() < PERIODS {
            return None;
        }
        self.stand_here(self.rates.estimate(SCATTER));
        self.explore(now, Reason::TryMore)
    }

    fn settled(&mut self, now: Duration, mut level: Level) -> Option<Change> {
        let rate = self.rates.estimate(SCATTER);
        let share = rate.mean / level.rate.mean - 1.0;
        self.rates = Sample::default();
        if share.abs() >= SHIFT_SHARE && rate.above(level.rate, 1.0).abs() >= SHIFT_SIGMA {
            self.off += 1;
            if self.off > PERIODS {
                self.begin();
            }
            return None;
        }
        self.off = 0;
        level.rate.drift(rate, ALPHA);
        self.level = Some(level);
        if !self.rest.is_over(now) {
            return None;
        }
        self.explore(now, Reason::TryMore)
    }

    /// Tries the side that was not tried yet; with both tried, rests.
    fn explore(&mut self, now: Duration, reason: Reason) -> Option<Change> {
        if !self.more_failed {
            let change = self.try_limit(Phase::More, scaled(self.limit, 1.0 + self.stride), reason);
            if change.is_some() {
                return change;
            }
            self.more_failed = true;
        }
        if !self.fewer_failed {
            let to = scaled(self.limit, 1.0 / (1.0 + self.stride));
            let change = self.try_limit(Phase::Fewer, to, Reason::TryFewer);
            if change.is_some() {
                return change;
            }
            self.fewer_failed = true;
        }
        (self.more_failed, self.fewer_failed) = (false, false);
        if self.stride > SMALLEST_STRIDE {
            self.stride = (self.stride / 2.0).max(SMALLEST_STRIDE);
            // From here on it is fine tuning, and can wait a little.
            self.rest.shorten(now, SHORTEST_REST / 2);
        } else {
            self.rest.lengthen(now, SHORTEST_REST, LONGEST_REST);
        }
        None
    }

    fn tried_more(&mut self, now: Duration, level: Level) -> Option<Change> {
        let (rate, sigma) = self.verdict(level, 1.0 + RAISE_MUST_GAIN)?;
        let (before, after) = (level.rate.mean, rate.mean);
        if sigma >= CLEAR_SIGMA {
            self.stand_here(rate);
            self.fewer_failed = true;
            self.rest.shorten(now, SHORTEST_REST);
            return self.explore(now, Reason::Faster { before, after });
        }
        self.more_failed = true;
        self.go_back(level, Reason::NoFaster { before, after })
    }

    fn tried_fewer(&mut self, now: Duration, level: Level) -> Option<Change> {
        let (rate, sigma) = self.verdict(level, 1.0 - CUT_MAY_LOSE)?;
        let (before, after) = (level.rate.mean, rate.mean);
        if sigma >= CUT_SIGMA {
            self.stand_here(rate);
            self.more_failed = true;
            self.rest.shorten(now, SHORTEST_REST);
            let to = scaled(self.limit, 1.0 / (1.0 + self.stride));
            return self.try_limit(Phase::Fewer, to, Reason::FewerAsFast { before, after });
        }
        self.fewer_failed = true;
        self.go_back(level, Reason::FewerSlower { before, after })
    }

    /// The rate at this limit and how many deviations it lies above `factor` times that of the level,
    /// as soon as that is clear.
    fn verdict(&self, level: Level, factor: f64) -> Option<(Estimate, f64)> {
        let rate = self.rates.estimate(SCATTER);
        let sigma = rate.above(level.rate, factor);
        let decided = sigma.abs() >= CLEAR_SIGMA || self.rates.count() >= LONGEST_TRIAL;
        (self.rates.count() >= PERIODS && decided).then_some((rate, sigma))
    }

    /// Everything anew, from the limit at hand.
    fn begin(&mut self) {
        *self = Self { period: self.period, ..Self::new(self.range.clone(), self.limit) };
    }

    fn stand_here(&mut self, rate: Estimate) {
        self.level = Some(Level { limit: self.limit, rate });
        self.phase = Phase::Settled;
        self.rates = Sample::default();
        self.off = 0;
    }

    fn go_back(&mut self, level: Level, reason: Reason) -> Option<Change> {
        self.phase = Phase::Settled;
        self.turn(level.limit, reason)
    }

    fn try_limit(&mut self, phase: Phase, to: u32, reason: Reason) -> Option<Change> {
        let to = within(&self.range, to);
        if to == self.limit {
            return None;
        }
        self.phase = phase;
        self.turn(to, reason)
    }

    fn turn(&mut self, to: u32, reason: Reason) -> Option<Change> {
        let from = std::mem::replace(&mut self.limit, to);
        self.rates = Sample::default();
        self.mixed = true;
        self.off = 0;
        (to != from).then_some(Change { from, to, reason })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Moves `rate` bytes a second at each limit for so many seconds.
    fn moved(rule: &mut ThroughputRule, from: u64, seconds: u64, rate: impl Fn(u32) -> u64) -> Vec<Change> {
        let mut total = 1_000_000_000 * from;
        let mut changes = Vec::new();
        for second in from..from + seconds {
            changes.extend(rule.observe(Duration::from_secs(second), total, 0));
            total += rate(rule.limit());
        }
        changes
    }

    #[test]
    fn it_doubles_while_that_pays_and_goes_back_when_it_did_not() {
        let mut rule = ThroughputRule::new(1..=64, 2);
        let changes = moved(&mut rule, 0, 60, |limit| 10_000_000 * u64::from(limit.min(8)));
        let limits: Vec<u32> = changes.iter().take(4).map(|change| change.to).collect();
        assert_eq!(limits, [4, 8, 16, 8]);
    }

    #[test]
    fn it_asks_again_ever_more_rarely() {
        let mut rule = ThroughputRule::new(1..=64, 8);
        let early = moved(&mut rule, 0, 300, |limit| 10_000_000 * u64::from(limit.min(8))).len();
        moved(&mut rule, 300, 900, |limit| 10_000_000 * u64::from(limit.min(8)));
        let late = moved(&mut rule, 1200, 300, |limit| 10_000_000 * u64::from(limit.min(8))).len();
        assert!(late > 0 && late * 2 <= early, "{early} changes, then {late}");
    }

    #[test]
    fn a_faster_network_is_found() {
        let mut rule = ThroughputRule::new(1..=64, 4);
        moved(&mut rule, 0, 300, |limit| 10_000_000 * u64::from(limit.min(6)));
        assert!((6..=8).contains(&rule.limit()), "{}", rule.limit());
        moved(&mut rule, 300, 600, |limit| 10_000_000 * u64::from(limit.min(24)));
        assert!(rule.limit() >= 22, "{}", rule.limit());
    }

    #[test]
    fn standing_still_is_no_measurement() {
        let mut rule = ThroughputRule::new(1..=64, 4);
        moved(&mut rule, 0, 60, |limit| 10_000_000 * u64::from(limit.min(8)));
        let limit = rule.limit();
        assert_eq!(moved(&mut rule, 60, 600, |_| 0), []);
        assert_eq!(rule.limit(), limit);
    }

    #[test]
    fn the_persons_hand_comes_first() {
        let mut rule = ThroughputRule::new(1..=64, 4);
        rule.set_limit(50);
        rule.reset_range(1..=10);
        assert_eq!(rule.limit(), 10);
        moved(&mut rule, 0, 60, |limit| 10_000_000 * u64::from(limit));
        assert_eq!(rule.limit(), 10);
    }

    #[test]
    fn a_halt_is_no_slowdown() {
        let mut rule = ThroughputRule::new(1..=64, 8);
        moved(&mut rule, 0, 5, |limit| 10_000_000 * u64::from(limit.min(8)));
        rule.halt();
        assert_eq!(rule.observe(Duration::from_secs(8), 6_000_000_000, 0), None);
        assert_eq!(rule.limit(), 8);
    }

    proptest! {
        #[test]
        fn the_limit_stays_in_range(low in 1u32..20, span in 0u32..60, start in 0u32..100, steps in proptest::collection::vec((0u64..20_000, 0u64..1 << 40, 0u64..1000), 0..300)) {
            let range = low..=low + span;
            let mut rule = ThroughputRule::new(range.clone(), start);
            let (mut now, mut bytes, mut records) = (0, 0, 0);
            for (elapsed, more, files) in steps {
                (now, bytes, records) = (now + elapsed, bytes + more, records + files);
                let before = rule.limit();
                let change = rule.observe(Duration::from_millis(now), bytes, records);
                prop_assert!(range.contains(&rule.limit()));
                prop_assert_eq!(change.map_or((before, before), |change| (change.from, change.to)), (before, rule.limit()));
            }
        }
    }
}
