//! The connections that a server may have from us at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Seats for connections. A seat is waited for as long as it takes: that all are in use is no fault of the server's.
///
/// Whoever reads a file or writes one keeps its seat to the end of the file, and needs others meanwhile: who reads, one
/// to write to; both, one to look with. So those who read and those who write never have all of them, and a turn to
/// read comes before everything else. Who has one never waits for another turn to read: else all could wait for each
/// other.
#[derive(Debug)]
pub(super) struct Seats {
    all: Arc<Semaphore>,
    reading: Arc<Semaphore>,
    writing: Arc<Semaphore>,
    sessions: Option<u32>,
    serves_both_ends: AtomicBool,
}

/// A seat that is taken, until it is dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    _all: Option<OwnedSemaphorePermit>,
    _writing: Option<OwnedSemaphorePermit>,
}

/// A turn to read a file, however many connections that takes, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    _reading: Option<OwnedSemaphorePermit>,
}

impl Seats {
    /// `sessions`: connections at once, at most.
    pub(super) fn new(sessions: Option<u32>) -> Self {
        let all = sessions.map_or(Semaphore::MAX_PERMITS, |sessions| (sessions as usize).max(1));
        let but_one = || Arc::new(Semaphore::new(all.saturating_sub(1).max(1)));
        Self {
            all: Arc::new(Semaphore::new(all)),
            reading: but_one(),
            writing: but_one(),
            sessions,
            serves_both_ends: AtomicBool::new(false),
        }
    }

    /// Files come from here and go here: from now on half of the seats are for those who write.
    pub(super) fn serve_both_ends(&self) {
        let Some(sessions) = self.sessions else { return };
        if !self.serves_both_ends.swap(true, Ordering::Relaxed) {
            let both = sessions.saturating_sub(1).max(1);
            let reading = (sessions / 2).max(1);
            let writing = both.saturating_sub(reading).max(1);
            self.reading.forget_permits((both - reading) as usize);
            self.writing.forget_permits((both - writing) as usize);
        }
    }

    /// A seat for something that ends by itself.
    pub(super) async fn take(&self) -> Seat {
        Seat { _all: free(&self.all).await, _writing: None }
    }

    /// A seat for writing a file.
    pub(super) async fn take_to_write(&self) -> Seat {
        let writing = free(&self.writing).await;
        Seat { _all: free(&self.all).await, _writing: writing }
    }

    /// None: there is no end of connections.
    pub(super) async fn turn_to_read(&self) -> Option<Turn> {
        self.sessions?;
        Some(Turn { _reading: free(&self.reading).await })
    }
}

/// None only where it is closed, which it never is.
async fn free(seats: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
    Arc::clone(seats).acquire_owned().await.ok()
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::storage::server::PATIENCE;

    #[tokio::test]
    async fn one_seat_is_left_by_those_who_read_or_write() {
        let seats = Seats::new(Some(3));
        let _reading = (seats.turn_to_read().await, seats.turn_to_read().await);
        assert!(seats.turn_to_read().now_or_never().is_none());
        let writing = (seats.take_to_write().await, seats.take_to_write().await);
        assert!(seats.take_to_write().now_or_never().is_none());
        let look = seats.take().await;
        assert!(seats.take().now_or_never().is_none());
        drop((writing, look));
        let only = Seats::new(Some(1));
        assert!(only.turn_to_read().await.is_some());
        let _writing = only.take_to_write().await;
        assert!(Seats::new(None).turn_to_read().await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_seat_is_waited_for_as_long_as_it_takes() {
        let seats = Seats::new(Some(1));
        let large_file = seats.take_to_write().await;
        let ends = async {
            tokio::time::sleep(PATIENCE * 100).await;
            drop(large_file);
        };
        let (_, seat) = tokio::join!(ends, seats.take());
        assert!(seat._all.is_some());
    }

    #[tokio::test]
    async fn where_files_come_and_go_each_has_its_part() {
        for (sessions, reading, writing) in [(2, 1, 1), (3, 1, 1), (4, 2, 1), (8, 4, 3)] {
            let seats = Seats::new(Some(sessions));
            seats.serve_both_ends();
            seats.serve_both_ends();
            assert_eq!(
                (seats.reading.available_permits(), seats.writing.available_permits()),
                (reading, writing)
            );
        }
    }
}
