//! The stages of a stream: ingest → transform → deliver.
//!
//! A stage gets a record and returns what came of it. Stages know neither the checkpoint nor who
//! watches.

pub(crate) mod deliver;
pub(crate) mod ingest;
mod transform;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::control::intake::Away;
use crate::control::memory::Memory;
use crate::failure::{Category, Class, Stage, Why};
use crate::mapping::{Claims, Mapper};
use crate::metrics::times::{Part, Times};
use crate::record::{ContentHash, Copied, Evidence, Failure, LeasedRecord, OutcomeKind, RawPath, hex};
use crate::spec::Delivery;
use crate::storage::destination::Destination;
use crate::storage::local::copy::OnBlock;
use crate::storage::scratch::Scratch;
use crate::storage::sources::Sources;

pub(crate) use deliver::Staged;
pub(crate) use transform::{known, map, mirrored, target_of, unsupported};

/// Where the work is done: what every stage may need to know.
pub(crate) struct Site {
    pub(crate) sources: Sources,
    pub(crate) destination: Destination,
    pub(crate) delivery: Delivery,
    pub(crate) mapper: Mapper,
    /// None: no two records can have the same target, or the plan has seen to it.
    pub(crate) claims: Option<Claims>,
    pub(crate) times: Arc<Times>,
    /// Room for what is held on its way to a service.
    pub(crate) memory: Memory,
    /// Where files from elsewhere lie while programs look at them.
    pub(crate) scratch: Scratch,
}

impl Site {
    /// Does a stage's work on one record, and notes how long that took.
    fn timed<T>(&self, part: Part, work: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        let done = work();
        self.times.add(part, started.elapsed());
        done
    }
}

/// What the stages made of a record.
pub(crate) enum Processed {
    /// Copied under a temporary name: the collector makes it durable and publishes it.
    Staged(Box<Staged>),
    /// Its content is at the destination.
    Arrived(Arrived),
    /// The attempt failed.
    Failed(Failure),
    /// Its service takes no retry at this moment: untried, it waits so long.
    Later(Duration),
    /// Goes back untouched: the work was cut off, or a volume or a service is away.
    Returned(Option<Away>),
    /// Left off, because another record of its group does not come through.
    Unfinished,
}

impl Processed {
    /// Whether the record's group may go on.
    pub(crate) fn came_through(&self) -> bool {
        matches!(self, Self::Staged(_) | Self::Arrived(_))
    }
}

/// A record whose content is at the destination under its final name.
#[derive(Debug, Clone)]
pub(crate) struct Arrived {
    pub(crate) bytes: u64,
    /// Below the destination; None: it mirrors its source.
    pub(crate) target: Option<RawPath>,
    pub(crate) hash: Option<ContentHash>,
    pub(crate) proof: Proof,
}

/// How it got there.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Proof {
    /// This migration brought it, with this evidence.
    Delivered(Evidence),
    /// It was there, for this reason.
    Skipped(&'static str),
}

impl Arrived {
    /// What is kept of it, so that it is never copied again.
    pub(crate) fn copied(&self) -> Copied {
        let evidence = match self.proof {
            Proof::Delivered(evidence) => evidence,
            Proof::Skipped(_) => Evidence::ReadBack,
        };
        Copied {
            bytes: self.bytes,
            target: self.target.as_ref().map(|target| hex(&target.0)),
            hash: self.hash.clone(),
            evidence,
        }
    }

    pub(crate) fn outcome(self) -> OutcomeKind {
        let Self { target, hash, proof, .. } = self;
        match proof {
            Proof::Delivered(evidence) => OutcomeKind::Delivered { target, hash, evidence },
            Proof::Skipped(reason) => OutcomeKind::Skipped { target, hash, reason },
        }
    }
}

/// Takes one record through its stages; `target`: where it goes, where that is known already. A panic in here is this record's failure and nobody else's.
pub(crate) fn process(
    record: &LeasedRecord,
    target: Option<RawPath>,
    site: &Site,
    on_block: OnBlock,
) -> Processed {
    guarded(record, site, || {
        fail::fail_point!("a_record_panics", record.path.0.ends_with(b"panic.dat"), |_| unreachable!());
        fail::fail_point!("a_record_hangs", record.path.0.ends_with(b"hang.dat"), |_| unreachable!());
        let ingested = site.timed(Part::Ingest, || ingest::ingest(record, &site.sources))?;
        let target = match target {
            Some(target) => target,
            None => site.timed(Part::Transform, || transform::transform(record, site))?,
        };
        let destination = site.destination.local().ok_or_else(|| {
            let what = "the destination is no folder of this computer";
            Failure::new(Stage::Deliver, Category::Internal, what)
        })?;
        site.timed(Part::Deliver, || deliver::deliver(record, ingested, target, destination, site, on_block))
    })
}

/// Looks whether a record's source is there and can be read, before a service is asked about it.
pub(crate) fn inspect(record: &LeasedRecord, site: &Site) -> Result<(), Processed> {
    let looked = caught(|| ingest::ingest(record, &site.sources).map(drop));
    looked.map_err(|failure| fail(record, site, failure))
}

/// Does a piece of a record's work; what goes wrong in it is the record's failure, or its return
/// where a whole volume is to blame.
fn guarded(
    record: &LeasedRecord,
    site: &Site,
    work: impl FnOnce() -> Result<Processed, Failure>,
) -> Processed {
    caught(work).unwrap_or_else(|failure| fail(record, site, failure))
}

fn caught<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(internal(Stage::Deliver, panic.as_ref())))
}

/// The failure of this record, or its return where not the record but a whole volume is to blame.
pub(crate) fn fail(record: &LeasedRecord, site: &Site, mut failure: Failure) -> Processed {
    if failure.class() != Class::Outage {
        let source = site.sources.get(record.source);
        let gone = if !site.destination.is_there() {
            Some((Category::DestinationGone, site.destination.shown()))
        } else {
            source.filter(|source| !source.is_there()).map(|source| (Category::SourceGone, source.shown()))
        };
        if let Some((category, place)) = gone {
            failure.category = category;
            // What has no value of its own has at least that.
            failure.why.get_or_insert_with(|| Box::new(Why::Gone { place }));
        }
    }
    match failure.class() {
        Class::Outage => Processed::Returned(Some(Away::now(failure))),
        _ => Processed::Failed(failure),
    }
}

/// What a panic said, as a failure.
pub(crate) fn internal(stage: Stage, panic: &(dyn std::any::Any + Send)) -> Failure {
    let said = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    Failure::new(stage, Category::Internal, format!("unexpected error: {said}"))
}
