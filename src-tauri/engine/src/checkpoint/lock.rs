//! The run lock: one process runs a checkpoint, any number may read it.
//!
//! A file of its own beside the checkpoint carries the lock, because SQLite's own locks cannot
//! tell "runs it" from "writes a row", and locking the database file itself would disturb them.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::CheckpointError;

/// Held from opening to closing. The system releases it when the process dies.
pub(super) struct RunLock {
    path: PathBuf,
    file: Mutex<Option<File>>,
}

/// The name of a file that belongs to a checkpoint and lies beside it.
pub(super) fn beside(checkpoint: &Path, suffix: &str) -> PathBuf {
    let mut name = checkpoint.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Whether a process runs this checkpoint at this moment.
pub(super) fn is_held(checkpoint: &Path) -> bool {
    File::open(beside(checkpoint, "-lock"))
        .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

impl RunLock {
    pub(super) fn take(checkpoint: &Path) -> Result<Self, CheckpointError> {
        let path = beside(checkpoint, "-lock");
        let unusable = |error| CheckpointError::Io { path: path.clone(), error };
        loop {
            let file = File::options()
                .create(true)
                .truncate(false)
                .read(true)
                .write(true)
                .open(&path)
                .map_err(unusable)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(CheckpointError::InUse { path: checkpoint.to_owned() });
                }
                Err(TryLockError::Error(error)) => return Err(unusable(error)),
            }
            // The last holder may have removed the file between our opening and our locking it; then
            // this lock guards nothing.
            let ours = same_file::Handle::from_file(file.try_clone().map_err(unusable)?);
            if let (Ok(ours), Ok(named)) = (ours, same_file::Handle::from_path(&path))
                && ours == named
            {
                return Ok(Self { path, file: Mutex::new(Some(file)) });
            }
        }
    }

    /// Removes the file and lets go. Removing comes first: see `take`.
    pub(super) fn release(&self) {
        if let Some(file) = self.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take() {
            let _ = std::fs::remove_file(&self.path);
            drop(file);
        }
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        self.release();
    }
}
