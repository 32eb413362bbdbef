//! The rule against answers made up one by one; `simulation` has it against services.

use proptest::prelude::*;

use super::*;

/// Rounds of answers, all places taken, each as slow as `latency` milliseconds says.
fn answers(rule: &mut LatencyRule, now: &mut Duration, rounds: u32, latency: impl Fn(u32) -> u64) {
    for _ in 0..rounds {
        let in_flight = rule.limit();
        let latency = Duration::from_millis(latency(in_flight));
        *now += latency;
        for _ in 0..in_flight {
            rule.observe(*now, Answer { latency, pushed_back: false, in_flight });
        }
    }
}

/// Sixteen servers that take 80 ms.
fn sixteen(in_flight: u32) -> u64 {
    80 * u64::from(in_flight.max(16)) / 16
}

#[test]
fn it_doubles_from_a_cold_start_and_stops_at_the_knee() {
    let (mut rule, mut now) = (LatencyRule::new(1..=256, 1), Duration::ZERO);
    answers(&mut rule, &mut now, 12, sixteen);
    assert!((16..=20).contains(&rule.limit()), "{}", rule.limit());
}

#[test]
fn places_that_are_not_taken_are_no_reason_for_more() {
    let mut rule = LatencyRule::new(1..=256, 10);
    for second in 1..200 {
        let answer = Answer { latency: Duration::from_millis(80), pushed_back: false, in_flight: 3 };
        assert_eq!(rule.observe(Duration::from_secs(second), answer), None);
    }
}

#[test]
fn a_burst_of_refusals_is_one_decrease() {
    let (mut rule, mut now) = (LatencyRule::new(1..=20, 20), Duration::ZERO);
    answers(&mut rule, &mut now, 1, |_| 80);
    now += Duration::from_millis(80);
    for in_flight in 10..20 {
        let answer = Answer { latency: Duration::from_millis(80), pushed_back: true, in_flight };
        rule.observe(now, answer);
    }
    assert_eq!(rule.limit(), 18);
}

#[test]
fn one_answer_that_hung_is_no_slowdown() {
    let (mut rule, mut now) = (LatencyRule::new(16..=16, 16), Duration::ZERO);
    answers(&mut rule, &mut now, 20, sixteen);
    rule.reset_range(now, 1..=16);
    now += Duration::from_secs(60);
    let hung = Answer { latency: Duration::from_secs(30), pushed_back: false, in_flight: 16 };
    assert_eq!(rule.observe(now, hung), None);
    answers(&mut rule, &mut now, 3, sixteen);
    assert_eq!(rule.limit(), 16);
}

#[test]
fn the_persons_hand_comes_first() {
    let (mut rule, mut now) = (LatencyRule::new(1..=256, 1), Duration::ZERO);
    answers(&mut rule, &mut now, 12, sixteen);
    rule.set_limit(now, 5);
    assert_eq!(rule.limit(), 5);
    rule.reset_range(now, 1..=4);
    assert_eq!(rule.limit(), 4);
    answers(&mut rule, &mut now, 200, sixteen);
    assert!(rule.limit() <= 4);
}

proptest! {
    #[test]
    fn the_limit_stays_in_range(low in 0u32..20, span in 0u32..200, start in 0u32..300, steps in proptest::collection::vec((0u64..3000, 0u64..5000, 0u8..10, 0u32..300), 0..600)) {
        let range = low..=low + span;
        let mut rule = LatencyRule::new(range.clone(), start);
        let mut now = Duration::ZERO;
        for (elapsed, latency, refused, in_flight) in steps {
            now += Duration::from_millis(elapsed);
            let before = rule.limit();
            let in_flight = if in_flight < 250 { before } else { in_flight };
            let latency = Duration::from_millis(latency);
            let change = rule.observe(now, Answer { latency, pushed_back: refused == 0, in_flight });
            prop_assert!(range.contains(&rule.limit()) || (rule.limit() == 1 && low + span == 0));
            prop_assert_ne!(rule.limit(), 0);
            prop_assert_eq!(change.map_or((before, before), |change| (change.from, change.to)), (before, rule.limit()));
        }
    }
}
