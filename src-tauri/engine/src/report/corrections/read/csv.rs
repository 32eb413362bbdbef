//! CSV as spreadsheets save it: comma, semicolon or tab; UTF-8, UTF-16 or Windows-1252.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::rc::Rc;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use encoding_rs_io::DecodeReaderBytesBuilder;

use super::{Heading, OnRow, Stop, no_id};

/// Longest record (bytes): a quotation mark that is never closed must not take in the whole file.
const LONGEST: u64 = 64 << 20;

type Reader = csv::Reader<Bounded>;

pub(super) fn read(path: &Path, on_row: OnRow) -> Result<Heading, Stop> {
    let encoding = encoding_of(path).map_err(Stop::unreadable)?;
    let (mut reader, left, heading) = open(path, encoding)?;
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(Stop::unreadable)? {
        left.set(LONGEST);
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |at: usize| record.get(at).unwrap_or_default().to_owned();
        if let Some(row) = heading.row(format!("line {line}"), cell)
            && !on_row(row)
        {
            return Err(Stop::NotWanted);
        }
    }
    Ok(heading)
}

/// Opens the file with the delimiter that shows a column `id` and the most columns.
fn open(path: &Path, encoding: &'static Encoding) -> Result<(Reader, Rc<Cell<u64>>, Heading), Stop> {
    let mut best: Option<(usize, Reader, Rc<Cell<u64>>, Heading)> = None;
    for delimiter in [b',', b';', b'\t'] {
        let file = File::open(path).map_err(Stop::unreadable)?;
        let left = Rc::new(Cell::new(LONGEST));
        let decoded = DecodeReaderBytesBuilder::new()
            .encoding(Some(encoding))
            .bom_override(true)
            .strip_bom(true)
            .build(file);
        let bounded = Bounded { inner: Box::new(decoded), left: Rc::clone(&left) };
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(bounded);
        let mut record = csv::StringRecord::new();
        if !reader.read_record(&mut record).map_err(Stop::unreadable)? {
            return Err(no_id());
        }
        left.set(LONGEST);
        let cells = record.iter().map(|cell| cell.trim_start_matches('\u{feff}').to_owned()).enumerate();
        if let Some(heading) = Heading::of(cells)?
            && best.as_ref().is_none_or(|(columns, ..)| *columns < record.len())
        {
            best = Some((record.len(), reader, left, heading));
        }
    }
    best.map(|(_, reader, left, heading)| (reader, left, heading)).ok_or_else(no_id)
}

/// What is no UTF-8 comes from a spreadsheet with the system's old code page. A byte-order mark says
/// otherwise.
fn encoding_of(path: &Path) -> io::Result<&'static Encoding> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 64 * 1024];
    let mut kept = 0;
    loop {
        let count = file.read(&mut buffer[kept..])?;
        let read = &buffer[..kept + count];
        match std::str::from_utf8(read) {
            Ok(_) => kept = 0,
            // A character that the next block completes.
            Err(error) if error.error_len().is_none() && count > 0 => {
                let begun = error.valid_up_to();
                kept = read.len() - begun;
                buffer.copy_within(begun..begun + kept, 0);
            }
            Err(_) => return Ok(WINDOWS_1252),
        }
        if count == 0 {
            return Ok(UTF_8);
        }
    }
}

/// Gives no more bytes than are left for one record.
struct Bounded {
    inner: Box<dyn Read>,
    left: Rc<Cell<u64>>,
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left.get() == 0 {
            return Err(io::Error::other(format!(
                "a row is longer than {} MiB; a quotation mark may not be closed",
                LONGEST >> 20
            )));
        }
        let count = self.inner.read(buffer)?;
        self.left.set(self.left.get().saturating_sub(count as u64));
        Ok(count)
    }
}
