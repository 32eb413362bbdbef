//! What the services did, as curves: how they are throttled and away, how fast they answer, what changed meanwhile and
//! by whom; over any stretch of time, and as figures.

use std::ffi::OsStr;
use std::time::Duration;

use sluice_tests::command::STOPPED;
use sluice_tests::desktop::{Screen, Window, part};
use sluice_tests::lab::{Lab, Outage, Retry, Script};
use sluice_tests::services::Served;
use sluice_tests::site::Site;
use sluice_tests::tree;
use thirtyfour::prelude::*;

/// Many enough that the service, which lets few through, takes longer than everything that is looked at.
const FILES: u64 = 6_000;

/// A service that asks to slow down long before its gate is full.
fn throttling_lab() -> Lab {
    Lab::start(Script {
        latency: Duration::from_millis(40),
        workers: 8,
        rate: Some(40.0),
        burst: 4.0,
        retry_after: Some(Retry::Seconds(1)),
        ..Script::default()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_curves_of_a_service_tell_what_it_did() {
    let lab = throttling_lab();
    let site = Site::new();
    tree::small_files(&site.source, FILES, 1);
    let limits =
        "[limits]\nbatch_size = 50\nstreams = 3\nconcurrency = 8\n[control.autopilot]\nconcurrency = true";
    let served = Served::new(site, &lab, limits);
    // The command plans it, meets a service that is away, and has no patience.
    lab.outage(Some(Outage::Refused));
    served.run(&["--outage-wait", "0"]).expect(STOPPED);
    lab.outage(None);
    let screen = Screen::new();
    let window = Window::open(&screen, &[served.checkpoint.as_os_str() as &OsStr]).await;
    window.is_in_state("paused").await;
    window.tap("start").await;
    window.is_in_state("running").await;
    window.figure("service-requests", |requests| requests > 50).await;
    window.tap("services-as-table").await;
    window.shown(&part("service-points")).await;

    see_it_throttled(&window, &lab).await;
    see_who_changed_what(&window).await;
    see_it_away(&window, &lab).await;
    look_at_every_stretch(&window).await;
    zoom_in_and_out(&window).await;
    assert_eq!(served.status().state, "running", "all of that while it runs");
}

/// A line of the table of figures: how one service did over some seconds.
#[derive(Debug)]
struct Line {
    state: String,
    in_flight: u64,
    limit: u64,
    requests: u64,
    retries: u64,
    throttled: u64,
    latency: String,
}

/// The table that the curves are drawn from, newest first.
async fn lines(window: &Window) -> Vec<Line> {
    let source = "return [...document.querySelectorAll('[data-testid=\"service-point\"]')].map((row) => \
        Object.fromEntries([...row.querySelectorAll('[data-part]')].map((cell) => \
        [cell.dataset.part, cell.textContent.trim()])))";
    let rows = window.script(source, Vec::new()).await;
    let line = |row: &serde_json::Value| {
        let text = |part: &str| row[part].as_str().unwrap_or_default().replace(',', "");
        let figure = |part: &str| text(part).parse().expect("a figure");
        let (in_flight, limit) = row["in-flight"].as_str()?.split_once(" of ")?;
        Some(Line {
            state: text("state"),
            in_flight: in_flight.parse().ok()?,
            limit: limit.parse().ok()?,
            requests: figure("requests"),
            retries: figure("retries"),
            throttled: figure("throttled"),
            latency: text("latency"),
        })
    };
    rows.as_array().expect("rows").iter().map(|row| line(row).expect("figures")).collect()
}

/// Waits for a line that is as wanted.
async fn line_like(window: &Window, what: &str, wanted: impl Fn(&Line) -> bool) -> Line {
    window.until(what, async |_| lines(window).await.into_iter().find(|line| wanted(line))).await
}

/// The words of a curve, as a screen reader has them.
async fn curve(window: &Window, name: &str) -> String {
    let svg = window.shown(&format!("{} svg", part(&format!("curve-{name}")))).await;
    svg.attr("aria-label").await.ok().flatten().expect("words for the curve")
}

/// Throttled and repeated requests, answer times, and what is in flight against the limit; none of it invented.
async fn see_it_throttled(window: &Window, lab: &Lab) {
    let line = line_like(window, "a line that tells of throttling", |line| {
        line.throttled > 0 && line.retries > 0 && line.state == "answers"
    })
    .await;
    assert!(line.in_flight <= line.limit && line.limit >= 1, "{line:?}");
    assert!(line.throttled <= line.requests && line.retries <= line.requests, "{line:?}");
    let (half, most) = line.latency.split_once(" · ").expect("two times");
    assert!(half.ends_with("ms") || half.ends_with('s'), "{line:?}");
    assert!(!most.is_empty(), "{line:?}");
    let told: u64 = lines(window).await.iter().map(|line| line.throttled).sum();
    assert!(told <= lab.seen().answers(429), "no more than the service refused");

    assert!(curve(window, "throttled").await.contains("Throttled over the time shown"));
    assert!(curve(window, "retries").await.contains("Retries over the time shown"));
    assert!(curve(window, "in-flight").await.contains("its limit, at most"));
    let latency = curve(window, "latency").await;
    assert!(latency.contains("95 of 100 answers") && !latency.contains("away"), "{latency}");
}

/// The autopilot gave way to the service; a person changes something else. Both are told with who it was, and
/// stand on the chart.
async fn see_who_changed_what(window: &Window) {
    window.reads("changes", |text| text.contains("autopilot")).await;
    window.slide_to_stop("streams", 0).await;
    window.reads("changes", |text| text.contains("person") && text.contains("Streams:")).await;
    window.tap("stretch-minute").await;
    // Of changes that stand close together the mark names the first.
    point_at(window, "The autopilot").await;
    window.tap("as-table").await;
    window
        .reads("throughput", |text| {
            text.contains("autopilot") && text.contains("person") && text.contains("Streams:")
        })
        .await;
    window.tap("as-table").await;
}

/// Goes back from the newest point by the arrow keys until the mark that is pointed at has these words.
async fn point_at(window: &Window, words: &str) {
    let charts = window.shown(&part("charts")).await;
    charts.send_keys("" + Key::End).await.expect("keys for the charts");
    window
        .until(&format!("a mark with {words:?}"), async |page| {
            let mark = page.find(By::Css(part("mark"))).await.ok()?.text().await.ok()?;
            if mark.contains(words) {
                return Some(());
            }
            charts.send_keys("" + Key::Left).await.ok()?;
            None
        })
        .await;
}

async fn see_it_away(window: &Window, lab: &Lab) {
    lab.outage(Some(Outage::Refused));
    window.is_in_state("waiting").await;
    window.reads("service-state", |text| text == "away").await;
    window
        .reads("changes", |text| text.contains("run") && text.contains("Service away: the run waits"))
        .await;
    lab.outage(None);
    window.is_in_state("running").await;
    window.reads("service-state", |text| text == "answers").await;
    window.reads("changes", |text| text.contains("Service away: over after")).await;
}

/// How many seconds the chart shows, from what it says of itself; none for a stretch of days.
async fn seconds_shown(window: &Window) -> Option<u32> {
    let charts = window.find(By::Css(part("charts"))).await.ok()?;
    seconds_between(&charts.attr("aria-valuetext").await.ok()??)
}

/// `21:59:40 to 22:00:10` in seconds, also over noon and midnight.
fn seconds_between(text: &str) -> Option<u32> {
    let time = |text: &str| {
        let text = text.split([' ', '\u{202f}']).next()?;
        let figures: Vec<u32> = text.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
        let [hours, minutes, seconds] = figures[..] else { return None };
        Some(hours * 3_600 + minutes * 60 + seconds)
    };
    let (from, to) = text.split_once(" to ")?;
    Some((time(to)? + 86_400 - time(from)?) % 43_200)
}

async fn look_at_every_stretch(window: &Window) {
    for (stretch, seconds) in [("minute", 60), ("ten", 600), ("hour", 3_600)] {
        window.tap(&format!("stretch-{stretch}")).await;
        window.shown(&format!("{} input:checked", part(&format!("stretch-{stretch}")))).await;
        window.until(stretch, async |_| seconds_shown(window).await.filter(|shown| *shown == seconds)).await;
        line_like(window, "figures of that stretch", |line| line.requests > 0).await;
    }
    // A day is told with its dates.
    window.tap("stretch-day").await;
    window.until("a day", async |_| seconds_shown(window).await.is_none().then_some(())).await;
    line_like(window, "figures of the day", |line| line.throttled > 0).await;
    window.tap("stretch-whole").await;
    // It began a while ago, and holds all that was seen before.
    window.until("the whole run", async |_| seconds_shown(window).await.filter(|shown| *shown >= 20)).await;
    line_like(window, "the throttling of before", |line| line.throttled > 0 && line.state == "answers").await;
}

/// `+` shows half as much of the time, and fewer figures; Escape goes back, once for each.
async fn zoom_in_and_out(window: &Window) {
    window.tap("stretch-ten").await;
    window.until("ten minutes", async |_| seconds_shown(window).await.filter(|shown| *shown == 600)).await;
    let all = window.until("figures", async |_| Some(lines(window).await.len()).filter(|all| *all > 2)).await;
    let zoomed = async |seconds| {
        window
            .reads("zoom", |text| seconds_between(text).is_some_and(|shown| shown.abs_diff(seconds) <= 1))
            .await
    };
    let charts = window.shown(&part("charts")).await;
    charts.send_keys("" + Key::End).await.expect("keys for the charts");
    for seconds in [300, 150, 75] {
        charts.send_keys("+").await.expect("keys for the charts");
        zoomed(seconds).await;
    }
    for _ in 0..3 {
        charts.send_keys("+").await.expect("keys for the charts");
    }
    window.until("fewer figures", async |_| (lines(window).await.len() < all).then_some(())).await;
    for _ in 0..4 {
        charts.send_keys("" + Key::Escape).await.expect("keys for the charts");
    }
    zoomed(150).await;
    for _ in 0..2 {
        charts.send_keys("" + Key::Escape).await.expect("keys for the charts");
    }
    window.until("no zoom any more", async |_| (window.count("zoom").await == 0).then_some(())).await;
    window.shown(&format!("{} input:checked", part("stretch-ten"))).await;
    window.until("all figures", async |_| (lines(window).await.len() >= all).then_some(())).await;
}
