//! What one worker takes through the stages: a handful of small records, one large one, or a group.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{Handed, Handover, Work};
use crate::control::gate::Place;
use crate::failure::{Category, Stage};
use crate::metrics::live::{Active, LiveBatch};
use crate::record::{Failure, LeasedRecord};
use crate::stage::Processed;

/// Bytes at which an armful is full, so that large files always go alone.
const ARMFUL_BYTES: u64 = 1 << 20;

/// Records that one worker takes through the stages. Those of a group are in one armful, all of them and
/// nobody else.
pub(super) struct Armful(Mutex<InHand>);

struct InHand {
    waiting: VecDeque<Arc<LeasedRecord>>,
    current: Option<(Arc<LeasedRecord>, Arc<Active>)>,
    done: Vec<Handed>,
    place: Option<Place>,
    /// What is done is taken together: the records are a group.
    together: bool,
    /// Records of a group that are at the destination, and have steps left.
    arrived: VecDeque<Arc<LeasedRecord>>,
    /// The watch took everything away; whatever the worker still brings is too late.
    given_up: bool,
}

/// What the watch took away from a worker that stayed silent.
pub(super) struct GivenUp {
    pub(super) ended: Vec<Handover>,
    /// Not begun, and nobody's fault.
    pub(super) waiting: VecDeque<Arc<LeasedRecord>>,
}

impl Armful {
    /// Takes the next records from the queue: at most `most`, or a group as a whole.
    pub(super) fn fill(queue: &mut VecDeque<Arc<LeasedRecord>>, most: usize, place: Place) -> Self {
        let group = queue.front().and_then(|first| first.group);
        let mut bytes = 0;
        let mut waiting = VecDeque::with_capacity(most);
        while let Some(next) = queue.front()
            && next.group == group
            && (group.is_some() || waiting.len() < most && bytes < ARMFUL_BYTES)
        {
            bytes += next.size;
            waiting.extend(queue.pop_front());
        }
        Self(Mutex::new(InHand {
            waiting,
            current: None,
            done: Vec::new(),
            place: Some(place),
            together: group.is_some(),
            arrived: VecDeque::new(),
            given_up: false,
        }))
    }

    /// Whether its records share their fate.
    pub(super) fn is_group(&self) -> bool {
        self.hand().together
    }

    /// The next record, in work from now on. None: there is no more, or the watch was here.
    pub(super) fn next(&self, begin: impl FnOnce(&LeasedRecord) -> Arc<Active>) -> Option<Begun> {
        self.begin(|hand| hand.waiting.pop_front(), begin)
    }

    /// The next record that is at the destination and has steps left.
    pub(super) fn next_arrived(&self, begin: impl FnOnce(&LeasedRecord) -> Arc<Active>) -> Option<Begun> {
        self.begin(|hand| hand.arrived.pop_front(), begin)
    }

    fn begin(
        &self,
        take: impl FnOnce(&mut InHand) -> Option<Arc<LeasedRecord>>,
        begin: impl FnOnce(&LeasedRecord) -> Arc<Active>,
    ) -> Option<Begun> {
        let mut hand = self.hand();
        if hand.given_up {
            return None;
        }
        let record = take(&mut hand)?;
        let active = begin(&record);
        hand.current = Some((Arc::clone(&record), Arc::clone(&active)));
        Some((record, active))
    }

    /// Puts a record that was only looked at behind the others. False: the watch was here.
    pub(super) fn put_back(&self, record: Arc<LeasedRecord>) -> bool {
        self.end(|hand| hand.waiting.push_back(record))
    }

    /// Puts a record's end with the others'. False: the watch gave the armful up meanwhile; the one
    /// outcome that counts is the one that was taken first.
    pub(super) fn finish(&self, handed: Handed, active: &Active) -> bool {
        active.claim.take() && self.end(|hand| hand.done.push(handed))
    }

    /// A record of the group is at the destination, and goes on when the others are there too. False:
    /// the watch was here.
    pub(super) fn has_arrived(&self, record: Arc<LeasedRecord>) -> bool {
        self.end(|hand| hand.arrived.push_back(record))
    }

    fn end(&self, put: impl FnOnce(&mut InHand)) -> bool {
        let mut hand = self.hand();
        hand.current = None;
        if !hand.given_up {
            put(&mut hand);
        }
        !hand.given_up
    }

    /// How many still wait.
    pub(super) fn waiting(&self) -> usize {
        self.hand().waiting.len()
    }

    /// Ends what still waits of a group that does not come through: it need not be tried.
    pub(super) fn leave_rest(&self) {
        let mut hand = self.hand();
        let rest = std::mem::take(&mut hand.waiting);
        hand.done.extend(rest.into_iter().map(|record| Handed::untouched(record, Processed::Unfinished)));
    }

    /// Takes what is done of a group. From then on each record goes its own way. None: the watch was here.
    pub(super) fn part(&self) -> Option<Vec<Handed>> {
        let mut hand = self.hand();
        hand.together = false;
        (!hand.given_up).then(|| std::mem::take(&mut hand.done))
    }

    /// Gives what is done. None: the watch was here.
    pub(super) fn close(&self, stream: usize) -> Option<Handover> {
        let mut hand = self.hand();
        let records = std::mem::take(&mut hand.done);
        (!hand.given_up).then(|| match hand.together {
            true => Handover::Group { stream, records },
            false => Handover::Records { stream, records },
        })
    }

    /// Gives the place at the gate back.
    pub(super) fn leave(&self) {
        self.hand().place = None;
    }

    pub(super) fn is_over(&self) -> bool {
        self.hand().place.is_none()
    }

    pub(super) fn extend(&self, now: Duration) {
        if let Some((_, active)) = &self.hand().current {
            active.claim.touch(now);
        }
    }

    /// Takes everything away from a worker whose record stayed silent for too long. The worker
    /// itself may hang in the system for good; whatever it brings later is not taken.
    pub(super) fn give_up_if_silent(&self, work: &Work, batch: &LiveBatch, stream: usize) -> Option<GivenUp> {
        let now = work.controls.now();
        let mut hand = self.hand();
        let (record, active) = hand.current.as_ref()?;
        let silent = active.claim.overdue(&work.controls.visibility, now)?;
        if !active.claim.take() {
            return None;
        }
        let step = active.claim.step();
        let message = format!("{}: no progress for {} s ({step})", record.path, silent.as_secs());
        let failure = Failure::new(Stage::Deliver, Category::Timeout, message);
        let timeout = Handed {
            took: active.age(now),
            ..Handed::untouched(Arc::clone(record), Processed::Failed(failure))
        };
        batch.finish(stream, active, now);
        hand.current = None;
        hand.given_up = true;
        hand.place = None;
        let mut waiting = std::mem::take(&mut hand.waiting);
        let mut records = std::mem::take(&mut hand.done);
        records.push(timeout);
        let mut ended = Vec::new();
        if hand.together {
            records.extend(waiting.drain(..).map(|rest| Handed::untouched(rest, Processed::Unfinished)));
            ended.push(Handover::Group { stream, records });
        } else {
            ended.push(Handover::Records { stream, records });
        }
        if !hand.arrived.is_empty() {
            // They are taken again, with what is known of them by then.
            let arrived = std::mem::take(&mut hand.arrived).into_iter();
            let records =
                arrived.map(|record| Handed::untouched(record, Processed::Returned(None))).collect();
            ended.push(Handover::Records { stream, records });
        }
        Some(GivenUp { ended, waiting })
    }

    /// Takes everything away from a worker that does not notice that it is cut off, and gives what
    /// it had done. The rest stays without an outcome, like records that never started.
    pub(super) fn leave_behind(&self, batch: &LiveBatch, stream: usize, now: Duration) -> Vec<Handed> {
        let mut hand = self.hand();
        if let Some((_, active)) = hand.current.take()
            && active.claim.take()
        {
            batch.finish(stream, &active, now);
        }
        hand.given_up = true;
        hand.place = None;
        hand.waiting.clear();
        hand.arrived.clear();
        let done = std::mem::take(&mut hand.done);
        // What is staged of a group must not come through without the others.
        if hand.together { Vec::new() } else { done }
    }

    fn hand(&self) -> MutexGuard<'_, InHand> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A record, and its picture while it is in work.
pub(super) type Begun = (Arc<LeasedRecord>, Arc<Active>);
