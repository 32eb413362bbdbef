//! The parts of a workbook: XML in a ZIP archive, read within bounds.

use std::cell::Cell;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::rc::Rc;

use quick_xml::Reader;
use quick_xml::escape::{resolve_xml_entity, unescape};
use quick_xml::events::{BytesRef, BytesStart, Event};
use zip::ZipArchive;

use super::Broken;

/// Bytes of XML that one row, or one text, may have.
const LONGEST: u64 = 16 << 20;

/// An archive whose parts can be found by their names, however these are spelt.
pub(super) struct Package {
    zip: ZipArchive<BufReader<File>>,
    names: HashMap<String, String>,
}

impl Package {
    pub(super) fn open(file: File) -> Result<Self, Broken> {
        let zip = ZipArchive::new(BufReader::new(file))?;
        let names = zip.file_names().flatten().map(|name| (plain(&name), name.into_owned())).collect();
        Ok(Self { zip, names })
    }

    /// A part as XML. None: there is no such part.
    pub(super) fn part(&mut self, name: &str) -> Result<Option<Xml<'_>>, Broken> {
        let Some(name) = self.names.get(&plain(name)) else { return Ok(None) };
        let part = self.zip.by_name(name)?;
        Ok(Some(Xml::new(Box::new(part))))
    }
}

/// Names in archives differ in case, slashes and a slash before them.
fn plain(name: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let name = name.replace('\\', "/").to_lowercase();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// XML, event by event. What lies between two calls of [`Xml::refill`] is bounded.
pub(super) struct Xml<'a> {
    reader: Reader<BufReader<Metered<'a>>>,
    left: Rc<Cell<u64>>,
    buffer: Vec<u8>,
}

impl<'a> Xml<'a> {
    fn new(part: Box<dyn Read + 'a>) -> Self {
        let left = Rc::new(Cell::new(LONGEST));
        let metered = Metered { from: part, left: Rc::clone(&left) };
        let mut reader = Reader::from_reader(BufReader::with_capacity(64 * 1024, metered));
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.check_end_names = false;
        Self { reader, left, buffer: Vec::new() }
    }

    pub(super) fn next(&mut self) -> Result<Event<'_>, Broken> {
        self.buffer.clear();
        Ok(self.reader.read_event_into(&mut self.buffer)?)
    }

    /// A row, or a text, is complete: the next one may be as long again.
    pub(super) fn refill(&self) {
        self.left.set(LONGEST);
    }

    /// The text of the element that has just begun, up to its end. `skips`: elements within it that
    /// are no text of the cell.
    pub(super) fn text(&mut self, element: &str, skips: &[&str], text: &mut String) -> Result<(), Broken> {
        let mut skipped = 0;
        loop {
            match self.next()? {
                Event::Text(part) if skipped == 0 => text.push_str(&part.xml10_content()),
                Event::CData(part) if skipped == 0 => text.push_str(&part.xml10_content()),
                Event::GeneralRef(entity) if skipped == 0 => push_entity(&entity, text)?,
                Event::Start(start) if skips.contains(&start.local_name().as_ref()) => skipped += 1,
                Event::End(end) if skips.contains(&end.local_name().as_ref()) => skipped -= 1,
                Event::End(end) if end.local_name().as_ref() == element => return Ok(()),
                Event::Eof => return Err(cut_off()),
                _ => {}
            }
        }
    }
}

/// The file ended within an element.
pub(super) fn cut_off() -> Broken {
    Broken::Other("it ends in the middle".into())
}

pub(super) fn push_entity(entity: &BytesRef<'_>, text: &mut String) -> Result<(), Broken> {
    if let Some(char) = entity.resolve_char_ref()? {
        text.push(char);
    } else if let Some(known) = resolve_xml_entity(entity.as_ref()) {
        text.push_str(known);
    }
    Ok(())
}

/// An attribute by its local name, its entities resolved.
pub(super) fn attribute(start: &BytesStart<'_>, name: &str) -> Result<Option<String>, Broken> {
    for attribute in start.attributes().with_checks(false) {
        let attribute = attribute?;
        if attribute.key.local_name().as_ref() == name {
            let value = unescape(&attribute.value).map_err(|error| Broken::Other(error.to_string()))?;
            return Ok(Some(value.into_owned()));
        }
    }
    Ok(None)
}

/// Gives no more bytes than are left.
struct Metered<'a> {
    from: Box<dyn Read + 'a>,
    left: Rc<Cell<u64>>,
}

impl Read for Metered<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let left = self.left.get();
        if left == 0 {
            return Err(io::Error::other(format!("a row or a text has more than {LONGEST} bytes")));
        }
        let most = to.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let count = self.from.read(&mut to[..most])?;
        self.left.set(left - count as u64);
        Ok(count)
    }
}
