//! The planner: writes what folders hold and catalogues name into the checkpoint while it goes through
//! them, and finishes with a balance. Moves nothing.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use crate::checkpoint::{CheckpointError, PlannedFate, PlannedRecord};
use crate::control::intake::{Intake, IntakeSwitch};
use crate::error::Error;
use crate::event::EventKind;
use crate::mapping::placing::place_all;
use crate::preflight::{Preflight, TypeTally, check_catalogues, check_paths, look_at_tools, survey};
use crate::record::RawPath;
use crate::session::Session;
use crate::source::catalogue::{CatalogueError, Seen, list, list_unlisted};
use crate::source::{Found, walk};
use crate::spec::JobSpec;
use crate::state::Transition;
use crate::storage::local::sources::Sources;

/// Records written at once.
const CHUNK: usize = 2000;
/// Chunks that may wait for the checkpoint; then the walk waits.
const CHUNKS_AHEAD: usize = 4;

/// Walks the sources anew. Refuses before it touches anything where they cannot be used.
pub(crate) async fn plan(session: &Arc<Session>) -> Result<Preflight, Error> {
    let job = session.job();
    let sources = {
        let job = job.clone();
        Arc::new(off_thread(move || check_paths(&job)).await??)
    };
    {
        let job = job.clone();
        off_thread(move || check_catalogues(&job)).await??;
    }
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
        let (job, sources, intake) = (session.job(), Arc::clone(sources), Arc::clone(intake));
        let checkpoint = std::path::absolute(session.checkpoint.path()).unwrap_or_default();
        spawn_blocking(move || gather(&job, &sources, &checkpoint, &intake, &send))
    };
    while let Some(Chunk { records, folders }) = receive.recv().await {
        if !records.is_empty() {
            session.live.set_balance(session.checkpoint.add_planned(&records).await?);
        }
        if !folders.is_empty() {
            session.checkpoint.add_empty_folders(&folders).await?;
        }
    }
    let tally = walking.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?;
    if intake.position() != Intake::Open {
        return Err(Error::PlanCancelled);
    }
    let job = session.job();
    let placed = place_all(session, &job, sources, intake).await?;
    let mut preflight = survey(&session.checkpoint, &job, sources, tally, placed).await?;
    preflight.findings.splice(0..0, look_at_tools(&job).await);
    session.live.set_balance(preflight.balance);
    session.checkpoint.set_preflight(&preflight).await?;
    Ok(preflight)
}

#[derive(Default)]
struct Chunk {
    records: Vec<PlannedRecord>,
    folders: Vec<(usize, RawPath)>,
}

/// What is found on its way to the checkpoint: counted, and sent in chunks.
struct Gathering<'a> {
    sources: &'a Sources,
    intake: &'a IntakeSwitch,
    send: &'a mpsc::Sender<Chunk>,
    chunk: Chunk,
    tally: TypeTally,
}

impl Gathering<'_> {
    /// Takes a record. Gives false when no more are wanted.
    fn add(&mut self, record: PlannedRecord) -> bool {
        if !matches!(record.fate, PlannedFate::Excluded(_))
            && let Some(source) = self.sources.get(record.source)
        {
            self.tally.add(&source.prefix.join(&record.path), record.size);
        }
        self.chunk.records.push(record);
        self.send_if_full()
    }

    fn count_watched(&mut self, record: &PlannedRecord) -> bool {
        if matches!(record.fate, PlannedFate::Pending) {
            self.tally.watched.0 += 1;
            self.tally.watched.1 += record.size;
        }
        self.intake.position() == Intake::Open
    }

    fn add_folder(&mut self, source: usize, path: RawPath) -> bool {
        self.tally.empty_folders += 1;
        self.chunk.folders.push((source, path));
        self.send_if_full()
    }

    fn send_if_full(&mut self) -> bool {
        let full = self.chunk.records.len() + self.chunk.folders.len() >= CHUNK;
        let sent = !full || self.send.blocking_send(std::mem::take(&mut self.chunk)).is_ok();
        sent && self.intake.position() == Intake::Open
    }

    fn end(self) -> TypeTally {
        let _ = self.send.blocking_send(self.chunk);
        self.tally
    }
}

/// Walks every folder and reads every catalogue, on a thread of its own.
fn gather(
    job: &JobSpec,
    sources: &Sources,
    checkpoint: &Path,
    intake: &IntakeSwitch,
    send: &mpsc::Sender<Chunk>,
) -> Result<TypeTally, CatalogueError> {
    let (chunk, tally) = (Chunk::default(), TypeTally::default());
    let mut gathering = Gathering { sources, intake, send, chunk, tally };
    for (number, source) in sources.iter().take(job.sources.len()) {
        walk(number, source, checkpoint, &mut |found| match found {
            // The run takes in what is complete then.
            Found::Record(record, _) if job.watch.is_some() => gathering.count_watched(&record),
            Found::EmptyFolder(..) if job.watch.is_some() => true,
            Found::Record(record, _) => gathering.add(record),
            Found::EmptyFolder(number, path) => gathering.add_folder(number, path),
        });
    }
    let mut seen = Seen::default();
    for number in 0..job.catalogues.len() {
        let read = list(number, job, sources, &mut seen, &mut |record| gathering.add(record))?;
        gathering.tally.catalogues.push(read);
    }
    list_unlisted(job, sources, checkpoint, &mut seen, &mut |record| gathering.add(record));
    Ok(gathering.end())
}

async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, CheckpointError> {
    Ok(spawn_blocking(work).await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic())))
}
