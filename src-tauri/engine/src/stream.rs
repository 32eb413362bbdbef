//! A stream: one of N independent processing paths. Takes its part of the batch through the stages
//! with bounded concurrency, and gives up records that stay silent for too long.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::control::Controls;
use crate::control::gate::{Gate, Place};
use crate::control::intake::{Away, Intake, IntakeSwitch};
use crate::failure::{Category, Stage};
use crate::journey::{self, Steps};
use crate::metrics::live::{Active, LiveBatch};
use crate::record::{Copied, Failure, LeasedRecord, RawPath, StepResult};
use crate::stage::{self, Processed, Site};
use crate::upload::Note;

/// Small records that one thread takes at once, one after the other: handing each over by itself
/// would cost more than copying it.
const ARMFUL: usize = 32;

/// Bytes at which an armful is full, so that large files always go alone.
const ARMFUL_BYTES: u64 = 1 << 20;

/// How often silent records are looked for.
const WATCH: Duration = Duration::from_millis(250);

/// Between two looks no more time than this can pass, unless the machine slept.
const SLEPT: Duration = Duration::from_secs(10);

/// How long records that are cut off may take to notice. What hangs in the system for longer is left
/// behind: a stop must not wait for a disk that does not answer.
const CUT_PATIENCE: Duration = Duration::from_secs(2);

/// Threads that may hang for good; beyond that the volume itself does not answer.
const HANGING: usize = 64;

/// What streams and collector of one stretch share.
pub(crate) struct Work {
    pub(crate) site: Arc<Site>,
    /// What records go through besides copying. None: nothing.
    pub(crate) steps: Option<Arc<Steps>>,
    pub(crate) controls: Arc<Controls>,
    pub(crate) intake: Arc<IntakeSwitch>,
}

/// What goes to the collector.
pub(crate) enum Handover {
    /// Records whose way through the stages has ended.
    Records { stream: usize, records: Vec<Handed> },
    /// A staged record that has to be published before it can be registered.
    Publish { stream: usize, record: Handed, published: oneshot::Sender<Copied> },
    /// A step's result, to be kept.
    Step(StepResult),
    /// What happened to an upload in parts, to be kept; who waits for that.
    Upload { note: Note, kept: Option<oneshot::Sender<()>> },
}

impl Handover {
    /// Records in it.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Records { records, .. } => records.len(),
            Self::Publish { .. } | Self::Step(_) | Self::Upload { .. } => 1,
        }
    }
}

/// A record and what came of it.
pub(crate) struct Handed {
    pub(crate) record: Arc<LeasedRecord>,
    pub(crate) processed: Processed,
    pub(crate) took: Duration,
}

/// One stream's share of a batch, and who waits for what comes of it.
pub(crate) struct Share {
    pub(crate) stream: usize,
    pub(crate) records: Vec<LeasedRecord>,
    /// How many threads will share the records, so that a short part is not carried by one alone.
    pub(crate) hands: usize,
    pub(crate) gate: Arc<Gate>,
    pub(crate) batch: Arc<LiveBatch>,
    pub(crate) collector: mpsc::Sender<Handover>,
}

/// Records that one worker takes through the stages.
struct Armful(Mutex<InHand>);

struct InHand {
    waiting: VecDeque<Arc<LeasedRecord>>,
    current: Option<(Arc<LeasedRecord>, Arc<Active>)>,
    done: Vec<Handed>,
    place: Option<Place>,
    /// The watch took everything away; whatever the worker still brings is too late.
    given_up: bool,
}

/// Runs until every record of this share has its outcome, or the intake closes and what is in
/// flight has ended.
pub(crate) async fn run(share: Share, work: Arc<Work>) {
    let Share { stream, records, hands, gate, batch, collector } = share;
    let most = if work.steps.is_some() { 1 } else { (records.len() / hands.max(1)).clamp(1, ARMFUL) };
    let mut open = records.len();
    let mut queue: VecDeque<Arc<LeasedRecord>> = records.into_iter().map(Arc::new).collect();
    let mut armfuls: Vec<Arc<Armful>> = Vec::new();
    let (tell, mut told) = mpsc::unbounded_channel::<usize>();
    let mut watch = interval(WATCH);
    watch.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut looked = Instant::now();
    let mut hanging = 0;
    let mut cut: Option<Instant> = None;
    while open > 0 {
        if work.intake.position() != Intake::Open {
            // They were never started: the batch gives them back when it ends.
            open -= queue.len();
            queue.clear();
            if open == 0 {
                break;
            }
        }
        tokio::select! {
            biased;
            Some(ended) = told.recv() => {
                open -= ended;
                armfuls.retain(|armful| !armful.is_over());
            }
            _ = watch.tick() => {
                let slept = looked.elapsed() > SLEPT;
                looked = Instant::now();
                let is_cut = work.intake.position() == Intake::Cut;
                if is_cut && cut.get_or_insert(looked).elapsed() > CUT_PATIENCE {
                    for armful in &armfuls {
                        let records = armful.leave_behind(&batch, stream);
                        let _ = collector.send(Handover::Records { stream, records }).await;
                    }
                    break;
                }
                for armful in &armfuls {
                    if slept {
                        armful.extend(work.controls.now());
                    } else if let Some(GivenUp { done, waiting }) = armful.give_up_if_silent(&work, &batch, stream) {
                        hanging += 1;
                        open -= done.len();
                        queue.extend(waiting);
                        let _ = collector.send(Handover::Records { stream, records: done }).await;
                    }
                }
                armfuls.retain(|armful| !armful.is_over());
                if hanging >= HANGING {
                    let said = format!("{hanging} files did not answer");
                    let failure = Failure::new(Stage::Ingest, Category::SourceGone, said);
                    work.intake.report_outage(Away::now(failure));
                }
            }
            () = work.intake.closed(), if !queue.is_empty() => {}
            place = gate.enter(), if !queue.is_empty() => {
                let armful = Arc::new(Armful::fill(&mut queue, most, place));
                armfuls.push(Arc::clone(&armful));
                let worker = Worker {
                    stream,
                    armful,
                    work: Arc::clone(&work),
                    batch: Arc::clone(&batch),
                    collector: collector.downgrade(),
                    tell: tell.clone(),
                };
                match work.steps.clone() {
                    None => drop(tokio::task::spawn_blocking(move || worker.carry())),
                    Some(steps) => drop(tokio::spawn(async move { worker.travel(&steps).await })),
                }
            }
        }
    }
    batch.stream_ended(stream);
}

/// Whoever takes an armful through the stages.
struct Worker {
    stream: usize,
    armful: Arc<Armful>,
    work: Arc<Work>,
    batch: Arc<LiveBatch>,
    /// Weak, because the collector waits until nobody holds it: a worker that hangs for good must
    /// not hold up the barrier.
    collector: mpsc::WeakSender<Handover>,
    /// Tells the stream how many records have ended.
    tell: mpsc::UnboundedSender<usize>,
}

impl Worker {
    /// Takes records through the stages on this thread, one after the other.
    fn carry(&self) {
        while let Some((record, active)) = self.next() {
            let processed = self.process(&record, &active);
            if !self.finish(record, &active, processed) {
                return;
            }
        }
        if let Some(records) = self.armful.close() {
            let ended = records.len();
            // A collector that is gone has closed the intake; what is dropped here was only staged.
            if let Some(collector) = self.collector.upgrade() {
                let _ = collector.blocking_send(Handover::Records { stream: self.stream, records });
            }
            let _ = self.tell.send(ended);
        }
    }

    /// Takes a record through more than copying, without a thread that waits for programs or services.
    async fn travel(&self, steps: &Steps) {
        while let Some((record, active)) = self.next() {
            let way = journey::Way {
                record: &record,
                active: &active,
                stream: self.stream,
                work: &self.work,
                batch: &self.batch,
                steps,
                collector: &self.collector,
            };
            let travelled = AssertUnwindSafe(journey::travel(way)).catch_unwind().await;
            let travelled = travelled.unwrap_or_else(|panic| {
                Some(Processed::Failed(stage::internal(Stage::Deliver, panic.as_ref())))
            });
            let Some(processed) = travelled else {
                // Its outcome is with the collector already.
                self.batch.finish(self.stream, &active);
                // Where the watch gave it up, the stream has counted it already.
                if active.claim.take() {
                    self.armful.close();
                    let _ = self.tell.send(1);
                }
                return;
            };
            if !self.finish(record, &active, processed) {
                return;
            }
        }
        if let Some(records) = self.armful.close() {
            let ended = records.len();
            if let Some(collector) = self.collector.upgrade() {
                let _ = collector.send(Handover::Records { stream: self.stream, records }).await;
            }
            let _ = self.tell.send(ended);
        }
    }

    fn next(&self) -> Option<(Arc<LeasedRecord>, Arc<Active>)> {
        let mut hand = self.armful.hand();
        if hand.given_up {
            return None;
        }
        let record = hand.waiting.pop_front()?;
        let active = self.batch.begin(self.stream, &record, self.work.controls.now());
        hand.current = Some((Arc::clone(&record), Arc::clone(&active)));
        Some((record, active))
    }

    fn process(&self, record: &LeasedRecord, active: &Active) -> Processed {
        if self.work.intake.position() != Intake::Open {
            return Processed::Returned(None);
        }
        let started = Instant::now();
        let processed = copy(record, None, active, &self.work, &self.batch);
        self.work.controls.visibility.measure(COPY, record.size, started.elapsed());
        processed
    }

    /// Puts a record's end with the others'. False: the watch gave the armful up meanwhile.
    fn finish(&self, record: Arc<LeasedRecord>, active: &Arc<Active>, processed: Processed) -> bool {
        self.batch.finish(self.stream, active);
        let mut hand = self.armful.hand();
        hand.current = None;
        // The one outcome that counts is the one that was taken first.
        if hand.given_up || !active.claim.take() {
            return false;
        }
        if let Processed::Returned(Some(away)) = &processed {
            self.work.intake.report_outage(away.clone());
        }
        let took = active.age(self.work.controls.now());
        hand.done.push(Handed { record, processed, took });
        true
    }
}

/// The step in which bytes move, for leases and metrics.
pub(crate) const COPY: &str = "copy";

/// Takes a record through all stages that move bytes; `target`: where it goes, where that is known already.
pub(crate) fn copy(
    record: &LeasedRecord,
    target: Option<RawPath>,
    active: &Active,
    work: &Work,
    batch: &LiveBatch,
) -> Processed {
    let goes_on = || work.intake.position() != Intake::Cut && !active.claim.is_taken();
    let on_block = |bytes| {
        batch.moved(active, bytes);
        active.claim.touch(work.controls.now());
        work.controls.bandwidth.spend(bytes, goes_on) && goes_on()
    };
    stage::process(record, target, &work.site, &on_block)
}

/// What the watch took away from a worker that stayed silent.
struct GivenUp {
    done: Vec<Handed>,
    waiting: VecDeque<Arc<LeasedRecord>>,
}

impl Armful {
    fn fill(queue: &mut VecDeque<Arc<LeasedRecord>>, most: usize, place: Place) -> Self {
        let mut bytes = 0;
        let mut waiting = VecDeque::with_capacity(most);
        while waiting.len() < most && bytes < ARMFUL_BYTES {
            let Some(record) = queue.pop_front() else { break };
            bytes += record.size;
            waiting.push_back(record);
        }
        Self(Mutex::new(InHand {
            waiting,
            current: None,
            done: Vec::new(),
            place: Some(place),
            given_up: false,
        }))
    }

    /// Gives what is done, and the place at the gate back. None: the watch was here.
    fn close(&self) -> Option<Vec<Handed>> {
        let mut hand = self.hand();
        hand.place = None;
        (!hand.given_up).then(|| std::mem::take(&mut hand.done))
    }

    fn is_over(&self) -> bool {
        self.hand().place.is_none()
    }

    fn extend(&self, now: Duration) {
        if let Some((_, active)) = &self.hand().current {
            active.claim.touch(now);
        }
    }

    /// Takes everything away from a worker whose record stayed silent for too long. The worker
    /// itself may hang in the system for good; whatever it brings later is not taken.
    fn give_up_if_silent(&self, work: &Work, batch: &LiveBatch, stream: usize) -> Option<GivenUp> {
        let now = work.controls.now();
        let mut hand = self.hand();
        let (record, active) = hand.current.as_ref()?;
        let silent = active.claim.overdue(&work.controls.visibility, now)?;
        if !active.claim.take() {
            return None;
        }
        let step = active.claim.step();
        let message = format!("{}: no progress for {} s ({step})", record.path, silent.as_secs());
        let timeout = Handed {
            record: Arc::clone(record),
            processed: Processed::Failed(Failure::new(Stage::Deliver, Category::Timeout, message)),
            took: active.age(now),
        };
        batch.finish(stream, active);
        hand.current = None;
        hand.given_up = true;
        hand.place = None;
        let mut done = std::mem::take(&mut hand.done);
        done.push(timeout);
        Some(GivenUp { done, waiting: std::mem::take(&mut hand.waiting) })
    }

    /// Takes everything away from a worker that does not notice that it is cut off, and gives what
    /// it had done. The rest stays without an outcome, like records that never started.
    fn leave_behind(&self, batch: &LiveBatch, stream: usize) -> Vec<Handed> {
        let mut hand = self.hand();
        if let Some((_, active)) = hand.current.take()
            && active.claim.take()
        {
            batch.finish(stream, &active);
        }
        hand.given_up = true;
        hand.place = None;
        hand.waiting.clear();
        std::mem::take(&mut hand.done)
    }

    fn hand(&self) -> MutexGuard<'_, InHand> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
