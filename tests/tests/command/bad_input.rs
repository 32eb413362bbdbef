//! Bad input is refused with exit 1, a message that says what to do, and nothing touched.

use std::fs;
use std::path::Path;

use sluice_tests::command::{self, Ended};
use sluice_tests::compare::picture;
use sluice_tests::site::Site;
use sluice_tests::tree;
use sluice_tests::volume::Volume;

/// A place whose source holds a few files.
fn site() -> Site {
    let site = Site::new();
    tree::small_files(&site.source, 20, 1);
    site
}

fn copy(site: &Site, source: &Path, destination: &Path) -> Ended {
    command::run([
        "copy".as_ref(),
        source.as_os_str(),
        destination.as_os_str(),
        "--checkpoint".as_ref(),
        site.checkpoint.as_os_str(),
    ])
}

/// Runs a copy that must be refused and must leave no trace in the whole place.
#[track_caller]
fn assert_refused(site: &Site, source: &Path, destination: &Path, words: &[&str]) {
    let folder = site.path("");
    let before = picture(&folder);
    copy(site, source, destination).assert_refused(words);
    assert_eq!(picture(&folder).keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
    assert!(picture(&folder) == before, "something was touched");
}

#[test]
fn a_source_that_is_not_there() {
    let site = site();
    let missing = site.path("no such folder");
    assert_refused(&site, &missing, &site.destination, &["no such folder"]);
}

#[test]
fn a_destination_inside_its_source() {
    let site = site();
    assert_refused(&site, &site.source, &site.source.join("reel-0000/copy"), &["inside"]);
}

#[test]
fn a_destination_inside_its_source_by_way_of_a_link() {
    let site = site();
    std::os::unix::fs::symlink(&site.source, site.path("link")).unwrap();
    assert_refused(&site, &site.source, &site.path("link").join("copy"), &["inside"]);
}

#[test]
fn a_destination_that_is_the_source() {
    let site = site();
    assert_refused(&site, &site.source, &site.source, &["same"]);
    assert_refused(&site, &site.source, &site.source.join("../source/."), &["same"]);
}

#[test]
fn a_destination_that_is_a_file() {
    let site = site();
    fs::write(&site.destination, "a file").unwrap();
    assert_refused(&site, &site.source, &site.destination, &["destination", "file"]);
}

#[test]
fn a_destination_below_a_file() {
    let site = site();
    fs::write(&site.destination, "a file").unwrap();
    assert_refused(&site, &site.source, &site.destination.join("below"), &["destination"]);
}

#[test]
fn a_destination_that_cannot_be_written() {
    let site = site();
    let volume = Volume::new(8 << 20);
    volume.write_protect();
    assert_refused(&site, &site.source, volume.path(), &["writ"]);
    assert_refused(&site, &site.source, &volume.path().join("new folder"), &["writ"]);
}

#[test]
fn a_destination_that_is_too_small() {
    let site = site();
    tree::file(&site.source.join("large.mov"), 4 << 20, 1);
    let volume = Volume::new(2 << 20);
    assert_refused(&site, &site.source, volume.path(), &["room"]);
    assert!(picture(volume.path()).is_empty());
}

#[test]
fn limits_out_of_range() {
    for (limit, value) in [
        ("--batch-size", "0"),
        ("--batch-size", "1000000"),
        ("--streams", "0"),
        ("--streams", "17"),
        ("--concurrency", "0"),
        ("--concurrency", "129"),
        ("--concurrency", "-1"),
        ("--streams", "many"),
    ] {
        let site = site();
        let argument = format!("{limit}={value}");
        site.copy(&[&argument]).assert_refused(&[value]);
        assert!(!site.destination.exists() && !site.checkpoint.exists(), "{argument} touched something");
    }
}

#[test]
fn words_that_are_none() {
    let site = site();
    site.copy(&["--verify", "hope"]).assert_refused(&["hope", "read_back"]);
    site.copy(&["--on-conflict", "pray"]).assert_refused(&["pray", "skip_identical"]);
    command::run(["move"]).assert_refused(&["move"]);
    command::run(["copy", "only-one-path"]).assert_refused(&[]);
    assert!(!site.destination.exists() && !site.checkpoint.exists());
}

#[test]
fn job_files_that_are_wrong() {
    let site = site();
    let [source, destination] = [&site.source, &site.destination].map(|path| path.to_str().unwrap());
    let good = format!("sources = [{source:?}]\ndestination = {destination:?}\n");
    for (wrong, words) in [
        (format!("{good}colour = \"red\"\n"), &["colour"][..]),
        (format!("{good}[limits]\nstreems = 2\n"), &["streems"]),
        (format!("{good}[limits]\nstreams = 400\n"), &["streams", "400", "16"]),
        (format!("{good}[limits]\nstreams = \"two\"\n"), &["streams"]),
        (format!("{good}[deliver]\nverify = \"hope\"\n"), &["hope", "read_back"]),
        (format!("destination = {destination:?}\n"), &["sources"]),
        (format!("sources = []\ndestination = {destination:?}\n"), &["source"]),
        ("sources = [".to_owned(), &["job.toml"]),
        (String::new(), &["sources"]),
    ] {
        let job = site.path("job.toml");
        fs::write(&job, &wrong).unwrap();
        for word in ["plan", "run"] {
            command::run([word.as_ref(), job.as_os_str()]).assert_refused(words);
        }
        assert!(!site.destination.exists() && !site.path("job.sluice").exists(), "touched by {wrong}");
    }
    let missing = site.path("nowhere.toml");
    command::run(["run".as_ref(), missing.as_os_str()]).assert_refused(&["nowhere.toml"]);
}

#[test]
fn a_pause_at_a_time_that_no_clock_shows() {
    let site = site();
    site.copy(&["--pause-at", "25:00"]).assert_refused(&[
        "--pause-at",
        "\"25:00\" is no time of day",
        "08:00",
    ]);
    assert!(!site.destination.exists() && !site.checkpoint.exists(), "something was touched");
}

/// A job file may come from anywhere: its name must not steer the terminal.
#[test]
fn a_name_with_escapes_is_shown_as_text() {
    let site = site();
    let job = format!(
        "name = \"a\\u001b[2J\\u202eb\"\nsources = [{:?}]\ndestination = {:?}\n",
        site.source, site.destination
    );
    fs::write(site.path("job.toml"), job).unwrap();
    let ran = command::run(["run".as_ref(), site.path("job.toml").as_os_str()]).expect(command::COMPLETE);
    let asked =
        command::run(["status".as_ref(), site.path("job.sluice").as_os_str()]).expect(command::COMPLETE);
    for said in [&ran.stdout, &ran.stderr, &asked.stdout] {
        assert!(!said.contains(['\u{1b}', '\u{202e}']), "{said:?}");
    }
    assert!(asked.stdout.starts_with(r"a\u{1b}[2J"), "{}", asked.stdout);
}
