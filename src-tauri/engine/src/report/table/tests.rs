//! What is written is read back the same, by other programs too.

use std::io::Write;
use std::process::{Command, Stdio};

use calamine::{DataType, Reader, Xlsx};
use proptest::prelude::*;

use super::*;
use crate::report::cell::restore;

const BOUNDS: Bounds = Bounds { rows: 10, text: 120 };

fn columns(number: usize) -> Vec<String> {
    (0..number).map(|number| format!("column {number}")).collect()
}

fn write_csv(rows: &[Vec<String>], bounds: Bounds) -> (Vec<u8>, Exported) {
    let mut out = Vec::new();
    let mut table = Table::csv(&mut out, &columns(rows[0].len()), bounds).unwrap();
    for row in rows {
        table.add(&row.iter().map(|text| Cell::text(text.as_str())).collect::<Vec<_>>()).unwrap();
    }
    let exported = table.end().unwrap();
    (out, exported)
}

fn write_book(rows: &[Vec<String>], bounds: Bounds) -> (Vec<u8>, Exported) {
    let mut out = Vec::new();
    let folder = tempfile::tempdir().unwrap();
    let mut table = Table::book(&mut out, "Rows", &columns(rows[0].len()), bounds, folder.path()).unwrap();
    for row in rows {
        table.add(&row.iter().map(|text| Cell::text(text.as_str())).collect::<Vec<_>>()).unwrap();
    }
    let exported = table.end().unwrap();
    (out, exported)
}

/// Every sheet with its name; texts as they were before they were defused.
fn read_book(book: &[u8]) -> Vec<(String, Vec<Vec<String>>)> {
    let mut book = Xlsx::new(std::io::Cursor::new(book)).unwrap();
    let text = |cell: &calamine::Data| restore(&cell.as_string().unwrap_or_default()).to_owned();
    book.worksheets()
        .into_iter()
        .map(|(name, range)| (name, range.rows().map(|row| row.iter().map(text).collect()).collect()))
        .collect()
}

/// What Python's `csv` makes of it.
fn read_with_python(csv: &[u8]) -> Vec<Vec<String>> {
    const SCRIPT: &str = "import csv, io, json, sys\n\
        text = io.TextIOWrapper(sys.stdin.buffer, encoding='utf-8-sig', newline='')\n\
        sys.stdout.write(json.dumps(list(csv.reader(text))))";
    let mut python = Command::new("python3")
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    python.stdin.take().unwrap().write_all(csv).unwrap();
    let done = python.wait_with_output().unwrap();
    assert!(done.status.success());
    let rows: Vec<Vec<String>> = serde_json::from_slice(&done.stdout).unwrap();
    restored(rows.into_iter().skip(1))
}

fn restored(rows: impl Iterator<Item = Vec<String>>) -> Vec<Vec<String>> {
    rows.map(|row| row.iter().map(|cell| restore(cell).to_owned()).collect()).collect()
}

/// Rows of three texts, most of them ugly for one reader or another.
fn ugly_rows() -> impl Strategy<Value = Vec<Vec<String>>> {
    let ugly = prop_oneof![
        "[='+@\\-\",;\t\r\n 0-9:a_x]{0,8}",
        "\\PC{0,12}",
        "(_x000D_|_x|\u{1}|\u{b}|\u{1d}|\u{fffe}|\u{85}|\u{2028}|🎬| ){0,3}",
        "[+-][0-9]{1,2}(:[0-9]{2}){0,3}(\\.[0-9])?",
    ];
    proptest::collection::vec(proptest::collection::vec(ugly, 3), 1..9)
}

proptest! {
    #[test]
    fn csv_is_read_back_the_same(rows in ugly_rows()) {
        let (csv, _) = write_csv(&rows, Bounds::SPREADSHEET);
        let read = csv::ReaderBuilder::new().from_reader(csv.as_slice()).into_records();
        let read = read.map(|row| row.unwrap().iter().map(str::to_owned).collect());
        prop_assert_eq!(restored(read), rows);
    }

    #[test]
    fn workbooks_are_read_back_the_same(rows in ugly_rows()) {
        let (book, _) = write_book(&rows, Bounds::SPREADSHEET);
        let sheets = read_book(&book);
        // Cells that are empty to the end of the sheet are not there at all.
        let read: Vec<Vec<String>> = sheets[0].1.iter().skip(1).cloned().collect();
        let cell = |row: usize, at: usize| {
            read.get(row).and_then(|row| row.get(at)).map(String::as_str).unwrap_or_default()
        };
        for (at, row) in rows.iter().enumerate() {
            for (column, text) in row.iter().enumerate() {
                prop_assert_eq!(cell(at, column), text);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn python_reads_csv_back_the_same(rows in ugly_rows()) {
        let (csv, _) = write_csv(&rows, Bounds::SPREADSHEET);
        prop_assert_eq!(read_with_python(&csv), rows);
    }
}

#[test]
fn more_rows_than_a_sheet_holds_go_on_in_the_next() {
    let rows: Vec<Vec<String>> = (0..20).map(|number| vec![format!("row {number}")]).collect();
    let (book, exported) = write_book(&rows, BOUNDS);
    assert_eq!((exported.records, exported.sheets), (20, 3));
    let sheets = read_book(&book);
    let names: Vec<_> = sheets.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["Rows", "Rows 2", "Rows 3", NOTES]);
    let mut read = Vec::new();
    for (_, sheet) in &sheets[..3] {
        assert!(sheet.len() <= 10);
        assert_eq!(sheet[0], ["column 0"], "each sheet has the heading");
        read.extend_from_slice(&sheet[1..]);
    }
    assert_eq!(read, rows);
    assert!(sheets[3].1[0][0].contains("3 sheets"));

    let (csv, exported) = write_csv(&rows, BOUNDS);
    assert_eq!(read_with_python(&csv), rows, "a CSV stays whole");
    assert!(exported.notes[0].contains(".xlsx"), "{:?}", exported.notes);
}

#[test]
fn texts_that_a_cell_cannot_hold_are_shortened_and_counted() {
    let rows = vec![vec!["ä".repeat(40_000)], vec!["=".repeat(32_767)], vec!["a".repeat(32_767)]];
    let (book, exported) = write_book(&rows, Bounds::SPREADSHEET);
    assert_eq!(exported.long_texts, 2, "the apostrophe makes the second one too long");
    let sheets = read_book(&book);
    let cells: Vec<&str> = sheets[0].1[1..].iter().map(|row| row[0].as_str()).collect();
    assert!(cells[0].ends_with("[shortened: 40000 characters in all]"));
    assert!(cells[1].ends_with("[shortened: 32768 characters in all]"));
    assert_eq!(cells[2], rows[2][0]);
    assert!(sheets[1].1[0][0].contains("2 texts"), "{:?}", sheets[1]);
    let (csv, exported) = write_csv(&rows, Bounds::SPREADSHEET);
    assert_eq!(exported.long_texts, 2);
    let read = csv::Reader::from_reader(csv.as_slice()).into_records().next().unwrap().unwrap();
    assert_eq!(&read[0], rows[0][0], "a CSV has it whole");
}

#[test]
fn numbers_stay_numbers_unless_they_would_lose_digits() {
    let mut out = Vec::new();
    let folder = tempfile::tempdir().unwrap();
    let mut table = Table::book(&mut out, "Rows", &columns(3), BOUNDS, folder.path()).unwrap();
    table.add(&[Cell::Number(12), Cell::Empty, Cell::Number(u64::MAX)]).unwrap();
    table.end().unwrap();
    let mut book = Xlsx::new(std::io::Cursor::new(out.as_slice())).unwrap();
    let range = book.worksheet_range("Rows").unwrap();
    assert_eq!(range.get((1, 0)), Some(&calamine::Data::Float(12.0)));
    assert_eq!(range.get((1, 2)).and_then(|cell| cell.as_string()), Some(u64::MAX.to_string()));
}
