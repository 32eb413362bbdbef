//! The advisor: names what holds a run back, in a sentence with its figure and its threshold, and
//! offers the change that may help. Pure: it is told what happened.
//!
//! The idea, and the habit of printing the threshold, are those of AzCopy's performance advisor
//! (Azure/azure-storage-azcopy, `ste/performanceAdvisor.go`).

mod bottleneck;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use bottleneck::{Bottleneck, SlowRecord};

use crate::metrics::live::Straggler;
use crate::preflight::if_known;

/// Share of requests that a service may throttle before it is worth a word.
const THROTTLED: f64 = 0.02;
/// Share of requests that may be lost.
const LOST: f64 = 0.02;
/// Share of the bandwidth limit from which on it is what holds the run back.
const BANDWIDTH: f64 = 0.9;
/// Share of a batch's time that streams may stand idle at the barrier.
const IDLE: f64 = 0.25;
/// Share of the processors' time.
const CPU: f64 = 0.9;
/// Share of the run's time that commits may take.
const RECORDING: f64 = 0.5;
/// Share of the time of moving bytes that one side may take.
const ONE_SIDE: f64 = 0.6;
/// Share of the places that are taken when the own limit holds the run back.
const PLACES: f64 = 0.95;
/// Requests from which on a share means something.
const ENOUGH: u64 = 50;

/// What holds a run back, and what may help.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Advice {
    /// A word for scripts: `throttled`, `network`, `rate_limit`, `bandwidth`, `stragglers`, `cpu`,
    /// `checkpoint`, `source`, `destination`, `own_limit`.
    pub code: String,
    /// What, with its figure and its threshold.
    pub sentence: String,
    /// The change that may help.
    pub offer: Option<Offer>,
    /// The same as a value, for whoever says it in another language.
    #[serde(default, deserialize_with = "if_known")]
    pub what: Option<Bottleneck>,
}

/// A change that may help.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "knob", rename_all = "snake_case")]
pub enum Offer {
    /// Another number of records in flight.
    Concurrency {
        /// How many.
        to: u32,
    },
    /// Another number of requests in flight at one service.
    ServiceConcurrency {
        /// Scheme, host and port.
        service: String,
        /// How many.
        to: u32,
    },
    /// Let the next batch begin while this one drains.
    LookAhead,
}

/// What happened lately.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Lately {
    /// How long the look back is.
    pub(crate) span: Duration,
    pub(crate) services: Vec<Service>,
    /// Records that may be in flight.
    pub(crate) places: u32,
    /// Share of them that was taken, on average.
    pub(crate) taken: f64,
    pub(crate) bytes_per_s: f64,
    /// The limit in force.
    pub(crate) bandwidth: Option<u64>,
    /// Share of the streams' time that they stood idle at the barrier.
    pub(crate) idle: f64,
    /// The record that they stand there for, or stood for last.
    pub(crate) straggler: Option<Straggler>,
    /// Share of all processors' time that this program used.
    pub(crate) cpu: Option<f64>,
    /// Shares of the wall time (recording), or of the time of moving bytes (the others).
    pub(crate) recording: f64,
    pub(crate) reading: f64,
    pub(crate) writing: f64,
    pub(crate) look_ahead: bool,
    pub(crate) autopilot: bool,
}

/// One service, lately.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) requests: u64,
    pub(crate) throttled: u64,
    pub(crate) lost: u64,
    pub(crate) waiting: u64,
    pub(crate) in_flight: u32,
    pub(crate) concurrency: u32,
}

/// The one thing that holds the run back most, if anything does.
pub(crate) fn advise(lately: &Lately) -> Option<Advice> {
    let what = bottleneck(lately)?;
    let offer = offer(&what, lately);
    Some(Advice { code: what.code().into(), sentence: what.to_string(), offer, what: Some(what) })
}

fn bottleneck(lately: &Lately) -> Option<Bottleneck> {
    let span_s = lately.span.as_secs();
    for service in lately.services.iter().filter(|service| service.requests >= ENOUGH) {
        let share = |part: u64| part as f64 / service.requests as f64;
        let (throttled, lost) = (share(service.throttled), share(service.lost));
        let Service { waiting, in_flight, concurrency, .. } = *service;
        let service = service.name.clone();
        if throttled >= THROTTLED {
            return Some(Bottleneck::Throttled { service, share: throttled, from: THROTTLED, span_s });
        }
        if lost >= LOST {
            return Some(Bottleneck::Network { service, share: lost, from: LOST, span_s });
        }
        if waiting > 0 && in_flight * 2 < concurrency {
            return Some(Bottleneck::RateLimit { service, waiting, in_flight, concurrency });
        }
    }
    if let Some(limit) = lately.bandwidth.filter(|limit| lately.bytes_per_s >= BANDWIDTH * *limit as f64) {
        let bytes_per_s = lately.bytes_per_s as u64;
        return Some(Bottleneck::Bandwidth { bytes_per_s, limit, from: BANDWIDTH });
    }
    if lately.idle >= IDLE {
        let last = lately.straggler.as_ref().map(|last| SlowRecord {
            path: last.path.clone(),
            step: last.step.clone(),
            for_s: last.age.as_secs(),
        });
        return Some(Bottleneck::Stragglers { share: lately.idle, from: IDLE, last });
    }
    if let Some(share) = lately.cpu.filter(|cpu| *cpu >= CPU) {
        return Some(Bottleneck::Cpu { share, from: CPU });
    }
    if lately.recording >= RECORDING {
        return Some(Bottleneck::Checkpoint { share: lately.recording, from: RECORDING });
    }
    if lately.taken >= PLACES && lately.cpu.is_none_or(|cpu| cpu < 0.5) && !lately.autopilot {
        return Some(Bottleneck::OwnLimit { places: lately.places, share: lately.taken, from: PLACES });
    }
    if lately.writing >= ONE_SIDE {
        return Some(Bottleneck::Destination { share: lately.writing, from: ONE_SIDE });
    }
    (lately.reading >= ONE_SIDE).then_some(Bottleneck::Source { share: lately.reading, from: ONE_SIDE })
}

/// The change that may help. What the autopilot does anyway is not offered.
fn offer(what: &Bottleneck, lately: &Lately) -> Option<Offer> {
    match what {
        Bottleneck::Throttled { service, .. } => {
            let at = lately.services.iter().find(|at| at.name == *service)?;
            let to = (at.concurrency * 3 / 4).max(1);
            (!lately.autopilot && at.concurrency > 1)
                .then(|| Offer::ServiceConcurrency { service: service.clone(), to })
        }
        Bottleneck::Stragglers { .. } => (!lately.look_ahead).then_some(Offer::LookAhead),
        Bottleneck::OwnLimit { places, .. } => {
            Some(Offer::Concurrency { to: places.saturating_mul(2).min(128) })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lately() -> Lately {
        Lately { span: Duration::from_secs(30), places: 8, cpu: Some(0.2), ..Lately::default() }
    }

    fn service(change: impl FnOnce(&mut Service)) -> Lately {
        let mut service = Service {
            name: "http://dam".into(),
            requests: 1000,
            concurrency: 16,
            in_flight: 16,
            ..Service::default()
        };
        change(&mut service);
        Lately { services: vec![service], ..lately() }
    }

    fn code(lately: &Lately) -> Option<String> {
        advise(lately).map(|advice| advice.code)
    }

    #[test]
    fn it_names_what_holds_the_run_back_with_figure_and_threshold() {
        assert_eq!(code(&lately()), None);
        let throttled = service(|service| service.throttled = 41);
        let advice = advise(&throttled).unwrap();
        assert!(
            advice.sentence.contains("4.1 %") && advice.sentence.contains("2.0 %"),
            "{}",
            advice.sentence
        );
        assert_eq!(advice.offer, Some(Offer::ServiceConcurrency { service: "http://dam".into(), to: 12 }));
        assert_eq!(code(&service(|service| service.throttled = 19)), None, "below its threshold");
        assert_eq!(code(&service(|service| service.lost = 30)).as_deref(), Some("network"));
        let slow = service(|service| (service.waiting, service.in_flight) = (40, 2));
        assert_eq!(code(&slow).as_deref(), Some("rate_limit"));
        let wire = Lately { bytes_per_s: 19e6, bandwidth: Some(20_000_000), ..lately() };
        assert_eq!(code(&wire).as_deref(), Some("bandwidth"));
        let straggler =
            Straggler { path: "reel/a.mov".into(), step: "copy".into(), age: Duration::from_secs(41) };
        let idle = advise(&Lately { idle: 0.4, straggler: Some(straggler), ..lately() }).unwrap();
        assert_eq!(idle.code, "stragglers");
        assert!(idle.sentence.ends_with("lately reel/a.mov (copy, 41 s)"), "{}", idle.sentence);
        assert_eq!(code(&Lately { cpu: Some(0.97), ..lately() }).as_deref(), Some("cpu"));
        assert_eq!(code(&Lately { recording: 0.6, ..lately() }).as_deref(), Some("checkpoint"));
        assert_eq!(code(&Lately { taken: 1.0, ..lately() }).as_deref(), Some("own_limit"));
        assert_eq!(code(&Lately { writing: 0.7, ..lately() }).as_deref(), Some("destination"));
        assert_eq!(code(&Lately { reading: 0.7, ..lately() }).as_deref(), Some("source"));
    }

    #[test]
    fn it_offers_nothing_that_the_autopilot_does_anyway() {
        let piloted = Lately { autopilot: true, ..service(|service| service.throttled = 41) };
        assert_eq!(advise(&piloted).unwrap().offer, None);
        assert_eq!(code(&Lately { autopilot: true, taken: 1.0, ..lately() }), None);
    }
}
