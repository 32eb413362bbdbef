//! XLSX, row by row: a sheet never lies in memory as a whole.

use std::path::Path;

use super::{Heading, OnRow, Stop, no_id};
use crate::report::table::NOTES;
use crate::source::catalogue::workbook::{self, Next};

/// Reads all sheets but our own notes and those without a column `id`, which are somebody's own.
pub(super) fn read(path: &Path, on_row: OnRow) -> Result<Heading, Stop> {
    let mut headings: Vec<(String, Heading)> = Vec::new();
    let mut stop = None;
    let read = workbook::each_row(path, &mut |sheet, number, cells| {
        if sheet == NOTES {
            return Next::Sheet;
        }
        let Some((_, heading)) = headings.last().filter(|(of, _)| of == sheet) else {
            return match Heading::of(cells.into_iter()) {
                Ok(Some(heading)) => {
                    headings.push((sheet.to_owned(), heading));
                    Next::Row
                }
                Ok(None) => Next::Sheet,
                Err(wrong) => {
                    stop = Some(wrong);
                    Next::End
                }
            };
        };
        let cell = |at| cells.iter().find(|(column, _)| *column == at).map(|(_, text)| text.clone());
        let place = format!("sheet {sheet}, row {number}");
        match heading.row(place, |at| cell(at).unwrap_or_default()).map(&mut *on_row) {
            Some(false) => {
                stop = Some(Stop::NotWanted);
                Next::End
            }
            _ => Next::Row,
        }
    });
    read.map_err(Stop::unreadable)?;
    if let Some(stop) = stop {
        return Err(stop);
    }
    let all = headings.into_iter().map(|(_, heading)| heading).reduce(|mut all, heading| {
        let new = heading.columns.into_iter().filter(|(_, column)| !all.has(column)).collect::<Vec<_>>();
        all.columns.extend(new);
        all.unknown.extend(heading.unknown);
        all
    });
    all.ok_or_else(no_id)
}
