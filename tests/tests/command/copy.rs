//! Everything arrives, as it was.

use sluice_tests::command::{COMPLETE, Status};
use sluice_tests::compare::{assert_same, assert_same_but, identities};
use sluice_tests::site::Site;
use sluice_tests::{command, tree, ugly};

#[test]
fn a_folder_of_media_arrives_whole() {
    let site = Site::new();
    let media = tree::media(&site.source);
    let files = identities(&media).len() as u64;
    for verify in ["size", "written", "read_back"] {
        let site = Site::new();
        command::run([
            "copy".as_ref(),
            media.as_os_str(),
            site.destination.as_os_str(),
            "--checkpoint".as_ref(),
            site.checkpoint.as_os_str(),
            "--verify".as_ref(),
            verify.as_ref(),
        ])
        .expect(COMPLETE);
        assert_same(&media, &site.destination);
        let status = site.status();
        assert_eq!((status.state.as_str(), status.delivered, status.records), ("finished", files, files));
        assert_eq!(status.bytes_delivered, status.bytes_total);
    }
}

#[test]
fn many_small_files_and_a_large_one_arrive_whole() {
    let site = Site::new();
    let bytes = tree::small_files(&site.source, 2_000, 1);
    tree::large_files(&site.source, 1, 64 << 20, 1);
    site.copy(&["--batch-size", "300", "--streams", "3", "--concurrency", "6"]).expect(COMPLETE);
    assert_same(&site.source, &site.destination);
    let status = site.status();
    assert_eq!((status.delivered, status.pending, status.failed), (2_001, 0, 0));
    assert_eq!(status.bytes_delivered, bytes + (64 << 20));
    assert_eq!(status.batches, 7, "2,001 records in batches of 300");
    assert_eq!((status.batch_size, status.streams, status.concurrency), (300, 3, 6));
    assert_eq!((status.attempts, status.retries), (2_001, 0));
}

#[test]
fn the_ugly_tree_arrives_but_for_what_policy_leaves_out() {
    let site = Site::new();
    let made = ugly::make(&site.source);
    site.copy(&[]).expect(COMPLETE);
    assert_same_but(&site.source, &site.destination, |path| {
        made.excluded.iter().any(|left_out| path == left_out)
    });
    let status = site.status();
    assert_eq!(status.delivered, made.files.len() as u64);
    assert_eq!(status.excluded, made.excluded.len() as u64, "each of {:?} is counted", made.excluded);
    for folder in &made.empty_folders {
        assert!(site.destination.join(folder).is_dir(), "the empty folder {folder:?}");
    }
    site.on_checkpoint("verify", &[]).expect(COMPLETE);
}

#[test]
fn several_sources_go_below_their_own_names() {
    let site = Site::new();
    let (film, stills) = (site.source.join("film"), site.source.join("stills"));
    tree::small_files(&film, 30, 1);
    tree::small_files(&stills, 30, 2);
    tree::file(&site.source.join("single.mov"), 70_000, 3);
    let single = site.source.join("single.mov");
    command::run([
        "copy".as_ref(),
        film.as_os_str(),
        stills.as_os_str(),
        single.as_os_str(),
        site.destination.as_os_str(),
        "--checkpoint".as_ref(),
        site.checkpoint.as_os_str(),
    ])
    .expect(COMPLETE);
    assert_same(&site.source, &site.destination);
}

#[test]
fn a_second_migration_to_the_same_place_skips_what_is_identical() {
    let site = Site::new();
    tree::small_files(&site.source, 200, 1);
    site.copy(&[]).expect(COMPLETE);
    let before = identities(&site.destination);
    let second = site.path("second.sluice");
    command::run([
        "copy".as_ref(),
        site.source.as_os_str(),
        site.destination.as_os_str(),
        "--checkpoint".as_ref(),
        second.as_os_str(),
    ])
    .expect(COMPLETE);
    let status = Status::of(&second);
    assert_eq!((status.skipped, status.delivered), (200, 0));
    assert_eq!(identities(&site.destination), before, "no file was written again");
}

#[test]
fn a_taken_name_is_treated_as_chosen() {
    let taken = |policy: &str, code| {
        let site = Site::new();
        tree::file(&site.source.join("a/take.mov"), 5_000, 1);
        tree::file(&site.destination.join("a/take.mov"), 5_000, 2);
        site.copy(&["--on-conflict", policy]).expect(code);
        site
    };
    let old_is = |site: &Site, seed| {
        let expected = site.path("expected");
        tree::file(&expected, 5_000, seed);
        assert!(sluice_tests::compare::same_bytes(&expected, &site.destination.join("a/take.mov")));
    };
    for policy in ["skip_identical", "fail"] {
        let site = taken(policy, command::WITH_FAILURES);
        old_is(&site, 2);
        assert_eq!(command::failures(&site.checkpoint)[0].category, "destination_conflict");
    }
    old_is(&taken("overwrite", COMPLETE), 1);
    let site = taken("rename", COMPLETE);
    old_is(&site, 2);
    let renamed = site.destination.join("a/take (2).mov");
    assert!(sluice_tests::compare::same_bytes(&site.source.join("a/take.mov"), &renamed));
}
