//! Waiting for a condition, never for a time.

use std::time::{Duration, Instant};

/// Far longer than anything here takes; reaching it is a failure, not a measurement.
pub const DEADLINE: Duration = Duration::from_secs(120);

/// Polls until `look` sees something.
///
/// # Panics
/// When nothing came before [`DEADLINE`].
pub fn until<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    within(DEADLINE, what, look)
}

/// Polls until `look` sees something, for what may take longer than [`DEADLINE`].
///
/// # Panics
/// When nothing came before the deadline.
pub fn within<T>(deadline: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(start.elapsed() < deadline, "waited {deadline:?} in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
