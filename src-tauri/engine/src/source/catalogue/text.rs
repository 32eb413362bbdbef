//! Delimited text: CSV and its kin.

use std::io::Read;

use super::dialect::{self, Dialect};
use super::records::Records;
use super::row::{OnEvent, RawLine, Unreadable};
use super::table::Table;
use super::{CatalogueError, Head, encoding};
use crate::spec::{Catalogue, CatalogueFormat};

/// Bytes (as UTF-8) by which delimiter and quote are found.
const SAMPLE: u64 = 256 * 1024;

pub(super) fn read(catalogue: &Catalogue, mut on: OnEvent) -> Result<(), CatalogueError> {
    let failed = |error| CatalogueError::Io { path: catalogue.file.clone(), error };
    let found = encoding::find(&catalogue.file, catalogue.encoding.as_deref())?;
    let open = || encoding::open(&catalogue.file, found.encoding);
    let mut sample = Vec::new();
    open().and_then(|text| text.take(SAMPLE).read_to_end(&mut sample)).map_err(failed)?;
    let is_whole = (sample.len() as u64) < SAMPLE;
    let dialect = dialect::find(&String::from_utf8_lossy(&sample), is_whole, catalogue)?;
    let head = Head {
        format: CatalogueFormat::Csv,
        encoding: Some(found.encoding.name().to_owned()),
        encoding_by: Some(found.by),
        delimiter: Some(dialect.delimiter_word()),
        quote: Some(dialect.quote_word()),
        ..Head::default()
    };
    // A line that only names the delimiter is no row.
    let skip = u64::from(dialect.is_named).max(catalogue.skip.unwrap_or(0));
    let catalogue = Catalogue { skip: Some(skip), ..catalogue.clone() };
    let mut table = Table::new(&catalogue, head, true, &mut on);
    let mut records = Records::new(open().map_err(failed)?, dialect);
    let mut last = 0;
    loop {
        match records.next() {
            Ok(Some(line)) => {
                last = line.number();
                if !table.add(line) {
                    break;
                }
            }
            Ok(None) => break,
            Err(error) => {
                table.add(RawLine::Unreadable(Unreadable { number: last + 1, why: error.to_string() }));
                break;
            }
        }
    }
    table.end()
}

/// The records of a whole text between tabs, without quotes: what an ALE holds.
pub(super) const TABS: Dialect = Dialect { delimiter: b'\t', quote: None, is_named: false };
