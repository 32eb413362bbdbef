//! What holds a run back, with its figures and thresholds. The sentence is made of it, in English here;
//! the window makes its own.

use std::fmt;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::report::words;

/// What holds a run back. Shares are from 0 to 1; `from` is the share from which on it is worth a word.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Bottleneck {
    /// A service asks us to slow down.
    Throttled {
        /// Scheme, host and port.
        service: String,
        /// Share of its answers.
        share: f64,
        /// From which on.
        from: f64,
        /// Over the last seconds.
        span_s: u64,
    },
    /// Requests come to nothing.
    Network {
        /// Scheme, host and port of the service.
        service: String,
        /// Share of the requests to it.
        share: f64,
        /// From which on.
        from: f64,
        /// Over the last seconds.
        span_s: u64,
    },
    /// The rate that is set for a service.
    RateLimit {
        /// Scheme, host and port.
        service: String,
        /// Records that wait for their turn.
        waiting: u64,
        /// Places that are taken.
        in_flight: u32,
        /// Places that there are.
        concurrency: u32,
    },
    /// The bandwidth limit.
    Bandwidth {
        /// Bytes that move in a second.
        bytes_per_s: u64,
        /// Bytes that may.
        limit: u64,
        /// From which share on.
        from: f64,
    },
    /// A few slow records hold up the rest of their batch.
    Stragglers {
        /// Share of the streams' time.
        share: f64,
        /// From which on.
        from: f64,
        /// The record that they wait for, or waited for last.
        last: Option<SlowRecord>,
    },
    /// This computer's processors.
    Cpu {
        /// Share of their time.
        share: f64,
        /// From which on.
        from: f64,
    },
    /// Writing the checkpoint.
    Checkpoint {
        /// Share of the time.
        share: f64,
        /// From which on.
        from: f64,
    },
    /// The number of records that may be in flight.
    OwnLimit {
        /// How many may be.
        places: u32,
        /// Share of them that is taken.
        share: f64,
        /// From which on.
        from: f64,
    },
    /// The destination is the slowest part.
    Destination {
        /// Share of the time of moving bytes.
        share: f64,
        /// From which on.
        from: f64,
    },
    /// Reading the sources is the slowest part.
    Source {
        /// Share of the time of moving bytes.
        share: f64,
        /// From which on.
        from: f64,
    },
}

/// A record that others wait for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SlowRecord {
    /// Its path below its source, safe to show.
    pub path: String,
    /// What is being done: `ingest`, `describe`, `lookup:NAME`, `copy`, `register`.
    pub step: String,
    /// For how many seconds.
    pub for_s: u64,
}

impl Bottleneck {
    /// A word for scripts.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Throttled { .. } => "throttled",
            Self::Network { .. } => "network",
            Self::RateLimit { .. } => "rate_limit",
            Self::Bandwidth { .. } => "bandwidth",
            Self::Stragglers { .. } => "stragglers",
            Self::Cpu { .. } => "cpu",
            Self::Checkpoint { .. } => "checkpoint",
            Self::OwnLimit { .. } => "own_limit",
            Self::Destination { .. } => "destination",
            Self::Source { .. } => "source",
        }
    }
}

impl fmt::Display for Bottleneck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Throttled { service, share, from, span_s } => write!(
                f,
                "{service} asks us to slow down: {} of its answers in the last {span_s} s (worth a word from {})",
                percent(*share),
                percent(*from)
            ),
            Self::Network { service, share, from, span_s } => write!(
                f,
                "{} of the requests to {service} in the last {span_s} s came to nothing (worth a word from {}): \
                 look at the network and at the service",
                percent(*share),
                percent(*from)
            ),
            Self::RateLimit { service, waiting, in_flight, concurrency } => write!(
                f,
                "The rate that is set for {service} holds the run back: {} records wait for their turn while \
                 {in_flight} of {concurrency} places are taken",
                words::count(*waiting)
            ),
            Self::Bandwidth { bytes_per_s, limit, from } => write!(
                f,
                "The bandwidth limit holds the run back: {}/s of {}/s (worth a word from {})",
                words::bytes(*bytes_per_s),
                words::bytes(*limit),
                percent(*from)
            ),
            Self::Stragglers { share, from, last } => {
                write!(
                    f,
                    "Streams stand idle at the barrier for {} of their time (worth a word from {}): a few slow \
                     records hold up the rest of the batch",
                    percent(*share),
                    percent(*from)
                )?;
                match last {
                    Some(last) => write!(f, ", lately {} ({}, {} s)", last.path, last.step, last.for_s),
                    None => Ok(()),
                }
            }
            Self::Cpu { share, from } => write!(
                f,
                "This computer's processors are busy: {} of their time (worth a word from {})",
                percent(*share),
                percent(*from)
            ),
            Self::Checkpoint { share, from } => write!(
                f,
                "Writing the checkpoint takes {} of the time (worth a word from {}): keep it on a faster disk, \
                 or use larger batches",
                percent(*share),
                percent(*from)
            ),
            Self::OwnLimit { places, share, from } => write!(
                f,
                "All {places} places are taken ({} of the time, worth a word from {}) and this computer has \
                 power to spare: more records in flight may be faster",
                percent(*share),
                percent(*from)
            ),
            Self::Destination { share, from } => {
                slowest_part(f, "The destination is the slowest part", *share, *from)
            }
            Self::Source { share, from } => {
                slowest_part(f, "Reading the sources is the slowest part", *share, *from)
            }
        }
    }
}

fn slowest_part(f: &mut fmt::Formatter<'_>, what: &str, share: f64, from: f64) -> fmt::Result {
    let (share, from) = (percent(share), percent(from));
    write!(f, "{what}: {share} of the time of moving bytes (worth a word from {from})")
}

fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent < 10.0 { format!("{percent:.1} %") } else { format!("{percent:.0} %") }
}
