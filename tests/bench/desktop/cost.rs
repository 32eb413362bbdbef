//! What the window costs the engine: the same run by the command, with the window open, and with the window
//! minimised; then the window at rest.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use sluice_tests::command::{self, COMPLETE};
use sluice_tests::desktop::{Screen, Window};
use sluice_tests::site::Site;
use sluice_tests::tree;
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::ramdisk::RamDisk;

const RECORDS: u64 = 150_000;
const ROUNDS: usize = 3;
const AT_REST: Duration = Duration::from_secs(20);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Arm {
    Command,
    Open,
    Hidden,
}

/// One run.
struct Seen {
    records_per_s: f64,
    /// Share of all processors' time that the page's processes took while records moved.
    page: f64,
}

pub(crate) fn run(disk: &RamDisk) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let site = Site::below(disk.path());
    for n in 0..RECORDS {
        tree::file(&tree::small_file(&site.source, n), 1_000, n);
    }
    let mut seen: [(Arm, Vec<Seen>); 3] = [Arm::Command, Arm::Open, Arm::Hidden].map(|arm| (arm, Vec::new()));
    let mut idle = Vec::new();
    for _ in 0..ROUNDS {
        for (arm, runs) in &mut seen {
            begin_anew(&site);
            runs.push(match arm {
                Arm::Command => {
                    site.on_checkpoint("run", &["--quiet"]).expect(COMPLETE);
                    Seen { records_per_s: runtime.block_on(rate(&site.checkpoint)), page: 0.0 }
                }
                arm => {
                    let (run, rest) = runtime.block_on(in_window(&site, *arm));
                    idle.push(rest);
                    run
                }
            });
        }
    }
    let base = median(seen[0].1.iter().map(|run| run.records_per_s));
    println!("{RECORDS} files of 1 kB, medians of {ROUNDS} rounds");
    for (arm, runs) in &seen {
        let rate = median(runs.iter().map(|run| run.records_per_s));
        let page = median(runs.iter().map(|run| run.page));
        println!(
            "{:<24} {rate:>8.0} records/s   {:>5.1} % of the command's   the page took {:.1} % of the processors",
            match arm {
                Arm::Command => "command",
                Arm::Open => "window open",
                Arm::Hidden => "window minimised",
            },
            100.0 * rate / base,
            100.0 * page
        );
    }
    println!("at rest, window open: {:.2} % of one processor", 100.0 * median(idle.into_iter()));
}

/// A migration that has been planned; one record was moved for real, the others are pending.
fn begin_anew(site: &Site) {
    let _ = fs::remove_dir_all(&site.destination);
    // A window that was killed leaves its log beside the checkpoint.
    for ending in ["", "-wal", "-shm"] {
        let mut file = site.checkpoint.clone().into_os_string();
        file.push(ending);
        let _ = fs::remove_file(file);
    }
    let job = site.path("job.toml");
    let text = format!("sources = [{:?}]\ndestination = {:?}\n", site.source, site.destination);
    fs::write(&job, text).expect("the job file");
    let args: [&OsStr; 7] = [
        "run".as_ref(),
        job.as_os_str(),
        "--checkpoint".as_ref(),
        site.checkpoint.as_os_str(),
        "--pilot".as_ref(),
        "1".as_ref(),
        "--quiet".as_ref(),
    ];
    command::run(args).expect(COMPLETE);
}

/// Runs what is pending in the window, to its end. Gives also the share of one processor that the window takes
/// at rest after it.
async fn in_window(site: &Site, arm: Arm) -> (Seen, f64) {
    let screen = Screen::new();
    let window = Window::open(&screen, &[site.checkpoint.as_os_str() as &OsStr]).await;
    window.shown("[data-testid='start']:enabled").await;
    window.tap("start").await;
    if arm == Arm::Hidden {
        screen.minimise("Sluice");
    }
    let processors = std::thread::available_parallelism().map_or(1, usize::from) as f64;
    let (started, before) = (Instant::now(), page_time(window.group()));
    // Neither the command nor the page is asked: both would take time from what is measured.
    let mut database = open(&site.checkpoint).await;
    let pending = "SELECT pending FROM balance";
    while sqlx::query_scalar::<_, i64>(pending).fetch_one(&mut database).await.expect("the balance") > 0 {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    drop(database);
    let page = (page_time(window.group()) - before) / started.elapsed().as_secs_f64() / processors;
    // The last batch ends a moment later.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let seen = Seen { records_per_s: rate(&site.checkpoint).await, page };
    let before = group_time(window.group());
    tokio::time::sleep(AT_REST).await;
    let rest = (group_time(window.group()) - before) / AT_REST.as_secs_f64();
    (seen, rest)
}

/// Records a second, from the first batch's start to the last one's end.
async fn rate(checkpoint: &Path) -> f64 {
    let mut database = open(checkpoint).await;
    let (records, ms): (i64, i64) = sqlx::query_as(
        "SELECT (SELECT delivered FROM balance), MAX(ended_ms) - MIN(started_ms) FROM batch WHERE id > 1",
    )
    .fetch_one(&mut database)
    .await
    .expect("the batches");
    records as f64 / (ms as f64 / 1000.0)
}

async fn open(checkpoint: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(checkpoint).read_only(true);
    SqliteConnection::connect_with(&options).await.expect("the checkpoint")
}

/// Processor time (seconds) of a window's whole group of processes.
fn group_time(group: u32) -> f64 {
    times(group).into_iter().map(|(_, seconds)| seconds).sum()
}

/// Processor time (seconds) of the processes that draw the page.
fn page_time(group: u32) -> f64 {
    let of_page = |(name, seconds): (String, f64)| name.starts_with("WebKit").then_some(seconds);
    times(group).into_iter().filter_map(of_page).sum()
}

/// Name and processor time (seconds) of every process of a group, by proc(5).
fn times(group: u32) -> Vec<(String, f64)> {
    let hertz = rustix::param::clock_ticks_per_second() as f64;
    let entries = fs::read_dir("/proc").expect("/proc").filter_map(Result::ok);
    let told = entries.filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok());
    told.filter_map(|stat| {
        let (name, rest) = stat.split_once('(')?.1.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let figure = |at: usize| fields.get(at)?.parse::<u64>().ok();
        // Counted from the state, the third field.
        (figure(2)? == u64::from(group))
            .then_some((name.to_owned(), (figure(11)? + figure(12)?) as f64 / hertz))
    })
    .collect()
}

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut all: Vec<f64> = figures.collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}
