//! A corrected failure report, imported again by record number: what it would change, and what is
//! wrong with it. Changes nothing by itself.

mod compare;
mod read;

use std::collections::{HashMap, HashSet};
use std::path::Path;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use ts_rs::TS;

use crate::checkpoint::{Checkpoint, Correction};
use crate::error::Error;
use crate::record::RecordId;
use crate::report::failures::source_of;
use crate::report::table::Bounds;
use crate::report::words::count;
use crate::spec::Location;
use crate::threads::joined;

use read::{Column, Given, Heading, Row};

/// Rows looked up at once.
const PAGE: usize = 500;

/// Changes and problems that are shown; all are counted.
const SHOWN: usize = 1000;

/// All changes of one report lie in memory, so that they are applied as one; this much (bytes) of them.
const MOST: usize = 64 << 20;

/// What importing a corrected report would change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Corrections {
    /// Rows read, but for empty ones.
    pub rows: u64,
    /// Rows that say what is known already.
    pub unchanged: u64,
    /// Records that would change.
    pub changed: u64,
    /// Records of them that would be tried again.
    pub again: u64,
    /// The first thousand changes.
    pub changes: Vec<RecordChange>,
    /// Rows that make no sense. While there is one, nothing is applied.
    pub wrong: u64,
    /// The first thousand of them.
    pub problems: Vec<RowProblem>,
    /// What the reader should know, in sentences.
    pub notes: Vec<String>,
}

/// What would change of one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RecordChange {
    /// The record's number.
    pub id: RecordId,
    /// Full path of the source file, safe to show.
    pub source: String,
    /// Each value.
    pub changes: Vec<ValueChange>,
    /// Whether it would be tried again; not while it is left with a note.
    pub again: bool,
}

/// One value before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ValueChange {
    /// `path`, `note` or `field NAME`.
    pub what: String,
    /// As it is. None: there is none.
    pub from: Option<String>,
    /// As it would be. None: it is taken away.
    pub to: Option<String>,
}

/// A row that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RowProblem {
    /// Where it stands: `line 7`; `sheet Failures, row 7`; `entry 7`.
    pub place: String,
    /// What is wrong, and what to do.
    pub message: String,
}

/// What a report changes: to show, and to apply.
pub(crate) struct Found {
    pub(crate) shown: Corrections,
    pub(crate) corrections: Vec<Correction>,
}

/// Compares a corrected report with the records as they are.
pub(crate) async fn find(checkpoint: &Checkpoint, report: &Path) -> Result<Found, Error> {
    let (send, mut receive) = mpsc::channel::<Vec<Row>>(2);
    let reading = {
        let report = report.to_owned();
        spawn_blocking(move || -> Result<Heading, Error> {
            let mut page = Vec::with_capacity(PAGE);
            let heading = read::read(&report, &mut |row| {
                page.push(row);
                page.len() < PAGE || send.blocking_send(std::mem::take(&mut page)).is_ok()
            })?;
            let _ = send.blocking_send(page);
            Ok(heading)
        })
    };
    let mut finding = Finding {
        checkpoint,
        report,
        roots: checkpoint.job().await?.roots(),
        migration: checkpoint.uuid().await?,
        seen: HashSet::new(),
        bytes: 0,
        emptied: 0,
        found: Found { shown: Corrections::default(), corrections: Vec::new() },
    };
    let mut compared = Ok(());
    while let Some(page) = receive.recv().await {
        compared = finding.take(page).await;
        if compared.is_err() {
            break;
        }
    }
    // Whoever still reads finds nobody who takes the rows, and ends.
    drop(receive);
    let heading = joined(reading).await?;
    compared?;
    Ok(finding.end(&heading))
}

struct Finding<'a> {
    checkpoint: &'a Checkpoint,
    report: &'a Path,
    roots: Vec<Location>,
    migration: String,
    seen: HashSet<RecordId>,
    bytes: usize,
    emptied: u64,
    found: Found,
}

impl Finding<'_> {
    async fn take(&mut self, page: Vec<Row>) -> Result<(), Error> {
        let ids: Vec<RecordId> = page.iter().filter_map(|row| compare::id_of(row).ok()).collect();
        let standing = self.checkpoint.standing(&ids).await?;
        let standing: HashMap<RecordId, _> = standing.into_iter().map(|one| (one.id, one)).collect();
        for row in page {
            self.found.shown.rows += 1;
            self.check_migration(&row)?;
            let compared = compare::id_of(&row).and_then(|id| {
                if !self.seen.insert(id) {
                    return Err(format!("record {id} stands in an earlier row too; keep one of the two"));
                }
                let one = standing.get(&id);
                let source = one.map(|one| source_of(&self.roots, one.source, &one.path)).unwrap_or_default();
                compare::compare(&row, one, &source, Bounds::SPREADSHEET.text)
            });
            self.add(row.place, compared)?;
        }
        Ok(())
    }

    fn add(
        &mut self,
        place: String,
        compared: Result<Option<(Correction, RecordChange)>, String>,
    ) -> Result<(), Error> {
        let Found { shown, corrections } = &mut self.found;
        match compared {
            Ok(None) => shown.unchanged += 1,
            Ok(Some((correction, change))) => {
                shown.changed += 1;
                shown.again += u64::from(change.again);
                self.emptied += correction.fields.values().filter(|value| value.is_null()).count() as u64;
                let texts = change.changes.iter().filter_map(|one| one.to.as_ref()).map(String::len);
                self.bytes += size_of::<Correction>() + texts.sum::<usize>();
                if self.bytes > MOST {
                    return Err(Error::Correction {
                        path: self.report.to_owned(),
                        why: "changes more than can be applied as one".into(),
                        advice: "Split it into several files, each with the heading, and import one after the other."
                            .into(),
                    });
                }
                corrections.push(correction);
                if shown.changes.len() < SHOWN {
                    shown.changes.push(change);
                }
            }
            Err(message) => {
                shown.wrong += 1;
                if shown.problems.len() < SHOWN {
                    shown.problems.push(RowProblem { place, message });
                }
            }
        }
        Ok(())
    }

    /// Record numbers mean nothing in another migration.
    fn check_migration(&self, row: &Row) -> Result<(), Error> {
        let named = row.given.iter().find_map(|(column, given)| match (column, given) {
            (Column::Migration, Given::Cell(named)) => Some(named.trim()),
            (Column::Migration, Given::Value(named)) => named.as_str(),
            _ => None,
        });
        match named {
            Some(named) if !named.is_empty() && named != self.migration => Err(Error::Correction {
                path: self.report.to_owned(),
                why: format!("belongs to another migration ({}: {named})", row.place),
                advice: format!(
                    "This one is {}. Name the .sluice file that the report was exported from.",
                    self.migration
                ),
            }),
            _ => Ok(()),
        }
    }

    fn end(mut self, heading: &Heading) -> Found {
        let notes = &mut self.found.shown.notes;
        let missing = |column: Column, name: &str, notes: &mut Vec<String>| {
            if !heading.has(&column) {
                notes.push(format!("The report has no column {name}: nothing of it changes."));
            }
        };
        missing(Column::Path, "path", notes);
        missing(Column::Note, "note", notes);
        if !heading.has_fields() {
            notes.push("The report has no columns of fields: nothing of them changes.".into());
        }
        if !heading.has(&Column::Migration) {
            notes.push(
                "The column migration was deleted: nothing tells whether the report belongs to this migration.".into(),
            );
        }
        if !heading.unknown.is_empty() {
            notes.push(format!(
                "These columns mean nothing here and are not read: {}. A new field's column is named field:NAME.",
                heading.unknown.join(", ")
            ));
        }
        if self.emptied > 0 {
            notes.push(format!("{} fields were emptied: they are taken away.", count(self.emptied)));
        }
        self.found
    }
}
