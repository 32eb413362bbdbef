//! What the pre-flight's findings are about, and what a pilot has tried.

use super::{Error, Migration};
use crate::record::RecordId;
use crate::report::concerned;
pub use crate::report::concerned::{ConcernedPage, ConcernedRecord, TriedOutcome};

impl Migration {
    /// Records behind the finding of that code, with a number above `after`, at most `limit` (up to
    /// 500). Findings about the whole, such as `no_space`, have none.
    pub async fn concerned(&self, code: &str, after: RecordId, limit: u32) -> Result<ConcernedPage, Error> {
        concerned::page(&self.0.checkpoint, &self.job(), code, after, limit).await
    }

    /// Records that were tried and have their outcome, as after a pilot, with a number above `after`,
    /// at most `limit` (up to 500).
    pub async fn tried(&self, after: RecordId, limit: u32) -> Result<Vec<TriedOutcome>, Error> {
        concerned::tried(&self.0.checkpoint, &self.job(), after, limit).await
    }
}
