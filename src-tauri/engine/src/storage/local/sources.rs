//! The sources of a job: where each one is, and under which name its files go.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::place::Place;
use super::platform;
use crate::record::RawPath;

/// Folders remembered as looked at; forgetting them only costs a look.
const KNOWN_FOLDERS: usize = 4096;

/// The sources, in the job's order.
#[derive(Debug)]
pub(crate) struct Sources(Vec<Source>);

/// One folder or file to take from.
#[derive(Debug)]
pub(crate) struct Source {
    /// Where it is, links resolved.
    pub(crate) root: PathBuf,
    pub(crate) is_file: bool,
    /// Where its content goes, below the destination.
    pub(crate) prefix: RawPath,
    /// What was under that path at the start: a drive that went away leaves an empty mount point.
    place: Place,
    /// Folders below the root that are known not to lead out of it.
    inside: Mutex<HashSet<PathBuf>>,
}

impl Sources {
    /// Finds every source, or tells which one cannot be found.
    pub(crate) fn open(paths: &[PathBuf]) -> Result<Self, (PathBuf, io::Error)> {
        let mut sources: Vec<Source> = Vec::with_capacity(paths.len());
        for path in paths {
            let failed = |error| (path.clone(), error);
            let root = path.canonicalize().map_err(failed)?;
            let is_file = root.metadata().map_err(failed)?.is_file();
            if !is_file {
                std::fs::read_dir(&root).map_err(failed)?;
            }
            let place = Place::of(&root).map_err(failed)?;
            let prefix = match (is_file, paths.len()) {
                (false, 1) => RawPath(Vec::new()),
                _ => free_name(path, &root, &sources),
            };
            sources.push(Source { root, is_file, prefix, place, inside: Mutex::default() });
        }
        Ok(Self(sources))
    }

    pub(crate) fn get(&self, source: usize) -> Option<&Source> {
        self.0.get(source)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &Source)> {
        self.0.iter().enumerate()
    }
}

impl Source {
    /// Whether the source is still what it was at the start.
    pub(crate) fn is_there(&self) -> bool {
        self.place.is_at(&self.root)
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

/// The source's own name, numbered where an earlier source has it.
fn free_name(path: &Path, root: &Path, taken: &[Source]) -> RawPath {
    let own = path.file_name().or(root.file_name()).map(Path::new).and_then(platform::to_raw);
    let own = own.unwrap_or_else(|| RawPath(b"root".to_vec()));
    std::iter::once(own.clone())
        .chain((2..).map(|number| numbered(&own, number)))
        .find(|name| taken.iter().all(|source| source.prefix != *name))
        .unwrap_or(own)
}

/// `name (2).ext` for `name.ext`; the folder stays.
pub(crate) fn numbered(path: &RawPath, number: u32) -> RawPath {
    let name = path.file_name();
    let folder = &path.0[..path.0.len() - name.len()];
    let dot = name.iter().rposition(|byte| *byte == b'.').filter(|at| *at > 0).unwrap_or(name.len());
    let (stem, extension) = name.split_at(dot);
    RawPath([folder, stem, format!(" ({number})").as_bytes(), extension].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_before_the_extension() {
        let numbered = |path: &str| numbered(&RawPath(path.as_bytes().to_vec()), 2).to_string();
        assert_eq!(numbered("a.b/clip.mov"), "a.b/clip (2).mov");
        assert_eq!(numbered("a.b/clip"), "a.b/clip (2)");
        assert_eq!(numbered(".hidden"), ".hidden (2)");
    }
}
