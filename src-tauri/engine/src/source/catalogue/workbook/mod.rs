//! Workbooks, read as a stream: memory follows the longest row and not the size of the sheet.
//!
//! `calamine` keeps all texts of an XLSX and all cells of an ODS in memory, and reserves what a file
//! claims to need; a hostile one ends the program. It reads the old binary format, whose size is
//! bounded, and knows Excel's calendar.

mod number;
mod ods;
mod package;
mod strings;
mod xls;
mod xlsx;

use std::path::Path;

use super::row::{OnEvent, RawLine, RawRow, Unreadable};
use super::table::Table;
use super::{CatalogueError, Head};
use crate::spec::{Catalogue, CatalogueFormat};

/// Rows that a sheet can have: ECMA-376 and all programs that we know.
const MOST_ROWS: u64 = 1_048_576;
/// Columns that a sheet can have.
const WIDEST: usize = 16_384;

/// Why reading a workbook came to an end before its end.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error(transparent)]
    Zip(#[from] zip::result::ZipError),
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Xml(#[from] quick_xml::Error),
    #[error("{0}")]
    Other(String),
    #[error("it is protected by a password")]
    Locked,
    #[error("it has no sheet \"{0}\"")]
    NoSheet(String, Vec<String>),
}

impl From<quick_xml::events::attributes::AttrError> for Broken {
    fn from(error: quick_xml::events::attributes::AttrError) -> Self {
        Self::Other(error.to_string())
    }
}

/// The sheet that is read, and its sisters.
#[derive(Debug, Clone)]
struct Chosen {
    sheet: String,
    sheets: Vec<String>,
}

impl Chosen {
    /// The sheet that the job names, or else the first one that is not hidden.
    fn of(sheets: Vec<(String, bool)>, wanted: Option<&str>) -> Result<Self, Broken> {
        let names = || sheets.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        let found = match wanted {
            Some(wanted) => sheets.iter().find(|(name, _)| name == wanted),
            None => sheets.iter().find(|(_, is_hidden)| !is_hidden).or(sheets.first()),
        };
        match (found, wanted) {
            (Some((sheet, _)), _) => Ok(Self { sheet: sheet.clone(), sheets: names() }),
            (None, Some(wanted)) => Err(Broken::NoSheet(wanted.to_owned(), names())),
            (None, None) => Err(Broken::Other("it has no sheet".into())),
        }
    }
}

/// Hears which sheet is read, then each row that holds anything. Gives false when it has heard
/// enough.
type OnSheet<'a> = &'a mut dyn FnMut(Found) -> bool;

enum Found {
    Sheet(Chosen),
    Row(RawRow),
}

/// What is to come after a row.
pub(crate) enum Next {
    Row,
    Sheet,
    /// Nothing more.
    End,
}

/// A row's cells that hold anything, by their column, from 0.
pub(crate) type Cells = Vec<(usize, String)>;

/// Goes through the rows of all sheets of an XLSX that hold anything. `on` hears the sheet's name, the
/// row's number as a spreadsheet counts, and its cells. The error is in words.
pub(crate) fn each_row(path: &Path, on: &mut dyn FnMut(&str, u64, Cells) -> Next) -> Result<(), String> {
    let mut go = || -> Result<(), Broken> {
        let mut book = xlsx::Book::open(std::fs::File::open(path)?)?;
        let mut is_over = false;
        for (sheet, _) in book.sheets() {
            book.rows(&sheet, &mut |row| match on(&sheet, row.number, row.cells) {
                Next::Row => true,
                Next::Sheet => false,
                Next::End => {
                    is_over = true;
                    false
                }
            })?;
            if is_over {
                break;
            }
        }
        Ok(())
    };
    go().map_err(|broken| broken.to_string())
}

pub(super) fn read(
    catalogue: &Catalogue,
    format: CatalogueFormat,
    mut on: OnEvent,
) -> Result<(), CatalogueError> {
    let path = &catalogue.file;
    let file = std::fs::File::open(path).map_err(|error| CatalogueError::Io { path: path.clone(), error })?;
    let wanted = catalogue.sheet.as_deref();
    let mut table: Option<Table> = None;
    let mut on = Some(&mut on);
    let mut last = 0;
    let mut take = |found: Found| match (found, &mut table) {
        (Found::Sheet(chosen), table) => {
            let head = Head { format, sheet: Some(chosen.sheet), sheets: chosen.sheets, ..Head::default() };
            *table = on.take().map(|on| Table::new(catalogue, head, false, on));
            true
        }
        (Found::Row(row), Some(table)) => {
            last = row.number;
            table.add(RawLine::Row(row))
        }
        (Found::Row(_), None) => true,
    };
    let ended = match format {
        CatalogueFormat::Xls => xls::read(file, wanted, &mut take),
        CatalogueFormat::Ods => ods::read(file, wanted, &mut take),
        _ => xlsx::read(file, wanted, &mut take),
    };
    match (ended, table) {
        (Ok(()), Some(table)) => table.end(),
        (Ok(()), None) => Err(CatalogueError::Empty { path: path.clone(), sheet: None }),
        (Err(Broken::NoSheet(sheet, sheets)), _) => {
            Err(CatalogueError::NoSheet { path: path.clone(), sheet, sheets })
        }
        (Err(Broken::Locked), _) => Err(CatalogueError::Locked { path: path.clone() }),
        (Err(broken), Some(mut table)) => {
            let why = format!("the workbook is damaged from here on: {broken}");
            table.add(RawLine::Unreadable(Unreadable { number: last + 1, why }));
            table.end()
        }
        (Err(broken), None) => Err(CatalogueError::Damaged { path: path.clone(), why: broken.to_string() }),
    }
}
