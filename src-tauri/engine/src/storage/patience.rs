//! How long a service may take for what takes longer the larger a file is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Longest wait while a service puts a file in its place, beyond the time that its size takes.
pub(crate) const COMPLETION: Duration = Duration::from_secs(300);

/// The slowest link, or disk behind it (bytes a second).
const SLOWEST: u64 = 16 * 1024;

/// The slowest copy that a service makes by itself (bytes a second).
const SLOWEST_COPY: u64 = 1 << 20;

/// Longest wait while a service copies so many bytes by itself.
pub(crate) fn to_copy(bytes: u64) -> Duration {
    COMPLETION + Duration::from_secs(bytes / SLOWEST_COPY)
}

/// The time that so many bytes may take, and so much more.
pub(crate) fn with_bytes(more: Duration, bytes: u64) -> Duration {
    more + Duration::from_secs(bytes / SLOWEST)
}

/// Longest wait while a service puts a file of so many bytes in its place.
pub(crate) fn to_complete(bytes: u64) -> Duration {
    with_bytes(COMPLETION, bytes)
}

/// Bytes that are on their way over a connection that many share: what is asked for next is answered behind them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Queue(Arc<AtomicU64>);

/// Some of the bytes; on their way until this is dropped.
#[derive(Debug)]
pub(crate) struct Queued {
    queue: Queue,
    bytes: u64,
}

impl Queue {
    /// So many bytes set out.
    pub(crate) fn add(&self, bytes: u64) -> Queued {
        self.0.fetch_add(bytes, Ordering::Relaxed);
        Queued { queue: self.clone(), bytes }
    }

    /// The time that an answer may take that would take so long if nothing were on its way before it.
    pub(crate) fn behind(&self, alone: Duration) -> Duration {
        with_bytes(alone, self.0.load(Ordering::Relaxed))
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        self.queue.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_may_come_behind_what_is_on_its_way() {
        let (queue, alone) = (Queue::default(), Duration::from_secs(60));
        let first = queue.add(1 << 20);
        let second = queue.add(1 << 20);
        assert_eq!(queue.behind(alone), with_bytes(alone, 2 << 20));
        drop(first);
        assert_eq!(queue.behind(alone), with_bytes(alone, 1 << 20));
        drop(second);
        assert_eq!(queue.behind(alone), alone);
    }
}
