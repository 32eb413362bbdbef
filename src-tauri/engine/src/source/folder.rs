//! Walking a source folder.

use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::policy;
use crate::checkpoint::{PlannedFate, PlannedRecord};
use crate::failure::{Category, Stage};
use crate::record::{Failure, RawPath};
use crate::storage::local::platform::{self, to_shown};
use crate::storage::local::sources::Source;

/// Folders that may be open at once. Beyond it, `walkdir` would read a folder to its end into
/// memory.
const OPEN_FOLDERS: usize = 64;

/// What the walk comes upon.
pub(crate) enum Found {
    Record(PlannedRecord),
    /// A folder without a file in it or below it.
    EmptyFolder(usize, RawPath),
}

/// A folder on the way from the root to the entry at hand.
struct Open {
    depth: usize,
    path: PathBuf,
    has_content: bool,
}

/// Walks a source and hands on what it finds, in the order of the file system. Ends early when
/// `found` gives false. `checkpoint`: the migration's own file, which is left out.
pub(crate) fn walk(
    number: usize,
    source: &Source,
    checkpoint: &Path,
    found: &mut dyn FnMut(Found) -> bool,
) -> bool {
    let mut above: Vec<Open> = Vec::new();
    for entry in WalkDir::new(&source.root).max_open(OPEN_FOLDERS) {
        let depth = entry.as_ref().map_or_else(walkdir::Error::depth, DirEntry::depth);
        if !close_folders(number, source, &mut above, depth, found) {
            return false;
        }
        let record = match entry {
            Ok(entry) if entry.file_type().is_dir() => {
                above.push(Open { depth, path: entry.into_path(), has_content: false });
                continue;
            }
            Ok(entry) => file(number, source, checkpoint, &entry),
            Err(error) => unreadable(number, source, &error),
        };
        if let Some(folder) = above.last_mut() {
            folder.has_content |= !matches!(record.fate, PlannedFate::Excluded(_));
        }
        if !found(Found::Record(record)) {
            return false;
        }
    }
    close_folders(number, source, &mut above, 0, found)
}

/// Leaves the folders that the walk is no longer in, and tells of those without content.
fn close_folders(
    number: usize,
    source: &Source,
    above: &mut Vec<Open>,
    depth: usize,
    found: &mut dyn FnMut(Found) -> bool,
) -> bool {
    while let Some(folder) = above.pop_if(|folder| folder.depth >= depth) {
        let relative = below(source, &folder.path);
        // An empty folder is made at the destination, and with it the folders above it.
        if let Some(parent) = above.last_mut() {
            parent.has_content = true;
        }
        if let Some(relative) = relative
            && !folder.has_content
            && !found(Found::EmptyFolder(number, relative))
        {
            return false;
        }
    }
    true
}

fn file(number: usize, source: &Source, checkpoint: &Path, entry: &DirEntry) -> PlannedRecord {
    let kind = entry.file_type();
    let Some(path) = below(source, entry.path()) else {
        let failure = Failure::new(
            Stage::Plan,
            Category::NameUnsupported,
            format!("the name {} is no Unicode", to_shown(entry.path().as_os_str())),
        );
        let shown = RawPath(to_shown(entry.file_name()).into_bytes());
        return PlannedRecord {
            source: number,
            path: shown,
            size: 0,
            fate: PlannedFate::Failed(failure),
            listing: None,
        };
    };
    let excluded = |policy| PlannedRecord {
        source: number,
        path: path.clone(),
        size: 0,
        fate: PlannedFate::Excluded(policy),
        listing: None,
    };
    if kind.is_symlink() {
        return excluded(policy::SYMLINK);
    }
    if !kind.is_file() {
        return excluded(policy::SPECIAL);
    }
    // A file that the person named is wanted, whatever its name.
    if !source.is_file && policy::is_junk(entry.file_name()) {
        return excluded(policy::JUNK);
    }
    if is_checkpoint(entry.path(), checkpoint) {
        return excluded(policy::CHECKPOINT);
    }
    match entry.metadata() {
        Ok(metadata) => PlannedRecord {
            source: number,
            path,
            size: metadata.len(),
            fate: PlannedFate::Pending,
            listing: None,
        },
        Err(error) => unreadable(number, source, &error),
    }
}

/// What could not be listed is a record too: it is found, and it failed.
fn unreadable(number: usize, source: &Source, error: &walkdir::Error) -> PlannedRecord {
    let path = error.path().unwrap_or(&source.root);
    let why = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
    let message = format!("cannot list {}: {why}", to_shown(path.as_os_str()));
    let failure = Failure::new(Stage::Plan, Category::FolderUnreadable, message);
    let path = below(source, path).unwrap_or(RawPath(Vec::new()));
    PlannedRecord { source: number, path, size: 0, fate: PlannedFate::Failed(failure), listing: None }
}

fn below(source: &Source, path: &Path) -> Option<RawPath> {
    path.strip_prefix(&source.root).ok().and_then(platform::to_raw)
}

fn is_checkpoint(path: &Path, checkpoint: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().starts_with(checkpoint.as_os_str().as_encoded_bytes())
}
