//! Retries: only where they can help, by the record's schedule, within the service's budget.

use std::time::Duration;

use sluice_tests::command::{self, COMPLETE, WITH_FAILURES};
use sluice_tests::lab::{Lab, Poison, Retry, Route, Script, Venom};
use sluice_tests::services::Served;
use sluice_tests::site::Site;
use sluice_tests::tree;

const QUICK: &str = "[limits]\nbatch_size = 100\nconcurrency = 16\n[control]\nbackoff_base_ms = 100";

fn served(lab: &Lab, files: u64, more: &str) -> Served {
    let site = Site::new();
    tree::small_files(&site.source, files, 1);
    Served::new(site, lab, more)
}

#[test]
fn a_permanent_failure_costs_one_request() {
    for (venom, category) in [(Venom::Reject, "request_rejected"), (Venom::Missing, "not_found")] {
        let poison = Poison::new("take-00001", venom).on(Route::Lookup);
        let lab = Lab::start(Script { poison: vec![poison], ..Script::default() });
        let served = served(&lab, 40, QUICK);
        served.run(&[]).expect(WITH_FAILURES);
        let failures = command::failures(&served.checkpoint);
        assert_eq!(failures.len(), 10);
        assert!(failures.iter().all(|failure| failure.category == category && failure.attempts == 1));
        let seen = lab.seen();
        assert_eq!((seen.lookups, seen.registers, seen.retries), (40, 30, 0));
    }
}

#[test]
fn a_copy_that_was_not_registered_is_no_stranger() {
    let poison = Poison::new("take-00001", Venom::Reject).on(Route::Register);
    let lab = Lab::start(Script { poison: vec![poison], ..Script::default() });
    let served = served(&lab, 40, QUICK);
    served.run(&[]).expect(WITH_FAILURES);
    let args = ["verify".as_ref(), served.checkpoint.as_os_str(), "--json".as_ref()];
    let report = command::run(args).expect(COMPLETE).json();
    assert_eq!((&report["matching"], &report["orphans"]), (&30.into(), &0.into()), "{report}");
}

#[test]
fn what_fails_by_chance_is_tried_again_within_the_budget() {
    let script = Script {
        errors: 0.08,
        resets: 0.02,
        lost_answers: 0.02,
        latency: Duration::from_millis(2),
        ..Script::default()
    };
    let lab = Lab::start(script);
    let served = served(&lab, 500, QUICK);
    let start = lab.clock();
    served.run(&[]).expect(COMPLETE);
    let paths = served.paths();
    lab.assert_each_once(paths.iter().map(String::as_str));
    let seen = lab.seen();
    let firsts = (seen.requests - seen.retries) as f64;
    let most = 10.0 + 0.2 * firsts + (lab.clock() - start).as_secs_f64();
    assert!(seen.retries > 0 && (seen.retries as f64) <= most, "{} retries, at most {most}", seen.retries);
    assert!(served.status().retries > 0);
}

#[test]
fn retries_of_all_records_together_stay_within_the_budget_when_much_fails() {
    // A third of all requests fail: without a budget that would be half as many again.
    let lab = Lab::start(Script { errors: 0.33, latency: Duration::from_millis(2), ..Script::default() });
    let more = "[limits]\nbatch_size = 50\nconcurrency = 16\n[control]\nbackoff_base_ms = 10\nattempts = 4";
    let served = served(&lab, 60, more);
    let start = lab.clock();
    let ended = served.run(&["--json"]);
    assert!([Some(COMPLETE), Some(WITH_FAILURES)].contains(&ended.code), "{ended:?}");
    let seen = lab.seen();
    let firsts = (seen.requests - seen.retries) as f64;
    let most = 10.0 + 0.2 * firsts + (lab.clock() - start).as_secs_f64();
    assert!((seen.retries as f64) <= most, "{} retries, at most {most}", seen.retries);
}

#[test]
fn a_service_that_asks_for_time_gets_it_in_both_forms() {
    for retry in [Retry::Seconds(1), Retry::Date(2)] {
        let script = Script {
            workers: 2,
            queue: 2,
            latency: Duration::from_millis(20),
            retry_after: Some(retry),
            ..Script::default()
        };
        let lab = Lab::start(script);
        let served = served(&lab, 16, "[limits]\nconcurrency = 12\n[control]\nbackoff_base_ms = 50");
        served.run(&[]).expect(COMPLETE);
        let seen = lab.seen();
        assert!(seen.throttled > 0, "twelve at once are too many for it");
        assert_eq!(seen.hasty, 0, "no retry came before its time");
        assert_eq!(served.status().throttled, seen.throttled);
    }
}

#[test]
fn a_rate_that_the_person_sets_is_kept() {
    let lab = Lab::start(Script { rate: Some(60.0), burst: 60.0, ..Script::default() });
    let limit = format!("[endpoints.\"{}\"]\nrate = 50\nburst = 5", lab.url());
    let served = served(&lab, 100, &limit);
    let start = lab.clock();
    served.run(&[]).expect(COMPLETE);
    let seen = lab.seen();
    assert_eq!(seen.throttled, 0);
    // 200 requests at 50 a second, five of them at once.
    assert!(lab.clock() - start >= Duration::from_secs_f64(3.8));
}
