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
pub(crate) mod memory;
pub(crate) mod rate;
pub(crate) mod retry;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bandwidth::Bandwidth;
use describing::Describing;
use endpoint::Endpoints;
use gate::Gate;
use lease::Visibility;

use tokio::sync::mpsc;

use autopilot::Change;

use crate::metrics::times::Times;
use crate::record::Lane;
use crate::spec::{Control, JobSpec, Limits};

/// Changes of the autopilot that may wait to be told; more at once are not worth telling.
const TURNED: usize = 64;

/// The autopilot turned a knob.
#[derive(Debug)]
pub(crate) struct Turned {
    /// Which one, in words.
    pub(crate) knob: String,
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
    pub(crate) recovery_gate: Arc<Gate>,
    pub(crate) endpoints: Endpoints,
    /// The processes that describe files.
    pub(crate) describing: Describing,
    pub(crate) bandwidth: Bandwidth,
    pub(crate) visibility: Visibility,
    pub(crate) times: Arc<Times>,
    settings: Mutex<Control>,
    turned: tokio::sync::Mutex<mpsc::Receiver<Turned>>,
}

impl Controls {
    pub(crate) fn new(job: &JobSpec) -> Self {
        let started = Instant::now();
        let (tell, turned) = mpsc::channel(TURNED);
        let controls = Self {
            started,
            gate: Gate::new(places(job)),
            recovery_gate: Gate::new(job.control.recovery.concurrency),
            endpoints: Endpoints::new(job, started, tell),
            describing: Describing::new(job),
            bandwidth: Bandwidth::default(),
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
        }
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
