//! The counters of this moment: written by streams and collector, read by whoever watches.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::sampler::AtBarriers;
use super::times::{Done, Part};
use super::{Sample, Throughput};
use crate::advisor::Advice;
use crate::clock::now_ms;
use crate::control::Controls;
use crate::control::lease::Claim;
use crate::event::{ActiveRecord, LiveStream, Outage, PartStatus, Progress, StreamSummary};
use crate::failure::Stage;
use crate::record::{Balance, BatchId, Lane, LeasedRecord, OutcomeKind, RecordId};
use crate::spec::Limits;
use crate::state::State;
use crate::stream::COPY;

/// Active records shown of a stream.
const ACTIVE_SHOWN: usize = 8;

/// The picture of a migration at this moment.
pub(crate) struct Live {
    moved: Arc<AtomicU64>,
    picture: Mutex<Picture>,
}

struct Picture {
    state: State,
    balance: Balance,
    limits: Limits,
    outage: Option<Outage>,
    batch: Option<Arc<LiveBatch>>,
    recovery: Option<Arc<LiveBatch>>,
    aside: Option<Arc<LiveBatch>>,
    throughput: Throughput,
    barriers: AtBarriers,
    /// Which record the last barrier waited for.
    straggler: Option<Straggler>,
    advice: Option<Advice>,
    /// Files of watched folders that are not complete yet.
    arriving: u64,
    /// When the run pauses by itself (milliseconds since 1970).
    pause_at_ms: Option<i64>,
}

impl Picture {
    fn on(&mut self, lane: Lane) -> &mut Option<Arc<LiveBatch>> {
        match lane {
            Lane::Main => &mut self.batch,
            Lane::Recovery => &mut self.recovery,
            Lane::Aside => &mut self.aside,
        }
    }
}

/// The batch that runs.
pub(crate) struct LiveBatch {
    id: BatchId,
    started_ms: i64,
    moved: Arc<AtomicU64>,
    streams: Vec<Mutex<Stream>>,
    /// Whether a stream has nothing more to do.
    drained: watch::Sender<bool>,
}

struct Stream {
    summary: StreamSummary,
    active: Vec<Arc<Active>>,
    /// The record that ended last so far.
    last: Option<Straggler>,
}

/// A record that a barrier waits for, or waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Straggler {
    pub(crate) path: String,
    /// What is being done with it, or was at last.
    pub(crate) step: String,
    /// How long it has been in work.
    pub(crate) age: Duration,
}

/// A record in flight.
pub(crate) struct Active {
    id: RecordId,
    path: String,
    size: u64,
    done: AtomicU64,
    /// When its work began, since the start of the run.
    since: Duration,
    since_ms: i64,
    pub(crate) claim: Claim,
}

impl Active {
    /// How long it has been in work. `now`: since the start of the run.
    pub(crate) fn age(&self, now: Duration) -> Duration {
        now.saturating_sub(self.since)
    }

    fn straggler(&self, now: Duration) -> Straggler {
        Straggler { path: self.path.clone(), step: self.claim.step().into_owned(), age: self.age(now) }
    }
}

impl Live {
    pub(crate) fn new(state: State, balance: Balance, limits: Limits, outage: Option<Outage>) -> Self {
        let throughput = Throughput::default();
        let picture = Picture {
            state,
            balance,
            limits,
            outage,
            batch: None,
            recovery: None,
            aside: None,
            throughput,
            barriers: AtBarriers::default(),
            straggler: None,
            advice: None,
            arriving: 0,
            pause_at_ms: None,
        };
        Self { moved: Arc::default(), picture: Mutex::new(picture) }
    }

    pub(crate) fn set_state(&self, state: State, outage: Option<Outage>) {
        let mut picture = self.picture();
        picture.state = state;
        picture.outage = outage;
        if !state.is_active() || state == State::Watching {
            picture.throughput.halt();
            picture.batch = None;
            picture.recovery = None;
            picture.aside = None;
            picture.advice = None;
        }
    }

    pub(crate) fn set_balance(&self, balance: Balance) {
        self.picture().balance = balance;
    }

    pub(crate) fn set_limits(&self, limits: Limits) {
        self.picture().limits = limits;
    }

    pub(crate) fn begin_batch(&self, lane: Lane, id: BatchId, parts: &[Vec<LeasedRecord>]) -> Arc<LiveBatch> {
        let stream = |part: &Vec<LeasedRecord>| {
            let bytes = part.iter().map(|record| record.size).sum();
            let ended_ms = part.is_empty().then(now_ms);
            let summary =
                StreamSummary { records: part.len() as u64, bytes, ended_ms, ..StreamSummary::default() };
            Mutex::new(Stream { summary, active: Vec::new(), last: None })
        };
        let batch = Arc::new(LiveBatch {
            id,
            started_ms: now_ms(),
            moved: Arc::clone(&self.moved),
            streams: parts.iter().map(stream).collect(),
            drained: watch::Sender::new(false),
        });
        *self.picture().on(lane) = Some(Arc::clone(&batch));
        batch
    }

    /// The barrier of a batch fell. Where the next one runs already, that stays.
    pub(crate) fn end_batch(&self, lane: Lane, id: BatchId) {
        let mut picture = self.picture();
        if let Some(batch) = picture.on(lane).clone().filter(|batch| batch.id == id && lane == Lane::Main) {
            let now = now_ms();
            for stream in batch.summaries() {
                picture.barriers.batch_ms += (now - batch.started_ms).max(0) as u64;
                picture.barriers.idle_ms += (now - stream.ended_ms.unwrap_or(now)).max(0) as u64;
            }
            picture.straggler = batch.waited_for();
        }
        let shown = picture.on(lane);
        if shown.as_ref().is_some_and(|batch| batch.id == id) {
            *shown = None;
        }
    }

    pub(crate) fn set_arriving(&self, files: u64) {
        self.picture().arriving = files;
    }

    pub(crate) fn set_pause_at(&self, at_ms: Option<i64>) {
        self.picture().pause_at_ms = at_ms;
    }

    pub(crate) fn pause_at_ms(&self) -> Option<i64> {
        self.picture().pause_at_ms
    }

    pub(crate) fn set_advice(&self, advice: Option<Advice>) {
        self.picture().advice = advice;
    }

    /// The record that streams stand at the barrier for; between two batches, the one that they stood for.
    /// `now`: since the start of the run.
    pub(crate) fn straggler(&self, now: Duration) -> Option<Straggler> {
        let mut picture = self.picture();
        let batch = picture.on(Lane::Main).clone();
        batch.and_then(|batch| batch.waits_for(now)).or_else(|| picture.straggler.clone())
    }

    /// What the streams did at barriers so far.
    pub(crate) fn barriers(&self) -> AtBarriers {
        self.picture().barriers
    }

    /// Bytes that moved and records that ended so far.
    pub(crate) fn moved(&self) -> (u64, u64) {
        let balance = self.picture().balance;
        (self.moved.load(Ordering::Relaxed), balance.delivered + balance.skipped + balance.failed)
    }

    pub(crate) fn samples(&self) -> Vec<Sample> {
        self.picture().throughput.samples()
    }

    /// The picture to show.
    pub(crate) fn progress(&self, controls: &Controls) -> Progress {
        let in_flight: usize = Lane::ALL.iter().map(|lane| controls.gate_of(*lane).inside()).sum();
        let at_ms = now_ms();
        let moved = self.moved.load(Ordering::Relaxed);
        let mut picture = self.picture();
        let balance = picture.balance;
        if picture.state == State::Running {
            picture.throughput.observe(at_ms, balance.delivered + balance.skipped + balance.failed, moved);
        }
        let parts = parts(controls, picture.batch.iter().chain(&picture.recovery));
        Progress {
            at_ms,
            state: picture.state,
            balance,
            limits: picture.limits,
            in_flight: in_flight as u32,
            bytes_moved: moved,
            sample: picture.throughput.latest(),
            time_left: picture.state.is_active().then(|| picture.throughput.time_left(&balance)).flatten(),
            batch: picture.batch.as_ref().map(|batch| batch.show()),
            recovery: picture.recovery.as_ref().map(|batch| batch.show()),
            aside: picture.aside.as_ref().map(|batch| batch.show()),
            concurrency: controls.gate.limit() as u32,
            services: controls.endpoints.all().iter().map(|endpoint| endpoint.show()).collect(),
            describing: controls.describing.show().map(|(status, _)| status),
            outage: picture.outage.clone(),
            advice: picture.advice.clone(),
            arriving: picture.arriving,
            parts,
            pause_at_ms: picture.pause_at_ms,
        }
    }

    fn picture(&self) -> MutexGuard<'_, Picture> {
        self.picture.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LiveBatch {
    pub(crate) fn started_ms(&self) -> i64 {
        self.started_ms
    }

    /// A record of this stream is in work until [`Self::finish`]. `now`: since the start of the run.
    pub(crate) fn begin(&self, stream: usize, record: &LeasedRecord, now: Duration) -> Arc<Active> {
        let active = Arc::new(Active {
            id: record.id,
            path: record.path.to_string(),
            size: record.size,
            done: AtomicU64::new(0),
            since: now,
            since_ms: now_ms(),
            claim: Claim::new(record.size, COPY, now),
        });
        self.stream(stream).active.push(Arc::clone(&active));
        active
    }

    /// A record of this stream is in work no more. `now`: since the start of the run.
    pub(crate) fn finish(&self, stream: usize, active: &Arc<Active>, now: Duration) {
        let mut stream = self.stream(stream);
        stream.active.retain(|one| !Arc::ptr_eq(one, active));
        stream.last = Some(active.straggler(now));
    }

    /// What others stand at the barrier for: the record that has been longest in work where a stream has
    /// ended already.
    fn waits_for(&self, now: Duration) -> Option<Straggler> {
        if !*self.drained.borrow() {
            return None;
        }
        let open = self.streams.iter().map(lock).filter(|stream| stream.summary.ended_ms.is_none());
        let oldest = open.filter_map(|stream| {
            stream.active.iter().map(|one| one.straggler(now)).max_by_key(|one| one.age)
        });
        oldest.max_by_key(|one| one.age)
    }

    /// What the barrier waited for: the last record of the stream that ended last.
    fn waited_for(&self) -> Option<Straggler> {
        let ended = self.streams.iter().map(lock).filter(|stream| stream.last.is_some());
        ended.max_by_key(|stream| stream.summary.ended_ms).and_then(|stream| stream.last.clone())
    }

    /// So many bytes more of a record were read.
    pub(crate) fn moved(&self, active: &Active, bytes: u64) {
        active.done.fetch_add(bytes, Ordering::Relaxed);
        self.moved.fetch_add(bytes, Ordering::Relaxed);
    }

    /// The outcome of a record of this stream is durable.
    pub(crate) fn recorded(&self, stream: usize, kind: &OutcomeKind) {
        let summary = &mut self.stream(stream).summary;
        match kind {
            OutcomeKind::Delivered { .. } => summary.delivered += 1,
            OutcomeKind::Skipped { .. } => summary.skipped += 1,
            OutcomeKind::Failed(_) => summary.failed += 1,
            OutcomeKind::Retry { .. } | OutcomeKind::Later { .. } => summary.retried += 1,
            OutcomeKind::Returned => summary.returned += 1,
        }
    }

    pub(crate) fn stream_ended(&self, stream: usize) {
        self.stream(stream).summary.ended_ms.get_or_insert_with(now_ms);
        self.drained.send_replace(true);
    }

    /// Waits until the first stream has nothing more to do.
    pub(crate) async fn drains(&self) {
        // The sender lives as long as `self`.
        let _ = self.drained.subscribe().wait_for(|drained| *drained).await;
    }

    /// What each stream did, for the batch's end. Records that never started count as returned.
    pub(crate) fn summaries(&self) -> Vec<StreamSummary> {
        let summary = |stream: &Mutex<Stream>| {
            let stream = lock(stream);
            let mut summary = stream.summary.clone();
            summary.last = stream.last.as_ref().map(|last| last.path.clone());
            summary.returned += summary.records.saturating_sub(summary.done());
            summary
        };
        self.streams.iter().map(summary).collect()
    }

    /// Records that are in a stage at this moment.
    fn inside(&self, stage: Stage) -> u32 {
        let is_in = |active: &&Arc<Active>| Stage::of_step(&active.claim.step()) == stage;
        let inside = |stream: &Mutex<Stream>| lock(stream).active.iter().filter(is_in).count() as u32;
        self.streams.iter().map(inside).sum()
    }

    fn show(&self) -> crate::event::LiveBatch {
        let stream = |stream: &Mutex<Stream>| {
            let stream = lock(stream);
            let active = stream.active.iter().take(ACTIVE_SHOWN).map(|active| ActiveRecord {
                id: active.id,
                path: active.path.clone(),
                step: active.claim.step().into_owned(),
                size: active.size,
                done: active.done.load(Ordering::Relaxed),
                since_ms: active.since_ms,
            });
            LiveStream { summary: stream.summary.clone(), active: active.collect() }
        };
        crate::event::LiveBatch {
            id: self.id,
            started_ms: self.started_ms,
            streams: self.streams.iter().map(stream).collect(),
        }
    }

    fn stream(&self, stream: usize) -> MutexGuard<'_, Stream> {
        lock(&self.streams[stream])
    }
}

/// The parts of the work, and how many records are in each stage.
fn parts<'a>(
    controls: &Controls,
    batches: impl Iterator<Item = &'a Arc<LiveBatch>> + Clone,
) -> Vec<PartStatus> {
    let inside = |stage| batches.clone().map(|batch| batch.inside(stage)).sum();
    let status = |Done { part, times, p50_ms, p95_ms }| {
        let stage = match part {
            Part::Ingest => Some(Stage::Ingest),
            Part::Transform => Some(Stage::Transform),
            Part::Deliver => Some(Stage::Deliver),
            Part::Reading | Part::Writing | Part::Proving | Part::Recording => None,
        };
        PartStatus { part, in_flight: stage.map(inside), done: times, p50_ms, p95_ms }
    };
    controls.times.done().into_iter().map(status).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
