//! Copies that one service makes by itself, with real servers.

use std::path::Path;
use std::process::Command;

use rustix::process::Signal;
use sluice_tests::cable::{Cable, Weather};
use sluice_tests::command::{self, COMPLETE, Ended, Status, WITH_FAILURES, failures};
use sluice_tests::process::Running;
use sluice_tests::servers::{BUCKET, Kind, Server, signed};
use sluice_tests::shelf::{Shelf, column};
use sluice_tests::{tree, wait};

fn sluice(word: &str, file: &Path) -> Command {
    signed(command::sluice([word.as_ref(), file.as_os_str()]))
}

fn run(word: &str, file: &Path) -> Ended {
    Running::start(sluice(word, file)).ended()
}

/// The job that brings all of one bucket to another one of the same service.
fn across(shelf: &Shelf, more: &str) -> std::path::PathBuf {
    shelf.job("across", &format!("shelf:{BUCKET}/in"), "shelf:shelf2/there", more)
}

/// The parts of an upload that are kept.
fn kept(checkpoint: &Path) -> u64 {
    let listed = sluice("uploads", checkpoint).arg("--json").output().expect("a list");
    let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap_or_default();
    listed["uploads"][0]["parts"].as_u64().unwrap_or_default()
}

#[test]
fn one_service_copies_by_itself_where_nobody_asked_for_a_proof_by_reading() {
    const SIZE: u64 = 9 << 20;
    let server = Server::start(Kind::Moto);
    server.boto("s3.create_bucket(Bucket='shelf2')");
    let cable = Cable::to(&server.url(), Weather::default());
    let shelf = Shelf::s3(cable.url());
    tree::file(&shelf.site.source.join("Zürich – 41%+.mov"), SIZE, 1);
    tree::small_files(&shelf.site.source, 5, 1);
    run("run", &shelf.upload("")).expect(COMPLETE);

    let before = cable.sent();
    let size = "[deliver]\nverify = \"size\"";
    let job = shelf.job("across", &format!("shelf:{BUCKET}/in"), "shelf:shelf2/there", size);
    run("run", &job).expect(COMPLETE);
    let checkpoint = shelf.site.path("across.sluice");
    assert_eq!(Status::of(&checkpoint).delivered, 6);
    // A probe apart, nothing went through here.
    assert!(cable.sent() - before < 1000, "{} bytes were sent", cable.sent() - before);
    let evidence = column(&shelf.site, &checkpoint, "evidence");
    assert!(evidence.values().all(|evidence| evidence == "size"), "{evidence:?}");
    let tags = "print({o['Key'].split('/', 1)[1]: o['Size'] for o in s3.list_objects_v2(Bucket=bucket, Prefix='in/')['Contents']}\
        == {o['Key'].split('/', 1)[1]: o['Size'] for o in s3.list_objects_v2(Bucket='shelf2')['Contents']})";
    assert_eq!(server.boto(tags).trim(), "True");
    // What is there already is not copied over.
    let again = shelf.job(
        "again",
        &format!("shelf:{BUCKET}/in"),
        "shelf:shelf2/there",
        &format!("{size}\non_conflict = \"fail\""),
    );
    run("run", &again).expect(WITH_FAILURES);
    assert_eq!(Status::of(&shelf.site.path("again.sluice")).failed, 6);
}

#[test]
fn a_copy_by_the_service_replaces_nobody_unseen() {
    let server = Server::start(Kind::Moto);
    server.boto(
        "s3.create_bucket(Bucket='shelf2')\n\
         s3.put_object(Bucket=bucket, Key='in/a.txt', Body=b'ours')\n\
         s3.put_object(Bucket='shelf2', Key='there/a.txt', Body=b'theirs')",
    );
    // Whether it hears the condition of a copy or not: who may not look at the target does not see who has it.
    for guards_copies in [false, true] {
        let weather = Weather { guards_copies, ..Weather::default() };
        let cable = Cable::to(&server.url(), weather);
        let shelf = Shelf::s3(cable.url());
        cable.change(Weather { forbids: Some("/shelf2/there/a"), ..weather });
        let more = "[deliver]\nverify = \"size\"";
        let job = shelf.job("across", &format!("shelf:{BUCKET}/in"), "shelf:shelf2/there", more);
        run("run", &job).expect(WITH_FAILURES);
        let failed = failures(&shelf.site.path("across.sluice"));
        assert_eq!(failed[0].category, "destination_conflict", "{guards_copies}: {failed:?}");
        let body = server.boto("print(s3.get_object(Bucket='shelf2', Key='there/a.txt')['Body'].read())");
        assert_eq!(body.trim(), "b'theirs'", "{guards_copies}");
    }
}

#[test]
fn a_copy_by_the_service_gives_up_what_was_begun_without_it() {
    const SIZE: u64 = 40 << 20;
    let server = Server::start(Kind::Moto);
    server.boto(&format!(
        "s3.create_bucket(Bucket='shelf2')\ns3.put_object(Bucket=bucket, Key='in/reel.mov', Body=bytes({SIZE}))"
    ));
    let cable = Cable::to(&server.url(), Weather::default());
    let shelf = Shelf::s3(cable.url());
    // Nobody knows whether the name is free: so the content goes through here.
    cable.change(Weather { forbids: Some("/shelf2/there/reel"), ..Weather::default() });
    let more = "[control]\nbandwidth = \"40MB/s\"\n[deliver]\nverify = \"size\"";
    let job = shelf.job("across", &format!("shelf:{BUCKET}/in"), "shelf:shelf2/there", more);
    let mut running = Running::start(sluice("run", &job));
    wait::until("a share of the file to be sent", || (cable.sent() > SIZE / 2).then_some(()));
    running.signal(Signal::KILL);
    drop(running);
    let open = || server.boto("print(len(s3.list_multipart_uploads(Bucket='shelf2').get('Uploads', [])))");
    assert_eq!(open().trim(), "1");
    cable.change(Weather::default());
    let before = cable.sent();
    run("run", &job).expect(COMPLETE);
    assert!(cable.sent() - before < 1000, "the service copies");
    assert_eq!(open().trim(), "0");
}

const SIZE_ALONE: &str = "[deliver]\nverify = \"size\"";
const WRITTEN: &str = "[deliver]\nverify = \"written\"";

#[test]
fn what_is_too_large_for_one_request_is_copied_in_parts() {
    let server = Server::start(Kind::Moto);
    server.boto(
        "s3.create_bucket(Bucket='shelf2')\n\
         s3.put_object(Bucket=bucket, Key='in/Zürich – 41%+.mov', Body=bytes(range(256)) * (12 << 12),\n\
             ContentType='video/x-own', Metadata={'mtime': '1000000000.5', 'own': 'kept'})",
    );
    let cable = Cable::to(&server.url(), Weather::default());
    let shelf = Shelf::s3(cable.url()).with("copy_limit_mib = 5");
    run("run", &across(&shelf, SIZE_ALONE)).expect(COMPLETE);
    assert!(cable.sent() < 3000, "{} bytes were sent", cable.sent());
    let there = server.boto(
        "got = s3.get_object(Bucket='shelf2', Key='there/Zürich – 41%+.mov')\n\
         print(got['ETag'].strip('\"').rsplit('-')[-1], got['ContentType'], got['Metadata']['mtime'], got['Metadata']['own'],\n\
             got['Body'].read() == bytes(range(256)) * (12 << 12))",
    );
    assert_eq!(there.trim(), "3 video/x-own 1000000000.5 kept True");
    assert!(run("uploads", &shelf.site.path("across.sluice")).expect(COMPLETE).stdout.contains("No upload"));
    // What is there already is not copied over.
    let fail = format!("{SIZE_ALONE}\non_conflict = \"fail\"");
    let again = shelf.job("again", &format!("shelf:{BUCKET}/in"), "shelf:shelf2/there", &fail);
    run("run", &again).expect(WITH_FAILURES);
}

#[test]
fn a_killed_copy_goes_on_from_the_next_part() {
    const PARTS: u64 = 12;
    let server = Server::start(Kind::Moto);
    server.boto(&format!(
        "s3.create_bucket(Bucket='shelf2')\n\
         s3.put_object(Bucket=bucket, Key='in/reel.mov', Body=bytes(range(256)) * ({PARTS} * 5 << 12))"
    ));
    let cable = Cable::to(&server.url(), Weather::default());
    let shelf = Shelf::s3(cable.url()).with("copy_limit_mib = 5");
    let job = across(&shelf, SIZE_ALONE);
    run("plan", &job).expect(COMPLETE);
    cable.change(Weather { delay: std::time::Duration::from_millis(500), ..Weather::default() });
    let checkpoint = shelf.site.path("across.sluice");
    let mut running = Running::start(sluice("run", &job));
    wait::until("a part to be copied", || (kept(&checkpoint) > 0).then_some(()));
    running.signal(Signal::KILL);
    drop(running);
    let (kept, before) = (kept(&checkpoint), cable.copies());
    assert!((1..PARTS).contains(&kept), "{kept} parts");
    cable.change(Weather::default());
    run("run", &job).expect(COMPLETE);
    // One copy is the probe's.
    assert!(cable.copies() - before <= PARTS - kept + 1, "{} copies after {kept}", cable.copies() - before);
    let same = "print(s3.get_object(Bucket='shelf2', Key='there/reel.mov')['Body'].read() ==\n\
        s3.get_object(Bucket=bucket, Key='in/reel.mov')['Body'].read())";
    assert_eq!(server.boto(same).trim(), "True");
    assert!(run("uploads", &checkpoint).expect(COMPLETE).stdout.contains("No upload"));
}

#[test]
fn another_object_in_the_middle_of_a_copy_begins_it_anew() {
    let server = Server::start(Kind::Moto);
    let put = |byte: char| {
        server.boto(&format!("s3.put_object(Bucket=bucket, Key='in/reel.mov', Body=b'{byte}' * (60 << 20))"));
    };
    server.boto("s3.create_bucket(Bucket='shelf2')");
    put('1');
    let cable = Cable::to(&server.url(), Weather::default());
    let shelf = Shelf::s3(cable.url()).with("copy_limit_mib = 5");
    let job = across(&shelf, &format!("{SIZE_ALONE}\n[control]\nbackoff_base_ms = 5"));
    run("plan", &job).expect(COMPLETE);
    cable.change(Weather { delay: std::time::Duration::from_millis(500), ..Weather::default() });
    let checkpoint = shelf.site.path("across.sluice");
    let mut running = Running::start(sluice("run", &job));
    wait::until("a part to be copied", || (kept(&checkpoint) > 0).then_some(()));
    running.signal(Signal::KILL);
    drop(running);
    put('2');
    cable.change(Weather::default());
    run("run", &job).expect(COMPLETE);
    let told = "print(set(s3.get_object(Bucket='shelf2', Key='there/reel.mov')['Body'].read()))";
    assert_eq!(server.boto(told).trim(), "{50}");
    let open = "print(len(s3.list_multipart_uploads(Bucket='shelf2').get('Uploads', [])))";
    assert_eq!(server.boto(open).trim(), "0");
}

#[test]
fn the_services_own_checksums_prove_a_copy() {
    let server = Server::start(Kind::Moto);
    server.boto("s3.create_bucket(Bucket='shelf2')");
    let cable = Cable::to(&server.url(), Weather::default());
    let shelf = Shelf::s3(cable.url()).with("copy_limit_mib = 5");
    // What this connection brings has no checksum at moto, what others bring has one.
    tree::file(&shelf.site.source.join("none.mov"), 2000, 1);
    run("run", &shelf.upload("")).expect(COMPLETE);
    server.boto(
        "s3.put_object(Bucket=bucket, Key='in/small.mov', Body=b'small', ChecksumAlgorithm='SHA256')\n\
         s3.put_object(Bucket=bucket, Key='in/large.mov', Body=b'L' * (12 << 20), ChecksumAlgorithm='CRC32')",
    );
    run("run", &across(&shelf, WRITTEN)).expect(COMPLETE);
    let checkpoint = shelf.site.path("across.sluice");
    let of = |wanted: &str| column(&shelf.site, &checkpoint, wanted);
    let evidence = of("evidence");
    assert_eq!((&*evidence["small.mov"], &*evidence["large.mov"]), ("remote_checksum", "remote_checksum"));
    assert_eq!(evidence["none.mov"], "written", "its content went through here");
    let (hash, checksum) = (of("hash"), of("service_checksum"));
    assert!(hash["none.mov"].starts_with("xxh128:") && hash["small.mov"].is_empty(), "{hash:?}");
    let sums = server.boto(
        "import hashlib, zlib\n\
         print('sha256:' + hashlib.sha256(b'small').hexdigest(), 'crc32:%08x' % zlib.crc32(b'L' * (12 << 20)))",
    );
    assert_eq!(format!("{} {}", checksum["small.mov"], checksum["large.mov"]), sums.trim());
    assert!(cable.sent() < 2 * 2000 + 3000, "{} bytes were sent", cable.sent());

    let verify = || {
        let mut verify = sluice("verify", &checkpoint);
        verify.arg("--json");
        Running::start(verify).ended().json()
    };
    assert_eq!(verify()["matching"], 3);
    server.boto("s3.put_object(Bucket='shelf2', Key='there/small.mov', Body=b'SMALL')");
    assert_eq!((&verify()["matching"], &verify()["differing"]), (&2.into(), &1.into()));
}

#[test]
fn a_copy_that_the_service_does_not_prove_is_made_anew_or_fails() {
    let server = Server::start(Kind::Moto);
    server.boto(
        "s3.create_bucket(Bucket='shelf2')\n\
         s3.put_object(Bucket=bucket, Key='in/a.mov', Body=b'content', ChecksumAlgorithm='SHA256')",
    );
    let cable = Cable::to(&server.url(), Weather::default());
    let shelf = Shelf::s3(cable.url());
    let other = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    cable.change(Weather { sha256: Some(("/shelf2/there/", Some(other))), ..Weather::default() });
    let job = across(&shelf, &format!("{WRITTEN}\n[control]\nattempts = 1"));
    run("run", &job).expect(WITH_FAILURES);
    let checkpoint = shelf.site.path("across.sluice");
    assert_eq!(failures(&checkpoint)[0].category, "verify_mismatch");
    let there = "print(s3.list_objects_v2(Bucket='shelf2').get('KeyCount'))";
    assert_eq!(server.boto(there).trim(), "0", "it does not keep the name");

    cable.change(Weather { sha256: Some(("/shelf2/there/", None)), ..Weather::default() });
    run("reprocess", &checkpoint).expect(COMPLETE);
    let evidence = column(&shelf.site, &checkpoint, "evidence");
    assert_eq!(evidence["a.mov"], "written", "it went through here");
    assert!(column(&shelf.site, &checkpoint, "hash")["a.mov"].starts_with("xxh128:"));
    assert_eq!(server.boto(there).trim(), "1");
}

#[test]
fn a_service_that_copies_no_parts_gets_the_content_through_here() {
    const SIZE: u64 = 12 << 20;
    let server = Server::start(Kind::Rclone);
    let shelf = Shelf::s3(server.url()).with("copy_limit_mib = 5");
    tree::file(&server.files().join("in/reel.mov"), SIZE, 1);
    let there = format!("shelf:{BUCKET}/there");
    run("run", &shelf.job("across", &format!("shelf:{BUCKET}/in"), &there, SIZE_ALONE)).expect(COMPLETE);
    let (from, to) = (server.files().join("in/reel.mov"), server.files().join("there/reel.mov"));
    assert!(sluice_tests::compare::same_bytes(&from, &to));
    assert_eq!(Status::of(&shelf.site.path("across.sluice")).delivered, 1);
}
