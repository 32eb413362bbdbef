//! Azure Blob Storage at either end, with Azurite.

use std::fs;
use std::path::PathBuf;

use rustix::process::Signal;
use sluice_tests::azurite::{Azurite, KEY};
use sluice_tests::cable::{Cable, Weather};
use sluice_tests::command::{COMPLETE, REFUSED, Status, WITH_FAILURES, failures};
use sluice_tests::compare::assert_same;
use sluice_tests::process::Running;
use sluice_tests::servers::{BUCKET, leaks_of};
use sluice_tests::shelf::{Shelf, column, fill};
use sluice_tests::{tree, wait};

#[test]
fn real_media_go_to_azure_and_back() {
    let server = Azurite::start();
    for verify in ["read_back", "written"] {
        let shelf = Shelf::azure(&server.url());
        let count = fill(&shelf);
        let destination = format!("shelf:{BUCKET}/{verify}");
        let more = format!("[deliver]\nverify = \"{verify}\"");
        let source = shelf.site.source.to_str().expect("ASCII").to_owned();
        shelf.run("run", &shelf.job("up", &source, &destination, &more)).expect(COMPLETE);
        let up = shelf.site.path("up.sluice");
        assert_eq!(Status::of(&up).delivered, count as u64, "{verify}");
        let evidence = column(&shelf.site, &up, "evidence");
        // The service computes a checksum of all of them.
        let expected = if verify == "written" { "remote_checksum" } else { "read_back" };
        assert!(evidence.values().all(|evidence| evidence == expected), "{evidence:?}");
        shelf.run("verify", &up).expect(COMPLETE);
        assert!(shelf.run("uploads", &up).expect(COMPLETE).stdout.contains("No upload"));

        let back = shelf.site.destination.to_str().expect("ASCII").to_owned();
        shelf.run("run", &shelf.job("down", &destination, &back, "")).expect(COMPLETE);
        assert_same(&shelf.site.source, &shelf.site.destination);
        assert_eq!(leaks_of(KEY, shelf.site.source.parent().expect("the site")), Vec::<PathBuf>::new());
    }
    let said = "for name in ('read_back/large.mov', 'read_back/lorem-ipsum.jpg'):\n    \
                headers = call('HEAD', name)[1]\n    \
                print(headers['content-type'], headers['x-ms-meta-mtime'][10] == 'T')";
    assert_eq!(server.python(said), "video/quicktime True\nimage/jpeg True\n");
}

#[test]
fn a_killed_upload_goes_on_from_the_next_block() {
    const SIZE: u64 = 96 << 20;
    let server = Azurite::start();
    let cable = Cable::to(&server.url(), Weather::default());
    let shelf = Shelf::azure(&cable.url());
    tree::file(&shelf.site.source.join("reel.mov"), SIZE, 5);
    let job = shelf.upload("[control]\nbandwidth = \"60MB/s\"");
    let checkpoint = shelf.site.path("up.sluice");
    let kept = || -> u64 {
        let listed = shelf.sluice("uploads", &checkpoint).arg("--json").output().expect("a list");
        let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).expect("JSON");
        let upload = &listed["uploads"][0];
        upload["parts"].as_u64().expect("a number") * upload["part_size"].as_u64().expect("bytes")
    };
    for share in [3, 6] {
        let mut running = Running::start(shelf.sluice("run", &job));
        wait::until("a share of the file to be sent", || (cable.sent() > SIZE * share / 10).then_some(()));
        running.signal(Signal::KILL);
        drop(running);
        assert!(kept() > 0);
    }
    let (before, kept) = (cable.sent(), kept());
    shelf.run("run", &job).expect(COMPLETE);
    assert_eq!(Status::of(&checkpoint).delivered, 1);
    let sent = cable.sent() - before;
    assert!(sent < SIZE - kept + (1 << 20), "{sent} bytes were sent of {SIZE}, of which {kept} were there");
    // No block is left that belongs to nothing, and none was taken twice.
    let blocks = "text = call('GET', 'in/reel.mov', {'comp': 'blocklist', 'blocklisttype': 'all'})[2].decode()\n\
                  committed, uncommitted = text.split('<UncommittedBlocks')\n\
                  print(committed.count('<Block>'), uncommitted.count('<Block>'))";
    assert_eq!(server.python(blocks), "20 0\n");
    shelf.run("run", &shelf.download("")).expect(COMPLETE);
    assert_same(&shelf.site.source, &shelf.site.destination);
}

#[test]
fn what_is_there_is_treated_as_the_policy_says() {
    let server = Azurite::start();
    let put = |shelf: &Shelf, name: &str, content: &str| {
        fs::write(shelf.site.source.join(name), content).expect("a file");
    };
    let policy = |shelf: &Shelf, policy: &str| {
        let source = shelf.site.source.to_str().expect("ASCII").to_owned();
        let more = format!("[deliver]\non_conflict = {policy:?}");
        let job = shelf.job(policy, &source, &format!("shelf:{BUCKET}/in"), &more);
        (shelf.run("run", &job), shelf.site.path(&format!("{policy}.sluice")))
    };
    let first = Shelf::azure(&server.url());
    put(&first, "same.txt", "same");
    put(&first, "other.txt", "old!");
    policy(&first, "fail").0.expect(COMPLETE);

    let second = Shelf::azure(&server.url());
    put(&second, "same.txt", "same");
    put(&second, "other.txt", "new!");
    let (ended, checkpoint) = policy(&second, "skip_identical");
    ended.expect(WITH_FAILURES);
    let status = Status::of(&checkpoint);
    assert_eq!((status.skipped, status.failed), (1, 1));
    assert_eq!(failures(&checkpoint)[0].category, "destination_conflict");
    policy(&second, "rename").0.expect(COMPLETE);
    let content = || server.python("print(call('GET', 'in/other.txt')[2].decode())");
    assert_eq!(content(), "old!\n");
    policy(&second, "overwrite").0.expect(COMPLETE);
    assert_eq!(content(), "new!\n");
}

#[test]
fn another_writer_is_not_replaced_unseen() {
    let server = Azurite::start();
    let cable = Cable::to(&server.url(), Weather::default());
    // In one request, and in blocks.
    for size in [1000, 9 << 20] {
        let shelf = Shelf::azure(&cable.url());
        tree::file(&shelf.site.source.join("reel.mov"), size, 1);
        let source = shelf.site.source.to_str().expect("ASCII").to_owned();
        let job = shelf.job("up", &source, &format!("shelf:{BUCKET}/{size}"), "");
        cable.change(Weather::default());
        shelf.run("plan", &job).expect(COMPLETE);
        server.python(&format!(
            "call('PUT', '{size}/reel.mov', headers={{'x-ms-blob-type': 'BlockBlob'}}, body=b'theirs')"
        ));
        // No look finds it.
        cable.change(Weather { is_blind: true, ..Weather::default() });
        shelf.run("run", &job).expect(WITH_FAILURES);
        let failed = failures(&shelf.site.path("up.sluice"));
        assert_eq!(failed[0].category, "destination_conflict", "{failed:?}");
        assert_eq!(server.python(&format!("print(call('GET', '{size}/reel.mov')[2].decode())")), "theirs\n");
    }
}

#[test]
fn a_wrong_secret_is_told_before_anything_moves() {
    let server = Azurite::start();
    let mut shelf = Shelf::azure(&server.url());
    tree::small_files(&shelf.site.source, 3, 1);
    // `canary-wrong` in base64; what is no base64; none at all.
    for (secret, words) in
        [("Y2FuYXJ5LXdyb25n", "AuthorizationFailure"), ("canary!", "base64"), ("", "SLUICE_SHELF_SAS_TOKEN")]
    {
        shelf.secrets[0].1 = secret.to_owned();
        for job in [shelf.upload(""), shelf.download("")] {
            let ended = shelf.run("run", &job).expect(REFUSED);
            assert!(ended.stderr.contains(words), "{}", ended.stderr);
            assert!(secret.is_empty() || !ended.stderr.contains(secret), "{}", ended.stderr);
        }
    }
}

#[test]
fn a_shared_access_signature_signs_in_and_is_found_nowhere() {
    let server = Azurite::start();
    let mut shelf = Shelf::azure(&server.url());
    let token = server.python("print(sas('racwdl'))").trim().to_owned();
    let signature = token.split("sig=").nth(1).expect("a signature").to_owned();
    shelf.secrets = vec![("SLUICE_SHELF_SAS_TOKEN", token)];
    tree::small_files(&shelf.site.source, 10, 1);
    tree::file(&shelf.site.source.join("large.mov"), 9 << 20, 2);
    shelf.run("run", &shelf.upload("")).expect(COMPLETE);
    assert_eq!(Status::of(&shelf.site.path("up.sluice")).delivered, 11);
    shelf.run("run", &shelf.download("")).expect(COMPLETE);
    assert_same(&shelf.site.source, &shelf.site.destination);
    // One that may only read: said in the service's words, without the signature.
    let read = server.python("print(sas('rl'))").trim().to_owned();
    let other = read.split("sig=").nth(1).expect("a signature").to_owned();
    shelf.secrets[0].1 = read;
    let again =
        shelf.job("again", shelf.site.source.to_str().expect("ASCII"), &format!("shelf:{BUCKET}/again"), "");
    let ended = shelf.run("run", &again).expect(REFUSED);
    assert!(ended.stderr.contains("Authorization"), "{}", ended.stderr);
    for secret in [signature, other] {
        assert!(!ended.stderr.contains(&secret), "{}", ended.stderr);
        assert_eq!(leaks_of(&secret, shelf.site.source.parent().expect("the site")), Vec::<PathBuf>::new());
    }
}

#[test]
fn an_archived_blob_fails_by_itself() {
    let server = Azurite::start();
    let shelf = Shelf::azure(&server.url());
    server.python(
        "for name in ('in/deep.mov', 'in/near.mov'):\n    \
         call('PUT', name, headers={'x-ms-blob-type': 'BlockBlob'}, body=b'x')\n\
         call('PUT', 'in/deep.mov', {'comp': 'tier'}, {'x-ms-access-tier': 'Archive'})",
    );
    shelf.run("run", &shelf.download("")).expect(WITH_FAILURES);
    let checkpoint = shelf.site.path("down.sluice");
    assert_eq!((Status::of(&checkpoint).delivered, Status::of(&checkpoint).failed), (1, 1));
    assert_eq!(failures(&checkpoint)[0].category, "source_archived");
}

#[test]
fn what_other_bytes_come_of_fails_as_damaged() {
    let server = Azurite::start();
    let cable = Cable::to(&server.url(), Weather::default());
    let shelf = Shelf::azure(&cable.url());
    tree::small_files(&shelf.site.source, 5, 1);
    shelf.run("run", &shelf.upload("")).expect(COMPLETE);
    let more = "[control]\nbackoff_base_ms = 5\nretry_budget_percent = 100";
    let job = shelf.download(more);
    shelf.run("plan", &job).expect(COMPLETE);
    cable.change(Weather { damage_every: 3, ..Weather::default() });
    shelf.run("run", &job).expect(COMPLETE);
    assert!(!cable.damaged().is_empty());
    assert_same(&shelf.site.source, &shelf.site.destination);
}

#[test]
fn a_connection_to_azure_is_tried_out() {
    let server = Azurite::start();
    let user = sluice_tests::user::User::headless();
    let endpoint = format!("{}/{}", server.url(), sluice_tests::azurite::ACCOUNT);
    let account = sluice_tests::azurite::ACCOUNT;
    let add =
        ["connections", "add", "cloud", "--kind", "azure", "--account", account, "--endpoint", &endpoint];
    let added = Running::start(user.sluice(add)).ended().expect(COMPLETE);
    assert!(added.stdout.contains("SLUICE_CLOUD_ACCOUNT_KEY or"), "{}", added.stdout);
    let mut test = user.sluice(["connections", "test", &format!("cloud:{BUCKET}/x"), "--json"]);
    test.env("SLUICE_CLOUD_ACCOUNT_KEY", KEY);
    let trial = Running::start(test).ended().expect(COMPLETE).json();
    let steps = trial["trial"]["steps"].as_array().expect("steps");
    assert!(steps.iter().all(|step| step["result"] == "ok"), "{trial}");
}
