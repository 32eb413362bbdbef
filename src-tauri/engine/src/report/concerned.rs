//! The records behind a finding of the pre-flight, page by page, and what became of those that a pilot
//! has tried.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::failures::{page as failures_page, source_of};
use crate::api::{ListedFailure, Mark, Order, Selection};
use crate::checkpoint::{Checkpoint, Pending, PendingRecord, PlacedRow, Which};
use crate::error::Error;
use crate::failure::Category;
use crate::mapping::placing::{Ground, Place};
use crate::record::{RawPath, RecordId, RecordState};
use crate::spec::{JobSpec, Location};
use crate::stage::target_of;
use crate::storage::names::NameRules;

/// Most records of a page.
const MOST: u32 = 500;

/// Records that one page may look through to find those that it shows.
const LOOKED_THROUGH: u32 = 20_000;

/// Records read at once.
const READ: u32 = 2_000;

/// A record behind a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ConcernedRecord {
    /// Its number.
    pub id: RecordId,
    /// Full path of the source file, safe to show.
    pub source: String,
    /// The row of the catalogue that names it, as a spreadsheet counts.
    pub row: Option<u64>,
    /// Bytes.
    pub size: u64,
    /// Path below the destination as the template or the source says, where that is not what it will be.
    pub wanted: Option<String>,
    /// Path below the destination as it will be, where that is the point.
    pub target: Option<String>,
    /// Why, where each record has a reason of its own.
    pub why: Option<String>,
}

/// Some records behind a finding.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
pub struct ConcernedPage {
    /// The records, by number.
    pub records: Vec<ConcernedRecord>,
    /// Where the next page begins. None: there is no more. A page may be empty and not the last.
    pub next: Option<RecordId>,
}

/// What became of a record that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TriedOutcome {
    /// Its number.
    pub id: RecordId,
    /// Full path of the source file, safe to show.
    pub source: String,
    /// Path below the destination, safe to show, where its content is there.
    pub target: Option<String>,
    /// Bytes.
    pub size: u64,
    /// Delivered, skipped or failed.
    pub state: RecordState,
    /// What was proven, in the checkpoint's word.
    pub evidence: Option<String>,
    /// Why it failed.
    pub category: Option<Category>,
    /// Why it failed or was skipped, in words.
    pub why: Option<String>,
    /// What the person can do; empty where nothing needs doing.
    pub advice: String,
}

/// Records behind the finding of that code, with a number above `after`, at most `limit`. A finding that
/// keeps no records has none.
pub(crate) async fn page(
    checkpoint: &Checkpoint,
    job: &JobSpec,
    code: &str,
    after: RecordId,
    limit: u32,
) -> Result<ConcernedPage, Error> {
    let limit = limit.clamp(1, MOST);
    if let Ok(category) = code.parse::<Category>() {
        return failed(checkpoint, job, category, after, limit).await;
    }
    let which = match code {
        "file_twice" => Which::Repeated,
        "groups" => Which::Grouped,
        "name_numbered" | "name_illegal" | "bad_names" => {
            return by_name(checkpoint, job, code, after, limit).await;
        }
        code => match code.strip_prefix("excluded_") {
            Some(policy) => Which::Excluded(policy),
            None => return Ok(ConcernedPage::default()),
        },
    };
    let rows = checkpoint.which_after(which, after, limit).await?;
    let next = rows.last().filter(|_| rows.len() == limit as usize).map(|last| last.id);
    let roots = job.roots();
    let record = |row: PlacedRow| ConcernedRecord {
        id: row.id,
        source: source_of(&roots, row.source, &row.path),
        row: row.row,
        size: row.size,
        wanted: None,
        target: None,
        why: None,
    };
    Ok(ConcernedPage { records: rows.into_iter().map(record).collect(), next })
}

async fn failed(
    checkpoint: &Checkpoint,
    job: &JobSpec,
    category: Category,
    after: RecordId,
    limit: u32,
) -> Result<ConcernedPage, Error> {
    let selection = Selection { category: Some(category), ..Selection::default() };
    let place = crate::checkpoint::Place::after(Mark::of(after), limit);
    let page = failures_page(checkpoint, job, &selection, Order::default(), place).await?;
    let record = |ListedFailure { record: row, .. }| ConcernedRecord {
        id: row.id,
        source: row.source,
        row: row.row,
        size: row.size,
        wanted: None,
        target: None,
        why: Some(row.message),
    };
    let records = page.failures.into_iter().map(record).collect();
    Ok(ConcernedPage { records, next: page.next.map(|mark| mark.id) })
}

/// Records whose name is not kept as it is, found anew: the plan keeps only what came of it.
async fn by_name(
    checkpoint: &Checkpoint,
    job: &JobSpec,
    code: &str,
    mut after: RecordId,
    limit: u32,
) -> Result<ConcernedPage, Error> {
    let ground = Ground::of(job, checkpoint.prefixes().await?).await?;
    let roots = job.roots();
    let mut records = Vec::new();
    let mut looked_through = 0;
    while looked_through < LOOKED_THROUGH {
        let rows = checkpoint.pending(Pending::After(after, READ)).await?;
        if rows.is_empty() {
            return Ok(ConcernedPage { records, next: None });
        }
        looked_through += READ;
        for row in rows {
            after = row.id;
            records.extend(concerned(&row, code, &ground, &roots));
            if records.len() == limit as usize {
                return Ok(ConcernedPage { records, next: Some(after) });
            }
        }
    }
    Ok(ConcernedPage { records, next: Some(after) })
}

fn concerned(
    record: &PendingRecord,
    code: &str,
    ground: &Ground,
    roots: &[Location],
) -> Option<ConcernedRecord> {
    let told = |wanted: Option<&RawPath>, target: Option<&RawPath>| ConcernedRecord {
        id: record.id,
        source: source_of(roots, record.source, &record.path),
        row: record.row,
        size: record.size,
        wanted: wanted.map(ToString::to_string),
        target: target.map(ToString::to_string),
        why: None,
    };
    if code == "bad_names" {
        let is_bad = |part: &[u8]| NameRules::Windows.is_bad(part);
        return record.path.0.split(|byte| *byte == b'/').any(is_bad).then(|| told(None, None));
    }
    let Ok(Place::At { wanted, legal }) = ground.place(record) else { return None };
    match code {
        "name_illegal" => (wanted != legal).then(|| told(Some(&wanted), Some(&legal))),
        _ => {
            let planned = record.mapped.as_ref().filter(|planned| **planned != legal)?;
            Some(told(Some(&legal), Some(planned)))
        }
    }
}

/// Records that were tried and have their outcome, with a number above `after`, at most `limit`.
pub(crate) async fn tried(
    checkpoint: &Checkpoint,
    job: &JobSpec,
    after: RecordId,
    limit: u32,
) -> Result<Vec<TriedOutcome>, Error> {
    let rows = checkpoint.which_after(Which::Tried, after, limit.clamp(1, MOST)).await?;
    let (roots, prefixes) = (job.roots(), checkpoint.prefixes().await?);
    let places = Ground::of(job, prefixes.clone()).await?.places;
    let outcome = |row: PlacedRow| {
        let is_failed = row.state == RecordState::Failed;
        let mirrored =
            || prefixes.get(row.source).and_then(|prefix| target_of(prefix, &row.path, places.rules));
        let target = (!is_failed).then(|| row.target.clone().or_else(mirrored)).flatten();
        let reason = row.reason.filter(|_| is_failed);
        let category: Option<Category> = reason.and_then(|word| word.parse().ok());
        TriedOutcome {
            id: row.id,
            source: source_of(&roots, row.source, &row.path),
            target: target.map(|target| target.to_string()),
            size: row.size,
            state: row.state,
            evidence: row.evidence,
            category,
            why: row.message,
            advice: category.map(|category| category.advice().to_owned()).unwrap_or_default(),
        }
    };
    Ok(rows.into_iter().map(outcome).collect())
}
