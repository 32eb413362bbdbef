//! An outage of two minutes over 10,000 records.

use std::time::{Duration, Instant};

use sluice_tests::command::COMPLETE;
use sluice_tests::lab::{Lab, Outage, Script};
use sluice_tests::services::Served;
use sluice_tests::site::Site;
use sluice_tests::{tree, wait};

use crate::ramdisk::RamDisk;

const RECORDS: u64 = 10_000;
const LASTS: Duration = Duration::from_secs(120);
const MOST_PROBES: u64 = 8;

pub(crate) fn run(disk: &RamDisk) {
    let lab = Lab::start(Script { latency: Duration::from_millis(10), ..Script::default() });
    let site = Site::below(disk.path());
    tree::small_files(&site.source, RECORDS, 1);
    let served = Served::new(site, &lab, "[limits]\nbatch_size = 500\nconcurrency = 16");
    let running = served.start(&["--quiet"]);
    wait::until("a third of the assets", || (lab.registered() as u64 > RECORDS / 3).then_some(()));
    lab.outage(Some(Outage::Unavailable));
    let began = Instant::now();
    // What was in flight when it began is answered with 503 too; the looks come after that.
    wait::until("the run to wait", || (served.status().state == "waiting").then_some(()));
    let in_flight = lab.seen().probes;
    wait::within(LASTS * 2, "the outage", || (began.elapsed() >= LASTS).then_some(()));
    let probes = lab.seen().probes - in_flight;
    let registered = lab.registered();
    lab.outage(None);
    let over = Instant::now();
    wait::until("the run to go on", || (lab.registered() > registered).then_some(()));
    let went_on = over.elapsed();
    running.ended().expect(COMPLETE);
    let paths = served.paths();
    lab.assert_each_once(paths.iter().map(String::as_str));
    let status = served.status();
    println!(
        "an outage of {LASTS:?} over {RECORDS} records: {} failed, {} attempts for {RECORDS} records, {} retries, \
         {in_flight} requests when it began, {probes} looks (at most {MOST_PROBES}), went on by itself {went_on:.1?} after its end",
        status.failed, status.attempts, status.retries
    );
    assert_eq!((status.failed, status.attempts, status.retries), (0, RECORDS, 0));
    assert!(probes <= MOST_PROBES);
}
