//! The collector (fan-in): bytes durable on the destination first, then the final name, then the
//! outcome committed, then the counters. Nobody else records outcomes.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinSet, spawn_blocking};

use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::control::intake::Intake;
use crate::control::retry::next_try;
use crate::failure::{Category, Stage};
use crate::metrics::live::{Live, LiveBatch};
use crate::metrics::times::On;
use crate::record::{
    BatchId, Copied, Evidence, Failure, Lane, LeasedRecord, Outcome, OutcomeKind, StepResult,
};
use crate::spec::Verify;
use crate::stage::deliver::read_back;
use crate::stage::{self, Arrived, Processed, Proof, Staged};
use crate::storage::local::fault;
use crate::stream::{Handed, Handover, Work};

/// Records settled in one go: large enough that syncs and commits cost little, small enough that a
/// crash repeats little.
const GROUP: usize = 1024;

/// How long a group waits for more records, so that quick ones do not commit one by one.
const LINGER: Duration = Duration::from_millis(25);

/// Handovers that may wait; then the streams wait.
pub(crate) const QUEUE: usize = 64;

/// Threads that prove and publish a group.
const HANDS: usize = 4;

/// What a batch's collector works with.
pub(crate) struct Collector {
    pub(crate) id: BatchId,
    pub(crate) lane: Lane,
    pub(crate) work: Arc<Work>,
    pub(crate) checkpoint: Arc<Checkpoint>,
    pub(crate) live: Arc<Live>,
    pub(crate) batch: Arc<LiveBatch>,
}

/// A record that lies complete under its temporary name.
struct Settling {
    from: From,
    staged: Staged,
}

/// Whose record it is, and who waits for its final name.
struct From {
    stream: usize,
    record: Arc<LeasedRecord>,
    took_ms: u64,
    /// Only published, not yet at its end: the record is registered next.
    published: Option<oneshot::Sender<Copied>>,
}

/// A record that has come to its end, or to its final name.
struct Settled {
    from: From,
    end: End,
}

enum End {
    Outcome(u64, OutcomeKind),
    /// Published under this path; recorded once the name is durable.
    Published(Arrived, PathBuf),
}

impl Collector {
    /// Records every handover of the batch. Ends when all streams have hung up.
    pub(crate) async fn run(self, mut handovers: mpsc::Receiver<Handover>) -> Result<(), CheckpointError> {
        while let Some(group) = gather(&mut handovers).await {
            if let Err(error) = self.record(group).await {
                self.work.intake.close(Intake::Cut);
                return Err(error);
            }
        }
        Ok(())
    }

    async fn record(&self, mut group: Vec<Handover>) -> Result<(), CheckpointError> {
        let times = &self.work.controls.times;
        self.keep_uploads(&mut group).await?;
        let targets = take_targets(&mut group);
        if !targets.is_empty() {
            // A target that was worked out in the run must be known before a file bears it.
            self.checkpoint.record_outcomes(self.id, self.lane, &[], &targets, &[], 0).await?;
        }
        let started = Instant::now();
        let (settled, mut steps) = settle(group, &self.work).await;
        times.add(On::Proving, started.elapsed());
        let mut outcomes = Vec::with_capacity(settled.len());
        let mut streams = Vec::with_capacity(settled.len());
        let mut waiting = Vec::new();
        for Settled { from, end } in settled {
            let id = from.record.id;
            match (end, from.published) {
                (End::Published(arrived, _), Some(published)) => {
                    let copied = arrived.copied();
                    steps.push(StepResult { record: id, step: Copied::STEP.into(), result: json!(copied) });
                    waiting.push((published, copied));
                }
                (End::Published(arrived, _), None) => {
                    streams.push(from.stream);
                    let (bytes, kind) = (arrived.bytes, arrived.outcome());
                    outcomes.push(Outcome { id, bytes, took_ms: from.took_ms, kind });
                }
                (End::Outcome(bytes, kind), _) => {
                    streams.push(from.stream);
                    outcomes.push(Outcome { id, bytes, took_ms: from.took_ms, kind });
                }
            }
        }
        let schedule = self.work.controls.settings().recovery.schedule;
        let throttled = self.work.controls.endpoints.take_throttled();
        let started = Instant::now();
        let recorded = self
            .checkpoint
            .record_outcomes(self.id, self.lane, &outcomes, &steps, &schedule, throttled)
            .await?;
        times.add(On::Recording, started.elapsed());
        self.live.set_balance(recorded);
        for (stream, outcome) in streams.iter().zip(&outcomes) {
            self.batch.recorded(*stream, &outcome.kind);
            self.log(*stream, outcome);
        }
        for (published, copied) in waiting {
            // Nobody waits where the record was given up meanwhile; what it has done is kept.
            let _ = published.send(copied);
        }
        Ok(())
    }
}

impl Collector {
    /// Keeps what happened to uploads, and tells those who wait for that.
    async fn keep_uploads(&self, group: &mut Vec<Handover>) -> Result<(), CheckpointError> {
        let is_upload = |handover: &mut Handover| matches!(handover, Handover::Upload { .. });
        let (mut notes, mut waiting) = (Vec::new(), Vec::new());
        for handover in group.extract_if(.., is_upload) {
            if let Handover::Upload { note, kept } = handover {
                notes.push(note);
                waiting.extend(kept);
            }
        }
        self.checkpoint.keep_uploads(&notes).await?;
        for kept in waiting {
            // Nobody waits where the record was given up meanwhile.
            let _ = kept.send(());
        }
        Ok(())
    }

    /// What did not go well goes into the log; what did is in the checkpoint.
    fn log(&self, stream: usize, outcome: &Outcome) {
        let (record, batch) = (outcome.id, self.id);
        match &outcome.kind {
            OutcomeKind::Failed(failure) => {
                let category = failure.category.word();
                tracing::warn!(record, batch, stream, category, why = %failure.message, "failed");
            }
            OutcomeKind::Retry { failure, wait } => {
                let category = failure.category.word();
                tracing::info!(record, batch, stream, category, wait = ?wait, why = %failure.message, "tried again later");
            }
            _ => tracing::debug!(record, batch, stream, took_ms = outcome.took_ms, "ended"),
        }
    }
}

/// Takes the targets that records were given in the run out of a group.
fn take_targets(group: &mut Vec<Handover>) -> Vec<StepResult> {
    let is_target =
        |handover: &mut Handover| matches!(handover, Handover::Step(step) if step.step == StepResult::MAPPED);
    let step = |handover| match handover {
        Handover::Step(step) => Some(step),
        Handover::Records { .. } | Handover::Publish { .. } | Handover::Upload { .. } => None,
    };
    group.extract_if(.., is_target).filter_map(step).collect()
}

/// The next group. None: all streams have hung up.
async fn gather(handovers: &mut mpsc::Receiver<Handover>) -> Option<Vec<Handover>> {
    let first = handovers.recv().await?;
    let mut records = first.len();
    let mut group = vec![first];
    let patience = tokio::time::sleep(LINGER);
    tokio::pin!(patience);
    while records < GROUP {
        tokio::select! {
            more = handovers.recv() => {
                let Some(more) = more else { break };
                records += more.len();
                group.push(more);
            }
            () = &mut patience => break,
        }
    }
    Some(group)
}

/// Makes a group durable, proves it, and gives it its final names.
async fn settle(group: Vec<Handover>, work: &Arc<Work>) -> (Vec<Settled>, Vec<StepResult>) {
    let mut ended = Vec::with_capacity(group.len());
    let mut staged = Vec::with_capacity(group.len());
    let mut steps = Vec::new();
    let mut sort = |stream, handed: Handed, published| {
        let Handed { record, processed, took } = handed;
        let from = From { stream, record, took_ms: took.as_millis() as u64, published };
        match processed {
            Processed::Staged(part) => staged.push(Settling { from, staged: *part }),
            other => ended.push(end(from, other, work)),
        }
    };
    for handover in group {
        match handover {
            Handover::Records { stream, records } => {
                records.into_iter().for_each(|handed| sort(stream, handed, None));
            }
            Handover::Publish { stream, record, published } => sort(stream, record, Some(published)),
            Handover::Step(step) => steps.push(step),
            // Kept already, before anything else of the group.
            Handover::Upload { .. } => {}
        }
    }
    if staged.is_empty() {
        return (ended, steps);
    }
    let paths: Vec<PathBuf> = staged.iter().map(|settling| settling.staged.part.path.to_path_buf()).collect();
    let durable = on_disk(work, move |work| match work.site.destination.local() {
        Some(folder) => folder.make_durable(&paths),
        None => Ok(()),
    });
    if let Err(error) = durable.await {
        ended.extend(staged.into_iter().map(|Settling { from, staged }| {
            refuse(from, "cannot make durable", &staged.part.path, &error, work)
        }));
        return (ended, steps);
    }
    let settled = prove_and_publish(staged, work).await;
    let places: Vec<PathBuf> = settled
        .iter()
        .filter_map(|one| match &one.end {
            End::Published(_, place) => Some(place.clone()),
            End::Outcome(..) => None,
        })
        .collect();
    let durable = on_disk(work, move |work| match work.site.destination.local() {
        Some(folder) => folder.make_names_durable(&places),
        None => Ok(()),
    });
    match durable.await {
        Ok(()) => ended.extend(settled),
        Err(error) => ended.extend(settled.into_iter().map(|one| match one.end {
            End::Published(_, place) => {
                refuse(one.from, "cannot make the name durable of", &place, &error, work)
            }
            end @ End::Outcome(..) => Settled { from: one.from, end },
        })),
    }
    (ended, steps)
}

/// Runs a piece of work for a whole group off the async threads.
async fn on_disk(
    work: &Arc<Work>,
    act: impl FnOnce(&Work) -> io::Result<()> + Send + 'static,
) -> io::Result<()> {
    let work = Arc::clone(work);
    spawn_blocking(move || act(&work)).await.unwrap_or_else(|panic| Err(io::Error::other(panic)))
}

/// Reads back what still has to be read back, and publishes, by several hands.
async fn prove_and_publish(mut staged: Vec<Settling>, work: &Arc<Work>) -> Vec<Settled> {
    let share = staged.len().div_ceil(HANDS).max(16);
    let mut hands = JoinSet::new();
    while !staged.is_empty() {
        let share = staged.split_off(staged.len().saturating_sub(share));
        let work = Arc::clone(work);
        hands.spawn_blocking(move || -> Vec<Settled> {
            share.into_iter().map(|one| settle_one(one, &work)).collect()
        });
    }
    hands.join_all().await.into_iter().flatten().collect()
}

/// The last steps of one record. A panic in here is this record's failure and nobody else's.
fn settle_one(settling: Settling, work: &Work) -> Settled {
    let Settling { from, staged } = settling;
    match catch_unwind(AssertUnwindSafe(|| publish(&from.record, staged, work))) {
        Ok(Ok((arrived, place))) => Settled { from, end: End::Published(arrived, place) },
        Ok(Err(processed)) => end(from, processed, work),
        Err(panic) => {
            let failure = stage::internal(Stage::Deliver, panic.as_ref());
            let failed = stage::fail(&from.record, &work.site, failure);
            end(from, failed, work)
        }
    }
}

fn publish(record: &LeasedRecord, staged: Staged, work: &Work) -> Result<(Arrived, PathBuf), Processed> {
    let Staged { part, mirrored, bytes, hash, mut evidence } = staged;
    let fail = |failure| stage::fail(record, &work.site, failure);
    let destination = work.site.destination.local().ok_or_else(|| {
        let what = "what lies under a temporary name has no folder of this computer to go to";
        fail(Failure::new(Stage::Deliver, Category::Internal, what))
    })?;
    if work.site.delivery.verify == Verify::ReadBack && evidence != Evidence::ReadBack {
        let not_cut = |_| work.intake.position() != Intake::Cut;
        evidence = read_back(&part.path, bytes, hash.as_ref(), &not_cut)
            .map_err(fail)?
            .ok_or(Processed::Returned(None))?;
    }
    let wanted = part.path.to_path_buf();
    let target = destination
        .publish(part, work.site.delivery.on_conflict)
        .map_err(|error| fail(fault::of_destination("cannot give the final name to", &wanted, &error)))?;
    let place = destination.path(&target).unwrap_or(wanted);
    let target = (mirrored.as_ref() != Some(&target)).then_some(target);
    Ok((Arrived { bytes, target, hash, proof: Proof::Delivered(evidence) }, place))
}

fn refuse(from: From, what: &str, path: &Path, error: &io::Error, work: &Work) -> Settled {
    let failed = stage::fail(&from.record, &work.site, fault::of_destination(what, path, error));
    end(from, failed, work)
}

/// A record that ends without a file of its own at the destination. Here, and only here, it is
/// decided whether a failed record is tried again.
fn end(from: From, processed: Processed, work: &Work) -> Settled {
    let (bytes, kind) = match processed {
        Processed::Arrived(arrived) => (arrived.bytes, arrived.outcome()),
        Processed::Failed(failure) => {
            let tries = from.record.tries + 1;
            match next_try(&work.controls.settings(), &failure, tries, fastrand::f64()) {
                Some(wait) => (0, OutcomeKind::Retry { failure, wait }),
                None => (0, OutcomeKind::Failed(failure)),
            }
        }
        Processed::Later(wait) => (0, OutcomeKind::Later { wait }),
        Processed::Returned(away) => {
            if let Some(away) = away {
                work.intake.report_outage(away);
            }
            (0, OutcomeKind::Returned)
        }
        // Staged records are settled, not ended; one that came here would be removed and tried again.
        Processed::Staged(_) => (0, OutcomeKind::Returned),
    };
    Settled { from, end: End::Outcome(bytes, kind) }
}
