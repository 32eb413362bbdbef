//! The checkpoint as a file: what is none, damaged, newer or in use is refused and left as it is.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;

use rustix::process::Signal;
use sluice_tests::command::{self, COMPLETE, STOPPED};
use sluice_tests::compare::{assert_same, entries, identities};
use sluice_tests::site::Site;
use sluice_tests::{tree, wait};

// Where SQLite keeps them in a file's first page.
const USER_VERSION: u64 = 60;
const APPLICATION_ID: u64 = 68;

/// A finished migration.
fn finished() -> Site {
    let site = Site::new();
    tree::small_files(&site.source, 300, 1);
    site.copy(&[]).expect(COMPLETE);
    site
}

fn overwrite(path: &Path, at: u64, bytes: &[u8]) {
    OpenOptions::new().write(true).open(path).unwrap().write_all_at(bytes, at).unwrap();
}

/// Every word that opens a checkpoint refuses this one, and neither it nor the destination changes.
#[track_caller]
fn assert_refused_by_all(site: &Site, words: &[&str]) {
    let bytes = fs::read(&site.checkpoint).unwrap();
    let files = identities(&site.destination);
    for word in ["run", "status", "failures", "reprocess", "verify"] {
        site.on_checkpoint(word, &[]).assert_refused(words);
        assert!(fs::read(&site.checkpoint).unwrap() == bytes, "{word} changed the checkpoint");
    }
    site.copy(&[]).assert_refused(&[]);
    assert!(fs::read(&site.checkpoint).unwrap() == bytes, "copy changed the checkpoint");
    assert_eq!(identities(&site.destination), files);
}

#[test]
fn a_file_that_is_not_there() {
    let site = Site::new();
    for word in ["run", "status", "failures", "reprocess", "verify"] {
        site.on_checkpoint(word, &[]).assert_refused(&["test.sluice"]);
        assert!(!site.checkpoint.exists(), "{word} made a checkpoint");
    }
}

#[test]
fn a_file_of_another_kind() {
    for content in [&b"Dear diary, today I moved 800,000 files."[..], b"", &[0; 8192]] {
        let site = Site::new();
        tree::small_files(&site.source, 5, 1);
        fs::write(&site.checkpoint, content).unwrap();
        assert_refused_by_all(&site, &["test.sluice"]);
    }
}

#[test]
fn a_database_of_another_program() {
    let site = finished();
    overwrite(&site.checkpoint, APPLICATION_ID, &0x1234_5678_u32.to_be_bytes());
    assert_refused_by_all(&site, &["test.sluice"]);
}

#[test]
fn a_checkpoint_that_was_cut_off() {
    let site = finished();
    let length = fs::metadata(&site.checkpoint).unwrap().len();
    OpenOptions::new().write(true).open(&site.checkpoint).unwrap().set_len(length / 2).unwrap();
    assert_refused_by_all(&site, &["damaged"]);
}

#[test]
fn a_checkpoint_with_garbage_in_the_middle() {
    let site = finished();
    let length = fs::metadata(&site.checkpoint).unwrap().len();
    let mut garbage = vec![0; (length / 2) as usize];
    fastrand::Rng::with_seed(7).fill(&mut garbage);
    overwrite(&site.checkpoint, length / 4, &garbage);
    assert_refused_by_all(&site, &["damaged"]);
}

#[test]
fn a_checkpoint_of_a_newer_version() {
    let site = finished();
    overwrite(&site.checkpoint, USER_VERSION, &1_000_000_u32.to_be_bytes());
    assert_refused_by_all(&site, &["newer"]);
}

#[test]
fn a_checkpoint_that_another_process_runs_may_be_read_but_not_run() {
    let site = Site::new();
    tree::small_files(&site.source, 3_000, 1);
    let mut first =
        command::start(site.copy_args(&["--batch-size", "1", "--streams", "1", "--concurrency", "1"]));
    let delivered = || entries(&site.destination).values().any(fs::Metadata::is_file);
    wait::until("the first delivered file", || delivered().then_some(()));

    site.on_checkpoint("run", &[]).assert_refused(&["test.sluice", "another"]);
    site.on_checkpoint("reprocess", &[]).assert_refused(&["another"]);
    let status = site.status();
    assert_eq!((status.state.as_str(), status.records), ("running", 3_000));
    assert!(status.delivered < 3_000 && status.pending > 0, "{status:?}");
    site.on_checkpoint("failures", &[]).expect(COMPLETE);
    assert!(first.has_ended().is_none(), "the first one goes on");

    first.signal(Signal::TERM);
    first.ended().expect(STOPPED);
    site.on_checkpoint("run", &["--batch-size", "1000"]).expect(COMPLETE);
    assert_same(&site.source, &site.destination);
}
