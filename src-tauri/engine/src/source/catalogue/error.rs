//! What can be wrong with a catalogue as a whole. A row that cannot be read is no such error: it is
//! counted, and the others go on.

use std::io;
use std::path::PathBuf;

/// A catalogue that cannot be used as it is.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// The system does not give it.
    #[error("the catalogue {} cannot be read: {error}", path.display())]
    Io {
        /// The catalogue.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// It is not what it seems to be, or only a part of it.
    #[error("the catalogue {} is damaged, or of another kind than its name says: {why}", path.display())]
    Damaged {
        /// The catalogue.
        path: PathBuf,
        /// How that shows.
        why: String,
    },
    /// Nobody can read it without its password.
    #[error("the catalogue {} is protected by a password", path.display())]
    Locked {
        /// The catalogue.
        path: PathBuf,
    },
    /// It holds no row.
    #[error("the catalogue {} holds no rows{}", path.display(), sheet.as_ref().map(|sheet| format!(" in its sheet \"{sheet}\"")).unwrap_or_default())]
    Empty {
        /// The catalogue.
        path: PathBuf,
        /// The sheet that was read.
        sheet: Option<String>,
    },
    /// There is no such sheet.
    #[error("the catalogue {} has no sheet \"{sheet}\"; it has: {}", path.display(), listed(sheets))]
    NoSheet {
        /// The catalogue.
        path: PathBuf,
        /// The sheet that was asked for.
        sheet: String,
        /// Those that are there.
        sheets: Vec<String>,
    },
    /// The row that should hold the columns' names is not there.
    #[error("the catalogue {} has no row {row} with columns' names", path.display())]
    NoHeader {
        /// The catalogue.
        path: PathBuf,
        /// The row that was asked for.
        row: u64,
    },
    /// There is no such column.
    #[error("the catalogue {} has no column \"{column}\"; it has: {}", path.display(), listed(columns))]
    NoColumn {
        /// The catalogue.
        path: PathBuf,
        /// The column that was asked for.
        column: String,
        /// Those that are there.
        columns: Vec<String>,
    },
    /// It has more columns than anybody can name.
    #[error("the catalogue {} has {columns} columns, more than {most}", path.display())]
    TooWide {
        /// The catalogue.
        path: PathBuf,
        /// How many it has.
        columns: usize,
        /// How many it may have.
        most: usize,
    },
    /// An option makes no sense.
    #[error("the catalogue {} cannot be read with {what}", path.display())]
    Option {
        /// The catalogue.
        path: PathBuf,
        /// Which option, and why not.
        what: String,
    },
}

impl CatalogueError {
    /// A word for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "catalogue_unreadable",
            Self::Damaged { .. } => "catalogue_damaged",
            Self::Locked { .. } => "catalogue_locked",
            Self::Empty { .. } => "catalogue_empty",
            Self::NoSheet { .. } => "sheet_missing",
            Self::NoHeader { .. } => "header_missing",
            Self::NoColumn { .. } => "column_missing",
            Self::TooWide { .. } => "catalogue_too_wide",
            Self::Option { .. } => "catalogue_option",
        }
    }

    /// What the person can do next.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Io { .. } => {
                "Check the path and your right to read it; a spreadsheet may have to be closed in its program."
            }
            Self::Damaged { .. } => "Export it again, or say what kind of file it is (`format`).",
            Self::Locked { .. } => "Open it in its own program, and save it without a password.",
            Self::Empty { .. } => "Choose another sheet with `sheet`, or check the export.",
            Self::NoSheet { .. } => "Name one of these with `sheet`.",
            Self::NoHeader { .. } => {
                "Look at it with `sluice catalogue FILE`, and correct `header_row`; 0 means that there is none."
            }
            Self::NoColumn { .. } => {
                "Name one of these, or look at it with `sluice catalogue FILE`: another `header_row`, `encoding` or `delimiter` may be right."
            }
            Self::TooWide { .. } => "Another `delimiter` may be right; else take columns out.",
            Self::Option { .. } => "Correct the option, or leave it out: it is then found by itself.",
        }
    }
}

fn listed(names: &[String]) -> String {
    const SHOWN: usize = 40;
    let mut text = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        text += &format!(" and {} more", names.len() - SHOWN);
    }
    text
}
