//! Killed at random moments: the service has no asset twice and none missing.

use std::time::{Duration, Instant};

use sluice_tests::command::COMPLETE;
use sluice_tests::compare::assert_same;
use sluice_tests::lab::{Lab, Script};
use sluice_tests::services::Served;
use sluice_tests::site::Site;
use sluice_tests::{tree, wait};

const KILLS: u32 = 20;

#[test]
fn killed_at_random_moments_the_service_has_each_asset_once() {
    let seed = std::env::var("SLUICE_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or_else(|| fastrand::u64(..));
    println!("SLUICE_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let lab = Lab::start(Script { latency: Duration::from_millis(8), jitter: 0.5, ..Script::default() });
    let site = Site::new();
    tree::small_files(&site.source, 1_500, 1);
    let served = Served::new(site, &lab, "[limits]\nbatch_size = 60\nconcurrency = 8");
    for _ in 0..KILLS {
        let mut running = served.start(&["--quiet"]);
        let moment = Duration::from_millis(random.u64(20..300));
        let start = Instant::now();
        wait::until("the moment of the kill", || {
            (running.has_ended().is_some() || start.elapsed() >= moment).then_some(())
        });
        running.signal(rustix::process::Signal::KILL);
        running.ended();
    }
    served.run(&[]).expect(COMPLETE);
    assert_same(&served.site.source, &served.site.destination);
    let paths = served.paths();
    lab.assert_each_once(paths.iter().map(String::as_str));
    let status = served.status();
    assert_eq!((status.delivered + status.skipped, status.failed), (1_500, 0));
}
