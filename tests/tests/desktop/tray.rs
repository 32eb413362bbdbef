//! A window that is closed while something runs goes into the tray, and is never lost there.

use std::fs;

use serde_json::json;
use sluice_tests::command::{COMPLETE, Status};
use sluice_tests::desktop::{Notifications, Screen, Tray, Window, part};
use sluice_tests::process::Running;
use sluice_tests::site::Site;
use sluice_tests::{program, tree, wait};

/// Many enough that one at a time they take far longer than everything that happens meanwhile.
const LONG: u64 = 30_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_window_waits_in_the_tray_and_the_run_goes_on() {
    let (screen, site) = (Screen::new(), Site::new());
    tree::small_files(&site.source, LONG, 1);
    let (tray, notifications) = (Tray::on(&screen), Notifications::on(&screen));
    let window = Window::open(&screen, &[site.source.as_os_str()]).await;
    assert_eq!(window.path("source").await, site.source);
    window.tap("settings").await;
    window.tap("stay-in-tray").await;
    window.tap("settings-close").await;
    tray.says(|tip| tip == "Sluice: nothing at work");
    assert_eq!(tray.picture(), (64, 64, 64 * 64 * 4));
    let checkpoint = window.start_slowly(&site.destination).await;
    tray.says(|tip| tip.starts_with("Sluice: 1 at work, ") && tip.ends_with(" %"));

    hide(&screen, &window).await;
    wait::until("a word where it went", || (!notifications.titles().is_empty()).then_some(()));
    let then = Status::of(&checkpoint).delivered;
    wait::until("more delivered", || (Status::of(&checkpoint).delivered > then).then_some(()));
    assert!(!screen.has_window("^Sluice$"));
    assert_eq!(tray.menu(), ["Show Sluice", "Quit Sluice"]);
    tray.choose("Show Sluice");
    is_back(&screen, &window).await;
    window.is_in_state("running").await;
    assert_eq!(window.count("close-yes").await, 0, "nothing was asked");

    hide(&screen, &window).await;
    tray.press_icon();
    is_back(&screen, &window).await;

    hide(&screen, &window).await;
    Running::start(screen.command(program("sluice-desktop"))).ended().expect(COMPLETE);
    is_back(&screen, &window).await;

    // With the icon goes the way back: the window comes by itself, and closing asks.
    hide(&screen, &window).await;
    assert_eq!(notifications.titles(), ["Sluice goes on in the tray"], "told once");
    drop(tray);
    is_back(&screen, &window).await;
    screen.close("Sluice");
    window.says("A migration is running").await;
    assert!(screen.has_window("^Sluice$"));
    window.tap("close-no").await;

    // Another tray gets the icon again.
    let tray = Tray::on(&screen);
    tray.says(|tip| tip.starts_with("Sluice: 1 at work, "));
    hide(&screen, &window).await;
    tray.choose("Quit Sluice");
    is_back(&screen, &window).await;
    window.says("A migration is running").await;
    window.tap("close-yes").await;
    window.closed().await;
    let status = Status::of(&checkpoint);
    assert_eq!(status.state, "paused");
    assert!(status.delivered > then && status.pending > 0, "{status:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_tray_closing_asks_and_the_setting_says_so() {
    let (screen, site) = (Screen::new(), Site::new());
    tree::small_files(&site.source, LONG, 1);
    set(&screen, &json!({ "stay_in_tray": true }));
    let window = Window::open(&screen, &[site.source.as_os_str()]).await;
    window.start_slowly(&site.destination).await;
    screen.close("Sluice");
    window.says("A migration is running").await;
    assert!(screen.has_window("^Sluice$"));
    window.tap("close-no").await;
    window.tap("settings").await;
    window.reads("tray-hint", |text| text.starts_with("This desktop has no tray")).await;
    // What is on can be turned off, and not on again.
    window.tap("stay-in-tray").await;
    window.shown(&format!("{}:disabled", part("stay-in-tray"))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tray_speaks_the_language_of_the_window_and_quits_what_rests() {
    let screen = Screen::new();
    let tray = Tray::on(&screen);
    set(&screen, &json!({ "stay_in_tray": true, "language": "german" }));
    let window = Window::open(&screen, &[]).await;
    tray.says(|tip| tip == "Sluice: nichts in Arbeit");
    assert_eq!(tray.menu(), ["Sluice zeigen", "Sluice beenden"]);
    tray.choose("Sluice beenden");
    window.closed().await;
}

fn set(screen: &Screen, settings: &serde_json::Value) {
    let file = screen.home().join("config/sluice/settings.json");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, settings.to_string()).unwrap();
}

/// Closes the window and waits until it is gone, also for its page.
async fn hide(screen: &Screen, window: &Window) {
    screen.close("Sluice");
    wait::until("no window", || (!screen.has_window("^Sluice$")).then_some(()));
    page_is_hidden(window, true).await;
}

async fn is_back(screen: &Screen, window: &Window) {
    screen.find_window("^Sluice$");
    page_is_hidden(window, false).await;
}

/// While nobody sees the page it is told little.
async fn page_is_hidden(window: &Window, hidden: bool) {
    window
        .until(&format!("a page with hidden: {hidden}"), async |page| {
            let now = page.execute("return document.hidden", Vec::new()).await.ok()?;
            (now.json().as_bool()? == hidden).then_some(())
        })
        .await;
}
