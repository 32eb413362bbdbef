//! A table that grows row by row, as CSV or as a workbook, in the same memory for ten rows and for a
//! million. What a cell may hold is decided in [`super::cell`].

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::cell::{self, defuse, shorten};
use super::words::count;

/// What a spreadsheet holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Rows of a sheet, its heading included.
    pub(crate) rows: u32,
    /// UTF-16 units of a cell's text.
    pub(crate) text: usize,
}

impl Bounds {
    /// Excel's, which the others follow (Excel specifications and limits).
    pub(crate) const SPREADSHEET: Self = Self { rows: 1_048_576, text: cell::LONGEST };
}

/// Above so many bytes of XML (of 4 GiB), a sheet needs the large form of ZIP.
const LARGE_SHEET: u64 = 3 << 30;

/// What was written to a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Exported {
    /// Records in it.
    pub records: u64,
    /// Sheets that the records fill; one for a file without sheets.
    pub sheets: u32,
    /// Texts that are longer than a spreadsheet's cell: shortened in a workbook, whole elsewhere.
    pub long_texts: u64,
    /// What the reader of the file should know, in sentences.
    pub notes: Vec<String>,
}

/// What stands in a cell.
#[derive(Debug, Clone)]
pub(crate) enum Cell<'a> {
    Empty,
    Number(u64),
    Text(Cow<'a, str>),
}

impl<'a> Cell<'a> {
    pub(crate) fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text(text.into())
    }

    pub(crate) fn maybe(text: Option<impl Into<Cow<'a, str>>>) -> Self {
        text.map_or(Self::Empty, Self::text)
    }
}

/// A table under way.
pub(crate) struct Table<W: Write + Send> {
    out: Out<W>,
    bounds: Bounds,
    written: Exported,
    /// What a workbook says of itself, in lines.
    about: Vec<String>,
}

enum Out<W: Write + Send> {
    Csv(Box<csv::Writer<W>>),
    Book(Box<Book<W>>),
}

/// A workbook under way. Each sheet grows in a temporary file of its own.
struct Book<W> {
    out: W,
    workbook: Workbook,
    title: &'static str,
    columns: Vec<String>,
    /// The next row of the last sheet.
    row: u32,
    /// Bytes of the last sheet, roughly.
    bytes: u64,
}

impl<W: Write + Send> Table<W> {
    pub(crate) fn csv(mut out: W, columns: &[String], bounds: Bounds) -> io::Result<Self> {
        // Excel takes a CSV without this mark for the system's old code page.
        out.write_all("\u{feff}".as_bytes())?;
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(columns.iter().map(|column| defuse(column).into_owned()))?;
        let written = Exported { sheets: 1, ..Exported::default() };
        Ok(Self { out: Out::Csv(Box::new(writer)), bounds, written, about: Vec::new() })
    }

    /// `title`: the name of its sheets. `folder`: where its sheets may grow.
    pub(crate) fn book(
        out: W,
        title: &'static str,
        columns: &[String],
        bounds: Bounds,
        folder: &Path,
    ) -> io::Result<Self> {
        let mut workbook = Workbook::new();
        workbook.set_tempdir(folder).map_err(io_error)?;
        let mut book = Book { out, workbook, title, columns: columns.to_vec(), row: 0, bytes: 0 };
        let mut written = Exported::default();
        book.next_sheet(&mut written, bounds)?;
        Ok(Self { out: Out::Book(Box::new(book)), bounds, written, about: Vec::new() })
    }

    /// Lines that a workbook says of itself, on a sheet of their own. A CSV has no place for them.
    pub(crate) fn about(&mut self, lines: Vec<String>) {
        self.about = lines;
    }

    /// Adds a row; its cells stand in the columns' order.
    pub(crate) fn add(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        self.written.records += 1;
        match &mut self.out {
            Out::Csv(writer) => {
                for cell in cells {
                    match cell {
                        Cell::Empty => writer.write_field("")?,
                        Cell::Number(number) => writer.write_field(number.to_string())?,
                        Cell::Text(text) => {
                            self.written.long_texts += u64::from(is_long(text, self.bounds));
                            writer.write_field(defuse(text).as_bytes())?;
                        }
                    }
                }
                Ok(writer.write_record(None::<&[u8]>)?)
            }
            Out::Book(book) => {
                if book.row >= self.bounds.rows {
                    book.next_sheet(&mut self.written, self.bounds)?;
                }
                book.add(cells, &mut self.written, self.bounds)
            }
        }
    }

    /// Completes the file.
    pub(crate) fn end(mut self) -> io::Result<Exported> {
        self.written.notes = notes(&self.written, matches!(self.out, Out::Csv(_)), self.bounds);
        match self.out {
            Out::Csv(mut writer) => writer.flush()?,
            Out::Book(book) => {
                let lines: Vec<String> = self.about.iter().chain(&self.written.notes).cloned().collect();
                book.end(&lines)?;
            }
        }
        Ok(self.written)
    }
}

fn is_long(text: &str, bounds: Bounds) -> bool {
    text.len() >= bounds.text && defuse(text).encode_utf16().count() > bounds.text
}

fn notes(written: &Exported, is_csv: bool, bounds: Bounds) -> Vec<String> {
    let mut notes = Vec::new();
    if written.long_texts > 0 {
        let what = format!(
            "{} texts are longer than the {} characters of a spreadsheet's cell",
            count(written.long_texts),
            count(bounds.text as u64)
        );
        notes.push(if is_csv {
            format!("{what}; they are whole in this file, but do not open it in a spreadsheet.")
        } else {
            format!("{what} and were shortened; export CSV or JSON to have them whole.")
        });
    }
    if is_csv && written.records >= u64::from(bounds.rows) {
        notes.push(format!(
            "The file has {} rows, more than a spreadsheet shows ({}); export .xlsx, which is split into sheets.",
            count(written.records + 1),
            count(bounds.rows.into())
        ));
    }
    if written.sheets > 1 {
        notes.push(format!(
            "The records fill {} sheets, because one holds no more than {} rows.",
            written.sheets,
            count(bounds.rows.into())
        ));
    }
    notes
}

impl<W: Write + Send> Book<W> {
    /// Begins a sheet, with the heading.
    fn next_sheet(&mut self, written: &mut Exported, bounds: Bounds) -> io::Result<()> {
        written.sheets += 1;
        (self.row, self.bytes) = (0, 0);
        let name = match written.sheets {
            1 => self.title.to_owned(),
            number => format!("{} {number}", self.title),
        };
        let sheet = self.workbook.add_worksheet_with_constant_memory().map_err(io_error)?;
        sheet.set_name(name).map_err(io_error)?;
        sheet.set_freeze_panes(1, 0).map_err(io_error)?;
        let bold = Format::new().set_bold();
        for (at, column) in (0..).zip(&self.columns) {
            let column = fitting(column, bounds);
            sheet.write_string_with_format(0, at, column.as_ref(), &bold).map_err(io_error)?;
        }
        self.row = 1;
        Ok(())
    }

    fn add(&mut self, cells: &[Cell<'_>], written: &mut Exported, bounds: Bounds) -> io::Result<()> {
        let row = self.row;
        let sheet = last_sheet(&mut self.workbook)?;
        for (at, cell) in (0..).zip(cells) {
            match cell {
                Cell::Empty => {}
                Cell::Number(number) if *number < 1 << 53 => {
                    sheet.write_number(row, at, *number as f64).map_err(io_error)?;
                }
                // A spreadsheet's numbers are floating-point: larger ones would lose digits.
                Cell::Number(number) => {
                    sheet.write_string(row, at, number.to_string()).map_err(io_error)?;
                }
                Cell::Text(text) => {
                    written.long_texts += u64::from(is_long(text, bounds));
                    let text = fitting(text, bounds);
                    self.bytes += text.len() as u64;
                    sheet.write_string(row, at, text.as_ref()).map_err(io_error)?;
                }
            }
            self.bytes += 64;
        }
        if self.bytes > LARGE_SHEET {
            self.workbook.use_zip_large_file(true);
        }
        self.row += 1;
        Ok(())
    }

    fn end(mut self, notes: &[String]) -> io::Result<()> {
        if !notes.is_empty() {
            let sheet = self.workbook.add_worksheet_with_constant_memory().map_err(io_error)?;
            sheet.set_name(NOTES).map_err(io_error)?;
            for (row, note) in (0..).zip(notes) {
                sheet.write_string(row, 0, defuse(note)).map_err(io_error)?;
            }
        }
        self.workbook.save_to_writer(&mut self.out).map_err(io_error)?;
        self.out.flush()
    }
}

/// The sheet that holds no records but what their reader should know.
pub(crate) const NOTES: &str = "Notes";

fn last_sheet(workbook: &mut Workbook) -> io::Result<&mut Worksheet> {
    workbook.worksheets_mut().last_mut().ok_or_else(|| io::Error::other("the workbook has no sheet"))
}

/// A text as a cell of a workbook holds it.
fn fitting(text: &str, bounds: Bounds) -> Cow<'_, str> {
    let text = defuse(text);
    match shorten(&text, bounds.text) {
        Some(short) => Cow::Owned(short),
        None => text,
    }
}

fn io_error(error: XlsxError) -> io::Error {
    match error {
        XlsxError::IoError(error) => error,
        other => io::Error::other(other.to_string()),
    }
}

#[cfg(test)]
mod tests;
