//! How long a service may take for what takes longer the larger a file is.

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
