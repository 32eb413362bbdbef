//! A library of many records that takes little room: hard links to a thousand real files.

use std::fs;
use std::path::{Path, PathBuf};

use sluice_tests::tree;
use tempfile::TempDir;

use crate::ramdisk::RamDisk;

const ORIGINALS: u64 = 1_000;
const FILES_A_SHELF: u64 = 1_000;

/// The source of all arms, and room for what they make.
pub(super) struct Library {
    folder: TempDir,
    pub(super) source: PathBuf,
    pub(super) destination: PathBuf,
    pub(super) records: u64,
}

impl Library {
    pub(super) fn new(disk: &RamDisk, records: u64) -> Self {
        let folder = tempfile::tempdir_in(disk.path()).expect("a folder on the RAM disk");
        let [source, originals, destination] =
            ["source", "originals", "destination"].map(|name| folder.path().join(name));
        let originals: Vec<PathBuf> = (0..ORIGINALS).map(|n| originals.join(format!("{n}.mov"))).collect();
        for (n, original) in (0..).zip(&originals) {
            tree::file(original, 1_000 + n * 39, n);
        }
        let library = Self { folder, source, destination, records };
        for n in 0..records {
            let path = library.source.join(relative(n));
            if n % FILES_A_SHELF == 0 {
                fs::create_dir_all(path.parent().expect("a shelf")).expect("a shelf");
            }
            fs::hard_link(&originals[(n % ORIGINALS) as usize], path).expect("a hard link");
        }
        library
    }

    /// The paths below the source.
    pub(super) fn relative_paths(&self) -> impl Iterator<Item = String> {
        (0..self.records).map(relative)
    }

    /// A path beside the source.
    pub(super) fn room(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Takes away what the last arm delivered.
    pub(super) fn clear_destination(&self) {
        if self.destination.exists() {
            fs::remove_dir_all(&self.destination).expect("an empty destination");
        }
    }
}

fn relative(n: u64) -> String {
    format!("shelf-{:04}/record-{n:06}.mov", n / FILES_A_SHELF)
}

/// A fresh copy of a database that is closed.
pub(super) fn fresh_copy(template: &Path, to: &Path) {
    for ending in ["", "-wal", "-shm"] {
        let mut old = to.as_os_str().to_owned();
        old.push(ending);
        // It need not be there.
        let _ = fs::remove_file(old);
    }
    fs::copy(template, to).expect("a copy of the database");
}
