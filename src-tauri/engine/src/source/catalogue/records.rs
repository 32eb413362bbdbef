//! Delimited text, record by record: bounded memory, rows counted as a spreadsheet counts them, and
//! a quote that is never closed costs one row and not the rest of the file.

use std::io::{self, Read};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::dialect::Dialect;
use super::row::{LONGEST_CELL, LONGEST_ROW, MOST_COLUMNS, RawLine, RawRow, Unreadable};
use super::value::clean;

/// Bytes read at once.
const BLOCK: usize = 64 * 1024;

/// Bytes that may be read in vain, beside those that gave rows. A quote that is never closed is known
/// only after [`LONGEST_ROW`]; a text full of them would be read again and again.
const PATIENCE: u64 = 64 << 20;

/// The records of a text.
pub(super) struct Records<R> {
    from: R,
    dialect: Dialect,
    reader: Reader,
    /// Text that was read.
    raw: Vec<u8>,
    /// Where in `raw` the record at hand begins.
    start: usize,
    /// Where in `raw` the reader stands.
    at: usize,
    /// Bytes that gave rows, and bytes that were read for a record that was then given up.
    passed: u64,
    in_vain: u64,
    is_at_end: bool,
    row: u64,
    out: Vec<u8>,
    ends: Vec<usize>,
}

impl<R: Read> Records<R> {
    /// `from`: UTF-8.
    pub(super) fn new(from: R, dialect: Dialect) -> Self {
        let mut builder = ReaderBuilder::new();
        builder.delimiter(dialect.delimiter).quoting(dialect.quote.is_some());
        builder.quote(dialect.quote.unwrap_or(b'"'));
        Self {
            from,
            dialect,
            reader: builder.build(),
            raw: Vec::new(),
            start: 0,
            at: 0,
            passed: 0,
            in_vain: 0,
            is_at_end: false,
            row: 0,
            out: vec![0; BLOCK],
            ends: vec![0; 64],
        }
    }

    /// The next record that is not an empty line. None: the end.
    pub(super) fn next(&mut self) -> io::Result<Option<RawLine>> {
        self.pass_empty_lines()?;
        self.begin();
        let line_end = if self.is_out_of_patience() { Some(self.line_end()?) } else { None };
        let (mut length, mut cells) = (0, 0);
        loop {
            let end = line_end.unwrap_or(self.raw.len());
            let (result, read, written, ended) = self.reader.read_record(
                &self.raw[self.at..end],
                &mut self.out[length..],
                &mut self.ends[cells..],
            );
            self.at += read;
            length += written;
            cells += ended;
            match result {
                ReadRecordResult::InputEmpty if self.at - self.start > LONGEST_ROW => {
                    return self.give_up(format!("it has more than {LONGEST_ROW} bytes")).map(Some);
                }
                ReadRecordResult::InputEmpty
                    if line_end.is_some_and(|end| end < self.raw.len() || !self.is_at_end) =>
                {
                    let why = "a quote that opens in it is not closed in its line, and too many before it were never closed";
                    return self.give_up(why.to_owned()).map(Some);
                }
                // At the end the reader wants to hear of it by an empty input, once.
                ReadRecordResult::InputEmpty => drop(self.fill()?),
                ReadRecordResult::OutputFull => self.out.resize(self.out.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record => break,
                ReadRecordResult::End => return Ok(None),
            }
        }
        if let Some(why) = self.misquoted() {
            return self.give_up(why.to_owned()).map(Some);
        }
        self.row += 1;
        self.passed += (self.at - self.start) as u64;
        self.pass_rest_of_line_end()?;
        Ok(Some(self.line(cells)))
    }

    /// The record at hand begins where the reader stands. What lies before it is let go now and then:
    /// moving the rest each time would cost more than reading it.
    fn begin(&mut self) {
        if self.at >= self.raw.len() / 2 {
            self.raw.drain(..self.at);
            self.at = 0;
        }
        self.start = self.at;
    }

    /// Whether so much was read in vain that no record may go over the end of its line any more.
    fn is_out_of_patience(&self) -> bool {
        self.in_vain > PATIENCE + 8 * self.passed
    }

    /// Where the line at hand ends: behind its line break, or where it is too long.
    fn line_end(&mut self) -> io::Result<usize> {
        let mut looked = self.start;
        loop {
            let rest = &self.raw[looked..];
            if let Some(end) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
                return Ok(looked + end + 1);
            }
            looked = self.raw.len();
            if looked - self.start > LONGEST_ROW || !self.fill()? {
                return Ok(looked);
            }
        }
    }

    fn line(&self, cells: usize) -> RawLine {
        let unreadable = |why| RawLine::Unreadable(Unreadable { number: self.row, why });
        if cells > MOST_COLUMNS {
            return unreadable(format!("it has {cells} cells, more than {MOST_COLUMNS}"));
        }
        let mut row = RawRow { number: self.row, width: cells, cells: Vec::with_capacity(cells) };
        let mut start = 0;
        for (column, end) in self.ends[..cells].iter().enumerate() {
            let cell = &self.out[start..*end];
            start = *end;
            if cell.len() > LONGEST_CELL {
                return unreadable(format!(
                    "its cell {} has {} bytes, more than {LONGEST_CELL}",
                    column + 1,
                    cell.len()
                ));
            }
            if !cell.is_empty() {
                row.cells.push((column, clean(String::from_utf8_lossy(cell))));
            }
        }
        RawLine::Row(row)
    }

    /// Takes the first line of the record at hand for a row that cannot be read, and goes on with
    /// the next one.
    fn give_up(&mut self, why: String) -> io::Result<RawLine> {
        self.reader.reset();
        self.row += 1;
        self.in_vain += (self.at - self.start) as u64;
        self.at = loop {
            let rest = &self.raw[self.start..];
            if let Some(end) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
                break self.start + end + 1;
            }
            self.raw.clear();
            self.start = 0;
            if !self.fill()? {
                break 0;
            }
        };
        self.pass_rest_of_line_end()?;
        Ok(RawLine::Unreadable(Unreadable { number: self.row, why }))
    }

    /// What is wrong with the quotes of the record at hand, where that can be seen.
    fn misquoted(&self) -> Option<&'static str> {
        let (quote, raw) = (self.dialect.quote?, &self.raw[self.start..self.at]);
        // Within one line a stray quote does no harm to others; most records end here.
        let body = raw.trim_ascii_end();
        if self.at < self.raw.len() && !body.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
            return None;
        }
        let mut state = Quotes::CellStart;
        let mut spans_lines = false;
        for byte in raw {
            state = match (state, *byte) {
                (Quotes::Within, byte) if byte == quote => Quotes::After,
                (Quotes::Within, byte) => {
                    spans_lines |= byte == b'\n' || byte == b'\r';
                    Quotes::Within
                }
                (Quotes::After, byte) if byte == quote => Quotes::Within,
                (_, byte) if byte == self.dialect.delimiter => {
                    spans_lines = false;
                    Quotes::CellStart
                }
                (Quotes::CellStart, byte) if byte == quote => Quotes::Within,
                (Quotes::After, byte) if spans_lines && !matches!(byte, b'\n' | b'\r' | b' ') => {
                    return Some("a quote that opens in it closes in the middle of another row");
                }
                _ => Quotes::Outside,
            };
        }
        (state == Quotes::Within).then_some("a quote that opens in it is never closed")
    }

    fn pass_empty_lines(&mut self) -> io::Result<()> {
        loop {
            if self.at == self.raw.len() && !self.fill()? {
                return Ok(());
            }
            match self.raw[self.at] {
                b'\n' => self.at += 1,
                b'\r' => {
                    self.at += 1;
                    self.pass_line_feed()?;
                }
                _ => return Ok(()),
            }
            self.row += 1;
        }
    }

    /// The record ended with a carriage return: a line feed behind it belongs to it.
    fn pass_rest_of_line_end(&mut self) -> io::Result<()> {
        let ended_with = self.at.checked_sub(1).and_then(|last| self.raw.get(last));
        if ended_with == Some(&b'\r') { self.pass_line_feed() } else { Ok(()) }
    }

    fn pass_line_feed(&mut self) -> io::Result<()> {
        if (self.at < self.raw.len() || self.fill()?) && self.raw[self.at] == b'\n' {
            self.at += 1;
        }
        Ok(())
    }

    /// Reads more. Gives false at the end.
    fn fill(&mut self) -> io::Result<bool> {
        if self.is_at_end {
            return Ok(false);
        }
        let before = self.raw.len();
        self.raw.resize(before + BLOCK, 0);
        let count = loop {
            match self.from.read(&mut self.raw[before..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        self.raw.truncate(before + *count.as_ref().unwrap_or(&0));
        self.is_at_end = count? == 0;
        Ok(!self.is_at_end)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Quotes {
    CellStart,
    Within,
    After,
    Outside,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(from: impl Read) -> Vec<(u64, String)> {
        let dialect = Dialect { delimiter: b',', quote: Some(b'"'), is_named: false };
        let mut records = Records::new(from, dialect);
        let mut lines = Vec::new();
        while let Some(line) = records.next().unwrap() {
            lines.push(match line {
                RawLine::Row(row) => {
                    let cells: Vec<String> = row.cells.into_iter().map(|(_, cell)| cell).collect();
                    (row.number, cells.join("|"))
                }
                RawLine::Unreadable(row) => (row.number, "!".to_owned()),
            });
        }
        lines
    }

    /// One byte at a time: nothing may depend on where a block ends.
    struct OneByOne<'a>(&'a [u8]);

    impl Read for OneByOne<'_> {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            self.0.read(&mut to[..1])
        }
    }

    fn expected(rows: &[(u64, &str)]) -> Vec<(u64, String)> {
        rows.iter().map(|(number, cells)| (*number, (*cells).to_owned())).collect()
    }

    #[test]
    fn rows_are_counted_as_a_spreadsheet_counts() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["a,b", "", "\"two\nlines\",d", "", "", "e,f"].join(end);
            assert_eq!(
                rows(OneByOne(text.as_bytes())),
                expected(&[(1, "a|b"), (3, "two\nlines|d"), (6, "e|f")]),
                "{end:?}"
            );
        }
    }

    #[test]
    fn a_quote_that_is_never_closed_costs_one_row() {
        assert_eq!(
            rows(&b"a,b\n1,\"c\n2,d\n3,e\n"[..]),
            expected(&[(1, "a|b"), (2, "!"), (3, "2|d"), (4, "3|e")])
        );
        assert_eq!(rows(&b"a,b\n\"1,c"[..]), expected(&[(1, "a|b"), (2, "!")]));
        // It meets the opening quote of another row.
        let text = "1,\"c\n2,d\n3,\"e\"\n4,f\n";
        assert_eq!(
            rows(OneByOne(text.as_bytes())),
            expected(&[(1, "!"), (2, "2|d"), (3, "3|e"), (4, "4|f")])
        );
        assert_eq!(rows(&b"1,12\" reel\n2,b\n"[..]), expected(&[(1, "1|12\" reel"), (2, "2|b")]));
    }

    #[test]
    fn a_text_full_of_open_quotes_is_not_read_again_and_again() {
        // Each line closes the quote of the one before it and opens one of its own.
        let lines = 400_000;
        let text = "y\",\"\n".repeat(lines) + "a,b\n";
        let mut records =
            Records::new(text.as_bytes(), Dialect { delimiter: b',', quote: Some(b'"'), is_named: false });
        let mut last = None;
        while let Some(line) = records.next().unwrap() {
            last = Some(line);
        }
        assert!(matches!(last, Some(RawLine::Row(row)) if row.number == lines as u64 + 1 && row.width == 2));
        assert!(records.in_vain < 2 * PATIENCE, "{} bytes read in vain", records.in_vain);
    }

    #[test]
    fn a_row_without_end_is_cut_off_and_the_next_one_is_read() {
        let long = format!("1,{}\n2,b\n", "x".repeat(LONGEST_ROW + BLOCK));
        assert_eq!(rows(long.as_bytes()), expected(&[(1, "!"), (2, "2|b")]));
        let cell = format!("1,{}\n2,b\n", "x".repeat(LONGEST_CELL + 1));
        assert_eq!(rows(cell.as_bytes()), expected(&[(1, "!"), (2, "2|b")]));
    }
}
