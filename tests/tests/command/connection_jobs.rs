//! Jobs that name a connection: whose it is, and whose secrets go there.

use std::fs;
use std::path::Path;
use std::process::Command;

use sluice_tests::command::COMPLETE;
use sluice_tests::compare::picture;
use sluice_tests::process::Running;
use sluice_tests::servers::{KEY, Kind, SECRET, Server};
use sluice_tests::tree;
use sluice_tests::user::User;

/// Somebody whose connection `archive` leads to a server, whose secrets are in the keychain.
fn user_with_archive() -> (User, Server) {
    let user = User::at_desktop();
    tree::small_files(&user.path("source"), 12, 1);
    let server = Server::start(Kind::Rclone);
    let url = server.url();
    let args = ["connections", "add", "archive", "--kind", "s3", "--endpoint", &url, "--secrets-from-stdin"];
    let secrets = format!("access_key_id={KEY}\nsecret_access_key={SECRET}\n");
    user.run_with(args, secrets.as_bytes()).expect(COMPLETE);
    (user, server)
}

/// Asserts that a folder holds the names and bytes of the source.
#[track_caller]
fn assert_arrived(user: &User, target: &Path) {
    assert!(picture(&user.path("source")) == picture(target), "{} is not the source", target.display());
}

fn job(user: &User, destination: &str, more: &str) -> Command {
    let text = format!("sources = [\"source\"]\ndestination = \"{destination}\"\n{more}");
    fs::write(user.path("job.toml"), text).expect("a job");
    let mut command = user.sluice(["run", "job.toml"]);
    command.current_dir(user.path(""));
    command
}

#[test]
fn a_job_reaches_the_users_connection_with_the_keychains_secrets() {
    let (user, server) = user_with_archive();
    Running::start(job(&user, "archive:media/job", "")).ended().expect(COMPLETE);
    assert_arrived(&user, &server.files().join("job"));

    let mut copy = user.sluice(["copy", "source", "archive:media/copy", "--checkpoint", "copy.sluice"]);
    copy.current_dir(user.path(""));
    Running::start(copy).ended().expect(COMPLETE);
    assert_arrived(&user, &server.files().join("copy"));

    let mut verify = user.sluice(["verify", "job.sluice"]);
    verify.current_dir(user.path(""));
    Running::start(verify).ended().expect(COMPLETE);
}

#[test]
fn a_job_cannot_send_what_the_keychain_keeps_to_another_server() {
    let (user, server) = user_with_archive();
    let other = Server::start(Kind::Rclone);
    let own = format!("[connections.archive]\nkind = \"s3\"\nendpoint = \"{}\"\n", other.url());
    Running::start(job(&user, "archive:media/job", &own)).ended().assert_refused(&[
        "archive",
        "keychain",
        "sluice_archive_access_key_id",
    ]);
    assert_eq!(fs::read_dir(other.files()).expect("the bucket").count(), 0);

    // Whoever starts it may send other secrets there.
    let mut command = job(&user, "archive:media/job", &own);
    command.env("SLUICE_ARCHIVE_ACCESS_KEY_ID", KEY).env("SLUICE_ARCHIVE_SECRET_ACCESS_KEY", SECRET);
    Running::start(command).ended().expect(COMPLETE);
    assert_arrived(&user, &other.files().join("job"));
    assert_eq!(fs::read_dir(server.files()).expect("the bucket").count(), 0);
}

#[test]
fn a_name_that_nobody_knows_is_refused_with_those_that_are_known() {
    let (user, _server) = user_with_archive();
    Running::start(job(&user, "tape:media", "")).ended().assert_refused(&["connection tape", "archive"]);
    assert!(!user.path("job.sluice").exists(), "nothing was begun");
}

#[test]
fn connections_that_cannot_be_read_hold_up_only_what_needs_them() {
    let (user, _server) = user_with_archive();
    fs::write(user.connections(), "[connections.archive]\nkind = \"gopher\"\n").expect("a file");
    Running::start(job(&user, "archive:media/job", "")).ended().assert_refused(&[
        "connections.toml",
        "line 2",
        "sluice_connections",
    ]);
    Running::start(job(&user, "local", "")).ended().expect(COMPLETE);
    assert_arrived(&user, &user.path("local"));
}

#[test]
fn a_secret_in_a_job_is_refused_without_repeating_it() {
    let user = User::headless();
    for more in [
        format!("connections.archive = {{ kind = \"s3\", secret_access_key = \"{SECRET}\" }}\n"),
        format!("[connections.archive]\nkind = \"s3\"\nsecret_access_key = \"{SECRET}\"\n"),
        format!("[connections.archive]\nkind = \"s3\"\npassword = {SECRET}\n"),
    ] {
        let ended = Running::start(job(&user, "archive:media", &more)).ended();
        assert!(!ended.stderr.contains(SECRET), "{}", ended.stderr);
        ended.assert_refused(&["job.toml", "no secrets"]);
    }
}
