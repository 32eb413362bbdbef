//! To object storage, with nothing but the window: the connection is made and tried there, its keys go to the
//! keychain, and every object is delivered with its checksum, and read again against it.

use std::path::Path;

use sluice_tests::desktop::{Scheme, Screen, Window, part};
use sluice_tests::keychain::Keychain;
use sluice_tests::servers::{BUCKET, KEY, Kind, SECRET, Server, leaks};
use sluice_tests::site::Site;
use sluice_tests::tree;

const FILES: u64 = 200;

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_goes_to_object_storage_that_the_window_was_told_of() {
    let server = Server::start(Kind::Moto);
    server.keep_versions(BUCKET);
    let keychain = Keychain::new();
    let screen = Screen::new().on_bus(keychain.address());
    let site = Site::new();
    tree::small_files(&site.source, FILES, 1);

    let window = Window::open(&screen, &[site.source.as_os_str()]).await;
    window.tap("step-destination").await;
    window.tap("destination-connections").await;
    add_and_try(&window, &server).await;
    assert_eq!(keychain.accounts(), ["shelf/access_key_id", "shelf/secret_access_key"]);

    window.name_destination(Path::new(&format!("shelf:{BUCKET}/archive"))).await;
    window.tap("verify-written").await;
    window.tap("check").await;
    window.is_in_state("ready").await;
    window.figure("to-move", |records| records == FILES).await;
    window.tap("start").await;
    window.is_in_state("finished").await;

    balances(&window).await;
    let there = server.boto(
        "pages = s3.get_paginator('list_objects_v2').paginate(Bucket=bucket, Prefix='archive/')\n\
         print(sum(len(page.get('Contents', [])) for page in pages))",
    );
    assert_eq!(there.trim(), FILES.to_string());
    change_and_remove(&window).await;
    assert!(keychain.accounts().is_empty(), "its keys are gone with it");
    assert_eq!(
        leaks(screen.home()),
        Vec::<std::path::PathBuf>::new(),
        "the key is nowhere but in the keychain"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_look_right_by_day() {
    look_right(Scheme::Light, "day").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_look_right_by_night() {
    look_right(Scheme::Dark, "night").await;
}

async fn look_right(scheme: Scheme, word: &str) {
    let server = Server::start(Kind::Moto);
    let keychain = Keychain::new();
    let screen = Screen::in_scheme(scheme).on_bus(keychain.address());
    let window = Window::open(&screen, &[]).await;
    let look = async |state: &str| window.assert_looks_right(&format!("connections-{state}-{word}")).await;
    window.tap("settings").await;
    window.tap("open-connections").await;
    window.shown(&part("no-connections")).await;
    look("none").await;

    add_and_try(&window, &server).await;
    window.tap("settings").await;
    window.tap("open-connections").await;
    window.shown(&part("connection")).await;
    window.tap("connection-new").await;
    look("form").await;
    window.choose("connection-kind", "FTP server").await;
    window.tap("connection-more").await;
    window.fill("connection-host", "nas.example").await;
    look("form-ftp").await;
    window.assert_all_within_reach_of_tab().await;
    window.tap("connection-try").await;
    window.fill("connection-path", BUCKET).await;
    window.tap("connection-test").await;
    window.reads("connection-trial", |text| text.contains("Delete")).await;
    look("tried").await;
    window.tap("connection-remove").await;
    look("remove").await;
}

/// Describes the connection, and sees each check of it.
async fn add_and_try(window: &Window, server: &Server) {
    window.tap("connection-new").await;
    window.fill("connection-name", "shelf").await;
    window.fill("connection-endpoint", &server.url()).await;
    window.fill("connection-access_key_id", KEY).await;
    window.fill("connection-secret_access_key", SECRET).await;
    window.tap("connection-keep").await;
    window.fill("connection-path", &format!("{BUCKET}/archive")).await;
    window.tap("connection-test").await;
    window.reads("connection-trial", |text| text.contains("Delete")).await;
    window.shown("[data-testid='connection-trial'] tr[data-result='ok']").await;
    let failed = window.script(
        "return document.querySelectorAll(\"[data-testid='connection-trial'] tr[data-result='failed']\").length",
        Vec::new(),
    );
    assert_eq!(failed.await, 0);
    window.tap("connections-close").await;
}

/// The account adds up, all of it with a checksum; a source is here, what was delivered of it is not.
async fn balances(window: &Window) {
    let all = FILES.to_string();
    window.tap("tab-records").await;
    window.reads("part-delivered", |text| text.contains(&all)).await;
    window.reads("proven-written", |text| text.contains(&all)).await;
    window.reads("account-holds", |text| text.contains("adds up")).await;
    window.tap("verify-all").await;
    window.reads("verify-result", |text| text.contains(&all)).await;
    window.tap_in("[data-testid='record-row'][data-id='1']").await;
    window.shown(&part("show-source")).await;
    assert_eq!(window.count("show-delivered").await, 0, "it lies on another computer");
    // moto's versions are UUIDs.
    window.reads("target-version", |text| text.matches('-').count() == 4).await;
    assert_eq!(window.count("source-version").await, 0, "a folder keeps no versions");
}

/// The connection is described anew, keeps its keys, and is removed only after a question.
async fn change_and_remove(window: &Window) {
    window.tap("settings").await;
    window.tap("open-connections").await;
    window.tap("connection-edit").await;
    window.fill("connection-region", "eu-central-1").await;
    window.tap("connection-keep").await;
    window.fill("connection-path", BUCKET).await;
    window.tap("connection-test").await;
    window.reads("connection-trial", |text| text.contains("Delete")).await;
    window.tap("connection-remove").await;
    window.tap("connection-gone").await;
    window.shown(&part("no-connections")).await;
    window.tap("connections-close").await;
}
