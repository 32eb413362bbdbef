//! The only door to the engine: the desktop, the command and the tests come in here.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::watch;
use ts_rs::TS;

use crate::advisor::Advice;
use crate::checkpoint::Checkpoint;
use crate::control::intake::Intake;
pub use crate::error::Error;
use crate::event::{BatchSummary, Event, Outage, Progress};
use crate::failure::{Category, Class, Stage};
pub use crate::mapping::{CatalogueTrial, Preview, PreviewRequest, TriedRecord};
use crate::metrics::{MetricPoint, Sample};
use crate::preflight::{Finding, Preflight, check_catalogues, check_paths, look_at_services, look_at_tools};
use crate::record::{Balance, Lane, RecordId};
pub use crate::report::corrections::{Corrections, RecordChange, RowProblem, ValueChange};
use crate::report::table::Bounds;
pub use crate::report::table::Exported;
use crate::run::Reach;
use crate::session::Session;
pub use crate::source::catalogue::{ColumnGuess, EncodingBy, InspectedRow, Inspection};
use crate::spec::{Catalogue, Control, Delivery, JobSpec, LimitRanges, Limits};
use crate::state::{State, Transition, next_state};
use crate::threads::off_thread;
pub use crate::upload::{GivenUp, OpenUpload};
pub use crate::verify::{VerifyProblem, VerifyReport};
use crate::{mapping, planner, recovery, report, run, upload, verify};

/// The user's own connections.
pub mod connections {
    pub use crate::connections::{
        ConnectionError, Imported, Known, Left, SecretAt, SecretPlace, Step, StepResult, Taken, Trial,
        TrialStep, add, file, has_keychain, import_rclone, is_in_environment, list, read_secrets, remove,
        test,
    };
}

/// Points of the history in a snapshot: weeks of them.
const HISTORY_SHOWN: u32 = 10_000;

/// Batches in a snapshot.
const BATCHES_SHOWN: u32 = 120;

/// An open migration: the handle by which a program runs it. Cheap to clone.
#[derive(Clone)]
pub struct Migration(Arc<Session>);

impl Migration {
    /// Makes the checkpoint of a new migration. Refuses, and makes nothing, where the job, its
    /// sources or its destination cannot be used.
    pub async fn create(checkpoint: &Path, job: JobSpec) -> Result<Self, Error> {
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
        Ok(Self(Session::new(made.await?).await?))
    }

    /// Opens a migration to run it, or to go on with it. Refuses when another process has it open.
    pub async fn open(checkpoint: &Path) -> Result<Self, Error> {
        Ok(Self(Session::new(Checkpoint::open(checkpoint).await?).await?))
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
        let outage = self.0.picture().outage;
        self.0.step(Transition::Pause, outage, &[]).await?;
        self.0.close_intake(Intake::Closed);
        Ok(())
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
            .change_job(|job| {
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
            .change_job(|job| {
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
        self.0.change_job(|job| job.control = control).await
    }

    /// Changes how files are delivered. Takes effect with the next start.
    pub async fn set_delivery(&self, delivery: Delivery) -> Result<(), Error> {
        self.0.change_job(|job| job.deliver = delivery).await
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
            history: checkpoint.metrics_after(0, HISTORY_SHOWN).await?,
            last_event,
        })
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

    /// Failed records by category, most first.
    pub async fn failure_groups(&self) -> Result<Vec<FailureGroup>, Error> {
        groups(&self.0.checkpoint).await
    }

    /// Failed records with a number above `after`, at most `limit` (up to 1,000).
    pub async fn failures(
        &self,
        selection: &Selection,
        after: RecordId,
        limit: u32,
    ) -> Result<FailurePage, Error> {
        let limit = limit.clamp(1, 1000);
        let failures =
            report::failures::page(&self.0.checkpoint, &self.job(), selection, after, limit).await?;
        let next = failures.last().filter(|_| failures.len() == limit as usize).map(|last| last.id);
        Ok(FailurePage { failures, next })
    }

    /// The failed attempts of a record, oldest first, at most a thousand.
    pub async fn attempts(&self, record: RecordId) -> Result<Vec<Attempt>, Error> {
        Ok(self.0.checkpoint.attempts_of(record, 1000).await?)
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

    /// Writes the failure report; the file's ending says how (`.csv`, `.xlsx`, `.json`).
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

/// A checkpoint opened to read it, also while another process runs it.
pub struct Reader(Checkpoint);

impl Reader {
    /// Opens a checkpoint to read it.
    pub async fn open(checkpoint: &Path) -> Result<Self, Error> {
        Ok(Self(Checkpoint::open_to_read(checkpoint).await?))
    }

    /// The balance, the progress and the settings.
    pub async fn status(&self) -> Result<Status, Error> {
        let job = self.0.job().await?;
        let recorded = self.0.state().await?;
        // A run that nobody holds any more has died; the next start puts that right.
        let state =
            if self.0.is_run_elsewhere() { recorded } else { next_state(recorded, Transition::FoundDead)? };
        let balance = self.0.balance().await?;
        let latest = self.0.latest_metric().await?;
        Ok(Status {
            name: job.name.clone(),
            checkpoint: self.0.path().display().to_string(),
            state,
            running: self.0.is_run_elsewhere(),
            records: balance.found,
            balance,
            batches: self.0.batch_count().await?,
            limits: job.limits,
            advice: latest
                .as_ref()
                .filter(|_| self.0.is_run_elsewhere())
                .and_then(|point| point.advice.clone()),
            barrier_idle: latest.map(|point| point.barrier_idle),
            outage: self.0.outage().await?,
            left: self.0.left().await?,
            undescribed: self.0.undescribed().await?,
            failure_groups: groups(&self.0).await?,
            job,
        })
    }

    /// Failed records with a number above `after`, at most `limit` (up to 1,000).
    pub async fn failures(
        &self,
        selection: &Selection,
        after: RecordId,
        limit: u32,
    ) -> Result<FailurePage, Error> {
        let limit = limit.clamp(1, 1000);
        let failures = report::failures::page(&self.0, &self.0.job().await?, selection, after, limit).await?;
        let next = failures.last().filter(|_| failures.len() == limit as usize).map(|last| last.id);
        Ok(FailurePage { failures, next })
    }

    /// Writes the failure report; the file's ending says how (`.csv`, `.xlsx`, `.json`).
    pub async fn export_failures(&self, selection: &Selection, to: &Path) -> Result<Exported, Error> {
        report::failures::export(&self.0, selection, to, Bounds::SPREADSHEET).await
    }

    /// What a corrected failure report (`.csv`, `.xlsx`, `.json`) would change.
    pub async fn corrections(&self, report: &Path) -> Result<Corrections, Error> {
        Ok(report::corrections::find(&self.0, report).await?.shown)
    }

    /// Writes the catalogue of what was delivered; the file's ending says how (`.csv`, `.xlsx`,
    /// `.ndjson`). `all`: also what was not.
    pub async fn export_catalogue(&self, all: bool, to: &Path) -> Result<Exported, Error> {
        report::catalogue::export(&self.0, all, to, Bounds::SPREADSHEET).await
    }

    /// The failed attempts of a record, oldest first, at most a thousand.
    pub async fn attempts(&self, record: RecordId) -> Result<Vec<Attempt>, Error> {
        Ok(self.0.attempts_of(record, 1000).await?)
    }

    /// Writes the failures as one JSON object.
    pub async fn print_failures(&self, selection: &Selection, out: impl Write) -> Result<u64, Error> {
        report::failures::print_json(&self.0, selection, out).await
    }

    /// Uploads in parts that are not complete, oldest first.
    pub async fn uploads(&self) -> Result<Vec<OpenUpload>, Error> {
        Ok(self.0.open_uploads().await?)
    }

    /// Reads the destination again and compares it with the checkpoint. `on_page` hears of the
    /// progress.
    pub async fn verify(&self, on_page: impl FnMut(&VerifyReport)) -> Result<VerifyReport, Error> {
        verify::verify(&self.0, on_page).await
    }

    /// Closes the file.
    pub async fn close(self) {
        self.0.close().await;
    }
}

async fn groups(checkpoint: &Checkpoint) -> Result<Vec<FailureGroup>, Error> {
    let groups = checkpoint.failed_by_category().await?;
    let group = |(category, count): (Category, u64)| FailureGroup {
        category,
        class: category.class(),
        title: category.title().to_owned(),
        advice: category.advice().to_owned(),
        count,
    };
    Ok(groups.into_iter().map(group).collect())
}

/// Finds out what a catalogue is, and shows its first rows. `catalogue`: the file, and the options
/// that overrule guesses. Reads at most the beginning of it.
pub async fn inspect_catalogue(catalogue: Catalogue) -> Result<Inspection, Error> {
    Ok(off_thread(move || crate::source::catalogue::inspect(&catalogue)).await?)
}

/// Maps the first rows of a job's catalogue with this number, from 0: which files are there, and where
/// they would go. Reads at most the beginning of it, and changes nothing. The job needs no destination
/// yet, and its `[map]` may still be wrong.
pub async fn try_catalogue(job: JobSpec, number: usize) -> Result<CatalogueTrial, Error> {
    off_thread(move || mapping::try_catalogue(job, number)).await
}

/// Where a job's checkpoint is kept when nobody says otherwise: in the user's data folder, named
/// after the job. The same job gives the same names in the same order: the first, then `-2`, `-3`…
pub fn default_checkpoints(job: &JobSpec) -> Result<impl Iterator<Item = PathBuf> + use<>, Error> {
    let folder = dirs::data_dir().ok_or(Error::NoDataFolder)?.join("sluice").join("migrations");
    let job = job.clone().checked()?;
    let sources: Vec<String> = job.sources.iter().map(ToString::to_string).collect();
    let destination = job.destination.to_string();
    let identity = match job.catalogues.as_slice() {
        [] => format!("{:?}", (&sources, &destination)),
        catalogues => format!("{:?}", (&sources, catalogues, &destination)),
    };
    let safe = |char: char| if char.is_alphanumeric() || "-_ ".contains(char) { char } else { '_' };
    let name: String = job.name.chars().take(60).map(safe).collect();
    let stem = format!("{}-{:08x}", name.trim(), xxhash_rust::xxh3::xxh3_64(identity.as_bytes()) as u32);
    Ok((1..).map(move |number: u32| match number {
        1 => folder.join(format!("{stem}.sluice")),
        _ => folder.join(format!("{stem}-{number}.sluice")),
    }))
}

/// The first default checkpoint of this job that does not exist yet.
pub fn default_checkpoint(job: &JobSpec) -> Result<PathBuf, Error> {
    default_checkpoints(job)?.find(|path| path.symlink_metadata().is_err()).ok_or(Error::NoDataFolder)
}

/// What `status` tells.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    /// What people call the migration.
    pub name: String,
    /// The checkpoint's path, as text.
    pub checkpoint: String,
    /// Where it stands.
    pub state: State,
    /// Whether a process has it open to run it at this moment.
    pub running: bool,
    /// Records found.
    pub records: u64,
    /// The reconciliation.
    #[serde(flatten)]
    pub balance: Balance,
    /// Batches leased so far.
    pub batches: u64,
    /// The limits in force.
    #[serde(flatten)]
    pub limits: Limits,
    /// Why it waits, if an outage stopped it.
    pub outage: Option<Outage>,
    /// What holds the run back, if it is at work and anything does.
    pub advice: Option<Advice>,
    /// Share of the streams' time that they lately stood idle at the barrier (0 to 1).
    pub barrier_idle: Option<f64>,
    /// Failed records that a person left as they are.
    pub left: u64,
    /// Records whose file the job wants described and that could not be.
    pub undescribed: u64,
    /// Failed records by category, most first.
    pub failure_groups: Vec<FailureGroup>,
    /// What it is told to do.
    pub job: JobSpec,
}

/// Everything a window needs to draw itself anew; the events after `last_event` follow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Snapshot {
    /// The checkpoint's path, as text.
    pub checkpoint: String,
    /// What the migration is told to do.
    pub job: JobSpec,
    /// What the limits may be.
    pub ranges: LimitRanges,
    /// The picture of this moment.
    pub progress: Progress,
    /// The pre-flight of the latest plan.
    pub preflight: Option<Preflight>,
    /// The latest batches, oldest first, at most 120.
    pub batches: Vec<BatchSummary>,
    /// Throughput samples of this run, oldest first, at most 600 (ten minutes).
    pub samples: Vec<Sample>,
    /// What the migration did over its whole life, oldest first; fine where it is recent.
    pub history: Vec<MetricPoint>,
    /// Failed records by category, most first.
    pub failure_groups: Vec<FailureGroup>,
    /// Number of the last event that this picture contains.
    pub last_event: i64,
}

/// Failed records of one category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FailureGroup {
    /// The category.
    pub category: Category,
    /// Whether trying again can help.
    pub class: Class,
    /// A few words for a heading.
    pub title: String,
    /// What the person can do.
    pub advice: String,
    /// How many records.
    pub count: u64,
}

/// One failed record, ready to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FailedRecord {
    /// The record's number.
    pub id: RecordId,
    /// Full path of the source file, safe to show.
    pub source: String,
    /// Where it failed.
    pub stage: Stage,
    /// Why.
    pub category: Category,
    /// Whether trying again can help.
    pub class: Class,
    /// How often it was tried.
    pub attempts: u32,
    /// What was tried, on what, and what the system said.
    pub message: String,
    /// What the person can do.
    pub advice: String,
    /// Its size in bytes, as planned.
    pub size: u64,
    /// When it failed, in milliseconds since 1970 (UTC).
    pub failed_ms: i64,
    /// The service at which it failed: scheme, host and port.
    pub endpoint: Option<String>,
    /// What that service answered.
    pub http_status: Option<u16>,
    /// Why a person leaves it as it is.
    pub note: Option<String>,
    /// When it is tried again by itself, in milliseconds since 1970 (UTC).
    pub due_ms: Option<i64>,
    /// The row of the catalogue that names it, as a spreadsheet counts.
    pub row: Option<u64>,
    /// What the catalogue calls it.
    pub external_id: Option<String>,
}

/// One attempt of a record that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Attempt {
    /// Its number, from 1.
    pub number: u32,
    /// When it ended, in milliseconds since 1970 (UTC).
    pub ended_ms: i64,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// On which lane.
    pub lane: Lane,
    /// Where it failed.
    pub stage: Stage,
    /// Why.
    pub category: Category,
    /// The service that was asked: scheme, host and port.
    pub endpoint: Option<String>,
    /// What the service answered.
    pub http_status: Option<u16>,
    /// What was tried, on what, and what the system or the service said.
    pub message: String,
    /// It was an outage after all: the attempt is not counted.
    pub refunded: bool,
}

/// Which failed records are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct Selection {
    /// Only this category.
    pub category: Option<Category>,
    /// Only these records. Empty: all.
    pub ids: Vec<RecordId>,
    /// Only what failed in this stage.
    pub stage: Option<Stage>,
    /// Only what failed at this service: scheme, host and port.
    pub endpoint: Option<String>,
    /// Only messages that contain this text, in any case.
    pub message: Option<String>,
}

/// What a person changes of failed records before they are tried again.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct Amendment {
    /// Another path below the source, with `/` between the parts; for a single record.
    pub path: Option<String>,
    /// The beginning of the path that is replaced, and by what.
    pub prefix: Option<(String, String)>,
    /// Fields that are set; null takes a field away.
    #[ts(type = "Record<string, unknown>")]
    pub fields: Map<String, Value>,
}

/// One page of failed records, by record number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FailurePage {
    /// The records.
    pub failures: Vec<FailedRecord>,
    /// Give this as `after` to get the next page. None: this was the last.
    pub next: Option<RecordId>,
}
