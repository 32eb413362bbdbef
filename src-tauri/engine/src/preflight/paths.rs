//! Whether sources and destination can be used at all. Changes nothing.

use std::io;
use std::path::{Path, PathBuf};

use super::Refusal;
use crate::connections::access_of;
use crate::http::Services;
use crate::record::RawPath;
use crate::report::file::folder_of;
use crate::source::catalogue::CatalogueError;
use crate::spec::{Catalogue, JobSpec, Location};
use crate::storage::local::platform::to_shown;
use crate::storage::remote::Place;
use crate::storage::remote::connect::connect;
use crate::storage::scratch;
use crate::storage::sources::Sources;

/// Checks a job against what is there on this computer, and opens its sources. What lies behind a
/// connection is opened without asking it anything.
pub(crate) fn check_paths(job: &JobSpec) -> Result<Sources, Refusal> {
    let access = access_of(job)?;
    let sources = Sources::open(job, &access)?;
    let folders = job.sources.len();
    for (number, source) in sources.iter() {
        if sources.iter().take(number.min(folders)).any(|(_, earlier)| earlier.shown() == source.shown()) {
            return Err(Refusal::SourceTwice { place: source.shown() });
        }
        let Some(folder) = source.local() else { continue };
        if job.watch.is_some() && number < folders && folder.is_file {
            return Err(Refusal::WatchNotAFolder { path: shown(&folder.root) });
        }
        if number >= folders && folder.is_file {
            return Err(Refusal::BaseNotAFolder { path: shown(&folder.root) });
        }
        let Some(destination) = job.destination.local() else { continue };
        check_same(&folder.root, folder.is_file, destination)?;
        // What is only named by rows cannot be found again as a source.
        if number < folders || job.catalogues.iter().any(Catalogue::counts_unlisted) {
            check_apart(&folder.root, destination)?;
        }
    }
    match &job.destination {
        Location::Local(path) => check_destination(path)?,
        Location::Remote(remote) => {
            let place = connect(remote, &job.destination.to_string(), job, &access)?;
            check_places_apart(&sources, &place)?;
        }
    }
    check_scratch(job)?;
    if let Some(catalogue) = &job.catalogue_out {
        let folder = folder_of(&catalogue.path);
        if !folder.is_dir() {
            return Err(Refusal::CatalogueFolderMissing { path: shown(&catalogue.path) });
        }
    }
    Ok(sources)
}

/// Looks whether the job's catalogues can be read and have the columns that it maps.
pub(crate) fn check_catalogues(job: &JobSpec) -> Result<(), CatalogueError> {
    job.catalogues.iter().try_for_each(crate::source::catalogue::check)
}

/// Prepares a job's requests, or names the secret that the environment does not hold.
pub(crate) fn check_secrets(job: &JobSpec) -> Result<Services, Refusal> {
    let secret = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    Services::prepare(job, secret).map_err(|missing| Refusal::SecretUnset { name: missing.name })
}

/// A source of this computer that cannot be used.
pub(crate) fn source_refused(path: &Path, error: &io::Error) -> Refusal {
    let path = shown(path);
    match error.kind() {
        io::ErrorKind::NotFound => Refusal::SourceMissing { path },
        _ => Refusal::SourceUnreadable { path, said: error.to_string() },
    }
}

fn check_same(source: &Path, is_file: bool, destination: &Path) -> Result<(), Refusal> {
    if same_file::is_same_file(source, destination).unwrap_or(false) {
        let path = shown(destination);
        return Err(match is_file {
            true => Refusal::DestinationIsSourceFile { path },
            false => Refusal::DestinationIsSource { path },
        });
    }
    Ok(())
}

/// The destination must not lie in a source: the copy would be found as a source again.
fn check_apart(source: &Path, destination: &Path) -> Result<(), Refusal> {
    let inside = |folder: &Path| {
        folder.ancestors().any(|ancestor| same_file::is_same_file(source, ancestor).unwrap_or(false))
    };
    let existing = existing_part(destination);
    if inside(destination) || existing.canonicalize().is_ok_and(|existing| inside(&existing)) {
        return Err(Refusal::DestinationInsideSource {
            destination: shown(destination),
            within: shown(source),
        });
    }
    Ok(())
}

/// The same for places behind a connection.
fn check_places_apart(sources: &Sources, destination: &Place) -> Result<(), Refusal> {
    let remote = || sources.iter().filter_map(|(_, source)| source.remote());
    let shown = |place: &Place| place.shown(&RawPath::default());
    if destination.sessions() == Some(1) && remote().any(|place| place.shares_connections(destination)) {
        return Err(Refusal::OneConnection { place: shown(destination) });
    }
    match remote().find(|place| place.holds(destination)) {
        None => Ok(()),
        Some(source) => {
            Err(Refusal::DestinationInsideSource { destination: shown(destination), within: shown(source) })
        }
    }
}

fn check_destination(destination: &Path) -> Result<(), Refusal> {
    let existing = existing_part(destination);
    if !existing.is_dir() {
        return Err(Refusal::DestinationIsFile { path: shown(destination), file: shown(&existing) });
    }
    // Asking for the right to write is not enough (read-only volumes, quotas, network shares). The
    // file has no name where the system allows, so nothing is seen of it.
    match tempfile::tempfile_in(&existing) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::StorageFull => Ok(()),
        Err(error) => {
            Err(Refusal::DestinationNotWritable { path: shown(&existing), said: error.to_string() })
        }
    }
}

/// Where files from elsewhere are sure to need the scratch area, it must be one.
fn check_scratch(job: &JobSpec) -> Result<(), Refusal> {
    let reads_remote = job.sources.iter().any(|source| source.remote().is_some());
    if job.scratch.folder.is_none() && !(job.describe.is_some() && reads_remote) {
        return Ok(());
    }
    let base = scratch::base_of(&job.scratch);
    let existing = existing_part(&base);
    match tempfile::tempfile_in(&existing) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::StorageFull => Ok(()),
        Err(error) => Err(Refusal::ScratchUnusable { path: shown(&base), said: error.to_string() }),
    }
}

/// The nearest part of a path that exists.
pub(super) fn existing_part(path: &Path) -> PathBuf {
    path.ancestors().find(|ancestor| ancestor.symlink_metadata().is_ok()).unwrap_or(Path::new("/")).to_owned()
}

fn shown(path: &Path) -> String {
    to_shown(path.as_os_str())
}
