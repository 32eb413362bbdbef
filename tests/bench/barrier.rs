//! Idle time at the barrier, on a mix of sizes with a heavy tail: pure barrier and look-ahead.

use std::time::Instant;

use sluice_tests::command::{self, COMPLETE};
use sluice_tests::site::Site;
use sluice_tests::tree;

use crate::ramdisk::RamDisk;

const FILES: u64 = 600;
/// Slow enough that sizes decide, and that the history has a few points.
const RATE: &str = "16MB/s";

pub(crate) fn run(disk: &RamDisk) {
    let source = Site::below(disk.path());
    // Pareto with alpha 1.1 from 100 kB, cut at 100 MB.
    let mut random = fastrand::Rng::with_seed(11);
    for n in 0..FILES {
        let size = (1e5 / (1.0 - random.f64()).powf(1.0 / 1.1)).min(1e8) as u64;
        tree::file(&source.source.join(format!("{:02}/{n:04}.mov", n % 20)), size, n);
    }
    for look_ahead in [false, true] {
        let site = Site::below(disk.path());
        let [from, to] = [&source.source, &site.destination].map(|path| path.to_str().expect("ASCII"));
        let job = site.path("job.toml");
        let text = format!(
            "sources = [{from:?}]\ndestination = {to:?}\n[limits]\nbatch_size = 40\nstreams = 4\nconcurrency = 4\n\
             [control]\nlook_ahead = {look_ahead}\nbandwidth = \"{RATE}\""
        );
        std::fs::write(&job, text).expect("the job file");
        let start = Instant::now();
        command::run(["run".as_ref(), job.as_os_str(), "--quiet".as_ref()]).expect(COMPLETE);
        let took = start.elapsed();
        let status =
            command::run(["status".as_ref(), site.path("job.sluice").as_os_str(), "--json".as_ref()]);
        let idle = status.expect(COMPLETE).json()["barrier_idle"].as_f64().unwrap_or(f64::NAN);
        let how = if look_ahead { "look-ahead" } else { "pure barrier" };
        println!(
            "{FILES} files with a heavy tail, 4 streams, {how:<12}: {took:>6.2?}, streams idle {:.0} %",
            idle * 100.0
        );
    }
}
