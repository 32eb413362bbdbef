//! Google Cloud Storage at either end, with a server that speaks its XML API as it is documented.

use std::fs;
use std::path::PathBuf;

use rustix::process::Signal;
use sluice_tests::cable::{Cable, Weather};
use sluice_tests::command::{COMPLETE, REFUSED, Status, WITH_FAILURES, failures};
use sluice_tests::compare::{assert_same, same_bytes};
use sluice_tests::google::Google;
use sluice_tests::process::Running;
use sluice_tests::servers::{BUCKET, leaks_of};
use sluice_tests::shelf::{Shelf, column, fill};
use sluice_tests::{tree, wait};

#[test]
fn real_media_go_to_google_and_back() {
    let server = Google::start();
    for verify in ["read_back", "written"] {
        let shelf = Shelf::google(&server, &server.url());
        let count = fill(&shelf);
        let destination = format!("shelf:{BUCKET}/{verify}");
        let more = format!("[deliver]\nverify = \"{verify}\"");
        let source = shelf.site.source.to_str().expect("ASCII").to_owned();
        shelf.run("run", &shelf.job("up", &source, &destination, &more)).expect(COMPLETE);
        let up = shelf.site.path("up.sluice");
        assert_eq!(Status::of(&up).delivered, count as u64, "{verify}");
        // The service computes a checksum of all that is not empty.
        let expected = if verify == "written" { "remote_checksum" } else { "read_back" };
        let evidence = column(&shelf.site, &up, "evidence");
        let other: Vec<_> = evidence.iter().filter(|(_, evidence)| *evidence != expected).collect();
        assert!(other.iter().all(|(target, _)| *target == "empty.bin"), "{other:?}");
        shelf.run("verify", &up).expect(COMPLETE);

        let back = shelf.site.destination.to_str().expect("ASCII").to_owned();
        shelf.run("run", &shelf.job("down", &destination, &back, "")).expect(COMPLETE);
        assert_same(&shelf.site.source, &shelf.site.destination);
        assert_eq!(
            leaks_of(server.secret(), shelf.site.source.parent().expect("the site")),
            Vec::<PathBuf>::new()
        );
    }
    let large = &server.objects()["read_back/large.mov"];
    assert_eq!(large.content_type, "video/quicktime");
    assert!(large.mtime.ends_with('Z'), "{}", large.mtime);
    assert_eq!(server.uploads(), 0);
}

#[test]
fn a_killed_upload_goes_on_from_the_next_part() {
    const SIZE: u64 = 96 << 20;
    let server = Google::start();
    let cable = Cable::to(&server.url(), Weather::default());
    let shelf = Shelf::google(&server, &cable.url());
    let reel = shelf.site.source.join("reel.mov");
    tree::file(&reel, SIZE, 5);
    let job = shelf.upload("[control]\nbandwidth = \"60MB/s\"\n[deliver]\nverify = \"written\"");
    let checkpoint = shelf.site.path("up.sluice");
    let mut running = Running::start(shelf.sluice("run", &job));
    wait::until("a share of the file to be sent", || (cable.sent() > SIZE * 6 / 10).then_some(()));
    running.signal(Signal::KILL);
    drop(running);
    assert_eq!(server.uploads(), 1);
    shelf.run("run", &job).expect(COMPLETE);
    assert_eq!(Status::of(&checkpoint).delivered, 1);
    let sent = cable.sent();
    assert!(sent < SIZE + 3 * (5 << 20) + (1 << 20), "{sent} bytes were sent for a file of {SIZE}");
    let there = shelf.site.path("there.mov");
    fs::write(&there, &server.objects()["in/reel.mov"].bytes).expect("a copy");
    assert!(same_bytes(&reel, &there), "the object's bytes");
    assert_eq!(server.uploads(), 0);

    // One that nobody goes on with is given up on request.
    tree::file(&shelf.site.source.join("other.mov"), SIZE, 6);
    let source = shelf.site.source.to_str().expect("ASCII").to_owned();
    let slowly = "[control]\nbandwidth = \"60MB/s\"";
    let again = shelf.job("again", &source, &format!("shelf:{BUCKET}/again"), slowly);
    let mut running = Running::start(shelf.sluice("run", &again));
    wait::until("a share of the file to be sent", || (cable.sent() > sent + SIZE / 4).then_some(()));
    running.signal(Signal::KILL);
    drop(running);
    assert!(server.uploads() > 0);
    let mut all = shelf.sluice("uploads", &shelf.site.path("again.sluice"));
    all.args(["--abort", "--all"]);
    Running::start(all).ended().expect(COMPLETE);
    assert_eq!(server.uploads(), 0);
}

#[test]
fn another_writer_is_not_replaced() {
    const SIZE: u64 = 40 << 20;
    let server = Google::start();
    let cable = Cable::to(&server.url(), Weather::default());
    let shelf = Shelf::google(&server, &cable.url());
    let source = shelf.site.source.to_str().expect("ASCII").to_owned();
    let theirs = |name: &str| {
        let failed = failures(&shelf.site.path(&format!("{name}.sluice")));
        assert_eq!(failed[0].category, "destination_conflict", "{failed:?}");
        assert_eq!(server.objects()[&format!("{name}/reel.mov")].bytes.as_ref(), b"theirs");
    };
    // In one request the service hears the condition, also where no look finds anything.
    tree::file(&shelf.site.source.join("reel.mov"), 1000, 1);
    let job = shelf.job("whole", &source, &format!("shelf:{BUCKET}/whole"), "");
    shelf.run("plan", &job).expect(COMPLETE);
    server.put("whole/reel.mov", b"theirs");
    cable.change(Weather { is_blind: true, ..Weather::default() });
    shelf.run("run", &job).expect(WITH_FAILURES);
    theirs("whole");
    // In parts a look comes last.
    cable.change(Weather::default());
    tree::file(&shelf.site.source.join("reel.mov"), SIZE, 1);
    let slowly = "[control]\nbandwidth = \"20MB/s\"";
    let job = shelf.job("parts", &source, &format!("shelf:{BUCKET}/parts"), slowly);
    let running = Running::start(shelf.sluice("run", &job));
    wait::until("the upload to be begun", || (server.uploads() > 0).then_some(()));
    server.put("parts/reel.mov", b"theirs");
    running.ended().expect(WITH_FAILURES);
    theirs("parts");
    assert_eq!(server.uploads(), 0);
}

#[test]
fn a_wrong_key_is_told_before_anything_moves() {
    let server = Google::start();
    let mut shelf = Shelf::google(&server, &server.url());
    tree::small_files(&shelf.site.source, 3, 1);
    let keys = [
        (server.key(Some("other")), "AuthenticationRequired"),
        (format!("{{\"private_key\": {:?}}}", server.secret()), "client_email"),
        (String::new(), "SLUICE_SHELF_SERVICE_ACCOUNT_KEY"),
    ];
    for (key, words) in keys {
        shelf.secrets[0].1 = key;
        for job in [shelf.upload(""), shelf.download("")] {
            let ended = shelf.run("run", &job).expect(REFUSED);
            assert!(ended.stderr.contains(words), "{}", ended.stderr);
            assert!(!ended.stderr.contains(server.secret()), "{}", ended.stderr);
        }
    }
}

#[test]
fn damage_on_the_way_is_found_by_googles_own_checksum() {
    let server = Google::start();
    let cable = Cable::to(&server.url(), Weather::default());
    let shelf = Shelf::google(&server, &cable.url());
    tree::small_files(&shelf.site.source, 20, 1);
    let more = "[control]\nbackoff_base_ms = 5\nretry_budget_percent = 100\n[deliver]\nverify = \"written\"";
    let up = shelf.upload(more);
    shelf.run("plan", &up).expect(COMPLETE);
    cable.change(Weather { damage_every: 5, ..Weather::default() });
    // What is damaged on its way up has its name by then, and no other try may take it over.
    shelf.run("run", &up);
    let damaged_up = cable.damaged().len();
    assert!(damaged_up > 0);
    let known = sluice_tests::attempts::failed(&shelf.site.path("up.sluice"));
    assert!(known.values().flatten().any(|category| category == "verify_mismatch"), "{known:?}");
    let down = shelf.download(more);
    shelf.run("run", &down).expect(COMPLETE);
    let known = sluice_tests::attempts::failed(&shelf.site.path("down.sluice"));
    assert!(
        !known.is_empty() && known.values().flatten().all(|category| category == "source_damaged"),
        "{known:?}"
    );
}
