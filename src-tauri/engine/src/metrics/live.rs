//! The counters of this moment: written by streams and collector, read by whoever watches.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Sample, Throughput};
use crate::clock::now_ms;
use crate::event::{ActiveRecord, LiveStream, Outage, Progress, StreamSummary};
use crate::record::{Balance, BatchId, LeasedRecord, OutcomeKind, RecordId};
use crate::spec::Limits;
use crate::state::State;

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
    throughput: Throughput,
}

/// The batch that runs.
pub(crate) struct LiveBatch {
    id: BatchId,
    started_ms: i64,
    moved: Arc<AtomicU64>,
    streams: Vec<Mutex<Stream>>,
}

struct Stream {
    summary: StreamSummary,
    active: Vec<Arc<Active>>,
}

/// A record in flight.
struct Active {
    id: RecordId,
    path: String,
    size: u64,
    done: AtomicU64,
}

/// Keeps a record among the active ones until it is dropped.
pub(crate) struct ActiveGuard<'a> {
    active: Arc<Active>,
    batch: &'a LiveBatch,
    stream: usize,
}

impl Live {
    pub(crate) fn new(state: State, balance: Balance, limits: Limits, outage: Option<Outage>) -> Self {
        let throughput = Throughput::default();
        let picture = Picture { state, balance, limits, outage, batch: None, throughput };
        Self { moved: Arc::default(), picture: Mutex::new(picture) }
    }

    pub(crate) fn set_state(&self, state: State, outage: Option<Outage>) {
        let mut picture = self.picture();
        picture.state = state;
        picture.outage = outage;
        if !state.is_active() {
            picture.throughput.halt();
            picture.batch = None;
        }
    }

    pub(crate) fn set_balance(&self, balance: Balance) {
        self.picture().balance = balance;
    }

    pub(crate) fn set_limits(&self, limits: Limits) {
        self.picture().limits = limits;
    }

    pub(crate) fn begin_batch(&self, id: BatchId, parts: &[Vec<LeasedRecord>]) -> Arc<LiveBatch> {
        let stream = |part: &Vec<LeasedRecord>| {
            let bytes = part.iter().map(|record| record.size).sum();
            let ended_ms = part.is_empty().then(now_ms);
            let summary =
                StreamSummary { records: part.len() as u64, bytes, ended_ms, ..StreamSummary::default() };
            Mutex::new(Stream { summary, active: Vec::new() })
        };
        let batch = Arc::new(LiveBatch {
            id,
            started_ms: now_ms(),
            moved: Arc::clone(&self.moved),
            streams: parts.iter().map(stream).collect(),
        });
        self.picture().batch = Some(Arc::clone(&batch));
        batch
    }

    pub(crate) fn end_batch(&self) {
        self.picture().batch = None;
    }

    pub(crate) fn samples(&self) -> Vec<Sample> {
        self.picture().throughput.samples()
    }

    /// The picture to show. `in_flight`: records inside the gate.
    pub(crate) fn progress(&self, in_flight: usize) -> Progress {
        let at_ms = now_ms();
        let moved = self.moved.load(Ordering::Relaxed);
        let mut picture = self.picture();
        let balance = picture.balance;
        if picture.state == State::Running {
            picture.throughput.observe(at_ms, balance.delivered + balance.skipped + balance.failed, moved);
        }
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
            outage: picture.outage.clone(),
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

    /// A record of this stream is in work until the guard is dropped.
    pub(crate) fn begin(&self, stream: usize, record: &LeasedRecord) -> ActiveGuard<'_> {
        let active = Arc::new(Active {
            id: record.id,
            path: record.path.to_string(),
            size: record.size,
            done: AtomicU64::new(0),
        });
        self.stream(stream).active.push(Arc::clone(&active));
        ActiveGuard { active, batch: self, stream }
    }

    /// The outcome of a record of this stream is durable.
    pub(crate) fn recorded(&self, stream: usize, kind: &OutcomeKind) {
        let summary = &mut self.stream(stream).summary;
        match kind {
            OutcomeKind::Delivered { .. } => summary.delivered += 1,
            OutcomeKind::Skipped { .. } => summary.skipped += 1,
            OutcomeKind::Failed(_) => summary.failed += 1,
            OutcomeKind::Returned => summary.returned += 1,
        }
    }

    pub(crate) fn stream_ended(&self, stream: usize) {
        self.stream(stream).summary.ended_ms.get_or_insert_with(now_ms);
    }

    /// What each stream did, for the batch's end. Records that never started count as returned.
    pub(crate) fn summaries(&self) -> Vec<StreamSummary> {
        let summary = |stream: &Mutex<Stream>| {
            let mut summary = lock(stream).summary.clone();
            summary.returned += summary.records.saturating_sub(summary.done());
            summary
        };
        self.streams.iter().map(summary).collect()
    }

    fn show(&self) -> crate::event::LiveBatch {
        let stream = |stream: &Mutex<Stream>| {
            let stream = lock(stream);
            let active = stream.active.iter().take(ACTIVE_SHOWN).map(|active| ActiveRecord {
                id: active.id,
                path: active.path.clone(),
                size: active.size,
                done: active.done.load(Ordering::Relaxed),
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

impl ActiveGuard<'_> {
    /// So many bytes more were read.
    pub(crate) fn moved(&self, bytes: u64) {
        self.active.done.fetch_add(bytes, Ordering::Relaxed);
        self.batch.moved.fetch_add(bytes, Ordering::Relaxed);
    }
}

impl Drop for ActiveGuard<'_> {
    fn drop(&mut self) {
        self.batch.stream(self.stream).active.retain(|active| !Arc::ptr_eq(active, &self.active));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
