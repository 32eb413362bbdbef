//! What one row of a corrected report changes of its record. Pure.

use serde_json::Value;

use super::read::{Column, Given, Row};
use super::{RecordChange, ValueChange};
use crate::checkpoint::{Correction, Standing};
use crate::record::{RawPath, RecordId, RecordState, read_shown};
use crate::report::cell::{is_shortened, restore, says};
use crate::report::failures::value_text;
use crate::storage::local::platform;
use crate::storage::web;

/// The record's number that a row names, or what is wrong with it.
pub(super) fn id_of(row: &Row) -> Result<RecordId, String> {
    match row.id.parse::<RecordId>() {
        Ok(id) if id > 0 => Ok(id),
        _ if row.id.is_empty() => {
            Err("this row has no record number; put the number back into the column id, or delete the row"
                .into())
        }
        _ => Err(format!("\"{}\" is no record number; put the number back into the column id", row.id)),
    }
}

/// What the row changes, or what is wrong with it. None: nothing. `source`: the full path of the
/// record's file, as reports show it. `longest`: UTF-16 units of a cell in the report.
pub(super) fn compare(
    row: &Row,
    standing: Option<&Standing>,
    source: &str,
    longest: usize,
) -> Result<Option<(Correction, RecordChange)>, String> {
    let Some(standing) = standing else {
        return Err(format!("this migration has no record {}; delete the row", row.id));
    };
    let mut correction = Correction { id: standing.id, ..Correction::default() };
    let mut changes = Vec::new();
    for (column, given) in &row.given {
        match column {
            Column::Id | Column::Migration => {}
            Column::Source => {
                // A report that was applied already still names the old source of what is delivered now.
                let path = row.given.iter().find(|(column, _)| *column == Column::Path);
                let is_applied = standing.state != RecordState::Failed
                    && path.is_some_and(|(_, path)| is_same_text(path, &standing.path.to_string(), longest));
                if !is_applied && !is_same_text(given, source, longest) {
                    return Err(format!(
                        "its source is {source} here; a source is corrected in the column path, below its folder (or the record was changed since: export the report anew)"
                    ));
                }
            }
            Column::Path => {
                let shown = standing.path.to_string();
                if is_same_text(given, &shown, longest) {
                    continue;
                }
                let text = text_of(given, "path")?;
                let path = new_path(&text, &standing.path)?;
                changes.push(change("path", Some(shown), Some(path.to_string())));
                correction.path = Some(path);
            }
            Column::Note => {
                let note = standing.note.as_deref().unwrap_or_default();
                if is_same_text(given, note, longest) {
                    continue;
                }
                let new = text_of(given, "note")?.trim().to_owned();
                changes.push(change(
                    "note",
                    standing.note.clone(),
                    Some(new.clone()).filter(|new| !new.is_empty()),
                ));
                correction.note = Some(new);
            }
            Column::Field(name) => {
                let known = standing.fields.get(name);
                if let Some(new) =
                    new_value(given, known, longest).map_err(|why| format!("field {name}: {why}"))?
                {
                    let shown =
                        |value: &Value| Some(value_text(value).into_owned()).filter(|_| !value.is_null());
                    changes.push(change(&format!("field {name}"), known.and_then(shown), shown(&new)));
                    correction.fields.insert(name.clone(), new);
                }
            }
        }
    }
    if changes.is_empty() {
        return Ok(None);
    }
    if standing.state != RecordState::Failed {
        let state = standing.state.word();
        return Err(format!(
            "record {} is {state} now, so it cannot be corrected; delete the row",
            standing.id
        ));
    }
    let note = correction.note.as_deref().or(standing.note.as_deref()).unwrap_or_default();
    let is_mended = correction.path.is_some() || !correction.fields.is_empty();
    correction.again = note.is_empty() && (is_mended || correction.note.is_some());
    let again = correction.again;
    Ok(Some((correction, RecordChange { id: standing.id, source: source.to_owned(), changes, again })))
}

fn change(what: &str, from: Option<String>, to: Option<String>) -> ValueChange {
    ValueChange { what: what.to_owned(), from, to }
}

fn is_same_text(given: &Given, known: &str, longest: usize) -> bool {
    match given {
        Given::Cell(cell) => says(cell, known, longest),
        Given::Value(Value::Null) => known.is_empty(),
        Given::Value(value) => value.as_str() == Some(known),
    }
}

fn text_of(given: &Given, what: &str) -> Result<String, String> {
    match given {
        Given::Cell(cell) => whole(cell).map(str::to_owned),
        Given::Value(Value::String(text)) => Ok(text.clone()),
        Given::Value(Value::Null) => Ok(String::new()),
        Given::Value(other) => Err(format!("{what} is {other}, which is no text")),
    }
}

/// What a cell means, unless a part of it was cut off.
fn whole(cell: &str) -> Result<&str, String> {
    if is_shortened(cell) {
        return Err(
            "this text was shortened for the spreadsheet; write it out in full, or leave it as it was".into(),
        );
    }
    Ok(restore(cell))
}

/// `old`: the path that the record has.
fn new_path(text: &str, old: &RawPath) -> Result<RawPath, String> {
    if text.is_empty() {
        return Err("the path is empty; put it back, or write the right one".into());
    }
    // A report writes one in a name as \n, so this comes from a quotation mark that nothing closes.
    if text.contains(['\n', '\r']) {
        return Err("the path has a line break in it; look for a quotation mark that is not closed".into());
    }
    if web::scheme_of(&String::from_utf8_lossy(&old.0)).is_some() {
        let url = web::read(text).map_err(|why| format!("the URL is not right: {why}"))?;
        return Ok(RawPath(String::from(url).into_bytes()));
    }
    let raw = read_shown(text).map(RawPath).ok_or_else(|| {
        format!("the path \"{text}\" has a backslash in it; write / between folders, and \\\\ for a backslash in a name")
    })?;
    match platform::to_path(&raw) {
        Some(_) => Ok(raw),
        None => Err(format!("\"{text}\" is no path below the source; write it with / and without ..")),
    }
}

/// The new value of a field. None: it stays.
fn new_value(given: &Given, known: Option<&Value>, longest: usize) -> Result<Option<Value>, String> {
    let known = known.unwrap_or(&Value::Null);
    match given {
        Given::Value(value) => Ok((value != known).then(|| value.clone())),
        Given::Cell(cell) => {
            if says(cell, &value_text(known), longest) {
                return Ok(None);
            }
            let text = whole(cell)?;
            let value = match known {
                _ if text.is_empty() => Value::Null,
                Value::Null | Value::String(_) => Value::String(text.to_owned()),
                // Spreadsheets write yes and no in capitals.
                Value::Bool(_) if text.eq_ignore_ascii_case("true") => true.into(),
                Value::Bool(_) if text.eq_ignore_ascii_case("false") => false.into(),
                // What was a number or a list may be one again.
                _ => serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())),
            };
            Ok((value != *known).then_some(value))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::report::cell::LONGEST;

    fn standing() -> Standing {
        Standing {
            id: 7,
            source: 0,
            path: RawPath(b"a/b.mov".to_vec()),
            state: RecordState::Failed,
            note: None,
            fields: json!({ "title": "=Reel", "reel": "007", "takes": 3, "sound": true })
                .as_object()
                .unwrap()
                .clone(),
        }
    }

    fn compared(given: &[(Column, &str)]) -> Result<Option<Correction>, String> {
        let given =
            given.iter().map(|(column, cell)| (column.clone(), Given::Cell((*cell).into()))).collect();
        let row = Row { id: "7".into(), given, ..Row::default() };
        compare(&row, Some(&standing()), "/s/a/b.mov", LONGEST).map(|changed| changed.map(|(one, _)| one))
    }

    fn field(name: &str) -> Column {
        Column::Field(name.into())
    }

    #[test]
    fn what_nobody_changed_changes_nothing() {
        let untouched = [
            (Column::Source, "/s/a/b.mov"),
            (Column::Path, "a/b.mov"),
            (Column::Note, ""),
            (field("title"), "'=Reel"),
            (field("reel"), "7"),
            (field("takes"), "3"),
            (field("sound"), "TRUE"),
            (field("new"), ""),
        ];
        assert_eq!(compared(&untouched), Ok(None));
    }

    #[test]
    fn changes_are_found_and_their_records_tried_again() {
        let one = compared(&[
            (Column::Path, "a/c.mov"),
            (field("title"), ""),
            (field("takes"), "4"),
            (field("new"), "'+1 a"),
        ]);
        let one = one.unwrap().unwrap();
        assert_eq!(one.path, Some(RawPath(b"a/c.mov".to_vec())));
        assert_eq!(Value::Object(one.fields), json!({ "title": null, "takes": 4, "new": "+1 a" }));
        assert!(one.again);
        let left = compared(&[(Column::Note, "lost in 1999"), (field("title"), "x")]).unwrap().unwrap();
        assert_eq!((left.note.as_deref(), left.again), (Some("lost in 1999"), false));
    }

    #[test]
    fn what_makes_no_sense_is_told_and_not_applied() {
        for (column, cell, word) in [
            (Column::Path, "", "empty"),
            (Column::Path, "../x", "no path"),
            (Column::Path, "/etc/passwd", "no path"),
            (Column::Path, "a\\b.mov", "backslash"),
            (Column::Path, "a\nb.mov", "line break"),
            (Column::Source, "/s/a/c.mov", "column path"),
            (field("title"), "x … [shortened: 40000 characters in all]", "shortened"),
        ] {
            let why = compared(&[(column, cell)]).unwrap_err();
            assert!(why.contains(word), "{cell}: {why}");
        }
        let unknown = compare(&Row { id: "9".into(), ..Row::default() }, None, "", LONGEST);
        assert!(unknown.unwrap_err().contains("no record 9"));
        assert!(
            id_of(&Row::default()).is_err() && id_of(&Row { id: "1.5".into(), ..Row::default() }).is_err()
        );
    }
}
