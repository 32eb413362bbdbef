//! When a record is tried again, and how many retries a service may get.

use std::time::Duration;

use crate::failure::{Category, Class};
use crate::record::Failure;
use crate::spec::Control;

/// Retries that a service may always get, so that a quiet one is not left without any.
const BUDGET_FLOOR: f64 = 10.0;

/// The floor fills up again at this pace (retries a second).
const BUDGET_REFILL: f64 = 1.0;

/// Retries that may be saved up.
const BUDGET_MAX: f64 = 500.0;

/// First requests are counted over about this long (seconds) to know how fast the budget fills.
const RATE_WINDOW_S: f64 = 10.0;

/// No record waits longer than this for a retry that its service may get.
const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// How long a failed record waits for its next try; None where trying again cannot help or its
/// tries are used up. `tries`: those it had, this one included. `random`: 0 to 1.
///
/// Exponential backoff with full jitter: between nothing and base × 2^(tries − 1), at most the cap
/// (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015). Where the service
/// says how long, that is the least.
pub(crate) fn next_try(control: &Control, failure: &Failure, tries: u32, random: f64) -> Option<Duration> {
    if failure.class() != Class::Transient || tries >= attempts(control, failure.category) {
        return None;
    }
    let rule = control.retry.get(&failure.category).copied().unwrap_or_default();
    let base = Duration::from_millis(rule.backoff_base_ms.unwrap_or(control.backoff_base_ms).into());
    let cap = Duration::from_secs(rule.backoff_cap_s.unwrap_or(control.backoff_cap_s).into());
    let most = base.saturating_mul(1 << (tries.clamp(1, 20) - 1)).min(cap);
    Some(failure.retry_after.unwrap_or_default() + most.mul_f64(random.clamp(0.0, 1.0)))
}

/// Tries that a record of this category gets. A service that asks to slow down is not the record's
/// fault, so that gets four times as many.
fn attempts(control: &Control, category: Category) -> u32 {
    let own = control.retry.get(&category).and_then(|rule| rule.attempts);
    own.unwrap_or(if category == Category::Throttled { control.attempts * 4 } else { control.attempts })
}

/// The retries that a service may get: a share of its first requests on top of a small floor, so
/// that retries of all records together cannot become a storm (Finagle's `RetryBudget`; gRPC A6).
#[derive(Debug, Clone)]
pub(crate) struct RetryBudget {
    saved: f64,
    share: f64,
    at: Duration,
    /// First requests a second, lately.
    firsts: f64,
    first_at: Duration,
    /// Until then every retry that will be saved up is promised to somebody.
    promised: Duration,
}

impl RetryBudget {
    /// `percent`: retries for a hundred requests.
    pub(crate) fn new(percent: u32) -> Self {
        Self {
            saved: BUDGET_FLOOR,
            share: f64::from(percent) / 100.0,
            at: Duration::ZERO,
            firsts: 0.0,
            first_at: Duration::ZERO,
            promised: Duration::ZERO,
        }
    }

    pub(crate) fn set_percent(&mut self, percent: u32) {
        self.share = f64::from(percent) / 100.0;
    }

    /// A first request goes out.
    pub(crate) fn first(&mut self, now: Duration) {
        self.saved = (self.saved + self.share).min(BUDGET_MAX);
        let since = now.saturating_sub(self.first_at).as_secs_f64();
        self.firsts = self.firsts * (-since / RATE_WINDOW_S).exp() + 1.0 / RATE_WINDOW_S;
        self.first_at = now;
    }

    /// So many requests were spoiled by an outage. They go out again as if nothing had been asked,
    /// so they are taken off here.
    pub(crate) fn charge(&mut self, spoiled: u64) {
        self.saved = (self.saved - spoiled as f64 * (1.0 + self.share)).max(-BUDGET_MAX);
    }

    /// A retry may go out now, and is taken off; or how long it waits until its turn may have come.
    /// Each one that is refused is told another time, so that they do not all come back at once.
    /// `now`: since the start of the run.
    pub(crate) fn retry(&mut self, now: Duration) -> Result<(), Duration> {
        if self.saved < BUDGET_FLOOR {
            let refilled = now.saturating_sub(self.at).as_secs_f64() * BUDGET_REFILL;
            self.saved = (self.saved + refilled).min(BUDGET_FLOOR);
        }
        self.at = now;
        if self.saved >= 1.0 {
            self.saved -= 1.0;
            return Ok(());
        }
        let idle = now.saturating_sub(self.first_at).as_secs_f64();
        let a_second = BUDGET_REFILL + self.share * self.firsts * (-idle / RATE_WINDOW_S).exp();
        self.promised = self.promised.max(now) + Duration::from_secs_f64(1.0 / a_second);
        Err((self.promised - now).min(LONGEST_WAIT))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::failure::Stage;
    use crate::spec::RetryRule;

    fn failure(category: Category) -> Failure {
        Failure::new(Stage::Transform, category, "")
    }

    #[test]
    fn only_what_may_pass_is_tried_again_and_not_for_ever() {
        let control = Control::default();
        assert_eq!(next_try(&control, &failure(Category::RequestRejected), 1, 1.0), None);
        let waits: Vec<_> = (1..=5)
            .map(|tries| next_try(&control, &failure(Category::ServiceError), tries, 1.0))
            .map(|wait| wait.map(|wait| wait.as_secs()))
            .collect();
        assert_eq!(waits, [Some(1), Some(2), Some(4), Some(8), None]);
    }

    #[test]
    fn a_service_that_says_how_long_is_heard() {
        let asked = Failure { retry_after: Some(Duration::from_secs(90)), ..failure(Category::Throttled) };
        assert_eq!(next_try(&Control::default(), &asked, 1, 0.0), Some(Duration::from_secs(90)));
    }

    #[test]
    fn a_category_may_have_its_own_rule() {
        let mut control = Control::default();
        let rule = RetryRule { attempts: Some(2), backoff_base_ms: Some(50), backoff_cap_s: None };
        control.retry.insert(Category::SourceChanged, rule);
        let changed = failure(Category::SourceChanged);
        assert_eq!(next_try(&control, &changed, 1, 1.0), Some(Duration::from_millis(50)));
        assert_eq!(next_try(&control, &changed, 2, 1.0), None);
    }

    proptest! {
        #[test]
        fn retries_never_exceed_their_share(percent in 0u32..=100, events in proptest::collection::vec((any::<bool>(), 0u64..200), 1..600)) {
            let mut budget = RetryBudget::new(percent);
            let (mut firsts, mut retries, mut now) = (0u32, 0u32, Duration::ZERO);
            for (is_retry, later) in events {
                now += Duration::from_millis(later);
                if is_retry {
                    retries += u32::from(budget.retry(now).is_ok());
                } else {
                    budget.first(now);
                    firsts += 1;
                }
                let most = BUDGET_FLOOR + f64::from(firsts) * f64::from(percent) / 100.0
                    + now.as_secs_f64() * BUDGET_REFILL;
                prop_assert!(f64::from(retries) <= most + 1e-6);
            }
        }

        #[test]
        fn whoever_is_refused_is_told_a_time_of_his_own(refused in 2usize..200) {
            let mut budget = RetryBudget::new(20);
            while budget.retry(Duration::ZERO).is_ok() {}
            let waits: Vec<Duration> = (0..refused).filter_map(|_| budget.retry(Duration::ZERO).err()).collect();
            prop_assert!(waits.is_sorted_by(|a, b| a < b), "{waits:?}");
        }

        #[test]
        fn no_wait_is_longer_than_the_cap(tries in 1u32..5, random in 0.0..=1.0f64) {
            let control = Control { backoff_cap_s: 3, ..Control::default() };
            let wait = next_try(&control, &failure(Category::Timeout), tries, random).unwrap();
            prop_assert!(wait <= Duration::from_secs(3));
        }
    }
}
