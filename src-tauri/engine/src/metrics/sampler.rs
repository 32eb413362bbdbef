//! Looks at the counters now and then: what happened between two looks goes into the history and
//! to the advisor.

use std::collections::VecDeque;
use std::time::Duration;

use super::history::{FINEST_S, MetricPoint, PartPoint, ServicePoint};
use super::live::Live;
use super::requests::Counts;
use super::times::{Done, Spent};
use crate::advisor::{Advice, Lately, Service, advise};
use crate::clock::now_ms;
use crate::control::Controls;
use crate::event::ServiceStatus;
use crate::storage::local::platform;

/// How far the advisor looks back.
const LOOK_BACK: Duration = Duration::from_secs(30);

/// Looks of one stretch.
#[derive(Default)]
pub(crate) struct Sampler {
    looks: VecDeque<Look>,
    pointed: Option<Look>,
}

/// The counters at one moment.
#[derive(Debug, Clone)]
struct Look {
    at: Duration,
    records: u64,
    bytes: u64,
    /// Records in flight, summed up over all looks so far, and how many looks.
    inside: f64,
    places: f64,
    looks: f64,
    idle_ms: u64,
    batch_ms: u64,
    spent: Spent,
    done: Vec<Done>,
    cpu: Option<Duration>,
    services: Vec<(ServiceStatus, Counts)>,
    /// The program that describes files: in the history beside the services, but none to the advisor.
    describing: Option<(ServiceStatus, Counts)>,
}

/// What the streams did at barriers so far, in milliseconds over all streams.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct AtBarriers {
    pub(crate) idle_ms: u64,
    pub(crate) batch_ms: u64,
}

impl Sampler {
    /// Takes a look. Gives the advice of now, and a point for the history whenever its span is full.
    pub(crate) fn look(&mut self, controls: &Controls, live: &Live) -> (Option<Advice>, Option<MetricPoint>) {
        let (moved, barriers) = (live.moved(), live.barriers());
        let last = self.looks.back();
        let sum = |before: fn(&Look) -> f64, now: f64| last.map_or(0.0, before) + now;
        let look = Look {
            at: controls.now(),
            records: moved.1,
            bytes: moved.0,
            inside: sum(|look| look.inside, controls.gate.inside() as f64),
            places: sum(|look| look.places, controls.gate.limit() as f64),
            looks: sum(|look| look.looks, 1.0),
            idle_ms: barriers.idle_ms,
            batch_ms: barriers.batch_ms,
            spent: controls.times.spent(),
            done: controls.times.done(),
            cpu: platform::processor_time(),
            services: controls
                .endpoints
                .all()
                .iter()
                .map(|endpoint| (endpoint.show(), endpoint.requests.counts()))
                .collect(),
            describing: controls.describing.show(),
        };
        self.looks.push_back(look.clone());
        while self.looks.len() > 2 && self.looks[1].at + LOOK_BACK < look.at {
            self.looks.pop_front();
        }
        let since = self.looks.front().cloned().unwrap_or_else(|| look.clone());
        let straggler = live.straggler(look.at);
        let lately = Lately { straggler, ..lately(&since, &look, controls) };
        let advice = advise(&lately);
        let pointed = self.pointed.get_or_insert_with(|| look.clone());
        let span = look.at.saturating_sub(pointed.at);
        if span < Duration::from_secs(FINEST_S.into()) {
            return (advice, None);
        }
        let point = point(pointed, &look, span, advice.clone());
        self.pointed = Some(look);
        (advice, Some(point))
    }
}

fn lately(since: &Look, now: &Look, controls: &Controls) -> Lately {
    let settings = controls.settings();
    let span = now.at.saturating_sub(since.at);
    let seconds = span.as_secs_f64().max(1e-9);
    let wall = |spent: Duration, before: Duration| (spent.saturating_sub(before)).as_secs_f64();
    let reading = wall(now.spent.reading, since.spent.reading);
    let writing = wall(now.spent.writing, since.spent.writing) + wall(now.spent.proving, since.spent.proving);
    let moving = (reading + writing).max(1e-9);
    // Of a moment nothing can be said.
    let says = if span < Duration::from_secs(5) { 0.0 } else { 1.0 };
    let processors = std::thread::available_parallelism().map_or(1, usize::from) as f64;
    let cpu = now.cpu.zip(since.cpu).map(|(now, since)| wall(now, since) / seconds / processors * says);
    Lately {
        span,
        services: now.services.iter().map(|service| service_lately(service, since)).collect(),
        places: controls.gate.limit() as u32,
        taken: ratio(now.inside - since.inside, now.places - since.places) * says,
        bytes_per_s: (now.bytes - since.bytes.min(now.bytes)) as f64 / seconds * says,
        bandwidth: controls.bandwidth.rate(),
        idle: ratio((now.idle_ms - since.idle_ms) as f64, (now.batch_ms - since.batch_ms) as f64) * says,
        straggler: None,
        cpu,
        recording: wall(now.spent.recording, since.spent.recording) / seconds * says,
        reading: reading / moving * says,
        writing: writing / moving * says,
        look_ahead: settings.look_ahead,
        autopilot: settings.autopilot.concurrency,
    }
}

fn service_lately((status, counts): &(ServiceStatus, Counts), since: &Look) -> Service {
    let before = before(&status.name, since);
    Service {
        name: status.name.clone(),
        requests: counts.sent - before.sent,
        throttled: counts.throttled - before.throttled,
        lost: counts.failed - before.failed,
        waiting: counts.waiting,
        in_flight: status.in_flight,
        concurrency: status.concurrency,
    }
}

fn point(since: &Look, now: &Look, span: Duration, advice: Option<Advice>) -> MetricPoint {
    let seconds = span.as_secs_f64();
    let service = |(status, counts): &(ServiceStatus, Counts)| {
        let before = before(&status.name, since);
        let slowest = |figure: fn(&super::StepLatency) -> u64| status.latencies.iter().map(figure).max();
        ServicePoint {
            name: status.name.clone(),
            requests: counts.sent - before.sent,
            retries: counts.retries - before.retries,
            throttled: counts.throttled - before.throttled,
            in_flight: status.in_flight,
            concurrency: status.concurrency,
            p50_ms: slowest(|step| step.p50_ms).unwrap_or_default(),
            p95_ms: slowest(|step| step.p95_ms).unwrap_or_default(),
            is_away: status.is_away,
        }
    };
    MetricPoint {
        at_ms: now_ms(),
        span_s: seconds.round() as u32,
        records_per_s: now.records.saturating_sub(since.records) as f64 / seconds,
        bytes_per_s: now.bytes.saturating_sub(since.bytes) as f64 / seconds,
        in_flight: ratio(now.inside - since.inside, now.looks - since.looks),
        concurrency: ratio(now.places - since.places, now.looks - since.looks),
        barrier_idle: ratio((now.idle_ms - since.idle_ms) as f64, (now.batch_ms - since.batch_ms) as f64),
        services: now.services.iter().chain(&now.describing).map(service).collect(),
        parts: now.done.iter().map(|done| part(done, &since.done)).collect(),
        advice,
    }
}

fn part(done: &Done, before: &[Done]) -> PartPoint {
    let Done { part, times, p50_ms, p95_ms } = *done;
    let before = before.iter().find(|before| before.part == part).map_or(0, |before| before.times);
    PartPoint { part, done: times.saturating_sub(before), p50_ms, p95_ms }
}

fn before(name: &str, look: &Look) -> Counts {
    look.services
        .iter()
        .chain(&look.describing)
        .find(|(status, _)| status.name == name)
        .map(|(_, counts)| *counts)
        .unwrap_or_default()
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { (part / whole).clamp(0.0, f64::MAX) } else { 0.0 }
}
