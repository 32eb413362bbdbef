//! A stream: one of N independent processing paths. Takes its part of the batch through the stages
//! with bounded concurrency, and gives up records that stay silent for too long.

mod armful;
mod worker;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::control::Controls;
use crate::control::gate::Gate;
use crate::control::intake::{Away, Intake, IntakeSwitch};
use crate::failure::{Category, Stage, Why};
use crate::journey::Steps;
use crate::metrics::live::{Active, LiveBatch};
use crate::record::{Copied, Failure, LeasedRecord, RawPath, StepResult};
use crate::stage::{self, Processed, Site};
use crate::upload::Note;

use armful::{Armful, GivenUp};
use worker::Worker;

/// Small records that one thread takes at once, one after the other: handing each over by itself
/// would cost more than copying it.
const ARMFUL: usize = 32;

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
    /// Records whose way through the stages has ended, or that have to be published before it goes on.
    Records { stream: usize, records: Vec<Handed> },
    /// All of a group that the batch holds: published together, or none of them.
    Group { stream: usize, records: Vec<Handed> },
    /// A step's result, to be kept.
    Step(StepResult),
    /// What happened to an upload in parts, to be kept; who waits for that.
    Upload { note: Note, kept: oneshot::Sender<()> },
}

impl Handover {
    /// Records in it.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Records { records, .. } | Self::Group { records, .. } => records.len(),
            Self::Step(_) | Self::Upload { .. } => 1,
        }
    }

    /// Whether somebody keeps a place until it is recorded.
    pub(crate) fn is_awaited(&self) -> bool {
        match self {
            Self::Records { records, .. } | Self::Group { records, .. } => {
                records.iter().any(|handed| handed.published.is_some())
            }
            Self::Step(_) => false,
            Self::Upload { .. } => true,
        }
    }
}

/// A record and what came of it.
pub(crate) struct Handed {
    pub(crate) record: Arc<LeasedRecord>,
    pub(crate) processed: Processed,
    pub(crate) took: Duration,
    /// Who waits for its final name. None: then it is at its end.
    pub(crate) published: Option<oneshot::Sender<Copied>>,
}

impl Handed {
    /// A record that nobody worked on.
    fn untouched(record: Arc<LeasedRecord>, processed: Processed) -> Self {
        Self { record, processed, took: Duration::ZERO, published: None }
    }
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
                        let records = armful.leave_behind(&batch, stream, work.controls.now());
                        let _ = collector.send(Handover::Records { stream, records }).await;
                    }
                    break;
                }
                for armful in &armfuls {
                    if slept {
                        armful.extend(work.controls.now());
                    } else if let Some(GivenUp { ended, waiting }) = armful.give_up_if_silent(&work, &batch, stream) {
                        hanging += 1;
                        queue.extend(waiting);
                        for handover in ended {
                            open -= handover.len();
                            let _ = collector.send(handover).await;
                        }
                    }
                }
                armfuls.retain(|armful| !armful.is_over());
                if hanging >= HANGING {
                    let why = Why::Silent { files: hanging };
                    let failure = Failure::of(Stage::Ingest, Category::SourceGone, why);
                    work.intake.report_outage(Away::now(failure));
                }
            }
            () = work.intake.closed(), if !queue.is_empty() => {}
            place = gate.enter(), if !queue.is_empty() => {
                let armful = Arc::new(Armful::fill(&mut queue, most, place));
                armfuls.push(Arc::clone(&armful));
                let worker = Arc::new(Worker {
                    stream,
                    armful,
                    work: Arc::clone(&work),
                    batch: Arc::clone(&batch),
                    collector: collector.downgrade(),
                    tell: tell.clone(),
                });
                match work.steps.clone() {
                    None => drop(tokio::task::spawn_blocking(move || worker.carry())),
                    Some(steps) => drop(tokio::spawn(async move { worker.travel(&steps).await })),
                }
            }
        }
    }
    batch.stream_ended(stream);
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
