//! A stream: one of N independent processing paths. Takes its part of the batch through the stages
//! with bounded concurrency.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::control::gate::{Gate, Place};
use crate::control::intake::{Intake, IntakeSwitch};
use crate::metrics::live::LiveBatch;
use crate::record::LeasedRecord;
use crate::stage::{self, Processed, Site};

/// Small records that one thread takes at once, one after the other: handing each over by itself
/// would cost more than copying it.
const ARMFUL: usize = 32;

/// Bytes at which an armful is full, so that large files always go alone.
const ARMFUL_BYTES: u64 = 1 << 20;

/// What streams and collector of one run share.
pub(crate) struct Work {
    pub(crate) site: Site,
    pub(crate) gate: Arc<Gate>,
    pub(crate) intake: Arc<IntakeSwitch>,
}

/// Processed records on their way to the collector.
pub(crate) struct Handover {
    pub(crate) stream: usize,
    pub(crate) records: Vec<(LeasedRecord, Processed)>,
}

/// Runs until every record of this part is processed, or the intake closes. `hands`: how many
/// threads will share the part, so that a short part is not carried by one of them alone.
pub(crate) async fn run(
    stream: usize,
    part: Vec<LeasedRecord>,
    hands: usize,
    work: Arc<Work>,
    batch: Arc<LiveBatch>,
    collector: mpsc::Sender<Handover>,
) {
    let mut in_flight = JoinSet::new();
    let most = (part.len() / hands.max(1)).clamp(1, ARMFUL);
    let mut part = part.into_iter().peekable();
    while part.peek().is_some() {
        let place = tokio::select! {
            biased;
            () = work.intake.closed() => break,
            place = work.gate.enter() => place,
        };
        let armful = armful(&mut part, most);
        let (work, batch, collector) = (Arc::clone(&work), Arc::clone(&batch), collector.clone());
        in_flight.spawn_blocking(move || carry(stream, armful, place, &work, &batch, &collector));
        while in_flight.try_join_next().is_some() {}
    }
    while in_flight.join_next().await.is_some() {}
    batch.stream_ended(stream);
}

fn armful(part: &mut impl Iterator<Item = LeasedRecord>, most: usize) -> Vec<LeasedRecord> {
    let mut bytes = 0;
    let mut armful = Vec::with_capacity(most);
    while armful.len() < most && bytes < ARMFUL_BYTES {
        let Some(record) = part.next() else { break };
        bytes += record.size;
        armful.push(record);
    }
    armful
}

/// Takes an armful through the stages, record by record, and hands it over. `place` keeps the gate
/// until then.
fn carry(
    stream: usize,
    armful: Vec<LeasedRecord>,
    place: Place,
    work: &Work,
    batch: &LiveBatch,
    collector: &mpsc::Sender<Handover>,
) {
    let process = |record: LeasedRecord| {
        if work.intake.position() != Intake::Open {
            return (record, Processed::Returned(None));
        }
        let active = batch.begin(stream, &record);
        let on_block = |bytes| {
            active.moved(bytes);
            work.intake.position() != Intake::Cut
        };
        let processed = stage::process(&record, &work.site, &on_block);
        if let Processed::Returned(Some(outage)) = &processed {
            work.intake.report_outage(outage.clone());
        }
        (record, processed)
    };
    let records = armful.into_iter().map(process).collect();
    drop(place);
    // A collector that is gone has closed the intake; what is dropped here was only staged.
    let _ = collector.blocking_send(Handover { stream, records });
}
