//! Failed records: seen, exported, mended, reprocessed; and proof that what arrived is intact.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::os::unix::process::CommandExt;

use sluice_tests::command::{self, COMPLETE, WITH_FAILURES};
use sluice_tests::compare::assert_same;
use sluice_tests::process::Running;
use sluice_tests::site::Site;
use sluice_tests::tree;

// Names that a spreadsheet would take for formulas.
const FORMULAS: [&str; 5] = ["=HYPERLINK(1).csv", "+1.csv", "-1.csv", "@SUM(A1).csv", "\t=1.csv"];

/// A migration of 50 records in which those with strange names meet a different file at the
/// destination.
fn with_conflicts() -> Site {
    let site = Site::new();
    tree::small_files(&site.source, 45, 1);
    for (seed, name) in (0..).zip(FORMULAS) {
        tree::file(&site.source.join(name), 4_000, seed);
        tree::file(&site.destination.join(name), 4_000, seed + 100);
    }
    site.copy(&[]).expect(WITH_FAILURES);
    site
}

fn mend(site: &Site, name: &str) {
    fs::remove_file(site.destination.join(name)).unwrap();
}

#[test]
fn one_broken_record_disturbs_no_other() {
    let site = with_conflicts();
    let status = site.status();
    assert_eq!((status.state.as_str(), status.delivered, status.failed), ("finished", 45, 5));
    for failure in command::failures(&site.checkpoint) {
        assert_eq!(failure.category, "destination_conflict");
        assert_eq!(
            (failure.class.as_str(), failure.stage.as_str(), failure.attempts),
            ("permanent", "deliver", 1)
        );
        assert!(!failure.message.is_empty() && !failure.advice.is_empty());
    }
}

#[test]
fn the_csv_holds_what_the_list_shows_and_runs_nothing_in_a_spreadsheet() {
    let site = with_conflicts();
    let listed = command::failures(&site.checkpoint);
    let csv_path = site.path("failures.csv");
    site.on_checkpoint("failures", &["--export", csv_path.to_str().unwrap()]).expect(COMPLETE);

    let mut csv = csv::Reader::from_path(&csv_path).unwrap();
    let headers = csv.headers().unwrap().clone();
    let column =
        |name: &str| headers.iter().position(|header| header == name).unwrap_or_else(|| panic!("{name}"));
    let rows: Vec<csv::StringRecord> = csv.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), listed.len());
    for (row, failure) in rows.iter().zip(&listed) {
        assert_eq!(row[column("id")], failure.id.to_string());
        assert_eq!(row[column("category")], failure.category);
        assert!(row[column("source")].ends_with(&failure.source), "{row:?}");
        assert_eq!(row[column("advice")], failure.advice);
        for cell in row {
            let risky = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
            assert!(!risky, "a spreadsheet would run {cell:?}");
        }
    }
}

#[test]
fn the_json_export_holds_what_the_list_shows() {
    let site = with_conflicts();
    let path = site.path("failures.json");
    site.on_checkpoint("failures", &["--export", path.to_str().unwrap()]).expect(COMPLETE);
    let exported: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let records = exported.get("failures").unwrap_or(&exported).as_array().unwrap().clone();
    let listed = command::failures(&site.checkpoint);
    assert_eq!(records.len(), listed.len());
    for (record, failure) in records.iter().zip(&listed) {
        assert_eq!((&record["id"], &record["source"]), (&failure.id.into(), &failure.source.as_str().into()));
    }
}

#[test]
fn an_export_that_cannot_be_written_is_refused() {
    let site = with_conflicts();
    let nowhere = site.path("no folder/failures.csv");
    site.on_checkpoint("failures", &["--export", nowhere.to_str().unwrap()]).assert_refused(&["no folder"]);
    let unknown = site.path("failures.docx");
    site.on_checkpoint("failures", &["--export", unknown.to_str().unwrap()]).assert_refused(&[".csv"]);
    assert!(!unknown.exists());
}

#[test]
fn chosen_records_are_reprocessed_once_their_cause_is_mended() {
    let site = with_conflicts();
    let listed = command::failures(&site.checkpoint);
    for name in FORMULAS {
        mend(&site, name);
    }
    let chosen = listed[0].id.to_string();
    site.on_checkpoint("reprocess", &["--id", &chosen]).expect(WITH_FAILURES);
    let status = site.status();
    assert_eq!((status.delivered, status.failed, status.retries), (46, 4, 1));
    assert!(command::failures(&site.checkpoint).iter().all(|failure| failure.id != listed[0].id));

    site.on_checkpoint("reprocess", &["--category", "source_missing"]).expect(WITH_FAILURES);
    assert_eq!(site.status().failed, 4, "no record of that category");

    site.on_checkpoint("reprocess", &["--category", "destination_conflict"]).expect(COMPLETE);
    assert_same(&site.source, &site.destination);
    let status = site.status();
    assert_eq!((status.delivered, status.failed, status.pending, status.retries), (50, 0, 0, 5));
}

#[test]
fn reprocessing_what_is_not_mended_fails_again_and_counts_the_attempt() {
    let site = with_conflicts();
    site.on_checkpoint("reprocess", &[]).expect(WITH_FAILURES);
    let failures = command::failures(&site.checkpoint);
    assert_eq!(failures.len(), 5);
    assert!(failures.iter().all(|failure| failure.attempts == 2), "{failures:?}");
}

#[test]
fn words_and_records_that_are_none_are_refused() {
    let site = with_conflicts();
    site.on_checkpoint("failures", &["--category", "bad_luck"]).assert_refused(&["bad_luck"]);
    site.on_checkpoint("reprocess", &["--category", "bad_luck"]).assert_refused(&["bad_luck"]);
    site.on_checkpoint("reprocess", &["--id", "many"]).assert_refused(&["many"]);
    assert_eq!(site.status().failed, 5);
}

#[test]
fn verify_finds_a_flipped_byte_and_a_missing_file() {
    let site = Site::new();
    tree::small_files(&site.source, 60, 1);
    site.copy(&[]).expect(COMPLETE);
    site.on_checkpoint("verify", &[]).expect(COMPLETE);

    let flipped = tree::small_file(&site.destination, 7);
    let modified = fs::metadata(&flipped).unwrap().modified().unwrap();
    let file = OpenOptions::new().read(true).write(true).open(&flipped).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, 500).unwrap();
    file.write_all_at(&[byte[0] ^ 1], 500).unwrap();
    file.set_modified(modified).unwrap();
    fs::remove_file(tree::small_file(&site.destination, 8)).unwrap();

    let ended = site.on_checkpoint("verify", &[]).expect(WITH_FAILURES);
    let said = format!("{}{}", ended.stdout, ended.stderr);
    for name in ["take-000007", "take-000008"] {
        assert!(said.contains(name), "{name} should be named:\n{said}");
    }
    assert!(!said.contains("take-000009"), "{said}");
    assert_eq!(site.status().delivered, 60, "verify changes nothing");
}

/// Permissions do not stop root, so this copy runs as a user who is nobody.
#[test]
fn what_may_not_be_read_fails_with_its_reason() {
    let site = Site::new();
    tree::small_files(&site.source, 20, 1);
    let secret = tree::small_file(&site.source, 3);
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).unwrap();
    let own = site.path("own");
    fs::create_dir(&own).unwrap();
    fs::set_permissions(&own, fs::Permissions::from_mode(0o777)).unwrap();
    fs::set_permissions(site.path(""), fs::Permissions::from_mode(0o755)).unwrap();
    // The build's folder may be closed to others.
    let program = site.path("sluice");
    fs::copy(sluice_tests::program("sluice"), &program).unwrap();

    let checkpoint = own.join("test.sluice");
    let mut command = std::process::Command::new(&program);
    command.arg("copy").args([&site.source, &own.join("archive")]).arg("--checkpoint").arg(&checkpoint);
    if rustix::process::getuid().is_root() {
        command.uid(65_534).gid(65_534);
    }
    Running::start(command).ended().expect(WITH_FAILURES);
    let failures = command::failures(&checkpoint);
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert_eq!(failures[0].category, "source_unreadable");
    assert!(failures[0].source.ends_with("take-000003.dat"));
}

/// Names that would do harm if anything took them for more than names.
fn hostile_names() -> [String; 5] {
    [
        "<script>alert(1)<script>.mov".into(),
        "\"><img src=x onerror=alert(1)>.mov".into(),
        "\u{1b}]0;owned\u{7}\u{1b}[31mred.mov".into(),
        "photo\u{202e}gpj.exe".into(),
        // As many as a file system takes: 255 bytes.
        "🎬".repeat(63),
    ]
}

fn with_hostile_names() -> Site {
    let site = Site::new();
    for (seed, name) in (0..).zip(hostile_names()) {
        tree::file(&site.source.join(&name), 100, seed);
        tree::file(&site.destination.join(&name), 100, seed + 100);
    }
    site.copy(&[]).expect(WITH_FAILURES);
    site
}

#[test]
fn the_html_report_is_one_page_of_text_whatever_the_names_are() {
    let site = with_hostile_names();
    let path = site.path("failures.html");
    let ended = site.on_checkpoint("failures", &["--export", path.to_str().unwrap()]).expect(COMPLETE);
    assert!(ended.stdout.contains("5 failed records written"), "{}", ended.stdout);
    let page = fs::read_to_string(&path).unwrap();
    for harm in ["<script", "<img", "\u{1b}", "\u{7}", "\u{202e}", "http://", "https://", "javascript:"] {
        assert!(!page.contains(harm), "{harm:?} is in the page");
    }
    for text in ["&lt;script&gt;alert(1)", "photo\\u{202e}gpj.exe", &"🎬".repeat(63)] {
        assert!(page.contains(text), "{text} is missing");
    }
    assert!(page.contains("5 found = 0 delivered + 5 failed + 0 skipped + 0 left out + 0 pending"));
    assert!(page.contains("default-src 'none'") && page.contains("@media print"));
    // One cause with its share and its advice, then the records.
    assert!(page.contains("100.0 %") && page.contains("Compare the two files"), "{page}");
    assert_eq!(page.matches("<tr>").count(), 2 + 1 + 5, "two headings, a cause, the records");
}

#[test]
fn a_hostile_name_does_nothing_to_a_terminal_or_a_spreadsheet() {
    let site = with_hostile_names();
    let listed = site.on_checkpoint("failures", &[]).expect(COMPLETE);
    for text in [&listed.stdout, &listed.stderr] {
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{text:?}");
    }
    for kind in ["csv", "json"] {
        let path = site.path(&format!("failures.{kind}"));
        site.on_checkpoint("failures", &["--export", path.to_str().unwrap()]).expect(COMPLETE);
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{kind}");
        assert!(text.contains(&"🎬".repeat(63)), "{kind}");
    }
    let path = site.path("failures.xlsx");
    site.on_checkpoint("failures", &["--export", path.to_str().unwrap()]).expect(COMPLETE);
    let mut book: calamine::Xlsx<_> = calamine::open_workbook(&path).unwrap();
    let (_, sheet) = calamine::Reader::worksheets(&mut book).remove(0);
    let cells: Vec<String> = sheet.cells().map(|(_, _, cell)| cell.to_string()).collect();
    assert!(cells.iter().any(|cell| cell.ends_with("<script>alert(1)<script>.mov")));
    assert!(!cells.iter().any(|cell| cell.contains(['\u{1b}', '\u{202e}'])));
}

#[test]
fn verify_finds_files_that_no_record_names() {
    let site = Site::new();
    tree::small_files(&site.source, 20, 1);
    site.copy(&[]).expect(COMPLETE);
    tree::file(&site.destination.join("foreign/left behind.mov"), 10, 1);
    let ended = site.on_checkpoint("verify", &["--json"]).expect(COMPLETE);
    let report: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((&report["matching"], &report["orphans"]), (&20.into(), &1.into()));
    assert_eq!(report["orphan_paths"], serde_json::json!(["foreign/left behind.mov"]));
}
