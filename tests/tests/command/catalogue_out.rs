//! The catalogue of what was delivered, after a run.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use calamine::{DataType, Reader, Xlsx, open_workbook};
use serde_json::Value;
use sluice_tests::command::{self, COMPLETE, WITH_FAILURES};
use sluice_tests::site::Site;
use sluice_tests::{tree, ugly};

/// Delivered, failed, skipped and excluded records, with ugly names among them.
fn of_every_kind() -> Site {
    let site = Site::new();
    tree::small_files(&site.source, 30, 1);
    ugly::make(&site.source);
    tree::file(&site.source.join("twin.dat"), 500, 7);
    tree::file(&site.destination.join("twin.dat"), 500, 7);
    tree::file(&site.source.join("conflict.dat"), 500, 8);
    tree::file(&site.destination.join("conflict.dat"), 500, 9);
    tree::file(&site.source.join(".DS_Store"), 10, 1);
    site.copy(&[]).expect(WITH_FAILURES);
    site
}

fn write(site: &Site, name: &str, more: &[&str]) -> std::path::PathBuf {
    let path = site.path(name);
    let mut args = vec!["--out", path.to_str().unwrap()];
    args.extend(more);
    site.on_checkpoint("catalogue-out", &args).expect(COMPLETE);
    path
}

fn csv_rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    let mut csv = csv::Reader::from_path(path).unwrap();
    csv.deserialize().map(Result::unwrap).collect()
}

#[test]
fn it_accounts_for_every_record() {
    let site = of_every_kind();
    let status = site.status();
    let rows = csv_rows(&write(&site, "all.csv", &["--all"]));
    assert_eq!(rows.len() as u64, status.records);
    let of = |state: &str| rows.iter().filter(|row| row["state"] == state).count() as u64;
    assert_eq!(
        (of("delivered"), of("failed"), of("skipped"), of("excluded"), of("pending")),
        (status.delivered, status.failed, status.skipped, status.excluded, 0)
    );
    assert!(status.delivered > 30 && status.failed == 1 && status.skipped == 1 && status.excluded > 0);
    for row in &rows {
        let is_there = matches!(row["state"].as_str(), "delivered" | "skipped");
        assert_eq!(is_there, !row["target"].is_empty(), "{row:?}");
        if is_there && !row["target"].contains(['\\', '\'']) {
            let found = fs::read(site.destination.join(&row["target"])).unwrap();
            assert_eq!(row["size"], found.len().to_string());
            let hash = format!("xxh128:{:032x}", xxhash_rust::xxh3::xxh3_128(&found));
            assert_eq!(row["hash"], hash, "{row:?}");
        }
    }
    let delivered = csv_rows(&write(&site, "delivered.csv", &[]));
    assert_eq!(delivered.len() as u64, status.delivered + status.skipped);
    let evidence = delivered.iter().filter(|row| row["evidence"] == "read_back").count() as u64;
    assert_eq!(evidence, status.delivered);
}

#[test]
fn a_workbook_and_ndjson_say_the_same() {
    let site = of_every_kind();
    let rows = csv_rows(&write(&site, "all.csv", &["--all"]));
    let lines = fs::read_to_string(write(&site, "all.ndjson", &["--all"])).unwrap();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut book: Xlsx<_> = open_workbook(write(&site, "all.xlsx", &["--all"])).unwrap();
    let sheet = book.worksheet_range("Catalogue").unwrap();
    let heading: Vec<String> =
        sheet.rows().next().unwrap().iter().map(|cell| cell.as_string().unwrap()).collect();
    assert_eq!((lines.len(), sheet.rows().count()), (rows.len(), rows.len() + 1));
    for ((row, line), cells) in rows.iter().zip(&lines).zip(sheet.rows().skip(1)) {
        let cell = |name: &str| {
            let at = heading.iter().position(|column| column == name).unwrap();
            cells[at].as_string().unwrap_or_default()
        };
        for name in ["state", "source", "target", "hash", "size", "id"] {
            let value = match &line[name] {
                Value::String(text) => text.clone(),
                Value::Null => String::new(),
                other => other.to_string(),
            };
            assert_eq!(row[name].trim_start_matches('\''), value.trim_start_matches('\''), "{name}");
            assert_eq!(row[name], cell(name), "{name}");
        }
    }
}

#[test]
fn fields_have_columns_of_their_own_in_their_order() {
    let site = of_every_kind();
    let id = command::failures(&site.checkpoint)[0].id.to_string();
    let fields = ["--field", "Title=The \"Reel\"", "--field", "size==1+1", "--field", "Año=1999"];
    let mut args = vec!["--id", id.as_str()];
    args.extend(fields);
    site.on_checkpoint("amend", &args).expect(COMPLETE);
    let rows = csv_rows(&write(&site, "all.csv", &["--all"]));
    let row = rows.iter().find(|row| row["id"] == id).unwrap();
    assert_eq!((row["Title"].as_str(), row["Año"].as_str()), ("The \"Reel\"", "1999"));
    assert_eq!(
        (row["size"].as_str(), row["field:size"].as_str()),
        ("500", "'=1+1"),
        "no field hides a column of ours"
    );
    let heading = fs::read_to_string(site.path("all.csv")).unwrap();
    assert!(heading.lines().next().unwrap().ends_with("message,Title,field:size,Año"), "{heading}");
}

#[test]
fn a_job_writes_its_catalogue_at_the_end_of_each_run() {
    let site = Site::new();
    tree::small_files(&site.source, 20, 1);
    let job = format!(
        "sources = [{:?}]\ndestination = {:?}\n[catalogue_out]\npath = \"out.ndjson\"\n",
        site.source, site.destination
    );
    let file = site.path("job.toml");
    fs::write(&file, job).unwrap();
    command::run(["run".as_ref(), file.as_os_str()]).expect(COMPLETE);
    let lines = fs::read_to_string(site.path("out.ndjson")).expect("beside the job file");
    assert_eq!(lines.lines().count(), 20);

    fs::write(&file, fs::read_to_string(&file).unwrap().replace("out.ndjson", "no folder/out.csv")).unwrap();
    let other = site.path("other.sluice");
    let args = ["run".as_ref(), file.as_os_str(), "--checkpoint".as_ref(), other.as_os_str()];
    command::run(args).assert_refused(&["no folder"]);
    fs::write(&file, fs::read_to_string(&file).unwrap().replace("no folder/out.csv", "out.docx")).unwrap();
    command::run(args).assert_refused(&[".csv, .xlsx, .ndjson"]);
}
