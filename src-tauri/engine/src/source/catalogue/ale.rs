//! Avid Log Exchange: a heading, the columns' names, then a clip a line, all between tabs.
//! Avid, "Avid Log Specifications", chapter "Avid Log Exchange".

use super::records::Records;
use super::row::{OnEvent, RawLine, Unreadable};
use super::table::Table;
use super::text::TABS;
use super::{CatalogueError, Head, encoding};
use crate::spec::{Catalogue, CatalogueFormat};

enum Section {
    Heading,
    Column,
    BeforeData,
    Data,
}

pub(super) fn read(catalogue: &Catalogue, mut on: OnEvent) -> Result<(), CatalogueError> {
    let failed = |error| CatalogueError::Io { path: catalogue.file.clone(), error };
    let found = encoding::find(&catalogue.file, catalogue.encoding.as_deref())?;
    let mut records = Records::new(encoding::open(&catalogue.file, found.encoding).map_err(failed)?, TABS);
    let mut head = Head {
        format: CatalogueFormat::Ale,
        encoding: Some(found.encoding.name().to_owned()),
        encoding_by: Some(found.by),
        delimiter: Some("tab".into()),
        ..Head::default()
    };
    let header = loop {
        let line = records.next().map_err(failed)?;
        let Some(line) = line else { return Err(no_section(catalogue, "Column")) };
        let RawLine::Row(row) = line else { continue };
        let words: Vec<&str> = row.cells.iter().map(|(_, cell)| cell.trim()).collect();
        match (&words[..], section_of(&head)) {
            (["Heading"], _) => {}
            (["Column"], _) => head.header_row = Some(row.number),
            (_, Section::Column) => break row,
            _ => head.preamble.push(words.join(" ")),
        }
        if head.preamble.len() > 1000 {
            return Err(no_section(catalogue, "Column"));
        }
    };
    let own = Catalogue { header_row: Some(header.number), skip: None, ..catalogue.clone() };
    head.header_row = None;
    let mut last = header.number;
    let mut section = Section::BeforeData;
    let mut table = Table::new(&own, head, true, &mut on);
    table.add(RawLine::Row(header));
    loop {
        let line = match records.next() {
            Ok(Some(line)) => line,
            Ok(None) => break,
            Err(error) => RawLine::Unreadable(Unreadable { number: last + 1, why: error.to_string() }),
        };
        if line.number() <= last {
            break;
        }
        last = line.number();
        if let (Section::BeforeData, RawLine::Row(row)) = (&section, &line) {
            if matches!(&row.cells[..], [(0, word)] if word.trim() == "Data") {
                section = Section::Data;
            }
            continue;
        }
        if !table.add(line) {
            break;
        }
    }
    table.end()
}

fn section_of(head: &Head) -> Section {
    if head.header_row.is_some() { Section::Column } else { Section::Heading }
}

fn no_section(catalogue: &Catalogue, section: &str) -> CatalogueError {
    CatalogueError::Damaged {
        path: catalogue.file.clone(),
        why: format!("it has no section \"{section}\", as an ALE must"),
    }
}
