//! Files at the destination that no record names.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use tokio::task::spawn_blocking;
use walkdir::WalkDir;
use xxhash_rust::xxh3::xxh3_64;

use crate::record::{RawPath, show_bytes};
use crate::storage::local::platform;
use crate::threads::joined;

/// Paths kept; all are counted.
const KEPT: usize = 1000;

/// The targets of all records: eight bytes each, so that a million of them take a few megabytes. That two
/// paths share a hash is less likely than that a disk lies.
#[derive(Debug, Default)]
pub(super) struct Known(HashSet<u64>);

/// What was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Orphans {
    pub(super) count: u64,
    /// The first thousand: below the destination, safe to show.
    pub(super) first: Vec<String>,
}

impl Known {
    pub(super) fn add(&mut self, target: &RawPath) {
        self.0.insert(xxh3_64(&target.0));
    }

    /// Goes through the destination. `spared`: files that may lie there, and what a database keeps beside
    /// them. Ends soon after nobody waits for it any more.
    pub(super) async fn look(self, root: &Path, spared: &[PathBuf]) -> Orphans {
        let (root, spared) = (root.to_owned(), spared.to_vec());
        // Dropped with the waiting future; the walk sees it.
        let (waits, waited_for) = tokio::sync::oneshot::channel::<()>();
        let walk = spawn_blocking(move || self.walk(&root, &spared, || waits.is_closed()));
        let found = joined(walk).await;
        drop(waited_for);
        found
    }

    fn walk(&self, root: &Path, spared: &[PathBuf], is_over: impl Fn() -> bool) -> Orphans {
        let mut found = Orphans::default();
        for entry in WalkDir::new(root).min_depth(1).into_iter().filter_map(Result::ok) {
            if is_over() {
                break;
            }
            let path = entry.path();
            if entry.file_type().is_dir() || is_spared(path, spared) {
                continue;
            }
            let Some(below) = path.strip_prefix(root).ok().and_then(platform::to_raw) else { continue };
            if !self.0.contains(&xxh3_64(&below.0)) {
                found.count += 1;
                if found.first.len() < KEPT {
                    found.first.push(show_bytes(&below.0));
                }
            }
        }
        found
    }
}

/// Whether it is one of these files, or lies beside it under its name and an ending (`-wal`, `.lock`).
fn is_spared(path: &Path, spared: &[PathBuf]) -> bool {
    spared.iter().any(|spared| {
        let (Some(name), Some(own)) = (path.file_name(), spared.file_name()) else { return false };
        path.parent() == spared.parent() && name.as_encoded_bytes().starts_with(own.as_encoded_bytes())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_no_record_names_are_counted_and_our_own_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir_all(root.join("a/b")).unwrap();
        for name in ["a/known.mov", "a/b/foreign.mov", "lost.mov", "my.sluice", "my.sluice-wal"] {
            std::fs::write(root.join(name), name).unwrap();
        }
        let mut known = Known::default();
        known.add(&RawPath(b"a/known.mov".to_vec()));
        let mut found = known.walk(root, &[root.join("my.sluice")], || false);
        found.first.sort();
        assert_eq!(found, Orphans { count: 2, first: vec!["a/b/foreign.mov".into(), "lost.mov".into()] });
        assert_eq!(known.walk(root, &[], || true), Orphans::default());
    }
}
