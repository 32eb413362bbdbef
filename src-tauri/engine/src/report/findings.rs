//! The findings of a pre-flight as CSV: those of the whole, and one line for each record that is
//! concerned. Written page by page, so that a million of them need no more memory than one.

use std::io::Write;
use std::path::Path;

use super::cell::defuse;
use super::failures::{page, source_of};
use super::file::{Draft, Kind};
use crate::api::{ListedFailure, Order, Selection};
use crate::checkpoint::{self, Checkpoint, Pending};
use crate::error::Error;
use crate::mapping::placing::{Ground, Place};
use crate::preflight::{NameChange, NameReason, Preflight, Severity};
use crate::spec::JobSpec;

/// Records read at once.
const PAGE: u32 = 1000;

/// One line.
#[derive(Default)]
struct Line<'a> {
    severity: Option<Severity>,
    code: &'a str,
    records: u64,
    record: Option<i64>,
    source: String,
    wanted: &'a str,
    proposed: &'a str,
    message: &'a str,
    advice: &'a str,
}

/// Writes everything that a pre-flight found. Gives the number of lines.
pub(crate) async fn export(
    checkpoint: &Checkpoint,
    job: &JobSpec,
    preflight: &Preflight,
    to: &Path,
) -> Result<u64, Error> {
    let failed = |error| Error::Report { path: to.to_owned(), error };
    Kind::of(to, &[Kind::Csv])?;
    let draft = Draft::of(to).map_err(failed)?;
    let mut out = draft.out().map_err(failed)?;
    // Excel takes a CSV without this mark for the system's old code page.
    out.write_all("\u{feff}".as_bytes()).map_err(failed)?;
    let mut findings = Findings { out: csv::Writer::from_writer(out), lines: 0, to };
    findings.head()?;
    findings.of_the_whole(preflight)?;
    findings.failures(checkpoint, job).await?;
    findings.names(checkpoint, job).await?;
    findings.out.flush().map_err(failed)?;
    draft.publish().map_err(failed)?;
    Ok(findings.lines)
}

struct Findings<'a, W: Write> {
    out: csv::Writer<W>,
    lines: u64,
    to: &'a Path,
}

impl<W: Write> Findings<'_, W> {
    fn head(&mut self) -> Result<(), Error> {
        self.write(&[
            "severity", "code", "records", "record", "source", "wanted", "proposed", "message", "advice",
        ])
    }

    fn of_the_whole(&mut self, preflight: &Preflight) -> Result<(), Error> {
        for finding in &preflight.findings {
            self.add(Line {
                severity: Some(finding.severity),
                code: &finding.code,
                records: finding.records,
                message: &finding.message,
                advice: &finding.advice,
                ..Line::default()
            })?;
        }
        for value in &preflight.unmapped {
            self.add(Line {
                severity: Some(Severity::Warns),
                code: "value_unmapped",
                records: value.records,
                message: &format!("the field \"{}\" is \"{}\"", value.field, value.value),
                advice: "Add the value to one_of in the job, or map it to one of these with [[map.field]].",
                ..Line::default()
            })?;
        }
        Ok(())
    }

    /// Records that failed while planning.
    async fn failures(&mut self, checkpoint: &Checkpoint, job: &JobSpec) -> Result<(), Error> {
        let mut place = checkpoint::Place::first(PAGE);
        loop {
            let page = page(checkpoint, job, &Selection::default(), Order::default(), place).await?;
            for ListedFailure { record, .. } in page.failures {
                self.add(Line {
                    severity: Some(Severity::Warns),
                    code: record.category.word(),
                    records: 1,
                    record: Some(record.id),
                    source: record.source,
                    message: &record.message,
                    advice: &record.advice,
                    ..Line::default()
                })?;
            }
            let Some(next) = page.next else { return Ok(()) };
            place = checkpoint::Place::after(next, PAGE);
        }
    }

    /// Records whose name will not be what the template or the source says.
    async fn names(&mut self, checkpoint: &Checkpoint, job: &JobSpec) -> Result<(), Error> {
        let roots = job.roots();
        let ground = Ground::of(job, checkpoint.prefixes().await?).await?;
        let mut after = 0;
        loop {
            let page = checkpoint.pending(Pending::After(after, PAGE)).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.id;
            for record in page {
                let Ok(Place::At { wanted, legal }) = ground.place(&record) else { continue };
                let source = || source_of(&roots, record.source, &record.path);
                if wanted != legal {
                    let change = NameChange::new(record.id, NameReason::Illegal, &wanted, &legal);
                    self.change(&change, source(), "the destination cannot hold the name as it is")?;
                }
                if let Some(planned) = record.mapped.as_ref().filter(|planned| **planned != legal) {
                    let change = NameChange::new(record.id, NameReason::Collision, &legal, planned);
                    self.change(&change, source(), "another record has this target")?;
                }
            }
        }
    }

    fn change(&mut self, change: &NameChange, source: String, message: &str) -> Result<(), Error> {
        let severity = match change.reason {
            NameReason::Collision => Severity::Warns,
            NameReason::Illegal => Severity::Notes,
        };
        self.add(Line {
            severity: Some(severity),
            code: change.reason.word(),
            records: 1,
            record: Some(change.record),
            source,
            wanted: &change.wanted,
            proposed: &change.proposed,
            message,
            advice: "",
        })
    }

    fn add(&mut self, line: Line) -> Result<(), Error> {
        self.lines += 1;
        self.write(&[
            line.severity.map_or("", Severity::word),
            line.code,
            &line.records.to_string(),
            &line.record.map(|record| record.to_string()).unwrap_or_default(),
            &defuse(&line.source),
            &defuse(line.wanted),
            &defuse(line.proposed),
            &defuse(line.message),
            line.advice,
        ])
    }

    fn write(&mut self, cells: &[&str]) -> Result<(), Error> {
        let failed = |error: csv::Error| Error::Report { path: self.to.to_owned(), error: error.into() };
        self.out.write_record(cells).map_err(failed)
    }
}
