//! The failure report: CSV and XLSX for spreadsheets, JSON for scripts, HTML for people. Written page by page, so that a
//! million failures need no more memory than one.
//!
//! Its columns `path`, `note` and `field:NAME` can be corrected and imported again, see
//! [`super::corrections`].

mod html;

pub(crate) use html::account;

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::api::{FailedRecord, FailurePage, ListedFailure, Order, Selection};
use crate::checkpoint::{Checkpoint, FailedRow, Place};
use crate::error::Error;
use crate::failure::{Category, Stage};
use crate::record::{RawPath, show_bytes, show_text};
use crate::report::file::{Draft, Kind, folder_of};
use crate::report::table::{Bounds, Cell, Exported, Table};
use crate::report::words::timestamp;
use crate::spec::{JobSpec, Location};
use crate::storage::local::platform::to_shown;

/// Records read at once.
const PAGE: u32 = 1000;

/// Fields that have a column of their own; a sheet holds 16,384 columns.
const FIELDS: u32 = 16_000;

/// The kinds of failure report.
pub(crate) const KINDS: &[Kind] = &[Kind::Csv, Kind::Xlsx, Kind::Json, Kind::Html];

/// The columns before the fields.
const COLUMNS: [&str; 17] = [
    "id",
    "source",
    "path",
    "stage",
    "category",
    "class",
    "attempts",
    "message",
    "advice",
    "note",
    "size",
    "failed_at",
    "endpoint",
    "http_status",
    "row",
    "external_id",
    "migration",
];

/// What stands before a field's name in the heading of its column.
pub(crate) const FIELD: &str = "field:";

/// A failed record in a report.
#[derive(Serialize)]
struct Reported {
    #[serde(flatten)]
    shown: FailedRecord,
    /// Below its source, safe to show.
    path: String,
    fields: Map<String, Value>,
    migration: String,
}

/// Writes the chosen failures to a file; its ending says how.
pub(crate) async fn export(
    checkpoint: &Checkpoint,
    selection: &Selection,
    to: &Path,
    bounds: Bounds,
) -> Result<Exported, Error> {
    let failed = |error| Error::Report { path: to.to_owned(), error };
    let kind = Kind::of(to, KINDS)?;
    let draft = Draft::of(to).map_err(failed)?;
    let out = draft.out().map_err(failed)?;
    let exported = if kind == Kind::Json {
        write_json(checkpoint, selection, out, to).await?
    } else if kind == Kind::Html {
        html::write(checkpoint, selection, out, to).await?
    } else {
        let names = checkpoint.failed_field_names(selection, FIELDS).await?;
        let fields = names.iter().map(|name| format!("{FIELD}{name}"));
        let columns: Vec<String> = COLUMNS.into_iter().map(str::to_owned).chain(fields).collect();
        let mut table = match kind {
            Kind::Xlsx => Table::book(out, "Failures", &columns, bounds, folder_of(to)),
            _ => Table::csv(out, &columns, bounds),
        }
        .map_err(failed)?;
        each(checkpoint, selection, to, |record| table.add(&cells(record, &names))).await?;
        let mut exported = table.end().map_err(failed)?;
        if names.len() as u32 == FIELDS {
            exported
                .notes
                .push(format!("Only the first {FIELDS} fields have columns; JSON holds all of them."));
        }
        exported
    };
    draft.publish().map_err(failed)?;
    Ok(exported)
}

/// Writes the chosen failures as JSON, for standard output.
pub(crate) async fn print_json(
    checkpoint: &Checkpoint,
    selection: &Selection,
    out: impl Write,
) -> Result<u64, Error> {
    let place = Path::new("standard output");
    write_json(checkpoint, selection, out, place).await.map(|exported| exported.records)
}

async fn write_json(
    checkpoint: &Checkpoint,
    selection: &Selection,
    mut out: impl Write,
    place: &Path,
) -> Result<Exported, Error> {
    let failed = |error| Error::Report { path: place.to_owned(), error };
    let mut exported = Exported { sheets: 1, ..Exported::default() };
    out.write_all(b"{\"failures\":[").map_err(failed)?;
    each(checkpoint, selection, place, |record| {
        if exported.records > 0 {
            out.write_all(b",")?;
        }
        exported.records += 1;
        Ok(serde_json::to_writer(&mut out, record)?)
    })
    .await?;
    out.write_all(b"]}\n").and_then(|()| out.flush()).map_err(failed)?;
    Ok(exported)
}

async fn each(
    checkpoint: &Checkpoint,
    selection: &Selection,
    to: &Path,
    take: impl FnMut(&Reported) -> io::Result<()>,
) -> Result<(), Error> {
    each_of_first(checkpoint, selection, to, u64::MAX, take).await
}

async fn each_of_first(
    checkpoint: &Checkpoint,
    selection: &Selection,
    to: &Path,
    most: u64,
    mut take: impl FnMut(&Reported) -> io::Result<()>,
) -> Result<(), Error> {
    let roots = checkpoint.job().await?.roots();
    let migration = checkpoint.uuid().await?;
    let (mut place, mut left) = (Place::first(PAGE), most);
    loop {
        let (page, next) = checkpoint.failed_page(selection, Order::default(), place).await?;
        for (mut row, _) in page {
            if left == 0 {
                return Ok(());
            }
            left -= 1;
            let fields = std::mem::take(&mut row.fields);
            let path = row.path.to_string();
            let record = Reported { path, fields, shown: shown(&roots, row), migration: migration.clone() };
            take(&record).map_err(|error| Error::Report { path: to.to_owned(), error })?;
        }
        let Some(next) = next else { return Ok(()) };
        place = Place::after(next, PAGE);
    }
}

fn cells<'a>(record: &'a Reported, fields: &[String]) -> Vec<Cell<'a>> {
    let Reported { shown, path, fields: values, migration } = record;
    let own = [
        Cell::Number(shown.id.unsigned_abs()),
        Cell::text(&shown.source),
        Cell::text(path),
        Cell::text(shown.stage.word()),
        Cell::text(shown.category.word()),
        Cell::text(shown.class.word()),
        Cell::Number(shown.attempts.into()),
        Cell::text(&shown.message),
        Cell::text(&shown.advice),
        Cell::maybe(shown.note.as_deref()),
        Cell::Number(shown.size),
        Cell::text(timestamp(shown.failed_ms)),
        Cell::maybe(shown.endpoint.as_deref()),
        shown.http_status.map_or(Cell::Empty, |status| Cell::Number(status.into())),
        shown.row.map_or(Cell::Empty, Cell::Number),
        Cell::maybe(shown.external_id.as_deref()),
        Cell::text(migration),
    ];
    own.into_iter().chain(fields.iter().map(|name| Cell::maybe(values.get(name).map(value_text)))).collect()
}

/// A field's value as a cell shows it: a text as it is, anything else as JSON.
pub(crate) fn value_text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        Value::Null => Cow::Borrowed(""),
        other => Cow::Owned(other.to_string()),
    }
}

/// A page of failures in a person's order, ready to show.
pub(crate) async fn page(
    checkpoint: &Checkpoint,
    job: &JobSpec,
    selection: &Selection,
    order: Order,
    place: Place,
) -> Result<FailurePage, Error> {
    let roots = job.roots();
    let (rows, next) = checkpoint.failed_page(selection, order, place).await?;
    let listed = |(row, mark)| ListedFailure { record: shown(&roots, row), mark };
    Ok(FailurePage { failures: rows.into_iter().map(listed).collect(), next })
}

/// The full path of a record's source file, safe to show. `roots`: see [`JobSpec::roots`].
pub(crate) fn source_of(roots: &[Location], source: usize, path: &RawPath) -> String {
    let (root, separator) = match roots.get(source) {
        Some(Location::Local(root)) => (to_shown(root.as_os_str()), std::path::MAIN_SEPARATOR),
        Some(remote) => (show_bytes(remote.to_string().trim_end_matches('/').as_bytes()), '/'),
        // A whole URL.
        None => return path.to_string(),
    };
    if path.0.is_empty() { root } else { format!("{root}{separator}{path}") }
}

fn shown(roots: &[Location], row: FailedRow) -> FailedRecord {
    let category: Category = row.category.parse().unwrap_or(Category::Internal);
    FailedRecord {
        id: row.id,
        source: source_of(roots, row.source, &row.path),
        stage: Stage::from_word(&row.stage).unwrap_or(Stage::Plan),
        category,
        class: category.class(),
        attempts: row.attempts,
        message: show_text(&row.message),
        advice: category.advice().to_owned(),
        size: row.size,
        failed_ms: row.ended_ms,
        endpoint: row.endpoint,
        http_status: row.http_status,
        note: row.note,
        due_ms: row.due_ms,
        row: row.row,
        external_id: row.external_id.map(|text| show_text(&text)),
    }
}
