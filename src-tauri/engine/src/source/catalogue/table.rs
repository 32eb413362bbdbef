//! From rows of cells to rows with names: finds the header below a preamble, and makes its names
//! unique.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::row::{Event, MOST_COLUMNS, OnEvent, RawLine, RawRow, Row, Unreadable};
use super::{CatalogueError, Head};
use crate::spec::Catalogue;

/// Rows that are looked at before it is decided which of them is the header.
const LOOKED_AT: usize = 100;
/// Bytes of them that are kept meanwhile; with rows as long as these, fewer have to do.
const HELD: usize = 16 << 20;
/// Characters that a column's name may have.
const LONGEST_NAME: usize = 200;
/// Lines of a preamble that are shown.
const PREAMBLE_SHOWN: usize = 20;

/// Takes rows of cells and hands on rows with names.
pub(super) struct Table<'a, 'b> {
    on: &'a mut OnEvent<'b>,
    catalogue: &'a Catalogue,
    head: Option<Head>,
    /// Rows that came before the header was found.
    waiting: Vec<RawLine>,
    /// Bytes in the cells of those.
    held: usize,
    columns: Vec<(usize, Arc<str>)>,
    /// A delimiter in an unquoted value moves all cells behind it, so a row with too many of them
    /// cannot be trusted. In a workbook each cell knows its own column.
    is_delimited: bool,
    error: Option<CatalogueError>,
}

impl<'a, 'b> Table<'a, 'b> {
    /// `head`: all that is known but the header and what stands before it.
    pub(super) fn new(
        catalogue: &'a Catalogue,
        head: Head,
        is_delimited: bool,
        on: &'a mut OnEvent<'b>,
    ) -> Self {
        let waiting = Vec::new();
        let columns = Vec::new();
        Self { on, catalogue, head: Some(head), waiting, held: 0, columns, is_delimited, error: None }
    }

    /// Takes a row. Gives false when no more are wanted.
    pub(super) fn add(&mut self, line: RawLine) -> bool {
        if self.head.is_none() {
            return self.error.is_none() && self.hand_on(line);
        }
        if line.number() <= self.catalogue.skip.unwrap_or(0) {
            return true;
        }
        let header = self.catalogue.header_row;
        let is_past = header.is_some_and(|header| header > 0 && line.number() > header);
        self.held += row_of(&line).map_or(0, |row| row.cells.iter().map(|(_, cell)| cell.len()).sum());
        self.waiting.push(line);
        let is_enough = self.waiting.len() >= LOOKED_AT || self.held >= HELD;
        if is_past || is_enough { self.decide() } else { true }
    }

    /// All rows were taken.
    pub(super) fn end(mut self) -> Result<(), CatalogueError> {
        if self.head.is_some() {
            self.decide();
        }
        self.error.map_or(Ok(()), Err)
    }

    /// Chooses the header and hands on the rows that waited for it.
    fn decide(&mut self) -> bool {
        let Some(mut head) = self.head.take() else { return true };
        let rows: Vec<&RawRow> = self.waiting.iter().filter_map(row_of).collect();
        let path = || self.catalogue.file.clone();
        let header = match self.catalogue.header_row {
            _ if rows.is_empty() => {
                self.error = Some(match self.waiting.first() {
                    Some(RawLine::Unreadable(row)) => {
                        CatalogueError::Damaged { path: path(), why: row.why.clone() }
                    }
                    _ => CatalogueError::Empty { path: path(), sheet: head.sheet },
                });
                return false;
            }
            Some(0) => None,
            Some(number) => match rows.iter().find(|row| row.number == number) {
                Some(row) => Some(*row),
                None => {
                    self.error = Some(CatalogueError::NoHeader { path: path(), row: number });
                    return false;
                }
            },
            None => Some(find_header(&rows)),
        };
        let columns = match header {
            Some(header) => named(header, self.is_delimited),
            None => {
                let width = rows.iter().map(|row| extent(row)).max().unwrap_or_default();
                (0..width).map(|column| (column, numbered(column))).collect()
            }
        };
        if columns.len() > MOST_COLUMNS {
            let columns = columns.len();
            self.error = Some(CatalogueError::TooWide { path: path(), columns, most: MOST_COLUMNS });
            return false;
        }
        let before = header.map_or(0, |header| header.number);
        let preamble = rows.iter().filter(|row| row.number < before).take(PREAMBLE_SHOWN);
        head.preamble.extend(
            preamble.map(|row| row.cells.iter().map(|(_, cell)| cell.as_str()).collect::<Vec<_>>().join(" ")),
        );
        head.header_row = header.map(|header| header.number);
        head.columns = columns.iter().map(|(_, name)| Arc::clone(name)).collect();
        self.columns = columns;
        let waiting = std::mem::take(&mut self.waiting);
        // What could not be read before the header was no row of the catalogue.
        let rest = waiting.into_iter().filter(|line| line.number() > before);
        (self.on)(Event::Head(head)) && rest.into_iter().all(|line| self.hand_on(line))
    }

    fn hand_on(&mut self, line: RawLine) -> bool {
        let event = match line {
            RawLine::Unreadable(row) => Event::Unreadable(row),
            RawLine::Row(row) => match self.with_names(row) {
                Ok(row) => Event::Row(row),
                Err(unreadable) => Event::Unreadable(unreadable),
            },
        };
        (self.on)(event)
    }

    fn with_names(&self, raw: RawRow) -> Result<Row, Unreadable> {
        let RawRow { number, width, cells: raw } = raw;
        let beyond = self.columns.last().map_or(0, |(last, _)| last + 1);
        if self.is_delimited && raw.last().is_some_and(|(column, _)| *column >= beyond) {
            let (has, wants) = (width, self.columns.len());
            return Err(Unreadable {
                number,
                why: format!(
                    "it has {has} cells for {wants} columns: a delimiter within a value must stand in quotes"
                ),
            });
        }
        let is_undecodable = raw.iter().any(|(_, cell)| cell.contains(char::REPLACEMENT_CHARACTER));
        let mut cells = Vec::with_capacity(self.columns.len());
        let mut raw = raw.into_iter().peekable();
        for (column, name) in &self.columns {
            // Cells of a workbook may stand in columns that have no name.
            while let Some((other, cell)) = raw.next_if(|(other, _)| other < column) {
                cells.push((numbered(other), Value::String(cell)));
            }
            let cell = raw.next_if(|(own, _)| own == column).map(|(_, cell)| cell).unwrap_or_default();
            cells.push((Arc::clone(name), Value::String(cell)));
        }
        cells.extend(raw.map(|(column, cell)| (numbered(column), Value::String(cell))));
        let is_short = self.is_delimited && width < self.columns.len();
        Ok(Row { number, cells, is_short, is_undecodable })
    }
}

fn row_of(line: &RawLine) -> Option<&RawRow> {
    match line {
        RawLine::Row(row) => Some(row),
        RawLine::Unreadable(_) => None,
    }
}

/// Cells up to the last one that is not empty.
fn extent(row: &RawRow) -> usize {
    row.cells.last().map_or(0, |(column, _)| column + 1)
}

/// The header among the first rows: the first one that fills at least half of the columns that rows
/// usually have, with more words than numbers. What stands above it is a preamble.
fn find_header<'r>(rows: &[&'r RawRow]) -> &'r RawRow {
    let filled = |row: &RawRow| row.cells.iter().filter(|(_, cell)| !cell.trim().is_empty()).count();
    let mut counts: HashMap<usize, usize> = HashMap::new();
    for row in rows {
        *counts.entry(extent(row)).or_default() += 1;
    }
    let usual =
        counts.into_iter().max_by_key(|(extent, count)| (*count, *extent)).map_or(0, |(extent, _)| extent);
    let is_number = |cell: &str| cell.trim().parse::<f64>().is_ok();
    let looks_like_one = |row: &RawRow| {
        let numbers = row.cells.iter().filter(|(_, cell)| is_number(cell)).count();
        filled(row) * 2 >= usual.max(1) && (usual < 2 || filled(row) > 1) && numbers * 2 <= filled(row)
    };
    rows.iter()
        .find(|row| looks_like_one(row))
        .or_else(|| rows.iter().find(|row| filled(row) * 2 >= usual))
        .unwrap_or(&rows[0])
}

/// The columns that a header names; those without a name get one from their place, and no two the
/// same.
fn named(header: &RawRow, is_delimited: bool) -> Vec<(usize, Arc<str>)> {
    let last = header.cells.last().map_or(0, |(column, _)| column + 1);
    let first = header.cells.first().map_or(0, |(column, _)| *column);
    // Delimiters at the end of the header stand for columns too; an empty beginning or end of a
    // sheet does not.
    let span = if is_delimited { 0..header.width.max(last) } else { first..last };
    // A name far to the right must not make thousands of columns between.
    let is_wide = span.len() > MOST_COLUMNS && !is_delimited;
    let wanted = |column: &usize| !is_wide || header.cells.iter().any(|(own, _)| own == column);
    let mut cells = header.cells.iter().peekable();
    let mut taken: HashMap<String, u32> = HashMap::new();
    span.filter(wanted)
        .map(|column| {
            let cell =
                cells.next_if(|(own, _)| *own == column).map(|(_, cell)| tidy(cell)).unwrap_or_default();
            let own = if cell.is_empty() { numbered(column).to_string() } else { cell };
            (column, unique(own, &mut taken))
        })
        .collect()
}

fn unique(own: String, taken: &mut HashMap<String, u32>) -> Arc<str> {
    let mut name = own.clone();
    while taken.contains_key(&name) {
        let count = taken.entry(own.clone()).or_insert(1);
        *count += 1;
        name = format!("{own} ({count})");
    }
    taken.insert(name.clone(), 1);
    name.into()
}

/// A name on one line, without what cannot be seen.
fn tidy(name: &str) -> String {
    let plain = name.replace(['\u{feff}', '\u{200b}'], "");
    let name = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    name.chars().filter(|char| !char.is_control()).take(LONGEST_NAME).collect()
}

fn numbered(column: usize) -> Arc<str> {
    format!("Column {}", column + 1).into()
}
