//! A source folder or file of this computer.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::identity::Identity;
use super::platform;
use crate::record::RawPath;

/// Folders remembered as looked at; forgetting them only costs a look.
const KNOWN_FOLDERS: usize = 4096;

/// A folder or file to take from.
#[derive(Debug)]
pub(crate) struct Folder {
    /// Where it is, links resolved.
    pub(crate) root: PathBuf,
    pub(crate) is_file: bool,
    /// What was under that path at the start: a drive that went away leaves an empty mount point.
    identity: Identity,
    /// Folders below the root that are known not to lead out of it.
    inside: Mutex<HashSet<PathBuf>>,
}

impl Folder {
    /// Finds it, and makes sure that it can be read.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let root = path.canonicalize()?;
        let is_file = root.metadata()?.is_file();
        if !is_file {
            std::fs::read_dir(&root)?;
        }
        let identity = Identity::of(&root)?;
        Ok(Self { root, is_file, identity, inside: Mutex::default() })
    }

    /// Whether it is still what it was at the start.
    pub(crate) fn is_there(&self) -> bool {
        self.identity.is_at(&self.root)
    }

    /// The file of a record. None: the path leads out of the source.
    pub(crate) fn file(&self, path: &RawPath) -> Option<PathBuf> {
        let below = platform::to_path(path)?;
        // Joining an empty path would add a slash behind a file's name.
        Some(if path.0.is_empty() { self.root.clone() } else { self.root.join(below) })
    }

    /// Whether a file's folder lies below the root, links on the way resolved.
    pub(crate) fn holds(&self, file: &Path) -> io::Result<bool> {
        let folder = file.parent().unwrap_or(file);
        if folder == self.root || self.is_file && file == self.root {
            return Ok(true);
        }
        let known = || self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        if known().contains(folder) {
            return Ok(true);
        }
        let is_inside = folder.canonicalize()?.starts_with(&self.root);
        if is_inside {
            let mut known = known();
            if known.len() >= KNOWN_FOLDERS {
                known.clear();
            }
            known.insert(folder.to_owned());
        }
        Ok(is_inside)
    }
}
