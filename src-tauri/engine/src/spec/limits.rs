//! The three numbers that a person turns while a migration runs.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::SpecError;

/// How much happens at once. Adjustable while running: concurrency takes effect at once, batch size
/// and streams with the next batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Records that the initiator leases at once.
    pub batch_size: u32,
    /// Independent processing paths that a batch is split over.
    pub streams: u32,
    /// Records in flight at once, over all streams together.
    pub concurrency: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { batch_size: 1000, streams: 2, concurrency: 8 }
    }
}

/// The checked range of one limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Range {
    /// The smallest value allowed.
    pub min: u32,
    /// The largest value allowed.
    pub max: u32,
}

/// The ranges of all limits, for sliders and messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LimitRanges {
    /// Range of [`Limits::batch_size`].
    pub batch_size: Range,
    /// Range of [`Limits::streams`].
    pub streams: Range,
    /// Range of [`Limits::concurrency`].
    pub concurrency: Range,
}

impl Limits {
    /// What each limit may be.
    pub const RANGES: LimitRanges = LimitRanges {
        batch_size: Range { min: 1, max: 10_000 },
        streams: Range { min: 1, max: 16 },
        concurrency: Range { min: 1, max: 128 },
    };

    /// The limits as they are, or the first that is out of its range.
    pub fn checked(self) -> Result<Self, SpecError> {
        let ranges = Self::RANGES;
        for (name, value, range) in [
            ("batch size", self.batch_size, ranges.batch_size),
            ("streams", self.streams, ranges.streams),
            ("concurrency", self.concurrency, ranges.concurrency),
        ] {
            if !(range.min..=range.max).contains(&value) {
                return Err(SpecError::OutOfRange { name, value, min: range.min, max: range.max });
            }
        }
        Ok(self)
    }
}
