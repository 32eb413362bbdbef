//! What goes to and comes from one service.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::rolling::Rolling;
use crate::failure::Category;

/// Steps told apart; what a hostile job could name beyond that is counted together.
const STEPS: usize = 64;

/// Counters of one service, since the start of the program's run.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    sent: AtomicU64,
    retries: AtomicU64,
    throttled: AtomicU64,
    throttled_taken: AtomicU64,
    failed: AtomicU64,
    waiting: AtomicU64,
    /// Latencies by step, of the current window and the one before.
    latencies: Mutex<BTreeMap<String, Window>>,
}

#[derive(Debug, Default)]
struct Window {
    latencies: Rolling,
    answers: u64,
}

/// Latencies and answers of one step at one service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct StepLatency {
    /// `lookup:rights`, `register`.
    pub step: String,
    /// Answers since the start of the run.
    pub answers: u64,
    /// Half of the answers of the last minute came within this (milliseconds).
    pub p50_ms: u64,
    /// 95 of 100 came within this (milliseconds).
    pub p95_ms: u64,
    /// 99 of 100 came within this (milliseconds).
    pub p99_ms: u64,
}

/// Counts a request as waiting until it is dropped.
pub(crate) struct Waiting<'a>(&'a AtomicU64);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The counters at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Counts {
    pub(crate) sent: u64,
    pub(crate) retries: u64,
    pub(crate) throttled: u64,
    pub(crate) failed: u64,
    pub(crate) waiting: u64,
}

impl Requests {
    /// A request waits for its turn until the guard is dropped.
    pub(crate) fn waiting(&self) -> Waiting<'_> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        Waiting(&self.waiting)
    }

    pub(crate) fn sent(&self, is_retry: bool) {
        self.sent.fetch_add(1, Ordering::Relaxed);
        self.retries.fetch_add(is_retry.into(), Ordering::Relaxed);
    }

    pub(crate) fn answered(&self, step: &str, latency: Duration, category: Option<Category>) {
        match category {
            Some(Category::Throttled) => self.throttled.fetch_add(1, Ordering::Relaxed),
            Some(
                Category::ServiceError
                | Category::ServiceUnreachable
                | Category::Timeout
                | Category::MediaUnreadable,
            ) => self.failed.fetch_add(1, Ordering::Relaxed),
            _ => 0,
        };
        let mut latencies = self.latencies.lock().unwrap_or_else(PoisonError::into_inner);
        let step = if latencies.len() >= STEPS && !latencies.contains_key(step) { "other" } else { step };
        let window = latencies.entry(step.to_owned()).or_default();
        window.answers += 1;
        window.latencies.record(latency);
    }

    /// Answers since the last call that asked to slow down.
    pub(crate) fn take_throttled(&self) -> u64 {
        let all = self.throttled.load(Ordering::Relaxed);
        all - self.throttled_taken.swap(all, Ordering::Relaxed).min(all)
    }

    /// Begins a new window of latencies; called once a minute.
    pub(crate) fn turn(&self) {
        for window in self.latencies.lock().unwrap_or_else(PoisonError::into_inner).values_mut() {
            window.latencies.turn();
        }
    }

    pub(crate) fn counts(&self) -> Counts {
        Counts {
            sent: self.sent.load(Ordering::Relaxed),
            retries: self.retries.load(Ordering::Relaxed),
            throttled: self.throttled.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            waiting: self.waiting.load(Ordering::Relaxed),
        }
    }

    pub(crate) fn latencies(&self) -> Vec<StepLatency> {
        let latencies = self.latencies.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = latencies.iter().map(|(step, window)| {
            let [p50_ms, p95_ms, p99_ms] = window.latencies.quantiles_ms([0.5, 0.95, 0.99]);
            StepLatency { step: step.clone(), answers: window.answers, p50_ms, p95_ms, p99_ms }
        });
        shown.collect()
    }
}
