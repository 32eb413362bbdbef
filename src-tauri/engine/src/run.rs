//! The run: batch after batch through the streams, with a barrier between them.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::{JoinSet, spawn_blocking};

use crate::checkpoint::CheckpointError;
use crate::clock::now_ms;
use crate::collector;
use crate::control::intake::Intake;
use crate::error::Error;
use crate::event::{BatchSummary, EventKind};
use crate::failure::{Category, Stage};
use crate::initiator;
use crate::preflight::check_paths;
use crate::record::{BatchId, Failure, LeasedRecord};
use crate::session::{Session, outage_of};
use crate::stage::{Site, target_of};
use crate::state::{State, Transition};
use crate::storage::local::destination::Destination;
use crate::storage::local::platform::to_shown;
use crate::stream::{self, Work};

/// Starts the run, or goes on with it, in the background.
pub(crate) async fn start(session: &Arc<Session>) -> Result<(), Error> {
    let job = session.job();
    let tag = session.checkpoint.uuid().await?;
    let intake = session.open_intake();
    let site = spawn_blocking(move || -> Result<Site, Error> {
        let sources = check_paths(&job)?;
        let destination = Destination::open(&job.destination, &tag)
            .map_err(|error| CheckpointError::Io { path: job.destination.clone(), error })?;
        Ok(Site { sources, destination, delivery: job.deliver })
    });
    let site = site.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?;
    let work = Arc::new(Work { site, gate: Arc::clone(&session.gate), intake });
    session.step(Transition::Start, None, &[]).await?;
    tokio::spawn(run(Arc::clone(session), work));
    Ok(())
}

async fn run(session: Arc<Session>, work: Arc<Work>) {
    let mut announced = false;
    let ended = tokio::select! {
        ended = go(&session, &work) => ended,
        never = announce_outage(&session, &work, &mut announced) => match never {},
    };
    let (complete, outage) = match ended {
        Ok(complete) => (complete, work.intake.outage()),
        Err(error) => (false, Some(checkpoint_outage(&error))),
    };
    let outage = outage.as_ref().map(outage_of);
    let told =
        outage.iter().filter(|_| !announced).map(|outage| EventKind::OutageBegan { outage: outage.clone() });
    let told: Vec<EventKind> = told.collect();
    let stepped = async {
        if complete {
            return session.step(Transition::Complete, None, &[]).await;
        }
        if session.state() == State::Running {
            session.step(Transition::Outage, outage.clone(), &told).await?;
            return session.step(Transition::Drained, outage.clone(), &[]).await;
        }
        session.step(Transition::Drained, outage.clone(), &told).await
    };
    if let Err(error) = stepped.await {
        tracing::error!(%error, "the end of the run could not be recorded");
        let to = if session.state() == State::Stopping { State::Stopped } else { State::Paused };
        session.step_unrecorded(to, outage).await;
    }
}

/// Tells of an outage as soon as it closes the intake, not only when the batch has drained.
async fn announce_outage(session: &Session, work: &Work, announced: &mut bool) -> std::convert::Infallible {
    work.intake.closed().await;
    if let Some(failure) = work.intake.outage() {
        let outage = outage_of(&failure);
        let event = EventKind::OutageBegan { outage: outage.clone() };
        *announced = session.step(Transition::Outage, Some(outage), &[event]).await.is_ok();
    }
    std::future::pending().await
}

fn checkpoint_outage(error: &CheckpointError) -> Failure {
    Failure { stage: Stage::Deliver, category: Category::CheckpointUnusable, message: error.to_string() }
}

/// Puts right what a dead run left, then runs batches until nothing is pending (true) or the
/// intake closes (false).
async fn go(session: &Arc<Session>, work: &Arc<Work>) -> Result<bool, CheckpointError> {
    release_dead_leases(session, work).await?;
    while work.intake.position() == Intake::Open {
        if let Some(gone) = whats_gone(&work.site) {
            work.intake.report_outage(gone);
            break;
        }
        work.site.destination.forget_folders();
        let limits = session.limits();
        let Some((id, records)) = session.checkpoint.lease_batch(limits.batch_size, limits.streams).await?
        else {
            make_empty_folders(session, work).await?;
            return Ok(true);
        };
        run_batch(session, work, id, initiator::split(records, limits.streams as usize)).await?;
    }
    Ok(false)
}

/// One batch: fan-out over the streams, fan-in at the barrier.
async fn run_batch(
    session: &Arc<Session>,
    work: &Arc<Work>,
    id: BatchId,
    parts: Vec<Vec<LeasedRecord>>,
) -> Result<(), CheckpointError> {
    let batch = session.live.begin_batch(id, &parts);
    let (handover, handovers) = mpsc::channel(collector::QUEUE);
    let collecting = tokio::spawn(collector::run(
        id,
        handovers,
        Arc::clone(work),
        Arc::clone(&session.checkpoint),
        Arc::clone(&session.live),
        Arc::clone(&batch),
    ));
    let hands = (session.limits().concurrency as usize).div_ceil(parts.len());
    let mut streams = JoinSet::new();
    for (number, part) in parts.into_iter().enumerate() {
        streams.spawn(stream::run(
            number,
            part,
            hands,
            Arc::clone(work),
            Arc::clone(&batch),
            handover.clone(),
        ));
    }
    drop(handover);
    streams.join_all().await;
    let collected = collecting.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
    session.live.end_batch();
    collected?;
    session
        .checkpoint
        .end_batch(BatchSummary {
            id,
            started_ms: batch.started_ms(),
            ended_ms: now_ms(),
            streams: batch.summaries(),
        })
        .await
}

/// Records that a dead run held go back to pending; what it left under temporary names is removed.
async fn release_dead_leases(session: &Arc<Session>, work: &Arc<Work>) -> Result<(), CheckpointError> {
    let orphans = session.checkpoint.orphaned_leases().await?;
    if orphans.is_empty() {
        return Ok(());
    }
    let site = Arc::clone(work);
    let removing = spawn_blocking(move || {
        let Site { sources, destination, .. } = &site.site;
        for orphan in &orphans {
            let source = sources.get(orphan.source);
            if let Some(target) =
                source.and_then(|source| target_of(&source.prefix, &orphan.path, destination.rules()))
            {
                destination.remove_part(orphan.id, &target);
            }
        }
    });
    // What could not be removed here is replaced when its record is tried again.
    let _ = removing.await;
    session.checkpoint.release_leases().await?;
    Ok(())
}

/// The source or destination that is no longer there: an unplugged drive leaves an empty folder,
/// and nothing must be written into that.
fn whats_gone(site: &Site) -> Option<Failure> {
    let gone = |category, path: &Path| {
        let message = format!("{} is no longer there", to_shown(path.as_os_str()));
        Failure { stage: Stage::Ingest, category, message }
    };
    if !site.destination.is_there() {
        return Some(gone(Category::DestinationGone, site.destination.root()));
    }
    let missing = site.sources.iter().find(|(_, source)| !source.is_there());
    missing.map(|(_, source)| gone(Category::SourceGone, &source.root))
}

/// Folders without files are made last; one that cannot be made is told and holds nothing up.
async fn make_empty_folders(session: &Arc<Session>, work: &Arc<Work>) -> Result<(), CheckpointError> {
    let mut after = 0;
    loop {
        let page = session.checkpoint.empty_folders_after(after, 1000).await?;
        let Some((last, ..)) = page.last() else { return Ok(()) };
        after = *last;
        let work = Arc::clone(work);
        let failed = spawn_blocking(move || {
            page.into_iter()
                .filter_map(|(_, source, path)| make_folder(&work.site, source, &path))
                .collect::<Vec<_>>()
        });
        for event in failed.await.unwrap_or_default() {
            session.checkpoint.add_event(&event).await?;
        }
    }
}

fn make_folder(site: &Site, source: usize, path: &crate::record::RawPath) -> Option<EventKind> {
    let target =
        site.sources.get(source).and_then(|source| target_of(&source.prefix, path, site.destination.rules()));
    let folder =
        target.filter(|target| !target.0.is_empty()).and_then(|target| site.destination.path(&target))?;
    let error = site.destination.prepare_folder(&folder).err()?;
    Some(EventKind::FolderFailed { path: to_shown(folder.as_os_str()), message: error.to_string() })
}
