//! Walking a source folder.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use walkdir::{DirEntry, WalkDir};

use super::policy;
use crate::checkpoint::{PlannedFate, PlannedRecord};
use crate::failure::{Category, Stage};
use crate::record::{Failure, RawPath};
use crate::storage::local::folder::Folder;
use crate::storage::local::platform::{self, to_shown};

/// Folders that may be open at once. Beyond it, `walkdir` would read a folder to its end into
/// memory.
const OPEN_FOLDERS: usize = 64;

/// What the walk comes upon.
pub(crate) enum Found {
    /// An entry, and when it was modified (nanoseconds since 1970); None: not known, or no file.
    Record(PlannedRecord, Option<i64>),
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
    source: &Folder,
    checkpoint: &Path,
    found: &mut dyn FnMut(Found) -> bool,
) -> bool {
    let mut above: Vec<Open> = Vec::new();
    for entry in WalkDir::new(&source.root).max_open(OPEN_FOLDERS) {
        let depth = entry.as_ref().map_or_else(walkdir::Error::depth, DirEntry::depth);
        if !close_folders(number, source, &mut above, depth, found) {
            return false;
        }
        let (record, modified) = match entry {
            Ok(entry) if entry.file_type().is_dir() => {
                above.push(Open { depth, path: entry.into_path(), has_content: false });
                continue;
            }
            Ok(entry) => file(number, source, checkpoint, &entry),
            Err(error) => (unreadable(number, source, &error), None),
        };
        if let Some(folder) = above.last_mut() {
            folder.has_content |= !matches!(record.fate, PlannedFate::Excluded(_));
        }
        if !found(Found::Record(record, modified)) {
            return false;
        }
    }
    close_folders(number, source, &mut above, 0, found)
}

/// Leaves the folders that the walk is no longer in, and tells of those without content.
fn close_folders(
    number: usize,
    source: &Folder,
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

fn file(number: usize, source: &Folder, checkpoint: &Path, entry: &DirEntry) -> (PlannedRecord, Option<i64>) {
    let kind = entry.file_type();
    let Some(path) = below(source, entry.path()) else {
        let failure = Failure::new(
            Stage::Plan,
            Category::NameUnsupported,
            format!("the name {} is no Unicode", to_shown(entry.path().as_os_str())),
        );
        let shown = RawPath(to_shown(entry.file_name()).into_bytes());
        return (PlannedRecord::of_folder(number, shown, 0, PlannedFate::Failed(failure)), None);
    };
    let excluded =
        |policy| (PlannedRecord::of_folder(number, path.clone(), 0, PlannedFate::Excluded(policy)), None);
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
        Ok(metadata) => {
            let record = PlannedRecord::of_folder(number, path, metadata.len(), PlannedFate::Pending);
            (record, modified_ns(&metadata))
        }
        Err(error) => (unreadable(number, source, &error), None),
    }
}

/// What could not be listed is a record too: it is found, and it failed.
fn unreadable(number: usize, source: &Folder, error: &walkdir::Error) -> PlannedRecord {
    let path = error.path().unwrap_or(&source.root);
    let why = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
    let message = format!("cannot list {}: {why}", to_shown(path.as_os_str()));
    let failure = Failure::new(Stage::Plan, Category::FolderUnreadable, message);
    let path = below(source, path).unwrap_or(RawPath(Vec::new()));
    PlannedRecord::of_folder(number, path, 0, PlannedFate::Failed(failure))
}

/// When a file was modified, in nanoseconds since 1970; negative before. None: the system does not tell.
pub(crate) fn modified_ns(metadata: &Metadata) -> Option<i64> {
    let modified = metadata.modified().ok()?;
    match modified.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_nanos()).ok(),
        Err(before) => i64::try_from(before.duration().as_nanos()).ok().map(|ns| -ns),
    }
}

fn below(source: &Folder, path: &Path) -> Option<RawPath> {
    path.strip_prefix(&source.root).ok().and_then(platform::to_raw)
}

fn is_checkpoint(path: &Path, checkpoint: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().starts_with(checkpoint.as_os_str().as_encoded_bytes())
}
