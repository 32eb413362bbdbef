//! Small volumes, to fill up or to take away the right to write.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use rustix::mount::{MountFlags, UnmountFlags, mount, mount_bind, mount_remount, unmount};
use tempfile::TempDir;

use crate::wait;

/// A file system in memory; taken away when it is dropped.
#[derive(Debug)]
pub struct Volume {
    folder: TempDir,
}

impl Volume {
    /// A volume of `bytes`.
    ///
    /// # Panics
    /// When this system does not let us mount: these tests need root, as in CI.
    pub fn new(bytes: u64) -> Self {
        let folder = tempfile::Builder::new().prefix("sluice-volume-").tempdir().expect("a temporary folder");
        mount("sluice-test", folder.path(), "tmpfs", MountFlags::empty(), Some(&*options(bytes)))
            .unwrap_or_else(|error| {
                panic!("a tmpfs cannot be mounted ({error}): run these tests as root, for example with sudo")
            });
        Self { folder }
    }

    /// Its folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Makes it read-only.
    ///
    /// # Panics
    /// When the system refuses.
    pub fn write_protect(&self) {
        mount_remount(self.path(), MountFlags::RDONLY, "").expect("a volume that becomes read-only");
    }

    /// Fills it to its last byte with a file of that name.
    ///
    /// # Panics
    /// When something other than the lack of room ends the filling.
    pub fn fill_up(&self, name: &str) -> PathBuf {
        let path = self.path().join(name);
        let mut file = fs::File::create(&path).expect("a file that fills the volume");
        let error = std::io::copy(&mut std::io::repeat(0xA5), &mut file).expect_err("no volume is endless");
        assert_eq!(error.kind(), std::io::ErrorKind::StorageFull, "{error}");
        path
    }
}

fn options(bytes: u64) -> std::ffi::CString {
    std::ffi::CString::new(format!("size={bytes}")).expect("no zero byte")
}

impl Drop for Volume {
    fn drop(&mut self) {
        // A file may still be open in a program that is being killed.
        let _ = unmount(self.path(), UnmountFlags::DETACH);
    }
}

/// A folder that is mounted in another place, as a drive or a share would be; unmounted when it is dropped.
#[derive(Debug)]
pub struct Mounted {
    folder: PathBuf,
    place: PathBuf,
}

impl Mounted {
    /// Mounts a folder in an empty one.
    ///
    /// # Panics
    /// When this system does not let us mount: these tests need root, as in CI.
    pub fn new(folder: &Path, place: &Path) -> Self {
        let mounted = Self { folder: folder.to_owned(), place: place.to_owned() };
        mounted.mount();
        mounted
    }

    /// Mounts it again.
    ///
    /// # Panics
    /// When the system refuses.
    pub fn mount(&self) {
        mount_bind(&self.folder, &self.place).unwrap_or_else(|error| {
            panic!("a folder cannot be mounted ({error}): run these tests as root, for example with sudo")
        });
    }

    /// Unmounts it as a person would, as soon as nobody reads from it: a program that held it open for
    /// good would make this fail.
    ///
    /// # Panics
    /// When the system refuses.
    pub fn unmount(&self) {
        wait::until("a volume that nobody holds open", || {
            match unmount(&self.place, UnmountFlags::empty()) {
                Ok(()) => Some(()),
                Err(Errno::BUSY) => None,
                Err(error) => panic!("{} cannot be unmounted: {error}", self.place.display()),
            }
        });
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = unmount(&self.place, UnmountFlags::DETACH);
    }
}
