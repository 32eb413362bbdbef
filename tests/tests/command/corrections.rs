//! Failure reports, corrected as people do it and imported again.

use std::fs;
use std::path::{Path, PathBuf};

use calamine::{DataType, Reader, Xlsx, open_workbook};
use serde_json::Value;
use sluice_tests::command::{self, COMPLETE, REFUSED, WITH_FAILURES};
use sluice_tests::process::Running;
use sluice_tests::site::Site;
use sluice_tests::tree;

/// A report as rows of cells, the heading first.
type Rows = Vec<Vec<String>>;

/// Ten records, each of which needs the field `reel` in order to be registered, and has none.
fn without_reels() -> Site {
    let site = Site::new();
    for number in 0..10 {
        tree::file(&site.source.join(format!("-{number}.mov")), 1_000, number);
    }
    let job = format!(
        r#"sources = [{:?}]
destination = {:?}
[[sidecar]]
format = "json"
[sidecar.fields]
title = "{{{{ fields.reel }}}}"
"#,
        site.source, site.destination
    );
    let file = site.path("job.toml");
    fs::write(&file, job).unwrap();
    let args = ["run".as_ref(), file.as_os_str(), "--checkpoint".as_ref(), site.checkpoint.as_os_str()];
    command::run(args).expect(WITH_FAILURES);
    let failures = command::failures(&site.checkpoint);
    assert!(failures.len() == 10 && failures.iter().all(|failure| failure.category == "template_failed"));
    site
}

fn export(site: &Site, name: &str) -> PathBuf {
    let path = site.path(name);
    site.on_checkpoint("failures", &["--export", path.to_str().unwrap()]).expect(COMPLETE);
    path
}

fn correct(site: &Site, report: &Path, more: &[&str]) -> command::Ended {
    let mut args = vec![report.to_str().unwrap(), "--json"];
    args.extend(more);
    site.on_checkpoint("correct", &args)
}

fn rows_of_csv(path: &Path) -> Rows {
    let mut csv = csv::ReaderBuilder::new().has_headers(false).from_path(path).unwrap();
    csv.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

fn rows_of_book(path: &Path) -> Rows {
    let mut book: Xlsx<_> = open_workbook(path).unwrap();
    let (_, sheet) = book.worksheets().remove(0);
    let rows = sheet.rows();
    rows.map(|row| row.iter().map(|cell| cell.as_string().unwrap_or_default()).collect()).collect()
}

fn write_csv(path: &Path, rows: &Rows, delimiter: u8) -> Vec<u8> {
    let mut csv = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
    rows.iter().for_each(|row| csv.write_record(row).unwrap());
    let bytes = csv.into_inner().unwrap();
    fs::write(path, &bytes).unwrap();
    bytes
}

fn write_book(path: &Path, rows: &Rows) {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (row, cells) in (0..).zip(rows) {
        for (column, cell) in (0..).zip(cells) {
            match cell.parse::<f64>() {
                Ok(number) => sheet.write_number(row, column, number).unwrap(),
                Err(_) => sheet.write_string(row, column, cell).unwrap(),
            };
        }
    }
    book.save(path).unwrap();
}

fn add_column(rows: &mut Rows, name: &str, value: impl Fn(usize) -> String) {
    rows[0].push(name.to_owned());
    for (at, row) in rows.iter_mut().enumerate().skip(1) {
        row.push(value(at));
    }
}

fn column(rows: &Rows, name: &str) -> usize {
    rows[0]
        .iter()
        .position(|cell| cell.trim_start_matches('\u{feff}') == name)
        .unwrap_or_else(|| panic!("{name}"))
}

#[test]
fn a_report_that_nobody_touched_changes_nothing() {
    let site = without_reels();
    let ids =
        command::failures(&site.checkpoint).iter().map(|failure| failure.id.to_string()).collect::<Vec<_>>();
    for (id, field) in
        ids.iter().zip(["reel=007", "reel=-01:00:00:00", "reel=+5", "reel==1+1", "reel='=x", "reel=a\nb"])
    {
        site.on_checkpoint("amend", &["--id", id, "--field", field]).expect(COMPLETE);
    }
    for name in ["untouched.csv", "untouched.xlsx", "untouched.json"] {
        let found = correct(&site, &export(&site, name), &[]).expect(COMPLETE).json();
        assert_eq!(
            (&found["rows"], &found["changed"], &found["wrong"]),
            (&10.into(), &0.into(), &0.into()),
            "{name}: {found}"
        );
    }
    // As a spreadsheet saves it again: numbers in its own way.
    let path = export(&site, "saved.xlsx");
    let rows = rows_of_book(&path);
    write_book(&path, &rows);
    let saved = site.path("saved.csv");
    let mut rows = rows_of_csv(&export(&site, "again.csv"));
    for cell in rows.iter_mut().flatten() {
        *cell = match cell.as_str() {
            "007" => "7".into(),
            "+5" => "5".into(),
            _ => cell.replace('\n', "\r\n"),
        };
    }
    write_csv(&saved, &rows, b';');
    for path in [path, saved] {
        let found = correct(&site, &path, &["--apply"]).expect(WITH_FAILURES).json();
        assert_eq!(found["failed"], 10, "{found}");
        let failures = command::failures(&site.checkpoint);
        assert!(failures.iter().all(|failure| failure.attempts == 1), "none is tried again: {failures:?}");
    }
}

#[test]
fn corrected_records_are_shown_then_delivered() {
    let site = without_reels();
    let new = site.source.join("später.mov");
    tree::file(&new, 2_000, 99);
    let path = export(&site, "failures.csv");
    let mut rows = rows_of_csv(&path);
    let place = column(&rows, "path");
    assert!(rows[1][place].starts_with("'-"), "a name that a spreadsheet would run: {}", rows[1][place]);
    let first = rows[1][place][1..].to_owned();
    rows[1][place] = "später.mov".into();
    add_column(&mut rows, "field:reel", |at| if at < 9 { format!("Größe {at}") } else { String::new() });
    // As an office in Germany saves it: semicolons, in the old code page.
    let text = String::from_utf8(write_csv(&path, &rows, b';')).unwrap();
    let latin: Vec<u8> = text
        .chars()
        .filter(|char| *char != '\u{feff}')
        .map(|char| u8::try_from(char as u32).unwrap())
        .collect();
    fs::write(&path, latin).unwrap();

    let found = correct(&site, &path, &[]).expect(COMPLETE).json();
    assert_eq!(
        (&found["rows"], &found["changed"], &found["again"], &found["unchanged"]),
        (&10.into(), &8.into(), &8.into(), &2.into())
    );
    assert_eq!(
        found["changes"][0]["changes"][0],
        serde_json::json!({ "what": "path", "from": first, "to": "später.mov" })
    );
    assert_eq!(
        found["changes"][1]["changes"][0],
        serde_json::json!({ "what": "field reel", "from": null, "to": "Größe 2" })
    );
    assert_eq!(site.status().failed, 10, "nothing is changed before --apply");

    correct(&site, &path, &["--apply"]).expect(WITH_FAILURES);
    let status = site.status();
    assert_eq!((status.delivered, status.failed, status.pending), (8, 2, 0));
    let sidecar: Value =
        serde_json::from_slice(&fs::read(site.destination.join("später.mov.json")).unwrap()).unwrap();
    assert_eq!(sidecar["terms"]["title"][0], "Größe 1");
    assert_eq!(fs::read(site.destination.join("später.mov")).unwrap(), fs::read(&new).unwrap());

    // Imported once more it says nothing new; what was delivered meanwhile cannot be corrected.
    let found = correct(&site, &path, &[]).expect(COMPLETE).json();
    assert_eq!((&found["unchanged"], &found["changed"]), (&10.into(), &0.into()), "{found}");
    rows[5].pop();
    rows[5].push("other".into());
    write_csv(&path, &rows, b',');
    let found = correct(&site, &path, &[]).expect(REFUSED).json();
    assert!(found["problems"][0]["message"].as_str().unwrap().contains("is delivered now"), "{found}");
}

#[test]
fn a_workbook_and_json_are_taken_in_too() {
    for name in ["failures.xlsx", "failures.json"] {
        let site = without_reels();
        let path = export(&site, name);
        if name.ends_with("json") {
            let mut report: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            for failure in report["failures"].as_array_mut().unwrap() {
                failure["fields"] = serde_json::json!({ "reel": "B", "take": 2 });
            }
            fs::write(&path, report.to_string()).unwrap();
        } else {
            let mut rows = rows_of_book(&path);
            add_column(&mut rows, "field:reel", |_| "B".into());
            let note = column(&rows, "note");
            rows[3][note] = "lost for good".into();
            write_book(&path, &rows);
        }
        let is_book = name.ends_with("xlsx");
        correct(&site, &path, &["--apply"]).expect(if is_book { WITH_FAILURES } else { COMPLETE });
        let delivered = if is_book { 9 } else { 10 };
        assert_eq!(site.status().delivered, delivered, "{name}; one was left with a note");
    }
}

#[test]
fn one_row_that_makes_no_sense_leaves_everything_as_it_is() {
    let site = without_reels();
    let rows = rows_of_csv(&export(&site, "failures.csv"));
    let path = site.path("wrong.csv");
    let (id, place) = (column(&rows, "id"), column(&rows, "path"));
    type Harm = Box<dyn Fn(&mut Rows)>;
    let harms: [(&str, Harm); 6] = [
        ("no record 4711", Box::new(move |rows| rows[4][id] = "4711".into())),
        ("no record number", Box::new(move |rows| rows[4][id] = String::new())),
        ("earlier row", Box::new(move |rows| rows[4] = rows[5].clone())),
        ("path is empty", Box::new(move |rows| rows[4][place] = String::new())),
        ("no path below", Box::new(move |rows| rows[4][place] = "../../etc/passwd".into())),
        (
            "column path",
            Box::new(move |rows| {
                let source = column(rows, "source");
                rows[4][source] = "/somewhere/else.mov".into();
            }),
        ),
    ];
    for (word, harm) in harms {
        let mut rows = rows.clone();
        add_column(&mut rows, "field:reel", |_| "C".into());
        harm(&mut rows);
        write_csv(&path, &rows, b',');
        let found = correct(&site, &path, &[]).expect(REFUSED).json();
        assert!(found["problems"][0]["message"].as_str().unwrap().contains(word), "{word}: {found}");
        let refused = correct(&site, &path, &["--apply"]).expect(REFUSED);
        assert!(refused.stderr.contains("Nothing was changed"), "{}", refused.stderr);
    }
    let failures = command::failures(&site.checkpoint);
    assert!(failures.len() == 10 && failures.iter().all(|failure| failure.attempts == 1), "{failures:?}");
    let untouched = correct(&site, &export(&site, "after.csv"), &[]).expect(COMPLETE).json();
    assert_eq!(untouched["changed"], 0);
}

#[test]
fn columns_that_are_gone_or_new_or_twice_are_told() {
    let site = without_reels();
    let rows = rows_of_csv(&export(&site, "failures.csv"));
    let path = site.path("columns.csv");
    let kept: Rows = rows.iter().map(|row| vec![row[0].clone(), "x".into()]).collect();
    write_csv(&path, &kept, b'\t');
    let found = correct(&site, &path, &[]).expect(COMPLETE).json();
    let notes = found["notes"].to_string();
    for word in ["no column path", "no column note", "column migration was deleted"] {
        assert!(notes.contains(word), "{word}: {notes}");
    }
    let mut more = rows.clone();
    add_column(&mut more, "my remarks", |_| "ask Anna".into());
    write_csv(&path, &more, b',');
    let found = correct(&site, &path, &[]).expect(COMPLETE).json();
    assert!(found["notes"].to_string().contains("my remarks") && found["changed"] == 0, "{found}");

    let mut twice = rows.clone();
    add_column(&mut twice, "path", |_| "x".into());
    write_csv(&path, &twice, b',');
    correct(&site, &path, &[]).assert_refused(&["two columns \"path\""]);
    write_csv(&path, &rows.iter().map(|row| row[1..].to_vec()).collect(), b',');
    correct(&site, &path, &[]).assert_refused(&["no column \"id\""]);
    fs::write(&path, format!("id,path\n1,\"never closed\n{}", "x\n".repeat(10))).unwrap();
    correct(&site, &path, &[]).expect(REFUSED);
    correct(&site, &site.path("report.docx"), &[]).assert_refused(&[".csv, .xlsx, .json"]);
    correct(&site, &site.path("missing.csv"), &[]).assert_refused(&["missing.csv"]);
}

#[test]
fn a_report_of_another_migration_is_refused() {
    let (site, other) = (without_reels(), without_reels());
    for name in ["failures.csv", "failures.xlsx", "failures.json"] {
        correct(&site, &export(&other, name), &["--apply"]).assert_refused(&["another migration"]);
    }
    let mut command = command::sluice(["correct".as_ref(), site.checkpoint.as_os_str()]);
    command.arg(export(&other, "failures.csv"));
    Running::start(command).ended().assert_refused(&["another migration"]);
    assert_eq!(site.status().failed, 10);
}
