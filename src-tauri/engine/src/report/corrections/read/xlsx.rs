//! XLSX, cell by cell: a sheet never lies in memory as a whole.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use calamine::{DataRef, Reader, Xlsx};

use super::{Heading, OnRow, Stop, no_id};
use crate::report::table::NOTES;

/// Cells of one row, by column, from the left.
type Cells = Vec<(usize, String)>;

pub(super) fn read(path: &Path, on_row: OnRow) -> Result<Heading, Stop> {
    let file = File::open(path).map_err(Stop::unreadable)?;
    let mut book: Xlsx<_> = Xlsx::new(BufReader::new(file)).map_err(Stop::unreadable)?;
    let mut all: Option<Heading> = None;
    for sheet in book.sheet_names().into_iter().filter(|name| name != NOTES) {
        if let Some(heading) = read_sheet(&mut book, &sheet, on_row)? {
            match &mut all {
                None => all = Some(heading),
                Some(all) => {
                    let new = heading
                        .columns
                        .into_iter()
                        .filter(|(_, column)| !all.has(column))
                        .collect::<Vec<_>>();
                    all.columns.extend(new);
                    all.unknown.extend(heading.unknown);
                }
            }
        }
    }
    all.ok_or_else(no_id)
}

/// Reads a sheet. None: it has no column `id`, so it is somebody's own.
fn read_sheet(book: &mut Xlsx<BufReader<File>>, sheet: &str, on_row: OnRow) -> Result<Option<Heading>, Stop> {
    let mut cells = book.worksheet_cells_reader(sheet).map_err(Stop::unreadable)?;
    let mut heading: Option<Heading> = None;
    let mut row: Cells = Vec::new();
    let mut number = 0;
    let mut take = |number: u32, row: &mut Cells| -> Result<bool, Stop> {
        let row = std::mem::take(row);
        let Some(heading) = &heading else {
            heading = Heading::of(row.into_iter())?;
            return Ok(heading.is_some());
        };
        let cell = |at| row.iter().find(|(column, _)| *column == at).map(|(_, text)| text.clone());
        let place = format!("sheet {sheet}, row {}", number + 1);
        match heading.row(place, |at| cell(at).unwrap_or_default()).map(&mut *on_row) {
            Some(false) => Err(Stop::NotWanted),
            _ => Ok(true),
        }
    };
    while let Some(cell) = cells.next_cell().map_err(Stop::unreadable)? {
        let (at, column) = cell.get_position();
        if at != number && !row.is_empty() && !take(number, &mut row)? {
            return Ok(None);
        }
        number = at;
        if let Some(text) = text_of(cell.get_value()) {
            row.push((column as usize, text));
        }
    }
    if !row.is_empty() {
        take(number, &mut row)?;
    }
    Ok(heading)
}

/// A cell as text. None: it is empty.
fn text_of(value: &DataRef<'_>) -> Option<String> {
    Some(match value {
        DataRef::Empty => return None,
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::Bool(value) => value.to_string(),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::DateTime(time) => {
            let (year, month, day, hour, minute, second, _) = time.to_ymd_hms_milli();
            match (time.is_duration(), hour, minute, second) {
                (true, ..) => format!("{hour:02}:{minute:02}:{second:02}"),
                (false, 0, 0, 0) => format!("{year:04}-{month:02}-{day:02}"),
                _ => format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"),
            }
        }
        DataRef::Error(error) => error.to_string(),
    })
}
