//! Looks at a job that is being written, before there is a migration.

use super::Error;
use crate::spec::JobSpec;
use crate::trial;
pub use crate::trial::{
    RequestStep, RequestTrial, ShownAnswer, ShownHeader, ShownRequest, SourceFound, SourcesTrial, TriedOn,
};

/// Looks at each source of a job for a moment: how much it holds, as far as that goes, and where some
/// of its files would go. The job needs no destination yet, and its `[map]` may still be wrong.
pub async fn try_sources(job: JobSpec) -> Result<SourcesTrial, Error> {
    trial::try_sources(job).await
}

/// Fills a request of a job in for one real record, and sends it if it is a lookup: within seconds, and
/// up to 1 MiB of its answer. `at`: which record; the trial says how many there are. A registration is
/// shown and never sent.
pub async fn try_request(job: JobSpec, step: RequestStep, at: u32) -> Result<RequestTrial, Error> {
    trial::try_request(job, step, at).await
}
