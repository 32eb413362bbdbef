//! The whole work without a mouse: every press is a key of the keyboard, and the focus is never lost.

use std::fs;
use std::path::{Path, PathBuf};

use sluice_tests::command::{self, Status};
use sluice_tests::desktop::{Screen, Window, part};
use sluice_tests::site::Site;
use sluice_tests::tree;
use thirtyfour::prelude::*;

/// Many enough that one at a time they take longer than the walk to the pause.
const FILES: u64 = 2_000;
/// Files that are moved away after the check.
const MOVED: u64 = 5;

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_work_is_done_with_keys_alone() {
    let (site, other) = (Site::new(), Site::new());
    tree::small_files(&site.source, FILES, 1);
    for n in 0..MOVED {
        tree::file(&site.source.join(format!("old/take-{n}.mov")), 2_000, n);
    }
    tree::small_files(&other.source, 10, 2);
    other.copy(&[]).expect(command::COMPLETE);
    let screen = Screen::new();
    let window = Window::open(&screen, &[]).await;
    window.says("Drop folders or files here").await;

    let checkpoint = describe_and_check(&screen, &window, &site).await;
    // What was checked is not where it was.
    fs::rename(site.source.join("old"), site.source.join("new")).unwrap();
    run_pause_and_go_on(&window).await;
    mend_what_failed(&window).await;
    leave_the_rest(&screen, &window, &site).await;
    look_at_the_records(&screen, &window, &site).await;
    set_up(&window).await;
    keep_order_at_home(&screen, &window, &other).await;

    // As the window manager has it.
    screen.find_window("^Sluice$");
    screen.press(&["alt+F4"]);
    window.closed().await;
    let status = Status::of(&checkpoint);
    assert_eq!((status.delivered, status.failed, status.pending), (FILES + 3, 2, 0));
}

async fn describe_and_check(screen: &Screen, window: &Window, site: &Site) -> PathBuf {
    // The first Tab of all goes into the window.
    window.key("" + Key::Tab).await;
    window.enter("new-migration").await;
    window.enter("add-folders").await;
    screen.answer_folder("Add folders", &site.source);
    assert_eq!(window.path("source").await, site.source);
    window.has_focus_on(&part("add-folders")).await;
    window.chord(Key::Alt, "" + Key::Right).await;
    window.shown("[data-testid='step'][data-step='names']").await;
    window.enter("step-destination").await;
    window.type_into("destination", site.destination.to_str().unwrap()).await;
    window.type_into("batch-size-value", "1").await;
    window.tab_to("verify-read_back").await;
    window.key("" + Key::Down).await;
    window.shown("[data-testid='verify-written']:checked").await;
    window.key("" + Key::Up).await;
    window.shown("[data-testid='verify-read_back']:checked").await;
    window.enter("check").await;
    window.is_in_state("ready").await;
    window.figure("to-move", |records| records == FILES + MOVED).await;
    window.path("checkpoint").await
}

async fn run_pause_and_go_on(window: &Window) {
    window.enter("start").await;
    window.is_in_state("running").await;
    window.tab_to("pause").await;
    window.key(" ").await;
    window.is_in_state("paused").await;
    window.type_into("batch-size-value", "1000").await;
    // The button that led to the pause is the one that leads on.
    window.enter("start").await;
    window.is_in_state("finished").await;
}

/// Three of the records are chosen, and their beginning is changed by a rule.
async fn mend_what_failed(window: &Window) {
    window.turn_to("failures").await;
    window.failure_rows(MOVED as usize).await;
    window.tab_to("failures").await;
    for _ in 0..2 {
        window.chord(Key::Shift, "" + Key::Down).await;
    }
    window.reads("failures-selected", |text| text.contains("3 selected")).await;

    // A dialog that is left gives the focus back.
    window.enter("change").await;
    window.tab_to("amend-way").await;
    window.key("" + Key::Escape).await;
    window.has_focus_on(&part("change")).await;

    window.key("" + Key::Enter).await;
    window.tab_to("amend-way").await;
    window.key("" + Key::Down).await;
    window.type_into("amend-from", "old/").await;
    window.type_into("amend-to", "new/").await;
    window.reads("amend-count", |text| text.starts_with("3 of 3")).await;
    window.enter("amend-reprocess").await;
    window.reads("tab-failures", |text| text.ends_with('2')).await;
    window.is_in_state("finished").await;
    window.turn_to("failures").await;
    window.failure_rows(2).await;
}

async fn leave_the_rest(screen: &Screen, window: &Window, site: &Site) {
    window.tab_to("failures").await;
    window.chord(Key::Control, "a").await;
    window.enter("leave").await;
    window.type_into("leave-note", "not ours").await;
    window.key("" + Key::Enter).await;
    window.shown(&part("cause-left")).await;
    window.has_focus_on(&part("leave")).await;

    window.enter("menu-report").await;
    window.enter("export").await;
    screen.answer("Export the failure report", &site.path("failed.csv"));
    window.says("The report is written").await;
    window.has_focus_on(&part("menu-report")).await;
    assert!(fs::read_to_string(site.path("failed.csv")).unwrap().contains("not ours"));
}

async fn look_at_the_records(screen: &Screen, window: &Window, site: &Site) {
    window.turn_to("records").await;
    window.enter("part-failed").await;
    window.reads("records-shown", |text| text.contains("· 2")).await;
    window.enter("verify-all").await;
    window.reads("verify-result", |text| text.starts_with("2,003 files read again")).await;
    window.enter("export-proof").await;
    screen.answer("Export the proof", &site.path("proof.html"));
    window.says("The proof is written").await;
    window.turn_to("events").await;
    window.type_into("events-text", "pause").await;
    window.holds("events", |text| text.contains("paused")).await;
    window.turn_to("run").await;
}

/// Dialogs over all: each gives the focus back to what opened it.
async fn set_up(window: &Window) {
    window.tab_to("settings").await;
    window.key("" + Key::Enter).await;
    window.tab_to("notify").await;
    window.key(" ").await;
    window.shown("[data-testid='notify']:not(:checked)").await;
    window.enter("open-connections").await;
    window.enter("connection-new").await;
    window.type_into("connection-name", "shelf").await;
    window.type_into("connection-endpoint", "https://s3.example:9000").await;
    window.enter("connection-keep").await;
    window.holds("connections", |text| text.contains("shelf")).await;
    // What was asked for and taken back leaves the focus in the line.
    window.enter("connection-remove").await;
    window.enter("connection-gone").await;
    window.until("no connection", async |_| (window.count("connections").await == 0).then_some(())).await;
    window.enter("connections-close").await;
    window.has_focus_on(&part("settings")).await;
    window.key("?").await;
    window.tab_to("shortcuts-close").await;
    window.key("" + Key::Escape).await;
    window.has_focus_on(&part("settings")).await;
}

async fn keep_order_at_home(screen: &Screen, window: &Window, other: &Site) {
    window.chord(Key::Alt, "" + Key::Home).await;
    window.shown(&part("migration")).await;
    window.enter("duplicate").await;
    window.shown(&part("source")).await;
    window.chord(Key::Alt, "" + Key::Home).await;
    window.enter("drop-draft").await;
    window.until("no draft", async |_| (window.count("draft").await == 0).then_some(())).await;
    // A line that went away hands the focus on to the next one.
    window.has_focus_on("[data-testid='migration'] button").await;

    window.chord(Key::Control, "o").await;
    screen.answer("Open a migration", &other.checkpoint);
    window.is_in_state("finished").await;
    window.enter("home").await;
    window.until("both lines", async |_| (window.count("migration").await == 2).then_some(())).await;
    window.tab_into(&forget(&other.checkpoint)).await;
    window.key("" + Key::Enter).await;
    window.enter("forget-yes").await;
    window.until("one line", async |_| (window.count("migration").await == 1).then_some(())).await;
    window.has_focus_on(&part("forget")).await;
    window.enter("open-migration").await;
    screen.find_window("Open a migration");
    screen.press(&["Escape"]);
    window.tab_into("[data-testid='migration'] [data-testid='open-migration']").await;
    window.key("" + Key::Enter).await;
    window.is_in_state("finished").await;
}

fn forget(checkpoint: &Path) -> String {
    format!("[data-id='{}'] [data-testid='forget']", checkpoint.display())
}
