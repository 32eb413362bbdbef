//! An outage: nobody is blamed, nothing is lost, and the run goes on by itself.

use std::time::Duration;

use sluice_tests::command::{COMPLETE, STOPPED};
use sluice_tests::compare::assert_same;
use sluice_tests::lab::{Lab, Outage, Script};
use sluice_tests::process::Running;
use sluice_tests::services::Served;
use sluice_tests::site::Site;
use sluice_tests::{tree, wait};

const FILES: u64 = 400;

fn served(lab: &Lab) -> Served {
    let site = Site::new();
    tree::small_files(&site.source, FILES, 1);
    Served::new(site, lab, "[limits]\nbatch_size = 100\nconcurrency = 8")
}

fn lab() -> Lab {
    Lab::start(Script { latency: Duration::from_millis(10), ..Script::default() })
}

fn under_way(served: &Served, lab: &Lab, more: &[&str]) -> Running {
    let running = served.start(more);
    wait::until("the first assets", || (lab.registered() > 50).then_some(()));
    running
}

/// The status while the command runs.
fn report(served: &Served) -> serde_json::Value {
    let args = ["status".as_ref(), served.checkpoint.as_os_str(), "--json".as_ref()];
    sluice_tests::command::run(args).expect(COMPLETE).json()
}

#[test]
fn a_look_at_a_service_that_is_away_costs_it_one_request() {
    let lab = lab();
    let served = served(&lab);
    let running = under_way(&served, &lab, &[]);
    lab.outage(Some(Outage::Unavailable));
    let outage = |looks: u64| {
        let outage = report(&served)["outage"].clone();
        (outage["next_probe_ms"].is_number() && outage["probes"] == looks).then_some(())
    };
    wait::until("what was in flight to end", || outage(0));
    let asked = lab.requests();
    wait::until("two looks", || outage(2));
    assert_eq!(lab.requests() - asked, 2);
    lab.outage(None);
    running.ended().expect(COMPLETE);
    assert_eq!(served.status().retries, 0);
}

#[test]
fn an_outage_of_any_kind_costs_no_attempt_and_ends_by_itself() {
    for outage in [Outage::Refused, Outage::Reset, Outage::Unavailable] {
        let lab = lab();
        let served = served(&lab);
        let running = under_way(&served, &lab, &[]);
        lab.outage(Some(outage));
        let asked_again = || {
            let report = report(&served);
            (report["state"] == "waiting" && report["outage"]["next_probe_ms"].is_number()).then_some(report)
        };
        let report = wait::until("the run to wait, and to say when it looks again", asked_again);
        assert_eq!(report["outage"]["category"], "service_down", "{report}");
        let asked = lab.requests();
        lab.outage(None);

        running.ended().expect(COMPLETE);
        assert_same(&served.site.source, &served.site.destination);
        let paths = served.paths();
        lab.assert_each_once(paths.iter().map(String::as_str));
        let status = served.status();
        assert_eq!((status.failed, status.attempts, status.retries), (0, FILES, 0), "{outage:?}: {status:?}");
        assert!(lab.requests() > asked);
    }
}

#[test]
fn a_refused_sign_in_stops_the_run_and_not_the_records() {
    let lab = lab();
    let served = served(&lab);
    lab.outage(Some(Outage::Denied));
    let ended = served.run(&["--outage-wait", "0"]).expect(STOPPED);
    assert!(ended.stdout.contains("secret"), "it says what to do: {}", ended.stdout);
    let status = served.status();
    assert_eq!((status.state.as_str(), status.failed, status.attempts), ("paused", 0, 0));
    assert!(lab.requests() <= 8, "one for each in flight, and no more: {}", lab.requests());
}

#[test]
fn patience_has_an_end_and_a_later_run_goes_on() {
    let lab = lab();
    let served = served(&lab);
    let running = under_way(&served, &lab, &["--outage-wait", "1"]);
    lab.outage(Some(Outage::Refused));
    let ended = running.ended().expect(STOPPED);
    assert!(ended.stdout.contains("waits"), "{}", ended.stdout);
    let status = served.status();
    assert_eq!((status.state.as_str(), status.failed, status.retries), ("paused", 0, 0));
    lab.outage(None);
    served.run(&[]).expect(COMPLETE);
    assert_eq!(served.status().attempts, FILES);
}
