//! Room for bytes that are held on their way, over all records of a run.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::spec::Control;

/// Room is given in pieces of this size (bytes).
const PIECE: u64 = 1024;

/// What may be held of files at one time on their way to services, or of those that are read ahead.
#[derive(Debug)]
pub(crate) struct Memory {
    pieces: Arc<Semaphore>,
    all: u32,
}

impl Memory {
    /// Half of the memory for bytes in flight: the other half is for what is being read.
    pub(crate) fn new(control: &Control) -> Self {
        let all = control.memory_mib.saturating_mul(512).max(1);
        Self { pieces: Arc::new(Semaphore::new(all as usize)), all }
    }

    /// Waits for room for so many bytes; it is given back when it is dropped. What needs more than there
    /// is gets all of it.
    pub(crate) async fn take(&self, bytes: u64) -> Option<OwnedSemaphorePermit> {
        let pieces = bytes.div_ceil(PIECE).clamp(1, self.all.into()) as u32;
        // It is never closed.
        Arc::clone(&self.pieces).acquire_many_owned(pieces).await.ok()
    }

    /// Room for so many bytes, where there is some at this moment.
    pub(crate) fn take_free(&self, bytes: u64) -> Option<OwnedSemaphorePermit> {
        let pieces = u32::try_from(bytes.div_ceil(PIECE)).ok()?;
        Arc::clone(&self.pieces).try_acquire_many_owned(pieces).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_larger_than_all_of_it_goes_alone() {
        let memory = Memory::new(&Control { memory_mib: 1, ..Control::default() });
        let all = memory.take(u64::MAX).await;
        assert!(tokio::time::timeout(std::time::Duration::ZERO, memory.take(1)).await.is_err());
        assert!(memory.take_free(1).is_none());
        drop(all);
        assert!(memory.take(1).await.is_some());
        assert!(memory.take_free(512 << 10).is_some());
        assert!(memory.take_free(u64::MAX).is_none(), "what may wait gets no more than there is");
    }
}
