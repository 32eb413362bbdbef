//! Whether new records may start: the one switch that pause, stop and outages turn.

use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use crate::clock::now_ms;
use crate::record::Failure;

/// How far the intake is open. Only ever closes further within a stretch of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Intake {
    /// Records start.
    Open,
    /// No new record starts; those in flight end.
    Closed,
    /// Those in flight are cut off, too.
    Cut,
}

/// A volume or a service that is away as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Away {
    pub(crate) failure: Failure,
    /// What failed there from then on (milliseconds since 1970) is its doing.
    pub(crate) since_ms: i64,
}

impl Away {
    pub(crate) fn now(failure: Failure) -> Self {
        Self { failure, since_ms: now_ms() }
    }
}

/// The switch of one stretch of a run: from its start, or the end of an outage, to the next halt.
pub(crate) struct IntakeSwitch {
    position: watch::Sender<Intake>,
    /// The outage that closed it.
    outage: Mutex<Option<Away>>,
}

impl IntakeSwitch {
    pub(crate) fn new() -> Self {
        Self { position: watch::Sender::new(Intake::Open), outage: Mutex::default() }
    }

    pub(crate) fn close(&self, to: Intake) {
        self.position.send_if_modified(|position| {
            let further = to > *position;
            if further {
                *position = to;
            }
            further
        });
    }

    /// Closes the intake because a volume or service is away. The first to say so is remembered.
    pub(crate) fn report_outage(&self, away: Away) {
        self.outage.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(away);
        self.close(Intake::Closed);
    }

    pub(crate) fn outage(&self) -> Option<Away> {
        self.outage.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn position(&self) -> Intake {
        *self.position.borrow()
    }

    /// Waits until it is no longer open.
    pub(crate) async fn closed(&self) {
        self.reaches(Intake::Closed).await;
    }

    /// Waits until it is closed that far.
    pub(crate) async fn reaches(&self, to: Intake) {
        // The sender lives as long as `self`.
        let _ = self.position.subscribe().wait_for(|position| *position >= to).await;
    }
}
