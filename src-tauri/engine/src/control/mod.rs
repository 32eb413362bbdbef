//! What keeps the work in bounds.

pub(crate) mod autopilot;
pub(crate) mod bandwidth;
pub(crate) mod breaker;
pub(crate) mod describing;
pub(crate) mod endpoint;
pub(crate) mod gate;
pub(crate) mod intake;
pub(crate) mod lease;
pub(crate) mod line;
pub(crate) mod machine;
pub(crate) mod memory;
pub(crate) mod rate;
pub(crate) mod retry;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

pub(crate) use endpoint::SERVICES;

use bandwidth::Bandwidth;
use describing::Describing;
use endpoint::Endpoints;
use gate::Gate;
use lease::Visibility;
use machine::{Machine, Member};
use memory::Memory;

use tokio::sync::mpsc;

use autopilot::{Change, Knob};

use crate::metrics::times::Times;
use crate::record::Lane;
use crate::spec::{Control, JobSpec, Limits};

/// One place in so many may be kept by records that hung before.
const SHARE_ASIDE: usize = 8;

/// Changes of the autopilot that may wait to be told; more at once are not worth telling.
const TURNED: usize = 64;

/// The autopilot turned a knob.
#[derive(Debug)]
pub(crate) struct Turned {
    /// Which one.
    pub(crate) knob: Knob,
    pub(crate) change: Change,
}

/// Memory that a record in flight needs, in KiB: its block, and room for a service's answer.
const KIB_A_RECORD: u32 = 512;

/// The controls of one migration: what a person or the autopilot sets, in force at once.
pub(crate) struct Controls {
    started: Instant,
    /// Records in flight, over all streams of the run.
    pub(crate) gate: Arc<Gate>,
    /// Records in flight on the recovery lane.
    recovery_gate: Arc<Gate>,
    /// Records in flight that hung before.
    aside_gate: Arc<Gate>,
    /// What it shares with other migrations.
    member: Arc<Member>,
    /// The run's own lane has something to do.
    make_way: AtomicBool,
    pub(crate) endpoints: Endpoints,
    /// The processes that describe files.
    pub(crate) describing: Describing,
    pub(crate) bandwidth: Bandwidth,
    /// For what is read of large objects before it is needed.
    pub(crate) ahead: Memory,
    pub(crate) visibility: Visibility,
    pub(crate) times: Arc<Times>,
    settings: Mutex<Control>,
    turned: tokio::sync::Mutex<mpsc::Receiver<Turned>>,
}

impl Controls {
    pub(crate) fn new(job: &JobSpec) -> Self {
        Self::within(&Machine::default(), job)
    }

    /// The controls of a migration that shares the machine with others.
    pub(crate) fn within(machine: &Machine, job: &JobSpec) -> Self {
        let started = Instant::now();
        let (tell, turned) = mpsc::channel(TURNED);
        let member = Arc::new(machine.join());
        let controls = Self {
            started,
            gate: Gate::before(Some(Arc::clone(&member)), places(job)),
            recovery_gate: Gate::before(Some(Arc::clone(&member)), job.control.recovery.concurrency),
            aside_gate: Gate::before(Some(Arc::clone(&member)), 1),
            member,
            make_way: AtomicBool::new(true),
            endpoints: Endpoints::new(job, started, tell),
            describing: Describing::new(job),
            bandwidth: Bandwidth::default(),
            ahead: Memory::new(&job.control),
            visibility: Visibility::new(job.control.lease),
            times: Arc::default(),
            settings: Mutex::new(job.control.clone()),
            turned: tokio::sync::Mutex::new(turned),
        };
        controls.bandwidth.set(job.control.bandwidth.clone());
        controls
    }

    /// Puts a changed job in force.
    pub(crate) fn apply(&self, job: &JobSpec) {
        // Towards disks the autopilot holds the gate itself.
        if !job.control.autopilot.concurrency || job.has_requests() {
            self.gate.set_limit(places(job));
        }
        self.recovery_gate.set_limit(job.control.recovery.concurrency);
        self.endpoints.set(job);
        self.describing.set(job);
        self.bandwidth.set(job.control.bandwidth.clone());
        self.visibility.set_bounds(job.control.lease);
        *self.settings.lock().unwrap_or_else(PoisonError::into_inner) = job.control.clone();
    }

    pub(crate) fn settings(&self) -> Control {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn gate_of(&self, lane: Lane) -> &Arc<Gate> {
        match lane {
            Lane::Main => &self.gate,
            Lane::Recovery => &self.recovery_gate,
            Lane::Aside => &self.aside_gate,
        }
    }

    /// Whether records that hung before make way for others that have not been tried. Each of them may
    /// keep its place for its whole timeout again, so they get a share of the places; without others, all.
    pub(crate) fn make_way(&self, make_way: bool) {
        self.make_way.store(make_way, Ordering::Relaxed);
        self.set_aside();
    }

    /// Gives records that hung before the places that they may have now, and tells how many.
    pub(crate) fn set_aside(&self) -> u32 {
        let own = self.gate.limit();
        // What hangs keeps its place among those of all migrations too.
        let all = self.member.share().map_or(own, |share| own.min(share));
        let places = if self.make_way.load(Ordering::Relaxed) {
            let services = self.endpoints.all();
            // A service's places are the ones that run short.
            let least = services.iter().map(|endpoint| endpoint.gate.limit()).fold(all, usize::min);
            (least / SHARE_ASIDE).max(1)
        } else {
            all
        };
        self.aside_gate.set_limit(places as u32);
        places as u32
    }

    /// Waits for the next change that the autopilot made towards a service.
    pub(crate) async fn turned(&self) -> Turned {
        match self.turned.lock().await.recv().await {
            Some(turned) => turned,
            // The sender lives as long as `self`.
            None => std::future::pending().await,
        }
    }

    /// Since the start.
    pub(crate) fn now(&self) -> Duration {
        self.started.elapsed()
    }
}

/// Records that may be in flight: as many as are asked for and as fit into memory. Where the
/// autopilot holds the services' gates, this one only guards the memory.
fn places(job: &JobSpec) -> u32 {
    let wanted = if job.control.autopilot.concurrency && job.has_requests() {
        Limits::RANGES.concurrency.max
    } else {
        job.limits.concurrency
    };
    wanted.min(fit_into_memory(&job.control))
}

/// Records that fit into the memory for bytes in flight.
pub(crate) fn fit_into_memory(control: &Control) -> u32 {
    (control.memory_mib.saturating_mul(1024) / KIB_A_RECORD).max(1)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[tokio::test]
    async fn what_hung_before_gets_a_share_of_the_places_while_there_is_other_work() {
        let mut job = JobSpec::new(vec![Path::new("/from").into()], Path::new("/to").into());
        job.limits.concurrency = 24;
        job.endpoints.insert(
            "http://dam".to_owned(),
            crate::spec::Endpoint { concurrency: Some(16), ..Default::default() },
        );
        let controls = Controls::new(&job);
        assert_eq!(controls.set_aside(), 3, "of the places for records");
        controls.endpoints.get("http://dam").expect("a service");
        assert_eq!(controls.set_aside(), 2, "the service has fewer");
        controls.make_way(false);
        assert_eq!(controls.gate_of(Lane::Aside).limit(), 24);
        controls.make_way(true);
        assert_eq!(controls.gate_of(Lane::Aside).limit(), 2);
        job.limits.concurrency = 4;
        controls.apply(&job);
        assert_eq!(controls.set_aside(), 1, "never none");
    }

    #[tokio::test]
    async fn what_hung_before_leaves_other_migrations_their_places() {
        let mut job = JobSpec::new(vec![Path::new("/from").into()], Path::new("/to").into());
        job.limits.concurrency = 64;
        let machine = Machine::default();
        machine.set_records(std::num::NonZeroU32::new(32));
        let controls = Controls::within(&machine, &job);
        assert_eq!(controls.set_aside(), 4, "of what the machine has");
        let _other = Controls::within(&machine, &job);
        assert_eq!(controls.set_aside(), 2, "of its own part");
        controls.make_way(false);
        assert_eq!(controls.gate_of(Lane::Aside).limit(), 16, "never all that others need");
    }
}
