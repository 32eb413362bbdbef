//! JSON: an array of objects, or an object that holds one; and NDJSON, one object a line. Read
//! element by element, so that a broken one costs only itself.

use std::io::{self, BufRead, BufReader};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::row::{Event, LONGEST_ROW, OnEvent, Row, Unreadable};
use super::value::clean;
use super::{CatalogueError, Head, encoding};
use crate::spec::{Catalogue, CatalogueFormat};

/// Elements whose names become the columns that are shown.
const LOOKED_AT: usize = 100;
/// A number with more digits than these is kept as text: computers round it.
const EXACT_DIGITS: usize = 15;

type Line = Result<Row, Unreadable>;

pub(super) fn read(
    catalogue: &Catalogue,
    format: CatalogueFormat,
    on: OnEvent,
) -> Result<(), CatalogueError> {
    let failed = |error| CatalogueError::Io { path: catalogue.file.clone(), error };
    let found = encoding::find(&catalogue.file, catalogue.encoding.as_deref())?;
    let text = encoding::open(&catalogue.file, found.encoding).map_err(failed)?;
    let head = Head {
        format,
        encoding: Some(found.encoding.name().to_owned()),
        encoding_by: Some(found.by),
        is_open: true,
        ..Head::default()
    };
    let mut waiting = Waiting { head: Some(head), lines: Vec::new(), on };
    let mut elements = Elements { from: BufReader::with_capacity(64 * 1024, text), number: 0 };
    let skip = catalogue.skip.unwrap_or(0);
    if format == CatalogueFormat::Json {
        match elements.enter() {
            Ok(true) => {}
            Ok(false) => {
                let why = "it holds no JSON array".to_owned();
                return Err(CatalogueError::Damaged { path: catalogue.file.clone(), why });
            }
            Err(error) => return Err(failed(error)),
        }
    }
    loop {
        let element = match format {
            CatalogueFormat::Json => elements.next(),
            _ => elements.next_line(),
        };
        let (line, is_last) = match element {
            Ok(Some(element)) => (row(elements.number, &element), false),
            Ok(None) => break,
            Err(why) => (Err(Unreadable { number: elements.number, why: why.to_string() }), why.is_fatal()),
        };
        let is_wanted = elements.number > skip;
        if is_wanted && !waiting.add(line) || is_last {
            break;
        }
    }
    if waiting.head.is_some() {
        if waiting.lines.iter().all(Result::is_err) {
            let path = catalogue.file.clone();
            return Err(match waiting.lines.into_iter().find_map(Result::err) {
                Some(row) => CatalogueError::Damaged { path, why: row.why },
                None => CatalogueError::Empty { path, sheet: None },
            });
        }
        waiting.flush();
    }
    Ok(())
}

/// Elements that wait until enough is known of the columns.
struct Waiting<'a> {
    head: Option<Head>,
    lines: Vec<Line>,
    on: OnEvent<'a>,
}

impl Waiting<'_> {
    fn add(&mut self, line: Line) -> bool {
        if self.head.is_none() {
            return self.hand_on(line);
        }
        self.lines.push(line);
        self.lines.len() < LOOKED_AT || self.flush()
    }

    fn flush(&mut self) -> bool {
        let Some(mut head) = self.head.take() else { return true };
        for (name, _) in self.lines.iter().flatten().flat_map(|row| &row.cells) {
            if !head.columns.contains(name) {
                head.columns.push(Arc::clone(name));
            }
        }
        let lines = std::mem::take(&mut self.lines);
        (self.on)(Event::Head(head)) && lines.into_iter().all(|line| self.hand_on(line))
    }

    fn hand_on(&mut self, line: Line) -> bool {
        (self.on)(line.map_or_else(Event::Unreadable, Event::Row))
    }
}

fn row(number: u64, element: &[u8]) -> Line {
    let wrong = |why: String| Unreadable { number, why };
    let fields: Map<String, Value> = match serde_json::from_slice(element) {
        Ok(Value::Object(fields)) => fields,
        Ok(_) => return Err(wrong("it is no JSON object with the columns' names".into())),
        Err(error) => return Err(wrong(format!("it is no JSON: {error}"))),
    };
    let is_undecodable = String::from_utf8_lossy(element).contains(char::REPLACEMENT_CHARACTER);
    let cells = fields.into_iter().map(|(name, value)| {
        let value = match value {
            Value::String(text) => Value::String(clean(text.into())),
            other => other,
        };
        (name.into(), value)
    });
    Ok(Row { number, cells: cells.collect(), is_short: false, is_undecodable })
}

/// Why an element could not be taken.
#[derive(Debug, thiserror::Error)]
enum ElementError {
    #[error("it has more than {LONGEST_ROW} bytes")]
    TooLong { goes_on: bool },
    #[error("the file ends in the middle of it")]
    CutOff,
    #[error("there is \"{}\" where a comma or the end of the array should be", char::from(*.0).escape_default())]
    Stray(u8),
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl ElementError {
    fn is_fatal(&self) -> bool {
        !matches!(self, Self::TooLong { goes_on: true })
    }
}

/// The elements of a JSON array, cut out without being understood.
struct Elements<R> {
    from: R,
    number: u64,
}

impl<R: BufRead> Elements<R> {
    /// Goes to the beginning of the array: the document itself, or the first array that an object
    /// around it holds. Gives false where there is none.
    fn enter(&mut self) -> io::Result<bool> {
        let (mut depth, mut in_text, mut escaped) = (0, false, false);
        while let Some(byte) = self.peek()? {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if in_text => escaped = true,
                b'"' => in_text = !in_text,
                _ if in_text => {}
                b'[' if depth <= 1 => {
                    self.from.consume(1);
                    return Ok(true);
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ if depth == 0 && !byte.is_ascii_whitespace() => return Ok(false),
                _ => {}
            }
            self.from.consume(1);
        }
        Ok(false)
    }

    /// The next element of the array. None: the end.
    fn next(&mut self) -> Result<Option<Vec<u8>>, ElementError> {
        loop {
            match self.peek()? {
                Some(byte) if byte.is_ascii_whitespace() || byte == b',' => self.from.consume(1),
                Some(b']') => return Ok(None),
                Some(stray @ (b'}' | b':')) => {
                    self.number += 1;
                    return Err(ElementError::Stray(stray));
                }
                Some(_) => break,
                None => {
                    self.number += 1;
                    return Err(ElementError::CutOff);
                }
            }
        }
        self.number += 1;
        let mut element = Vec::new();
        let mut scan = Scan::default();
        loop {
            let block = self.from.fill_buf()?;
            if block.is_empty() {
                // Whole itself, but not the array around it: that is told with the next one.
                let is_whole =
                    scan.depth == 0 && matches!(element.trim_ascii_end().last(), Some(b'}' | b']'));
                return if is_whole { Ok(Some(element)) } else { Err(ElementError::CutOff) };
            }
            let taken = scan.take(block, &mut element);
            let is_done = taken < block.len();
            self.from.consume(taken);
            if is_done {
                return Ok(Some(element));
            }
            if element.len() > LONGEST_ROW {
                return Err(ElementError::TooLong { goes_on: false });
            }
        }
    }

    /// The next line that is not empty. None: the end.
    fn next_line(&mut self) -> Result<Option<Vec<u8>>, ElementError> {
        loop {
            let mut raw = Vec::new();
            let mut is_long = false;
            let is_end = loop {
                let block = self.from.fill_buf()?;
                let end = block.iter().position(|byte| *byte == b'\n');
                let taken = end.map_or(block.len(), |end| end + 1);
                is_long |= raw.len() + taken > LONGEST_ROW;
                if !is_long {
                    raw.extend_from_slice(&block[..taken]);
                }
                self.from.consume(taken);
                if taken == 0 || end.is_some() {
                    break taken == 0;
                }
            };
            if is_end && raw.is_empty() && !is_long {
                return Ok(None);
            }
            self.number += 1;
            if is_long {
                return Err(ElementError::TooLong { goes_on: true });
            }
            if raw.trim_ascii().is_empty() {
                continue;
            }
            let mut element = Vec::new();
            // What follows behind the element stays, so that it is found to be no JSON.
            let taken = Scan::default().take(raw.trim_ascii(), &mut element);
            element.extend_from_slice(&raw.trim_ascii()[taken..]);
            return Ok(Some(element));
        }
    }

    fn peek(&mut self) -> io::Result<Option<u8>> {
        Ok(self.from.fill_buf()?.first().copied())
    }
}

/// Where in an element the scan stands.
#[derive(Default)]
struct Scan {
    depth: u32,
    in_text: bool,
    escaped: bool,
    /// Where in the element its latest number begins.
    number_at: Option<usize>,
}

impl Scan {
    /// Copies bytes up to the end of the element, and gives their number: all of them, where it does
    /// not end here. Numbers that computers would round are put in quotes.
    fn take(&mut self, block: &[u8], element: &mut Vec<u8>) -> usize {
        for (at, byte) in block.iter().enumerate() {
            if self.in_text {
                element.push(*byte);
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.in_text = false,
                    _ => {}
                }
                continue;
            }
            let is_digit = matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
            match self.number_at {
                Some(start) if !is_digit => self.end_number(start, element),
                None if matches!(byte, b'0'..=b'9' | b'-') => self.number_at = Some(element.len()),
                _ => {}
            }
            match byte {
                b'"' => self.in_text = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' if self.depth > 0 => self.depth -= 1,
                b',' | b']' | b'}' if self.depth == 0 => return at,
                _ => {}
            }
            element.push(*byte);
        }
        block.len()
    }

    fn end_number(&mut self, start: usize, element: &mut Vec<u8>) {
        self.number_at = None;
        let digits = element[start..].iter().filter(|byte| byte.is_ascii_digit()).count();
        if digits > EXACT_DIGITS {
            element.insert(start, b'"');
            element.push(b'"');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elements(json: &str) -> (Vec<String>, Option<String>) {
        let mut elements = Elements { from: BufReader::with_capacity(3, json.as_bytes()), number: 0 };
        assert!(elements.enter().unwrap());
        let mut found = Vec::new();
        loop {
            match elements.next() {
                Ok(Some(element)) => found.push(String::from_utf8(element).unwrap()),
                Ok(None) => return (found, None),
                Err(error) => return (found, Some(error.to_string())),
            }
        }
    }

    #[test]
    fn an_array_comes_apart_into_its_elements() {
        let (found, error) = elements(r#" [ {"a":"]},{\"["} , {"b":[1,{"c":2}]},3 ] "#);
        assert_eq!(found, [r#"{"a":"]},{\"["} "#, r#"{"b":[1,{"c":2}]}"#, "3 "]);
        assert_eq!(error, None);
        let (found, _) = elements(r#"{"count": 2, "items": [{"a":1},{"a":2}]}"#);
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn what_is_cut_off_is_told_after_what_is_whole() {
        let (found, error) = elements(r#"[{"a":1},{"a":2},{"a":"#);
        assert_eq!((found.len(), error.as_deref()), (2, Some("the file ends in the middle of it")));
        let (found, error) = elements(r#"[{"a":1},"#);
        assert_eq!((found.len(), error.is_some()), (1, true));
    }

    #[test]
    fn long_numbers_keep_their_digits() {
        let (found, _) = elements(r#"[{"a":123456789012345678901,"b":12,"c":"1234567890123456789012"}]"#);
        assert_eq!(found[0], r#"{"a":"123456789012345678901","b":12,"c":"1234567890123456789012"}"#);
    }
}
