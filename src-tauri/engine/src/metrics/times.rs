//! Where the time of moving bytes goes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Time spent so far, over all threads.
#[derive(Debug, Default)]
pub(crate) struct Times {
    reading: AtomicU64,
    writing: AtomicU64,
    proving: AtomicU64,
    recording: AtomicU64,
}

/// The times at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Spent {
    /// Reading from sources.
    pub(crate) reading: Duration,
    /// Writing to the destination.
    pub(crate) writing: Duration,
    /// Making durable, reading back, and giving final names.
    pub(crate) proving: Duration,
    /// Committing to the checkpoint.
    pub(crate) recording: Duration,
}

/// What the time is spent on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum On {
    Reading,
    Writing,
    Proving,
    Recording,
}

impl Times {
    pub(crate) fn add(&self, on: On, took: Duration) {
        let counter = match on {
            On::Reading => &self.reading,
            On::Writing => &self.writing,
            On::Proving => &self.proving,
            On::Recording => &self.recording,
        };
        counter.fetch_add(took.as_nanos() as u64, Ordering::Relaxed);
    }

    pub(crate) fn spent(&self) -> Spent {
        let of = |counter: &AtomicU64| Duration::from_nanos(counter.load(Ordering::Relaxed));
        Spent {
            reading: of(&self.reading),
            writing: of(&self.writing),
            proving: of(&self.proving),
            recording: of(&self.recording),
        }
    }
}
