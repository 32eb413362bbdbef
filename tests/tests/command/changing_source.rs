//! Sources that change while they are copied fail alone; everything else arrives.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use sluice_tests::command::{self, COMPLETE, WITH_FAILURES};
use sluice_tests::compare::{assert_same, assert_same_but, entries, leftovers};
use sluice_tests::site::Site;
use sluice_tests::{tree, wait};

/// Copies while `change` is done again and again, and expects `victim` alone to fail as changed.
fn copy_while(change: impl Fn(&Path) + Sync) {
    let site = Site::new();
    tree::small_files(&site.source, 100, 1);
    let victim = site.source.join("victim.mov");
    tree::file(&victim, 192 << 20, 2);

    let copied = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !copied.load(Ordering::Relaxed) {
                change(&victim);
            }
        });
        let ended = site.copy(&[]);
        copied.store(true, Ordering::Relaxed);
        ended.expect(WITH_FAILURES);
    });

    let failures = command::failures(&site.checkpoint);
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert_eq!((failures[0].category.as_str(), failures[0].class.as_str()), ("source_changed", "transient"));
    assert!(failures[0].source.ends_with("victim.mov") && !failures[0].advice.is_empty());
    let status = site.status();
    assert_eq!((status.delivered, status.failed), (100, 1));
    assert_same_but(&site.source, &site.destination, |path| path == Path::new("victim.mov"));

    // Once it is at rest it can be had.
    site.on_checkpoint("reprocess", &[]).expect(COMPLETE);
    assert_same(&site.source, &site.destination);
    let status = site.status();
    // Four by itself, because a source may come to rest, and one that was asked for.
    assert_eq!((status.delivered, status.failed, status.retries), (101, 0, 5));
}

#[test]
fn a_source_that_grows() {
    copy_while(|victim| {
        let mut end = OpenOptions::new().append(true).open(victim).unwrap();
        end.write_all(&[0x47; 188]).unwrap();
    });
}

#[test]
fn a_source_that_shrinks() {
    copy_while(|victim| {
        let file = File::options().write(true).open(victim).unwrap();
        let length = file.metadata().unwrap().len();
        file.set_len(length.saturating_sub(1)).unwrap();
    });
}

#[test]
fn a_source_that_is_written_again_with_the_same_length() {
    copy_while(|victim| {
        let mut start = OpenOptions::new().write(true).open(victim).unwrap();
        start.write_all(&[0x47; 188]).unwrap();
    });
}

#[test]
fn sources_that_vanish() {
    let site = Site::new();
    const FILES: u64 = 2_000;
    tree::small_files(&site.source, FILES, 1);
    let untouched = site.path("untouched");
    tree::small_files(&untouched, FILES, 1);
    for n in 0..FILES {
        let modified = fs::metadata(tree::small_file(&site.source, n)).unwrap().modified().unwrap();
        File::options()
            .write(true)
            .open(tree::small_file(&untouched, n))
            .unwrap()
            .set_modified(modified)
            .unwrap();
    }

    let running = command::start(site.copy_args(&["--batch-size", "5", "--streams", "1"]));
    let delivered = || entries(&site.destination).values().any(fs::Metadata::is_file);
    wait::until("the first delivered file", || delivered().then_some(()));
    // Every third one of those that are not there yet goes away.
    let gone: Vec<u64> =
        (0..FILES).filter(|n| n % 3 == 0 && !tree::small_file(&site.destination, *n).exists()).collect();
    for n in &gone {
        fs::remove_file(tree::small_file(&site.source, *n)).unwrap();
    }
    running.ended().expect(WITH_FAILURES);

    let failures = command::failures(&site.checkpoint);
    assert!(!failures.is_empty() && failures.len() <= gone.len());
    for failure in &failures {
        assert!(["source_missing", "source_changed"].contains(&failure.category.as_str()), "{failure:?}");
    }
    assert!(leftovers(&site.destination).is_empty());
    // A file that was read before it vanished may have arrived; all others did.
    let status = site.status();
    assert_eq!(status.delivered, FILES - failures.len() as u64);
    let failed = |path: &Path| failures.iter().any(|failure| Path::new(&failure.source).ends_with(path));
    assert_same_but(&untouched, &site.destination, failed);

    // Mended: put back what is gone.
    for n in gone {
        fs::copy(tree::small_file(&untouched, n), tree::small_file(&site.source, n)).unwrap();
    }
    site.on_checkpoint("reprocess", &[]).expect(COMPLETE);
    assert!(leftovers(&site.destination).is_empty());
    let status = site.status();
    assert_eq!((status.delivered, status.failed, status.pending), (FILES, 0, 0));
}

#[test]
fn a_source_that_becomes_something_else() {
    let site = Site::new();
    tree::small_files(&site.source, 2_000, 1);
    let running = command::start(site.copy_args(&["--batch-size", "5", "--streams", "1"]));
    let delivered = || entries(&site.destination).values().any(fs::Metadata::is_file);
    wait::until("the first delivered file", || delivered().then_some(()));
    let waiting: Vec<u64> =
        (0..2_000).filter(|n| !tree::small_file(&site.destination, *n).exists()).collect();
    let victim = tree::small_file(&site.source, waiting[waiting.len() / 2]);
    let last = tree::small_file(&site.source, *waiting.last().unwrap());
    for path in [&victim, &last] {
        fs::remove_file(path).unwrap();
        fs::create_dir(path).unwrap();
    }
    running.ended().expect(WITH_FAILURES);
    let failures = command::failures(&site.checkpoint);
    assert_eq!(failures.len(), 2, "{failures:?}");
    assert!(failures.iter().all(|failure| failure.category == "source_not_a_file"), "{failures:?}");
}
