//! What a look at a catalogue shows.

use crate::source::catalogue::{Inspection, inspect};
use crate::spec::Catalogue;

fn inspected(name: &str, bytes: &[u8]) -> Inspection {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, bytes).unwrap();
    inspect(&Catalogue::new(file)).unwrap()
}

#[test]
fn columns_are_proposed_with_the_first_rows() {
    let found =
        inspected("export.csv", b"Export of today\n\nID;Folder;File name\n1;tape 1;a.mov\n2;tape 2;b.mov\n");
    assert_eq!((found.header_row, found.rows.len()), (Some(3), 2));
    assert_eq!(found.guess.path, ["Folder", "File name"]);
    assert_eq!(found.guess.id.as_deref(), Some("ID"));
}

#[test]
fn what_is_shown_of_a_hostile_file_is_bounded() {
    let header: Vec<String> = (0..4000).map(|column| format!("column {column}")).collect();
    let row = vec!["<b>x</b>".repeat(100); 4000].join(",") + "\n";
    let found = inspected("wide.csv", (header.join(",") + "\n" + &row.repeat(60)).as_bytes());
    assert_eq!((found.columns.len(), found.rows.len()), (4000, 20));
    let shown: usize = found.rows.iter().flat_map(|row| &row.cells).map(String::len).sum();
    assert!(shown <= 20 * 200 * 300, "{shown} bytes of cells");
}
