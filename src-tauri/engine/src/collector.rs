//! The collector (fan-in): bytes durable on the destination first, then the final name, then the
//! outcome committed, then the counters. Nobody else records outcomes.

mod fate;
mod redo;
mod settle;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::sync::{mpsc, oneshot};

use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::control::intake::Intake;
use crate::lanes::Lanes;
use crate::metrics::live::{Live, LiveBatch};
use crate::metrics::times::Part;
use crate::record::{BatchId, Copied, Lane, LeasedRecord, Outcome, OutcomeKind, StepResult};
use crate::stage::Arrived;
use crate::stream::{Handover, Work};

pub(crate) use redo::complete_publications;
use settle::{Round, Unit, prove, publish};

/// Records settled in one round: large enough that syncs and commits cost little, small enough that a
/// crash repeats little.
const ROUND: usize = 1024;

/// How long a round waits for more records, so that quick ones do not commit one by one. Where somebody
/// waits for it, it takes what is there: more come together while the round before is recorded.
const LINGER: Duration = Duration::from_millis(25);

/// Handovers that may wait; then the streams wait.
pub(crate) const QUEUE: usize = 512;

/// What a batch's collector works with.
pub(crate) struct Collector {
    pub(crate) id: BatchId,
    pub(crate) lane: Lane,
    pub(crate) work: Arc<Work>,
    pub(crate) checkpoint: Arc<Checkpoint>,
    pub(crate) live: Arc<Live>,
    pub(crate) batch: Arc<LiveBatch>,
    pub(crate) lanes: Arc<Lanes>,
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
        let Round { mut settled, units, mut steps } = Round::of(round, &self.work);
        let units = prove(units, &mut settled, &self.work).await;
        let begun: Vec<StepResult> = units.iter().flat_map(Unit::publications).collect();
        if !begun.is_empty() {
            // From here on a group is completed, whatever happens to the program.
            let over = begun.iter().map(|begun| StepResult::forgotten(begun.record, &begun.step)).collect();
            steps.extend(begun);
            self.checkpoint.record_outcomes(self.id, self.lane, &[], &steps, &[], 0).await?;
            steps = over;
        }
        settled.extend(publish(units, &self.work).await);
        times.add(Part::Proving, started.elapsed());
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
        times.add(Part::Recording, started.elapsed());
        self.live.set_balance(recorded);
        for (stream, outcome) in streams.iter().zip(&outcomes) {
            self.batch.recorded(*stream, &outcome.kind);
            self.log(*stream, outcome);
        }
        if outcomes.iter().any(|outcome| matches!(outcome.kind, OutcomeKind::Retry { hung: true, .. })) {
            self.lanes.tell(Lane::Aside);
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
                waiting.push(kept);
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
            OutcomeKind::Retry { failure, wait, .. } => {
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
    let mut is_awaited = first.is_awaited();
    let mut round = vec![first];
    let patience = tokio::time::sleep(LINGER);
    tokio::pin!(patience);
    while records < ROUND {
        let more = if is_awaited {
            handovers.try_recv().ok()
        } else {
            tokio::select! {
                more = handovers.recv() => more,
                () = &mut patience => None,
            }
        };
        let Some(more) = more else { break };
        records += more.len();
        is_awaited |= more.is_awaited();
        round.push(more);
    }
    Some(round)
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;
    use crate::stage::Processed;
    use crate::stream::Handed;

    fn handed(published: Option<oneshot::Sender<Copied>>) -> Handover {
        let processed = Processed::Unfinished;
        let handed = Handed { record: Arc::default(), processed, took: Duration::ZERO, published };
        Handover::Records { stream: 0, records: vec![handed] }
    }

    #[tokio::test(start_paused = true)]
    async fn a_round_waits_for_more_only_where_nobody_waits_for_it() {
        let (give, mut taken) = mpsc::channel(10);
        let began = Instant::now();
        give.send(handed(None)).await.unwrap();
        give.send(handed(None)).await.unwrap();
        assert_eq!(gather(&mut taken).await.unwrap().len(), 2);
        assert_eq!(began.elapsed(), LINGER);
        give.send(handed(None)).await.unwrap();
        give.send(handed(Some(oneshot::channel().0))).await.unwrap();
        give.send(handed(None)).await.unwrap();
        assert_eq!(gather(&mut taken).await.unwrap().len(), 3);
        assert_eq!(began.elapsed(), LINGER, "what was there is taken at once");
        drop(give);
        assert!(gather(&mut taken).await.is_none());
    }
}
