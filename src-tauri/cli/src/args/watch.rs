//! Watching sources, and the run itself.

use std::net::SocketAddr;
use std::time::Duration;

use clap::Args as ClapArgs;
use sluice_engine::api::TimeOfDay;
use sluice_engine::failure::Category;
use sluice_engine::spec::{JobSpec, Span, Watch};

/// Whether the sources are watched for files that arrive.
#[derive(Debug, Clone, Copy, ClapArgs)]
pub(crate) struct WatchArgs {
    /// Stay open and take in files as they arrive in the sources, as soon as they are complete: when
    /// their size and time have not changed for 10 seconds, or as [watch] in the job file says. Ctrl-C
    /// ends it; exit code 0 when everything that was taken in is delivered.
    #[arg(long)]
    watch: bool,
    /// Watch, and end when nothing has arrived and nothing is pending for so long, such as 60s.
    #[arg(long, value_name = "TIME")]
    until_idle: Option<Span>,
}

impl WatchArgs {
    /// Whether anything was said.
    pub(crate) const fn is_said(self) -> bool {
        self.watch || self.until_idle.is_some()
    }

    pub(crate) fn apply(self, job: &mut JobSpec) {
        if self.is_said() {
            let watch = job.watch.get_or_insert_with(Watch::default);
            watch.idle_end = self.until_idle.or(watch.idle_end);
        }
    }
}

/// How a run is watched, and how long an outage may last before the command gives up with exit
/// code 3.
#[derive(Debug, Clone, Copy, ClapArgs)]
pub(crate) struct Watching {
    /// Give figures to Prometheus while it runs, on this loopback address, such as 127.0.0.1:9464.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) metrics: Option<SocketAddr>,
    /// Wait so long (seconds) for an outage to end [default: 30 for disks, which need a person;
    /// a day for services, which come back by themselves; without end where sources are watched
    /// without end].
    #[arg(long, value_name = "SECONDS")]
    outage_wait: Option<u64>,
    /// Pause when this computer's clock next shows that time, and exit with 3; the same command goes on
    /// later.
    #[arg(long, value_name = "HH:MM")]
    pub(crate) pause_at: Option<TimeOfDay>,
}

impl Watching {
    /// The longest wait for an outage of this category. None: without end. `endless`: the sources are
    /// watched until somebody stops it, and a folder that is unmounted may well come back next week.
    pub(crate) fn patience(self, category: Category, endless: bool) -> Option<Duration> {
        const DISKS: u64 = 30;
        const SERVICES: u64 = 24 * 3600;
        let is_service = matches!(category, Category::ServiceDown | Category::ServiceDenied);
        let usual = (!endless).then_some(if is_service { SERVICES } else { DISKS });
        self.outage_wait.or(usual).map(Duration::from_secs)
    }
}
