//! Reading a corrected report row by row: CSV as spreadsheets save it (their delimiter, their
//! encoding), XLSX with all its sheets, JSON.

mod csv;
mod json;
mod xlsx;

use std::path::Path;

use serde_json::Value;

use crate::error::Error;
use crate::report::cell::restore;
use crate::report::failures::FIELD;
use crate::report::file::Kind;

/// One row of a corrected report.
#[derive(Debug, Default)]
pub(crate) struct Row {
    /// Where it stands, in words.
    pub(crate) place: String,
    /// As it is written; empty where there is none.
    pub(crate) id: String,
    /// What it says, by column.
    pub(crate) given: Vec<(Column, Given)>,
}

/// A column that means something to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Column {
    Id,
    Migration,
    Source,
    Path,
    Note,
    Field(String),
}

impl Column {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "id" => Self::Id,
            "migration" => Self::Migration,
            "source" => Self::Source,
            "path" => Self::Path,
            "note" => Self::Note,
            other => Self::Field(other.strip_prefix(FIELD).filter(|name| !name.is_empty())?.to_owned()),
        })
    }
}

/// What stands in a column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Given {
    /// A cell's text.
    Cell(String),
    /// A JSON value.
    Value(Value),
}

/// What the heading says.
#[derive(Debug, Default)]
pub(crate) struct Heading {
    /// By position.
    columns: Vec<(usize, Column)>,
    /// Columns that were added and mean nothing to us.
    pub(crate) unknown: Vec<String>,
}

/// Columns of the report that are there to be read.
const REPORTED: [&str; 10] = [
    "stage",
    "category",
    "class",
    "attempts",
    "message",
    "advice",
    "size",
    "failed_at",
    "endpoint",
    "http_status",
];

/// Why reading ends early: the file, or whoever takes the rows.
pub(crate) enum Stop {
    Wrong { why: String, advice: &'static str },
    NotWanted,
}

impl Stop {
    fn unreadable(error: impl std::fmt::Display) -> Self {
        Self::Wrong {
            why: format!("cannot be read: {error}"),
            advice: "Save it from the spreadsheet as .csv (UTF-8) or .xlsx once more, and try again.",
        }
    }
}

/// The kinds of report that can be corrected.
const KINDS: &[Kind] = &[Kind::Csv, Kind::Xlsx, Kind::Json];

/// Takes a row; false: no more of them.
pub(crate) type OnRow<'a> = &'a mut dyn FnMut(Row) -> bool;

/// Reads a corrected report to its end. Gives the columns it has, and the unknown ones.
pub(crate) fn read(path: &Path, on_row: OnRow) -> Result<Heading, Error> {
    let read = match Kind::of(path, KINDS)? {
        Kind::Xlsx => xlsx::read(path, on_row),
        Kind::Json => json::read(path, on_row),
        // The others are not among the kinds that are taken.
        Kind::Csv | Kind::Ndjson | Kind::Html => csv::read(path, on_row),
    };
    match read {
        Ok(heading) => Ok(heading),
        Err(Stop::NotWanted) => Ok(Heading::default()),
        Err(Stop::Wrong { why, advice }) => {
            Err(Error::Correction { path: path.to_owned(), why, advice: advice.into() })
        }
    }
}

impl Heading {
    /// Reads a heading. None: it has no column `id`, so this is no report.
    fn of(cells: impl Iterator<Item = (usize, String)>) -> Result<Option<Self>, Stop> {
        let mut heading = Self::default();
        for (at, cell) in cells {
            let name = restore(cell.trim());
            match Column::of(name) {
                Some(column) if heading.has(&column) => {
                    return Err(Stop::Wrong {
                        why: format!("has two columns \"{name}\""),
                        advice: "Keep the one that is right, and delete the other.",
                    });
                }
                Some(column) => heading.columns.push((at, column)),
                None if name.is_empty() || REPORTED.contains(&name) => {}
                None => heading.unknown.push(name.to_owned()),
            }
        }
        Ok(heading.has(&Column::Id).then_some(heading))
    }

    pub(crate) fn has(&self, column: &Column) -> bool {
        self.columns.iter().any(|(_, known)| known == column)
    }

    pub(crate) fn has_fields(&self) -> bool {
        self.columns.iter().any(|(_, column)| matches!(column, Column::Field(_)))
    }

    /// A row of cells. None: all of them are empty.
    fn row(&self, place: String, mut cell: impl FnMut(usize) -> String) -> Option<Row> {
        let mut row = Row { place, ..Row::default() };
        let mut is_empty = true;
        for (at, column) in &self.columns {
            let text = cell(*at);
            is_empty &= text.trim().is_empty();
            match column {
                Column::Id => row.id = text.trim().to_owned(),
                other => row.given.push((other.clone(), Given::Cell(text))),
            }
        }
        (!is_empty).then_some(row)
    }
}

/// There is no column `id`.
fn no_id() -> Stop {
    Stop::Wrong {
        why: "has no column \"id\" in its first row".into(),
        advice: "Correct the file that `sluice failures --export` wrote, and keep its heading and its column id.",
    }
}
