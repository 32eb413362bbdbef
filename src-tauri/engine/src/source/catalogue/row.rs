//! What the readers of all formats hand on: first what was found, then row by row.

use std::sync::Arc;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use super::{Head, value};

/// Bytes that a row may have. Longer ones are no rows of a catalogue: a quote was not closed.
pub(super) const LONGEST_ROW: usize = 4 << 20;
/// Bytes that a cell may have.
pub(super) const LONGEST_CELL: usize = 1 << 20;
/// Columns that a catalogue may have.
pub(super) const MOST_COLUMNS: usize = 4096;

/// What a reader comes upon, in this order: one `Head`, then rows.
pub(crate) enum Event {
    Head(Head),
    Row(Row),
    /// What stands here could not be read.
    Unreadable(Unreadable),
}

/// Hears of everything that a reader comes upon. Gives false when it has heard enough.
pub(crate) type OnEvent<'a> = &'a mut dyn FnMut(Event) -> bool;

/// A row that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unreadable {
    /// Its number, as a spreadsheet counts.
    pub(crate) number: u64,
    /// Why, in words.
    pub(crate) why: String,
}

/// A row of a catalogue: its cells by the names of their columns, in the columns' order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    /// Its number in the file, as a spreadsheet counts: the header is 1 where it comes first.
    pub(crate) number: u64,
    pub(crate) cells: Vec<(Arc<str>, Value)>,
    /// It had fewer cells than there are columns.
    pub(crate) is_short: bool,
    /// Some of its bytes are no text in the encoding that it was read with.
    pub(crate) is_undecodable: bool,
}

impl Row {
    /// The cell of a column. In JSON a name that begins with `/` leads into a nested value
    /// (RFC 6901, JSON Pointer).
    pub(crate) fn get(&self, column: &str) -> Option<&Value> {
        let cell = |name: &str| self.cells.iter().find(|(known, _)| &**known == name).map(|(_, value)| value);
        cell(column).or_else(|| {
            let (first, rest) = column.strip_prefix('/')?.split_once('/')?;
            cell(first)?.pointer(&format!("/{rest}"))
        })
    }

    /// The text of a cell; empty where there is none.
    pub(crate) fn text(&self, column: &str) -> String {
        self.get(column).map(value::shown).unwrap_or_default()
    }

    /// All cells as the fields of a record: a JSON object.
    pub(crate) fn fields(&self) -> Option<Box<RawValue>> {
        to_raw_value(&Cells(&self.cells)).ok()
    }
}

struct Cells<'a>(&'a [(Arc<str>, Value)]);

impl Serialize for Cells<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.0.len()))?;
        self.0.iter().try_for_each(|(name, value)| map.serialize_entry(&**name, value))?;
        map.end()
    }
}

/// A row before its columns have names: its cells by their position, from 0; empty ones are left
/// out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct RawRow {
    pub(super) number: u64,
    /// Cells that it has, empty ones too.
    pub(super) width: usize,
    pub(super) cells: Vec<(usize, String)>,
}

/// A row before its columns have names, or what stands in its place.
pub(super) enum RawLine {
    Row(RawRow),
    Unreadable(Unreadable),
}

impl RawLine {
    pub(super) fn number(&self) -> u64 {
        match self {
            Self::Row(row) => row.number,
            Self::Unreadable(row) => row.number,
        }
    }
}
