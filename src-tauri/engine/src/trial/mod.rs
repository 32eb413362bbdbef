//! A job that is being written, tried on real records before there is a migration. Changes nothing, and
//! every look is bounded: so many files, so long, so many bytes of an answer.

mod redact;
mod request;
mod sample;
mod sources;

pub(crate) use request::try_request;
#[allow(unreachable_pub, reason = "the door to it is `api`")]
pub use request::{RequestStep, RequestTrial, ShownAnswer, ShownHeader, ShownRequest, TriedOn};
pub(crate) use sources::try_sources;
#[allow(unreachable_pub, reason = "the door to it is `api`")]
pub use sources::{SourceFound, SourcesTrial};

use std::path::Path;

use crate::spec::{JobSpec, Location};

/// What of an unfinished job says where records come from and go to. Of its catalogues only those that
/// can be read as they are described; without a destination, names are asked of the first source's volume.
fn places_of(job: JobSpec) -> JobSpec {
    let mut catalogues = job.catalogues;
    catalogues.retain(|catalogue| catalogue.check().is_ok());
    let nearby = || {
        let source = job.sources.iter().find_map(Location::local).map(Path::to_owned);
        let file = catalogues.first().map(|catalogue| catalogue.file.clone());
        source.or(file).and_then(|path| path.parent().map(Path::to_owned)).unwrap_or_else(|| "/".into())
    };
    let destination = if job.destination.is_empty() { nearby().into() } else { job.destination };
    JobSpec {
        catalogues,
        map: job.map,
        connections: job.connections,
        ..JobSpec::new(job.sources, destination)
    }
}
