//! The connections that a server may have from us at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::PATIENCE;
use crate::storage::remote::fault::{Fault, FaultKind};

/// Seats for connections. Reading a file keeps its seat to the end of the file, and whoever reads may wait
/// for a seat to write: so one seat is never taken by those who read, and nobody waits for himself.
#[derive(Debug)]
pub(super) struct Seats {
    all: Arc<Semaphore>,
    reading: Arc<Semaphore>,
    sessions: Option<u32>,
    serves_both_ends: AtomicBool,
}

/// A seat that is taken, until it is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    _all: OwnedSemaphorePermit,
    _reading: Option<OwnedSemaphorePermit>,
}

impl Seats {
    /// `sessions`: connections at once, at most.
    pub(super) fn new(sessions: Option<u32>) -> Self {
        let all = sessions.map_or(Semaphore::MAX_PERMITS, |sessions| (sessions as usize).max(1));
        Self {
            all: Arc::new(Semaphore::new(all)),
            reading: Arc::new(Semaphore::new(all.saturating_sub(1).max(1))),
            sessions,
            serves_both_ends: AtomicBool::new(false),
        }
    }

    /// Files come from here and go here: from now on half of the seats are for those who write.
    pub(super) fn serve_both_ends(&self) {
        let Some(sessions) = self.sessions else { return };
        if !self.serves_both_ends.swap(true, Ordering::Relaxed) {
            let (reading, kept) = (sessions.saturating_sub(1).max(1), (sessions / 2).max(1));
            self.reading.forget_permits((reading - kept) as usize);
        }
    }

    /// A seat for something that ends by itself.
    pub(super) async fn take(&self) -> Result<Seat, Fault> {
        Ok(Seat { _all: free(&self.all).await?, _reading: None })
    }

    /// A seat for reading a file.
    pub(super) async fn take_to_read(&self) -> Result<Seat, Fault> {
        let reading = free(&self.reading).await?;
        Ok(Seat { _all: free(&self.all).await?, _reading: Some(reading) })
    }
}

async fn free(seats: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Fault> {
    let none = || Fault::new(FaultKind::Timeout, "all connections that the server may have are in use");
    match tokio::time::timeout(PATIENCE, Arc::clone(seats).acquire_owned()).await {
        Ok(seat) => seat.map_err(|_| none()),
        Err(_) => Err(none()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_seat_is_left_by_those_who_read() {
        let seats = Seats::new(Some(3));
        let _reading = (seats.take_to_read().await.unwrap(), seats.take_to_read().await.unwrap());
        assert_eq!(seats.take_to_read().await.unwrap_err().kind, FaultKind::Timeout);
        let writing = seats.take().await.unwrap();
        assert_eq!(seats.take().await.unwrap_err().kind, FaultKind::Timeout);
        drop(writing);
        seats.take().await.unwrap();
        Seats::new(Some(1)).take_to_read().await.unwrap();
        let both = Seats::new(Some(4));
        both.serve_both_ends();
        both.serve_both_ends();
        let _reading = (both.take_to_read().await.unwrap(), both.take_to_read().await.unwrap());
        assert!(both.take_to_read().await.is_err());
    }
}
