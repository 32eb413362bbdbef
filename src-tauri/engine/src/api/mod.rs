//! The only door to the engine: the desktop, the command and the tests come in here.

mod catalogue;
mod checkpoints;
mod concerned;
mod failures;
mod mark;
mod reader;
mod records;
mod snapshot;
mod tools;
mod trial;
mod watching;

use std::path::Path;
use std::sync::Arc;

use tokio::sync::watch;

pub use self::catalogue::{inspect_catalogue, try_catalogue};
pub use self::checkpoints::{data_folder, default_checkpoint, default_checkpoints};
pub use self::concerned::{ConcernedPage, ConcernedRecord, TriedOutcome};
use self::failures::groups;
pub use self::failures::{
    Amendment, AmendmentPreview, Attempt, Cause, FailedRecord, FailureGroup, FailurePage, ListedFailure,
    Order, OrderBy, PageAt, Selection, Span,
};
pub(crate) use self::mark::Key;
pub use self::mark::{Mark, NoMark};
pub use self::reader::{Reader, Status};
pub use self::records::{
    BalancePart, DoneStep, Duplicates, Proven, Reconciliation, RecordDetail, RecordFilter, RecordPage,
    ShownRecord, Verified,
};
pub use self::snapshot::Snapshot;
pub use self::tools::tools;
pub use self::trial::{
    RequestStep, RequestTrial, ShownAnswer, ShownHeader, ShownRequest, SourceFound, SourcesTrial, TriedOn,
    try_request, try_sources,
};
use crate::checkpoint::Checkpoint;
use crate::control::intake::Intake;
pub use crate::control::machine::Machine;
pub use crate::error::Error;
use crate::event::{Actor, Event, Progress};
pub use crate::event_log::{EventFilter, EventPage, Worded};
pub use crate::mapping::{CatalogueTrial, Preview, PreviewRequest, TriedRecord};
pub use crate::pause_at::{NoTimeOfDay, TimeOfDay};
pub use crate::preflight::FoundTool;
use crate::preflight::{Finding, Preflight, check_catalogues, check_paths, look_at_services, look_at_tools};
pub use crate::report::corrections::{Corrections, RecordChange, RowProblem, ValueChange};
use crate::report::table::Bounds;
pub use crate::report::table::Exported;
use crate::run::Reach;
use crate::session::Session;
pub use crate::source::catalogue::{ColumnGuess, EncodingBy, InspectedRow, Inspection};
use crate::spec::{Control, Delivery, JobSpec, Limits};
use crate::state::{State, Transition, next_state};
pub use crate::upload::{GivenUp, OpenUpload};
pub use crate::verify::{VerifyProblem, VerifyReport};
use crate::{mapping, planner, recovery, report, run, upload};

/// The user's own connections.
pub mod connections {
    pub use crate::connections::{
        ConnectionError, Heard, HostKey, HostTrust, Imported, Known, Left, SecretAt, SecretPlace, Step,
        StepResult, Taken, Trial, TrialStep, add, change, file, has_keychain, host_key, import_rclone,
        is_in_environment, list, read_secrets, remove, test, trust_host_key,
    };
}

/// The migrations that this computer knows.
pub mod home {
    pub use crate::home::{Glance, KnownMigration, Shelf, ShelfError, job_of};
}

/// Batches in a snapshot.
const BATCHES_SHOWN: u32 = 120;

/// An open migration: the handle by which a program runs it. Cheap to clone.
#[derive(Clone)]
pub struct Migration(Arc<Session>);

impl Migration {
    /// Makes the checkpoint of a new migration. Refuses, and makes nothing, where the job, its
    /// sources or its destination cannot be used.
    pub async fn create(checkpoint: &Path, job: JobSpec) -> Result<Self, Error> {
        Self::create_within(&Machine::default(), checkpoint, job).await
    }

    /// As [`Migration::create`], for a program that runs several: they share `machine`.
    pub async fn create_within(machine: &Machine, checkpoint: &Path, job: JobSpec) -> Result<Self, Error> {
        let job = job.checked()?;
        check_paths(&job)?;
        check_catalogues(&job)?;
        let made = async {
            if let Some(folder) = checkpoint.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                std::fs::create_dir_all(folder)
                    .map_err(|error| crate::error::CheckpointError::Io { path: folder.to_owned(), error })?;
            }
            Checkpoint::create(checkpoint, &job).await
        };
        Ok(Self(Session::new(made.await?, machine).await?))
    }

    /// Opens a migration to run it, or to go on with it. Refuses when another process has it open.
    pub async fn open(checkpoint: &Path) -> Result<Self, Error> {
        Self::open_within(&Machine::default(), checkpoint).await
    }

    /// As [`Migration::open`], for a program that runs several: they share `machine`.
    pub async fn open_within(machine: &Machine, checkpoint: &Path) -> Result<Self, Error> {
        Ok(Self(Session::new(Checkpoint::open(checkpoint).await?, machine).await?))
    }

    /// The checkpoint's file.
    pub fn checkpoint(&self) -> &Path {
        self.0.checkpoint.path()
    }

    /// What the migration is told to do.
    pub fn job(&self) -> JobSpec {
        self.0.job()
    }

    /// Where it stands.
    pub fn state(&self) -> State {
        self.0.state()
    }

    /// Walks the sources (again) and looks at what that means for the run. Moves nothing. Returns
    /// when the plan is complete.
    pub async fn plan(&self) -> Result<Preflight, Error> {
        planner::plan(&self.0).await
    }

    /// Gives up the plan that is being made; what it found is dropped.
    pub async fn cancel_plan(&self) -> Result<(), Error> {
        next_state(self.state(), Transition::PlanCancelled)?;
        self.0.close_intake(Intake::Cut);
        Ok(())
    }

    /// Starts the run or goes on with it, in the background. With watched sources also where it has
    /// finished.
    pub async fn start(&self) -> Result<(), Error> {
        run::start(&self.0, Reach::Everything).await
    }

    /// Runs what is pending to its end, in the background: watched sources are not watched meanwhile.
    pub async fn finish(&self) -> Result<(), Error> {
        run::start(&self.0, Reach::Pending).await
    }

    /// Moves so many records for real, chosen from all over the plan, and pauses then. The rest stays
    /// pending; [`Migration::start`] goes on with it. A record that has to wait for another try is left
    /// to that.
    pub async fn start_pilot(&self, records: u32) -> Result<(), Error> {
        run::start(&self.0, Reach::Sample(records)).await
    }

    /// What a mapping would make of some records that were never tried. Changes nothing.
    pub async fn preview(&self, request: PreviewRequest) -> Result<Vec<Preview>, Error> {
        mapping::preview(&self.0.checkpoint, self.job(), request).await
    }

    /// One bounded look at each service that the job asks, and at the secrets that it names. No record
    /// is concerned. Takes five seconds at most.
    pub async fn look_at_services(&self) -> Vec<Finding> {
        let secret = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        look_at_services(&self.job(), secret).await
    }

    /// Whether the program that the job needs is there and works; a plan tells it, too. None: it is, or
    /// none is needed.
    pub async fn look_at_tools(&self) -> Option<Finding> {
        look_at_tools(&self.job()).await
    }

    /// Writes all that a pre-flight found to a CSV file, one line for each record that is concerned.
    /// Gives the number of lines.
    pub async fn export_findings(&self, preflight: &Preflight, to: &Path) -> Result<u64, Error> {
        report::findings::export(&self.0.checkpoint, &self.job(), preflight, to).await
    }

    /// Lets what is in flight end, then waits. Returns at once; see [`Migration::settled`].
    pub async fn pause(&self) -> Result<(), Error> {
        self.0.pause(&[]).await
    }

    /// Cuts off what is in flight; it goes back to pending and costs no attempt.
    pub async fn stop(&self) -> Result<(), Error> {
        let outage = self.0.picture().outage;
        self.0.step(Transition::Stop, outage, &[]).await?;
        self.0.close_intake(Intake::Cut);
        Ok(())
    }

    /// Gives up uploads in parts at their service: those that no run will go on with, or `all`. Refused
    /// while it is at work.
    pub async fn give_up_uploads(&self, all: bool) -> Result<Vec<GivenUp>, Error> {
        self.0
            .between_steps(async |state| {
                if state.is_active() {
                    return Err(Error::UploadsInUse);
                }
                upload::give_up(&self.0, all).await
            })
            .await
    }

    /// Waits until nothing is at work; gives the state then.
    pub async fn settled(&self) -> State {
        let mut states = self.0.states();
        let settled = states.wait_for(|state| !state.is_active()).await;
        settled.map_or_else(|_| self.state(), |state| *state)
    }

    /// Changes the limits: concurrency at once, batch size and streams with the next batch.
    pub async fn set_limits(&self, limits: Limits) -> Result<(), Error> {
        self.0
            .change_job(Actor::Person, |job| {
                // The person's hand comes first: what it sets, the autopilot lets go of.
                job.control.autopilot.concurrency &= job.limits.concurrency == limits.concurrency;
                job.control.autopilot.batch_size &= job.limits.batch_size == limits.batch_size;
                job.limits = limits;
            })
            .await
    }

    /// Changes the job, but for its sources, its catalogues and its destination. Limits and controls are in force at
    /// once, the rest with the next start. Another mapping is refused while it runs.
    pub async fn update(&self, change: impl FnOnce(&mut JobSpec)) -> Result<(), Error> {
        self.update_by(Actor::Person, change).await
    }

    async fn update_by(&self, by: Actor, change: impl FnOnce(&mut JobSpec)) -> Result<(), Error> {
        let mut wanted = self.job();
        change(&mut wanted);
        let wanted = wanted.checked()?;
        if wanted.map != self.job().map {
            if self.state().is_active() {
                return Err(Error::MapInForce);
            }
            // First: a target of the old mapping must not outlive it.
            self.0.checkpoint.forget_targets().await?;
        }
        self.0
            .change_job(by, |job| {
                let sources = std::mem::take(&mut job.sources);
                let catalogues = std::mem::take(&mut job.catalogues);
                let destination = std::mem::take(&mut job.destination);
                let groups = std::mem::take(&mut job.groups);
                *job = JobSpec { sources, catalogues, destination, groups, ..wanted };
            })
            .await
    }

    /// Changes how retries, leases, bandwidth and the autopilot are set, at once.
    pub async fn set_control(&self, control: Control) -> Result<(), Error> {
        self.0.change_job(Actor::Person, |job| job.control = control).await
    }

    /// Changes how files are delivered. Takes effect with the next start.
    pub async fn set_delivery(&self, delivery: Delivery) -> Result<(), Error> {
        self.0.change_job(Actor::Person, |job| job.deliver = delivery).await
    }

    /// Everything a window needs to draw itself anew.
    pub async fn snapshot(&self) -> Result<Snapshot, Error> {
        let checkpoint = &self.0.checkpoint;
        // Taken first: an event that comes in between is told again, never missed.
        let last_event = *checkpoint.last_event().borrow();
        Ok(Snapshot {
            checkpoint: checkpoint.path().display().to_string(),
            job: self.job(),
            ranges: Limits::RANGES,
            preflight: checkpoint.preflight().await?,
            batches: checkpoint.latest_batches(BATCHES_SHOWN).await?,
            samples: self.0.live.samples(),
            failure_groups: groups(checkpoint).await?,
            progress: self.0.picture(),
            last_event,
        })
    }

    /// What a list tells of it at this moment.
    pub fn glance(&self) -> home::Glance {
        let progress = self.0.picture();
        home::Glance::new(&self.job(), progress.state, true, progress.balance, progress.at_ms)
    }

    /// Follows progress: latest wins, at most ten a second.
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.0.progress()
    }

    /// Follows the number of the last durable event.
    pub fn last_event(&self) -> watch::Receiver<i64> {
        self.0.checkpoint.last_event()
    }

    /// The durable events after number `seq`, in order, at most `limit`.
    pub async fn events_since(&self, seq: i64, limit: u32) -> Result<Vec<Event>, Error> {
        Ok(self.0.checkpoint.events_since(seq, limit).await?)
    }

    /// Sends failed records back to pending and gives their number. While the run is at work they
    /// go onto the recovery lane; otherwise this starts nothing.
    pub async fn reprocess(&self, selection: &Selection) -> Result<u64, Error> {
        recovery::reprocess(&self.0, selection).await
    }

    /// Changes failed records before they are tried again. What earlier attempts found out with the
    /// old path or fields is forgotten. Gives their number.
    pub async fn amend(&self, selection: &Selection, amendment: &Amendment) -> Result<u64, Error> {
        recovery::amend(&self.0, selection, amendment).await
    }

    /// Marks failed records as left, with a note: they stay failed, and are reprocessed only when
    /// they are named. Gives their number.
    pub async fn leave(&self, selection: &Selection, note: &str) -> Result<u64, Error> {
        recovery::leave(&self.0, selection, note).await
    }

    /// Writes the failure report; the file's ending says how (`.csv`, `.xlsx`, `.json`,
    /// `.html`).
    pub async fn export_failures(&self, selection: &Selection, to: &Path) -> Result<Exported, Error> {
        report::failures::export(&self.0.checkpoint, selection, to, Bounds::SPREADSHEET).await
    }

    /// What a corrected failure report (`.csv`, `.xlsx`, `.json`) would change.
    pub async fn corrections(&self, report: &Path) -> Result<Corrections, Error> {
        Ok(report::corrections::find(&self.0.checkpoint, report).await?.shown)
    }

    /// Applies a corrected failure report, all of it or nothing, and sends the mended records back
    /// to pending, as [`Migration::reprocess`] does.
    pub async fn correct(&self, report: &Path) -> Result<Corrections, Error> {
        recovery::correct(&self.0, report).await
    }

    /// Writes the catalogue of what was delivered; the file's ending says how (`.csv`, `.xlsx`,
    /// `.ndjson`). `all`: also what was not.
    pub async fn export_catalogue(&self, all: bool, to: &Path) -> Result<Exported, Error> {
        report::catalogue::export(&self.0.checkpoint, all, to, Bounds::SPREADSHEET).await
    }

    /// Pauses what is at work, waits for it, and closes the file cleanly.
    pub async fn close(self) -> Result<(), Error> {
        match self.state() {
            State::Planning => self.0.close_intake(Intake::Cut),
            state if state.goes_on() => self.pause().await?,
            _ => {}
        }
        self.settled().await;
        self.0.checkpoint.close().await;
        Ok(())
    }
}
