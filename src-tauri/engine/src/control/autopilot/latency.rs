//! Requests at once towards an API, found from how long the answers take.
//!
//! The point of departure is the rule of Vector's adaptive request concurrency: up by one while the
//! limit is reached and the latency is at its mean, down by a tenth on back-pressure or at 2.5 sigma
//! above the mean, once a round trip. Its mean follows the latency up the queue, and forgets what the
//! service answers in when it is not overloaded; and one more a round trip is slow where there is
//! room for forty. So this one does three things otherwise:
//!
//! - It compares with a level (a limit and the latency there) instead of the recent past. By Little's
//!   law the throughput is limit / latency: a raise by r pays when the latency rises by clearly less
//!   than r, and a cut by r is free when it falls by nearly r. That holds for a sharp knee and a
//!   gentle slope, and needs no figure for a service without load, which a shift would make wrong.
//! - Steps are a share of the limit. A cold start doubles at first, as TCP does, and from the latency
//!   that it met on the way it knows, once past it, where the knee was. Later on, steps grow while
//!   they pay.
//! - What was refused is remembered, and asked for again ever more rarely (`refusal`).
//!
//! A slowdown with nothing changed here is either a queue of ours, and fewer places shorten it, or
//! the service itself, and fewer places only get less done. The rule tries which.

mod limit;

use std::ops::RangeInclusive;
use std::time::Duration;

use super::measure::{Estimate, Sample};
use super::refusal::{Refusals, Room};
use super::rest::{Rest, Rests, seconds};
use super::{Change, Reason, scaled, within};

/// Where to start when nothing is known: as many as TCP does (RFC 3390). Few for any service, and
/// a round trip less than from one.
pub(crate) const START: u32 = 4;

/// Of the more that is asked for, so much must come out for a raise to stay.
const RAISE_MUST_GAIN: f64 = 0.3;

/// Of the less that is asked for, so much may be lost for a cut to stay. Less than
/// [`RAISE_MUST_GAIN`], or a raise and a cut would take turns.
const CUT_MAY_LOSE: f64 = 0.15;

/// A first step up, as a share of the limit; it doubles while it pays, up to the longest.
const STRIDE: f64 = 0.25;
const LONGEST_STRIDE: f64 = 0.5;

/// Both figures behind the estimate of a knee come from a service that was already held up.
const SLACK: f64 = 1.1;

/// A trial of fewer places: a fifth fewer.
const FEWER: f64 = 0.8;

/// A cut to less than this share was made for a slowdown, and may have been too much of it.
const STEEP: f64 = 0.7;

/// Below so many places, one fewer costs too much for a mere question.
const SMALLEST_CUT: u32 = 4;

/// Back-pressure takes a tenth (Vector's `decrease_ratio`).
const BACK_OFF: f64 = 0.9;

/// The most that one slowdown takes at once (Gradient2 holds its gradient at 0.5, too).
const LARGEST_CUT: f64 = 0.5;

/// Weight of the newest window (Vector's `ewma_alpha`).
const ALPHA: f64 = 0.4;

/// Latencies scatter about as much as their mean, until there are enough to tell.
const SCATTER: f64 = 1.0;

/// A shift in latency counts from so many deviations on (Vector's `rtt_deviation_scale`) ...
const SHIFT_SIGMA: f64 = 2.5;

/// ... and from so large a share of the latency on.
const SHIFT_SHARE: f64 = 0.2;

/// A trial is decided when its result is so many deviations from the line, ...
const CLEAR_SIGMA: f64 = 1.6;

/// ... or when so many windows have not made it clear: then it hardly matters.
const LONGEST_TRIAL: u32 = 4;

/// The fast start, where a raise too much costs a moment and a stop too early many steps, ends when
/// the latency is clearly over the line, ...
const CLEAR_SIGMA_FAST: f64 = 2.0;

/// ... or after a window that is over it by more than this.
const BENEFIT_OF_DOUBT: f64 = 1.0;

/// Fewest answers that make a window.
const SMALLEST_WINDOW: u32 = 8;

/// Answers before a measurement begins after a change, as a multiple of the latency: until then
/// those that were under way before are still among them.
const SETTLE: f64 = 1.5;

/// One answer counts for at most so many times the latency, so that one that hung is no slowdown.
const OUTLIER: f64 = 4.0;

/// After a step that was too long, so many answers until a shorter one.
const BREATH: u32 = 4;

/// Asking for more costs little, and is the only way to notice that there is more.
const REST_MORE: Rests = Rests { shortest: Duration::ZERO, latencies: 8, longest: Duration::from_secs(8) };

/// Asking for fewer costs some throughput, and a queue is rarely there without a cause to see.
const REST_FEWER: Rests =
    Rests { shortest: Duration::from_secs(5), latencies: 20, longest: Duration::from_secs(60) };

/// One answer of the service.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Answer {
    /// From sending the request to the end of the answer, without any wait for a place.
    pub(crate) latency: Duration,
    /// Whether the service said that it is too much (429, 503).
    pub(crate) pushed_back: bool,
    /// Requests under way when this one was sent, itself among them.
    pub(crate) in_flight: u32,
}

/// A limit and the latency there, in seconds.
#[derive(Debug, Clone, Copy)]
struct Level {
    limit: u32,
    latency: Estimate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// No level yet: measuring the one at hand.
    Measuring,
    /// On a level.
    Settled,
    /// Trying more than the level.
    More,
    /// Trying fewer than the level.
    Fewer,
}

/// The rule for one endpoint.
#[derive(Debug, Clone)]
pub(crate) struct LatencyRule {
    range: RangeInclusive<u32>,
    limit: u32,
    level: Option<Level>,
    phase: Phase,
    /// Never slowed down yet: steps of a whole.
    fast: bool,
    stride: f64,
    /// Raises in a row that paid.
    paid: u32,
    /// The latency that the fast start met before the knee, in seconds.
    unloaded: Option<Estimate>,
    window: Sample,
    /// The window before this one showed a slowdown.
    suspicion: bool,
    /// What was sent before says nothing about the limit.
    changed: Duration,
    /// What was answered before is no steady state.
    steady: Duration,
    /// The limit was last lowered for a refusal at this time.
    backed_off: Duration,
    refusals: Refusals,
    more: Rest,
    fewer: Rest,
}

impl LatencyRule {
    pub(crate) fn new(range: RangeInclusive<u32>, start: u32) -> Self {
        Self {
            limit: within(&range, start),
            range,
            level: None,
            phase: Phase::Measuring,
            fast: true,
            stride: 1.0,
            paid: 0,
            unloaded: None,
            window: Sample::default(),
            suspicion: false,
            changed: Duration::ZERO,
            steady: Duration::ZERO,
            backed_off: Duration::ZERO,
            refusals: Refusals::default(),
            more: Rest::default(),
            fewer: Rest::default(),
        }
    }

    /// How many requests may be under way at once.
    pub(crate) fn limit(&self) -> u32 {
        self.limit
    }

    /// The person's hand: go on from this limit.
    pub(crate) fn set_limit(&mut self, now: Duration, limit: u32) {
        self.fast = false;
        self.stride = STRIDE;
        self.paid = 0;
        self.refusals = Refusals::default();
        self.measure_anew(now, within(&self.range, limit));
    }

    /// The person's hand: stay within this range from now on.
    pub(crate) fn reset_range(&mut self, now: Duration, range: RangeInclusive<u32>) {
        self.range = range;
        let limit = within(&self.range, self.limit);
        if limit != self.limit {
            self.set_limit(now, limit);
        } else if self.level.is_some_and(|level| within(&self.range, level.limit) != level.limit) {
            self.measure_anew(now, limit);
        }
    }

    /// Takes one answer. `now` is the time since any fixed moment, when the answer had come.
    pub(crate) fn observe(&mut self, now: Duration, answer: Answer) -> Option<Change> {
        let sent = now.saturating_sub(answer.latency);
        self.refusals.remember(answer.in_flight, answer.pushed_back);
        if answer.pushed_back {
            return self.back_off(now, sent, answer.in_flight);
        }
        // Where the places were not taken, the limit had no part in the latency.
        let full = u64::from(answer.in_flight) * 5 >= u64::from(self.limit) * 4;
        if sent < self.changed || now < self.steady || !full {
            return None;
        }
        let seconds = answer.latency.as_secs_f64();
        self.window.push(self.level.map_or(seconds, |level| seconds.min(OUTLIER * level.latency.mean)));
        match (self.phase, self.level) {
            (Phase::Settled, Some(level)) => self.settled(now, level),
            (Phase::More, Some(level)) => self.tried_more(now, level),
            (Phase::Fewer, Some(level)) => self.tried_fewer(now, level),
            (Phase::Measuring, _) | (_, None) => self.measured(now),
        }
    }

    fn measured(&mut self, now: Duration) -> Option<Change> {
        if self.window.count() < self.enough() {
            return None;
        }
        self.stand_here(self.window.estimate(SCATTER));
        if self.fast || self.more.is_over(now) { self.raise(now, self.welcome()) } else { None }
    }

    fn settled(&mut self, now: Duration, level: Level) -> Option<Change> {
        if self.window.count() < self.enough() {
            return None;
        }
        let latency = self.window.estimate(SCATTER);
        self.window = Sample::default();
        let shift = latency.mean / level.latency.mean - 1.0;
        let sigma = latency.above(level.latency, 1.0);
        if shift >= SHIFT_SHARE && sigma >= SHIFT_SIGMA {
            // The first such window may lie half before what happened, or be a passing stall.
            if !std::mem::replace(&mut self.suspicion, true) {
                return None;
            }
            self.stand_here(latency);
            self.more.shorten(now, REST_MORE.shortest(latency.mean));
            let to = scaled(self.limit, (1.0 / (1.0 + shift)).clamp(LARGEST_CUT, BACK_OFF));
            let reason = Reason::Slower { before: seconds(level.latency.mean), after: seconds(latency.mean) };
            return self.try_limit(now, Phase::Fewer, to, reason);
        }
        self.suspicion = false;
        if shift <= -SHIFT_SHARE && sigma <= -SHIFT_SIGMA {
            self.stand_here(latency);
            return self.raise(now, self.welcome());
        }
        let mut drifted = level.latency;
        drifted.drift(latency, ALPHA);
        self.level = Some(Level { limit: level.limit, latency: drifted });
        if self.more.is_over(now)
            && let Some(change) = self.raise(now, Reason::TryMore)
        {
            return Some(change);
        }
        if self.limit >= SMALLEST_CUT && self.fewer.is_over(now) {
            self.lower(now, Reason::TryFewer)
        } else {
            None
        }
    }

    /// A raise by r pays when the throughput, limit / latency, rises by at least
    /// `RAISE_MUST_GAIN` (r - 1).
    fn tried_more(&mut self, now: Duration, level: Level) -> Option<Change> {
        let more = f64::from(self.limit) / f64::from(level.limit);
        let (latency, paid) = self.verdict(level, more / (1.0 + RAISE_MUST_GAIN * (more - 1.0)))?;
        if paid {
            self.paid += 1;
            if self.paid > 1 && !self.fast {
                self.stride = (2.0 * self.stride).min(LONGEST_STRIDE);
            }
            self.refusals.borne(now, self.limit);
            self.stand_here(latency);
            self.fewer.shorten(now, REST_FEWER.shortest(latency.mean));
            self.more.shorten(now, Duration::ZERO);
            return self.raise(now, self.welcome());
        }
        let reason =
            Reason::MoreDidNotPay { before: seconds(level.latency.mean), after: seconds(latency.mean) };
        let long_step = std::mem::replace(&mut self.stride, STRIDE) > STRIDE;
        self.paid = 0;
        if std::mem::replace(&mut self.fast, false)
            && let Some(unloaded) = self.unloaded
        {
            return self.found_knee(now, level, Level { limit: self.limit, latency }, unloaded, reason);
        }
        if long_step {
            // A shorter one may well pay.
            self.more.shorten(now, seconds(level.latency.mean) * BREATH);
        } else {
            self.more.lengthen(now, REST_MORE.shortest(level.latency.mean), REST_MORE.longest);
        }
        self.go_back(now, level, reason)
    }

    /// The fast start went past the knee, and perhaps the level has, too: by Little's law the places
    /// that the best throughput seen fills at the unloaded latency.
    fn found_knee(
        &mut self,
        now: Duration,
        level: Level,
        beyond: Level,
        unloaded: Estimate,
        reason: Reason,
    ) -> Option<Change> {
        let fitting = |level: Level| f64::from(level.limit) * unloaded.mean / level.latency.mean;
        let fitting = SLACK * fitting(level).max(fitting(beyond));
        let knee = within(&self.range, fitting.round() as u32).min(beyond.limit);
        self.more.shorten(now, REST_MORE.shortest(unloaded.mean));
        self.fewer.shorten(now, REST_FEWER.shortest(unloaded.mean));
        let from = self.limit;
        self.measure_anew(now, knee);
        (knee != from).then_some(Change { from, to: knee, reason })
    }

    /// A cut to r is free when the throughput falls by at most `CUT_MAY_LOSE` (1 - r).
    fn tried_fewer(&mut self, now: Duration, level: Level) -> Option<Change> {
        let less = f64::from(self.limit) / f64::from(level.limit);
        let (latency, as_much) = self.verdict(level, less / (1.0 - CUT_MAY_LOSE * (1.0 - less)))?;
        if !as_much {
            if less < STEEP {
                // Not so many fewer; but perhaps some.
                self.fewer.shorten(now, seconds(level.latency.mean) * BREATH);
            } else {
                self.fewer.lengthen(now, REST_FEWER.shortest(level.latency.mean), REST_FEWER.longest);
            }
            return self.go_back(now, level, Reason::AllNeeded);
        }
        self.stand_here(latency);
        self.more.shorten(now, REST_MORE.shortest(latency.mean));
        self.fewer.shorten(now, REST_FEWER.shortest(latency.mean));
        let reason = Reason::FewerDo { before: seconds(level.latency.mean), after: seconds(latency.mean) };
        self.lower(now, reason)
    }

    /// The latency at this limit and whether it is at most `factor` times that of the level, as soon
    /// as that is clear.
    fn verdict(&self, level: Level, factor: f64) -> Option<(Estimate, bool)> {
        let (least, last, clear) = if self.fast {
            (self.limit.div_ceil(2), self.limit.max(2 * SMALLEST_WINDOW), 0.0..CLEAR_SIGMA_FAST)
        } else {
            (self.enough(), self.enough().saturating_mul(LONGEST_TRIAL), -CLEAR_SIGMA..CLEAR_SIGMA)
        };
        if self.window.count() < least {
            return None;
        }
        let latency = self.window.estimate(SCATTER);
        let above = latency.above(level.latency, factor);
        let decided = !clear.contains(&above) || self.window.count() >= last;
        let at_most = above <= if self.fast { BENEFIT_OF_DOUBT } else { 0.0 };
        decided.then_some((latency, at_most))
    }

    fn welcome(&self) -> Reason {
        Reason::Welcome { answer: seconds(self.level.map_or(0.0, |level| level.latency.mean)) }
    }

    fn raise(&mut self, now: Duration, mut reason: Reason) -> Option<Change> {
        let stride = match self.limit {
            ..=2 if self.fast => 3.0,
            ..8 if self.fast => 1.0,
            _ if self.fast => 0.5,
            _ => self.stride,
        };
        let mut to = scaled(self.limit, 1.0 + stride);
        match self.refusals.room_above(now, self.limit) {
            Room::Free => {}
            Room::UpTo(most) => to = to.min(most),
            Room::Again(refused) => {
                self.refusals.watch_anew(now);
                to = self.limit.saturating_add(1);
                reason = Reason::QuietSince { refused };
            }
            Room::None => return None,
        }
        self.try_limit(now, Phase::More, to, reason)
    }

    fn lower(&mut self, now: Duration, reason: Reason) -> Option<Change> {
        self.try_limit(now, Phase::Fewer, scaled(self.limit, FEWER), reason)
    }

    /// The service refused a request that was sent at `sent`, as the `in_flight`th at once.
    fn back_off(&mut self, now: Duration, sent: Duration, in_flight: u32) -> Option<Change> {
        if self.refusals.is_chance(self.limit, in_flight) {
            return None;
        }
        if sent < self.backed_off {
            // Sent before the limit was lowered: that was the answer to this one, too.
            self.refusals.lower_bound_to(now, in_flight, self.limit);
            return None;
        }
        self.backed_off = now;
        self.fast = false;
        self.stride = STRIDE;
        self.paid = 0;
        let to = match (self.phase, self.level) {
            (Phase::More, Some(level)) => level.limit,
            _ => within(&self.range, scaled(self.limit, BACK_OFF)),
        };
        self.refusals.bound_at(now, in_flight.max(to.saturating_add(1)), self.limit);
        self.more.shorten(now, Duration::ZERO);
        match (self.phase, self.level) {
            (Phase::More, Some(level)) => self.go_back(now, level, Reason::PushedBack),
            (_, Some(level)) => {
                // The latency is not expected to change: when it does, that tells of a queue.
                let level = Level { limit: to, ..level };
                self.level = Some(level);
                self.go_back(now, level, Reason::PushedBack)
            }
            (_, None) => {
                let from = self.limit;
                self.measure_anew(now, to);
                (to != from).then_some(Change { from, to, reason: Reason::PushedBack })
            }
        }
    }
}

#[cfg(test)]
mod tests;
