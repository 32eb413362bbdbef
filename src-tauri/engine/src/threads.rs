//! Work off the async threads. A panic in it goes on in whoever waits for it.

use tokio::task::{JoinHandle, spawn_blocking};

/// Does work that may block.
pub(crate) async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    joined(spawn_blocking(work)).await
}

/// Waits for work that goes on by itself. Nobody aborts it, so that only a panic ends it early.
pub(crate) async fn joined<T>(work: JoinHandle<T>) -> T {
    work.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
}
