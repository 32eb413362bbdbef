//! 1,000,000 failed records: how soon a person sees their causes, another order, a far page, a search, and
//! all records behind a number of the account.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use sluice_engine::api::{BalancePart, Migration, Order, OrderBy, PageAt, RecordFilter, Selection};
use sluice_tests::command::{self, WITH_FAILURES};
use sluice_tests::site::Site;
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use crate::ramdisk::RamDisk;

const RECORDS: u64 = 1_000_000;
const MOST: Duration = Duration::from_millis(200);
const MOST_TO_OPEN: Duration = Duration::from_millis(500);
/// The median of so many is told.
const TIMES: usize = 5;

pub(crate) fn run(disk: &RamDisk) {
    let site = Site::below(disk.path());
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    fail(&site, &runtime);
    runtime.block_on(measure(&site));
}

/// A catalogue of files that are not there, then messages as forty kinds of trouble leave them.
fn fail(site: &Site, runtime: &tokio::runtime::Runtime) {
    let mut rows = String::from("path,title\n");
    for n in 0..RECORDS {
        writeln!(rows, "box-{:03}/take-{:07}.mov,Take {n}", n % 500, n * 7919 % RECORDS).expect("text");
    }
    std::fs::write(site.path("export.csv"), rows).expect("a catalogue");
    let text = format!(
        "destination = {:?}\n[[catalogue]]\nfile = \"export.csv\"\npath = [\"path\"]\nbase = {:?}\n",
        site.destination, site.source
    );
    std::fs::create_dir_all(&site.source).expect("a source");
    let job = site.path("job.toml");
    std::fs::write(&job, text).expect("a job");
    let checkpoint = ["--checkpoint".as_ref(), site.checkpoint.as_os_str(), "--quiet".as_ref()];
    command::run([&["run".as_ref(), job.as_os_str()][..], &checkpoint].concat()).expect(WITH_FAILURES);
    runtime.block_on(async {
        let options = SqliteConnectOptions::new().filename(&site.checkpoint);
        let mut file = SqliteConnection::connect_with(&options).await.expect("the checkpoint");
        sqlx::query(
            "UPDATE record SET size = id * 104729 % 9000000000, attempts = 1 + id % 5, cause = NULL,
                    ended_ms = 1700000000000 + id * 31 % 864000000,
                    reason = CASE id % 2 WHEN 0 THEN 'source_io' ELSE 'source_missing' END,
                    message = 'trouble of kind ' || CASE WHEN id % 100000 = 7 THEN 'rare'
                              ELSE char(97 + id % 39 / 6) || char(97 + id % 39 % 6) END || ' with take ' || id",
        )
        .execute(&mut file)
        .await
        .expect("other messages");
        file.close().await.expect("a closed file");
    });
}

async fn measure(site: &Site) {
    let start = Instant::now();
    let migration = Migration::open(&site.checkpoint).await.expect("the migration");
    println!("{:>8.1} ms  causes found for {RECORDS} records of an older file", millis(start.elapsed()));
    migration.close().await.expect("a clean end");

    let start = Instant::now();
    let migration = Migration::open(&site.checkpoint).await.expect("the migration");
    migration.snapshot().await.expect("a snapshot");
    let opened = start.elapsed();
    println!("{:>8.1} ms  opened, with everything that a window draws", millis(opened));

    let mut slowest = Duration::ZERO;
    let mut told = |what: &str, took: Duration| {
        println!("{:>8.1} ms  {what}", millis(took));
        slowest = slowest.max(took);
    };
    told("causes", median(async || drop(migration.causes().await.expect("causes"))).await);
    let causes = migration.causes().await.expect("causes");
    let (most, rare) = (causes.first().expect("a cause").id, causes.last().expect("a cause").id);
    let page = async |selection: Selection, order: Order, at: PageAt| {
        migration.list_failures(&selection, order, at).await.expect("a page");
    };
    let at = |skip: u64| PageAt { after: None, skip, limit: 500 };
    for by in [OrderBy::Number, OrderBy::Size, OrderBy::Time, OrderBy::Attempts, OrderBy::Name] {
        let order = Order { by, descending: false };
        let all = Selection::default;
        let of = |cause| Selection { cause: Some(cause), ..Selection::default() };
        told(&format!("first page by {by:?}"), median(async || page(all(), order, at(0)).await).await);
        told(
            &format!("last page by {by:?}"),
            median(async || page(all(), order, at(RECORDS - 500)).await).await,
        );
        told(
            &format!("most frequent cause by {by:?}"),
            median(async || page(of(most), order, at(0)).await).await,
        );
        told(&format!("rarest cause by {by:?}"), median(async || page(of(rare), order, at(0)).await).await);
    }
    let search = || Selection { search: Some("take-0999999".into()), ..Selection::default() };
    told("one step of a search", median(async || page(search(), Order::default(), at(0)).await).await);
    for part in [None, Some(BalancePart::Failed), Some(BalancePart::Delivered), Some(BalancePart::Pending)] {
        let filter = RecordFilter { part, ..RecordFilter::default() };
        let took =
            median(async || drop(migration.records(&filter, at(RECORDS - 500)).await.expect("a page"))).await;
        told(&format!("last page of the records, {part:?}"), took);
    }
    told("account", median(async || drop(migration.reconciliation().await.expect("an account"))).await);
    migration.close().await.expect("a clean end");
    println!("at most {MOST:?} each, {MOST_TO_OPEN:?} to open");
    assert!(slowest <= MOST && opened <= MOST_TO_OPEN);
}

async fn median(work: impl AsyncFn()) -> Duration {
    let mut times = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let start = Instant::now();
        work().await;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    times[TIMES / 2]
}

fn millis(took: Duration) -> f64 {
    took.as_secs_f64() * 1000.0
}
