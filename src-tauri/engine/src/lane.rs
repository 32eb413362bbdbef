//! A lane: batch after batch through the streams, with a barrier between them. The run itself is
//! one; the recovery lane is another, with its own small limits.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};

use crate::checkpoint::{CheckpointError, Leased};
use crate::clock::now_ms;
use crate::collector::{self, Collector};
use crate::control::intake::{Away, Intake};
use crate::event::BatchSummary;
use crate::initiator;
use crate::metrics::live::LiveBatch;
use crate::pilot;
use crate::record::{BatchId, Lane, LeasedRecord};
use crate::session::Session;
use crate::stream::{self, Share, Work};
use crate::threads::joined;
use crate::upkeep::whats_gone;

/// Streams of the lanes beside the run's own: they are there for care, not for speed.
const STREAMS_BESIDE: u32 = 1;

/// Records of a batch aside for each of its places: few, because each may take its whole timeout and the
/// next batch waits for that.
const ROUNDS_ASIDE: u32 = 4;

/// However long a wait is planned, somebody looks this often whether the clock was set back.
const LOOK: Duration = Duration::from_secs(60);

/// Runs batches until no lane has anything pending, or the intake closes.
pub(crate) async fn run(session: &Arc<Session>, work: &Arc<Work>, lane: Lane) -> Result<(), CheckpointError> {
    let ended = batches(session, work, lane).await;
    session.lanes.rests(lane);
    ended
}

async fn batches(session: &Arc<Session>, work: &Arc<Work>, lane: Lane) -> Result<(), CheckpointError> {
    let mut draining: Option<JoinHandle<Result<(), CheckpointError>>> = None;
    let mut batches = pilot::Batches::default();
    while work.intake.position() == Intake::Open {
        if let Some(gone) = whats_gone(&work.site) {
            work.intake.report_outage(Away::now(gone));
            break;
        }
        session.lanes.works(lane);
        let (size, streams) = limits(session, lane);
        if lane == Lane::Recovery {
            session.checkpoint.requeue_scheduled().await?;
        }
        match session.checkpoint.lease_batch(lane, size, streams).await? {
            Leased::Batch(id, records) => {
                if lane == Lane::Main {
                    session.controls.make_way(true);
                }
                session.wake().await?;
                work.site.destination.forget_folders();
                let count = records.len() as u32;
                let started = tokio::time::Instant::now();
                let batch = Arc::new(initiator::split(records, streams as usize));
                let live = session.live.begin_batch(lane, id, &batch);
                let running = {
                    let (session, work, live) = (Arc::clone(session), Arc::clone(work), Arc::clone(&live));
                    tokio::spawn(async move { run_batch(&session, &work, lane, id, batch, live).await })
                };
                // At most two at once: the one before this must have fallen at its barrier by now.
                finished(draining.take()).await?;
                if session.controls.settings().look_ahead {
                    live.drains().await;
                    draining = Some(running);
                } else {
                    finished(Some(running)).await?;
                    if lane == Lane::Main {
                        let whole = work.intake.position() == Intake::Open;
                        batches.ended(session, count, started.elapsed(), whole).await;
                    }
                }
            }
            Leased::Later(due_ms) => {
                finished(draining.take()).await?;
                wait_until(Some(due_ms), session, work, lane).await;
            }
            Leased::Nothing => {
                finished(draining.take()).await?;
                let scheduled = match lane {
                    Lane::Recovery => session.checkpoint.next_scheduled().await?,
                    Lane::Main | Lane::Aside => None,
                };
                if lane == Lane::Main {
                    session.controls.make_way(false);
                }
                let more_may_come =
                    scheduled.is_some() || lane == Lane::Main && session.lanes.more_may_come();
                if !more_may_come && session.lanes.rests(lane) {
                    break;
                }
                session.rest().await?;
                wait_until(scheduled, session, work, lane).await;
            }
        }
    }
    finished(draining).await
}

/// One record, to see whether an outage is over.
pub(crate) async fn trial(session: &Arc<Session>, work: &Arc<Work>) -> Result<(), CheckpointError> {
    for endpoint in session.controls.endpoints.all() {
        endpoint.try_again(session.controls.now());
    }
    for lane in Lane::ALL {
        // Not the record with which the outage began: that one may fail by itself.
        if let Leased::Batch(id, records) = session.checkpoint.lease_one(lane, fastrand::f64()).await? {
            let batch = Arc::new(initiator::split(records, 1));
            let live = session.live.begin_batch(lane, id, &batch);
            return run_batch(session, work, lane, id, batch, live).await;
        }
    }
    Ok(())
}

/// So many records from all over the plan, for real, to see how it goes. What an outage cuts off is
/// taken again: `left` says how many are still to be tried.
pub(crate) async fn sample(
    session: &Arc<Session>,
    work: &Arc<Work>,
    left: &mut u32,
) -> Result<(), CheckpointError> {
    while *left > 0 && work.intake.position() == Intake::Open {
        let (size, streams) = limits(session, Lane::Main);
        let leased = session.checkpoint.lease_random(size.min(*left), fastrand::u32(..), streams).await?;
        let Leased::Batch(id, records) = leased else {
            *left = 0;
            break;
        };
        work.site.destination.forget_folders();
        let count = records.len() as u32;
        let batch = Arc::new(initiator::split(records, streams as usize));
        let live = session.live.begin_batch(Lane::Main, id, &batch);
        run_batch(session, work, Lane::Main, id, batch, live).await?;
        if work.intake.position() == Intake::Open {
            *left -= count.min(*left);
        }
    }
    Ok(())
}

fn limits(session: &Session, lane: Lane) -> (u32, u32) {
    match lane {
        Lane::Main => {
            let limits = session.limits();
            (limits.batch_size, limits.streams)
        }
        Lane::Recovery => (session.controls.settings().recovery.batch_size, STREAMS_BESIDE),
        Lane::Aside => (session.controls.set_aside() * ROUNDS_ASIDE, STREAMS_BESIDE),
    }
}

async fn finished(batch: Option<JoinHandle<Result<(), CheckpointError>>>) -> Result<(), CheckpointError> {
    match batch {
        Some(batch) => joined(batch).await,
        None => Ok(()),
    }
}

/// Waits until then, until something new may be on the lane, or until the intake closes.
async fn wait_until(due_ms: Option<i64>, session: &Session, work: &Work, lane: Lane) {
    let wait = due_ms.map_or(LOOK, |due_ms| Duration::from_millis((due_ms - now_ms()).max(0) as u64));
    tokio::select! {
        () = work.intake.closed() => {}
        () = session.lanes.news(lane) => {}
        () = session.lanes.all_rest() => {}
        () = tokio::time::sleep(wait.min(LOOK)) => {}
    }
}

/// One batch: fan-out over the streams, fan-in at the barrier.
async fn run_batch(
    session: &Arc<Session>,
    work: &Arc<Work>,
    lane: Lane,
    id: BatchId,
    parts: Arc<Vec<Vec<LeasedRecord>>>,
    batch: Arc<LiveBatch>,
) -> Result<(), CheckpointError> {
    let records: usize = parts.iter().map(Vec::len).sum();
    tracing::info!(batch = id, ?lane, records, streams = parts.len(), "batch begins");
    let (handover, handovers) = mpsc::channel(collector::QUEUE);
    let collector = Collector {
        id,
        lane,
        work: Arc::clone(work),
        checkpoint: Arc::clone(&session.checkpoint),
        live: Arc::clone(&session.live),
        batch: Arc::clone(&batch),
        lanes: Arc::clone(&session.lanes),
    };
    let collecting = tokio::spawn(collector.run(handovers));
    let gate = session.controls.gate_of(lane);
    let hands = gate.limit().div_ceil(parts.len());
    let mut streams = JoinSet::new();
    for (stream, records) in Arc::unwrap_or_clone(parts).into_iter().enumerate() {
        let share = Share {
            stream,
            records,
            hands,
            gate: Arc::clone(gate),
            batch: Arc::clone(&batch),
            collector: handover.clone(),
        };
        streams.spawn(stream::run(share, Arc::clone(work)));
    }
    drop(handover);
    streams.join_all().await;
    let collected = joined(collecting).await;
    session.live.end_batch(lane, id);
    collected?;
    tracing::info!(batch = id, ?lane, took_ms = now_ms() - batch.started_ms(), "barrier");
    let end =
        BatchSummary { id, started_ms: batch.started_ms(), ended_ms: now_ms(), streams: batch.summaries() };
    // Behind a connection there is no temporary name.
    session.checkpoint.end_batch(end, work.site.destination.remote().is_some()).await
}
