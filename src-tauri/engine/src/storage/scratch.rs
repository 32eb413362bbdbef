//! The scratch area: a folder of this computer where files from elsewhere lie for a moment, in bounds.
//!
//! Each run has a folder of its own, locked as long as the run lives. What a run that died left is removed
//! by the next one that uses the area, whichever migration it is of.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tempfile::TempPath;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::local::platform;
use crate::spec;

/// Room is given in pieces of this size (bytes).
const PIECE: u64 = 1 << 20;

/// What the folders of runs are called, with the migration's own number behind it.
const OWN: &str = "sluice-scratch-";

/// The file whose lock says that the run lives.
const LOCK: &str = ".lock";

/// The scratch area of one run.
#[derive(Debug)]
pub(crate) struct Scratch {
    base: PathBuf,
    /// The beginning of the names of this migration's folders.
    own: String,
    folder: PathBuf,
    /// Bytes.
    limit: u64,
    pieces: Arc<Semaphore>,
    /// Held from the first file on.
    lock: Mutex<Option<File>>,
}

/// Room for a file; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Room(OwnedSemaphorePermit);

/// Why there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoRoom {
    #[error("it is larger than the scratch area, which has {} MiB", .0 / PIECE)]
    TooLarge(u64),
    /// It grew, and others have what there is.
    #[error("the scratch area, which has {} MiB, is full at the moment", .0 / PIECE)]
    Full(u64),
}

/// Where the scratch area is.
pub(crate) fn base_of(settings: &spec::Scratch) -> PathBuf {
    let usual = || match dirs::cache_dir() {
        Some(caches) => caches.join("sluice").join("scratch"),
        None => std::env::temp_dir(),
    };
    settings.folder.clone().unwrap_or_else(usual)
}

impl Scratch {
    /// `tag`: the migration's own number. Touches nothing yet.
    pub(crate) fn new(settings: &spec::Scratch, tag: &str) -> Self {
        let base = base_of(settings);
        Self {
            // A run that hangs in this program must not be taken for the one after it.
            folder: base.join(format!("{OWN}{tag}-{:08x}", fastrand::u32(..))),
            own: format!("{OWN}{tag}-"),
            base,
            limit: u64::from(settings.limit_mib) * PIECE,
            pieces: Arc::new(Semaphore::new(settings.limit_mib as usize)),
            lock: Mutex::default(),
        }
    }

    /// Removes what runs that died have left. Whoever calls this holds the migration, so that what is there
    /// of it is nobody else's.
    pub(crate) fn clean(&self) {
        let Ok(entries) = std::fs::read_dir(&self.base) else { return };
        for entry in entries.flatten() {
            let (name, path) = (entry.file_name(), entry.path());
            let name = name.to_string_lossy();
            let is_ours = name.starts_with(OWN) && entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_ours && (name.starts_with(&self.own) || is_dead(&path)) {
                remove(&path);
            }
        }
    }

    /// Waits for room for a file. None: it has an unknown size, and begins small.
    pub(crate) async fn room(&self, bytes: Option<u64>) -> Result<Room, NoRoom> {
        let bytes = bytes.unwrap_or(1);
        if bytes > self.limit {
            return Err(NoRoom::TooLarge(self.limit));
        }
        let room = Arc::clone(&self.pieces).acquire_many_owned(pieces(bytes)).await;
        // It is never closed.
        room.map(Room).map_err(|_| NoRoom::Full(self.limit))
    }

    /// Makes room for so many bytes of a file that is longer than was known. Does not wait: two that wait
    /// for each other's room would wait for ever.
    pub(crate) fn grow(&self, room: &mut Room, bytes: u64) -> Result<(), NoRoom> {
        if bytes > self.limit {
            return Err(NoRoom::TooLarge(self.limit));
        }
        let more = (pieces(bytes) as usize).saturating_sub(room.0.num_permits());
        if more > 0 {
            let taken = Arc::clone(&self.pieces).try_acquire_many_owned(more as u32);
            room.0.merge(taken.map_err(|_| NoRoom::Full(self.limit))?);
        }
        Ok(())
    }

    /// Makes an empty file that nobody else may read; it is removed when the path is dropped. `name`: its
    /// beginning; `extension`: some programs go by it.
    pub(crate) fn create(&self, name: &str, extension: &str) -> io::Result<(TempPath, File)> {
        self.hold()?;
        let plain = !extension.is_empty() && extension.len() <= 16;
        let plain = plain && extension.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let suffix = if plain { format!(".{extension}") } else { String::new() };
        let file = tempfile::Builder::new().prefix(name).suffix(&suffix).tempfile_in(&self.folder)?;
        let (file, path) = file.into_parts();
        Ok((path, file))
    }

    /// The run's folder is there and locked.
    fn hold(&self) -> io::Result<()> {
        let mut lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        if lock.is_none() {
            std::fs::create_dir_all(&self.base)?;
            platform::create_private_folder(&self.folder)?;
            let file = OpenOptions::new().write(true).create_new(true).open(self.folder.join(LOCK))?;
            file.lock()?;
            *lock = Some(file);
        }
        Ok(())
    }

    /// The folder in which files lie, to show.
    pub(crate) fn shown(&self) -> String {
        platform::to_shown(self.base.as_os_str())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let lock = self.lock.get_mut().unwrap_or_else(PoisonError::into_inner);
        if lock.take().is_some() {
            remove(&self.folder);
        }
    }
}

fn pieces(bytes: u64) -> u32 {
    bytes.div_ceil(PIECE).max(1).try_into().unwrap_or(u32::MAX)
}

/// Whether nobody holds a folder's lock. One without a lock has just been made, or its run died in that
/// moment: it holds nothing.
fn is_dead(folder: &Path) -> bool {
    match OpenOptions::new().write(true).open(folder.join(LOCK)) {
        Ok(file) => !matches!(file.try_lock(), Err(TryLockError::WouldBlock)),
        Err(_) => false,
    }
}

/// What cannot be removed now is tried again by the next run.
fn remove(folder: &Path) {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(folder = %folder.display(), %error, "the scratch area is not cleaned");
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(base: &Path, tag: &str, limit_mib: u32) -> Scratch {
        Scratch::new(&spec::Scratch { folder: Some(base.to_owned()), limit_mib }, tag)
    }

    #[tokio::test]
    async fn room_is_shared_and_bounded() {
        let scratch = scratch(Path::new("/nowhere"), "a", 4);
        assert_eq!(scratch.room(Some(5 * PIECE)).await.unwrap_err(), NoRoom::TooLarge(4 * PIECE));
        let mut one = scratch.room(None).await.unwrap();
        let two = scratch.room(Some(2 * PIECE)).await.unwrap();
        scratch.grow(&mut one, PIECE).unwrap();
        scratch.grow(&mut one, PIECE + 1).unwrap();
        assert_eq!(scratch.grow(&mut one, 2 * PIECE + 1), Err(NoRoom::Full(4 * PIECE)));
        assert!(tokio::time::timeout(std::time::Duration::ZERO, scratch.room(None)).await.is_err());
        drop(two);
        scratch.grow(&mut one, 4 * PIECE).unwrap();
        assert_eq!(scratch.grow(&mut one, 4 * PIECE + 1), Err(NoRoom::TooLarge(4 * PIECE)));
    }

    #[test]
    fn what_the_dead_left_is_removed_and_what_lives_is_not() {
        let base = tempfile::tempdir().unwrap();
        let living = scratch(base.path(), "living", 1);
        let (path, _file) = living.create("7-", "mov").unwrap();
        assert!(path.to_string_lossy().ends_with(".mov"));
        // A run that was killed: its folder is there, and nobody holds the lock.
        let dead = base.path().join(format!("{OWN}dead"));
        std::fs::create_dir(&dead).unwrap();
        std::fs::write(dead.join(LOCK), "").unwrap();
        std::fs::write(dead.join("8-x.mov"), "x").unwrap();
        let own = base.path().join(format!("{OWN}own-1"));
        std::fs::create_dir(&own).unwrap();
        let other = base.path().join("somebody-elses");
        std::fs::create_dir(&other).unwrap();
        let next = scratch(base.path(), "own", 1);
        next.clean();
        assert!(path.exists() && other.exists() && !dead.exists() && !own.exists());
        let (second, _) = next.create("9-", "a/b").unwrap();
        assert!(!second.to_string_lossy().contains("a/b"));
        drop((path, living));
        let left: Vec<_> =
            std::fs::read_dir(base.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(left.len(), 2, "the next run's own and somebody else's: {left:?}");
    }
}
