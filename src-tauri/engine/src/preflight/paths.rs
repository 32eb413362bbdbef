//! Whether sources and destination can be used at all. Changes nothing.

use std::io;
use std::path::{Path, PathBuf};

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

/// Sources or destination that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// A word for scripts.
    pub code: &'static str,
    /// What, where and why.
    pub message: String,
    /// What to do next.
    pub advice: &'static str,
}

/// Checks a job against what is there on this computer, and opens its sources. What lies behind a
/// connection is opened without asking it anything.
pub(crate) fn check_paths(job: &JobSpec) -> Result<Sources, Refusal> {
    let access = access_of(job)?;
    let sources = Sources::open(job, &access)?;
    let folders = job.sources.len();
    for (number, source) in sources.iter() {
        if sources.iter().take(number.min(folders)).any(|(_, earlier)| earlier.shown() == source.shown()) {
            return Err(Refusal {
                code: "source_twice",
                message: format!("the source {} is named twice", source.shown()),
                advice: "Remove one of the two. What a catalogue does not name, its option `unlisted` counts.",
            });
        }
        let Some(folder) = source.local() else { continue };
        if job.watch.is_some() && number < folders && folder.is_file {
            return Err(Refusal {
                code: "watch_not_a_folder",
                message: format!("{} is a file, and only folders can be watched", shown(&folder.root)),
                advice: "Watch the folder that it lies in, or leave the watch out.",
            });
        }
        if number >= folders && folder.is_file {
            return Err(Refusal {
                code: "base_not_a_folder",
                message: format!("the catalogue's folder {} is a file", shown(&folder.root)),
                advice: "Name the folder that the catalogue's paths begin at.",
            });
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
            return Err(Refusal {
                code: "catalogue_folder_missing",
                message: format!("the catalogue {} has no folder to lie in", shown(&catalogue.path)),
                advice: "Make the folder, or name another file in [catalogue_out].",
            });
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
    Services::prepare(job, secret).map_err(|missing| Refusal {
        code: "secret_missing",
        message: format!("the secret {} that the job names is not set", missing.name),
        advice: "Set an environment variable of that name before you start Sluice. Secrets are never kept in a file.",
    })
}

/// A source of this computer that cannot be used.
pub(crate) fn source_refused(path: &Path, error: &io::Error) -> Refusal {
    match error.kind() {
        io::ErrorKind::NotFound => Refusal {
            code: "source_missing",
            message: format!("there is no source {}", shown(path)),
            advice: "Check the path, and that the drive or network folder is connected.",
        },
        _ => Refusal {
            code: "source_unreadable",
            message: format!("the source {} cannot be read: {error}", shown(path)),
            advice: "Give your user account the right to read it, or choose another source.",
        },
    }
}

fn check_same(source: &Path, is_file: bool, destination: &Path) -> Result<(), Refusal> {
    if same_file::is_same_file(source, destination).unwrap_or(false) {
        let (code, message) = if is_file {
            (
                "destination_is_file",
                format!("the destination {} is the source file itself", shown(destination)),
            )
        } else {
            (
                "destination_is_source",
                format!("source and destination are the same folder: {}", shown(destination)),
            )
        };
        return Err(Refusal { code, message, advice: "Choose another folder as destination." });
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
        return Err(Refusal {
            code: "destination_inside_source",
            message: format!(
                "the destination {} lies inside the source {}",
                shown(destination),
                shown(source)
            ),
            advice: "Choose a destination outside of all sources.",
        });
    }
    Ok(())
}

/// The same for places behind a connection.
fn check_places_apart(sources: &Sources, destination: &Place) -> Result<(), Refusal> {
    let remote = || sources.iter().filter_map(|(_, source)| source.remote());
    if destination.sessions() == Some(1) && remote().any(|place| place.shares_connections(destination)) {
        return Err(Refusal {
            code: "one_connection",
            message: format!(
                "{} is source and destination, and its connection may only be one at once",
                destination.shown(&RawPath::default())
            ),
            advice: "Set sessions = 2 or more in the connection: one to read, one to write.",
        });
    }
    let around =
        sources.iter().filter_map(|(_, source)| source.remote()).find(|place| place.holds(destination));
    match around {
        None => Ok(()),
        Some(source) => {
            let shown = |place: &Place| place.shown(&RawPath::default());
            Err(Refusal {
                code: "destination_inside_source",
                message: format!(
                    "the destination {} lies inside the source {}",
                    shown(destination),
                    shown(source)
                ),
                advice: "Choose a destination outside of all sources.",
            })
        }
    }
}

fn check_destination(destination: &Path) -> Result<(), Refusal> {
    let existing = existing_part(destination);
    if !existing.is_dir() {
        return Err(Refusal {
            code: "destination_is_file",
            message: format!(
                "the destination {} cannot be a folder: {} is a file",
                shown(destination),
                shown(&existing)
            ),
            advice: "Choose a folder as destination.",
        });
    }
    // Asking for the right to write is not enough (read-only volumes, quotas, network shares). The
    // file has no name where the system allows, so nothing is seen of it.
    match tempfile::tempfile_in(&existing) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::StorageFull => Ok(()),
        Err(error) => Err(Refusal {
            code: "destination_not_writable",
            message: format!("nothing can be written to the destination {}: {error}", shown(&existing)),
            advice: "Give your user account the right to write there, or choose another folder.",
        }),
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
        Err(error) => Err(Refusal {
            code: "scratch_unusable",
            message: format!("nothing can be written to the scratch area {}: {error}", shown(&base)),
            advice: "Name a folder that you may write to under [scratch] in the job.",
        }),
    }
}

/// The nearest part of a path that exists.
pub(super) fn existing_part(path: &Path) -> PathBuf {
    path.ancestors().find(|ancestor| ancestor.symlink_metadata().is_ok()).unwrap_or(Path::new("/")).to_owned()
}

fn shown(path: &Path) -> String {
    to_shown(path.as_os_str())
}
