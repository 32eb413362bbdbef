//! The service that all arms meet.

use std::time::Duration;

use sluice_tests::lab::{Retry, Script};

const WORKERS: usize = 16;
const LATENCY: Duration = Duration::from_millis(80);
/// As many as Tomcat lets wait unless it is told otherwise (`acceptCount`, 100).
const QUEUE: usize = 100;
const SLOWDOWN: f64 = 0.5;
const REFUSAL_COST: Duration = Duration::from_millis(1);
const ROUND_TRIP: Duration = Duration::from_millis(5);

/// A catalogue server of ordinary size. At its knee it answers 16 ÷ 85 ms ≈ 190 requests a second,
/// which is 95 records a second at two requests a record; with a full queue a quarter of that. It
/// refuses with 429 and a `Retry-After` of one second, and a refusal costs it an eightieth of a
/// request. No faults by chance: what goes wrong is load.
pub(super) fn script() -> Script {
    Script {
        seed: 3,
        workers: WORKERS,
        latency: LATENCY,
        jitter: 0.3,
        slowdown: SLOWDOWN,
        queue: QUEUE,
        refusal: 429,
        retry_after: Some(Retry::Seconds(1)),
        refusal_cost: REFUSAL_COST,
        round_trip: ROUND_TRIP,
        ..Script::default()
    }
}

pub(super) fn description() -> String {
    format!(
        "the service: {WORKERS} workers, median {LATENCY:.0?} (log-normal, sigma 0.3), {ROUND_TRIP:.0?} on the \
         way; {QUEUE} may wait, one more gets 429; with n waiting it takes 1 + {SLOWDOWN} n ÷ {WORKERS} times \
         as long; a refusal costs {REFUSAL_COST:.0?} of a worker"
    )
}
