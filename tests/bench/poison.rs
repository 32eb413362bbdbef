//! One record in a hundred is poisoned; the others must not feel it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use sluice_tests::command::{self, COMPLETE, WITH_FAILURES};
use sluice_tests::lab::{Lab, Poison, Route, Script, Venom, Wrong};
use sluice_tests::services::Served;
use sluice_tests::site::Site;
use sluice_tests::{tree, wait};

use crate::measure::median;
use crate::ramdisk::RamDisk;

const RECORDS: u64 = 10_000;
const ROUNDS: usize = 3;
const LEAST: f64 = 0.9;

/// A run takes two minutes; this is far more.
const DEADLINE: Duration = Duration::from_secs(600);

/// How long the service takes for an answer: the measure of the bench `control`. The very last record that
/// hangs is tried twice more when all others are done, and with quick answers those three seconds would be a
/// tenth of the run.
const LATENCY: Duration = Duration::from_millis(80);

/// Look-ahead, because a record that hangs in the last second of a batch would otherwise hold up the
/// barrier: that price of a pure barrier is the bench `barrier`'s.
const JOB: &str = "[limits]\nbatch_size = 1000\nstreams = 2\nconcurrency = 16\n[control]\nlook_ahead = true\n\
                   attempts = 3\nbackoff_base_ms = 200\nlease = { floor_s = 1, cap_s = 2 }";

/// Numbers that end in 01, 26, 51 and 76: a quarter of the poison each.
fn poison() -> Vec<Poison> {
    let venoms = [Venom::Hang, Venom::Reject, Venom::Error, Venom::Rubbish(Wrong::NotJson)];
    (0..RECORDS / 100)
        .map(|hundred| {
            let name = format!("take-{:06}", hundred * 100 + [1, 26, 51, 76][(hundred % 4) as usize]);
            Poison::new(&name, venoms[(hundred % 4) as usize]).on(Route::Lookup)
        })
        .collect()
}

pub(crate) fn run(disk: &RamDisk) {
    let mut times: [Vec<Duration>; 2] = Default::default();
    let mut found = BTreeMap::new();
    for _ in 0..ROUNDS {
        for (arm, poison) in [Vec::new(), poison()].into_iter().enumerate() {
            let expected = if arm == 0 { COMPLETE } else { WITH_FAILURES };
            let lab = Lab::start(Script { latency: LATENCY, jitter: 0.3, poison, ..Script::default() });
            let site = Site::below(disk.path());
            tree::small_files(&site.source, RECORDS, 1);
            let served = Served::new(site, &lab, JOB);
            let (start, clock) = (Instant::now(), lab.clock());
            let mut running = served.start(&["--quiet"]);
            wait::within(DEADLINE, "the run", || running.has_ended());
            running.ended().expect(expected);
            let (took, seen) = (start.elapsed(), lab.seen());
            let last = seen.asset_times.last().map_or(Duration::ZERO, |last| *last - clock);
            eprintln!("{}: {took:.2?}, the last asset after {last:.2?}", ["clean", "poisoned"][arm]);
            times[arm].push(took);
            if arm == 1 {
                found = BTreeMap::new();
                for failure in command::failures(&served.checkpoint) {
                    *found.entry(failure.category).or_insert(0) += 1;
                }
                assert_eq!(served.status().delivered, RECORDS - RECORDS / 100);
            }
        }
    }
    let [clean, poisoned] = times.map(|times| median(times).as_secs_f64());
    println!(
        "{RECORDS} records, 1 % of them poisoned: {found:?}; {clean:.2} s without, {poisoned:.2} s with \
         ({:.2} of the clean run's throughput, at least {LEAST})",
        clean / poisoned
    );
    let quarter = RECORDS / 400;
    let expected = ["answer_invalid", "request_rejected", "service_error", "timeout"];
    assert_eq!(found, expected.map(|category| (category.to_owned(), quarter)).into());
    assert!(clean / poisoned >= LEAST);
}
