//! Some records of a job's sources, from all over their beginning.

use std::time::{Duration, Instant};

use crate::checkpoint::{PlannedFate, PlannedRecord};
use crate::connections::access_of;
use crate::error::Error;
use crate::source::{Found, planned, walk};
use crate::spec::{JobSpec, Location};
use crate::storage::remote::{Place, Store};
use crate::storage::sources::{Origin, Sources};
use crate::threads::off_thread;

/// Entries of a source that are looked at.
const ENTRIES: u64 = 20_000;

/// How long a source is looked at.
const PATIENCE: Duration = Duration::from_millis(700);

/// How long a service may take for a page of its listing.
const LISTING: Duration = Duration::from_secs(15);

/// There is no checkpoint yet whose file would be left out: no name on any system holds this.
const NO_CHECKPOINT: &str = "\0";

/// Records kept of one source.
pub(super) const KEPT: usize = 20;

/// What a look at one source found.
#[derive(Default)]
pub(super) struct Seen {
    /// Files that would be moved, and their bytes.
    pub(super) files: u64,
    pub(super) bytes: u64,
    /// All of it was looked at.
    pub(super) is_all: bool,
    pub(super) is_file: bool,
    /// Some of the files, evenly from all that were seen, by path.
    pub(super) records: Vec<PlannedRecord>,
}

/// Looks at one source of a job. `number`: which of the job's sources its records belong to.
pub(super) async fn look(source: &Location, number: usize, job: &JobSpec) -> Result<Seen, Error> {
    let alone = JobSpec {
        connections: job.connections.clone(),
        ..JobSpec::new(vec![source.clone()], job.destination.clone())
    };
    let sources = off_thread(move || Ok::<_, Error>(Sources::open(&alone, &access_of(&alone)?)?)).await?;
    let Some(Origin::Remote(place)) = sources.get(0).map(|source| &source.at) else {
        return Ok(off_thread(move || walked(&sources, number)).await);
    };
    list(place, number).await
}

fn walked(sources: &Sources, number: usize) -> Seen {
    let mut taking = Taking::new();
    let Some(folder) = sources.get(0).and_then(|source| source.local()) else { return taking.seen };
    let (begun, mut entries) = (Instant::now(), 0);
    let is_all = walk(number, folder, NO_CHECKPOINT.as_ref(), &mut |found| {
        if let Found::Record(record, _) = found {
            entries += 1;
            taking.take(record);
        }
        entries < ENTRIES && begun.elapsed() < PATIENCE
    });
    Seen { is_all, is_file: folder.is_file, ..taking.end() }
}

async fn list(place: &Place, number: usize) -> Result<Seen, Error> {
    let refused = |said: Option<String>| {
        let place = place.shown(&crate::record::RawPath::default());
        Error::Refused(crate::preflight::Refusal::SourceUnseen { place, said })
    };
    let page = tokio::time::timeout(LISTING, place.list(None))
        .await
        .map_err(|_| refused(None))?
        .map_err(|fault| refused(Some(fault.to_string())))?;
    let mut taking = Taking::new();
    // A server with folders lists one of them: what lies deeper is not looked at.
    let is_all = page.next.is_none() && matches!(place.store, Store::Object(_));
    for listed in page.entries {
        taking.take(planned(number, place, listed));
    }
    Ok(Seen { is_all, ..taking.end() })
}

/// Counts what is found, and keeps some of it: each file with the same chance.
struct Taking {
    seen: Seen,
    random: fastrand::Rng,
}

impl Taking {
    fn new() -> Self {
        // The same files each time, so that an example stays the same while its template changes.
        Self { seen: Seen::default(), random: fastrand::Rng::with_seed(7) }
    }

    fn take(&mut self, record: PlannedRecord) {
        let seen = &mut self.seen;
        if !matches!(record.fate, PlannedFate::Pending) {
            return;
        }
        seen.files += 1;
        seen.bytes = seen.bytes.saturating_add(record.size);
        if seen.records.len() < KEPT {
            seen.records.push(record);
        } else if let Some(kept) = seen.records.get_mut(self.random.u64(0..seen.files) as usize) {
            *kept = record;
        }
    }

    fn end(mut self) -> Seen {
        self.seen.records.sort_by(|a, b| a.path.cmp(&b.path));
        self.seen
    }
}
