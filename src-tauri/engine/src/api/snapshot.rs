//! What a window needs to draw itself anew.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::FailureGroup;
use crate::event::{BatchSummary, Progress};
use crate::metrics::Sample;
use crate::preflight::Preflight;
use crate::spec::{JobSpec, LimitRanges};

/// Everything a window needs to draw itself anew; the events after `last_event` follow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Snapshot {
    /// The checkpoint's path, as text.
    pub checkpoint: String,
    /// What the migration is told to do.
    pub job: JobSpec,
    /// What the limits may be.
    pub ranges: LimitRanges,
    /// The picture of this moment.
    pub progress: Progress,
    /// The pre-flight of the latest plan.
    pub preflight: Option<Preflight>,
    /// The latest batches, oldest first, at most 120.
    pub batches: Vec<BatchSummary>,
    /// Throughput samples of this run, oldest first, at most 600 (ten minutes).
    pub samples: Vec<Sample>,
    /// Failed records by category, most first.
    pub failure_groups: Vec<FailureGroup>,
    /// Number of the last event that this picture contains.
    pub last_event: i64,
}
