//! Object storage at either end, with real servers.

use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;
use sluice_tests::attempts;
use sluice_tests::cable::{Cable, Checksum, Weather};
use sluice_tests::command::{self, COMPLETE, Ended, REFUSED, Status, WITH_FAILURES, failures};
use sluice_tests::compare::{assert_same, same_bytes};
use sluice_tests::lab::{Lab, Script};
use sluice_tests::process::Running;
use sluice_tests::servers::{BUCKET, Kind, Server, leaks, signed};
use sluice_tests::shelf::{Shelf, column};
use sluice_tests::{tree, wait};

fn text(path: &Path) -> &str {
    path.to_str().expect("ASCII")
}

fn sluice(word: &str, file: &Path) -> Command {
    signed(command::sluice([word.as_ref(), file.as_os_str()]))
}

fn run(word: &str, file: &Path) -> Ended {
    Running::start(sluice(word, file)).ended()
}

#[test]
fn a_folder_goes_to_object_storage_and_back() {
    for kind in [Kind::Rclone, Kind::Moto] {
        let server = Server::start(kind);
        let shelf = Shelf::s3(server.url());
        let source = &shelf.site.source;
        tree::small_files(source, 40, 1);
        tree::file(&source.join("large.mov"), (11 << 20) + 7, 2);
        tree::file(&source.join("Zürich – 映画 100%41+.mov"), 1000, 3);
        std::fs::write(source.join("empty.bin"), "").expect("a file");

        run("run", &shelf.upload("[deliver]\nhash = \"md5\"")).expect(COMPLETE);
        let up = shelf.site.path("up.sluice");
        let status = Status::of(&up);
        assert_eq!((status.delivered, status.records), (43, 43), "{kind:?}");
        for (target, hash) in column(&shelf.site, &up, "hash") {
            // What coreutils says of the source is what the checkpoint says of the object.
            let file = source.join(target.replace("%2541", "%41"));
            let said = Command::new("md5sum").arg(file).output().expect("md5sum").stdout;
            let said = String::from_utf8(said).expect("text");
            let said = said.trim_start_matches('\\').split(' ').next().unwrap_or_default().to_owned();
            assert_eq!(hash, format!("md5:{said}"), "{kind:?} {target}");
        }
        run("verify", &up).expect(COMPLETE);
        assert!(run("uploads", &up).expect(COMPLETE).stdout.contains("No upload"));

        run("run", &shelf.download("")).expect(COMPLETE);
        let back = shelf.site.destination.join("Zürich – 映画 100%2541+.mov");
        std::fs::rename(back, shelf.site.destination.join("Zürich – 映画 100%41+.mov")).expect("its name");
        assert_same(source, &shelf.site.destination);
        assert_eq!(leaks(shelf.site.source.parent().expect("the site")), Vec::<PathBuf>::new());
    }
}

#[test]
fn a_killed_upload_goes_on_from_the_next_part() {
    const SIZE: u64 = 96 << 20;
    let server = Server::start(Kind::Rclone);
    let cable = Cable::to(&server.url(), Weather::default());
    let shelf = Shelf::s3(cable.url());
    tree::file(&shelf.site.source.join("reel.mov"), SIZE, 5);
    let job = shelf.upload("[control]\nbandwidth = \"60MB/s\"\n[deliver]\nverify = \"written\"");
    let checkpoint = shelf.site.path("up.sluice");
    let kept = || -> u64 {
        let listed = sluice("uploads", &checkpoint).arg("--json").output().expect("a list");
        let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).expect("JSON");
        let upload = &listed["uploads"][0];
        assert_eq!((&upload["key"], &upload["pending"]), (&"in/reel.mov".into(), &true.into()), "{listed}");
        upload["parts"].as_u64().expect("a number") * upload["part_size"].as_u64().expect("bytes")
    };
    for share in [3, 6] {
        let mut running = Running::start(sluice("run", &job));
        wait::until("a share of the file to be sent", || (cable.sent() > SIZE * share / 10).then_some(()));
        running.signal(Signal::KILL);
        drop(running);
        assert!(kept() > 0);
    }
    let (before, kept) = (cable.sent(), kept());
    run("run", &job).expect(COMPLETE);
    assert_eq!(Status::of(&checkpoint).delivered, 1);
    assert!(
        same_bytes(&shelf.site.source.join("reel.mov"), &server.files().join("in/reel.mov")),
        "the object's bytes"
    );
    // No part that had arrived and was noted is sent again; what was on its way or not yet noted at a kill
    // is, at most three parts.
    let sent = cable.sent() - before;
    assert!(sent < SIZE - kept + (1 << 20), "{sent} bytes were sent of {SIZE}, of which {kept} were there");
    let sent = cable.sent();
    assert!(sent < SIZE + 2 * 3 * (5 << 20) + (1 << 20), "{sent} bytes were sent for a file of {SIZE}");
    assert!(run("uploads", &checkpoint).expect(COMPLETE).stdout.contains("No upload"));
}

#[test]
fn a_source_that_changed_begins_its_parts_anew() {
    const SIZE: u64 = 40 << 20;
    let server = Server::start(Kind::Rclone);
    let cable = Cable::to(&server.url(), Weather::default());
    let shelf = Shelf::s3(cable.url());
    let reel = shelf.site.source.join("reel.mov");
    tree::file(&reel, SIZE, 5);
    let job = shelf.upload("[control]\nbandwidth = \"40MB/s\"\nbackoff_base_ms = 5");
    let mut running = Running::start(sluice("run", &job));
    wait::until("a share of the file to be sent", || (cable.sent() > SIZE / 2).then_some(()));
    running.signal(Signal::KILL);
    drop(running);
    tree::file(&reel, SIZE, 6);
    run("run", &job).expect(COMPLETE);
    assert!(same_bytes(&reel, &server.files().join("in/reel.mov")), "the new bytes");
}

#[test]
fn an_abandoned_upload_is_given_up_on_request() {
    const SIZE: u64 = 40 << 20;
    let server = Server::start(Kind::Moto);
    let cable = Cable::to(&server.url(), Weather::default());
    let shelf = Shelf::s3(cable.url());
    tree::file(&shelf.site.source.join("reel.mov"), SIZE, 5);
    let job = shelf.upload("[control]\nbandwidth = \"40MB/s\"");
    let mut running = Running::start(sluice("run", &job));
    wait::until("a share of the file to be sent", || (cable.sent() > SIZE / 2).then_some(()));
    running.signal(Signal::KILL);
    drop(running);
    let open = || server.boto("print(len(s3.list_multipart_uploads(Bucket=bucket).get('Uploads', [])))");
    assert_eq!(open().trim(), "1");
    let checkpoint = shelf.site.path("up.sluice");
    let mut all = sluice("uploads", &checkpoint);
    all.args(["--abort", "--all"]);
    let ended = Running::start(all).ended().expect(COMPLETE);
    assert!(ended.stdout.contains("1 uploads given up"), "{}", ended.stdout);
    assert_eq!(open().trim(), "0");
    run("run", &job).expect(COMPLETE);
    assert_eq!(open().trim(), "0");
}

#[test]
fn a_service_that_asks_to_slow_down_fails_no_record() {
    let server = Server::start(Kind::Rclone);
    let cable = Cable::to(&server.url(), Weather::default());
    let shelf = Shelf::s3(cable.url());
    tree::small_files(&shelf.site.source, 60, 1);
    let job = shelf.upload(
        "[control]\nbackoff_base_ms = 5\nretry_budget_percent = 100\n[deliver]\nverify = \"written\"",
    );
    run("plan", &job).expect(COMPLETE);
    cable.change(Weather { slow_down_every: 6, ..Weather::default() });
    run("run", &job).expect(COMPLETE);
    let status = Status::of(&shelf.site.path("up.sluice"));
    assert_eq!((status.delivered, status.failed), (60, 0));
    assert!(status.throttled > 0, "{status:?}");
    cable.change(Weather { slow_down_every: 50, ..Weather::default() });
    run("verify", &shelf.site.path("up.sluice")).expect(COMPLETE);
}

#[test]
fn answers_that_break_off_are_gone_on_with() {
    let server = Server::start(Kind::Rclone);
    let cable = Cable::to(&server.url(), Weather::default());
    let shelf = Shelf::s3(cable.url());
    std::fs::create_dir(server.files().join("in")).expect("a folder");
    tree::file(&server.files().join("in/reel.mov"), 9 << 20, 5);
    cable.change(Weather { cut_after: Some(1 << 20), ..Weather::default() });
    run("run", &shelf.download("")).expect(COMPLETE);
    let (there, here) = (server.files().join("in/reel.mov"), shelf.site.destination.join("reel.mov"));
    assert!(same_bytes(&there, &here));
    assert!(cable.requests() > 8, "{} requests", cable.requests());
}

/// Bytes of an object that is read in ranges.
const LARGE: u64 = 100 << 20;

#[test]
fn a_large_object_is_read_in_ranges_which_a_pause_lets_come_to_their_end() {
    let server = Server::start(Kind::Rclone);
    let weather = Weather { delay: std::time::Duration::from_millis(300), ..Weather::default() };
    let cable = Cable::to(&server.url(), weather);
    let shelf = Shelf::s3(cable.url());
    std::fs::create_dir(server.files().join("in")).expect("a folder");
    tree::file(&server.files().join("in/reel.mov"), LARGE, 5);
    let mut running = Running::start(sluice("run", &shelf.download("")));
    wait::until("the second range to be asked for", || (cable.ranges() > 1).then_some(()));
    running.signal(Signal::INT);
    running.ended();
    let (there, here) = (server.files().join("in/reel.mov"), shelf.site.destination.join("reel.mov"));
    assert!(same_bytes(&there, &here));
    assert_eq!(cable.ranges(), 7, "of 16 MiB each");
}

#[test]
fn an_object_that_is_replaced_between_two_ranges_is_not_delivered() {
    let server = Server::start(Kind::Moto);
    let cable = Cable::to(&server.url(), Weather { replaced_after: Some(2), ..Weather::default() });
    let shelf = Shelf::s3(cable.url());
    server.boto(&format!("s3.put_object(Bucket=bucket, Key='in/reel.mov', Body=b'1' * {LARGE})"));
    run("run", &shelf.download("[control]\nattempts = 1")).expect(WITH_FAILURES);
    let failed = attempts::failed(&shelf.site.path("down.sluice"));
    assert_eq!(failed["reel.mov"], ["source_changed"]);
    assert_eq!(std::fs::read_dir(&shelf.site.destination).expect("the destination").count(), 0);
}

#[test]
fn a_source_that_is_a_single_object_is_refused() {
    let server = Server::start(Kind::Moto);
    server.boto("s3.put_object(Bucket=bucket, Key='in/reel.mov', Body=b'x')");
    let shelf = Shelf::s3(server.url());
    let job = shelf.job("one", &format!("shelf:{BUCKET}/in/reel.mov"), text(&shelf.site.destination), "");
    run("run", &job).assert_refused(&["single object", "folder"]);
}

#[test]
fn a_wrong_secret_is_told_before_anything_moves() {
    let server = Server::start(Kind::Rclone);
    let shelf = Shelf::s3(server.url());
    tree::small_files(&shelf.site.source, 3, 1);
    for job in [shelf.upload(""), shelf.download("")] {
        let mut wrong = sluice("run", &job);
        wrong.env("SLUICE_SHELF_SECRET_ACCESS_KEY", "wrong-canary");
        let ended = Running::start(wrong).ended().expect(REFUSED);
        assert!(ended.stderr.contains("SignatureDoesNotMatch"), "{}", ended.stderr);
        assert!(ended.stderr.contains("secret") && !ended.stderr.contains("canary"), "{}", ended.stderr);

        let mut none = command::sluice(["run".as_ref(), job.as_os_str()]);
        none.env("AWS_SHARED_CREDENTIALS_FILE", "/nowhere").env("AWS_CONFIG_FILE", "/nowhere");
        let ended = Running::start(none).ended();
        ended.assert_refused(&["sluice_shelf_access_key_id"]);
    }
}

#[test]
fn what_is_there_is_treated_as_the_policy_says() {
    for kind in [Kind::Rclone, Kind::Moto] {
        let server = Server::start(kind);
        let put = |shelf: &Shelf, name: &str, content: &str| {
            std::fs::write(shelf.site.source.join(name), content).expect("a file");
        };
        let policy = |shelf: &Shelf, policy: &str| {
            let job = shelf.job(
                policy,
                text(&shelf.site.source),
                &format!("shelf:{BUCKET}/in"),
                &format!("[deliver]\non_conflict = {policy:?}"),
            );
            (run("run", &job), shelf.site.path(&format!("{policy}.sluice")))
        };
        let first = Shelf::s3(server.url());
        put(&first, "same.txt", "same");
        put(&first, "other.txt", "old!");
        policy(&first, "fail").0.expect(COMPLETE);

        let second = Shelf::s3(server.url());
        put(&second, "same.txt", "same");
        put(&second, "other.txt", "new!");
        let (ended, checkpoint) = policy(&second, "skip_identical");
        ended.expect(WITH_FAILURES);
        let status = Status::of(&checkpoint);
        assert_eq!((status.skipped, status.failed), (1, 1), "{kind:?}");
        assert_eq!(failures(&checkpoint)[0].category, "destination_conflict");
        let (ended, checkpoint) = policy(&second, "fail");
        ended.expect(WITH_FAILURES);
        assert_eq!(Status::of(&checkpoint).failed, 2, "{kind:?}");
        policy(&second, "rename").0.expect(COMPLETE);
        let back = |shelf: &Shelf| {
            run("run", &shelf.download("")).expect(COMPLETE);
            sluice_tests::compare::picture(&shelf.site.destination)
        };
        let there = back(&Shelf::s3(server.url()));
        let content = |name: &str| there[Path::new(name)].clone().expect("a file");
        assert_eq!(content("other.txt"), b"old!");
        assert_eq!(content("other (2).txt"), b"new!");
        policy(&second, "overwrite").0.expect(COMPLETE);
        let there = back(&Shelf::s3(server.url()));
        assert_eq!(there[Path::new("other.txt")].clone().expect("a file"), b"new!", "{kind:?}");
    }
}

#[test]
fn what_the_service_proves_is_kept() {
    let server = Server::start(Kind::Moto);
    let same = Some(Checksum::Same);
    for (name, asked, checksum, proven) in [
        ("plain", "crc64nvme", None, "written"),
        ("proven", "crc64nvme", same, "remote_checksum"),
        ("older", "crc32c", same, "remote_checksum"),
        // Its tags are the MD5 of what came.
        ("oldest", "md5", None, "remote_checksum"),
        ("none", "none", None, "written"),
    ] {
        let cable = Cable::to(&server.url(), Weather { checksum, ..Weather::default() });
        let shelf = Shelf::s3(cable.url()).with(&format!("checksum = {asked:?}"));
        tree::file(&shelf.site.source.join("small.mov"), 1000, 1);
        tree::file(&shelf.site.source.join("large.mov"), 9 << 20, 1);
        let more = "[deliver]\nverify = \"written\"";
        let job = shelf.job("up", text(&shelf.site.source), &format!("shelf:{BUCKET}/{name}"), more);
        run("run", &job).expect(COMPLETE);
        let evidence = column(&shelf.site, &shelf.site.path("up.sluice"), "evidence");
        assert_eq!(evidence.values().collect::<Vec<_>>(), [proven, proven], "{name}");
    }
}

#[test]
fn bytes_that_arrive_damaged_are_found_by_their_checksum() {
    let server = Server::start(Kind::Moto);
    for asked in ["crc64nvme", "crc32c"] {
        let cable = Cable::to(&server.url(), Weather::default());
        let shelf = Shelf::s3(cable.url()).with(&format!("checksum = {asked:?}"));
        tree::file(&shelf.site.source.join("small.mov"), 1000, 1);
        tree::file(&shelf.site.source.join("large.mov"), 9 << 20, 1);
        let place = format!("shelf:{BUCKET}/{asked}");
        let job = shelf.job("up", text(&shelf.site.source), &place, "[control]\nattempts = 1");
        cable.change(Weather { checksum: Some(Checksum::Other), ..Weather::default() });
        run("run", &job).expect(WITH_FAILURES);
        let failed = failures(&shelf.site.path("up.sluice"));
        assert_eq!(failed.len(), 2);
        assert!(failed.iter().all(|failure| failure.category == "verify_mismatch"), "{failed:?}");
    }
}

#[test]
fn nobody_is_overwritten_unseen() {
    let server = Server::start(Kind::Moto);
    let cable = Cable::to(&server.url(), Weather::default());
    let shelf = Shelf::s3(cable.url());
    std::fs::write(shelf.site.source.join("a.txt"), "ours").expect("a file");
    tree::file(&shelf.site.source.join("b.mov"), 9 << 20, 1);
    server.boto(
        "[s3.put_object(Bucket=bucket, Key='in/' + key, Body=b'theirs') for key in ('a.txt', 'b.mov')]",
    );
    // The look comes before them, the object after them.
    cable.change(Weather { is_blind: true, ..Weather::default() });
    run("run", &shelf.upload("")).expect(WITH_FAILURES);
    let failed = failures(&shelf.site.path("up.sluice"));
    assert_eq!(failed.len(), 2);
    assert!(failed.iter().all(|failure| failure.category == "destination_conflict"), "{failed:?}");
    let bodies =
        "print([s3.get_object(Bucket=bucket, Key='in/' + key)['Body'].read() for key in ('a.txt', 'b.mov')])";
    assert_eq!(server.boto(bodies).trim(), "[b'theirs', b'theirs']");
}

#[test]
fn hostile_keys_stay_within_the_destination_and_each_is_accounted_for() {
    let server = Server::start(Kind::Moto);
    let shelf = Shelf::s3(server.url());
    let long = format!("in/{}", "x".repeat(1021));
    let keys = [
        "in/../../escape.txt",
        "in/a//b.txt",
        "in/./c.txt",
        "in//absolute.txt",
        "in/control\u{1}.txt",
        "in/folder/",
        "in/real\u{202e}.txt",
        "in/plain & <b> \"q\".txt",
        "in/.DS_Store",
        &long,
        "in/C:\\windows.txt",
    ];
    let list = shelf.site.path("keys.json");
    std::fs::write(&list, serde_json::to_string(&keys).expect("keys")).expect("a file");
    server.boto(&format!(
        "for key in json.load(open({list:?})):\n    s3.put_object(Bucket=bucket, Key=key, Body=b'' if key.endswith('/') else b'x')"
    ));
    run("run", &shelf.download("")).expect(WITH_FAILURES);
    let status = Status::of(&shelf.site.path("down.sluice"));
    assert_eq!(status.records, keys.len() as u64, "{status:?}");
    // The folder and the leftover are left out; plain names are delivered; the rest fails by name.
    assert_eq!((status.excluded, status.delivered), (2, 3), "{status:?}");
    for failure in failures(&shelf.site.path("down.sluice")) {
        assert_eq!(failure.category, "name_unsupported", "{failure:?}");
    }
    let outside = shelf.site.path("escape.txt");
    assert!(
        !outside.exists() && !shelf.site.destination.parent().expect("a folder").join("escape.txt").exists()
    );
    assert_eq!(sluice_tests::compare::identities(&shelf.site.destination).len(), 3);
}

#[test]
fn records_from_object_storage_are_looked_up() {
    let server = Server::start(Kind::Moto);
    let cable = Cable::to(&server.url(), Weather::default());
    let lab = Lab::start(Script::default());
    let shelf = Shelf::s3(cable.url());
    server.boto("[s3.put_object(Bucket=bucket, Key='in/' + key, Body=b'x') for key in ('a.mov', 'b.mov')]");
    let lookup = format!(
        "[[lookup]]\nname = \"rights\"\nurl = \"{}/lookup?path={{{{ path | urlencode }}}}\"\n[lookup.fields]\ntitle = \"/asset/title\"",
        lab.url()
    );
    let status = |name: &str| Status::of(&shelf.site.path(&format!("{name}.sluice")));
    run("run", &shelf.download(&lookup)).expect(COMPLETE);
    assert_eq!((status("down").delivered, lab.seen().lookups), (2, 2));

    cable.change(Weather { is_blind: true, ..Weather::default() });
    let again = shelf.job("again", &format!("shelf:{BUCKET}/in"), text(&shelf.site.path("again")), &lookup);
    run("run", &again).expect(WITH_FAILURES);
    assert_eq!((status("again").failed, lab.seen().lookups), (2, 2), "what is not there is not asked for");
    assert_eq!(failures(&shelf.site.path("again.sluice"))[0].category, "source_missing");
}

#[test]
fn what_cannot_be_looked_at_is_not_removed() {
    let server = Server::start(Kind::Moto);
    let cable = Cable::to(&server.url(), Weather::default());
    let shelf = Shelf::s3(cable.url());
    std::fs::write(shelf.site.source.join("a.txt"), "ours").expect("a file");
    cable.change(Weather { forbids: Some("/"), ..Weather::default() });
    run("run", &shelf.upload("[deliver]\nverify = \"size\"")).expect(WITH_FAILURES);
    let failed = failures(&shelf.site.path("up.sluice"));
    assert_eq!(failed[0].category, "destination_denied", "{failed:?}");
    assert_eq!(
        server.boto("print(s3.get_object(Bucket=bucket, Key='in/a.txt')['Body'].read())").trim(),
        "b'ours'"
    );
}

#[test]
fn an_object_whose_answer_was_lost_is_ours() {
    let server = Server::start(Kind::Moto);
    // With a blind look the name is only found taken when it is written again.
    for is_blind in [false, true] {
        let cable = Cable::to(&server.url(), Weather::default());
        let shelf = Shelf::s3(cable.url());
        std::fs::write(shelf.site.source.join("a.txt"), "ours").expect("a file");
        cable.change(Weather { loses_first: true, is_blind, ..Weather::default() });
        let more = "[control]\nbackoff_base_ms = 5\nretry_budget_percent = 100";
        let job = shelf.job("up", text(&shelf.site.source), &format!("shelf:{BUCKET}/{is_blind}"), more);
        run("run", &job).expect(COMPLETE);
        let status = Status::of(&shelf.site.path("up.sluice"));
        assert_eq!((status.delivered, status.failed), (1, 0), "{is_blind}");
    }
}
