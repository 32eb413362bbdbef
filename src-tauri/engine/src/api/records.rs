//! All records as they are shown, what was proven of them, and looking again.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

use super::{Attempt, Error, Exported, FailedRecord, Mark, Migration, PageAt, Reader};
use crate::proof;
use crate::record::{Balance, Evidence, RecordId};
use crate::report;
use crate::report::table::Bounds;
use crate::verify::{self, VerifyReport};

/// One of the numbers that the found records add up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum BalancePart {
    /// At the destination, proven.
    Delivered,
    /// Could not be delivered.
    Failed,
    /// There already, identical.
    Skipped,
    /// Left out by policy.
    Excluded,
    /// Not tried yet, or at work.
    Pending,
}

impl BalancePart {
    /// The word that the reports use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Excluded => "excluded",
            Self::Pending => "pending",
        }
    }
}

/// Which records are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct RecordFilter {
    /// Only this part of the balance.
    pub part: Option<BalancePart>,
    /// Only delivered records of which this was proven.
    pub evidence: Option<Evidence>,
    /// Only records with this text in their path, message, note or own id, in any case; or with this number.
    pub search: Option<String>,
    /// Only delivered records whose content was delivered more than once, as the latest look for them found.
    pub duplicates: bool,
}

/// A record, ready to show. All texts are safe to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ShownRecord {
    /// Its number.
    pub id: RecordId,
    /// The part of the balance that it counts in.
    pub part: BalancePart,
    /// Full path of the source file.
    pub source: String,
    /// Path below the destination, with `/` between the parts; only where the content is there.
    pub target: Option<String>,
    /// Bytes as delivered or found identical, else as planned.
    pub size: u64,
    /// How often it was tried.
    pub attempts: u32,
    /// `algorithm:hexadecimal`.
    pub hash: Option<String>,
    /// What was proven.
    pub evidence: Option<Evidence>,
    /// The category of its failure, or why it was skipped or left out.
    pub reason: Option<String>,
    /// What went wrong.
    pub message: Option<String>,
    /// When it got its outcome, in milliseconds since 1970 (UTC).
    pub ended_ms: Option<i64>,
    /// The row of the catalogue that names it, as a spreadsheet counts.
    pub row: Option<u64>,
    /// What the catalogue calls it.
    pub external_id: Option<String>,
    /// The version of the source object that was read, where its service keeps versions.
    pub source_version: Option<String>,
    /// The class of storage that it lay in, where that is not the ordinary one.
    pub source_class: Option<String>,
    /// The version that was written at the destination, or found to be the same.
    pub target_version: Option<String>,
    /// The checksum that the service gives of source and copy, where it copied by itself:
    /// `crc64nvme:hexadecimal`.
    pub service_checksum: Option<String>,
}

/// One page of records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RecordPage {
    /// The records.
    pub records: Vec<ShownRecord>,
    /// Give this as `after` to get the next page. None: this was the last. With a search, a page may hold
    /// fewer records than were asked for, or none, although there is a next one.
    pub next: Option<Mark>,
}

/// A step of a record that is done, and never done again while it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DoneStep {
    /// Its name: `copied`, `registered`, `described`, `lookup:NAME`, `sidecar:NAME`.
    pub step: String,
    /// When, in milliseconds since 1970 (UTC).
    pub at_ms: i64,
    /// What it gave, as JSON; the beginning, where it is long.
    pub result: String,
}

/// Everything that is known of one record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct RecordDetail {
    /// The record.
    pub record: ShownRecord,
    /// How it failed, while it is failed.
    pub failure: Option<FailedRecord>,
    /// Its path below its source, with `/` between the parts.
    pub path: String,
    /// What a catalogue or a person says of it.
    #[ts(type = "Record<string, unknown>")]
    pub fields: Map<String, Value>,
    /// What is done of it so far, oldest first.
    pub done: Vec<DoneStep>,
    /// Its failed attempts, oldest first, at most a thousand.
    pub attempts: Vec<Attempt>,
}

/// Delivered records with the same content, as somebody looked for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Duplicates {
    /// When, in milliseconds since 1970 (UTC).
    pub at_ms: i64,
    /// Records whose content was delivered more than once.
    pub records: u64,
    /// Different contents among them.
    pub contents: u64,
    /// Bytes that are there more than once.
    pub bytes: u64,
}

/// A verification of the whole destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Verified {
    /// When it ended, in milliseconds since 1970 (UTC).
    pub at_ms: i64,
    /// Who let it run: user and computer, as the system names them.
    pub by: String,
    /// The version of Sluice.
    pub tool: String,
    /// What it found.
    pub report: VerifyReport,
}

/// Delivered records by what was proven of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Proven {
    /// What was proven.
    pub evidence: Evidence,
    /// Records.
    pub records: u64,
}

/// The account of a migration: found = delivered + failed + skipped + excluded + pending, and what stands
/// beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Reconciliation {
    /// The numbers.
    pub balance: Balance,
    /// Whether they add up.
    pub holds: bool,
    /// Failed records that a person left as they are.
    pub left: u64,
    /// Delivered records by what was proven, most first.
    pub proven: Vec<Proven>,
    /// Policies that left records out, and how many.
    pub excluded: Vec<(String, u64)>,
    /// The latest verification of the whole, if there was one.
    pub verified: Option<Verified>,
    /// The latest look for duplicates, if there was one.
    pub duplicates: Option<Duplicates>,
}

impl Migration {
    /// A page of the records that a filter lets through. With a search it looks through at most 10,000.
    pub async fn records(&self, filter: &RecordFilter, at: PageAt) -> Result<RecordPage, Error> {
        report::records::page(&self.0.checkpoint, &self.job(), filter, at.into()).await
    }

    /// Everything that is known of one record. None: there is no such record.
    pub async fn record(&self, id: RecordId) -> Result<Option<RecordDetail>, Error> {
        report::records::detail(&self.0.checkpoint, &self.job(), id).await
    }

    /// Where a record's file is on this computer: its source, or what was delivered of it. None: on another
    /// computer, or there is no such record.
    pub async fn place_of(&self, id: RecordId, delivered: bool) -> Result<Option<std::path::PathBuf>, Error> {
        report::records::place_of(&self.0.checkpoint, &self.job(), id, delivered).await
    }

    /// The account of the migration.
    pub async fn reconciliation(&self) -> Result<Reconciliation, Error> {
        proof::reconciliation(&self.0.checkpoint).await
    }

    /// Looks for delivered records with the same content. Refused while it is at work.
    pub async fn find_duplicates(&self) -> Result<Duplicates, Error> {
        self.0.between_steps(async |state| proof::find_duplicates(&self.0.checkpoint, state).await).await
    }

    /// Reads the destination again and compares it with the checkpoint: these records, or all. After all of
    /// them, and with nothing at work, it also looks for files that no record names, and keeps what it found.
    /// `on_progress` hears of it several times a second. Dropped, it ends.
    pub async fn verify(
        &self,
        records: &[RecordId],
        on_progress: impl FnMut(&VerifyReport),
    ) -> Result<VerifyReport, Error> {
        let at_rest = !self.state().is_active();
        let mut report = verify::verify(&self.0.checkpoint, records, at_rest, on_progress).await?;
        if self.state().is_active() {
            // What was delivered meanwhile would pass for files that no record names.
            (report.orphans, report.orphan_paths) = (None, Vec::new());
        }
        if records.is_empty() {
            proof::keep_verified(&self.0.checkpoint, &report).await?;
        }
        Ok(report)
    }

    /// Writes the proof report: the account, and every record with what was proven of it. The file's ending
    /// says how (`.csv`, `.xlsx`, `.json`, `.html`).
    pub async fn export_proof(&self, to: &Path) -> Result<Exported, Error> {
        report::proof::export(&self.0.checkpoint, to, Bounds::SPREADSHEET).await
    }
}

impl Reader {
    /// The account of the migration.
    pub async fn reconciliation(&self) -> Result<Reconciliation, Error> {
        proof::reconciliation(&self.0).await
    }

    /// Writes the proof report; see [`Migration::export_proof`].
    pub async fn export_proof(&self, to: &Path) -> Result<Exported, Error> {
        report::proof::export(&self.0, to, Bounds::SPREADSHEET).await
    }
}
