//! The recovery lane: failed records are tried again by themselves while the run goes on.

use std::time::Duration;

use sluice_tests::command::COMPLETE;
use sluice_tests::lab::{Lab, Poison, Route, Script, Venom};
use sluice_tests::services::Served;
use sluice_tests::site::Site;
use sluice_tests::{tree, wait};

#[test]
fn a_schedule_takes_failed_records_onto_the_lane_while_the_run_goes_on() {
    let poison = Poison::new("take-00000", Venom::Missing).on(Route::Lookup);
    let lab =
        Lab::start(Script { poison: vec![poison], latency: Duration::from_millis(20), ..Script::default() });
    let site = Site::new();
    tree::small_files(&site.source, 400, 1);
    let more = "[limits]\nbatch_size = 40\nconcurrency = 4\n\
                [[control.recovery.schedule]]\ncategory = \"not_found\"\nstage = \"transform\"\nafter_s = 1\ntimes = 50";
    let served = Served::new(site, &lab, more);
    let running = served.start(&[]);
    wait::until("the first failures", || (lab.seen().answers(404) >= 10).then_some(()));
    lab.change(|script| script.poison.clear());
    running.ended().expect(COMPLETE);
    let paths = served.paths();
    lab.assert_each_once(paths.iter().map(String::as_str));
    let status = served.status();
    assert_eq!((status.delivered, status.failed), (400, 0));
    assert!(status.retries >= 10, "{status:?}");
}
