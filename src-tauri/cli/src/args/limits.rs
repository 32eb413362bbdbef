//! How much happens at once.

use clap::{Args as ClapArgs, ValueEnum};
use sluice_engine::spec::JobSpec;

/// Limits given on the command line; they replace those of the job.
#[derive(Debug, Clone, Copy, ClapArgs)]
pub(crate) struct LimitArgs {
    /// Records leased at once, 1 to 10000 [default: 1000].
    #[arg(long, value_name = "N")]
    pub(crate) batch_size: Option<u32>,
    /// Independent processing paths, 1 to 16 [default: 2].
    #[arg(long, value_name = "N")]
    pub(crate) streams: Option<u32>,
    /// Records in flight at once over all streams, 1 to 128 [default: 8].
    #[arg(long, value_name = "N")]
    pub(crate) concurrency: Option<u32>,
    /// Let the program find concurrency and batch size by itself; a value given by hand stays.
    #[arg(long, value_name = "on|off")]
    pub(crate) autopilot: Option<Switch>,
}

/// On or off.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Switch {
    /// By itself.
    On,
    /// By hand.
    Off,
}

impl Switch {
    const fn is_on(self) -> bool {
        matches!(self, Self::On)
    }
}

impl LimitArgs {
    pub(crate) fn apply(self, job: &mut JobSpec) {
        let autopilot = &mut job.control.autopilot;
        if let Some(on) = self.autopilot {
            (autopilot.concurrency, autopilot.batch_size) = (on.is_on(), on.is_on());
        }
        // What is said by hand comes first.
        autopilot.concurrency &= self.concurrency.is_none();
        autopilot.batch_size &= self.batch_size.is_none();
        let limits = &mut job.limits;
        limits.batch_size = self.batch_size.unwrap_or(limits.batch_size);
        limits.streams = self.streams.unwrap_or(limits.streams);
        limits.concurrency = self.concurrency.unwrap_or(limits.concurrency);
    }
}
