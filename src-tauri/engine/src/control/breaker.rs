//! When a whole service counts as away: told apart from records that fail by themselves.

use std::time::Duration;

/// Connections refused in a row that mean an outage: a record cannot be to blame for them.
const UNREACHABLE: u32 = 3;

/// Failures in a row, each of a record's first try, that mean an outage. Retries do not count:
/// at a run's end only poisoned records may be left, and they fail without the service's fault.
const FAILING: u32 = 8;

/// Requests to slow down in a row that mean an outage.
const THROTTLED: u32 = 60;

/// What an answer says about its service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    /// It answers, even if it rejects the record.
    Answers,
    /// The connection failed.
    Unreachable,
    /// It failed on its side, or did not answer in time.
    Failing { first_try: bool },
    /// It asks us to slow down.
    Throttled,
    /// It refuses our sign-in.
    Denied,
}

/// The breaker of one step at one service. It only opens; a success closes it again.
#[derive(Debug, Clone, Default)]
pub(crate) struct Breaker {
    unreachable: u32,
    failing: u32,
    throttled: u32,
    /// When the row of failures began.
    since: Option<Duration>,
    open: bool,
}

/// The breaker is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Open {
    /// When the row of failures began, since the start of the run. What failed from then on is the
    /// service's doing.
    pub(crate) since: Duration,
}

impl Breaker {
    /// Takes a sign of a request that began then; tells whether the breaker is open after it.
    pub(crate) fn observe(&mut self, sign: Sign, began: Duration, now: Duration) -> Option<Open> {
        match sign {
            Sign::Answers => {
                // An answer that was on its way before the first failure does not speak for the time after.
                let since = self.since.filter(|since| began < *since);
                *self = Self { since, open: self.open && since.is_some(), ..Self::default() };
                return None;
            }
            Sign::Unreachable => self.unreachable += 1,
            Sign::Failing { first_try: true } => self.failing += 1,
            Sign::Failing { first_try: false } => {}
            Sign::Throttled => self.throttled += 1,
            Sign::Denied => self.open = true,
        }
        let since = *self.since.get_or_insert(now);
        self.open |= self.unreachable >= UNREACHABLE
            || self.unreachable + self.failing >= FAILING
            || self.throttled >= THROTTLED;
        self.open.then_some(Open { since })
    }

    /// One more sign of the outage opens it.
    pub(crate) fn half_open(&mut self) {
        *self = Self {
            unreachable: UNREACHABLE - 1,
            failing: FAILING - UNREACHABLE,
            throttled: THROTTLED - 1,
            ..Self::default()
        };
    }

    /// When the row of failures began. None: the last that is known of it is that it answers.
    pub(crate) fn failing_since(&self) -> Option<Duration> {
        self.since
    }

    pub(crate) fn is_open(&self) -> bool {
        self.open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(signs: &[Sign]) -> Option<Open> {
        let mut breaker = Breaker::default();
        let observed = |(at, sign): (usize, &Sign)| {
            let now = Duration::from_secs(at as u64);
            breaker.observe(*sign, now, now)
        };
        signs.iter().enumerate().map(observed).last().flatten()
    }

    const FIRST: Sign = Sign::Failing { first_try: true };
    const AGAIN: Sign = Sign::Failing { first_try: false };

    #[test]
    fn a_service_that_fails_for_all_is_away() {
        assert_eq!(after(&[FIRST; 7]), None);
        assert_eq!(after(&[FIRST; 8]), Some(Open { since: Duration::ZERO }));
        assert_eq!(after(&[Sign::Unreachable; 3]), Some(Open { since: Duration::ZERO }));
        assert_eq!(after(&[Sign::Denied]), Some(Open { since: Duration::ZERO }));
    }

    #[test]
    fn poisoned_records_alone_make_no_outage() {
        assert_eq!(after(&[AGAIN; 500]), None, "the same records over and over");
        let mixed: Vec<Sign> = (0..700).map(|n| if n % 7 == 6 { Sign::Answers } else { FIRST }).collect();
        assert_eq!(after(&mixed), None, "a service that answers now and then is there");
    }

    #[test]
    fn after_an_outage_one_sign_is_enough_and_an_answer_forgives() {
        let mut breaker = Breaker::default();
        breaker.observe(Sign::Denied, Duration::ZERO, Duration::ZERO);
        breaker.half_open();
        assert!(!breaker.is_open());
        assert!(breaker.clone().observe(FIRST, Duration::ZERO, Duration::ZERO).is_some());
        assert!(breaker.clone().observe(Sign::Unreachable, Duration::ZERO, Duration::ZERO).is_some());
        assert!(
            breaker.clone().observe(AGAIN, Duration::ZERO, Duration::ZERO).is_none(),
            "a poisoned record proves nothing"
        );
        breaker.observe(Sign::Answers, Duration::ZERO, Duration::ZERO);
        assert!(breaker.observe(FIRST, Duration::ZERO, Duration::ZERO).is_none());
    }

    #[test]
    fn the_row_begins_after_the_last_answer() {
        let mut signs = vec![FIRST, Sign::Answers];
        signs.extend([FIRST; 8]);
        assert_eq!(after(&signs), Some(Open { since: Duration::from_secs(2) }));
    }

    #[test]
    fn an_answer_that_was_on_its_way_before_does_not_end_the_row() {
        let second = Duration::from_secs;
        let mut breaker = Breaker::default();
        breaker.observe(FIRST, second(1), second(2));
        breaker.observe(Sign::Answers, second(1), second(3));
        let open = (0..8).map(|_| breaker.observe(FIRST, second(3), second(4))).last().flatten();
        assert_eq!(open, Some(Open { since: second(2) }), "but it takes as many failures as ever");
        breaker.observe(Sign::Answers, second(1), second(5));
        assert!(breaker.is_open(), "nor does it close what is open");
        breaker.observe(Sign::Answers, second(5), second(6));
        assert_eq!((breaker.failing_since(), breaker.is_open()), (None, false));
    }
}
