//! The service that all arms meet.
//!
//! What an overloaded service does is not for a bench to invent, so the usual one goes by a published
//! law with published figures: Gunther's Universal Scalability Law, with what B. Schwartz fitted to a
//! MySQL server under sysbench, 1 to 32 at once ("Practical Scalability Analysis with the Universal
//! Scalability Law", VividCortex 2015: σ = 0.02671591, κ = 0.0007690945; the law's usual worked example).
//! A catalogue is a database behind HTTP. It is best with 35 at once, and takes in all that come: what
//! a thousand at once do to it is the law's word, not a measurement.
//!
//! `SLUICE_BENCH_SERVICE=refuses` takes another, with a limit before its door: it refuses what is too much
//! for it, and is slower by at most a factor of four. How much it loses there is an assumption.

use std::time::Duration;

use sluice_tests::lab::{Contention, Retry, Script};

const LATENCY: Duration = Duration::from_millis(80);
const ROUND_TRIP: Duration = Duration::from_millis(5);
const MYSQL: Contention = Contention { sigma: 0.026_715_91, kappa: 0.000_769_094_5 };

const WORKERS: usize = 16;
/// As many as Tomcat lets wait unless it is told otherwise (`acceptCount`, 100).
const QUEUE: usize = 100;
const SLOWDOWN: f64 = 0.5;
const REFUSAL_COST: Duration = Duration::from_millis(1);

/// A catalogue server of ordinary size. No faults by chance: what goes wrong is load.
pub(super) struct Service {
    pub(super) script: Script,
    pub(super) description: String,
}

impl Service {
    /// The one that is asked for.
    pub(super) fn wanted() -> Self {
        match std::env::var("SLUICE_BENCH_SERVICE").as_deref() {
            Ok("refuses") => Self::that_refuses(),
            _ => Self::that_takes_all_in(),
        }
    }

    fn that_takes_all_in() -> Self {
        let script = Script { workers: usize::MAX, contention: Some(MYSQL), ..common() };
        let Contention { sigma, kappa } = MYSQL;
        let description = format!(
            "the service: median {LATENCY:.0?} (log-normal, sigma 0.3), {ROUND_TRIP:.0?} on the way; with n at \
             work each takes 1 + {sigma} (n - 1) + {kappa} n (n - 1) times as long; it takes in all that come"
        );
        Self { script, description }
    }

    /// At its knee it answers 16 ÷ 85 ms ≈ 190 requests a second, which is 95 records a second at two
    /// requests a record; with a full queue a quarter of that. It refuses with 429 and a `Retry-After` of one
    /// second, and a refusal costs it an eightieth of a request.
    fn that_refuses() -> Self {
        let script = Script {
            workers: WORKERS,
            slowdown: SLOWDOWN,
            queue: QUEUE,
            refusal: 429,
            retry_after: Some(Retry::Seconds(1)),
            refusal_cost: REFUSAL_COST,
            ..common()
        };
        let description = format!(
            "the service: {WORKERS} workers, median {LATENCY:.0?} (log-normal, sigma 0.3), {ROUND_TRIP:.0?} on \
             the way; {QUEUE} may wait, one more gets 429; with n waiting it takes 1 + {SLOWDOWN} n ÷ {WORKERS} \
             times as long; a refusal costs {REFUSAL_COST:.0?} of a worker"
        );
        Self { script, description }
    }
}

fn common() -> Script {
    Script { seed: 3, latency: LATENCY, jitter: 0.3, round_trip: ROUND_TRIP, ..Script::default() }
}
