//! Whoever takes an armful through the stages: a thread where bytes are only copied, a task where
//! programs and services are waited for.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, OnceLock};

use futures_util::FutureExt;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::armful::{Armful, Begun};
use super::{COPY, Handed, Handover, Work, copy};
use crate::control::intake::Intake;
use crate::failure::Stage;
use crate::journey::{self, Known, Steps};
use crate::metrics::live::{Active, LiveBatch};
use crate::record::{Copied, LeasedRecord, RecordId};
use crate::stage::{self, Arrived, Processed};

pub(super) struct Worker {
    pub(super) stream: usize,
    pub(super) armful: Arc<Armful>,
    pub(super) work: Arc<Work>,
    pub(super) batch: Arc<LiveBatch>,
    /// Weak, because the collector waits until nobody holds it: a worker that hangs for good must
    /// not hold up the barrier.
    pub(super) collector: mpsc::WeakSender<Handover>,
    /// Tells the stream how many records have ended.
    pub(super) tell: mpsc::UnboundedSender<usize>,
}

/// Records of a group that are at the destination, and what is known of them.
type There = HashMap<RecordId, (Known, Arrived)>;

impl Worker {
    /// Takes records through the stages on this thread, one after the other.
    pub(super) fn carry(&self) {
        let is_group = self.armful.is_group();
        if is_group && !self.look_at_group() {
            return;
        }
        while let Some((record, active)) = self.next() {
            let processed = self.process(&record, &active, is_group);
            let came_through = processed.came_through();
            if !self.finish(record, &active, processed) {
                return;
            }
            if is_group && !came_through {
                self.armful.leave_rest();
            }
        }
        if let Some(handover) = self.armful.close(self.stream) {
            let ended = handover.len();
            // A collector that is gone has closed the intake; what is dropped here was only staged.
            if let Some(collector) = self.collector.upgrade() {
                let _ = collector.blocking_send(handover);
            }
            self.leave(ended);
        }
    }

    /// Takes records through more than copying, without a thread that waits for programs or services.
    pub(super) async fn travel(self: &Arc<Self>, steps: &Steps) {
        if self.armful.is_group() {
            return self.travel_together(steps).await;
        }
        while let Some((record, active)) = self.next() {
            let travelled = AssertUnwindSafe(journey::travel(self.way(&record, &active, steps)));
            let travelled =
                travelled.catch_unwind().await.unwrap_or_else(|panic| Some(panicked(panic.as_ref())));
            let Some(processed) = travelled else {
                // Its outcome is with the collector already.
                self.batch.finish(self.stream, &active, self.work.controls.now());
                // Where the watch gave it up, the stream has counted it already.
                if active.claim.take() {
                    self.leave(1);
                }
                return;
            };
            if !self.finish(record, &active, processed) {
                return;
            }
        }
        self.close().await;
    }

    /// Takes a group as far as each record can come without the others, then all of them to the
    /// destination, then each to its end.
    async fn travel_together(self: &Arc<Self>, steps: &Steps) {
        if !self.look_at_group_from_afar(steps).await {
            return;
        }
        let (mut brought, mut there) = (HashMap::new(), There::new());
        while let Some((record, active)) = self.next() {
            let bringing = AssertUnwindSafe(journey::bring(self.way(&record, &active, steps)));
            let came = bringing.catch_unwind().await.unwrap_or_else(|panic| Err(panicked(panic.as_ref())));
            let in_time = match came {
                // It does not wait for what the others still need.
                Ok((known, Processed::Arrived(arrived))) if steps.goes_on_after_copy() => {
                    there.insert(record.id, (known, arrived));
                    self.batch.finish(self.stream, &active, self.work.controls.now());
                    self.armful.has_arrived(record)
                }
                Ok((known, processed)) => {
                    brought.insert(record.id, known);
                    self.finish(record, &active, processed)
                }
                Err(processed) => {
                    let in_time = self.finish(record, &active, processed);
                    self.armful.leave_rest();
                    in_time
                }
            };
            if !in_time {
                return;
            }
        }
        if steps.goes_on_after_copy() {
            let Some(done) = self.armful.part() else { return };
            self.publish(done, brought, &mut there).await;
            self.complete(there, steps).await;
        }
        self.close().await;
    }

    /// Hands a group over, and waits for the final names of its records where all came through.
    async fn publish(&self, mut done: Vec<Handed>, mut brought: HashMap<RecordId, Known>, there: &mut There) {
        let Some(collector) = self.collector.upgrade() else { return };
        let mut ended = done.len();
        let mut waiting = Vec::new();
        if done.iter().all(|handed| handed.processed.came_through()) {
            for handed in &mut done {
                let (published, copied) = oneshot::channel();
                handed.published = Some(published);
                waiting.push((Arc::clone(&handed.record), copied));
            }
        }
        if ended > 0 {
            let _ = collector.send(Handover::Group { stream: self.stream, records: done }).await;
        }
        drop(collector);
        for (record, copied) in waiting {
            // Where it could not be published, the collector has recorded why.
            let arrived = copied.await.ok().and_then(journey::arrived_of);
            if let (Some(arrived), Some(known)) = (arrived, brought.remove(&record.id)) {
                there.insert(record.id, (known, arrived));
                ended -= 1;
                self.armful.has_arrived(record);
            }
        }
        let _ = self.tell.send(ended);
    }

    /// Takes records that are at the destination to their ends.
    async fn complete(&self, mut there: There, steps: &Steps) {
        while let Some((record, active)) = self.armful.next_arrived(|record| self.begin(record)) {
            let Some((known, arrived)) = there.remove(&record.id) else { continue };
            let way = self.way(&record, &active, steps);
            let completing = AssertUnwindSafe(journey::complete(way, &known, arrived)).catch_unwind();
            let processed = completing.await.unwrap_or_else(|panic| panicked(panic.as_ref()));
            if !self.finish(record, &active, processed) {
                return;
            }
        }
    }

    async fn close(&self) {
        if let Some(handover) = self.armful.close(self.stream) {
            let ended = handover.len();
            if let Some(collector) = self.collector.upgrade() {
                let _ = collector.send(handover).await;
            }
            self.leave(ended);
        }
    }

    /// The place is kept until the records are with the collector: where that is slow, no more workers pile
    /// up than there are places.
    fn leave(&self, ended: usize) {
        self.armful.leave();
        let _ = self.tell.send(ended);
    }

    /// Looks at the sources of a whole group before a byte of any is copied: what cannot be read is known
    /// at once, and of all of them. False: the watch was here.
    fn look_at_group(&self) -> bool {
        let mut all_sound = true;
        for _ in 0..self.armful.waiting() {
            let Some((record, active)) = self.next() else { return false };
            let looked = if self.work.intake.position() != Intake::Open {
                Err(Processed::Returned(None))
            } else if record.done.contains_key(Copied::STEP) {
                // What an earlier attempt delivered may need its source no more.
                Ok(())
            } else {
                stage::inspect(&record, &self.work.site)
            };
            all_sound &= looked.is_ok();
            if !self.looked(record, &active, looked) {
                return false;
            }
        }
        if !all_sound {
            self.armful.leave_rest();
        }
        true
    }

    /// The same, without a thread that waits for services.
    async fn look_at_group_from_afar(&self, steps: &Steps) -> bool {
        let mut all_sound = true;
        for _ in 0..self.armful.waiting() {
            let Some((record, active)) = self.next() else { return false };
            let looked = if self.work.intake.position() != Intake::Open {
                Err(Processed::Returned(None))
            } else if record.done.contains_key(Copied::STEP) {
                Ok(())
            } else {
                let looking = AssertUnwindSafe(journey::inspect(self.way(&record, &active, steps)));
                looking.catch_unwind().await.unwrap_or_else(|panic| Err(panicked(panic.as_ref())))
            };
            all_sound &= looked.is_ok();
            if !self.looked(record, &active, looked) {
                return false;
            }
        }
        if !all_sound {
            self.armful.leave_rest();
        }
        true
    }

    /// Puts a record back that was only looked at, or ends it. False: the watch was here.
    fn looked(&self, record: Arc<LeasedRecord>, active: &Arc<Active>, looked: Result<(), Processed>) -> bool {
        match looked {
            Ok(()) => {
                self.batch.finish(self.stream, active, self.work.controls.now());
                self.armful.put_back(record)
            }
            Err(processed) => self.finish(record, active, processed),
        }
    }

    fn next(&self) -> Option<Begun> {
        self.armful.next(|record| self.begin(record))
    }

    fn begin(&self, record: &LeasedRecord) -> Arc<Active> {
        self.batch.begin(self.stream, record, self.work.controls.now())
    }

    fn way<'a>(
        &'a self,
        record: &'a Arc<LeasedRecord>,
        active: &'a Arc<Active>,
        steps: &'a Steps,
    ) -> journey::Way<'a> {
        let Self { stream, work, batch, collector, .. } = self;
        let spool = OnceLock::new();
        journey::Way { record, active, stream: *stream, work, batch, steps, collector, spool }
    }

    /// A group that has begun is in flight as a whole: only a cut ends it half way.
    fn process(&self, record: &LeasedRecord, active: &Active, is_group: bool) -> Processed {
        let halts_at = if is_group { Intake::Cut } else { Intake::Closed };
        if self.work.intake.position() >= halts_at {
            return Processed::Returned(None);
        }
        let started = Instant::now();
        let processed = copy(record, None, active, &self.work, &self.batch);
        self.work.controls.visibility.measure(COPY, record.size, started.elapsed());
        processed
    }

    /// Puts a record's end with the others'. False: the watch gave the armful up meanwhile.
    fn finish(&self, record: Arc<LeasedRecord>, active: &Arc<Active>, processed: Processed) -> bool {
        let now = self.work.controls.now();
        self.batch.finish(self.stream, active, now);
        let away = match &processed {
            Processed::Returned(away) => away.clone(),
            _ => None,
        };
        let took = active.age(now);
        let in_time = self.armful.finish(Handed { record, processed, took, published: None }, active);
        if let Some(away) = away.filter(|_| in_time) {
            self.work.intake.report_outage(away);
        }
        in_time
    }
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> Processed {
    Processed::Failed(stage::internal(Stage::Deliver, panic))
}
