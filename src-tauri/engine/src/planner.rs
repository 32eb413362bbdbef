//! The planner: writes what the sources hold into the checkpoint while it walks them, and finishes
//! with a balance. Moves nothing.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use crate::checkpoint::{CheckpointError, PlannedFate, PlannedRecord};
use crate::control::intake::{Intake, IntakeSwitch};
use crate::error::Error;
use crate::event::EventKind;
use crate::mapping::placing::place_all;
use crate::preflight::{Preflight, TypeTally, check_paths, check_tools, survey};
use crate::record::RawPath;
use crate::session::Session;
use crate::source::{Found, walk};
use crate::state::Transition;
use crate::storage::local::sources::Sources;

/// Records written at once.
const CHUNK: usize = 2000;
/// Chunks that may wait for the checkpoint; then the walk waits.
const CHUNKS_AHEAD: usize = 4;

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
    let placed = place_all(session, &job, sources, intake).await?;
    let preflight = survey(&session.checkpoint, &job, sources, tally, placed).await?;
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

async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, CheckpointError> {
    Ok(spawn_blocking(work).await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic())))
}
