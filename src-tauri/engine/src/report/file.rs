//! The file of a report: written beside its place first, so that an old one is never half replaced.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::Error;
use crate::storage::local::platform;

/// How a report is written, by the ending of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Csv,
    Xlsx,
    Json,
    /// One JSON object a line.
    Ndjson,
    /// A page to read and to print.
    Html,
}

impl Kind {
    const ALL: [Self; 5] = [Self::Csv, Self::Xlsx, Self::Json, Self::Ndjson, Self::Html];

    pub(crate) const fn ending(self) -> &'static str {
        match self {
            Self::Csv => ".csv",
            Self::Xlsx => ".xlsx",
            Self::Json => ".json",
            Self::Ndjson => ".ndjson",
            Self::Html => ".html",
        }
    }

    /// The kind of this file, if it is one of `known`.
    pub(crate) fn of(path: &Path, known: &'static [Self]) -> Result<Self, Error> {
        let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
        let kind = Self::ALL.into_iter().find(|kind| name.ends_with(kind.ending()));
        kind.filter(|kind| known.contains(kind)).ok_or_else(|| {
            let known: Vec<_> = known.iter().map(|kind| kind.ending()).collect();
            Error::ReportKind { path: path.to_owned(), known: known.join(", ") }
        })
    }
}

/// A report that has its final name only when it is complete.
pub(crate) struct Draft {
    draft: NamedTempFile,
    to: PathBuf,
}

impl Draft {
    pub(crate) fn of(to: &Path) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".sluice-").suffix(".part");
        // Temporary files are the user's alone; a report may be read by whom the user's mask allows.
        let permissions = platform::ordinary_permissions();
        if let Some(permissions) = &permissions {
            builder.permissions(permissions.clone());
        }
        Ok(Self { draft: builder.tempfile_in(folder_of(to))?, to: to.to_owned() })
    }

    pub(crate) fn out(&self) -> io::Result<BufWriter<File>> {
        Ok(BufWriter::new(self.draft.reopen()?))
    }

    /// Makes what was written durable and gives it its name.
    pub(crate) fn publish(self) -> io::Result<()> {
        self.draft.as_file().sync_all()?;
        self.draft.persist(&self.to).map_err(|error| error.error)?;
        Ok(())
    }
}

/// The folder that a file lies in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
