//! All that is particular to an operating system, in this one place.

use std::ffi::OsStr;
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::record::RawPath;
use crate::storage::names::NameRules;

/// The relative path of these bytes. None: no path of this system, or one that leads elsewhere
/// (absolute, `..`, an empty part).
pub(crate) fn to_path(raw: &RawPath) -> Option<PathBuf> {
    let fits = |part: &[u8]| !part.is_empty() && part != b"." && part != b".." && !part.contains(&0);
    if !raw.0.is_empty() && !raw.0.split(|byte| *byte == b'/').all(fits) {
        return None;
    }
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        Some(PathBuf::from(OsStr::from_bytes(&raw.0)))
    }
    #[cfg(not(unix))]
    {
        let text = std::str::from_utf8(&raw.0).ok()?;
        (!text.contains(['\\', ':'])).then(|| PathBuf::from(text.replace('/', "\\")))
    }
}

/// The bytes of a relative path. None: not Unicode, on a system that holds paths as Unicode.
pub(crate) fn to_raw(path: &Path) -> Option<RawPath> {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        Some(RawPath(path.as_os_str().as_bytes().to_vec()))
    }
    #[cfg(not(unix))]
    {
        path.to_str().map(|text| RawPath(text.replace('\\', "/").into_bytes()))
    }
}

/// The bytes of a path, to show it: never fails.
pub(crate) fn to_shown(path: &OsStr) -> String {
    crate::record::show_bytes(path.as_encoded_bytes())
}

/// Opens a source for reading. Does not follow a link and does not wait for a pipe.
pub(crate) fn open_source(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32);
    }
    options.open(path)
}

/// Whether opening failed because the path is a link.
pub(crate) fn is_link_refusal(error: &io::Error) -> bool {
    #[cfg(unix)]
    {
        error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
    }
    #[cfg(not(unix))]
    {
        let _ = error;
        false
    }
}

/// Creates a new file for writing, with the permission bits of the one that it is a copy of, less the
/// user's mask; the owner may read it in any case, because it must be read back.
pub(crate) fn create_new(path: &Path, like: Option<&Metadata>) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
        if let Some(like) = like {
            options.mode(like.mode() & 0o777 | 0o400);
        }
    }
    #[cfg(not(unix))]
    let _ = like;
    options.open(path)
}

/// Makes a folder that nobody else may look into, where the system has such rights.
pub(crate) fn create_private_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        std::fs::DirBuilder::new().mode(0o700).create(path)
    }
    #[cfg(not(unix))]
    std::fs::create_dir(path)
}

/// The permissions with which a program makes an ordinary file, before the user's mask. None: the
/// system has no such bits.
pub(crate) fn ordinary_permissions() -> Option<std::fs::Permissions> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        Some(std::fs::Permissions::from_mode(0o666))
    }
    #[cfg(not(unix))]
    None
}

/// The numbers by which a system tells folders and volumes apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Numbers {
    /// What is mounted there; another number after each mount, perhaps.
    pub(crate) device: u64,
    /// On that device.
    pub(crate) file: u64,
    /// Of the volume itself, whenever it is mounted. Zero: it has none.
    pub(crate) volume: u64,
}

/// The numbers of what is under a path. None: this system tells them only of what is open.
pub(crate) fn numbers(path: &Path) -> io::Result<Option<Numbers>> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let metadata = path.metadata()?;
        let volume = rustix::fs::statvfs(path)?.f_fsid;
        Ok(Some(Numbers { device: metadata.dev(), file: metadata.ino(), volume }))
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        Ok(None)
    }
}

/// Whether two looks saw the same file, as far as the system tells files apart.
pub(crate) fn is_same_file(before: &Metadata, after: &Metadata) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        (before.dev(), before.ino()) == (after.dev(), after.ino())
    }
    #[cfg(not(unix))]
    {
        before.created().ok() == after.created().ok()
    }
}

/// Tells a file from the others of its volume, whatever its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileId {
    /// Its inode; elsewhere the time at which it was made, in nanoseconds since 1970.
    number: u64,
    /// In bytes.
    pub(crate) size: u64,
}

impl FileId {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let number = std::os::unix::fs::MetadataExt::ino(metadata);
        #[cfg(not(unix))]
        let number = {
            let made = metadata.created().ok();
            let made = made.and_then(|made| made.duration_since(std::time::UNIX_EPOCH).ok());
            made.map_or(0, |made| made.as_nanos() as u64)
        };
        Self { number, size: metadata.len() }
    }
}

/// Whether two looks saw the same file, unchanged: identity, size and time.
pub(crate) fn is_unchanged(before: &Metadata, after: &Metadata) -> bool {
    is_same_file(before, after)
        && before.len() == after.len()
        && before.modified().ok() == after.modified().ok()
}

/// Whether the file has holes: fewer blocks than bytes.
pub(crate) fn is_sparse(metadata: &Metadata) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        metadata.blocks().saturating_mul(512) < metadata.len()
    }
    #[cfg(not(unix))]
    {
        let _ = metadata;
        false
    }
}

/// Asks the system to forget its cached copy of a file whose bytes are durable, so that the next
/// read comes from the device. A hint: where the system has none, or the file lies in memory
/// anyway, the read comes from the cache.
pub(crate) fn drop_cache(file: &File) {
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
    {
        let _ = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed);
    }
    #[cfg(target_vendor = "apple")]
    {
        let _ = rustix::fs::fcntl_nocache(file, true);
    }
    #[cfg(not(any(
        target_os = "linux",
        target_os = "android",
        target_os = "freebsd",
        target_vendor = "apple"
    )))]
    let _ = file;
}

/// Time that this program's threads spent on processors. None: the system does not tell.
pub(crate) fn processor_time() -> Option<std::time::Duration> {
    #[cfg(unix)]
    {
        use rustix::time::{ClockId, clock_gettime};
        let time = clock_gettime(ClockId::ProcessCPUTime);
        Some(std::time::Duration::new(time.tv_sec.try_into().ok()?, time.tv_nsec.try_into().ok()?))
    }
    #[cfg(not(unix))]
    None
}

/// A folder's handle, for making many files durable with one call; None where that is not safe.
pub(crate) fn group_sync_handle(folder: &Path) -> Option<File> {
    #[cfg(target_os = "linux")]
    {
        // Only where syncfs is known to wait for the data and to report errors of writing back
        // (Linux 5.8 and later): the common local file systems.
        const TRUSTED: [i64; 5] = [magic::EXT, magic::XFS, magic::BTRFS, magic::F2FS, magic::TMPFS];
        let file = File::open(folder).ok()?;
        let kind = file_system(&file)?;
        TRUSTED.contains(&kind).then_some(file)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = folder;
        None
    }
}

/// Whether a hard link may have been refused because the file system has none: link(2) says EPERM then,
/// some say that it is not supported.
pub(crate) fn lacks_links(error: &io::Error) -> bool {
    #[cfg(unix)]
    {
        use rustix::io::Errno;
        [Errno::PERM, Errno::NOTSUP, Errno::OPNOTSUPP, Errno::NOSYS]
            .into_iter()
            .any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
    }
    #[cfg(not(unix))]
    {
        let _ = error;
        false
    }
}

/// Makes everything on the volume of this handle durable.
pub(crate) fn sync_volume(handle: &File) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        Ok(rustix::fs::syncfs(handle)?)
    }
    #[cfg(not(target_os = "linux"))]
    {
        handle.sync_all()
    }
}

/// Makes one file's bytes durable.
pub(crate) fn sync_file(path: &Path) -> io::Result<()> {
    // Windows wants the right to write, Unix would refuse it for a read-only file.
    OpenOptions::new().read(true).write(cfg!(windows)).open(path)?.sync_all()
}

/// Makes the names in a folder durable. Windows keeps them durable by itself.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        File::open(folder)?.sync_all()
    }
    #[cfg(not(unix))]
    {
        let _ = folder;
        Ok(())
    }
}

/// Whether a path lies on a network share or another file system without shared memory.
pub(crate) fn is_network(path: &Path) -> bool {
    #[cfg(target_os = "linux")]
    {
        const REMOTE: [i64; 9] = [
            magic::NFS,
            magic::SMB,
            magic::SMB2,
            magic::CIFS,
            magic::CODA,
            magic::AFS,
            magic::V9FS,
            magic::CEPH,
            magic::FUSE,
        ];
        let existing = path.ancestors().find(|ancestor| ancestor.exists());
        existing
            .and_then(|existing| File::open(existing).ok())
            .and_then(|file| file_system(&file))
            .is_some_and(|kind| REMOTE.contains(&kind))
    }
    #[cfg(windows)]
    {
        use std::path::{Component, Prefix};
        matches!(
            path.components().next(),
            Some(Component::Prefix(prefix))
                if matches!(prefix.kind(), Prefix::UNC(..) | Prefix::VerbatimUNC(..))
        )
    }
    #[cfg(not(any(target_os = "linux", windows)))]
    {
        let _ = path;
        false
    }
}

/// What the file system of an existing folder asks of names.
pub(crate) fn name_rules(folder: &Path) -> NameRules {
    #[cfg(target_os = "linux")]
    {
        const WINDOWS: [i64; 7] =
            [magic::FAT, magic::EXFAT, magic::NTFS, magic::NTFS3, magic::SMB, magic::SMB2, magic::CIFS];
        let kind = File::open(folder).ok().and_then(|file| file_system(&file));
        if kind.is_some_and(|kind| WINDOWS.contains(&kind)) { NameRules::Windows } else { NameRules::Unix }
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = folder;
        if cfg!(windows) { NameRules::Windows } else { NameRules::Unix }
    }
}

#[cfg(target_os = "linux")]
fn file_system(file: &File) -> Option<i64> {
    // The type's width differs between architectures.
    #[allow(clippy::unnecessary_cast, reason = "f_type is i64 on some architectures only")]
    rustix::fs::fstatfs(file).ok().map(|status| status.f_type as i64)
}

/// File system numbers, from statfs(2).
#[cfg(target_os = "linux")]
mod magic {
    pub(super) const EXT: i64 = 0xef53;
    pub(super) const XFS: i64 = 0x5846_5342;
    pub(super) const BTRFS: i64 = 0x9123_683e;
    pub(super) const F2FS: i64 = 0xf2f5_2010;
    pub(super) const TMPFS: i64 = 0x0102_1994;
    pub(super) const NFS: i64 = 0x6969;
    pub(super) const SMB: i64 = 0x517b;
    pub(super) const SMB2: i64 = 0xfe53_4d42;
    pub(super) const CIFS: i64 = 0xff53_4d42;
    pub(super) const CODA: i64 = 0x7375_7245;
    pub(super) const AFS: i64 = 0x5346_414f;
    pub(super) const V9FS: i64 = 0x0102_1997;
    pub(super) const CEPH: i64 = 0x00c3_6400;
    pub(super) const FUSE: i64 = 0x6573_5546;
    pub(super) const FAT: i64 = 0x4d44;
    pub(super) const EXFAT: i64 = 0x2011_bab0;
    pub(super) const NTFS: i64 = 0x5346_544e;
    pub(super) const NTFS3: i64 = 0x7366_746e;
}
