//! Where the time goes: the stages that records go through, and what moving bytes consists of.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::rolling::Rolling;

/// Measurements after which older ones are forgotten.
const GENERATION: u64 = 2000;

/// What time is spent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The stage that finds, opens and describes a source.
    Ingest,
    /// The stage that looks up, maps and names.
    Transform,
    /// The stage that copies.
    Deliver,
    /// Of that: reading a source.
    Reading,
    /// Of that: writing to the destination.
    Writing,
    /// Making a round of copies durable, reading them back, and giving them their final names.
    Proving,
    /// Committing a round of outcomes to the checkpoint.
    Recording,
}

/// All parts, in the order of the way.
pub(crate) const PARTS: [Part; 7] = [
    Part::Ingest,
    Part::Transform,
    Part::Deliver,
    Part::Reading,
    Part::Writing,
    Part::Proving,
    Part::Recording,
];

/// Time spent so far, over all threads.
#[derive(Debug, Default)]
pub(crate) struct Times([Clock; PARTS.len()]);

/// The time of one part.
#[derive(Debug, Default)]
struct Clock {
    spent_ns: AtomicU64,
    done: AtomicU64,
    lately: Mutex<Rolling>,
}

/// The times of moving bytes at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Spent {
    pub(crate) reading: Duration,
    pub(crate) writing: Duration,
    pub(crate) proving: Duration,
    pub(crate) recording: Duration,
}

/// How often a part was done, and how long it lately took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Done {
    pub(crate) part: Part,
    pub(crate) times: u64,
    pub(crate) p50_ms: u64,
    pub(crate) p95_ms: u64,
}

impl Times {
    pub(crate) fn add(&self, part: Part, took: Duration) {
        let clock = self.clock(part);
        clock.spent_ns.fetch_add(took.as_nanos() as u64, Ordering::Relaxed);
        clock.done.fetch_add(1, Ordering::Relaxed);
        let mut lately = lock(&clock.lately);
        lately.record(took);
        if lately.fresh() >= GENERATION {
            lately.turn();
        }
    }

    pub(crate) fn spent(&self) -> Spent {
        let of = |part| Duration::from_nanos(self.clock(part).spent_ns.load(Ordering::Relaxed));
        Spent {
            reading: of(Part::Reading),
            writing: of(Part::Writing),
            proving: of(Part::Proving),
            recording: of(Part::Recording),
        }
    }

    /// Every part that was ever done, in the order of the way.
    pub(crate) fn done(&self) -> Vec<Done> {
        let of = |part| {
            let clock = self.clock(part);
            let times = clock.done.load(Ordering::Relaxed);
            let [p50_ms, p95_ms] = lock(&clock.lately).quantiles_ms([0.5, 0.95]);
            Done { part, times, p50_ms, p95_ms }
        };
        PARTS.into_iter().map(of).filter(|done| done.times > 0).collect()
    }

    fn clock(&self, part: Part) -> &Clock {
        &self.0[part as usize]
    }
}

fn lock(lately: &Mutex<Rolling>) -> MutexGuard<'_, Rolling> {
    lately.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_keeps_its_own_time_and_those_that_never_were_are_not_told() {
        let times = Times::default();
        for ms in [10, 20, 400] {
            times.add(Part::Reading, Duration::from_millis(ms));
        }
        assert_eq!(times.spent().reading, Duration::from_millis(430));
        assert_eq!(times.spent().writing, Duration::ZERO);
        let done = times.done();
        assert_eq!(done.iter().map(|done| (done.part, done.times)).collect::<Vec<_>>(), [(Part::Reading, 3)]);
        assert!((19..=21).contains(&done[0].p50_ms) && done[0].p95_ms >= 395, "{done:?}");
        assert!(PARTS.iter().enumerate().all(|(at, part)| *part as usize == at));
    }
}
