//! JSON: an array of records, or an object that has one as `failures`.

use std::fmt;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::{Column, Given, Heading, OnRow, Row, Stop};

pub(super) fn read(path: &Path, on_row: OnRow) -> Result<Heading, Stop> {
    let file = File::open(path).map_err(Stop::unreadable)?;
    let mut json = serde_json::Deserializer::from_reader(BufReader::new(file));
    let mut entries = Entries { number: 0, on_row, is_wanted: true };
    let read = (&mut entries).deserialize(&mut json).and_then(|()| json.end());
    if !entries.is_wanted {
        return Err(Stop::NotWanted);
    }
    read.map_err(Stop::unreadable)?;
    // Each entry says which fields it has; none of them is missing.
    let columns = [Column::Id, Column::Migration, Column::Source, Column::Path, Column::Note];
    let columns = columns.into_iter().chain([Column::Field(String::new())]).enumerate().collect();
    Ok(Heading { columns, unknown: Vec::new() })
}

/// Takes entries one by one, so that the file never lies in memory as a whole.
struct Entries<'a> {
    number: u64,
    on_row: OnRow<'a>,
    is_wanted: bool,
}

impl<'de> DeserializeSeed<'de> for &mut Entries<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Entries<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a list of failed records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some(entry) = entries.next_element::<Map<String, Value>>()? {
            self.number += 1;
            if !(self.on_row)(row(self.number, entry)) {
                self.is_wanted = false;
                return Err(serde::de::Error::custom("not wanted"));
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        while let Some(name) = object.next_key::<String>()? {
            if name == "failures" {
                object.next_value_seed(&mut *self)?;
            } else {
                object.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

fn row(number: u64, entry: Map<String, Value>) -> Row {
    let mut row = Row { place: format!("entry {number}"), ..Row::default() };
    for (name, value) in entry {
        match (name.as_str(), value) {
            ("id", value) => row.id = value.as_str().map_or_else(|| value.to_string(), str::to_owned),
            ("fields", Value::Object(fields)) => {
                let given = |(name, value)| (Column::Field(name), Given::Value(value));
                row.given.extend(fields.into_iter().map(given));
            }
            ("migration" | "source" | "path" | "note", value) => {
                if let Some(column) = Column::of(&name) {
                    row.given.push((column, Given::Value(value)));
                }
            }
            _ => {}
        }
    }
    row
}
