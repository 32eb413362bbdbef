//! Excel 2007 and later (ECMA-376, SpreadsheetML).

use std::collections::HashMap;
use std::fs::File;

use quick_xml::events::{BytesStart, Event};

use super::number::Format;
use super::package::{Package, Xml, attribute, cut_off};
use super::strings::Strings;
use super::{Broken, Chosen, Found, MOST_ROWS, OnSheet, RawRow, WIDEST};
use crate::source::catalogue::value::clean;

/// Formats that a workbook may have; the rest is taken as plain.
const MOST_FORMATS: usize = 100_000;

/// An open workbook.
pub(super) struct Book {
    package: Package,
    related: HashMap<String, Relation>,
    sheets: Vec<Sheet>,
    content: Content,
}

/// What the cells of all sheets need.
struct Content {
    strings: Strings,
    formats: Vec<Format>,
    is_1904: bool,
}

impl Book {
    pub(super) fn open(file: File) -> Result<Self, Broken> {
        let mut package = Package::open(file)?;
        let main = relations(&mut package, "")?
            .into_values()
            .find(|relation| relation.kind == "officeDocument")
            .map_or_else(|| "xl/workbook.xml".to_owned(), |relation| relation.target);
        let related = relations(&mut package, &main)?;
        let (mut sheets, is_1904) = sheets(&mut package, &main)?;
        sheets.retain(|sheet| related.get(&sheet.id).is_none_or(|relation| relation.kind == "worksheet"));
        let of_kind = |kind: &str| related.values().find(|relation| relation.kind == kind);
        let content = Content {
            formats: formats(&mut package, of_kind("styles"))?,
            strings: strings(&mut package, of_kind("sharedStrings"))?,
            is_1904,
        };
        Ok(Self { package, related, sheets, content })
    }

    /// The names of its sheets, and whether each is hidden.
    pub(super) fn sheets(&self) -> Vec<(String, bool)> {
        self.sheets.iter().map(|sheet| (sheet.name.clone(), sheet.is_hidden)).collect()
    }

    /// Goes through the rows of a sheet that hold anything, until `on` gives false.
    pub(super) fn rows(&mut self, sheet: &str, on: &mut dyn FnMut(RawRow) -> bool) -> Result<(), Broken> {
        let of_name = self.sheets.iter().find(|known| known.name == sheet);
        let part = of_name
            .and_then(|sheet| self.related.get(&sheet.id))
            .map(|relation| relation.target.clone())
            .ok_or_else(|| Broken::Other(format!("the sheet \"{sheet}\" is not in the file")))?;
        let missing = || Broken::Other(format!("its part {part} is not in the file"));
        let mut xml = self.package.part(&part)?.ok_or_else(missing)?;
        rows(&mut xml, &mut self.content, on)
    }
}

pub(super) fn read(file: File, wanted: Option<&str>, on: OnSheet) -> Result<(), Broken> {
    let mut book = Book::open(file)?;
    let chosen = Chosen::of(book.sheets(), wanted)?;
    let sheet = chosen.sheet.clone();
    if !on(Found::Sheet(chosen)) {
        return Ok(());
    }
    book.rows(&sheet, &mut |mut row| {
        row.cells.iter_mut().for_each(|(_, cell)| *cell = clean(std::mem::take(cell).into()));
        on(Found::Row(row))
    })
}

/// A part that another part refers to.
struct Relation {
    /// The last part of its type's address.
    kind: String,
    target: String,
}

/// The relations of a part, by their numbers; of the package itself where `part` is empty.
fn relations(package: &mut Package, part: &str) -> Result<HashMap<String, Relation>, Broken> {
    let (folder, name) = part.rsplit_once('/').unwrap_or(("", part));
    let mut found = HashMap::new();
    let Some(mut xml) = package.part(&format!("{folder}/_rels/{name}.rels"))? else { return Ok(found) };
    loop {
        match xml.next()? {
            Event::Start(start) if start.local_name().as_ref() == "Relationship" => {
                let get = |name| attribute(&start, name).map(Option::unwrap_or_default);
                let kind = get("Type")?.rsplit('/').next().unwrap_or_default().to_owned();
                let target = get("Target")?;
                let target = if target.starts_with('/') { target } else { format!("{folder}/{target}") };
                found.insert(get("Id")?, Relation { kind, target });
            }
            Event::Eof => return Ok(found),
            _ => {}
        }
    }
}

struct Sheet {
    name: String,
    id: String,
    is_hidden: bool,
}

/// The workbook's sheets, and whether it counts days from 1904.
fn sheets(package: &mut Package, main: &str) -> Result<(Vec<Sheet>, bool), Broken> {
    let no_workbook = || Broken::Other("it is no workbook".into());
    let mut xml = package.part(main)?.ok_or_else(no_workbook)?;
    let (mut sheets, mut is_1904) = (Vec::new(), false);
    loop {
        match xml.next()? {
            Event::Start(start) => match start.local_name().as_ref() {
                "sheet" => sheets.push(Sheet {
                    name: attribute(&start, "name")?.unwrap_or_default(),
                    id: attribute(&start, "id")?.unwrap_or_default(),
                    is_hidden: attribute(&start, "state")?.is_some_and(|state| state != "visible"),
                }),
                "workbookPr" => {
                    is_1904 = attribute(&start, "date1904")?.is_some_and(|is| is == "1" || is == "true");
                }
                _ => {}
            },
            Event::Eof => return Ok((sheets, is_1904)),
            _ => {}
        }
    }
}

/// What each cell style makes of a number.
fn formats(package: &mut Package, part: Option<&Relation>) -> Result<Vec<Format>, Broken> {
    let mut formats = Vec::new();
    let Some(part) = part else { return Ok(formats) };
    let Some(mut xml) = package.part(&part.target)? else { return Ok(formats) };
    let mut own: HashMap<u32, Format> = HashMap::new();
    let mut in_cells = false;
    loop {
        match xml.next()? {
            Event::Start(start) => match start.local_name().as_ref() {
                "numFmt" => {
                    let id = attribute(&start, "numFmtId")?.and_then(|id| id.parse().ok());
                    if let (Some(id), Some(code)) = (id, attribute(&start, "formatCode")?) {
                        own.insert(id, Format::of(&code));
                    }
                }
                "cellXfs" => in_cells = true,
                "xf" if in_cells && formats.len() < MOST_FORMATS => {
                    let id = attribute(&start, "numFmtId")?.and_then(|id| id.parse().ok()).unwrap_or(0);
                    formats.push(own.get(&id).copied().unwrap_or_else(|| Format::built_in(id)));
                }
                _ => {}
            },
            Event::End(end) if end.local_name().as_ref() == "cellXfs" => in_cells = false,
            Event::Eof => return Ok(formats),
            _ => {}
        }
    }
}

fn strings(package: &mut Package, part: Option<&Relation>) -> Result<Strings, Broken> {
    let mut strings = Strings::default();
    let name = part.map_or("xl/sharedStrings.xml", |part| &part.target).to_owned();
    let Some(mut xml) = package.part(&name)? else { return Ok(strings) };
    let mut text = String::new();
    loop {
        match xml.next()? {
            Event::Start(start) if start.local_name().as_ref() == "si" => {
                text.clear();
                xml.text("si", &["rPh"], &mut text)?;
                strings.add(&text)?;
                xml.refill();
            }
            Event::Eof => return Ok(strings),
            _ => {}
        }
    }
}

/// Goes through the cells of a sheet.
fn rows(xml: &mut Xml<'_>, content: &mut Content, on: &mut dyn FnMut(RawRow) -> bool) -> Result<(), Broken> {
    let mut row = RawRow::default();
    let mut column = 0;
    loop {
        match xml.next()? {
            Event::Start(start) => match start.local_name().as_ref() {
                "row" => {
                    let number = attribute(&start, "r")?.and_then(|number| number.parse().ok());
                    row = RawRow { number: number.unwrap_or(row.number + 1), ..RawRow::default() };
                    column = 0;
                    if row.number > MOST_ROWS {
                        return Err(Broken::Other(format!("it has more than {MOST_ROWS} rows")));
                    }
                }
                "c" => {
                    let opened = Opened::of(&start)?;
                    column = opened.column.unwrap_or(column);
                    if column >= WIDEST {
                        return Err(Broken::Other(format!("it has more than {WIDEST} columns")));
                    }
                    let text = cell(xml, content, opened)?;
                    if !text.is_empty() {
                        row.cells.push((column, text));
                    }
                    column += 1;
                }
                _ => {}
            },
            Event::End(end) => match end.local_name().as_ref() {
                "row" => {
                    xml.refill();
                    row.cells.sort_by_key(|(column, _)| *column);
                    row.cells.dedup_by_key(|(column, _)| *column);
                    row.width = row.cells.last().map_or(0, |(last, _)| last + 1);
                    let number = row.number;
                    if row.width > 0 && !on(std::mem::take(&mut row)) {
                        return Ok(());
                    }
                    row.number = number;
                }
                "sheetData" => return Ok(()),
                _ => {}
            },
            Event::Eof => return Err(cut_off()),
            _ => {}
        }
    }
}

/// How a cell begins.
struct Opened {
    column: Option<usize>,
    kind: Kind,
    style: Option<usize>,
}

/// What a cell holds (ECMA-376 part 1, 18.18.11, ST_CellType).
#[derive(Clone, Copy)]
enum Kind {
    Number,
    Shared,
    Text,
    Boolean,
    /// As it stands: an error, a date in ISO 8601.
    Verbatim,
}

impl Opened {
    fn of(start: &BytesStart<'_>) -> Result<Self, Broken> {
        let mut opened = Self { column: None, kind: Kind::Number, style: None };
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute?;
            match attribute.key.as_ref() {
                "r" => opened.column = column_of(&attribute.value),
                "s" => opened.style = attribute.value.parse().ok(),
                "t" => {
                    opened.kind = match attribute.value.as_ref() {
                        "s" => Kind::Shared,
                        "str" => Kind::Text,
                        "b" => Kind::Boolean,
                        "e" | "d" | "inlineStr" => Kind::Verbatim,
                        _ => Kind::Number,
                    }
                }
                _ => {}
            }
        }
        Ok(opened)
    }
}

/// The text of the cell that has just begun.
fn cell(xml: &mut Xml<'_>, content: &mut Content, opened: Opened) -> Result<String, Broken> {
    let (mut value, mut inline) = (String::new(), None);
    loop {
        match xml.next()? {
            Event::Start(start) => match start.local_name().as_ref() {
                "v" => xml.text("v", &[], &mut value)?,
                "is" => {
                    let mut text = String::new();
                    xml.text("is", &["rPh"], &mut text)?;
                    inline = Some(text);
                }
                _ => {}
            },
            Event::End(end) if end.local_name().as_ref() == "c" => break,
            Event::Eof => return Err(cut_off()),
            _ => {}
        }
    }
    if let Some(text) = inline {
        return Ok(unescaped(text));
    }
    if value.is_empty() {
        return Ok(value);
    }
    Ok(match opened.kind {
        Kind::Shared => {
            let mut text = String::new();
            let number = value.trim().parse().unwrap_or(usize::MAX);
            if !content.strings.get(number, &mut text)? {
                return Err(Broken::Other(format!("there is no text number {value} that a cell refers to")));
            }
            unescaped(text)
        }
        Kind::Boolean => if value.trim() == "1" { "TRUE" } else { "FALSE" }.to_owned(),
        Kind::Text => unescaped(value),
        Kind::Verbatim => value,
        Kind::Number => match value.trim().parse::<f64>() {
            Ok(number) => {
                let format = opened.style.and_then(|style| content.formats.get(style)).copied();
                format.unwrap_or(Format::Plain).shown(number, content.is_1904)
            }
            Err(_) => value,
        },
    })
}

/// The column of a place such as `AB12`, from 0.
fn column_of(place: &str) -> Option<usize> {
    let letters = place.bytes().take_while(u8::is_ascii_alphabetic);
    let number = letters.fold(0_usize, |number, letter| {
        number.saturating_mul(26).saturating_add(usize::from(letter.to_ascii_uppercase() - b'A') + 1)
    });
    number.checked_sub(1)
}

/// Control characters stand as `_x000D_` in these files (ECMA-376 part 1, 22.9.2.19, ST_Xstring).
fn unescaped(text: String) -> String {
    if !text.contains("_x") {
        return text;
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find("_x") {
        plain.push_str(&rest[..at]);
        let digits = rest.get(at + 2..at + 6).filter(|_| rest.as_bytes().get(at + 6) == Some(&b'_'));
        let char = digits
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .and_then(char::from_u32);
        match char {
            Some(char) => {
                plain.push(char);
                rest = &rest[at + 7..];
            }
            None => {
                plain.push_str("_x");
                rest = &rest[at + 2..];
            }
        }
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_escapes_are_understood() {
        assert_eq!(column_of("A1"), Some(0));
        assert_eq!(column_of("XFD1048576"), Some(16_383));
        assert_eq!(column_of("12"), None);
        assert_eq!(unescaped("a_x000D_b".into()), "a\rb");
        assert_eq!(unescaped("_x005F_x000D_ _x".into()), "_x000D_ _x");
    }
}
