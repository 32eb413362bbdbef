//! The planner: writes what the sources hold into the checkpoint while it walks them, and finishes
//! with a balance. Moves nothing.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use xxhash_rust::xxh3::xxh3_64;

use crate::checkpoint::{CheckpointError, PlannedFate, PlannedRecord};
use crate::control::intake::{Intake, IntakeSwitch};
use crate::error::Error;
use crate::event::EventKind;
use crate::failure::{Category, Stage};
use crate::preflight::{Preflight, TypeTally, check_paths, check_tools, survey};
use crate::record::{Failure, RawPath};
use crate::session::Session;
use crate::source::{Found, walk};
use crate::stage::target_of;
use crate::state::Transition;
use crate::storage::local::platform;
use crate::storage::local::sources::Sources;
use crate::storage::names::fold;

/// Records written at once.
const CHUNK: usize = 2000;
/// Chunks that may wait for the checkpoint; then the walk waits.
const CHUNKS_AHEAD: usize = 4;
/// Name collisions turned into failures at once.
const COLLISIONS: u32 = 1000;

/// Walks the sources anew. Refuses before it touches anything where they cannot be used.
pub(crate) async fn plan(session: &Arc<Session>) -> Result<Preflight, Error> {
    let job = session.job();
    check_tools(&job).await?;
    let sources = {
        let job = job.clone();
        Arc::new(off_thread(move || check_paths(&job)).await??)
    };
    session.step(Transition::Plan, None, &[]).await?;
    let intake = session.open_intake();
    match fill(session, &sources, &intake).await {
        Ok(preflight) => {
            session
                .step(Transition::PlanComplete, None, &[EventKind::Planned { balance: preflight.balance }])
                .await?;
            Ok(preflight)
        }
        Err(error) => {
            // The plan is half a plan: it is dropped here and, should that fail, with the next one.
            let cleared = session.checkpoint.clear_plan().await;
            if let Ok(balance) = session.checkpoint.balance().await {
                session.live.set_balance(balance);
            }
            session.step(Transition::PlanCancelled, None, &[]).await?;
            cleared?;
            Err(error)
        }
    }
}

async fn fill(
    session: &Arc<Session>,
    sources: &Arc<Sources>,
    intake: &Arc<IntakeSwitch>,
) -> Result<Preflight, Error> {
    session.checkpoint.clear_plan().await?;
    session.checkpoint.set_prefixes(sources.iter().map(|(_, source)| &source.prefix)).await?;
    let (send, mut receive) = mpsc::channel(CHUNKS_AHEAD);
    let walking = {
        let (sources, intake) = (Arc::clone(sources), Arc::clone(intake));
        let checkpoint = std::path::absolute(session.checkpoint.path()).unwrap_or_default();
        spawn_blocking(move || walk_all(&sources, &checkpoint, &intake, &send))
    };
    while let Some(Chunk { records, folders }) = receive.recv().await {
        if !records.is_empty() {
            session.live.set_balance(session.checkpoint.add_planned(&records).await?);
        }
        if !folders.is_empty() {
            session.checkpoint.add_empty_folders(&folders).await?;
        }
    }
    let tally = walking.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
    if intake.position() != Intake::Open {
        return Err(Error::PlanCancelled);
    }
    let job = session.job();
    fail_collisions(session, sources).await?;
    let preflight = survey(&session.checkpoint, &job, sources, tally).await?;
    session.live.set_balance(preflight.balance);
    session.checkpoint.set_preflight(&preflight).await?;
    Ok(preflight)
}

#[derive(Default)]
struct Chunk {
    records: Vec<PlannedRecord>,
    folders: Vec<(usize, RawPath)>,
}

/// Walks every source, on a thread of its own.
fn walk_all(
    sources: &Sources,
    checkpoint: &std::path::Path,
    intake: &IntakeSwitch,
    send: &mpsc::Sender<Chunk>,
) -> TypeTally {
    let mut tally = TypeTally::default();
    let mut chunk = Chunk::default();
    for (number, source) in sources.iter() {
        walk(number, source, checkpoint, &mut |found| {
            match found {
                Found::Record(record) => {
                    if !matches!(record.fate, PlannedFate::Excluded(_)) {
                        tally.add(&source.prefix.join(&record.path), record.size);
                    }
                    chunk.records.push(record);
                }
                Found::EmptyFolder(number, path) => {
                    tally.empty_folders += 1;
                    chunk.folders.push((number, path));
                }
            }
            let full = chunk.records.len() + chunk.folders.len() >= CHUNK;
            let sent = !full || send.blocking_send(std::mem::take(&mut chunk)).is_ok();
            sent && intake.position() == Intake::Open
        });
    }
    let _ = send.blocking_send(chunk);
    tally
}

/// Records whose names the destination would not tell apart fail before anything moves; the first
/// of each group is delivered.
async fn fail_collisions(session: &Arc<Session>, sources: &Arc<Sources>) -> Result<(), Error> {
    let destination = session.job().destination;
    let rules = {
        let destination = destination.clone();
        off_thread(move || folds_names(&destination).then(|| platform::name_rules(&destination))).await?
    };
    let Some(rules) = rules else { return Ok(()) };
    let key = |source: usize, path: &RawPath| {
        let target = sources.get(source).and_then(|source| target_of(&source.prefix, path, rules));
        xxh3_64(fold(&target.unwrap_or_else(|| path.clone()).0).as_bytes()) as i64
    };
    loop {
        let twins = session.checkpoint.find_collisions(key, COLLISIONS).await?;
        let failures: Vec<_> = twins.into_iter().map(|(id, path)| (id, collision(&path))).collect();
        if failures.is_empty() {
            return Ok(());
        }
        session.live.set_balance(session.checkpoint.fail_planned(&failures).await?);
    }
}

fn collision(path: &RawPath) -> Failure {
    Failure::new(
        Stage::Transform,
        Category::NameCollision,
        format!("the destination does not tell {path} from another record's name"),
    )
}

/// Whether the destination takes names that differ in case for the same, found out by trying.
fn folds_names(destination: &std::path::Path) -> bool {
    let Some(folder) = destination.ancestors().find(|ancestor| ancestor.is_dir()) else { return false };
    let probe = tempfile::Builder::new().prefix(".sluice-probe-").suffix(".part").tempfile_in(folder);
    let Ok(probe) = probe else { return false };
    let name = probe.path().file_name().map(|name| name.to_string_lossy().to_uppercase());
    name.is_some_and(|name| folder.join(name).symlink_metadata().is_ok())
}

async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, CheckpointError> {
    Ok(spawn_blocking(work).await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic())))
}
