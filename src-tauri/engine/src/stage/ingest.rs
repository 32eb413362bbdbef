//! Ingest: find the source file, open it, look at it.

use std::fs::{File, Metadata};
use std::path::PathBuf;

use crate::failure::{Category, Deed, Stage};
use crate::record::{Failure, LeasedRecord};
use crate::storage::local::fault;
use crate::storage::local::platform::{self, to_shown};
use crate::storage::sources::{Source, Sources};

/// An open source file and what it was when it was opened.
pub(crate) struct Ingested {
    pub(crate) path: PathBuf,
    pub(crate) file: File,
    pub(crate) before: Metadata,
}

pub(crate) fn ingest(record: &LeasedRecord, sources: &Sources) -> Result<Ingested, Failure> {
    let stage = Stage::Ingest;
    let source = sources.get(record.source);
    let folder = source.and_then(Source::local);
    let path = folder.and_then(|folder| folder.file(&record.path)).ok_or_else(|| {
        Failure::new(
            stage,
            Category::SourceMissing,
            format!("the path {} leads out of its source", record.path),
        )
    })?;
    // A folder walk follows no link; the rows of a catalogue may lead over one.
    if record.row.is_some() && folder.is_some_and(|folder| matches!(folder.holds(&path), Ok(false))) {
        let message =
            format!("{}: a folder on its way is a link that leads elsewhere", to_shown(path.as_os_str()));
        return Err(Failure::new(stage, Category::PathUnsafe, message));
    }
    let not_a_file = |what: &str| {
        Failure::new(stage, Category::SourceNotAFile, format!("{} is {what} now", to_shown(path.as_os_str())))
    };
    let file = platform::open_source(&path).map_err(|error| {
        if platform::is_link_refusal(&error) {
            not_a_file("a link")
        } else {
            fault::of_source(stage, Deed::Open, &path, &error)
        }
    })?;
    let before = file.metadata().map_err(|error| fault::of_source(stage, Deed::LookAt, &path, &error))?;
    if !before.is_file() {
        return Err(not_a_file("no regular file"));
    }
    Ok(Ingested { path, file, before })
}
