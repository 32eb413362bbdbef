//! The arms that the real command runs, measured by the service's own clock.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;
use sluice_tests::command::{self, STOPPED};
use sluice_tests::lab::Lab;
use sluice_tests::process::Running;
use sluice_tests::services::job;
use sluice_tests::wait;

use super::RECORDS;
use super::library::{Library, fresh_copy};
use super::table::Figures;

/// One at a time takes three minutes; this is far more.
const DEADLINE: Duration = Duration::from_secs(600);

/// One setting of the command.
pub(super) struct Arm {
    pub(super) name: String,
    pub(super) streams: u32,
    /// None: the command's own default, which the autopilot starts from.
    pub(super) concurrency: Option<u32>,
    pub(super) autopilot: bool,
}

/// A planned migration in two versions: limits by hand, and by autopilot.
pub(super) struct Plan {
    by_hand: PathBuf,
    by_autopilot: PathBuf,
}

impl Plan {
    /// Plans the library once for each version.
    pub(super) fn new(library: &Library, lab: &Lab) -> Self {
        let planned = |name: &str, autopilot| {
            let job = library.room(name);
            fs::write(&job, job_file(library, lab, autopilot)).expect("the job file");
            plan(&job, lab);
            job
        };
        Self { by_hand: planned("by-hand.toml", false), by_autopilot: planned("autopilot.toml", true) }
    }

    /// Runs one arm until a thousand assets are registered.
    pub(super) fn run(&self, arm: &Arm, library: &Library, lab: &Lab) -> Figures {
        let job = if arm.autopilot { &self.by_autopilot } else { &self.by_hand };
        let checkpoint = library.room("arm.sluice");
        fresh_copy(&job.with_extension("sluice"), &checkpoint);
        library.clear_destination();
        lab.forget();

        let start = lab.clock();
        let running = start_command(job, &checkpoint, arm.streams, arm.concurrency);
        stop_when(running, &arm.name, || lab.registered() >= RECORDS);
        let twice: Vec<_> = lab.assets_by_path().into_iter().filter(|(_, count)| *count > 1).collect();
        assert!(twice.is_empty(), "{}: registered twice: {twice:?}", arm.name);
        Figures::of(&lab.seen(), start)
    }
}

/// Plans into the checkpoint beside the job file: the run is stopped as soon as it asks for its
/// first record.
fn plan(job: &Path, lab: &Lab) {
    lab.forget();
    let running = start_command(job, &job.with_extension("sluice"), 1, Some(1));
    stop_when(running, "planning", || lab.requests() > 0);
}

fn start_command(job: &Path, checkpoint: &Path, streams: u32, concurrency: Option<u32>) -> Running {
    let mut args: Vec<&OsStr> = vec!["run".as_ref(), job.as_os_str(), "--quiet".as_ref()];
    args.extend([OsStr::new("--checkpoint"), checkpoint.as_os_str()]);
    let limits = [Some(format!("--streams={streams}")), concurrency.map(|n| format!("--concurrency={n}"))];
    args.extend(limits.iter().flatten().map(OsStr::new));
    command::start(args)
}

/// Lets the command run until then, and asks it to stop. It must not end by itself before.
fn stop_when(mut running: Running, what: &str, is_time: impl Fn() -> bool) {
    let ended = wait::within(DEADLINE, what, || {
        let ended = running.has_ended();
        (ended.is_some() || is_time()).then_some(ended)
    });
    assert!(ended.is_none(), "{what}: the command ended by itself:\n{:?}", running.ended());
    running.signal(Signal::TERM);
    running.ended().expect(STOPPED);
}

fn job_file(library: &Library, lab: &Lab, autopilot: bool) -> String {
    let more = format!(
        "[limits]\nbatch_size = 1000\nstreams = 2\n[control]\nattempts = 5\n\
         [control.autopilot]\nconcurrency = {autopilot}\nbatch_size = false"
    );
    job(&library.source, &library.destination, lab, &more)
}
