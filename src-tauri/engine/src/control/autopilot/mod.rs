//! The autopilot: turns a knob when the figures say that it pays, and tells why.
//!
//! Every rule here is a pure controller: it is told what happened and when, and answers with a
//! [`Change`] or with nothing. It reads no clock, waits for nothing and knows no endpoint.
//!
//! | rule | knob | what it is told |
//! | --- | --- | --- |
//! | [`latency::LatencyRule`] | requests at once towards an API | each answer |
//! | [`throughput::ThroughputRule`] | copies at once towards a disk or link | what was moved so far |
//! | [`batch::BatchRule`] | records in a batch | each finished batch |
//!
//! The first two find out by trying. A rule stands on a level, a limit with the measure of what it
//! gave; it tries another limit, measures that one, and stays where it paid. What is measured is
//! always the consequence of the change, never a figure the service is supposed to have: so the
//! capacity needs not be known, and when it changes the same question finds the new one.
//!
//! `simulation` has the figures that they must reach, in virtual time with fixed seeds.

pub(crate) mod batch;
pub(crate) mod latency;
pub(crate) mod measure;
pub(crate) mod reason;
pub(crate) mod refusal;
pub(crate) mod rest;
pub(crate) mod throughput;

#[cfg(test)]
mod simulation;

use std::ops::RangeInclusive;

pub(crate) use reason::Change;
pub use reason::{Knob, Reason, Turn};

/// `limit` within `range`, and never less than one: nothing at all would be a standstill that no
/// measurement could end.
fn within(range: &RangeInclusive<u32>, limit: u32) -> u32 {
    limit.min(*range.end()).max(*range.start()).max(1)
}

/// `limit` times `factor`, at least one more (or one fewer).
fn scaled(limit: u32, factor: f64) -> u32 {
    let scaled = (f64::from(limit) * factor).round() as u32;
    if factor >= 1.0 { scaled.max(limit.saturating_add(1)) } else { scaled.min(limit.saturating_sub(1)) }
}
