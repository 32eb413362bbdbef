//! A run as it is watched: its charts and what changed on them, its events, the pause that is set for later.

use sluice_tests::command::Status;
use sluice_tests::desktop::{Screen, Window, part};
use sluice_tests::site::Site;
use sluice_tests::tree;
use thirtyfour::prelude::*;

/// At the bandwidth that is set first they take two minutes: longer than everything that happens meanwhile.
const FILES: u64 = 6_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_watched_over_time() {
    let site = Site::new();
    tree::small_files(&site.source, FILES, 1);
    let screen = Screen::new();
    let window = Window::open(&screen, &[site.source.as_os_str()]).await;
    let checkpoint = window.start_slowly(&site.destination).await;

    change_something(&window).await;
    look_at_the_charts(&window).await;
    read_the_events(&window).await;
    set_a_pause(&window).await;
    assert_eq!(Status::of(&checkpoint).state, "running", "all of that while it runs");
}

/// What is changed by hand is told at once, and marked on the charts.
async fn change_something(window: &Window) {
    window.slide_to_stop("streams", 1).await;
    window.reads("changes", |text| text.contains("person") && text.contains("Streams: 1 → 2.")).await;
    window.fill("bandwidth-mb-value", "1").await;
    window.reads("changes", |text| text.contains("Bandwidth: off → 1MB/s.")).await;
    // The start of the run is one, too.
    window.reads("mark", |text| text.contains("3 changes in this time")).await;
}

/// Values under the cursor, zoom by key and by hand and back, another stretch, and the same as a table.
async fn look_at_the_charts(window: &Window) {
    // Some seconds must have passed before there is something to point at.
    window.reads("throughput-text", |text| text.contains("on average")).await;
    let charts = window.shown(&part("charts")).await;
    charts.send_keys(Key::End + "").await.expect("keys for the charts");
    window.reads("throughput-text", |text| text.contains(':') && text.contains("records/s")).await;
    assert_eq!(window.count("zoom").await, 0);
    charts.send_keys("+").await.expect("keys for the charts");
    window.reads("zoom", |text| text.contains(" to ")).await;
    charts.send_keys(Key::Escape + "").await.expect("keys for the charts");
    window.until("no zoom any more", async |_| (window.count("zoom").await == 0).then_some(())).await;

    let over = window.shown("[data-testid='charts'] .u-over").await;
    let hand = window.action_chain().move_to_element_center(&over).click_and_hold().move_by_offset(60, 0);
    hand.release().perform().await.expect("a drag over the chart");
    let zoomed = window.read("zoom").await;
    window.tap("zoom-back").await;
    window.until("no zoom any more", async |_| (window.count("zoom").await == 0).then_some(())).await;
    assert!(zoomed.contains(" to "), "{zoomed}");

    window.tap("stretch-minute").await;
    window.shown("[data-testid='stretch-minute'] input:checked").await;
    window.tap("as-table").await;
    window
        .until("seconds in the table", async |page| {
            let rows = page.find_all(By::Css("[data-testid='throughput'] tbody tr")).await.ok()?;
            (rows.len() > 2).then_some(())
        })
        .await;
}

/// The log tells who did what; it is filtered by kind, by whose doing it is, and by text, and follows the newest.
async fn read_the_events(window: &Window) {
    window.tap("tab-events").await;
    window
        .reads("events", |text| text.contains("Streams: 1 → 2.") && text.contains("The run is at work."))
        .await;
    let kinds = async |kind: &str| {
        let selector = format!("[data-testid='event'][data-kind='{kind}']");
        window.find_all(By::Css(selector)).await.map_or(0, |found| found.len())
    };
    assert_eq!(kinds("batch_ended").await, 0, "batches come too often to be told unasked");
    window.tap("events-batches").await;
    window.until("batches", async |_| (kinds("batch_ended").await > 0).then_some(())).await;
    let newest = async || {
        let seq = "return Number(document.querySelector('[data-testid=\"event\"]')?.dataset.seq ?? 0)";
        window.script(seq, Vec::new()).await.as_i64().expect("a number")
    };
    let before = newest().await;
    window.until("newer events", async |_| (newest().await > before).then_some(())).await;
    window.tap("events-batches").await;

    window.choose("events-by", "A person").await;
    window.until("the person's alone", async |_| (kinds("planned").await == 0).then_some(())).await;
    window.fill("events-text", "1mb").await;
    window.until("one event", async |_| (window.count("event").await == 1).then_some(())).await;
    window.reads("event", |text| text.contains("person") && text.contains("Bandwidth: off → 1MB/s.")).await;
    window.tap("events-copy").await;
    window.says("1 event copied.").await;
    window.fill("events-text", "no such word").await;
    window.says("No event is like that.").await;
}

/// It is shown, outlives the page, and can be taken back.
async fn set_a_pause(window: &Window) {
    window.tap("tab-run").await;
    window.fill("pause-at", "25:00").await;
    window.tap("pause-at-set").await;
    window.reads("pause-at-hint", |text| text.contains("\"25:00\" is no time of day")).await;
    // Half a day from now, so that it does not come while the test looks.
    let hours = "return String((new Date().getHours() + 12) % 24).padStart(2, '0') + ':30'";
    let time = window.script(hours, Vec::new()).await.as_str().expect("a time").to_owned();
    window.fill("pause-at", &time).await;
    window.tap("pause-at-set").await;
    window.says(&format!("Pauses at {time}")).await;
    window.refresh().await.expect("the page anew");
    window.says(&format!("Pauses at {time}")).await;
    window.tap("pause-at-cancel").await;
    window
        .until("no pause any more", async |_| (!window.text().await.contains("Pauses at")).then_some(()))
        .await;
    window.reads("tab-run", |_| true).await;
}
