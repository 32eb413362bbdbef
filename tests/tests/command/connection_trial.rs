//! `sluice connections test`: what works at a real server, what does not, and why.

use std::fs;
use std::net::TcpListener;
use std::path::Path;

use serde_json::Value;
use sluice_tests::cable::{Cable, Weather};
use sluice_tests::command::{COMPLETE, WITH_FAILURES};
use sluice_tests::process::Running;
use sluice_tests::servers::{KEY, Kind, SECRET, Server};
use sluice_tests::user::User;

fn add(user: &User, name: &str, url: &str, secret: &str) {
    let args = ["connections", "add", name, "--kind", "s3", "--endpoint", url, "--secrets-from-stdin"];
    let secrets = format!("access_key_id={KEY}\nsecret_access_key={secret}\n");
    user.run_with(args, secrets.as_bytes()).expect(COMPLETE);
}

/// Each step and what came of it.
fn steps(json: &Value) -> Vec<(String, String)> {
    let word = |step: &Value, key: &str| step[key].as_str().expect("a word").to_owned();
    let steps = json["trial"]["steps"].as_array().expect("steps");
    steps.iter().map(|step| (word(step, "step"), word(step, "result"))).collect()
}

#[track_caller]
fn assert_results(json: &Value, expected: &[(&str, &str)]) {
    let steps = steps(json);
    let all = ["reach", "clock", "sign_in", "list", "write", "checksum", "guard", "read", "times", "delete"];
    assert_eq!(steps.iter().map(|(step, _)| step.as_str()).collect::<Vec<_>>(), all, "{json}");
    for (step, result) in expected {
        assert!(
            steps.contains(&((*step).to_owned(), (*result).to_owned())),
            "{step} is not {result}: {json}"
        );
    }
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).expect("a folder").next().is_none()
}

#[test]
fn a_server_that_works_is_found_to_work_and_is_left_as_it_was() {
    let user = User::at_desktop();
    let server = Server::start(Kind::Rclone);
    add(&user, "archive", &server.url(), SECRET);
    let json = user.run(["connections", "test", "archive:media/deep", "--json"]).expect(COMPLETE).json();
    assert_eq!(json["good"], true);
    let good = ["reach", "clock", "sign_in", "list", "write", "read", "delete"].map(|step| (step, "ok"));
    assert_results(&json, &good);
    // It keeps two writers apart now and then only: of its guard, nothing can be expected.
    assert_results(&json, &[("checksum", "not_supported")]);
    assert!(is_empty(&server.files()), "what was written is gone");
    let told = user.run(["connections", "test", "archive:media"]).expect(COMPLETE).stdout;
    assert!(told.contains("sign-in") && told.contains(" ms  it knows us"), "{told}");
}

#[test]
fn a_server_that_replaces_what_is_there_is_found_to() {
    let user = User::at_desktop();
    let server = Server::start(Kind::Moto);
    let cable = Cable::to(&server.url(), Weather { is_careless: true, ..Weather::default() });
    add(&user, "archive", &cable.url(), SECRET);
    let json = user.run(["connections", "test", "archive:media", "--json"]).expect(COMPLETE).json();
    assert_results(&json, &[("write", "ok"), ("guard", "not_supported"), ("read", "ok"), ("delete", "ok")]);
}

#[test]
fn a_server_that_keeps_two_writers_apart_is_found_to() {
    let user = User::at_desktop();
    let server = Server::start(Kind::Moto);
    add(&user, "archive", &server.url(), SECRET);
    let json = user.run(["connections", "test", "archive:media", "--json"]).expect(COMPLETE).json();
    assert_results(&json, &[("guard", "ok"), ("read", "ok"), ("delete", "ok")]);
    assert_eq!(server.boto("print(s3.list_objects_v2(Bucket=bucket)['KeyCount'])").trim(), "0");
}

#[test]
fn without_a_keychain_the_environment_signs_in() {
    let user = User::headless();
    let server = Server::start(Kind::Rclone);
    user.run(["connections", "add", "archive", "--kind", "s3", "--endpoint", &server.url()]).expect(COMPLETE);
    let test = || user.sluice(["connections", "test", "archive:media", "--json"]);
    Running::start(test()).ended().assert_refused(&["sluice_archive_access_key_id"]);
    let mut command = test();
    command.env("SLUICE_ARCHIVE_ACCESS_KEY_ID", KEY).env("SLUICE_ARCHIVE_SECRET_ACCESS_KEY", SECRET);
    let json = Running::start(command).ended().expect(COMPLETE).json();
    assert_results(&json, &[("sign_in", "ok"), ("delete", "ok")]);
    assert!(is_empty(&server.files()));
}

#[test]
fn what_fails_is_named_and_what_depends_on_it_is_skipped() {
    let user = User::at_desktop();
    let server = Server::start(Kind::Rclone);
    let test = |place: &str| {
        let ended = user.run(["connections", "test", place, "--json"]).expect(WITH_FAILURES);
        let json = ended.json();
        assert_eq!(json["good"], false);
        json
    };
    add(&user, "wrong", &server.url(), "another secret");
    assert_results(&test("wrong:media"), &[("reach", "ok"), ("sign_in", "failed"), ("write", "skipped")]);

    add(&user, "archive", &server.url(), SECRET);
    let nowhere = test("archive:no-such-bucket");
    assert_results(&nowhere, &[("sign_in", "ok"), ("list", "failed"), ("write", "skipped")]);

    // A port that was free a moment ago, and that nobody listens to.
    let free = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port");
    add(&user, "away", &format!("http://{free}"), SECRET);
    let away = test("away:media");
    assert_results(&away, &[("reach", "failed"), ("clock", "skipped"), ("delete", "skipped")]);
    assert!(away["trial"]["steps"][0]["said"].as_str().expect("words").contains("refused"), "{away}");
    assert!(is_empty(&server.files()));
}

#[test]
fn what_names_no_place_is_refused() {
    let user = User::at_desktop();
    add(&user, "archive", "https://s3.example", SECRET);
    user.run(["connections", "test", "tape:media"]).assert_refused(&["tape", "archive"]);
    user.run(["connections", "test", "archive"]).assert_refused(&["archive", "bucket"]);
    user.run(["connections", "test", "/mnt/nas"]).assert_refused(&["/mnt/nas", "archive:bucket"]);
}
