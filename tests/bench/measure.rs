//! Figures and how to print them.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use sluice_tests::process::Running;
use sluice_tests::wait;

/// A run that takes longer has come to a stop.
const LONGEST: Duration = Duration::from_secs(1200);

/// Runs a command that must succeed; how long it took.
pub(crate) fn time(command: Command) -> Duration {
    let shown = format!("{command:?}");
    let start = Instant::now();
    let ended = Running::start(command).ended();
    let took = start.elapsed();
    assert_eq!(ended.code, Some(0), "{shown}\n{}\n{}", ended.stdout, ended.stderr);
    took
}

/// Runs a command that must succeed; the most memory that it held, in bytes.
pub(crate) fn peak_memory(command: Command) -> u64 {
    observe(command).memory
}

/// What a command cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) time: Duration,
    /// The most memory that it held, in bytes.
    pub(crate) memory: u64,
}

/// Runs a command that must succeed. The kernel's own high water mark is read until the end, so that a peak
/// between two looks is not lost.
pub(crate) fn observe(command: Command) -> Cost {
    let start = Instant::now();
    let mut running = Running::start(command);
    let status = format!("/proc/{}/status", running.id());
    let mut memory = 0;
    wait::within(LONGEST, "the end of the run", || {
        let now = std::fs::read_to_string(&status).ok().and_then(|status| high_water_mark(&status));
        memory = memory.max(now.unwrap_or(0));
        running.has_ended()
    });
    let time = start.elapsed();
    let ended = running.ended();
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    Cost { time, memory }
}

/// The processor time that a running process has used.
pub(crate) fn processor_time(id: u32) -> Duration {
    // The name, which may hold anything, ends with the last bracket (proc(5)).
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).expect("a running process");
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks: u64 = fields[11..13].iter().map(|field| field.parse::<u64>().expect("ticks")).sum();
    Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}

/// A program that Sluice is measured against: as `npm run bench` installs it, else the one in `PATH`.
pub(crate) fn rival(name: &str) -> PathBuf {
    std::env::var_os("SLUICE_BENCH_RIVALS").map_or_else(|| name.into(), |bin| PathBuf::from(bin).join(name))
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
