//! The destination folder: parts beside their targets, durable first, then published by a rename.

use std::collections::HashSet;
use std::fs::{File, Metadata};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use same_file::Handle;
use tempfile::{PathPersistError, TempPath};

use super::platform::{self, FileId};
use crate::record::{LeasedRecord, RawPath, RecordId};
use crate::spec::OnConflict;
use crate::storage::names::{NameRules, numbered};

/// Folders remembered as checked; forgetting them only costs a look.
const KNOWN_FOLDERS: usize = 4096;

/// From this many files on, one call for the whole volume is cheaper than one for each file.
const GROUP_SYNC_MIN: usize = 8;

/// Numbers tried for a free name before giving up.
const RENAME_TRIES: u32 = 10_000;

/// A destination folder that exists.
pub(crate) struct Folder {
    root: PathBuf,
    rules: NameRules,
    identity: Handle,
    /// Marks our temporary files, so that two migrations never touch each other's.
    tag: String,
    group_sync: Option<File>,
    known: Mutex<HashSet<PathBuf>>,
    created: Mutex<Vec<PathBuf>>,
}

/// A file under its temporary name, beside its target. Removed when dropped unpublished.
pub(crate) struct Part {
    pub(crate) path: TempPath,
    target: RawPath,
}

/// Why a path cannot be used as a target.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TargetError {
    #[error("it lies outside the destination")]
    Outside,
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Folder {
    /// Opens the destination folder, and makes it where it is missing. `tag`: the migration's number.
    pub(crate) fn open(root: &Path, tag: &str) -> io::Result<Self> {
        std::fs::create_dir_all(root)?;
        let root = root.canonicalize()?;
        Ok(Self {
            rules: platform::name_rules(&root),
            identity: Handle::from_path(&root)?,
            tag: tag.chars().take(8).collect(),
            group_sync: platform::group_sync_handle(&root),
            known: Mutex::default(),
            created: Mutex::default(),
            root,
        })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn rules(&self) -> NameRules {
        self.rules
    }

    /// Whether the destination is still the folder that was opened.
    pub(crate) fn is_there(&self) -> bool {
        Handle::from_path(&self.root).is_ok_and(|now| now == self.identity)
    }

    /// Where a target lies. None: its path leads out of the destination.
    pub(crate) fn path(&self, target: &RawPath) -> Option<PathBuf> {
        platform::to_path(target).map(|below| self.root.join(below))
    }

    /// Forgets which folders were checked: between batches somebody may have changed them.
    pub(crate) fn forget_folders(&self) {
        lock(&self.known).clear();
    }

    /// Makes a target's folder where it is missing, and makes sure that it lies below the root: a
    /// link on the way must not lead the file elsewhere.
    pub(crate) fn prepare_folder(&self, folder: &Path) -> Result<(), TargetError> {
        if lock(&self.known).contains(folder) {
            return Ok(());
        }
        let missing: Vec<&Path> =
            folder.ancestors().take_while(|ancestor| ancestor.symlink_metadata().is_err()).collect();
        if let Some(existing) = missing.last().map_or(Some(folder), |topmost| topmost.parent())
            && !existing.canonicalize()?.starts_with(&self.root)
        {
            return Err(TargetError::Outside);
        }
        std::fs::create_dir_all(folder)?;
        if !missing.is_empty() {
            lock(&self.created).extend(missing.into_iter().map(Path::to_owned));
        }
        let mut known = lock(&self.known);
        if known.len() >= KNOWN_FOLDERS {
            known.clear();
        }
        known.insert(folder.to_owned());
        Ok(())
    }

    /// The temporary name of a record's file in one attempt: beside its target. Attempts have their
    /// own names, so that one that was given up and comes back late touches nothing of the next.
    fn part_path(&self, folder: &Path, id: RecordId, attempt: u32) -> PathBuf {
        folder.join(format!(".sluice-{}-{id}-{attempt}.part", self.tag))
    }

    /// Starts a record's file under its temporary name.
    pub(crate) fn create_part(
        &self,
        record: &LeasedRecord,
        target: RawPath,
        like: Option<&Metadata>,
    ) -> Result<(Part, File), TargetError> {
        let path = self.path(&target).ok_or(TargetError::Outside)?;
        let folder = path.parent().unwrap_or(&self.root);
        self.prepare_folder(folder)?;
        let path = self.part_path(folder, record.id, record.attempts);
        let file = match platform::create_new(&path, like) {
            // Left by an attempt that died: it is ours, by its name.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                std::fs::remove_file(&path)?;
                platform::create_new(&path, like)?
            }
            other => other?,
        };
        Ok((Part { path: TempPath::try_from_path(path)?, target }, file))
    }

    /// Removes what attempts that died may have left of a record.
    pub(crate) fn remove_parts(&self, record: &LeasedRecord, target: &RawPath) {
        if let Some(path) = self.path(target)
            && let Some(folder) = path.parent()
        {
            for attempt in 0..=record.attempts {
                let _ = std::fs::remove_file(self.part_path(folder, record.id, attempt));
            }
        }
    }

    /// Makes the bytes of all these files durable.
    pub(crate) fn make_durable(&self, files: &[PathBuf]) -> io::Result<()> {
        match &self.group_sync {
            Some(volume) if files.len() >= GROUP_SYNC_MIN => platform::sync_volume(volume),
            _ => files.iter().try_for_each(|file| platform::sync_file(file)),
        }
    }

    /// Makes the names of all these files durable.
    pub(crate) fn make_names_durable(&self, files: &[PathBuf]) -> io::Result<()> {
        let created = std::mem::take(&mut *lock(&self.created));
        match &self.group_sync {
            Some(volume) if files.len() + created.len() >= GROUP_SYNC_MIN => platform::sync_volume(volume),
            _ => {
                let folders: HashSet<&Path> =
                    files.iter().chain(&created).filter_map(|file| file.parent()).collect();
                folders.into_iter().try_for_each(platform::sync_folder)
            }
        }
    }

    /// Gives a part its final name, in one step, and tells which. Nobody else's file is replaced
    /// but under `Overwrite`.
    pub(crate) fn publish(&self, part: Part, on_conflict: OnConflict) -> io::Result<RawPath> {
        let Part { mut path, target: mapped } = part;
        for number in 1..RENAME_TRIES {
            let target = if number == 1 { mapped.clone() } else { numbered(&mapped, number) };
            let place = self.path(&target).ok_or(ErrorKind::InvalidFilename)?;
            if on_conflict == OnConflict::Overwrite {
                path.persist(&place)?;
                return Ok(target);
            }
            match persist_new(path, &place) {
                Ok(()) => return Ok(target),
                Err(refused)
                    if refused.error.kind() == ErrorKind::AlreadyExists
                        && on_conflict == OnConflict::Rename =>
                {
                    path = refused.path;
                }
                Err(refused) => return Err(refused.error),
            }
        }
        Err(ErrorKind::AlreadyExists.into())
    }

    /// Takes a final name back that was just given to this file. A name under which there is no such file
    /// any more is left alone.
    pub(crate) fn withdraw(&self, place: &Path, file: FileId) -> io::Result<()> {
        match place.symlink_metadata() {
            Ok(now) if FileId::of(&now) == file => std::fs::remove_file(place),
            Ok(_) => Ok(()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The file of a record that a run which died left complete under its temporary name.
    pub(crate) fn find_part(&self, record: &LeasedRecord, target: &RawPath, file: FileId) -> Option<Part> {
        let path = self.path(target)?;
        let path = self.part_path(path.parent()?, record.id, record.attempts);
        let is_it = path.symlink_metadata().is_ok_and(|found| FileId::of(&found) == file);
        let path = TempPath::try_from_path(path).ok().filter(|_| is_it)?;
        Some(Part { path, target: target.clone() })
    }

    /// Under which name, of those that it may have got, this file lies.
    pub(crate) fn find_published(
        &self,
        wanted: &RawPath,
        file: FileId,
        on_conflict: OnConflict,
    ) -> Option<RawPath> {
        let names = (1..RENAME_TRIES).map(|number| match number {
            1 => wanted.clone(),
            number => numbered(wanted, number),
        });
        for name in names {
            let found = self.path(&name)?.symlink_metadata().ok()?;
            if FileId::of(&found) == file {
                return Some(name);
            }
            if on_conflict != OnConflict::Rename {
                return None;
            }
        }
        None
    }
}

impl Part {
    /// Which file it is, whatever its name.
    pub(crate) fn file_id(&self) -> io::Result<FileId> {
        Ok(FileId::of(&self.path.symlink_metadata()?))
    }

    /// The name that it is to get.
    pub(crate) fn target(&self) -> &RawPath {
        &self.target
    }
}

/// Gives a file a name that nobody has, in one step. Where the file system has neither such a step nor
/// hard links (exFAT by FUSE or on a Mac), it is looked first whether the name is free.
fn persist_new(part: TempPath, place: &Path) -> Result<(), PathPersistError> {
    match part.persist_noclobber(place) {
        Err(refused) if platform::lacks_links(&refused.error) => match place.symlink_metadata() {
            Ok(_) => Err(PathPersistError { error: ErrorKind::AlreadyExists.into(), path: refused.path }),
            Err(error) if error.kind() == ErrorKind::NotFound => refused.path.persist(place),
            Err(error) => Err(PathPersistError { error, path: refused.path }),
        },
        persisted => persisted,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
