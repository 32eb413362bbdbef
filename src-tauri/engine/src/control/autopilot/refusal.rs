//! What a service refused, and when to ask for as much again.

use std::collections::VecDeque;
use std::time::Duration;

use super::scaled;

/// Answers without a refusal until what was refused is asked for again; each time that it is refused
/// again, twice as many. One or two refusals in so many answers stay about the 2 % that a service may
/// have to refuse at worst, and well below it in the long run.
const PATIENCE: u32 = 64;

/// So many answers are enough after [`LONGEST_WAIT`]: where answers are few, a service that bears more by
/// now must not go unnoticed for long.
const SLOW_PATIENCE: u32 = 256;
const LONGEST_WAIT: Duration = Duration::from_secs(5);
const LONGEST_PATIENCE: u32 = 4096;

/// Beyond what was refused by steps of a tenth, as it was backed off from.
const STEP: f64 = 1.1;

/// From so many places on, a single refusal may be chance: a bound refuses again at once. With fewer
/// places every refusal is a large share, and the first one counts.
const MANY_PLACES: u32 = 8;

/// Answers remembered to tell a bound from chance: ...
const REMEMBERED: usize = 256;

/// ... where only so small a share was refused, the number of places is not what it is about.
const CHANCE: f64 = 0.02;

/// The bound that a service's refusals show, as far as it is known.
#[derive(Debug, Clone, Default)]
pub(crate) struct Refusals {
    bound: Option<Bound>,
    /// There was one, and more than it was borne.
    gave_up: bool,
    /// Answers since the last refusal that was no chance, or since more was borne.
    calm: u32,
    /// Refusals among them.
    refused: u32,
    /// When that was.
    calm_since: Duration,
    /// The latest answers, the oldest first.
    latest: VecDeque<Outcome>,
}

/// So many at once were refused.
#[derive(Debug, Clone, Copy)]
struct Bound {
    at: u32,
    patience: u32,
    /// One fewer was refused before and is borne now: for how long is still to be seen.
    is_doubtful: bool,
}

#[derive(Debug, Clone, Copy)]
struct Outcome {
    in_flight: u32,
    refused: bool,
}

/// How far a limit may rise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    /// Nothing stands against it.
    Free,
    /// Up to so many, which is below what was refused.
    UpTo(u32),
    /// What was refused may be tried again: one more.
    Again(u32),
    /// Not now.
    None,
}

impl Refusals {
    /// Takes an answer to a request that was sent as the `in_flight`th at once.
    pub(crate) fn remember(&mut self, in_flight: u32, refused: bool) {
        if self.latest.len() == REMEMBERED {
            self.latest.pop_front();
        }
        self.latest.push_back(Outcome { in_flight, refused });
        self.calm = self.calm.saturating_add(1);
        self.refused += u32::from(refused);
    }

    /// Whether the refusal just remembered says nothing about the limit: the service lately bore so many or
    /// more at once but for a few; or, where that is not known, it stands alone.
    pub(crate) fn is_chance(&self, limit: u32, in_flight: u32) -> bool {
        let is_few = |refused: u32, count: u32| f64::from(refused) <= CHANCE * f64::from(count);
        if self.bound.is_some_and(|bound| bound.is_doubtful || limit >= bound.at) {
            return self.refused <= 2 || is_few(self.refused - 2, self.calm);
        }
        let (such, refused) = self.count(|outcome| outcome.in_flight >= in_flight);
        if such >= REMEMBERED as u32 / 2 {
            return is_few(refused, such);
        }
        let lately = self.latest.iter().rev().take(limit as usize / 2);
        limit >= MANY_PLACES && lately.filter(|outcome| outcome.refused).count() < 2
    }

    /// So many of the latest answers are such, and so many of those were refused.
    fn count(&self, is_such: impl Fn(&Outcome) -> bool) -> (u32, u32) {
        let such = self.latest.iter().filter(|outcome| is_such(outcome));
        such.fold((0, 0), |(count, refused), outcome| (count + 1, refused + u32::from(outcome.refused)))
    }

    /// So many at once are too many, found at `limit`.
    pub(crate) fn bound_at(&mut self, now: Duration, at: u32, limit: u32) {
        let patience = match self.bound {
            Some(before) if before.is_doubtful || limit >= before.at => {
                before.patience.saturating_mul(2).min(LONGEST_PATIENCE)
            }
            Some(before) => before.patience,
            None if self.gave_up && self.calm < SLOW_PATIENCE => 2 * PATIENCE,
            None => PATIENCE,
        };
        self.gave_up = false;
        self.bound = Some(Bound { at, patience, is_doubtful: false });
        // They have had their answer, and say nothing of fewer.
        self.latest.retain(|outcome| !outcome.refused);
        self.watch_anew(now);
    }

    /// A refusal that came late shows that even fewer are too many, but more than `limit`.
    pub(crate) fn lower_bound_to(&mut self, now: Duration, at: u32, limit: u32) {
        if let Some(bound) = &mut self.bound {
            bound.at = bound.at.min(at.max(limit.saturating_add(1)));
        }
        self.watch_anew(now);
    }

    /// So many at once were borne. Not for good, perhaps: a service that counts by the second lets a burst
    /// through. So what was refused before is gone beyond by small steps, ever sooner.
    pub(crate) fn borne(&mut self, now: Duration, limit: u32) {
        let Some(before) = self.bound.filter(|bound| limit >= bound.at) else { return };
        let patience = if before.is_doubtful { before.patience / 2 } else { before.patience };
        let at = scaled(limit, STEP);
        self.bound = (patience > PATIENCE).then_some(Bound { at, patience, is_doubtful: true });
        self.gave_up = self.bound.is_none();
        self.watch_anew(now);
    }

    /// What came until now says nothing of what comes: the limit is another one.
    pub(crate) fn watch_anew(&mut self, now: Duration) {
        (self.calm, self.refused, self.calm_since) = (0, 0, now);
    }

    pub(crate) fn room_above(&self, now: Duration, limit: u32) -> Room {
        match self.bound {
            None => Room::Free,
            Some(Bound { at, .. }) if limit.saturating_add(1) < at => Room::UpTo(at - 1),
            Some(Bound { at, patience, .. }) if self.is_calm(now, patience) => Room::Again(at),
            Some(_) => Room::None,
        }
    }

    fn is_calm(&self, now: Duration, patience: u32) -> bool {
        let has_waited = now.saturating_sub(self.calm_since) >= LONGEST_WAIT;
        self.calm >= if has_waited { patience.min(SLOW_PATIENCE) } else { patience }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(refusals: &mut Refusals, count: u32, in_flight: u32) {
        (0..count).for_each(|_| refusals.remember(in_flight, false));
    }

    #[test]
    fn what_was_refused_is_tried_again_after_a_while_and_then_more_rarely() {
        let mut refusals = Refusals::default();
        refusals.remember(21, true);
        refusals.bound_at(Duration::ZERO, 21, 24);
        assert_eq!(refusals.room_above(Duration::ZERO, 16), Room::UpTo(20));
        assert_eq!(refusals.room_above(Duration::ZERO, 20), Room::None);
        answers(&mut refusals, PATIENCE, 20);
        assert_eq!(refusals.room_above(Duration::ZERO, 20), Room::Again(21));
        refusals.remember(21, true);
        refusals.bound_at(Duration::ZERO, 21, 21);
        answers(&mut refusals, PATIENCE, 20);
        assert_eq!(refusals.room_above(Duration::ZERO, 20), Room::None);
        answers(&mut refusals, PATIENCE, 20);
        assert_eq!(refusals.room_above(Duration::ZERO, 20), Room::Again(21));
    }

    #[test]
    fn what_is_borne_after_all_is_believed_at_once_where_it_was_refused_but_once() {
        let mut refusals = Refusals::default();
        refusals.bound_at(Duration::ZERO, 21, 24);
        refusals.borne(Duration::ZERO, 21);
        assert_eq!(refusals.room_above(Duration::ZERO, 21), Room::Free);
    }

    #[test]
    fn a_burst_that_is_borne_again_and_again_is_asked_for_ever_more_rarely() {
        let mut refusals = Refusals::default();
        for patience in [PATIENCE, 2 * PATIENCE, 4 * PATIENCE] {
            refusals.bound_at(Duration::ZERO, 9, 9);
            answers(&mut refusals, patience - 1, 8);
            assert_eq!(refusals.room_above(Duration::ZERO, 8), Room::None);
            answers(&mut refusals, 1, 8);
            assert_eq!(refusals.room_above(Duration::ZERO, 8), Room::Again(9));
            refusals.borne(Duration::ZERO, 9);
        }
    }

    #[test]
    fn what_few_answers_do_not_tell_time_does() {
        let mut refusals = Refusals::default();
        for _ in 0..5 {
            refusals.bound_at(Duration::ZERO, 9, 9);
        }
        answers(&mut refusals, SLOW_PATIENCE, 8);
        assert_eq!(refusals.room_above(Duration::ZERO, 8), Room::None);
        assert_eq!(refusals.room_above(LONGEST_WAIT, 8), Room::Again(9));
    }

    #[test]
    fn refusals_of_a_bound_say_nothing_of_fewer() {
        let mut refusals = Refusals::default();
        answers(&mut refusals, 200, 6);
        (0..10).for_each(|_| refusals.remember(6, true));
        assert!(!refusals.is_chance(6, 6));
        refusals.bound_at(Duration::ZERO, 6, 6);
        refusals.remember(5, true);
        assert!(refusals.is_chance(5, 5));
    }

    #[test]
    fn one_refusal_among_many_answers_is_chance_and_two_at_once_are_not() {
        let mut refusals = Refusals::default();
        answers(&mut refusals, 200, 16);
        refusals.remember(16, true);
        assert!(refusals.is_chance(16, 16));
        answers(&mut refusals, 60, 20);
        refusals.remember(24, true);
        refusals.remember(24, true);
        assert!(!refusals.is_chance(24, 24), "so many had never been borne");
    }

    #[test]
    fn with_few_places_the_first_refusal_counts() {
        let mut refusals = Refusals::default();
        refusals.remember(5, true);
        assert!(!refusals.is_chance(5, 5));
    }
}
