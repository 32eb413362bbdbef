//! Several migrations in one window: at work at once, listed at Home, opened by a second start.

use std::fs;
use std::path::{Path, PathBuf};

use sluice_tests::command::{self, Status};
use sluice_tests::compare::assert_same;
use sluice_tests::desktop::{Scheme, Screen, Window};
use sluice_tests::process::Running;
use sluice_tests::site::Site;
use sluice_tests::{program, tree, wait};

/// Many enough that one at a time they take far longer than everything that happens meanwhile.
const LONG: u64 = 30_000;
const SHORT: u64 = 1_500;

#[tokio::test(flavor = "multi_thread")]
async fn two_migrations_run_at_once_and_a_second_start_opens_a_third() {
    let (first, second, third) = (Site::new(), Site::new(), Site::new());
    tree::small_files(&first.source, LONG, 1);
    tree::small_files(&second.source, SHORT, 2);
    tree::small_files(&third.source, 10, 3);
    third.copy(&[]).expect(command::COMPLETE);
    let screen = Screen::new();
    let window = Window::open(&screen, &[]).await;
    window.says("Drop folders or files here").await;

    let long = begin(&screen, &window, &first).await;
    window.tap("home").await;
    row(&window, &long, "running").await;
    assert_eq!(Status::of(&long).state, "running", "leading home pauses nothing");
    let short = begin(&screen, &window, &second).await;
    window.tap("home").await;
    row(&window, &long, "running").await;
    row(&window, &short, "running").await;
    window.shown(&in_row(&short, "[data-testid='row-rate']")).await;
    window.shown(&in_row(&short, "[data-testid='forget']:disabled")).await;

    // The shown one is steered, the other one goes on as it was told.
    window.tap_in(&in_row(&short, "[data-testid='open-migration']")).await;
    window.fill("batch-size-value", "500").await;
    window.fill("concurrency-value", "32").await;
    window.is_in_state("finished").await;
    assert_same(&second.source, &second.destination);
    window.tap("home").await;
    row(&window, &short, "finished").await;
    row(&window, &long, "running").await;

    // What rests is free for another program.
    command::run(["verify".as_ref(), short.as_os_str()]).expect(command::COMPLETE);
    let folder = third.checkpoint.parent().unwrap();
    second_start(&screen, folder, &[Path::new("test.sluice")]);
    window.is_in_state("finished").await;
    window.reads("name", |name| name == "destination").await;
    window.tap("home").await;
    row(&window, &third.checkpoint, "finished").await;

    // Closing asks, and closes what is at work behind the list.
    screen.close("Sluice");
    window.says("A migration is running").await;
    window.tap("close-yes").await;
    window.closed().await;
    let status = Status::of(&long);
    assert_eq!(status.state, "paused");
    assert!(status.delivered > 0 && status.pending > 0, "{status:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_this_computer_knows_can_be_duplicated_forgotten_and_brought_back() {
    let site = Site::new();
    tree::small_files(&site.source, 10, 1);
    site.copy(&[]).expect(command::COMPLETE);
    let screen = Screen::new();
    let known = migrations(&screen).join("known.sluice");
    fs::create_dir_all(migrations(&screen)).unwrap();
    fs::copy(&site.checkpoint, &known).unwrap();
    fs::write(migrations(&screen).join("damaged.sluice"), "<b>no migration</b>").unwrap();

    let window = Window::open(&screen, &[]).await;
    row(&window, &known, "finished").await;
    window.reads("row-problem", |text| text == "Cannot be read").await;
    window.says("damaged.sluice is no Sluice migration").await;

    window.tap_in(&in_row(&known, "[data-testid='duplicate']")).await;
    assert_eq!(window.path("source").await, site.source);
    // A draft that was left is kept, and can be thrown away.
    window.tap("home").await;
    window.tap("drop-draft").await;
    window.until("no draft", async |_| (window.count("draft").await == 0).then_some(())).await;

    window.tap_in(&in_row(&known, "[data-testid='forget']")).await;
    window.says("Its file stays where it is").await;
    window.tap("forget-yes").await;
    window.until("one row", async |_| (window.count("migration").await == 1).then_some(())).await;
    assert!(known.exists());
    second_start(&screen, &migrations(&screen), &[Path::new("known.sluice")]);
    window.is_in_state("finished").await;
    // A command that means another migration is not done to the one that is shown.
    assert_eq!(refused_pause(&window, &migrations(&screen).join("other.sluice")).await, "not_open");
    assert_eq!(refused_pause(&window, &known).await, "illegal_move");
    window.tap("home").await;
    row(&window, &known, "finished").await;
}

/// Why the window may not pause that migration.
async fn refused_pause(window: &Window, of: &Path) -> String {
    let pause = "const [of, done] = arguments; \
                 window.__TAURI_INTERNALS__.invoke('pause', { of }).then(done, (error) => done(error.code))";
    let answer = window.execute_async(pause, vec![of.to_str().into()]).await.expect("an answer");
    answer.json().as_str().expect("a refusal").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_kept() {
    let screen = Screen::new();
    let window = Window::open(&screen, &[]).await;
    window.tap("settings").await;
    window.fill("records-at-once", "many").await;
    window.says("A whole number from 1").await;
    window.fill("records-at-once", "3").await;
    window.tap("notify").await;
    window.tap("default-verify-size").await;
    window.reads("tools", |text| text.contains("ffprobe")).await;
    window.choose("language", "German").await;
    // It speaks it at once.
    window.says("Ordner oder Dateien hier ablegen").await;
    let file = screen.home().join("config/sluice/settings.json");
    let kept = wait::until("the settings", || {
        let kept: serde_json::Value = serde_json::from_slice(&fs::read(&file).ok()?).ok()?;
        (kept["language"] == "german").then_some(kept)
    });
    assert_eq!((&kept["records_at_once"], &kept["notify"]), (&3.into(), &false.into()));
    window.tap("new-migration").await;
    window.tap("step-destination").await;
    window.shown("[data-testid='verify-size']:checked").await;
    // The log of this window is there to be sent.
    let logs = fs::read_dir(screen.home().join("data/sluice/logs")).unwrap();
    assert_eq!(logs.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn home_looks_right_by_day() {
    looks_right(Scheme::Light, "day").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn home_looks_right_by_night() {
    looks_right(Scheme::Dark, "night").await;
}

async fn looks_right(scheme: Scheme, word: &str) {
    let screen = Screen::in_scheme(scheme);
    let site = Site::new();
    tree::small_files(&site.source, 8_000, 1);
    fs::create_dir_all(migrations(&screen)).unwrap();
    for (n, name) in NAMES.iter().enumerate() {
        let source = site.path(name).join("source");
        tree::small_files(&source, 20 + 7 * n as u64, n as u64);
        let destination = site.path("nas").join(name);
        if n % 4 == 1 {
            tree::file(&tree::small_file(&destination, 3), 77, 1);
        }
        let checkpoint = migrations(&screen).join(format!("{n}.sluice"));
        let args = ["copy".as_ref(), source.as_os_str(), destination.as_os_str(), "--checkpoint".as_ref()];
        command::run([&args[..], &[checkpoint.as_os_str()]].concat());
    }
    let window = Window::open(&screen, &[]).await;
    window.until("all rows", async |_| (window.count("row-done").await == NAMES.len()).then_some(())).await;
    window.assert_looks_right(&format!("home-{word}")).await;
    window.assert_all_within_reach_of_tab().await;

    fs::write(migrations(&screen).join("damaged.sluice"), "no migration").unwrap();
    let long = begin(&screen, &window, &site).await;
    window.tap("home").await;
    row(&window, &long, "running").await;
    window.shown("[data-testid='row-problem']").await;
    window.shown(&in_row(&long, "[data-testid='row-rate']")).await;
    window.assert_looks_right(&format!("home-at-work-{word}")).await;
    window.tap_in(&in_row(&migrations(&screen).join("3.sluice"), "[data-testid='forget']")).await;
    window.shown("dialog[open]").await;
    window.assert_looks_right(&format!("home-forget-{word}")).await;
    window.tap("forget-no").await;
    for (dialog, ready) in [("settings", "tools"), ("shortcuts", "shortcuts-close")] {
        window.tap(dialog).await;
        window.reads(ready, |text| text.contains("ffprobe") || text == "Close").await;
        window.assert_looks_right(&format!("{dialog}-{word}")).await;
        window.assert_all_within_reach_of_tab().await;
        if dialog == "settings" {
            window.tap("open-about").await;
            window.reads("version", |text| text.starts_with("Version")).await;
            window.assert_looks_right(&format!("about-{word}")).await;
            window.tap("about-close").await;
        } else {
            window.tap("shortcuts-close").await;
        }
    }
}

/// Names that strain the list.
const NAMES: [&str; 10] = [
    "Regional archive 1974",
    "ארכיון הטלוויזיה",
    "<img src=x onerror=alert(1)>",
    "Aufzeichnungen der Jahreshauptversammlungen und Sitzungen des Rundfunkrates 1961 bis 1989",
    "Tape restore",
    "Stills",
    "映像アーカイブ",
    "Newsreel",
    "Sports 2019",
    "😀😀😀 Kinder",
];

/// Describes a migration by what a second start hands over, checks and starts it, slowly. Its file.
async fn begin(screen: &Screen, window: &Window, site: &Site) -> PathBuf {
    second_start(screen, &site.path(""), &[&site.source]);
    assert_eq!(window.path("source").await, site.source);
    window.start_slowly(&site.destination).await
}

/// Starts the program again in a folder; it ends at once, because a window is there.
fn second_start(screen: &Screen, folder: &Path, paths: &[&Path]) {
    let mut start = screen.command(program("sluice-desktop"));
    start.current_dir(folder).args(paths);
    Running::start(start).ended().expect(command::COMPLETE);
}

/// Where the program keeps migrations.
fn migrations(screen: &Screen) -> PathBuf {
    screen.home().join("data/sluice/migrations")
}

/// The selector of something in the row of a migration.
fn in_row(checkpoint: &Path, what: &str) -> String {
    format!("[data-testid='migration'][data-id='{}'] {what}", checkpoint.display())
}

/// Waits until the list shows a migration in a state.
async fn row(window: &Window, checkpoint: &Path, state: &str) {
    window.shown(&in_row(checkpoint, &format!("[data-testid='row-state'][data-state='{state}']"))).await;
}
