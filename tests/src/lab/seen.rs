//! What the laboratory saw, as a test reads it.

use std::collections::BTreeMap;
use std::time::Duration;

/// What can be asked of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Route {
    /// `GET /lookup`.
    Lookup,
    /// `POST /assets`.
    Register,
}

/// The attempts for one path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Calls {
    /// Requests of `GET /lookup`.
    pub lookups: u64,
    /// Requests of `POST /assets`.
    pub registers: u64,
}

/// A snapshot of what the service saw since it started, or since it was told to forget.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Requests in all, also those that got no answer.
    pub requests: u64,
    /// Requests of `GET /lookup`.
    pub lookups: u64,
    /// Requests of `POST /assets`.
    pub registers: u64,
    /// Answers by status.
    pub statuses: BTreeMap<u16, u64>,
    /// Requests refused because of a rate or a full queue, whatever the status.
    pub throttled: u64,
    /// Attempts by path.
    pub paths: BTreeMap<String, Calls>,
    /// Requests beyond the first for the same path and route.
    pub retries: u64,
    /// Retries that came sooner than the `Retry-After` of their refusal said.
    pub hasty: u64,
    /// Requests in the house now: in the queue, at work, or hanging.
    pub in_flight: u64,
    /// The most that were in the house at once.
    pub max_in_flight: u64,
    /// Requests that ended without an answer: the connection was reset, or the caller went away.
    pub unanswered: u64,
    /// Connections accepted.
    pub connections: u64,
    /// Connections that the laboratory has reset.
    pub resets: u64,
    /// Bytes of request bodies.
    pub bytes_in: u64,
    /// Bytes of answer bodies.
    pub bytes_out: u64,
    /// Probes: requests during [`Outage::Unavailable`](super::Outage::Unavailable), connections
    /// during [`Outage::Reset`](super::Outage::Reset). Nobody can count them during
    /// [`Outage::Refused`](super::Outage::Refused).
    pub probes: u64,
    /// When the first request came, by the laboratory's clock.
    pub first_request: Option<Duration>,
    /// When each asset was made, by the laboratory's clock, in order: `asset_times[999]` is when the
    /// thousandth was.
    pub asset_times: Vec<Duration>,
}

impl Seen {
    /// Requests for each call that was needed at least once (a path on a route): 1 if nothing was
    /// ever asked twice.
    pub fn requests_per_call(&self) -> f64 {
        self.requests as f64 / (self.requests - self.retries) as f64
    }

    /// The share of requests that were throttled.
    pub fn throttled_share(&self) -> f64 {
        self.throttled as f64 / self.requests as f64
    }

    /// Answers with this status.
    pub fn answers(&self, status: u16) -> u64 {
        self.statuses.get(&status).copied().unwrap_or(0)
    }

    /// Records per minute while the first `count` assets were made, from `start` on; none when there
    /// are fewer.
    pub fn records_per_minute(&self, start: Duration, count: usize) -> Option<f64> {
        let end = *self.asset_times.get(count.checked_sub(1)?)?;
        Some(count as f64 * 60.0 / end.checked_sub(start)?.as_secs_f64())
    }
}
