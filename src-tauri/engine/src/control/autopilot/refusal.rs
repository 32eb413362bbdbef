//! What a service refused, and when to ask for as much again.

use std::collections::VecDeque;

/// Answers without a refusal until what was refused is asked for again; each time that it is refused
/// again, twice as many. One or two refusals in so many answers stay about the 2 % that a service may
/// have to refuse at worst, and well below it in the long run.
const PATIENCE: u32 = 64;
const LONGEST_PATIENCE: u32 = 256;

/// From so many places on, a single refusal may be chance: a bound refuses again at once. With fewer
/// places every refusal is a large share, and the first one counts.
const MANY_PLACES: u32 = 8;

/// Answers remembered to tell a bound from chance: ...
const REMEMBERED: usize = 128;

/// ... where only so small a share was refused, the number of places is not what it is about.
const CHANCE: f64 = 0.03;

/// The bound that a service's refusals show, as far as it is known.
#[derive(Debug, Clone, Default)]
pub(crate) struct Refusals {
    bound: Option<Bound>,
    /// Answers since the last refusal.
    calm: u32,
    /// The latest answers, the oldest first.
    latest: VecDeque<Outcome>,
}

/// So many at once were refused.
#[derive(Debug, Clone, Copy)]
struct Bound {
    at: u32,
    patience: u32,
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
        self.calm = if refused { 0 } else { self.calm.saturating_add(1) };
    }

    /// Whether the refusal just remembered says nothing about the limit: it stands alone, or the
    /// service lately bore so many or more at once but for a few.
    pub(crate) fn is_chance(&self, limit: u32, in_flight: u32) -> bool {
        let lately = self.latest.iter().rev().take(limit as usize / 2);
        if limit >= MANY_PLACES && lately.filter(|outcome| outcome.refused).count() < 2 {
            return true;
        }
        let such = self.latest.iter().filter(|outcome| outcome.in_flight >= in_flight);
        let (count, refused) = such
            .fold((0, 0), |(count, refused), outcome| (count + 1, refused + usize::from(outcome.refused)));
        count >= REMEMBERED / 2 && refused as f64 <= CHANCE * count as f64
    }

    /// So many at once are too many, found at `limit`.
    pub(crate) fn bound_at(&mut self, at: u32, limit: u32) {
        let patience = match self.bound {
            Some(before) if limit >= before.at => before.patience.saturating_mul(2).min(LONGEST_PATIENCE),
            Some(before) => before.patience,
            None => PATIENCE,
        };
        self.bound = Some(Bound { at, patience });
    }

    /// A refusal that came late shows that even fewer are too many, but more than `limit`.
    pub(crate) fn lower_bound_to(&mut self, at: u32, limit: u32) {
        if let Some(bound) = &mut self.bound {
            bound.at = bound.at.min(at.max(limit.saturating_add(1)));
        }
    }

    /// So many at once were borne.
    pub(crate) fn borne(&mut self, limit: u32) {
        if self.bound.is_some_and(|bound| limit >= bound.at) {
            self.bound = None;
        }
    }

    pub(crate) fn room_above(&self, limit: u32) -> Room {
        match self.bound {
            None => Room::Free,
            Some(Bound { at, .. }) if limit.saturating_add(1) < at => Room::UpTo(at - 1),
            Some(Bound { at, patience }) if self.calm >= patience => Room::Again(at),
            Some(_) => Room::None,
        }
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
        refusals.bound_at(21, 24);
        assert_eq!(refusals.room_above(16), Room::UpTo(20));
        assert_eq!(refusals.room_above(20), Room::None);
        answers(&mut refusals, PATIENCE, 20);
        assert_eq!(refusals.room_above(20), Room::Again(21));
        refusals.remember(21, true);
        refusals.bound_at(21, 21);
        answers(&mut refusals, PATIENCE, 20);
        assert_eq!(refusals.room_above(20), Room::None);
        answers(&mut refusals, PATIENCE, 20);
        assert_eq!(refusals.room_above(20), Room::Again(21));
        refusals.borne(21);
        assert_eq!(refusals.room_above(21), Room::Free);
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
