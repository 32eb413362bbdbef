//! Room in memory that looks like a disk.

use std::path::{Path, PathBuf};

use rustix::fs::statvfs;
use sluice_tests::volume::Volume;
use tempfile::TempDir;

/// A tmpfs of our own where we may mount one, else a folder in the system's.
pub(crate) enum RamDisk {
    Own(Volume),
    Shared(TempDir),
}

impl RamDisk {
    pub(crate) fn new() -> Self {
        if rustix::process::getuid().is_root() {
            return Self::Own(Volume::new(available_memory() / 10 * 8));
        }
        let shared = PathBuf::from("/dev/shm");
        Self::Shared(tempfile::Builder::new().prefix("sluice-bench-").tempdir_in(shared).expect("/dev/shm"))
    }

    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Own(volume) => volume.path(),
            Self::Shared(folder) => folder.path(),
        }
    }

    pub(crate) fn free(&self) -> u64 {
        let stat = statvfs(self.path()).expect("the room on the RAM disk");
        stat.f_bavail * stat.f_frsize
    }
}

fn available_memory() -> u64 {
    let all = std::fs::read_to_string("/proc/meminfo").expect("/proc/meminfo");
    let line = all.lines().find_map(|line| line.strip_prefix("MemAvailable:")).expect("MemAvailable");
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().expect("a number of kB");
    kib * 1024
}
