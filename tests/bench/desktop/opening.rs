//! How soon the window is there: Home with ten known migrations, and a migration of 1,000,000 records
//! opened from it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::json;
use sluice_engine::api::Migration;
use sluice_tests::command::{self, COMPLETE};
use sluice_tests::desktop::{Screen, Window};
use sluice_tests::site::Site;
use sluice_tests::tree;

use crate::ramdisk::RamDisk;

const RECORDS: u64 = 1_000_000;
const KNOWN: usize = 10;
const MOST_OPENING: Duration = Duration::from_millis(500);
const MOST_START: Duration = Duration::from_secs(1);

/// Times that each figure is taken.
const RUNS: usize = 5;

/// Opens the row of a migration and waits until its view is drawn; gives the milliseconds.
const OPEN: &str = "const [id, done] = arguments; const start = performance.now(); \
    const row = [...document.querySelectorAll(\"[data-testid='migration']\")].find((row) => row.dataset.id === id); \
    row.querySelector(\"[data-testid='open-migration']\").click(); \
    const look = () => requestAnimationFrame(document.querySelector(\"[data-testid='state']\") \
        ? () => done(performance.now() - start) : look); \
    look();";

pub(super) fn run(disk: &RamDisk) {
    let site = Site::below(disk.path());
    let large = large_migration(&site);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let opening = (0..RUNS).map(|_| runtime.block_on(open(&large))).max().expect("a run");
    println!("{RECORDS} records, all failed: opened, with its snapshot, in {opening:.0?} at most of {RUNS}");

    let screen = Screen::new();
    let migrations = screen.home().join("data/sluice/migrations");
    fs::create_dir_all(&migrations).expect("the folder of migrations");
    let small = Site::below(disk.path());
    tree::small_files(&small.source, 100, 1);
    small.copy(&["--quiet"]).expect(COMPLETE);
    for n in 1..KNOWN {
        fs::copy(&small.checkpoint, migrations.join(format!("{n}.sluice"))).expect("a copy");
    }
    let listed = migrations.join("large.sluice");
    fs::copy(&large, &listed).expect("a copy");
    let (starts, openings): (Vec<_>, Vec<_>) =
        (0..RUNS).map(|_| runtime.block_on(window(&screen, &listed))).unzip();
    let (start, drawn) = (median(starts), median(openings));
    println!(
        "from the program's start to Home with {KNOWN} migrations drawn: {start:.0?} (median of {RUNS})"
    );
    println!("from the click on the large one to its view drawn: {drawn:.0?} (median of {RUNS})");
    assert!(opening < MOST_OPENING && drawn < MOST_OPENING, "opening takes at most {MOST_OPENING:?}");
    assert!(start < MOST_START, "Home is there within {MOST_START:?}");
}

/// A catalogue whose files are not there: every row is a failed record.
fn large_migration(site: &Site) -> PathBuf {
    let rows: String = (0..RECORDS).map(|n| format!("{:04}/take-{n}.mov\n", n / 1_000)).collect();
    fs::write(site.path("export.csv"), format!("Path\n{rows}")).expect("a catalogue");
    let job = site.path("job.toml");
    let text = "destination = \"destination\"\n[[catalogue]]\nfile = \"export.csv\"\nbase = \"source\"\npath = \"Path\"\n";
    fs::write(&job, text).expect("a job");
    let checkpoint = ["--checkpoint".as_ref(), site.checkpoint.as_os_str(), "--quiet".as_ref()];
    let ended = command::run([&["run".as_ref(), job.as_os_str()][..], &checkpoint].concat());
    assert_eq!(site.status().failed, RECORDS, "{ended:?}");
    site.checkpoint.clone()
}

async fn open(checkpoint: &Path) -> Duration {
    let start = Instant::now();
    let migration = Migration::open(checkpoint).await.expect("a migration");
    let snapshot = migration.snapshot().await.expect("a snapshot");
    let took = start.elapsed();
    assert_eq!(snapshot.progress.balance.failed, RECORDS);
    migration.close().await.expect("a clean end");
    took
}

/// From the program's start to Home, and from there to the large migration.
async fn window(screen: &Screen, large: &Path) -> (Duration, Duration) {
    let window = Window::open(screen, &[]).await;
    let drawn = window
        .until("Home", async |page| {
            let mark = "return performance.getEntriesByName('home').map((mark) => performance.timeOrigin + mark.startTime)[0] ?? null";
            page.execute(mark, Vec::new()).await.ok()?.json().as_f64()
        })
        .await;
    let begun = screen.begun_ms("sluice-desktop");
    let opened = window.execute_async(OPEN, vec![json!(large)]).await.expect("an opening");
    let opened = opened.json().as_f64().expect("milliseconds");
    let ms = |ms: f64| Duration::from_secs_f64(ms.max(0.0) / 1_000.0);
    (ms(drawn - begun), ms(opened))
}

fn median(mut figures: Vec<Duration>) -> Duration {
    figures.sort();
    figures[figures.len() / 2]
}
