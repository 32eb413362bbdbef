//! Descriptions that are left before they are checked: kept, taken up again, and never with a secret.

use std::fs;
use std::path::{Path, PathBuf};

use sluice_tests::command::{self, COMPLETE};
use sluice_tests::compare::entries;
use sluice_tests::desktop::{Screen, Window};
use sluice_tests::site::Site;
use sluice_tests::{tree, wait};
use thirtyfour::prelude::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_description_is_kept_when_one_leaves_it_and_not_once_it_is_checked() {
    let site = Site::new();
    tree::small_files(&site.source, 12, 1);
    let screen = Screen::new();
    let window = Window::open(&screen, &[site.source.as_os_str()]).await;
    window.reads("source-found", |text| text.starts_with("12 files")).await;
    step(&window, Key::Right).await;
    is_at(&window, "names").await;
    // Without a catalogue the template is tried on real files.
    window.fill("template", "kept/{{ stem }}.{{ extension }}").await;
    window.holds("preview", |text| text.contains("kept/")).await;
    step(&window, Key::Left).await;
    is_at(&window, "sources").await;
    let kept = wait::until("a draft", || drafts(&screen).pop());
    wait::until("the template in it", || fs::read_to_string(&kept).ok()?.contains("kept/").then_some(()));
    screen.close("Sluice");
    window.closed().await;
    assert_eq!(drafts(&screen).len(), 1);

    // The command reads a draft as the job file that it is, once its destination is there.
    let text = fs::read_to_string(&kept).unwrap();
    let job = site.path("job.toml");
    fs::write(&job, format!("destination = {:?}\n{text}", site.destination)).unwrap();
    command::run(["plan".as_ref(), job.as_os_str()]).expect(COMPLETE);

    let window = Window::open(&screen, &[site.source.as_os_str()]).await;
    window.tap("step-skip").await;
    is_at(&window, "destination").await;
    window.fill("destination", site.destination.to_str().unwrap()).await;
    wait::until("another draft", || (drafts(&screen).len() == 2).then_some(()));
    window.tap("check").await;
    window.is_in_state("ready").await;
    wait::until("the end of that draft", || (drafts(&screen) == [kept.clone()]).then_some(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_place_is_said_so_and_stays_out_of_every_file() {
    let site = Site::new();
    tree::small_files(&site.source, 2, 1);
    let screen = Screen::new();
    let window = Window::open(&screen, &[site.source.as_os_str()]).await;
    window.fill("place", "sftp://u:hunter2@nas.example/x").await;
    window.tap("add-place").await;
    window.reads("place-problem", |text| text.contains("password")).await;
    window.name_destination(Path::new("sftp://u:hunter2@nas.example/x")).await;
    window.reads("destination-problem", |text| text.contains("password")).await;
    window.shown("[data-testid='check']:disabled").await;
    window.tap("step-check").await;
    window.reads("need", |text| text.contains("password")).await;
    let draft = wait::until("a draft", || drafts(&screen).pop());
    let text = fs::read_to_string(draft).unwrap();
    assert!(!text.contains("hunter2") && text.contains("sources"), "{text}");
}

/// Files of the migration that is edited.
const FILES: u64 = 12;

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_of_a_migration_is_the_edit_of_it_again() {
    let site = Site::new();
    tree::small_files(&site.source, FILES, 1);
    let screen = Screen::new();
    let window = Window::open(&screen, &[site.source.as_os_str()]).await;
    window.name_destination(&site.destination).await;
    window.tap("check").await;
    window.is_in_state("ready").await;
    let checkpoint = window.path("checkpoint").await;
    change_and_leave(&window, "sorted").await;
    screen.close("Sluice");
    window.closed().await;

    let window = Window::open(&screen, &[]).await;
    window.reads("draft", |text| text.contains("Draft: change")).await;
    window.tap("open-draft").await;
    window.reads("name", |name| name == "Edit migration").await;
    window.tap("check").await;
    window.is_in_state("ready").await;
    assert_eq!(window.path("checkpoint").await, checkpoint);
    wait::until("the end of the draft", || drafts(&screen).is_empty().then_some(()));
    let origins = fs::read_dir(screen.home().join("data/sluice/drafts")).unwrap().count();
    assert_eq!(origins, 0, "nothing of it is left");

    // Another one is left, and the migration moves files before it is taken up again.
    change_and_leave(&window, "late").await;
    window.tap("start").await;
    window.is_in_state("finished").await;
    let sorted = entries(&site.destination.join("sorted"));
    assert_eq!(sorted.iter().filter(|(_, metadata)| metadata.is_file()).count() as u64, FILES);
    window.tap("home").await;
    window.tap("open-draft").await;
    window.says("has begun to move files").await;
    window.reads("name", |name| name == "New migration").await;
    window.tap("home").await;
    window.reads("draft", |text| text.contains("Draft: change")).await;
    assert_eq!(window.count("migration").await, 1);
    screen.close("Sluice");
    window.closed().await;

    // And its file goes away.
    fs::remove_file(&checkpoint).unwrap();
    let window = Window::open(&screen, &[]).await;
    window.tap("open-draft").await;
    window.says("cannot be opened").await;
    window.says("becomes a new migration").await;
    window.tap("step-names").await;
    window.holds("preview", |text| text.contains("late/")).await;
    window.tap("check").await;
    window.is_in_state("ready").await;
    window.figure("to-move", |records| records == FILES).await;
    wait::until("the end of the draft", || drafts(&screen).is_empty().then_some(()));
}

/// Edits the migration that is checked: its files go into a folder of that name. Leaves that before it is checked.
async fn change_and_leave(window: &Window, folder: &str) {
    window.tap("edit").await;
    window.tap("step-names").await;
    window.fill("template", &format!("{folder}/{{{{ stem }}}}.{{{{ extension }}}}")).await;
    window.holds("preview", |text| text.contains(&format!("{folder}/"))).await;
    window.tap("leave-setup").await;
    window.says("kept as a draft").await;
    window.is_in_state("ready").await;
}

/// The drafts in the person's data folder.
fn drafts(screen: &Screen) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(screen.home().join("data/sluice/drafts")) else { return Vec::new() };
    let drafts = entries.map(|entry| entry.unwrap().path());
    drafts.filter(|path| path.extension().is_some_and(|ending| ending == "toml")).collect()
}

/// Goes a step on, or back, by the keyboard.
async fn step(window: &Window, key: Key) {
    window.action_chain().key_down(Key::Alt).send_keys(key).key_up(Key::Alt).perform().await.unwrap();
}

async fn is_at(window: &Window, step: &str) {
    window.shown(&format!("[data-testid='step'][data-step='{step}']")).await;
}
