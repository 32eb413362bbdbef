//! The collector (fan-in): bytes durable on the destination first, then the final name, then the
//! outcome committed, then the counters. Nobody else records outcomes.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{JoinSet, spawn_blocking};

use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::control::intake::Intake;
use crate::failure::Stage;
use crate::metrics::live::{Live, LiveBatch};
use crate::record::{BatchId, Evidence, LeasedRecord, Outcome, OutcomeKind};
use crate::spec::Verify;
use crate::stage::deliver::read_back;
use crate::stage::{self, Processed, Staged};
use crate::storage::local::fault;
use crate::stream::{Handover, Work};

/// Records settled in one go: large enough that syncs and commits cost little, small enough that a
/// crash repeats little.
const GROUP: usize = 1024;

/// How long a group waits for more records, so that quick ones do not commit one by one.
const LINGER: Duration = Duration::from_millis(25);

/// Handovers that may wait; then the streams wait.
pub(crate) const QUEUE: usize = 64;

/// Threads that prove and publish a group.
const HANDS: usize = 4;

/// A record that lies complete under its temporary name.
struct Settling {
    stream: usize,
    record: LeasedRecord,
    staged: Staged,
}

/// A record that has come to its end, and the file that was published for it.
struct Settled {
    stream: usize,
    outcome: Outcome,
    published: Option<(LeasedRecord, PathBuf)>,
}

/// Records every handover of a batch. Ends when all streams have hung up.
pub(crate) async fn run(
    id: BatchId,
    mut handovers: mpsc::Receiver<Handover>,
    work: Arc<Work>,
    checkpoint: Arc<Checkpoint>,
    live: Arc<Live>,
    batch: Arc<LiveBatch>,
) -> Result<(), CheckpointError> {
    while let Some(group) = gather(&mut handovers).await {
        let (streams, outcomes): (Vec<usize>, Vec<Outcome>) =
            settle(group, &work).await.into_iter().map(|settled| (settled.stream, settled.outcome)).unzip();
        match checkpoint.record_outcomes(id, &outcomes).await {
            Ok(balance) => live.set_balance(balance),
            Err(error) => {
                work.intake.close(Intake::Cut);
                return Err(error);
            }
        }
        for (stream, outcome) in streams.iter().zip(&outcomes) {
            batch.recorded(*stream, &outcome.kind);
        }
    }
    Ok(())
}

/// The next group. None: all streams have hung up.
async fn gather(handovers: &mut mpsc::Receiver<Handover>) -> Option<Vec<Handover>> {
    let first = handovers.recv().await?;
    let mut records = first.records.len();
    let mut group = vec![first];
    let patience = tokio::time::sleep(LINGER);
    tokio::pin!(patience);
    while records < GROUP {
        tokio::select! {
            more = handovers.recv() => {
                let Some(more) = more else { break };
                records += more.records.len();
                group.push(more);
            }
            () = &mut patience => break,
        }
    }
    Some(group)
}

/// Makes a group durable, proves it, and gives it its final names.
async fn settle(group: Vec<Handover>, work: &Arc<Work>) -> Vec<Settled> {
    let mut ended = Vec::with_capacity(group.len());
    let mut staged = Vec::with_capacity(group.len());
    for Handover { stream, records } in group {
        for (record, processed) in records {
            match processed {
                Processed::Staged(part) => staged.push(Settling { stream, record, staged: *part }),
                other => ended.push(end(stream, &record, other, work)),
            }
        }
    }
    if staged.is_empty() {
        return ended;
    }
    let paths: Vec<PathBuf> = staged.iter().map(|settling| settling.staged.part.path.to_path_buf()).collect();
    let durable = on_disk(work, move |work| work.site.destination.make_durable(&paths));
    if let Err(error) = durable.await {
        ended.extend(staged.into_iter().map(|one| {
            refuse(one.stream, &one.record, "cannot make durable", &one.staged.part.path, &error, work)
        }));
        return ended;
    }
    let settled = prove_and_publish(staged, work).await;
    let places: Vec<PathBuf> =
        settled.iter().filter_map(|one| one.published.as_ref().map(|(_, place)| place.clone())).collect();
    let durable = on_disk(work, move |work| work.site.destination.make_names_durable(&places));
    match durable.await {
        Ok(()) => ended.extend(settled),
        Err(error) => ended.extend(settled.into_iter().map(|one| match &one.published {
            Some((record, place)) => {
                refuse(one.stream, record, "cannot make the name durable of", place, &error, work)
            }
            None => one,
        })),
    }
    ended
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
    let Settling { stream, record, staged } = settling;
    match catch_unwind(AssertUnwindSafe(|| publish(&record, staged, work))) {
        Ok(Ok((outcome, place))) => Settled { stream, outcome, published: Some((record, place)) },
        Ok(Err(processed)) => end(stream, &record, processed, work),
        Err(panic) => {
            let failure = stage::internal(Stage::Deliver, panic.as_ref());
            end(stream, &record, stage::fail(&record, &work.site, failure), work)
        }
    }
}

fn publish(record: &LeasedRecord, staged: Staged, work: &Work) -> Result<(Outcome, PathBuf), Processed> {
    let Staged { part, mapped, bytes, hash, mut evidence } = staged;
    let destination = &work.site.destination;
    let fail = |failure| stage::fail(record, &work.site, failure);
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
    let target = (target != mapped).then_some(target);
    Ok((Outcome { id: record.id, bytes, kind: OutcomeKind::Delivered { target, hash, evidence } }, place))
}

fn refuse(
    stream: usize,
    record: &LeasedRecord,
    what: &str,
    path: &Path,
    error: &io::Error,
    work: &Work,
) -> Settled {
    let failure = fault::of_destination(what, path, error);
    end(stream, record, stage::fail(record, &work.site, failure), work)
}

/// A record that ends without a file of its own at the destination.
fn end(stream: usize, record: &LeasedRecord, processed: Processed, work: &Work) -> Settled {
    let outcome = match processed {
        Processed::Ended(outcome) => outcome,
        Processed::Returned(outage) => {
            if let Some(outage) = outage {
                work.intake.report_outage(outage);
            }
            Outcome { id: record.id, bytes: 0, kind: OutcomeKind::Returned }
        }
        // Staged records are settled, not ended; one that came here would be removed and tried again.
        Processed::Staged(_) => Outcome { id: record.id, bytes: 0, kind: OutcomeKind::Returned },
    };
    Settled { stream, outcome, published: None }
}
