//! Catalogues: what kind of file it is, how it is written, and its rows with the names of their
//! columns, one by one and never as a whole in memory.

mod ale;
mod cells;
mod checksum;
mod dialect;
mod encoding;
mod error;
mod guess;
mod json;
mod listing;
mod place;
mod records;
mod row;
mod seen;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod value;
pub(crate) mod workbook;

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use encoding::EncodingBy;
pub use error::CatalogueError;
pub use guess::ColumnGuess;
pub(crate) use listing::{CatalogueTally, check, list, list_unlisted};
pub(crate) use place::beginnings;
use row::{Event, OnEvent, Row, Unreadable};
pub(crate) use seen::Seen;

use crate::spec::{Catalogue, CatalogueFormat};

/// Rows that an inspection shows.
const ROWS_SHOWN: usize = 20;
/// Characters of a cell that an inspection shows.
const CELL_SHOWN: usize = 300;
/// Columns whose cells an inspection shows. What crosses to a window stays small, whatever the file.
const COLUMNS_SHOWN: usize = 200;

/// What was found of a catalogue before its first row.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) format: CatalogueFormat,
    pub(crate) encoding: Option<String>,
    pub(crate) encoding_by: Option<EncodingBy>,
    pub(crate) delimiter: Option<String>,
    pub(crate) quote: Option<String>,
    pub(crate) sheet: Option<String>,
    pub(crate) sheets: Vec<String>,
    pub(crate) preamble: Vec<String>,
    pub(crate) header_row: Option<u64>,
    pub(crate) columns: Vec<Arc<str>>,
    /// Rows further down may have columns that these do not (JSON).
    pub(crate) is_open: bool,
}

impl Default for Head {
    fn default() -> Self {
        Self {
            format: CatalogueFormat::Csv,
            encoding: None,
            encoding_by: None,
            delimiter: None,
            quote: None,
            sheet: None,
            sheets: Vec::new(),
            preamble: Vec::new(),
            header_row: None,
            columns: Vec::new(),
            is_open: false,
        }
    }
}

impl Head {
    /// The column that a job means by this name: the very name, else one that differs in case and
    /// spaces only.
    pub(crate) fn column(&self, wanted: &str) -> Option<String> {
        let loose = |name: &str| name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        let exact = self.columns.iter().find(|name| &***name == wanted);
        let found = exact.or_else(|| self.columns.iter().find(|name| loose(name) == loose(wanted)));
        let nested = || {
            let first = wanted.strip_prefix('/')?.split('/').next()?;
            self.columns.iter().any(|name| &**name == first).then(|| wanted.to_owned())
        };
        found.map(|name| name.to_string()).or_else(nested)
    }
}

/// What was found of a catalogue, with its first rows: shown before anything is planned, so that
/// every guess can be overruled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Inspection {
    /// The catalogue, as text.
    pub file: String,
    /// Its size in bytes.
    pub size: u64,
    /// What kind of file it is.
    pub format: CatalogueFormat,
    /// Its character encoding, by its standard name. None: the format has its own.
    pub encoding: Option<String>,
    /// How that was found.
    pub encoding_by: Option<EncodingBy>,
    /// What stands between cells, as the job file writes it.
    pub delimiter: Option<String>,
    /// What stands around cells, as the job file writes it.
    pub quote: Option<String>,
    /// The sheet that was read.
    pub sheet: Option<String>,
    /// All sheets of the workbook.
    pub sheets: Vec<String>,
    /// What stands above the header, at most twenty lines.
    pub preamble: Vec<String>,
    /// The row with the columns' names, as a spreadsheet counts. None: there is none.
    pub header_row: Option<u64>,
    /// The columns' names, made unique. In JSON those of the first hundred records.
    pub columns: Vec<String>,
    /// The columns that probably say what.
    pub guess: ColumnGuess,
    /// The first rows, at most twenty.
    pub rows: Vec<InspectedRow>,
    /// What may be wrong, in words.
    pub warnings: Vec<String>,
}

/// One of the first rows of a catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct InspectedRow {
    /// Its number in the file, as a spreadsheet counts.
    pub number: u64,
    /// Its cells in the order of the first 200 columns, shortened to 300 characters.
    pub cells: Vec<String>,
    /// Why it cannot be read.
    pub unreadable: Option<String>,
}

/// Finds out what a catalogue is, and shows its first rows. `catalogue`: the file, and the options
/// that overrule guesses.
pub(crate) fn inspect(catalogue: &Catalogue) -> Result<Inspection, CatalogueError> {
    let mut head = None;
    let mut rows = Vec::new();
    let (mut undecodable, mut short) = (0, 0);
    read(catalogue, &mut |event| {
        match event {
            Event::Head(found) => head = Some(found),
            Event::Row(row) => {
                undecodable += u64::from(row.is_undecodable);
                short += u64::from(row.is_short);
                let columns = head.iter().flat_map(|head| &head.columns).take(COLUMNS_SHOWN);
                let cell = |name: &Arc<str>| row.text(name).chars().take(CELL_SHOWN).collect();
                rows.push(InspectedRow {
                    number: row.number,
                    cells: columns.map(cell).collect(),
                    unreadable: None,
                });
            }
            Event::Unreadable(Unreadable { number, why }) => {
                rows.push(InspectedRow { number, cells: Vec::new(), unreadable: Some(why) });
            }
        }
        rows.len() < ROWS_SHOWN
    })?;
    let Some(head) = head else {
        return Err(CatalogueError::Empty { path: catalogue.file.clone(), sheet: None });
    };
    let mut warnings = Vec::new();
    let mut warn = |count: u64, what: &str| {
        if count > 0 {
            warnings.push(format!("{count} of the first rows {what}"));
        }
    };
    warn(undecodable, "hold bytes that are no text in this encoding; another one may be right");
    warn(short, "have fewer cells than there are columns; the missing ones are taken as empty");
    warn(rows.iter().filter(|row| row.unreadable.is_some()).count() as u64, "cannot be read");
    if head.encoding_by == Some(EncodingBy::Guess) {
        warnings.push(format!(
            "the encoding {} is a guess; look whether accents are right",
            head.encoding.as_deref().unwrap_or_default()
        ));
    }
    let columns: Vec<String> = head.columns.iter().map(ToString::to_string).collect();
    Ok(Inspection {
        file: catalogue.file.display().to_string(),
        size: std::fs::metadata(&catalogue.file).map_or(0, |metadata| metadata.len()),
        format: head.format,
        encoding: head.encoding,
        encoding_by: head.encoding_by,
        delimiter: head.delimiter,
        quote: head.quote,
        sheet: head.sheet,
        sheets: head.sheets,
        preamble: head.preamble,
        header_row: head.header_row,
        guess: guess::guess(&columns, &rows),
        columns,
        rows,
        warnings,
    })
}

/// Reads a catalogue from its beginning, and tells of all that it holds. A file that is damaged
/// further down gives the rows before, and then one that cannot be read.
pub(crate) fn read(catalogue: &Catalogue, on: OnEvent) -> Result<(), CatalogueError> {
    let format = catalogue.format.map_or_else(|| recognise(&catalogue.file), Ok)?;
    match format {
        CatalogueFormat::Csv => text::read(catalogue, on),
        CatalogueFormat::Ale => ale::read(catalogue, on),
        CatalogueFormat::Json | CatalogueFormat::Ndjson => json::read(catalogue, format, on),
        CatalogueFormat::Xlsx | CatalogueFormat::Xls | CatalogueFormat::Ods => {
            workbook::read(catalogue, format, on)
        }
    }
}

/// What kind of file it is: by its first bytes, and by its name where these tell nothing.
fn recognise(path: &Path) -> Result<CatalogueFormat, CatalogueError> {
    use CatalogueFormat as Format;
    let failed = |error| CatalogueError::Io { path: path.to_owned(), error };
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    let mut start = Vec::new();
    File::open(path).and_then(|file| file.take(64 * 1024).read_to_end(&mut start)).map_err(failed)?;
    // https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT and [MS-CFB] 2.2
    if start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06") {
        let says_ods =
            start.windows(46).any(|part| part == b"application/vnd.oasis.opendocument.spreadsheet");
        return Ok(if says_ods || ending.as_deref() == Some("ods") { Format::Ods } else { Format::Xlsx });
    }
    if start.starts_with(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]) {
        return Ok(Format::Xls);
    }
    match ending.as_deref() {
        Some("json") => return Ok(if lines_of_objects(&start) { Format::Ndjson } else { Format::Json }),
        Some("ndjson" | "jsonl") => return Ok(Format::Ndjson),
        Some("ale") => return Ok(Format::Ale),
        Some("csv" | "tsv" | "tab") => return Ok(Format::Csv),
        Some("xlsx" | "xlsm") => return Ok(Format::Xlsx),
        Some("xls") => return Ok(Format::Xls),
        Some("ods") => return Ok(Format::Ods),
        _ => {}
    }
    // What was encoded in sixteen bits shows its letters without the zeros between.
    let plain: Vec<u8> = start.iter().copied().filter(|byte| byte.is_ascii() && *byte != 0).collect();
    let text = plain.trim_ascii();
    Ok(if text.starts_with(b"Heading") && plain.windows(11).any(|part| part == b"FIELD_DELIM") {
        Format::Ale
    } else if text.starts_with(b"[") && text[1..].trim_ascii_start().starts_with(b"{") {
        Format::Json
    } else if text.starts_with(b"{") {
        if lines_of_objects(&start) { Format::Ndjson } else { Format::Json }
    } else {
        Format::Csv
    })
}

/// Whether each line is an object, and not one object as a whole.
fn lines_of_objects(start: &[u8]) -> bool {
    let text: Vec<u8> = start.iter().copied().filter(|byte| *byte != 0).collect();
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
    let mut lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let Some(first) = lines.next() else { return false };
    let is_object = first.starts_with(b"{") && first.ends_with(b"}");
    // A lone object may be a record, or hold all of them.
    let holds_array = || {
        let plain: Vec<u8> = first.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        plain.windows(3).any(|part| part == b":[{")
    };
    is_object && lines.next().map_or_else(|| !holds_array(), |line| line.starts_with(b"{"))
}
