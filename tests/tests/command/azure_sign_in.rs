//! Who signs in to Azure without a key of the account: an application of a directory, and a computer by the
//! identity that Azure manages for it. With Azurite, which takes tokens over TLS.

use std::path::{Path, PathBuf};
use std::process::Command;

use sluice_tests::authority::{Authority, CLIENT, HEADER, SECRET, TENANT};
use sluice_tests::azurite::{ACCOUNT, Azurite};
use sluice_tests::command::{self, COMPLETE, Ended, Status};
use sluice_tests::compare::assert_same;
use sluice_tests::process::Running;
use sluice_tests::servers::{BUCKET, leaks_of};
use sluice_tests::site::Site;
use sluice_tests::tree;

/// A job between the site's folders and the container, whose connection has these lines besides.
fn job(site: &Site, azurite: &Azurite, name: &str, more: &str) -> PathBuf {
    let there = format!("shelf:{BUCKET}/in");
    let (source, destination) = match name {
        "up" => (text(&site.source), there.as_str()),
        _ => (there.as_str(), text(&site.destination)),
    };
    let url = azurite.url();
    let file = site.path(&format!("{name}.toml"));
    let text = format!(
        "sources = [{source:?}]\ndestination = {destination:?}\n[connections.shelf]\nkind = \"azure\"\n\
         account = \"{ACCOUNT}\"\nendpoint = \"{url}/{ACCOUNT}\"\n{more}\n"
    );
    std::fs::write(&file, text).expect("the job file");
    file
}

fn text(path: &Path) -> &str {
    path.to_str().expect("ASCII")
}

fn run(azurite: &Azurite, file: &Path, equip: impl Fn(&mut Command)) -> Ended {
    let mut command = command::sluice(["run".as_ref(), file.as_os_str()]);
    command.env("SSL_CERT_FILE", azurite.certificate());
    equip(&mut command);
    Running::start(command).ended()
}

#[test]
fn an_application_signs_in_by_its_secret() {
    let (site, azurite, authority) = (Site::new(), Azurite::secure(), Authority::start());
    tree::small_files(&site.source, 20, 1);
    tree::file(&site.source.join("large.mov"), 9 << 20, 2);
    let url = authority.url();
    let more = format!("tenant = \"{TENANT}\"\nclient_id = \"{CLIENT}\"\nauthority = \"{url}/\"");
    let signed = |command: &mut Command| {
        command.env("SLUICE_SHELF_CLIENT_SECRET", SECRET);
    };
    run(&azurite, &job(&site, &azurite, "up", &more), signed).expect(COMPLETE);
    assert_eq!(Status::of(&site.path("up.sluice")).delivered, 21);
    run(&azurite, &job(&site, &azurite, "down", &more), signed).expect(COMPLETE);
    assert_same(&site.source, &site.destination);
    // A token serves for as long as it is good, and the application's secret goes to the authority alone.
    let asked = authority.asked();
    assert!(asked.len() < 10, "{asked:?}");
    assert!(asked.iter().all(|path| *path == format!("/{TENANT}/oauth2/v2.0/token")), "{asked:?}");
    assert_eq!(leaks_of(SECRET, site.source.parent().expect("the site")), Vec::<PathBuf>::new());
}

#[test]
fn a_wrong_secret_of_an_application_is_told_before_anything_moves() {
    let (site, azurite, authority) = (Site::new(), Azurite::secure(), Authority::start());
    tree::small_files(&site.source, 3, 1);
    let url = authority.url();
    let of = |tenant: &str| format!("tenant = \"{tenant}\"\nclient_id = \"{CLIENT}\"\nauthority = \"{url}\"");
    let file = job(&site, &azurite, "up", &of(TENANT));
    let wrong = run(&azurite, &file, |command| {
        command.env("SLUICE_SHELF_CLIENT_SECRET", "canary-wrong");
    });
    assert!(!wrong.stderr.contains("canary"), "{}", wrong.stderr);
    wrong.assert_refused(&["invalid client secret", "check the connection's user and secret"]);
    run(&azurite, &file, |_| {}).assert_refused(&["sluice_shelf_client_secret is not set"]);
    let nowhere = run(&azurite, &job(&site, &azurite, "up", &of("other.example")), |command| {
        command.env("SLUICE_SHELF_CLIENT_SECRET", SECRET);
    });
    nowhere.assert_refused(&["tenant not found", "check the connection's user and secret"]);
}

#[test]
fn a_computer_signs_in_by_the_identity_that_azure_manages_for_it() {
    let (site, azurite, authority) = (Site::new(), Azurite::secure(), Authority::start());
    tree::small_files(&site.source, 20, 1);
    let identified = |command: &mut Command| {
        command.env("IDENTITY_ENDPOINT", format!("{}/identity", authority.url()));
        command.env("IDENTITY_HEADER", HEADER);
    };
    run(&azurite, &job(&site, &azurite, "up", "managed_identity = true"), identified).expect(COMPLETE);
    assert_eq!(Status::of(&site.path("up.sluice")).delivered, 20);
    assert!(authority.asked().iter().all(|path| path == "/identity"), "{:?}", authority.asked());
    let unknown = run(&azurite, &job(&site, &azurite, "down", "managed_identity = true"), |command| {
        identified(command);
        command.env("IDENTITY_HEADER", "canary-wrong");
    });
    assert!(!unknown.stderr.contains("canary"), "{}", unknown.stderr);
    unknown.assert_refused(&["identity not found"]);
    assert_eq!(leaks_of("canary-", site.source.parent().expect("the site")), Vec::<PathBuf>::new());
}
