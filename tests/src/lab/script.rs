//! What the laboratory is told to do: plain fields, all of them changeable while it runs.

use std::time::Duration;

use super::seen::Route;
use super::sharing::Contention;

/// A script. The default is a fast and healthy service that never refuses anything; name what
/// should be different:
///
/// ```ignore
/// Script { workers: 4, latency: Duration::from_millis(20), queue: 8, ..Script::default() }
/// ```
#[derive(Debug, Clone)]
pub struct Script {
    /// Seed of all that is drawn. A draw depends on seed, route, path and the number of the attempt,
    /// never on the order in which requests come: the same request always meets the same fate.
    pub seed: u64,

    /// Capacity: requests that are worked on at the same time.
    pub workers: usize,
    /// Median time that a worker takes when nobody waits.
    pub latency: Duration,
    /// Sigma of the log-normal jitter: a service time is the median times `exp(sigma × N(0, 1))`.
    /// 0: none.
    pub jitter: f64,
    /// How much slower the service becomes by overload. With `waiting` requests in the queue when a
    /// worker begins, its time is multiplied by `1 + slowdown × waiting ÷ workers`. Throughput is
    /// therefore `workers ÷ latency` at the knee, and falls beyond it as real services' does.
    pub slowdown: f64,
    /// What those that are worked on cost each other. None: nothing.
    pub contention: Option<Contention>,
    /// Requests that may wait for a worker. One more is refused.
    pub queue: usize,
    /// Requests per second beyond which they are refused with 429; none: no such limit.
    pub rate: Option<f64>,
    /// How many requests may come at once before `rate` counts.
    pub burst: f64,
    /// The status that a full queue answers: 429 or 503.
    pub refusal: u16,
    /// The `Retry-After` of a refusal.
    pub retry_after: Option<Retry>,
    /// What a refusal costs the service: this much of the workers' time, because also a refused
    /// request has to be read, recognised and answered. Whoever is served next waits for it, at most
    /// ten times [`Self::latency`], so that no storm starves everybody for ever.
    pub refusal_cost: Duration,
    /// The way to the service and back: every answer takes this time too, also a refusal.
    pub round_trip: Duration,

    /// Share of requests that end as 500, 502, 503 or 504, after the work and without its effect.
    pub errors: f64,
    /// Share of requests whose connection is reset before any work is done.
    pub resets: f64,
    /// Share of requests whose connection is reset after the work: the asset is there, the caller
    /// does not know it.
    pub lost_answers: f64,
    /// Share of answers whose body is wrong; the kinds take turns. The work is done.
    pub wrong_bodies: f64,
    /// Share of answers whose body dribbles in over [`Self::dribble`]. The work is done.
    pub slow_bodies: f64,
    /// How long a slow body takes.
    pub dribble: Duration,

    /// Paths that always go wrong. The first match counts.
    pub poison: Vec<Poison>,

    /// The outage in force, switched by hand.
    pub outage: Option<Outage>,
    /// Outages by the laboratory's clock. One switched by hand comes first.
    pub outages: Vec<Window>,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            seed: 1,
            workers: 64,
            latency: Duration::ZERO,
            jitter: 0.0,
            slowdown: 0.0,
            contention: None,
            queue: usize::MAX,
            rate: None,
            burst: 1.0,
            refusal: 429,
            retry_after: None,
            refusal_cost: Duration::ZERO,
            round_trip: Duration::ZERO,
            errors: 0.0,
            resets: 0.0,
            lost_answers: 0.0,
            wrong_bodies: 0.0,
            slow_bodies: 0.0,
            dribble: Duration::from_millis(500),
            poison: Vec::new(),
            outage: None,
            outages: Vec::new(),
        }
    }
}

/// The forms of `Retry-After`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// A number of seconds.
    Seconds(u64),
    /// An HTTP date so many seconds from now. Dates have whole seconds: it is rounded up.
    Date(u64),
}

impl Retry {
    /// How long to wait.
    pub const fn wait(self) -> Duration {
        match self {
            Self::Seconds(seconds) | Self::Date(seconds) => Duration::from_secs(seconds),
        }
    }
}

/// How the service is away as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outage {
    /// Nobody listens: connections are refused by the system, those that were open are reset. The
    /// service cannot see who knocks.
    Refused,
    /// Every connection is accepted and reset, so that the service can count who knocks.
    Reset,
    /// Every request is answered with 503, and with the script's `Retry-After`.
    Unavailable,
    /// Every request is answered with 401: the secret is wrong.
    Denied,
}

/// An outage by the clock.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// From this time of the laboratory's clock.
    pub from: Duration,
    /// Until this one.
    pub to: Duration,
    /// How it is away.
    pub outage: Outage,
}

/// Records that always go wrong.
#[derive(Debug, Clone)]
pub struct Poison {
    /// Paths that hold this text.
    pub path: String,
    /// Only on this route; none: on both.
    pub route: Option<Route>,
    /// What happens to them.
    pub venom: Venom,
}

impl Poison {
    /// Poison on both routes, for paths that hold this text.
    pub fn new(path: &str, venom: Venom) -> Self {
        Self { path: path.to_owned(), route: None, venom }
    }

    /// Only on this route.
    pub fn on(self, route: Route) -> Self {
        Self { route: Some(route), ..self }
    }
}

/// What happens to a poisoned record, each time. It never gets an asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Venom {
    /// No answer ever. It holds no worker: others are not disturbed.
    Hang,
    /// 422, for ever.
    Reject,
    /// 404, for ever.
    Missing,
    /// 500, for ever.
    Error,
    /// A success with a wrong body.
    Rubbish(Wrong),
}

/// Wrong bodies, each under a status of success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// Says that it is JSON, and is not.
    NotJson,
    /// JSON of another shape.
    Shape,
    /// The right JSON under `text/html`.
    Type,
}
