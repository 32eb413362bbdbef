//! Figures and how to print them.

use std::process::Command;
use std::time::{Duration, Instant};

use sluice_tests::process::Running;
use sluice_tests::wait;

/// Runs a command that must succeed; how long it took.
pub(crate) fn time(command: Command) -> Duration {
    let shown = format!("{command:?}");
    let start = Instant::now();
    let ended = Running::start(command).ended();
    let took = start.elapsed();
    assert_eq!(ended.code, Some(0), "{shown}\n{}\n{}", ended.stdout, ended.stderr);
    took
}

/// Runs a command that must succeed; the most memory that it held, in bytes. The kernel's own high
/// water mark is read until the end, so that a peak between two looks is not lost.
pub(crate) fn peak_memory(command: Command) -> u64 {
    let mut running = Running::start(command);
    let status = format!("/proc/{}/status", running.id());
    let mut peak = 0;
    wait::until("the end of the run", || {
        let now = std::fs::read_to_string(&status).ok().and_then(|status| high_water_mark(&status));
        peak = peak.max(now.unwrap_or(0));
        running.has_ended()
    });
    let ended = running.ended();
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    peak
}

/// The most memory that a process held (bytes), by its `status` in proc(5).
pub(crate) fn high_water_mark(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse::<u64>().ok().map(|kib| kib * 1024)
}

/// The middle one.
pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// Bytes for people.
pub(crate) fn bytes(count: u64) -> String {
    let (value, unit) = match count {
        0..1_000_000 => (count as f64 / 1e3, "kB"),
        1_000_000..1_000_000_000 => (count as f64 / 1e6, "MB"),
        _ => (count as f64 / 1e9, "GB"),
    };
    format!("{value:.1} {unit}")
}
