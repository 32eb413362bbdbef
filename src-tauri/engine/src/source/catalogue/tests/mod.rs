//! The torture set: catalogues as they come, each with the rows that it must give.

mod binary;
mod broken;
mod inspection;
mod json;
mod property;
mod text;
mod workbook;

use super::{CatalogueError, Event, Head, read};
use crate::spec::Catalogue;

/// A catalogue of this name and content in a folder of its own, and what is read of it.
pub(super) struct Told {
    pub(super) head: Head,
    /// `3: a | b` for a row that can be read, `3!` for one that cannot.
    pub(super) rows: Vec<String>,
    /// Why rows could not be read.
    pub(super) reasons: Vec<String>,
    pub(super) undecodable: usize,
}

pub(super) fn told(name: &str, bytes: &[u8], options: &str) -> Result<Told, CatalogueError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, bytes).unwrap();
    let catalogue = Catalogue { file, ..toml::from_str(options).unwrap() };
    let (mut head, mut rows, mut reasons, mut undecodable) = (None, Vec::new(), Vec::new(), 0);
    read(&catalogue, &mut |event| {
        match event {
            Event::Head(found) => head = Some(found),
            Event::Row(row) => {
                undecodable += usize::from(row.is_undecodable);
                let cells: Vec<String> = row
                    .cells
                    .iter()
                    .map(|(_, value)| crate::source::catalogue::value::shown(value))
                    .collect();
                rows.push(format!("{}: {}", row.number, cells.join(" | ")));
            }
            Event::Unreadable(row) => {
                rows.push(format!("{}!", row.number));
                reasons.push(row.why);
            }
        }
        true
    })?;
    Ok(Told { head: head.expect("a head before all rows"), rows, reasons, undecodable })
}

/// Columns, then rows.
#[track_caller]
pub(super) fn assert_told(name: &str, bytes: &[u8], options: &str, columns: &[&str], rows: &[&str]) -> Told {
    let told = told(name, bytes, options).unwrap_or_else(|error| panic!("{name}: {error}"));
    let found: Vec<&str> = told.head.columns.iter().map(|column| &**column).collect();
    assert_eq!(
        found,
        columns,
        "columns of {name:?}, {:?}",
        String::from_utf8_lossy(&bytes[..bytes.len().min(200)])
    );
    assert_eq!(told.rows, rows, "rows of {name:?}; {:?}", told.reasons);
    told
}
