//! What a run did, over its whole life: fine where it is recent, coarse where it is long ago.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::advisor::Advice;

/// The finest span of a point, in seconds.
pub(crate) const FINEST_S: u32 = 10;

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
    /// Requests that might be in flight, at the end of the span.
    pub concurrency: u32,
    /// Half of the answers came within this (milliseconds); the slowest step.
    pub p50_ms: u64,
    /// 95 of 100 came within this (milliseconds); the slowest step.
    pub p95_ms: u64,
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
                known.concurrency = service.concurrency;
                known.p50_ms = known.p50_ms.max(service.p50_ms);
                known.p95_ms = known.p95_ms.max(service.p95_ms);
            }
            None => all.push(service.clone()),
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
            concurrency: 8,
            p50_ms: 10,
            p95_ms: at_s as u64,
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
        assert_eq!(thin(&thinned, 60), thinned, "what is thin already stays");
    }
}
