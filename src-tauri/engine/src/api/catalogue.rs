//! Looks at catalogues before there is a migration.

use super::{CatalogueTrial, Error, Inspection};
use crate::mapping;
use crate::spec::{Catalogue, JobSpec};
use crate::threads::off_thread;

/// Finds out what a catalogue is, and shows its first rows. `catalogue`: the file, and the options
/// that overrule guesses. Reads at most the beginning of it.
pub async fn inspect_catalogue(catalogue: Catalogue) -> Result<Inspection, Error> {
    Ok(off_thread(move || crate::source::catalogue::inspect(&catalogue)).await?)
}

/// Maps the first rows of a job's catalogue with this number, from 0: which files are there, and where
/// they would go. Reads at most the beginning of it, and changes nothing. The job needs no destination
/// yet, and its `[map]` may still be wrong.
pub async fn try_catalogue(job: JobSpec, number: usize) -> Result<CatalogueTrial, Error> {
    off_thread(move || mapping::try_catalogue(job, number)).await
}
