//! Levels and limits: standing on one, trying another, going back.

use std::time::Duration;

use super::super::measure::{Estimate, Sample};
use super::super::rest::seconds;
use super::super::{Change, Reason, within};
use super::{LatencyRule, Level, Phase, SETTLE, SMALLEST_WINDOW};

impl LatencyRule {
    pub(super) fn stand_here(&mut self, latency: Estimate) {
        if self.fast {
            match &mut self.unloaded {
                None => self.unloaded = Some(latency),
                // The levels of a fast start all tell of the unloaded service, until one does not.
                Some(unloaded) if latency.above(*unloaded, 1.0) < 1.0 => unloaded.pool(latency),
                Some(_) => {}
            }
        }
        self.level = Some(Level { limit: self.limit, latency });
        self.phase = Phase::Settled;
        self.window = Sample::default();
        self.suspicion = false;
    }

    pub(super) fn measure_anew(&mut self, now: Duration, limit: u32) {
        let latency = self.level.take().map_or(0.0, |level| level.latency.mean);
        self.phase = Phase::Measuring;
        self.turn(now, limit, latency);
    }

    pub(super) fn go_back(&mut self, now: Duration, level: Level, reason: Reason) -> Option<Change> {
        self.phase = Phase::Settled;
        let from = self.limit;
        self.turn(now, level.limit, level.latency.mean);
        (level.limit != from).then_some(Change { from, to: level.limit, reason })
    }

    pub(super) fn try_limit(
        &mut self,
        now: Duration,
        phase: Phase,
        to: u32,
        reason: Reason,
    ) -> Option<Change> {
        let (from, to) = (self.limit, within(&self.range, to));
        if to == from {
            return None;
        }
        self.phase = phase;
        let latency = self.level.map_or(0.0, |level| level.latency.mean);
        self.turn(now, to, if self.fast { 0.0 } else { latency });
        Some(Change { from, to, reason })
    }

    /// Sets the limit; measuring begins when answers as slow as `latency` seconds have settled.
    pub(super) fn turn(&mut self, now: Duration, limit: u32, latency: f64) {
        self.limit = limit;
        self.window = Sample::default();
        self.suspicion = false;
        self.changed = now;
        self.steady = now + seconds(SETTLE * latency);
    }

    /// Answers that make a window: one round trip of all places.
    pub(super) fn enough(&self) -> u32 {
        if self.fast { self.limit } else { self.limit.max(SMALLEST_WINDOW) }
    }
}
