//! What a run did, over its whole life: fine where it is recent, coarse where it is long ago.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::times::Part;
use crate::advisor::Advice;
use crate::checkpoint::{Checkpoint, CheckpointError};

/// The finest span of a point, in seconds.
pub(crate) const FINEST_S: u32 = 10;

/// Points that are read at once.
const AT_ONCE: u32 = 2_000;

/// From this age on (milliseconds) points are summed up to spans of so many seconds.
pub(crate) const THINNING: [(i64, u32); 2] = [(24 * 3600 * 1000, 600), (3600 * 1000, 60)];

/// What happened within one span of time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct MetricPoint {
    /// The span's end, in milliseconds since 1970 (UTC).
    pub at_ms: i64,
    /// Its length in seconds; grows with age.
    pub span_s: u32,
    /// Records a second.
    pub records_per_s: f64,
    /// Bytes a second.
    pub bytes_per_s: f64,
    /// Records in flight, on average.
    pub in_flight: f64,
    /// Records that might be in flight, on average.
    pub concurrency: f64,
    /// Share of the streams' time that they stood idle at the barrier (0 to 1).
    pub barrier_idle: f64,
    /// Each service that was asked.
    pub services: Vec<ServicePoint>,
    /// The stages and what the time was spent on.
    #[serde(default)]
    pub parts: Vec<PartPoint>,
    /// What held the run back at the end of the span.
    pub advice: Option<Advice>,
}

/// What happened at one service within one span.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ServicePoint {
    /// Scheme, host and port.
    pub name: String,
    /// Requests sent.
    pub requests: u64,
    /// Those of them that repeated a failed one.
    pub retries: u64,
    /// Answers that asked us to slow down.
    pub throttled: u64,
    /// Requests that were in flight, at the end of the span.
    #[serde(default)]
    pub in_flight: u32,
    /// Requests that might be in flight, at the end of the span.
    pub concurrency: u32,
    /// Half of the answers came within this (milliseconds); the slowest step.
    pub p50_ms: u64,
    /// 95 of 100 came within this (milliseconds); the slowest step.
    pub p95_ms: u64,
    /// Whether it was taken to be away at the end of the span, or of one that it sums up.
    #[serde(default)]
    pub is_away: bool,
}

/// What happened in one part of the work within one span.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct PartPoint {
    /// Which one.
    pub part: Part,
    /// How often it was done.
    pub done: u64,
    /// Half took no longer than this (milliseconds).
    pub p50_ms: u64,
    /// 95 of 100 took no longer than this (milliseconds).
    pub p95_ms: u64,
}

/// A stretch of a migration's life.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct History {
    /// Where its first point of all begins, in milliseconds since 1970 (UTC). None: there is none yet.
    pub begins_ms: Option<i64>,
    /// Where its last point of all ends.
    pub ends_ms: Option<i64>,
    /// The points of the stretch, oldest first.
    pub points: Vec<MetricPoint>,
}

/// What a migration did from one moment to another (milliseconds since 1970), in about `points` points.
/// A migration of years is summed up while it is read, so that it is never held as a whole.
pub(crate) async fn between(
    checkpoint: &Checkpoint,
    from_ms: i64,
    to_ms: i64,
    points: u32,
) -> Result<History, CheckpointError> {
    let (begins_ms, ends_ms) = checkpoint.metrics_extent().await?;
    let from_ms = from_ms.max(begins_ms.unwrap_or(from_ms));
    let span_s = to_ms.saturating_sub(from_ms).max(0) / 1000 / i64::from(points);
    let span_s = u32::try_from(span_s).unwrap_or(u32::MAX).max(1);
    let mut kept = Vec::new();
    let mut after_ms = from_ms;
    loop {
        let read = checkpoint.metrics_between(after_ms, to_ms, AT_ONCE).await?;
        let is_last = read.len() < AT_ONCE as usize;
        after_ms = read.last().map_or(after_ms, |last| last.at_ms);
        kept.extend(read);
        kept = thin(&kept, span_s);
        if is_last {
            return Ok(History { begins_ms, ends_ms, points: kept });
        }
    }
}

/// Sums points up to spans of `span_s` seconds, aligned to the clock. Oldest first.
pub(crate) fn thin(points: &[MetricPoint], span_s: u32) -> Vec<MetricPoint> {
    let span_ms = i64::from(span_s) * 1000;
    let slot = |point: &MetricPoint| (point.at_ms - 1).div_euclid(span_ms);
    points
        .chunk_by(|a, b| slot(a) == slot(b))
        .filter_map(|together| {
            let last = together.last()?;
            let seconds: f64 = together.iter().map(|point| f64::from(point.span_s)).sum();
            let mean = |figure: fn(&MetricPoint) -> f64| {
                let sum: f64 = together.iter().map(|point| figure(point) * f64::from(point.span_s)).sum();
                if seconds > 0.0 { sum / seconds } else { 0.0 }
            };
            Some(MetricPoint {
                at_ms: last.at_ms,
                span_s: seconds as u32,
                records_per_s: mean(|point| point.records_per_s),
                bytes_per_s: mean(|point| point.bytes_per_s),
                in_flight: mean(|point| point.in_flight),
                concurrency: mean(|point| point.concurrency),
                barrier_idle: mean(|point| point.barrier_idle),
                services: services(together),
                parts: parts(together),
                advice: last.advice.clone(),
            })
        })
        .collect()
}

fn services(points: &[MetricPoint]) -> Vec<ServicePoint> {
    let mut all: Vec<ServicePoint> = Vec::new();
    for service in points.iter().flat_map(|point| &point.services) {
        match all.iter_mut().find(|known| known.name == service.name) {
            Some(known) => {
                known.requests += service.requests;
                known.retries += service.retries;
                known.throttled += service.throttled;
                known.in_flight = service.in_flight;
                known.concurrency = service.concurrency;
                known.p50_ms = known.p50_ms.max(service.p50_ms);
                known.p95_ms = known.p95_ms.max(service.p95_ms);
                known.is_away |= service.is_away;
            }
            None => all.push(service.clone()),
        }
    }
    all
}

fn parts(points: &[MetricPoint]) -> Vec<PartPoint> {
    let mut all: Vec<PartPoint> = Vec::new();
    for part in points.iter().flat_map(|point| &point.parts) {
        match all.iter_mut().find(|known| known.part == part.part) {
            Some(known) => {
                known.done += part.done;
                known.p50_ms = known.p50_ms.max(part.p50_ms);
                known.p95_ms = known.p95_ms.max(part.p95_ms);
            }
            None => all.push(part.clone()),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(at_s: i64, records_per_s: f64, requests: u64) -> MetricPoint {
        let service = ServicePoint {
            name: "http://dam".into(),
            requests,
            retries: 0,
            throttled: 1,
            in_flight: 3,
            concurrency: 8,
            p50_ms: 10,
            p95_ms: at_s as u64,
            is_away: at_s == 20,
        };
        MetricPoint {
            at_ms: at_s * 1000,
            span_s: 10,
            records_per_s,
            bytes_per_s: 0.0,
            in_flight: 0.0,
            concurrency: 0.0,
            barrier_idle: 0.0,
            services: vec![service],
            parts: Vec::new(),
            advice: None,
        }
    }

    #[test]
    fn what_is_summed_up_keeps_its_totals() {
        let points: Vec<_> = (1..=12).map(|n| point(n * 10, n as f64, 5)).collect();
        let thinned = thin(&points, 60);
        assert_eq!(thinned.iter().map(|point| point.at_ms).collect::<Vec<_>>(), [60_000, 120_000]);
        assert_eq!((thinned[0].span_s, thinned[0].records_per_s), (60, 3.5));
        assert_eq!((thinned[1].services[0].requests, thinned[1].services[0].throttled), (30, 6));
        assert_eq!(thinned[1].services[0].p95_ms, 120, "the worst is kept");
        assert!(thinned[0].services[0].is_away && !thinned[1].services[0].is_away, "an outage is kept");
        assert_eq!(thin(&thinned, 60), thinned, "what is thin already stays");
    }
}
