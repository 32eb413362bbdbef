//! Whether an SFTP server is the one that the user knows.

use std::fs;
use std::path::Path;

use sluice_tests::command::{self, COMPLETE, Ended, REFUSED};
use sluice_tests::compare::picture;
use sluice_tests::file_servers::{FileServer, Protocol, signed};
use sluice_tests::process::Running;
use sluice_tests::site::Site;
use sluice_tests::tree;

/// A key that is no server's.
const OTHER: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIrPMMJnOynuOYVysQoBzIOUZiiEuPKEMbdvTCJ3lnBi";

fn job(site: &Site, server: &FileServer) -> std::path::PathBuf {
    let path = site.path("job.toml");
    let text = format!("sources = [{:?}]\ndestination = \"nas:in\"\n{}", site.source, server.stranger());
    fs::write(&path, text).expect("the job");
    fs::write(site.path("connections.toml"), server.stranger()).expect("the connections");
    path
}

fn run(site: &Site, args: &[&str]) -> Ended {
    let mut command = signed(command::sluice(args));
    command.env("SLUICE_CONNECTIONS", site.path("connections.toml"));
    Running::start(command).ended()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("ASCII")
}

#[test]
fn a_server_that_nobody_knows_is_refused_until_its_key_is_accepted() {
    let (site, server) = (Site::new(), FileServer::start(Protocol::Sftp));
    tree::small_files(&site.source, 5, 1);
    let job = job(&site, &server);
    let refused = run(&site, &["run", text(&job)]).expect(REFUSED).stderr;
    assert!(refused.contains("SHA256:") && refused.contains("sluice connections trust nas: "), "{refused}");
    assert!(server.all("").is_empty());

    // Nobody is there to ask.
    let unanswered = run(&site, &["connections", "trust", "nas"]).expect(REFUSED).stderr;
    assert!(unanswered.contains("--fingerprint SHA256:"), "{unanswered}");
    let wrong = run(&site, &["connections", "trust", "nas", "--fingerprint", "SHA256:AAAA"]).expect(REFUSED);
    assert!(wrong.stderr.contains("another key"), "{}", wrong.stderr);
    assert!(!server.known_hosts().exists(), "nothing is trusted yet");

    let fingerprint = refused.split_whitespace().find(|word| word.starts_with("SHA256:")).expect("it");
    let fingerprint = fingerprint.trim_end_matches(['.', '`', ',']);
    run(&site, &["connections", "trust", "nas", "--fingerprint", fingerprint]).expect(COMPLETE);
    run(&site, &["run", text(&job)]).expect(COMPLETE);
    assert!(picture(&site.source) == picture(&server.files().join("in")));
}

#[test]
fn a_server_with_another_key_than_before_is_refused() {
    let (site, server) = (Site::new(), FileServer::start(Protocol::Sftp));
    tree::small_files(&site.source, 5, 1);
    let job = job(&site, &server);
    fs::write(server.known_hosts(), format!("[127.0.0.1]:{} {OTHER}\n", server.port))
        .expect("the known hosts");
    let refused = run(&site, &["run", text(&job)]).expect(REFUSED).stderr;
    assert!(refused.contains("another key than before"), "{refused}");
    assert!(server.all("").is_empty());

    // It is not accepted by mistake either.
    let shown = refused.split_whitespace().find(|word| word.starts_with("SHA256:")).expect("it");
    let shown = shown.trim_end_matches('.');
    let stands = run(&site, &["connections", "trust", "nas", "--fingerprint", shown]).expect(REFUSED);
    assert!(stands.stderr.contains("known_hosts"), "{}", stands.stderr);
}
