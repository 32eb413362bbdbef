//! The delivered catalogue: what became of every record, with all its fields. Written page by page,
//! so that a million records need no more memory than a thousand.

use std::collections::HashSet;
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::checkpoint::{Checkpoint, KnownRecord};
use crate::describe::{self, DESCRIBED};
use crate::error::Error;
use crate::mapping::Mapper;
use crate::record::{Objects, RawPath, RecordId, RecordState};
use crate::report::failures::{FIELD, source_of, value_text};
use crate::report::file::{Draft, Kind, folder_of};
use crate::report::table::{Bounds, Cell, Exported, Table};
use crate::spec::Location;
use crate::stage::target_of;
use crate::storage::destination::rules_of;
use crate::storage::names::NameRules;
use crate::storage::names::known_as;
use crate::template::{Facts, text_of};

/// Records read at once.
const PAGE: u32 = 1000;

/// Fields that have a column of their own; a sheet holds 16,384 columns. Further ones share one.
const FIELDS: u32 = 16_000;

/// The kinds of catalogue.
pub(crate) const KINDS: &[Kind] = &[Kind::Csv, Kind::Xlsx, Kind::Ndjson];

/// The columns before the fields.
const COLUMNS: [&str; 11] = [
    "id",
    "row",
    "external_id",
    "state",
    "source",
    "target",
    "size",
    "hash",
    "evidence",
    "reason",
    "message",
];

/// The columns behind the fields, where any record has something there.
const OBJECTS: [&str; 4] = ["source_version", "source_class", "target_version", "service_checksum"];

/// The column of the fields that have none of their own.
const FURTHER: &str = "further_fields";

/// A record in the catalogue.
#[derive(Serialize)]
struct Entry {
    id: RecordId,
    /// The row of the catalogue that names it, as a spreadsheet counts.
    row: Option<u64>,
    /// Its own number or name there.
    external_id: Option<String>,
    state: &'static str,
    /// Full path of the source file, safe to show.
    source: String,
    /// Path below the destination, with `/` between the parts; only where the content is there.
    target: Option<String>,
    size: u64,
    /// `algorithm:hexadecimal`.
    hash: Option<String>,
    evidence: Option<String>,
    reason: Option<String>,
    message: Option<String>,
    fields: Map<String, Value>,
    /// Versions of the objects that came and went, and the class of storage that the source lay in.
    #[serde(flatten)]
    objects: Objects,
}

/// Writes the catalogue to a file; its ending says how. `all`: also what was not delivered.
pub(crate) async fn export(
    checkpoint: &Checkpoint,
    all: bool,
    to: &Path,
    bounds: Bounds,
) -> Result<Exported, Error> {
    let failed = |error| Error::Report { path: to.to_owned(), error };
    let kind = Kind::of(to, KINDS)?;
    let draft = Draft::of(to).map_err(failed)?;
    let mut out = draft.out().map_err(failed)?;
    let exported = if kind == Kind::Ndjson {
        let mut exported = Exported { sheets: 1, ..Exported::default() };
        each(checkpoint, all, to, |entry| {
            exported.records += 1;
            serde_json::to_writer(&mut out, entry)?;
            out.write_all(b"\n")
        })
        .await?;
        out.flush().map_err(failed)?;
        exported
    } else {
        let mut names = checkpoint.field_names(FIELDS + 1).await?;
        for field in checkpoint.job().await?.map.fields {
            if !names.contains(&field.name) {
                names.push(field.name);
            }
        }
        let has_further = names.len() as u32 > FIELDS;
        names.truncate(FIELDS as usize);
        let has_objects = checkpoint.has_objects().await?;
        let columns = columns(&names, has_further, has_objects);
        let mut table = match kind {
            Kind::Xlsx => Table::book(out, "Catalogue", &columns, bounds, folder_of(to)),
            _ => Table::csv(out, &columns, bounds),
        }
        .map_err(failed)?;
        let known: HashSet<&str> = names.iter().map(String::as_str).collect();
        each(checkpoint, all, to, |entry| {
            let mut cells = cells(entry, &names);
            if has_further {
                let mut further = entry.fields.clone();
                further.retain(|name, _| !known.contains(name.as_str()));
                let further = (!further.is_empty()).then(|| Value::Object(further).to_string());
                cells.push(Cell::maybe(further));
            }
            if has_objects {
                let Objects { source_version, source_class, target_version, service_checksum } =
                    &entry.objects;
                let objects = [source_version, source_class, target_version, service_checksum];
                cells.extend(objects.map(|of| Cell::maybe(of.as_deref())));
            }
            table.add(&cells)
        })
        .await?;
        table.end().map_err(failed)?
    };
    draft.publish().map_err(failed)?;
    Ok(exported)
}

/// The heading. A field keeps its name, unless it would pass for a column of ours.
fn columns(names: &[String], has_further: bool, has_objects: bool) -> Vec<String> {
    let is_object = |name: &str| has_objects && OBJECTS.contains(&name);
    let is_ours =
        |name: &str| COLUMNS.contains(&name) || name == FURTHER || name.starts_with(FIELD) || is_object(name);
    let fields = names.iter().map(|name| if is_ours(name) { format!("{FIELD}{name}") } else { name.clone() });
    let further = has_further.then(|| FURTHER.to_owned());
    let objects = OBJECTS.into_iter().filter(|_| has_objects).map(str::to_owned);
    COLUMNS.into_iter().map(str::to_owned).chain(fields).chain(further).chain(objects).collect()
}

fn cells<'a>(entry: &'a Entry, fields: &[String]) -> Vec<Cell<'a>> {
    let own = [
        Cell::Number(entry.id.unsigned_abs()),
        entry.row.map_or(Cell::Empty, Cell::Number),
        Cell::maybe(entry.external_id.as_deref()),
        Cell::text(entry.state),
        Cell::text(&entry.source),
        Cell::maybe(entry.target.as_deref()),
        Cell::Number(entry.size),
        Cell::maybe(entry.hash.as_deref()),
        Cell::maybe(entry.evidence.as_deref()),
        Cell::maybe(entry.reason.as_deref()),
        Cell::maybe(entry.message.as_deref()),
    ];
    let value = |name| Cell::maybe(entry.fields.get(name).map(value_text));
    own.into_iter().chain(fields.iter().map(value)).collect()
}

async fn each(
    checkpoint: &Checkpoint,
    all: bool,
    to: &Path,
    mut take: impl FnMut(&Entry) -> io::Result<()>,
) -> Result<(), Error> {
    let job = checkpoint.job().await?;
    let prefixes = checkpoint.prefixes().await?;
    let rules = rules_of(&job.destination);
    let roots = job.roots();
    let mapper = Mapper::prepare(&job)?;
    let mut after = 0;
    loop {
        let page = checkpoint.known_after(!all, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.id;
        for record in page {
            let mapped =
                mapper.has_fields().then(|| mapper.fields_known(&facts(&record, &prefixes))).flatten();
            let mut entry = entry(&roots, &prefixes, rules, record);
            if let Some(mapped) = mapped {
                entry.fields = mapped;
            }
            take(&entry).map_err(|error| Error::Report { path: to.to_owned(), error })?;
        }
    }
}

/// What the mapping was given of a record.
fn facts(record: &KnownRecord, prefixes: &[RawPath]) -> Facts {
    let kept = record.described.clone().map(|kept| (DESCRIBED.to_owned(), kept));
    let tech = describe::kept(&kept.into_iter().collect()).unwrap_or_default();
    let prefix = prefixes.get(record.source).cloned().unwrap_or_default();
    let path = known_as(&prefix, &record.path);
    Facts::new(record.id, &path, record.size, record.fields.clone(), tech)
        .in_catalogue(record.row, record.external_id.as_deref())
}

fn entry(roots: &[Location], prefixes: &[RawPath], rules: NameRules, record: KnownRecord) -> Entry {
    let is_there = matches!(record.state, RecordState::Delivered | RecordState::Skipped);
    let mapped = || prefixes.get(record.source).and_then(|prefix| target_of(prefix, &record.path, rules));
    let target = record.target.clone().or_else(mapped).filter(|_| is_there);
    Entry {
        id: record.id,
        row: record.row,
        external_id: record.external_id,
        state: record.state.word(),
        source: source_of(roots, record.source, &record.path),
        target: target.map(|target| text_of(&target.0)),
        size: record.size,
        hash: record.hash,
        evidence: record.evidence,
        reason: record.reason,
        message: record.message,
        fields: record.fields,
        objects: record.objects,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_keeps_its_name_unless_it_would_pass_for_a_column_of_ours() {
        let names = ["Title", "size", "field:size"].map(str::to_owned);
        assert_eq!(
            columns(&names, true, false)[COLUMNS.len()..],
            ["Title", "field:size", "field:field:size", FURTHER]
        );
        let version = ["source_version".to_owned()];
        assert_eq!(columns(&version, false, false).last(), version.first());
        assert_eq!(columns(&version, false, true)[COLUMNS.len()], "field:source_version");
    }
}
