//! OpenDocument spreadsheets (OASIS ODF 1.3, part 3, section 9: tables).

use std::fs::File;

use quick_xml::events::{BytesStart, Event};

use super::package::{Package, Xml, attribute, cut_off, push_entity};
use super::{Broken, Chosen, Found, MOST_ROWS, OnSheet, RawRow, WIDEST};
use crate::source::catalogue::value::clean;

pub(super) fn read(file: File, wanted: Option<&str>, on: OnSheet) -> Result<(), Broken> {
    let mut package = Package::open(file)?;
    if let Some(mut manifest) = package.part("META-INF/manifest.xml")? {
        loop {
            match manifest.next()? {
                Event::Start(start) if start.local_name().as_ref() == "encryption-data" => {
                    return Err(Broken::Locked);
                }
                Event::Eof => break,
                _ => {}
            }
        }
    }
    let sheets = sheets(&mut package)?;
    let chosen = Chosen::of(sheets.into_iter().map(|name| (name, false)).collect(), wanted)?;
    let mut xml = content(&mut package)?;
    let name = chosen.sheet.clone();
    if !on(Found::Sheet(chosen)) {
        return Ok(());
    }
    loop {
        match xml.next()? {
            Event::Start(start)
                if start.local_name().as_ref() == "table"
                    && attribute(&start, "name")?.as_deref() == Some(&name) =>
            {
                return rows(&mut xml, on);
            }
            Event::Eof => return Err(cut_off()),
            Event::End(end) if end.local_name().as_ref() == "table-row" => xml.refill(),
            _ => {}
        }
    }
}

fn content(package: &mut Package) -> Result<Xml<'_>, Broken> {
    package.part("content.xml")?.ok_or_else(|| Broken::Other("it is no workbook".into()))
}

/// The names of all sheets. A file that is damaged further down still has those before.
fn sheets(package: &mut Package) -> Result<Vec<String>, Broken> {
    let mut xml = content(package)?;
    let mut names = Vec::new();
    loop {
        match xml.next() {
            Ok(Event::Start(start)) if start.local_name().as_ref() == "table" => {
                names.extend(attribute(&start, "name")?);
            }
            Ok(Event::End(end)) if end.local_name().as_ref() == "table-row" => xml.refill(),
            Ok(Event::Eof) => return Ok(names),
            Err(_) if !names.is_empty() => return Ok(names),
            Err(error) => return Err(error),
            Ok(_) => {}
        }
    }
}

/// Goes through the rows of the table that has just begun.
fn rows(xml: &mut Xml<'_>, on: OnSheet) -> Result<(), Broken> {
    let mut number = 0;
    loop {
        match xml.next()? {
            Event::Start(start) if start.local_name().as_ref() == "table-row" => {
                let repeated = count(&start, "number-rows-repeated")?;
                let mut row = cells(xml)?;
                xml.refill();
                if row.cells.is_empty() {
                    number += repeated;
                    continue;
                }
                for _ in 0..repeated {
                    number += 1;
                    if number > MOST_ROWS {
                        return Err(Broken::Other(format!("it has more than {MOST_ROWS} rows")));
                    }
                    row.number = number;
                    if !on(Found::Row(row.clone())) {
                        return Ok(());
                    }
                }
            }
            Event::End(end) if end.local_name().as_ref() == "table" => return Ok(()),
            Event::Eof => return Err(cut_off()),
            _ => {}
        }
    }
}

/// The cells of the row that has just begun.
fn cells(xml: &mut Xml<'_>) -> Result<RawRow, Broken> {
    let mut row = RawRow::default();
    let mut column: usize = 0;
    loop {
        match xml.next()? {
            Event::Start(start) => {
                let is_cell = matches!(start.local_name().as_ref(), "table-cell" | "covered-table-cell");
                if !is_cell {
                    continue;
                }
                let element = start.local_name().as_ref().to_owned();
                let repeated = usize::try_from(count(&start, "number-columns-repeated")?).unwrap_or(WIDEST);
                let value = value(&start)?;
                let mut text = String::new();
                cell_text(xml, &element, &mut text)?;
                let text = value.unwrap_or(text);
                if !text.is_empty() {
                    let last = column.saturating_add(repeated).min(WIDEST);
                    row.cells.extend((column..last).map(|column| (column, clean(text.as_str().into()))));
                    row.width = last;
                }
                column = column.saturating_add(repeated);
            }
            Event::End(end) if end.local_name().as_ref() == "table-row" => return Ok(row),
            Event::Eof => return Err(cut_off()),
            _ => {}
        }
    }
}

fn count(start: &BytesStart<'_>, name: &str) -> Result<u64, Broken> {
    Ok(attribute(start, name)?.and_then(|count| count.parse().ok()).unwrap_or(1))
}

/// The value of a cell that is no text.
fn value(start: &BytesStart<'_>) -> Result<Option<String>, Broken> {
    let get = |name: &str| attribute(start, name);
    Ok(match get("value-type")?.as_deref() {
        Some("float" | "percentage" | "currency") => get("value")?,
        Some("date") => get("date-value")?,
        Some("time") => get("time-value")?.map(|time| clock(&time)),
        Some("boolean") => get("boolean-value")?.map(|is| is.to_uppercase()),
        _ => None,
    })
}

/// `PT01H02M03S` as `01:02:03`.
fn clock(time: &str) -> String {
    let parts = time.strip_prefix("PT").and_then(|rest| {
        let (hours, rest) = rest.split_once('H')?;
        let (minutes, rest) = rest.split_once('M')?;
        Some(format!("{hours:0>2}:{minutes:0>2}:{:0>2}", rest.strip_suffix('S')?))
    });
    parts.unwrap_or_else(|| time.to_owned())
}

/// The paragraphs of a cell, without the notes on it.
fn cell_text(xml: &mut Xml<'_>, element: &str, text: &mut String) -> Result<(), Broken> {
    let (mut notes, mut paragraphs, mut within) = (0, 0, 0);
    loop {
        match xml.next()? {
            Event::Start(start) => match start.local_name().as_ref() {
                "annotation" => notes += 1,
                "p" if notes == 0 => {
                    if paragraphs > 0 {
                        text.push('\n');
                    }
                    paragraphs += 1;
                    within += 1;
                }
                // Several spaces, a tab and a break have elements of their own.
                "s" if notes == 0 => {
                    let spaces = count(&start, "c")?.min(1000);
                    text.extend(std::iter::repeat_n(' ', spaces as usize));
                }
                "tab" if notes == 0 => text.push('\t'),
                "line-break" if notes == 0 => text.push('\n'),
                _ => {}
            },
            Event::Text(part) if notes == 0 && within > 0 => text.push_str(&part.xml10_content()),
            Event::GeneralRef(entity) if notes == 0 && within > 0 => push_entity(&entity, text)?,
            Event::End(end) => match end.local_name().as_ref() {
                "annotation" => notes -= 1,
                "p" if notes == 0 => within -= 1,
                name if name == element => return Ok(()),
                _ => {}
            },
            Event::Eof => return Err(cut_off()),
            _ => {}
        }
    }
}
