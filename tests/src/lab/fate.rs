//! What is drawn for a request: by seed, route, path and attempt, never by the order of arrival.

use std::f64::consts::TAU;
use std::time::Duration;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::script::{Script, Venom, Wrong};
use super::seen::Route;

/// What becomes of a request once a worker has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// A good answer.
    Answer,
    /// A good answer that takes long to arrive.
    Slow,
    /// The work is done, the answer has a wrong body.
    Wrong(Wrong),
    /// The work is done, the connection is reset.
    LostAnswer,
    /// The connection is reset before the work.
    Reset,
    /// A status of failure, without the work.
    Status(u16),
    /// Poison.
    Venom(Venom),
}

const ERRORS: [u16; 4] = [500, 502, 503, 504];
const WRONGS: [Wrong; 3] = [Wrong::NotJson, Wrong::Shape, Wrong::Type];

/// The draws of one attempt. Two things are drawn: its fate, then its jitter.
#[derive(Debug)]
pub(super) struct Draw(fastrand::Rng);

impl Draw {
    pub(super) fn new(seed: u64, route: Route, path: &str, attempt: u64) -> Self {
        let place = seed ^ (route as u64).rotate_left(32) ^ attempt.rotate_left(40);
        Self(fastrand::Rng::with_seed(xxh3_64_with_seed(path.as_bytes(), place)))
    }

    pub(super) fn fate(&mut self, script: &Script, route: Route, path: &str) -> Fate {
        let poisoned = script.poison.iter().find(|poison| {
            poison.route.is_none_or(|only| only == route) && path.contains(poison.path.as_str())
        });
        if let Some(poison) = poisoned {
            return Fate::Venom(poison.venom);
        }
        let shares = [
            (script.resets, Fate::Reset),
            (script.lost_answers, Fate::LostAnswer),
            (script.errors, Fate::Status(self.one_of(ERRORS))),
            (script.wrong_bodies, Fate::Wrong(self.one_of(WRONGS))),
            (script.slow_bodies, Fate::Slow),
        ];
        let mut left = self.0.f64();
        for (share, fate) in shares {
            if left < share {
                return fate;
            }
            left -= share;
        }
        Fate::Answer
    }

    fn one_of<T: Copy, const N: usize>(&mut self, choice: [T; N]) -> T {
        choice[self.0.usize(..N)]
    }

    /// How long a worker takes: see [`Script::slowdown`].
    pub(super) fn service_time(&mut self, script: &Script, waiting: usize) -> Duration {
        let overload = 1.0 + script.slowdown * waiting as f64 / script.workers.max(1) as f64;
        script.latency.mul_f64((script.jitter * self.normal()).exp() * overload)
    }

    /// One draw of the standard normal distribution, after Box and Muller.
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.0.f64()).ln()).sqrt();
        radius * (TAU * self.0.f64()).cos()
    }
}
