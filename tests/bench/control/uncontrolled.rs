//! The article's uncontrolled pipeline: everything at once, a commit per record, immediate retries.
//!
//! It is what a capable person writes first, and it is given every advantage that such code has:
//! async Rust built for release, one HTTP client with connection reuse, a pool of ten connections to
//! SQLite in WAL mode with an index on what it selects by, enough file descriptors, no hash, no
//! verification, no durability of the copies. Nothing in it waits on purpose, and no request is given up
//! for being late: with the usual thirty seconds it would ask in vain for ever. A record that has used
//! up its tries is marked as failed, and the pipeline is started again at once for what failed, as
//! a queue redelivers or a person does; the time until all are registered is what counts.
//!
//! What makes it slow, then, is what the article says:
//! - All records ask at the same moment. A service that takes all of them in works on a thousand at once,
//!   and they hold each other up: by the law that it goes by it gets a tenth done of what it could. That
//!   is all there, and nothing is asked twice.
//! - Where the service refuses instead, its queue is always full, which makes it slower by a factor of
//!   four, and who is refused asks again at once, without regard to `Retry-After`. The refusals take the
//!   processor and the network from those that are served, on both sides. A record is one piece of work,
//!   as in a serverless function: a refused registration begins it anew, so that the service looks up,
//!   and the disk copies, what was done already. A record that was refused too often has to be found
//!   and started again.
//! - Each record is a transaction of its own: SQLite has one writer, so the pool's connections wait
//!   for each other. (On a RAM disk a commit costs no flush: a real disk would make this worse.)

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use reqwest::Client;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Value, json};
use sluice_tests::lab::Lab;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use super::RECORDS;
use super::library::{Library, fresh_copy};
use super::table::Figures;

/// Tries of a record before it counts as failed.
const TRIES: u32 = 20;
const CONNECTIONS: u32 = 10;
const ROWS_AN_INSERT: usize = 10_000;

const SCHEMA: &str = "
    CREATE TABLE file (
        id     INTEGER PRIMARY KEY,
        path   TEXT NOT NULL,
        status TEXT NOT NULL DEFAULT 'new',
        title  TEXT,
        asset  TEXT,
        error  TEXT
    );
    CREATE INDEX file_status ON file (status, id);";

/// The pipeline with its database, filled once.
pub(super) struct Pipeline {
    runtime: Runtime,
    template: PathBuf,
}

impl Pipeline {
    pub(super) fn new(library: &Library) -> Self {
        allow_many_files();
        let runtime = Runtime::new().expect("a runtime");
        let template = library.room("pipeline.sqlite");
        runtime.block_on(fill(&template, library)).expect("a database with all records");
        Self { runtime, template }
    }

    /// Moves a thousand records.
    pub(super) fn run(&self, library: &Library, lab: &Lab) -> Figures {
        let database = library.room("uncontrolled.sqlite");
        fresh_copy(&self.template, &database);
        library.clear_destination();
        lab.forget();
        let start = lab.clock();
        let passes = self.runtime.block_on(migrate(&database, library, lab)).expect("a migration");
        let seen = lab.seen();
        assert!(lab.assets_by_path().values().all(|count| *count == 1), "registered twice");
        eprintln!(
            "uncontrolled: {:.1?} in {passes} passes, {} requests, {} throttled, {} unanswered",
            lab.clock() - start,
            seen.requests,
            seen.throttled,
            seen.unanswered
        );
        Figures::of(&seen, start)
    }
}

async fn fill(path: &Path, library: &Library) -> Result<()> {
    let pool = connect(path).await?;
    sqlx::raw_sql(SCHEMA).execute(&pool).await?;
    let paths: Vec<String> = library.relative_paths().collect();
    for paths in paths.chunks(ROWS_AN_INSERT) {
        sqlx::query("INSERT INTO file (path) SELECT value FROM json_each(?)")
            .bind(serde_json::to_string(paths)?)
            .execute(&pool)
            .await?;
    }
    pool.close().await;
    Ok(())
}

async fn connect(path: &Path) -> Result<SqlitePool> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal);
    Ok(SqlitePoolOptions::new().max_connections(CONNECTIONS).connect_with(options).await?)
}

/// What each task needs.
struct Shared {
    client: Client,
    url: String,
    pool: SqlitePool,
    source: PathBuf,
    destination: PathBuf,
}

/// Starts everything at once, and again for what failed, until all is registered. Returns how often.
async fn migrate(database: &Path, library: &Library, lab: &Lab) -> Result<u32> {
    let shared = Arc::new(Shared {
        client: Client::new(),
        url: lab.url(),
        pool: connect(database).await?,
        source: library.source.clone(),
        destination: library.destination.clone(),
    });
    let mut status = "new";
    let mut passes = 0;
    loop {
        let query = sqlx::query_as("SELECT id, path FROM file WHERE status = ? ORDER BY id LIMIT ?");
        let files: Vec<(i64, String)> =
            query.bind(status).bind(RECORDS as i64).fetch_all(&shared.pool).await?;
        if files.is_empty() {
            break;
        }
        passes += 1;
        status = "failed";
        let mut tasks = JoinSet::new();
        for (id, path) in files {
            tasks.spawn(record(shared.clone(), id, path));
        }
        while let Some(ended) = tasks.join_next().await {
            ended??;
        }
    }
    shared.pool.close().await;
    Ok(passes)
}

/// One record, tried until it succeeds or has used up its tries.
async fn record(shared: Arc<Shared>, id: i64, path: String) -> Result<()> {
    let mut last = None;
    for _ in 0..TRIES {
        match attempt(&shared, id, &path).await {
            Ok(()) => return Ok(()),
            Err(error) => last = Some(error),
        }
    }
    sqlx::query("UPDATE file SET status = 'failed', error = ? WHERE id = ?")
        .bind(last.map(|error| error.to_string()))
        .bind(id)
        .execute(&shared.pool)
        .await?;
    Ok(())
}

async fn attempt(shared: &Shared, id: i64, path: &str) -> Result<()> {
    let Shared { client, url, pool, source, destination } = shared;
    let lookup = client.get(format!("{url}/lookup")).query(&[("path", path)]);
    let found: Value = lookup.send().await?.error_for_status()?.json().await?;
    let title = found["asset"]["title"].as_str().unwrap_or_default();

    let (from, to) = (source.join(path), destination.join(path));
    tokio::task::spawn_blocking(move || copy(&from, &to)).await??;

    let register = client.post(format!("{url}/assets")).header("Idempotency-Key", format!("file-{id}"));
    let register = register.json(&json!({"path": path, "title": title}));
    let made: Value = register.send().await?.error_for_status()?.json().await?;

    sqlx::query("UPDATE file SET status = 'done', title = ?, asset = ? WHERE id = ?")
        .bind(title)
        .bind(made["id"].as_str())
        .bind(id)
        .execute(pool)
        .await?;
    Ok(())
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to.parent().expect("a folder"))?;
    fs::copy(from, to)?;
    Ok(())
}

/// A thousand connections, both ends in this process, need more than the usual 1,024.
fn allow_many_files() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).expect("as many as are allowed");
}
