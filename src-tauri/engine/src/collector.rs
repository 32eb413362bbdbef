//! The collector (fan-in): bytes durable on the destination first, then the final name, then the
//! outcome committed, then the counters. Nobody else records outcomes.

mod fate;

use std::fs::Metadata;
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
use crate::failure::{Category, Stage};
use crate::metrics::live::{Live, LiveBatch};
use crate::metrics::times::On;
use crate::record::{
    BatchId, Copied, Evidence, Failure, Lane, LeasedRecord, Outcome, OutcomeKind, StepResult,
};
use crate::spec::Verify;
use crate::stage::deliver::read_back;
use crate::stage::{self, Arrived, Processed, Proof, Staged};
use crate::storage::local::destination::Folder;
use crate::storage::local::fault;
use crate::stream::{Handed, Handover, Work};

use fate::{end, end_together};

/// Records settled in one round: large enough that syncs and commits cost little, small enough that a
/// crash repeats little.
const ROUND: usize = 1024;

/// How long a round waits for more records, so that quick ones do not commit one by one.
const LINGER: Duration = Duration::from_millis(25);

/// Handovers that may wait; then the streams wait.
pub(crate) const QUEUE: usize = 64;

/// Threads that prove and publish a round.
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

/// What gets its final names together: a record alone, or those of a group.
struct Unit {
    members: Vec<(From, Processed)>,
    is_group: bool,
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
        while let Some(round) = gather(&mut handovers).await {
            if let Err(error) = self.record(round).await {
                self.work.intake.close(Intake::Cut);
                return Err(error);
            }
        }
        Ok(())
    }

    async fn record(&self, mut round: Vec<Handover>) -> Result<(), CheckpointError> {
        let times = &self.work.controls.times;
        self.keep_uploads(&mut round).await?;
        let targets = take_targets(&mut round);
        if !targets.is_empty() {
            // A target that was worked out in the run must be known before a file bears it.
            self.checkpoint.record_outcomes(self.id, self.lane, &[], &targets, &[], 0).await?;
        }
        let started = Instant::now();
        let (settled, mut steps) = settle(round, &self.work).await;
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
    async fn keep_uploads(&self, round: &mut Vec<Handover>) -> Result<(), CheckpointError> {
        let is_upload = |handover: &mut Handover| matches!(handover, Handover::Upload { .. });
        let (mut notes, mut waiting) = (Vec::new(), Vec::new());
        for handover in round.extract_if(.., is_upload) {
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

/// Takes the targets that records were given in the run out of a round.
fn take_targets(round: &mut Vec<Handover>) -> Vec<StepResult> {
    let is_target =
        |handover: &mut Handover| matches!(handover, Handover::Step(step) if step.step == StepResult::MAPPED);
    let step = |handover| match handover {
        Handover::Step(step) => Some(step),
        Handover::Records { .. } | Handover::Group { .. } | Handover::Upload { .. } => None,
    };
    round.extract_if(.., is_target).filter_map(step).collect()
}

/// The next round. None: all streams have hung up.
async fn gather(handovers: &mut mpsc::Receiver<Handover>) -> Option<Vec<Handover>> {
    let first = handovers.recv().await?;
    let mut records = first.len();
    let mut group = vec![first];
    let patience = tokio::time::sleep(LINGER);
    tokio::pin!(patience);
    while records < ROUND {
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

/// Makes a round durable, proves it, and gives it its final names.
async fn settle(round: Vec<Handover>, work: &Arc<Work>) -> (Vec<Settled>, Vec<StepResult>) {
    let (mut ended, mut units, mut steps) = (Vec::new(), Vec::new(), Vec::new());
    for handover in round {
        match handover {
            Handover::Records { stream, records } => {
                for (from, processed) in records.into_iter().map(|handed| apart(stream, handed)) {
                    match processed {
                        Processed::Staged(_) => {
                            units.push(Unit { members: vec![(from, processed)], is_group: false });
                        }
                        other => ended.push(end(from, other, work)),
                    }
                }
            }
            Handover::Group { stream, records } => {
                let members = records.into_iter().map(|handed| apart(stream, handed)).collect();
                units.push(Unit { members, is_group: true });
            }
            Handover::Step(step) => steps.push(step),
            // Kept already, before anything else of the round.
            Handover::Upload { .. } => {}
        }
    }
    if units.is_empty() {
        return (ended, steps);
    }
    let paths: Vec<PathBuf> = units.iter().flat_map(Unit::parts).collect();
    let durable = on_disk(work, move |folder| folder.make_durable(&paths)).await;
    let settled = prove_and_publish(units, durable.err().map(Arc::new), work).await;
    let places: Vec<PathBuf> = settled.iter().flatten().filter_map(Settled::place).collect();
    let durable = on_disk(work, move |folder| folder.make_names_durable(&places));
    match durable.await {
        Ok(()) => ended.extend(settled.into_iter().flatten()),
        Err(error) => {
            for unit in settled {
                ended.extend(refuse_names(unit, &error, work));
            }
        }
    }
    (ended, steps)
}

fn apart(stream: usize, handed: Handed) -> (From, Processed) {
    let Handed { record, processed, took, published } = handed;
    (From { stream, record, took_ms: took.as_millis() as u64, published }, processed)
}

impl Unit {
    /// What has to be durable before it may get its final names.
    fn parts(&self) -> Vec<PathBuf> {
        if !self.members.iter().all(|(_, processed)| processed.came_through()) {
            return Vec::new();
        }
        let part = |(_, processed): &(From, Processed)| match processed {
            Processed::Staged(staged) => Some(staged.part.path.to_path_buf()),
            _ => None,
        };
        self.members.iter().filter_map(part).collect()
    }
}

impl Settled {
    fn place(&self) -> Option<PathBuf> {
        match &self.end {
            End::Published(_, place) => Some(place.clone()),
            End::Outcome(..) => None,
        }
    }
}

/// Runs a piece of work on the destination folder for a whole round, off the async threads.
async fn on_disk(
    work: &Arc<Work>,
    act: impl FnOnce(&Folder) -> io::Result<()> + Send + 'static,
) -> io::Result<()> {
    let work = Arc::clone(work);
    let acting = spawn_blocking(move || work.site.destination.local().map_or(Ok(()), act));
    acting.await.unwrap_or_else(|panic| Err(io::Error::other(panic)))
}

/// Reads back what still has to be read back, and publishes, by several hands. `refused`: what was staged
/// could not be made durable.
async fn prove_and_publish(
    mut units: Vec<Unit>,
    refused: Option<Arc<io::Error>>,
    work: &Arc<Work>,
) -> Vec<Vec<Settled>> {
    let share = units.len().div_ceil(HANDS).max(16);
    let mut hands = JoinSet::new();
    while !units.is_empty() {
        let share = units.split_off(units.len().saturating_sub(share));
        let (work, refused) = (Arc::clone(work), refused.clone());
        hands.spawn_blocking(move || -> Vec<Vec<Settled>> {
            share.into_iter().map(|unit| settle_unit(unit, refused.as_deref(), &work)).collect()
        });
    }
    hands.join_all().await.into_iter().flatten().collect()
}

/// The last steps of what gets its final names together: first every proof, then every name. One that
/// does not come through takes the others with it.
fn settle_unit(unit: Unit, refused: Option<&io::Error>, work: &Work) -> Vec<Settled> {
    let Unit { mut members, is_group } = unit;
    if members.iter().all(|(_, processed)| processed.came_through()) {
        for (from, processed) in &mut members {
            *processed = match std::mem::replace(processed, Processed::Unfinished) {
                Processed::Staged(staged) => match refused {
                    Some(error) => failed(from, "cannot make durable", &staged.part.path, error, work),
                    None => guarded(&from.record, work, || Ok(prove(&from.record, *staged, work)))
                        .unwrap_or_else(|processed| processed),
                },
                arrived => arrived,
            };
            if !processed.came_through() {
                break;
            }
        }
    }
    if !members.iter().all(|(_, processed)| processed.came_through()) {
        return end_unit(members, is_group, work);
    }
    publish_unit(members, is_group, work)
}

/// Gives every member its final name, or takes back those that were given.
fn publish_unit(members: Vec<(From, Processed)>, is_group: bool, work: &Work) -> Vec<Settled> {
    let mut settled = Vec::with_capacity(members.len());
    let mut published = Vec::new();
    let mut members = members.into_iter();
    while let Some((from, processed)) = members.next() {
        let Processed::Staged(staged) = processed else {
            settled.push(end(from, processed, work));
            continue;
        };
        match guarded(&from.record, work, || publish(&from.record, *staged, work)) {
            Ok(done) => published.push((from, done)),
            Err(processed) => {
                let mut broken = vec![(from, processed)];
                for (from, Published { arrived, place, before }) in published {
                    match withdraw(&place, &before, work) {
                        Ok(()) => broken.push((from, Processed::Unfinished)),
                        Err(error) => {
                            tracing::warn!(place = %place.display(), %error, "a final name is not taken back");
                            settled.push(Settled { from, end: End::Published(arrived, place) });
                        }
                    }
                }
                broken.extend(members);
                settled.extend(end_unit(broken, is_group, work));
                return settled;
            }
        }
    }
    let done =
        |(from, Published { arrived, place, .. })| Settled { from, end: End::Published(arrived, place) };
    settled.extend(published.into_iter().map(done));
    settled
}

/// The end of what does not get its final names together.
fn end_unit(members: Vec<(From, Processed)>, is_group: bool, work: &Work) -> Vec<Settled> {
    if is_group {
        return end_together(members, work);
    }
    members.into_iter().map(|(from, processed)| end(from, processed, work)).collect()
}

/// What is published, but not under a durable name, is tried again.
fn refuse_names(unit: Vec<Settled>, error: &io::Error, work: &Work) -> Vec<Settled> {
    let is_group = unit.iter().any(|one| one.from.record.group.is_some());
    let (mut settled, mut refused) = (Vec::new(), Vec::new());
    for Settled { from, end } in unit {
        match end {
            End::Published(_, place) => {
                let processed = failed(&from, "cannot make the name durable of", &place, error, work);
                refused.push((from, processed));
            }
            End::Outcome(..) => settled.push(Settled { from, end }),
        }
    }
    settled.extend(end_unit(refused, is_group, work));
    settled
}

/// A file under its final name.
struct Published {
    arrived: Arrived,
    place: PathBuf,
    /// What it was just before it got the name.
    before: Metadata,
}

fn withdraw(place: &Path, before: &Metadata, work: &Work) -> io::Result<()> {
    work.site.destination.local().map_or(Ok(()), |folder| folder.withdraw(place, before))
}

/// Reads back what still has to be read back.
fn prove(record: &LeasedRecord, mut staged: Staged, work: &Work) -> Processed {
    if work.site.delivery.verify == Verify::ReadBack && staged.evidence != Evidence::ReadBack {
        let not_cut = |_| work.intake.position() != Intake::Cut;
        match read_back(&staged.part.path, staged.bytes, staged.hash.as_ref(), &not_cut) {
            Ok(Some(evidence)) => staged.evidence = evidence,
            Ok(None) => return Processed::Returned(None),
            Err(failure) => return stage::fail(record, &work.site, failure),
        }
    }
    Processed::Staged(Box::new(staged))
}

fn publish(record: &LeasedRecord, staged: Staged, work: &Work) -> Result<Published, Processed> {
    let Staged { part, mirrored, bytes, hash, evidence } = staged;
    let fail = |failure| stage::fail(record, &work.site, failure);
    let folder = work.site.destination.local().ok_or_else(|| {
        let what = "what lies under a temporary name has no folder of this computer to go to";
        fail(Failure::new(Stage::Deliver, Category::Internal, what))
    })?;
    let wanted = part.path.to_path_buf();
    let refused = |error| fail(fault::of_destination("cannot give the final name to", &wanted, &error));
    fail::fail_point!("a_name_is_refused", record.path.0.ends_with(b"refused.dat"), |_| {
        Err(refused(io::ErrorKind::PermissionDenied.into()))
    });
    let before = wanted.symlink_metadata().map_err(refused)?;
    let target = folder.publish(part, work.site.delivery.on_conflict).map_err(refused)?;
    let place = folder.path(&target).unwrap_or(wanted);
    let target = (mirrored.as_ref() != Some(&target)).then_some(target);
    Ok(Published {
        arrived: Arrived { bytes, target, hash, proof: Proof::Delivered(evidence) },
        place,
        before,
    })
}

/// A panic in here is this record's failure and nobody else's.
fn guarded<T>(
    record: &LeasedRecord,
    work: &Work,
    act: impl FnOnce() -> Result<T, Processed>,
) -> Result<T, Processed> {
    catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(|panic| {
        let failure = stage::internal(Stage::Deliver, panic.as_ref());
        Err(stage::fail(record, &work.site, failure))
    })
}

fn failed(from: &From, what: &str, path: &Path, error: &io::Error, work: &Work) -> Processed {
    stage::fail(&from.record, &work.site, fault::of_destination(what, path, error))
}
