//! The proof report: the account of a migration, and every record with what was proven of it.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use crate::api::{Reconciliation, ShownRecord};
use crate::checkpoint::Checkpoint;
use crate::clock::now_ms;
use crate::error::Error;
use crate::proof::{TOOL, reconciliation, who};
use crate::record::Evidence;
use crate::report::failures::account;
use crate::report::file::{Draft, Kind, folder_of};
use crate::report::html::{Page, Shown};
use crate::report::records::Places;
use crate::report::table::{Bounds, Cell, Exported, Table};
use crate::report::words::{bytes, count, timestamp};
use crate::verify::VerifyReport;

/// The kinds of proof report.
pub(crate) const KINDS: &[Kind] = &[Kind::Csv, Kind::Xlsx, Kind::Json, Kind::Html];

/// Records read at once.
const PAGE: u32 = 1000;

/// Records in a page of HTML.
const SHOWN: u64 = 5_000;

const COLUMNS: [&str; 20] = [
    "id",
    "state",
    "source",
    "target",
    "size",
    "hash",
    "evidence",
    "attempts",
    "reason",
    "message",
    "ended_at",
    "row",
    "external_id",
    "source_version",
    "source_class",
    "target_version",
    "service_checksum",
    "migration",
    "written",
    "tool",
];

/// Who says what of which migration.
#[derive(Serialize)]
struct Head {
    name: String,
    migration: String,
    checkpoint: String,
    sources: Vec<String>,
    destination: String,
    written_at: String,
    written_by: String,
    tool: &'static str,
    #[serde(flatten)]
    account: Reconciliation,
}

/// Writes the report; the file's ending says how.
pub(crate) async fn export(checkpoint: &Checkpoint, to: &Path, bounds: Bounds) -> Result<Exported, Error> {
    let failed = |error| Error::Report { path: to.to_owned(), error };
    let kind = Kind::of(to, KINDS)?;
    let job = checkpoint.job().await?;
    let head = Head {
        name: job.name.clone(),
        migration: checkpoint.uuid().await?,
        checkpoint: checkpoint.path().display().to_string(),
        sources: job.roots().iter().map(ToString::to_string).collect(),
        destination: job.destination.to_string(),
        written_at: timestamp(now_ms()),
        written_by: who(),
        tool: TOOL,
        account: reconciliation(checkpoint).await?,
    };
    let places = Places::of(checkpoint, &job).await?;
    let draft = Draft::of(to).map_err(failed)?;
    let mut out = draft.out().map_err(failed)?;
    let exported = match kind {
        Kind::Json => {
            let mut exported = Exported { sheets: 1, ..Exported::default() };
            out.write_all(b"{\"proof\":").map_err(failed)?;
            serde_json::to_writer(&mut out, &head).map_err(|error| failed(error.into()))?;
            out.write_all(b",\"records\":[").map_err(failed)?;
            each(checkpoint, &places, u64::MAX, to, |record| {
                if exported.records > 0 {
                    out.write_all(b",")?;
                }
                exported.records += 1;
                Ok(serde_json::to_writer(&mut out, record)?)
            })
            .await?;
            out.write_all(b"]}\n").and_then(|()| out.flush()).map_err(failed)?;
            exported
        }
        Kind::Html => html(checkpoint, &places, &head, out, to).await?,
        _ => {
            let columns: Vec<String> = COLUMNS.into_iter().map(str::to_owned).collect();
            let mut table = match kind {
                Kind::Xlsx => Table::book(out, "Records", &columns, bounds, folder_of(to)),
                _ => Table::csv(out, &columns, bounds),
            }
            .map_err(failed)?;
            table.about(lines(&head));
            let written = format!("{} by {}", head.written_at, head.written_by);
            each(checkpoint, &places, u64::MAX, to, |record| table.add(&cells(record, &head, &written)))
                .await?;
            table.end().map_err(failed)?
        }
    };
    draft.publish().map_err(failed)?;
    Ok(exported)
}

/// Gives the first `most` records, in the order of their numbers.
async fn each(
    checkpoint: &Checkpoint,
    places: &Places,
    most: u64,
    to: &Path,
    mut take: impl FnMut(&ShownRecord) -> io::Result<()>,
) -> Result<(), Error> {
    let (mut after, mut left) = (0, most);
    loop {
        let page = checkpoint.records_after(after, PAGE.min(left.min(PAGE.into()) as u32)).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.id;
        left -= page.len() as u64;
        for row in page {
            take(&places.shown(row)).map_err(|error| Error::Report { path: to.to_owned(), error })?;
        }
    }
}

fn cells<'a>(record: &'a ShownRecord, head: &'a Head, written: &'a str) -> Vec<Cell<'a>> {
    vec![
        Cell::Number(record.id.unsigned_abs()),
        Cell::text(record.part.word()),
        Cell::text(&record.source),
        Cell::maybe(record.target.as_deref()),
        Cell::Number(record.size),
        Cell::maybe(record.hash.as_deref()),
        Cell::maybe(record.evidence.map(Evidence::word)),
        Cell::Number(record.attempts.into()),
        Cell::maybe(record.reason.as_deref()),
        Cell::maybe(record.message.as_deref()),
        Cell::maybe(record.ended_ms.map(timestamp)),
        record.row.map_or(Cell::Empty, Cell::Number),
        Cell::maybe(record.external_id.as_deref()),
        Cell::maybe(record.source_version.as_deref()),
        Cell::maybe(record.source_class.as_deref()),
        Cell::maybe(record.target_version.as_deref()),
        Cell::maybe(record.service_checksum.as_deref()),
        Cell::text(&head.migration),
        Cell::text(written),
        Cell::text(head.tool),
    ]
}

/// The account in sentences.
fn lines(head: &Head) -> Vec<String> {
    let Reconciliation { balance, holds, left, proven, excluded: _, verified, duplicates } = &head.account;
    let mut lines = vec![
        format!("{} ({})", head.name, head.migration),
        format!("Written {} by {} with {}", head.written_at, head.written_by, head.tool),
        format!("From {} to {}", head.sources.join(", "), head.destination),
        format!(
            "{} found = {} delivered + {} failed + {} skipped + {} left out + {} pending: {}",
            count(balance.found),
            count(balance.delivered),
            count(balance.failed),
            count(balance.skipped),
            count(balance.excluded),
            count(balance.pending),
            if *holds { "it adds up" } else { "it does not add up" },
        ),
    ];
    if *left > 0 {
        lines.push(format!("{} failed records were left by a person, with a note", count(*left)));
    }
    for one in proven {
        lines.push(format!("{} delivered records: {}", count(one.records), what(one.evidence)));
    }
    lines.push(match verified {
        None => "The destination was not verified as a whole since".into(),
        Some(verified) => {
            let VerifyReport { checked, matching, size_only, missing, differing, unreadable, .. } = verified.report;
            format!(
                "Verified as a whole {} by {} with {}: {} checked, {} match, {} by size only, {} missing, {} differ, {} unreadable",
                timestamp(verified.at_ms),
                verified.by,
                verified.tool,
                count(checked),
                count(matching),
                count(size_only),
                count(missing),
                count(differing),
                count(unreadable),
            )
        }
    });
    if let Some(orphans) = verified.as_ref().and_then(|verified| verified.report.orphans) {
        lines.push(format!("{} files at the destination that no record names", count(orphans)));
    }
    if let Some(found) = duplicates {
        lines.push(format!(
            "{} delivered records with {} contents, so that {} are there more than once",
            count(found.records),
            count(found.contents),
            bytes(found.bytes)
        ));
    }
    lines
}

fn what(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::Size => "the destination holds as many bytes as the source",
        Evidence::Written => "the hash of the bytes that went out is known",
        Evidence::RemoteChecksum => {
            "the service's own checksum of what arrived is ours, or that of the source which it copied"
        }
        Evidence::ReadBack => "read again from the destination, with the same hash",
    }
}

async fn html(
    checkpoint: &Checkpoint,
    places: &Places,
    head: &Head,
    out: impl Write,
    to: &Path,
) -> Result<Exported, Error> {
    let failed = |error| Error::Report { path: to.to_owned(), error };
    let found = head.account.balance.found;
    let mut page = Page::begin(out, &format!("Proof of delivery: {}", head.name)).map_err(failed)?;
    page.facts(&[
        ("Migration", head.migration.clone()),
        ("File", head.checkpoint.clone()),
        ("From", head.sources.join(", ")),
        ("To", head.destination.clone()),
        ("Written", format!("{} by {}, {}", head.written_at, head.written_by, head.tool)),
    ])
    .and_then(|()| account(&mut page, &head.account.balance))
    .and_then(|()| page.heading("What was proven"))
    .map_err(failed)?;
    for line in lines(head).iter().skip(4) {
        page.says("", line).map_err(failed)?;
    }
    let verified = head.account.verified.as_ref().map(|verified| &verified.report);
    let problems = verified.map(|report| report.problems.as_slice()).unwrap_or_default();
    let orphans = verified.map(|report| report.orphan_paths.as_slice()).unwrap_or_default();
    if !problems.is_empty() {
        page.heading("Not as recorded")
            .and_then(|()| page.begin_table(&["No.", "File", "Problem"]))
            .map_err(failed)?;
        for problem in problems {
            let cells = [
                Shown::Number(problem.id.to_string()),
                Shown::Text(&problem.target),
                Shown::Text(&problem.message),
            ];
            page.row(&cells).map_err(failed)?;
        }
        page.end_table().map_err(failed)?;
    }
    if !orphans.is_empty() {
        page.heading("Files that no record names")
            .and_then(|()| page.begin_table(&["File"]))
            .map_err(failed)?;
        for path in orphans {
            page.row(&[Shown::Text(path)]).map_err(failed)?;
        }
        page.end_table().map_err(failed)?;
    }
    page.heading("Records").map_err(failed)?;
    page.left_out(SHOWN, found).map_err(failed)?;
    page.begin_table(&["No.", "State", "Source", "Target", "Size", "Hash", "Proven", "Ended"])
        .map_err(failed)?;
    let mut exported = Exported { sheets: 1, ..Exported::default() };
    each(checkpoint, places, SHOWN, to, |record| {
        exported.records += 1;
        page.row(&[
            Shown::Number(record.id.to_string()),
            Shown::Text(record.part.word()),
            Shown::Text(&record.source),
            Shown::maybe(record.target.as_deref()),
            Shown::Number(bytes(record.size)),
            Shown::maybe(record.hash.as_deref()),
            Shown::maybe(record.evidence.map(Evidence::word)),
            Shown::Text(&record.ended_ms.map(timestamp).unwrap_or_default()),
        ])
    })
    .await?;
    page.end_table().and_then(|()| page.end()).map_err(failed)?;
    if found > exported.records {
        exported.notes.push(format!(
            "The page holds {} of {} records; export CSV, XLSX or JSON to have them all.",
            count(exported.records),
            count(found)
        ));
    }
    Ok(exported)
}
