//! The whole story: choose, check, run, steer, pause, close, open again, resume, mend, reprocess,
//! export.

use std::fs;
use std::path::{Path, PathBuf};

use sluice_tests::command::Status;
use sluice_tests::compare::assert_same;
use sluice_tests::desktop::{FailureRow, Screen, Window};
use sluice_tests::site::Site;
use sluice_tests::tree;

/// Many enough that one at a time they take far longer than everything that happens meanwhile.
const FILES: u64 = 16_000;

/// Records whose name is taken at the destination by another file.
const TAKEN: [u64; 3] = [11, 1_234, 3_456];

/// A record that is a folder when its turn comes.
const REPLACED: u64 = 2_222;

/// Where the record with that number lies below a root.
fn planned(root: &Path, n: u64) -> PathBuf {
    tree::small_file(&root.join("film"), n)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_library_moves_under_control() {
    let site = Site::new();
    tree::small_files(&site.source.join("film"), FILES - 1, 1);
    tree::file(&site.source.join("stills/still-0001.jpg"), 30_000, 1);
    for n in TAKEN {
        tree::file(&planned(&site.destination, n), 5_000, n);
    }
    let screen = Screen::new();

    let window = Window::open(&screen, &[]).await;
    let checkpoint = choose_and_check(&screen, &window, &site).await;
    let replaced = replace_by_folder(&site);
    window.tap("start").await;
    steer(&window, &checkpoint).await;
    pause_and_resume(&window, &checkpoint).await;
    close_while_it_runs(&screen, window, &checkpoint).await;

    let window = Window::open(&screen, &[checkpoint.as_os_str()]).await;
    go_on_where_it_was(&window, &checkpoint).await;
    let rows = see_failures(&window, &site).await;
    export(&screen, &window, &site, &rows).await;
    mend_and_reprocess(&window, &site, &replaced).await;

    screen.close("Sluice");
    window.closed().await;
    assert_same(&site.source, &site.destination);
    let status = Status::of(&checkpoint);
    assert_eq!((status.state.as_str(), status.delivered, status.failed), ("finished", FILES, 0));
}

/// Sources through the system's dialog, the destination typed, limits so low that every step of
/// the run can be seen; then the pre-flight.
async fn choose_and_check(screen: &Screen, window: &Window, site: &Site) -> PathBuf {
    window.says("Drop folders or files here").await;
    window.tap("new-migration").await;
    window.tap("add-folders").await;
    screen.answer_folder("Add folders", &site.source);
    assert_eq!(window.path("source").await, site.source);

    window.name_destination(&site.destination).await;
    for limit in ["batch-size", "streams", "concurrency"] {
        window.slide_to_stop(limit, 0).await;
    }
    window.tap("check").await;

    window.is_in_state("ready").await;
    window.figure("to-move", |records| records == FILES).await;
    window.figure("balance-pending", |records| records == FILES).await;
    let taken = sluice_tests::compare::identities(&site.destination);
    assert_eq!(taken.len(), TAKEN.len(), "the check moves nothing");
    window.path("checkpoint").await
}

/// Puts a folder in the place of a planned file. Returns where the file is now.
fn replace_by_folder(site: &Site) -> PathBuf {
    let away = site.path("away.dat");
    let place = planned(&site.source, REPLACED);
    fs::rename(&place, &away).unwrap();
    fs::create_dir(place).unwrap();
    away
}

/// Every slider takes effect, in the window and in the checkpoint, while records move.
async fn steer(window: &Window, checkpoint: &Path) {
    window.is_in_state("running").await;
    window.holds("rhythm-text", |text| text.contains(" · 1 record · ")).await;
    let status = Status::of(checkpoint);
    assert_eq!((status.batch_size, status.streams, status.concurrency), (1, 1, 1));
    window.until("one stream", async |_| (window.count("stream").await == 1).then_some(())).await;

    window.slide_to_stop("batch-size", 5).await;
    window.holds("rhythm-text", |text| text.contains(" · 8 records · ")).await;
    window.slide_to_stop("streams", 2).await;
    window.until("three streams", async |_| (window.count("stream").await == 3).then_some(())).await;
    window.slide_to_stop("concurrency", 1).await;
    window.until("two at once", async |_| window.text().await.contains("of 2 in flight").then_some(())).await;

    let status = Status::of(checkpoint);
    assert_eq!((status.batch_size, status.streams, status.concurrency), (8, 3, 2));
    assert_eq!(status.state, "running", "all of that while it runs");
    // Back to one at a time, so that the rest of the story has time enough.
    window.fill("batch-size-value", "1").await;
    window.holds("rhythm-text", |text| text.contains(" · 1 record · ")).await;
}

async fn pause_and_resume(window: &Window, checkpoint: &Path) {
    window.tap("pause").await;
    window.is_in_state("paused").await;
    window.says("Everything so far is safe").await;
    let paused = Status::of(checkpoint);
    assert_eq!(paused.state, "paused");
    assert!(paused.pending > 0 && paused.delivered > 0, "{paused:?}");
    window.figure("balance-delivered", |records| records == paused.delivered).await;
    assert_eq!(Status::of(checkpoint), paused, "nothing moves while it is paused");

    window.tap("start").await;
    window.is_in_state("running").await;
    window.figure("balance-delivered", |records| records > paused.delivered + 10).await;
}

/// The window asks first; the answer "keep running" changes nothing, the other pauses and closes.
async fn close_while_it_runs(screen: &Screen, window: Window, checkpoint: &Path) {
    screen.close("Sluice");
    window.shown("[data-testid='dialog-close']").await;
    window.tap("close-no").await;
    let before = Status::of(checkpoint);
    assert_eq!(before.state, "running");
    window.figure("balance-delivered", |records| records > before.delivered).await;

    screen.close("Sluice");
    window.tap("close-yes").await;
    window.closed().await;
    let after = Status::of(checkpoint);
    assert_eq!(after.state, "paused", "a clean pause, not a crash");
    assert!(after.pending > 0, "{after:?}");
    let journal = checkpoint.with_extension("sluice-wal");
    assert!(!journal.exists(), "closed cleanly, the checkpoint is one file");
}

async fn go_on_where_it_was(window: &Window, checkpoint: &Path) {
    let before = Status::of(checkpoint);
    window.is_in_state("paused").await;
    window.figure("balance-delivered", |records| records == before.delivered).await;
    window.figure("balance-pending", |records| records == before.pending).await;
    window.fill("batch-size-value", "1000").await;
    window.fill("concurrency-value", "8").await;
    window.tap("start").await;
    window.is_in_state("finished").await;

    let after = Status::of(checkpoint);
    assert_eq!((after.delivered, after.failed, after.pending), (FILES - 4, 4, 0));
    assert_eq!((after.batch_size, after.attempts), (1000, FILES), "nothing was done twice");
}

/// What failed is listed with its cause, and nothing else is.
async fn see_failures(window: &Window, site: &Site) -> Vec<FailureRow> {
    window.says("4 records could not be delivered").await;
    window.tap("show-failures").await;
    let rows = window.failure_rows(TAKEN.len() + 1).await;
    let expected = |n: u64| {
        let category = if n == REPLACED { "source_not_a_file" } else { "destination_conflict" };
        (planned(&site.source, n).display().to_string(), category.to_owned())
    };
    let mut listed: Vec<_> = rows.iter().map(|row| (row.source.clone(), row.category.clone())).collect();
    listed.sort();
    let mut wanted: Vec<_> = TAKEN.iter().chain([&REPLACED]).map(|n| expected(*n)).collect();
    wanted.sort();
    assert_eq!(listed, wanted);
    rows
}

/// The exported report holds what the table showed.
async fn export(screen: &Screen, window: &Window, site: &Site, rows: &[FailureRow]) {
    let path = site.path("failed.csv");
    window.tap("menu-report").await;
    window.tap("export").await;
    screen.answer("Export the failure report", &path);
    window.says("The report is written").await;

    let mut report = csv::Reader::from_path(&path).unwrap();
    let headers = report.headers().unwrap().clone();
    let exported: Vec<FailureRow> = report
        .records()
        .map(|record| {
            let record = record.unwrap();
            let cell = |name: &str| {
                let column = headers.iter().position(|header| header == name).expect(name);
                record[column].to_owned()
            };
            FailureRow {
                id: cell("id"),
                source: cell("source"),
                category: cell("category"),
                attempts: cell("attempts"),
                message: cell("message"),
            }
        })
        .collect();
    assert_eq!(exported, rows);
}

/// One record, then all of a cause, then everything that is left.
async fn mend_and_reprocess(window: &Window, site: &Site, replaced: &Path) {
    fs::remove_file(planned(&site.destination, TAKEN[0])).unwrap();
    let first = planned(&site.source, TAKEN[0]).display().to_string();
    let row = window.failure_rows(4).await.into_iter().find(|row| row.source == first).expect("the record");
    window.tap_row(&row.id).await;
    window.tap("reprocess-selected").await;
    let left = failures_left(window, 3).await;
    assert!(
        left.iter().all(|row| row.source != first && row.attempts == "1"),
        "only the chosen one: {left:?}"
    );

    for n in &TAKEN[1..] {
        fs::remove_file(planned(&site.destination, *n)).unwrap();
    }
    window.tap("cause-destination_conflict").await;
    window.failure_rows(2).await;
    window.tap("reprocess-shown").await;
    let left = failures_left(window, 1).await;
    assert_eq!((left[0].category.as_str(), left[0].attempts.as_str()), ("source_not_a_file", "1"));

    // Not mended yet: it fails again, and the attempt counts.
    window.tap("reprocess-shown").await;
    window
        .until("a second attempt", async |_| {
            let rows = failures_left(window, 1).await;
            (rows[0].attempts == "2").then_some(())
        })
        .await;

    let place = planned(&site.source, REPLACED);
    fs::remove_dir(&place).unwrap();
    fs::rename(replaced, place).unwrap();
    window.tap("reprocess-shown").await;
    window.says("Everything is there").await;
}

/// Waits for the end of reprocessing and opens the list again.
async fn failures_left(window: &Window, count: usize) -> Vec<FailureRow> {
    window.is_in_state("finished").await;
    window.reads("tab-failures", |text| text.ends_with(&count.to_string())).await;
    window.tap("tab-failures").await;
    window.failure_rows(count).await
}
