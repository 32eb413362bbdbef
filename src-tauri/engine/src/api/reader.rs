//! A checkpoint seen from outside, also while another process runs it.

use std::io::Write;
use std::path::Path;

use serde::Serialize;

use super::failures::groups;
use super::{
    Attempt, Corrections, Error, Exported, FailureGroup, OpenUpload, RecordDetail, Selection, VerifyReport,
};
use crate::advisor::Advice;
use crate::checkpoint::Checkpoint;
use crate::event::Outage;
use crate::record::{Balance, RecordId};
use crate::report::table::Bounds;
use crate::spec::{JobSpec, Limits};
use crate::state::{State, Transition, next_state};
use crate::{report, verify};

/// A checkpoint opened to read it, also while another process runs it.
pub struct Reader(pub(super) Checkpoint);

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

    /// Writes the failure report; the file's ending says how (`.csv`, `.xlsx`, `.json`,
    /// `.html`).
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

    /// Everything that is known of one record. None: there is no such record.
    pub async fn record(&self, id: RecordId) -> Result<Option<RecordDetail>, Error> {
        report::records::detail(&self.0, &self.0.job().await?, id).await
    }

    /// Writes the failures as one JSON object.
    pub async fn print_failures(&self, selection: &Selection, out: impl Write) -> Result<u64, Error> {
        report::failures::print_json(&self.0, selection, out).await
    }

    /// Uploads in parts that are not complete, oldest first.
    pub async fn uploads(&self) -> Result<Vec<OpenUpload>, Error> {
        Ok(self.0.open_uploads().await?)
    }

    /// Reads the destination again and compares it with the checkpoint; while no other process runs it, also
    /// looks for files that no record names. `on_progress` hears of it several times a second.
    pub async fn verify(&self, on_progress: impl FnMut(&VerifyReport)) -> Result<VerifyReport, Error> {
        verify::verify(&self.0, &[], !self.0.is_run_elsewhere(), on_progress).await
    }

    /// Closes the file.
    pub async fn close(self) {
        self.0.close().await;
    }
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
