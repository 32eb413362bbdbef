//! The processes that describe files: how many at once, and what comes of them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::gate::{Gate, Place};
use crate::event::ServiceStatus;
use crate::failure::Category;
use crate::metrics::requests::{Counts, Requests};
use crate::spec::{JobSpec, Tool};

/// Shown and measured like a service, because it is one: a limited number of slow answers.
pub(crate) struct Describing {
    /// None: files are not described.
    tool: Mutex<Option<Tool>>,
    gate: Arc<Gate>,
    requests: Requests,
}

/// Leave to run one process. Its place is given back when it is dropped.
pub(crate) struct Turn {
    _place: Place,
}

impl Describing {
    pub(crate) fn new(job: &JobSpec) -> Self {
        let describing = Self { tool: Mutex::default(), gate: Gate::new(1), requests: Requests::default() };
        describing.set(job);
        describing
    }

    /// Puts a changed job in force.
    pub(crate) fn set(&self, job: &JobSpec) {
        *self.tool.lock().unwrap_or_else(PoisonError::into_inner) =
            job.describe.as_ref().map(|describe| describe.tool);
        if let Some(describe) = &job.describe {
            self.gate.set_limit(describe.processes);
        }
    }

    /// Waits until one more process may run.
    pub(crate) async fn enter(&self) -> Turn {
        let _waiting = self.requests.waiting();
        let place = self.gate.enter().await;
        self.requests.sent(false);
        Turn { _place: place }
    }

    /// A process has ended; with a category where it gave no description.
    pub(crate) fn ended(&self, _turn: Turn, step: &str, took: Duration, failed: Option<Category>) {
        self.requests.answered(step, took, failed);
    }

    /// How many processes there may be at this moment.
    pub(crate) fn limit(&self) -> usize {
        self.gate.limit()
    }

    /// Begins a new window of latencies.
    pub(crate) fn turn(&self) {
        self.requests.turn();
    }

    /// As it is shown. None: files are not described.
    pub(crate) fn show(&self) -> Option<(ServiceStatus, Counts)> {
        let tool = (*self.tool.lock().unwrap_or_else(PoisonError::into_inner))?;
        let counts = self.requests.counts();
        let status = ServiceStatus {
            name: tool.word().to_owned(),
            in_flight: self.gate.inside() as u32,
            concurrency: self.gate.limit() as u32,
            waiting: counts.waiting,
            requests: counts.sent,
            retries: counts.retries,
            throttled: counts.throttled,
            failed: counts.failed,
            is_away: false,
            latencies: self.requests.latencies(),
        };
        Some((status, counts))
    }
}
