//! The stages of a stream: ingest → transform → deliver.
//!
//! A stage gets a record and returns what came of it. Stages know neither the checkpoint nor who
//! watches.

pub(crate) mod deliver;
mod ingest;
mod transform;

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::failure::{Category, Class, Stage};
use crate::record::{Failure, LeasedRecord, Outcome, OutcomeKind};
use crate::spec::Delivery;
use crate::storage::local::copy::OnBlock;
use crate::storage::local::destination::Destination;
use crate::storage::local::sources::Sources;

pub(crate) use deliver::Staged;
pub(crate) use transform::target_of;

/// Where the work is done: what every stage may need to know.
pub(crate) struct Site {
    pub(crate) sources: Sources,
    pub(crate) destination: Destination,
    pub(crate) delivery: Delivery,
}

/// What the stages made of a record.
pub(crate) enum Processed {
    /// Copied under a temporary name: the collector makes it durable and publishes it.
    Staged(Box<Staged>),
    /// Came to its end without new bytes at the destination.
    Ended(Outcome),
    /// Goes back untouched: the work was cut off, or a volume is away.
    Returned(Option<Failure>),
}

/// Takes one record through its stages. A panic in here is this record's failure and nobody else's.
pub(crate) fn process(record: &LeasedRecord, site: &Site, on_block: OnBlock) -> Processed {
    let processed = catch_unwind(AssertUnwindSafe(|| stages(record, site, on_block)));
    match processed {
        Ok(Ok(processed)) => processed,
        Ok(Err(failure)) => fail(record, site, failure),
        Err(panic) => fail(record, site, internal(Stage::Deliver, panic.as_ref())),
    }
}

fn stages(record: &LeasedRecord, site: &Site, on_block: OnBlock) -> Result<Processed, Failure> {
    let ingested = ingest::ingest(record, &site.sources)?;
    let target = transform::transform(record, site)?;
    deliver::deliver(record, ingested, target, site, on_block)
}

/// The failure of this record, or its return where not the record but a whole volume is to blame.
pub(crate) fn fail(record: &LeasedRecord, site: &Site, mut failure: Failure) -> Processed {
    if failure.class() != Class::Outage {
        if !site.destination.is_there() {
            failure.category = Category::DestinationGone;
        } else if site.sources.get(record.source).is_some_and(|source| !source.is_there()) {
            failure.category = Category::SourceGone;
        }
    }
    match failure.class() {
        Class::Outage => Processed::Returned(Some(failure)),
        _ => Processed::Ended(Outcome { id: record.id, bytes: 0, kind: OutcomeKind::Failed(failure) }),
    }
}

/// What a panic said, as a failure.
pub(crate) fn internal(stage: Stage, panic: &(dyn std::any::Any + Send)) -> Failure {
    let said = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    Failure { stage, category: Category::Internal, message: format!("unexpected error: {said}") }
}
