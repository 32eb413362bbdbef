//! A catalogue end to end: every row becomes a record, every record an outcome, and nothing outside
//! of its folders is ever touched.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use sluice_tests::command::{self, COMPLETE, Status, WITH_FAILURES};
use sluice_tests::compare::{assert_same, entries, picture};
use sluice_tests::process::Running;
use sluice_tests::site::Site;
use sluice_tests::tree;

/// Writes a job for a catalogue beside the source folder.
fn job(site: &Site, file: &str, more: &str) -> PathBuf {
    let path = site.path("job.toml");
    let text =
        format!("destination = \"destination\"\n[[catalogue]]\nfile = {file:?}\nbase = \"source\"\n{more}");
    fs::write(&path, text).unwrap();
    path
}

fn run(job: &Path, code: i32) -> Status {
    command::run(["run".as_ref(), job.as_os_str()]).expect(code);
    Status::of(&job.with_extension("sluice"))
}

/// Category and message of each failed record, by its row.
fn failures(checkpoint: &Path) -> BTreeMap<u64, (String, String)> {
    let ended = command::run(["failures".as_ref(), checkpoint.as_os_str(), "--json".as_ref()]);
    let json = ended.expect(COMPLETE).json();
    let record = |record: &Value| {
        let text = |name: &str| record[name].as_str().unwrap().to_owned();
        (record["row"].as_u64().expect("its row"), (text("category"), text("message")))
    };
    json["failures"].as_array().unwrap().iter().map(record).collect()
}

fn categories(checkpoint: &Path) -> Vec<(u64, String)> {
    failures(checkpoint).into_iter().map(|(row, (category, _))| (row, category)).collect()
}

/// The fields of the record of a row, as the checkpoint keeps them.
fn fields(checkpoint: &Path, row: i64) -> Value {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let text: String = runtime.block_on(async {
        let pool =
            sqlx::SqlitePool::connect(&format!("sqlite://{}?mode=ro", checkpoint.display())).await.unwrap();
        sqlx::query_scalar("SELECT fields FROM record WHERE row = ?")
            .bind(row)
            .fetch_one(&pool)
            .await
            .unwrap()
    });
    serde_json::from_str(&text).unwrap()
}

#[test]
fn every_row_is_accounted_for() {
    let site = Site::new();
    for (seed, name) in (0..).zip(["a.mov", "b.mov", "c.mov", "d.mov", "e.mov", "sub/f.mov"]) {
        tree::file(&site.source.join(name), 1_000, seed);
    }
    tree::file(&site.source.join("sub/forgotten.mov"), 1_000, 9);
    fs::write(site.source.join(".DS_Store"), "junk").unwrap();
    let xxh = |name: &str| {
        let bytes = fs::read(site.source.join(name)).unwrap();
        format!("{:032x}", xxhash_rust::xxh3::xxh3_128(&bytes))
    };
    let rows = [
        "Archive export".to_owned(),
        "ID,File,Bytes,Sum,Title".to_owned(),
        format!("1,a.mov,\"1,000\",{},The \"\"first\"\"", xxh("a.mov")),
        format!("2,b.mov,1000,{},Second", xxh("a.mov")),
        "3,c.mov,999,,Third".to_owned(),
        "1,d.mov,,,Same id".to_owned(),
        "5,a.mov,,,Same file".to_owned(),
        "6,gone.mov,,,Gone".to_owned(),
        "7,e.mov,,,too,many".to_owned(),
        "8,,,,No file".to_owned(),
        "9,sub,,,A folder".to_owned(),
        "10,sub/f.mov,12 MB,not known,Sum".to_owned(),
        "0011,sub\\f.mov,,,Good".to_owned(),
    ];
    fs::write(site.path("export.csv"), rows.join("\r\n")).unwrap();
    let job = job(
        &site,
        "export.csv",
        "path = \"file\"\nid = \"ID\"\nsize = \"Bytes\"\nunlisted = true\n\
         checksum = { column = \"Sum\", algorithm = \"xxh128\" }\n",
    );
    let status = run(&job, WITH_FAILURES);
    // Besides the rows: the file of the row that cannot be read, the forgotten one, and the junk.
    assert_eq!(status.records, 11 + 3, "{status:?}");
    assert_eq!((status.delivered, status.failed, status.excluded, status.pending), (2, 9, 3, 0));
    let checkpoint = job.with_extension("sluice");
    let expected = [
        (4, "checksum_mismatch"),
        (5, "size_mismatch"),
        (6, "duplicate_id"),
        (7, "duplicate_path"),
        (8, "source_missing"),
        (9, "row_unreadable"),
        (10, "source_missing"),
        (11, "source_not_a_file"),
        (12, "row_unreadable"),
    ];
    assert_eq!(categories(&checkpoint), expected.map(|(row, category)| (row, category.to_owned())));
    let said = failures(&checkpoint);
    assert!(said[&6].1.contains("row 3"), "{said:?}");
    assert!(said[&8].1.contains("row 8 of export.csv"), "{said:?}");
    assert_eq!(
        fs::read(site.destination.join("a.mov")).unwrap(),
        fs::read(site.source.join("a.mov")).unwrap()
    );
    assert!(site.destination.join("sub/f.mov").is_file());
    assert_eq!(entries(&site.destination).values().filter(|entry| entry.is_file()).count(), 2);
    assert_eq!(
        fields(&checkpoint, 13),
        json!({"ID": "0011", "File": "sub\\f.mov", "Bytes": "", "Sum": "", "Title": "Good"})
    );
    let plan = command::run(["plan".as_ref(), job.as_os_str(), "--json".as_ref()]).expect(COMPLETE).json();
    let codes: Vec<&str> =
        plan["findings"].as_array().unwrap().iter().filter_map(|finding| finding["code"].as_str()).collect();
    for code in ["excluded_not_in_catalogue", "duplicate_id", "source_missing", "catalogue_vague_sizes"] {
        assert!(codes.contains(&code), "{code} is not in {codes:?}");
    }
}

#[test]
fn a_catalogue_of_folders_beside_it_and_its_failures_mended() {
    let site = Site::new();
    tree::file(&site.source.join("a.mov"), 500, 1);
    let shelf = site.path("shelf");
    tree::small_files(&shelf, 20, 1);
    fs::write(site.path("list.csv"), "id;path\nA1;a.mov\nA2;late.mov\nA3;typo.mov\n").unwrap();
    let text = format!(
        "sources = [{shelf:?}]\ndestination = {:?}\n[[catalogue]]\nfile = \"list.csv\"\npath = \"path\"\nid = \"id\"\nbase = \"source\"",
        site.destination
    );
    let job = site.path("job.toml");
    fs::write(&job, text).unwrap();
    let status = run(&job, WITH_FAILURES);
    assert_eq!((status.records, status.delivered, status.failed), (23, 21, 2));
    assert_same(&shelf, &site.destination.join("shelf"));

    // The catalogue is not needed any more: what it said is in the checkpoint.
    fs::remove_file(site.path("list.csv")).unwrap();
    let checkpoint = job.with_extension("sluice");
    tree::file(&site.source.join("late.mov"), 600, 2);
    tree::file(&site.source.join("right.mov"), 700, 3);
    let id = {
        let ended = command::run(["failures".as_ref(), checkpoint.as_os_str(), "--json".as_ref()]);
        let json = ended.expect(COMPLETE).json();
        let typo = json["failures"].as_array().unwrap().iter().find(|record| record["external_id"] == "A3");
        typo.unwrap()["id"].to_string()
    };
    let words = ["amend", checkpoint.to_str().unwrap(), "--id", &id, "--path", "right.mov"];
    command::run(words).expect(COMPLETE);
    command::run(["reprocess".as_ref(), checkpoint.as_os_str()]).expect(COMPLETE);
    let status = Status::of(&checkpoint);
    assert_eq!((status.delivered, status.failed), (23, 0));
    for name in ["a.mov", "late.mov", "right.mov"] {
        assert!(site.destination.join("source").join(name).is_file(), "{name}");
    }
}

#[test]
fn paths_of_other_systems_are_translated_by_a_preset() {
    let site = Site::new();
    for (seed, name) in (0..).zip(["one.mov", "Reel 2/two.mov", "three.mov", "four.mov", "Zu\u{308}rich.mov"])
    {
        tree::file(&site.source.join(name), 100 + seed, seed);
    }
    let preset = "path = [\"Folder\", \"Name\"]\n\
                  [[prefix]]\nfrom = 'Z:\\Archive'\nto = \"source\"\n\
                  [[prefix]]\nfrom = '\\\\nas\\media'\nto = \"source\"\n\
                  [[prefix]]\nfrom = 'Macintosh HD:Media'\nto = \"source\"\n\
                  [[prefix]]\nfrom = '/Volumes/Old'\nto = \"source\"\n";
    fs::write(site.path("old.toml"), preset).unwrap();
    let rows = "Folder,Name\nZ:\\Archive\\,one.mov\n\\\\NAS\\Media\\Reel 2,two.mov\nMacintosh HD:Media,three.mov\n\
                /Volumes/Old,four.mov \nz:/archive,Zürich.mov\n";
    fs::write(site.path("list.csv"), rows).unwrap();
    let job = site.path("job.toml");
    fs::write(
        &job,
        "destination = \"destination\"\n[[catalogue]]\nfile = \"list.csv\"\npreset = \"old.toml\"\n",
    )
    .unwrap();
    let status = run(&job, COMPLETE);
    assert_eq!((status.records, status.delivered), (5, 5));
    assert_same(&site.source, &site.destination);
}

#[test]
fn hostile_rows_reach_nothing_outside() {
    let site = Site::new();
    tree::file(&site.source.join("good.mov"), 100, 1);
    let canary = site.path("canary");
    tree::file(&canary.join("secret.mov"), 100, 2);
    symlink(&canary, site.source.join("link")).unwrap();
    symlink(canary.join("secret.mov"), site.source.join("secret link.mov")).unwrap();
    fs::create_dir(site.source.join("folder")).unwrap();
    let secret = canary.join("secret.mov");
    let hostile = [
        "../canary/secret.mov",
        "folder/../../canary/secret.mov",
        "..\\canary\\secret.mov",
        secret.to_str().unwrap(),
        "~/secret.mov",
        "~root/secret.mov",
        "\\\\server\\share\\secret.mov",
        "//server/share/secret.mov",
        "C:\\secret.mov",
        "c:secret.mov",
        "\\secret.mov",
        "/etc/passwd",
        "link/secret.mov",
        "secret link.mov",
        "nul\0byte.mov",
        ".",
        "/",
        "folder/..",
        "bell\u{7}.mov",
        "CON",
        "good.mov/x",
        "source/../../../../../../../etc/passwd",
    ];
    let mut writer = csv::Writer::from_path(site.path("list.csv")).unwrap();
    writer.write_record(["path", "n"]).unwrap();
    for path in ["good.mov"].iter().chain(&hostile) {
        writer.write_record([*path, "1"]).unwrap();
    }
    writer.flush().unwrap();
    let before = picture(&canary);
    let job = job(&site, "list.csv", "path = \"path\"");
    let status = run(&job, WITH_FAILURES);
    let count = hostile.len() as u64;
    assert_eq!((status.records, status.delivered, status.failed), (count + 1, 1, count));
    let checkpoint = job.with_extension("sluice");
    let found = failures(&checkpoint);
    assert_eq!(found.len(), hostile.len());
    for (row, path) in (3..).zip(hostile) {
        let (category, message) = &found[&row];
        let allowed = ["path_unsafe", "source_missing", "source_not_a_file"];
        assert!(allowed.contains(&category.as_str()), "{path:?}: {category}");
        assert!(message.contains(&format!("row {row} of list.csv")), "{message}");
    }
    // Tried again, and even given by hand, they reach no further.
    command::run(["reprocess".as_ref(), checkpoint.as_os_str()]).expect(WITH_FAILURES);
    let status = Status::of(&checkpoint);
    assert_eq!((status.delivered, status.failed), (1, count));
    let there: Vec<_> = entries(&site.destination).into_iter().filter(|(_, entry)| entry.is_file()).collect();
    assert_eq!(there.len(), 1, "{there:?}");
    assert!(picture(&canary) == before, "the canary was touched");
}

#[test]
fn a_job_that_does_not_fit_its_catalogue_is_refused_and_leaves_nothing() {
    let site = Site::new();
    fs::write(site.path("list.csv"), "id,path\n1,a.mov\n").unwrap();
    for (file, more, words) in [
        ("list.csv", "path = \"File\"", &["no column \"file\"", "id, path"][..]),
        ("list.csv", "path = \"path\"\nchecksum = \"MD5\"", &["no column \"md5\""]),
        ("nowhere.csv", "path = \"path\"", &["nowhere.csv"]),
        ("list.csv", "", &["needs `path`"]),
        ("list.csv", "path = \"path\"\nencoding = \"klingon\"", &["klingon"]),
        ("list.csv", "path = \"path\"\npreset = \"nowhere.toml\"", &["nowhere.toml"]),
        ("list.csv", "path = \"path\"\ncolour = \"red\"", &["colour"]),
        ("list.csv", "path = \"path\"\nformat = \"xlsx\"", &["damaged"]),
    ] {
        let job = job(&site, file, more);
        for word in ["plan", "run"] {
            command::run([word.as_ref(), job.as_os_str()]).assert_refused(words);
        }
        assert!(!site.destination.exists() && !site.path("job.sluice").exists(), "touched by {more}");
    }
}

/// The first rows as `sluice catalogue` shows them.
fn shown(file: &Path, more: &[&str]) -> Value {
    let mut words = vec!["catalogue".as_ref(), file.as_os_str(), "--json".as_ref()];
    words.extend(more.iter().map(AsRef::<std::ffi::OsStr>::as_ref));
    command::run(words).expect(COMPLETE).json()
}

#[test]
fn a_catalogue_is_shown_as_it_is_found() {
    let site = Site::new();
    let file = site.path("list.txt");
    fs::write(&file, b"Export\nid;path\n1;d\x8ej\x88 vu.mov\n2;Z\x9frich.mov\n").unwrap();
    let found = shown(&file, &[]);
    assert_eq!((&found["encoding"], &found["delimiter"]), (&json!("macintosh"), &json!(";")));
    assert_eq!((&found["header_row"], &found["columns"]), (&json!(2), &json!(["id", "path"])));
    assert_eq!((&found["guess"]["path"], &found["guess"]["id"]), (&json!(["path"]), &json!("id")));
    assert_eq!(found["rows"][0], json!({"number": 3, "cells": ["1", "déjà vu.mov"], "unreadable": null}));
    let chosen = shown(&file, &["--encoding", "windows-1252", "--header-row", "0", "--delimiter", "none"]);
    assert_eq!(chosen["rows"][2]["cells"][0], "1;dŽjˆ vu.mov");
    let preset = site.path("preset.toml");
    shown(&file, &["--encoding", "macintosh", "--path", "path", "--save-preset", preset.to_str().unwrap()]);
    let kept = shown(&file, &["--preset", preset.to_str().unwrap()]);
    assert_eq!((&kept["encoding"], &kept["encoding_by"]), (&json!("macintosh"), &json!("chosen")));
    let text = command::run(["catalogue".as_ref(), file.as_os_str()]).expect(COMPLETE).stdout;
    assert!(text.contains("above the header: Export") && text.contains("déjà vu.mov"), "{text}");
    command::run(["catalogue".as_ref(), site.path("nowhere").as_os_str()]).assert_refused(&["nowhere"]);
}

#[test]
fn a_catalogue_tells_how_many_of_its_first_files_are_found() {
    let site = Site::new();
    fs::create_dir(site.path("shelf")).unwrap();
    for name in ["a.mov", "b = c.mov"] {
        fs::write(site.path("shelf").join(name), "film").unwrap();
    }
    let file = site.path("list.csv");
    fs::write(&file, "path\nZ:\\Archive\\a.mov\nZ:\\Archive\\b = c.mov\nY:\\Else\\d.mov\ngone.mov\n")
        .unwrap();
    let shelf = site.path("shelf");
    let shelf = shelf.to_str().unwrap();
    let there = |more: &[&str]| {
        let found = shown(&file, more);
        let records = found["trial"]["records"].as_array().unwrap().clone();
        records.iter().map(|record| record["is_there"].as_bool().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(shown(&file, &[])["trial"], Value::Null);
    assert_eq!(there(&["--path", "path"]), [false; 4]);
    let prefix = ["--prefix", r"Z:\Archive", shelf];
    assert_eq!(there(&[&["--path", "path"][..], &prefix].concat()), [true, true, false, false]);
    let both = [&["--path", "path", "--base", shelf][..], &prefix, &["--prefix", r"Y:\Else", shelf]].concat();
    fs::write(site.path("shelf/gone.mov"), "film").unwrap();
    assert_eq!(there(&both), [true, true, false, true]);
    // From another folder, by a preset with relative paths.
    let preset = site.path("kept/preset.toml");
    fs::create_dir(site.path("kept")).unwrap();
    let mut keep =
        command::sluice(["catalogue", "list.csv", "--path", "path", "--base", "shelf", "--save-preset"]);
    keep.arg(&preset).current_dir(site.path(""));
    let text = Running::start(keep).ended().expect(COMPLETE).stdout;
    assert!(
        text.contains("files: 1 of the first 4 rows") && text.contains(r"no --prefix for Y:\Else"),
        "{text}"
    );
    assert_eq!(there(&["--preset", preset.to_str().unwrap()]), [false, false, false, true]);
    let nowhere = ["catalogue".as_ref(), file.as_os_str(), "--path".as_ref(), "path".as_ref()];
    command::run(nowhere.into_iter().chain(["--base".as_ref(), "/no/such".as_ref()]))
        .assert_refused(&["/no/such"]);
}

/// Runs Python with a script, and gives what it prints as JSON.
fn python(script: &str, file: &Path) -> Value {
    let ended = Command::new("python3").arg("-c").arg(script).arg(file).output().expect("python3");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    serde_json::from_slice(&ended.stdout).unwrap()
}

#[test]
fn what_python_writes_is_read_the_same() {
    let script = r#"
import csv, json, random, sys
random.seed(11)
pieces = ['"', ',', ';', '\t', '\n', '\r\n', "'", ' ', 'a', 'é', '映', '=', '007', '|', '\\']
rows = [[''.join(random.choice(pieces) for _ in range(random.randint(0, 9))) for _ in range(5)] for _ in range(19)]
for row in rows: row[0] = str(random.random())
with open(sys.argv[1], 'w', newline='', encoding='utf-8') as out:
    csv.writer(out, delimiter=',', quoting=random.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])).writerows([['one', 'two', 'three', 'four', 'five']] + rows)
print(json.dumps(rows))
"#;
    for seed in 1..12 {
        let site = Site::new();
        let file = site.path("python.csv");
        let rows = python(&script.replace("seed(11)", &format!("seed({seed})")), &file);
        let found = shown(&file, &["--delimiter", ",", "--quote", "\""]);
        let cells: Vec<&Value> = found["rows"].as_array().unwrap().iter().map(|row| &row["cells"]).collect();
        assert_eq!(json!(cells), rows, "seed {seed}");
    }
}

#[test]
fn python_reads_our_report_the_same() {
    let site = Site::new();
    let mut writer = csv::Writer::from_path(site.path("list.csv")).unwrap();
    writer.write_record(["path", "id"]).unwrap();
    for (n, nasty) in ["a,b", "say \"x\"", "two\nlines", "é; 映", "tab\there", " spaces "].iter().enumerate()
    {
        writer.write_record([*nasty, &format!("{n}{nasty}")]).unwrap();
    }
    writer.flush().unwrap();
    let job = job(&site, "list.csv", "path = \"path\"\nid = \"id\"");
    run(&job, WITH_FAILURES);
    let checkpoint = job.with_extension("sluice");
    let report = site.path("failures.csv");
    let words = ["failures".as_ref(), checkpoint.as_os_str(), "--export".as_ref(), report.as_os_str()];
    command::run(words).expect(COMPLETE);
    let read = python(
        "import csv, json, sys\nprint(json.dumps(list(csv.DictReader(open(sys.argv[1], newline='', encoding='utf-8-sig')))))",
        &report,
    );
    let ended = command::run(["failures".as_ref(), checkpoint.as_os_str(), "--json".as_ref()]);
    let listed = ended.expect(COMPLETE).json();
    let (read, listed) = (read.as_array().unwrap(), listed["failures"].as_array().unwrap());
    assert_eq!((read.len(), listed.len()), (6, 6));
    for (read, listed) in read.iter().zip(listed) {
        for name in ["message", "category", "external_id", "source", "advice"] {
            assert_eq!(read[name], listed[name]);
        }
        assert_eq!(read["row"], listed["row"].to_string());
    }
    // And so does the reader of catalogues.
    let found = shown(&report, &[]);
    assert_eq!(found["rows"].as_array().unwrap().len(), 6);
    assert_eq!(found["columns"][0], "id");
}

/// A real catalogue: texts of many lines, markup, commas, empty columns.
#[test]
fn a_museums_catalogue() {
    let site = Site::new();
    let corpus =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora/catalogue/nga-media-items-300.csv");
    let file = if corpus.is_file() {
        corpus
    } else {
        let made = site.path("made.csv");
        let mut rows = "mediaid,title,description\n".to_owned();
        for n in 100..400 {
            rows +=
                &format!("{n},\"Concert {n}, part \"\"two\"\"\",\"<p>Program:<br>\nBach, Mozart</p>\n\"\n");
        }
        fs::write(&made, rows).unwrap();
        made
    };
    let mut reader = csv::Reader::from_path(&file).unwrap();
    let names = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    for (seed, row) in (0..).zip(&rows) {
        tree::file(&site.source.join(&row[0]), 100, seed);
    }
    let job = job(&site, file.to_str().unwrap(), "path = \"mediaid\"\nid = \"mediaid\"\nunlisted = true");
    let status = run(&job, COMPLETE);
    let count = rows.len() as u64;
    assert_eq!((status.records, status.delivered, status.excluded), (count, count, 0));
    assert_same(&site.source, &site.destination);
    for (number, row) in (2..).zip(&rows).step_by(37) {
        let expected: serde_json::Map<String, Value> =
            names.iter().zip(row).map(|(name, cell)| (name.to_owned(), json!(cell))).collect();
        assert_eq!(fields(&job.with_extension("sluice"), number), Value::Object(expected));
    }
}

#[test]
fn what_no_catalogue_names_is_counted_once() {
    let site = Site::new();
    for (seed, name) in (1..).zip(["one.mov", "two.mov", "stray.mov", "walked/three.mov"]) {
        tree::file(&site.source.join(name), 1_000, seed);
    }
    fs::write(site.path("one.csv"), "file\none.mov\n").unwrap();
    fs::write(site.path("two.csv"), "file\ntwo.mov\n").unwrap();
    let [source, destination, walked, one, two] = [
        &site.source,
        &site.destination,
        &site.source.join("walked"),
        &site.path("one.csv"),
        &site.path("two.csv"),
    ]
    .map(|path| path.to_str().expect("ASCII").to_owned());
    let catalogue = |file: &str| {
        format!("[[catalogue]]\nfile = {file:?}\npath = \"file\"\nbase = {source:?}\nunlisted = true\n")
    };
    let job = site.path("job.toml");
    let text = format!(
        "sources = [{walked:?}]\ndestination = {destination:?}\n{}{}",
        catalogue(&one),
        catalogue(&two)
    );
    fs::write(&job, text).unwrap();
    let status = run(&job, COMPLETE);
    assert_eq!((status.records, status.delivered, status.excluded), (4, 3, 1), "{status:?}");
}
