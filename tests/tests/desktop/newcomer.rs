//! What somebody does who has never seen the window: changes their mind, gives it the wrong file,
//! pulls the drive.

use std::fs;
use std::path::{Path, PathBuf};

use sluice_tests::command::{self, Status};
use sluice_tests::desktop::{Screen, Window};
use sluice_tests::site::Site;
use sluice_tests::{tree, wait};
use thirtyfour::prelude::*;

/// Files so many that their check can be cancelled.
const COUNTED: u64 = 120_000;

fn empty_files(root: &Path) {
    for n in 0..COUNTED {
        let folder = root.join(format!("tape-{:03}", n / 1_000));
        if n % 1_000 == 0 {
            fs::create_dir_all(&folder).unwrap();
        }
        fs::File::create(folder.join(format!("clip-{n:06}.mxf"))).unwrap();
    }
}

/// A window in which the sources of a place are described.
async fn described(screen: &Screen, site: &Site) -> Window {
    let window = Window::open(screen, &[site.source.as_os_str()]).await;
    window.name_destination(&site.destination).await;
    window
}

/// The only checkpoint in the person's data folder.
fn only_checkpoint(screen: &Screen) -> PathBuf {
    let folder = screen.home().join("data/sluice/migrations");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "sluice"));
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0)
}

/// Folders, destination, start: whoever sees the window for the first time needs no more, and what the defaults
/// make of it is proven.
#[tokio::test(flavor = "multi_thread")]
async fn three_actions_lead_from_an_empty_window_to_a_proven_migration() {
    let site = Site::new();
    tree::small_files(&site.source, 40, 1);
    tree::file(&site.source.join("audio/interview.wav"), 3_000, 1);
    fs::create_dir(&site.destination).unwrap();
    let screen = Screen::new();
    let window = Window::open(&screen, &[]).await;
    window.says("Drop folders or files here").await;
    let filled = async |name: &str| {
        // The one filled button is always the next thing to do.
        let buttons = window.find_all(By::Css(".button.primary")).await.unwrap();
        assert_eq!(buttons.len(), 1, "one filled button before {name}");
        assert_eq!(buttons[0].attr("data-testid").await.unwrap().as_deref(), Some(name));
        window.tap(name).await;
    };
    filled("choose-folders").await;
    screen.answer_folder("Add folders", &site.source);
    window.reads("source-found", |text| text.starts_with("41 files")).await;
    filled("choose-and-check").await;
    screen.answer("Choose the destination", &site.destination);
    window.is_in_state("ready").await;
    filled("start").await;
    window.says("Everything is there").await;
    window.says("read back").await;
    sluice_tests::compare::assert_same(&site.source, &site.destination);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_can_be_cancelled_changed_and_left() {
    let site = Site::new();
    empty_files(&site.source);
    let screen = Screen::new();
    let window = described(&screen, &site).await;
    window.tap("check").await;
    window.tap("cancel-check").await;
    window.tap("step-sources").await;
    assert_eq!(window.path("source").await, site.source, "what was described is still there");

    // Again, and closed in the middle: the window asks, then goes.
    window.tap("check").await;
    window.is_in_state("planning").await;
    screen.close("Sluice");
    window.says("The check is not complete").await;
    window.tap("close-yes").await;
    window.closed().await;
    let checkpoint = only_checkpoint(&screen);
    let status = Status::of(&checkpoint);
    assert_eq!((status.state.as_str(), status.records), ("new", 0));
    assert!(!site.destination.exists());

    // It can be described on from there, and checked to its end.
    let window = Window::open(&screen, &[checkpoint.as_os_str()]).await;
    assert_eq!(window.path("source").await, site.source);
    window.tap("check").await;
    window.is_in_state("ready").await;
    window.figure("to-move", |records| records == COUNTED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checked_migration_can_be_edited_and_checked_again() {
    let site = Site::new();
    tree::small_files(&site.source, 20, 1);
    let screen = Screen::new();
    let window = described(&screen, &site).await;
    window.tap("check").await;
    window.figure("to-move", |records| records == 20).await;

    window.tap("edit").await;
    window.tap("leave-setup").await;
    window.is_in_state("ready").await;

    // What came since is found, what else was set stays.
    tree::file(&site.source.join("late.mov"), 1_000, 1);
    window.tap("edit").await;
    window.tap("step-destination").await;
    window.tap("conflict-rename").await;
    window.tap("check").await;
    window.figure("to-move", |records| records == 21).await;
    window.tap("edit").await;
    window.tap("step-destination").await;
    window.shown("[data-testid='conflict-rename']:checked").await;
    window.tap("leave-setup").await;

    let elsewhere = site.path("elsewhere");
    window.tap("edit").await;
    window.name_destination(&elsewhere).await;
    window.tap("check").await;
    window.reads("name", |name| name == "elsewhere").await;
    window.tap("start").await;
    window.says("Everything is there").await;
    sluice_tests::compare::assert_same(&site.source, &elsewhere);
    assert!(!site.destination.exists());
    window.tap("tab-failures").await;
    window.says("No record has failed").await;
    assert_eq!(window.count("reprocess-shown").await, 0, "nothing failed, so there is nothing to reprocess");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_cannot_be_opened_are_refused_with_a_reason() {
    let site = Site::new();
    let screen = Screen::new();
    let broken = site.path("broken.sluice");
    fs::write(&broken, "this is no migration").unwrap();
    let window = Window::open(&screen, &[broken.as_os_str()]).await;
    window.reads("notice-message", |text| text.contains("broken.sluice")).await;
    window.says("Drop folders or files here").await;
    drop(window);

    // One that the command runs at this moment.
    tree::small_files(&site.source, 3_000, 1);
    let job = site.path("slow.toml");
    // Slow enough for the slowest window.
    let text = "sources = [\"source\"]\ndestination = \"destination\"\n[limits]\nbatch_size = 1\nconcurrency = 1\n\
                [control]\nbandwidth = \"200kB/s\"";
    fs::write(&job, text).unwrap();
    let checkpoint = site.checkpoint.as_os_str();
    let mut running = command::start(["run".as_ref(), job.as_os_str(), "--checkpoint".as_ref(), checkpoint]);
    wait::until("the checkpoint", || site.checkpoint.exists().then_some(()));
    let window = Window::open(&screen, &[site.checkpoint.as_os_str()]).await;
    window.reads("notice-message", |text| text.contains("test.sluice")).await;
    assert!(running.has_ended().is_none(), "and that goes on undisturbed");
    window.says("Drop folders or files here").await;
    running.signal(rustix::process::Signal::TERM);
    running.ended().expect(command::STOPPED);

    // The window is none the worse for it: now the same file opens.
    window.tap("open-migration").await;
    screen.answer("Open a migration", &site.checkpoint);
    window.is_in_state("paused").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_or_destination_that_vanished_is_named_and_nothing_is_lost() {
    let site = Site::new();
    tree::small_files(&site.source, 2_000, 1);
    fs::create_dir(&site.destination).unwrap();
    let screen = Screen::new();
    let window = described(&screen, &site).await;
    window.fill("batch-size-value", "2").await;
    window.tap("check").await;
    window.is_in_state("ready").await;
    let away = site.path("unplugged");

    fs::rename(&site.source, &away).unwrap();
    window.tap("start").await;
    window.reads("notice-message", |text| text.contains("source")).await;
    window.is_in_state("ready").await;
    fs::rename(&away, &site.source).unwrap();

    window.tap("start").await;
    window.figure("balance-delivered", |records| records > 20).await;
    fs::rename(&site.destination, &away).unwrap();
    window.is_in_state("waiting").await;
    window.says("Waiting for the destination to come back").await;
    fs::rename(&away, &site.destination).unwrap();
    // Nobody presses anything: it goes on by itself.
    window.fill("batch-size-value", "1000").await;
    window.says("Everything is there").await;
    sluice_tests::compare::assert_same(&site.source, &site.destination);
}
