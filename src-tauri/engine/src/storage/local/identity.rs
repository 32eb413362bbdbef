//! Whether a folder is still the one that it was, also after its volume was unmounted and mounted again.

use std::io;
use std::path::Path;

use same_file::Handle;

use super::platform::{self, Numbers};

/// What was under a path at some time. Holds nothing open where the system numbers files and volumes, so
/// that the volume can be unmounted.
#[derive(Debug)]
pub(crate) enum Identity {
    Numbered {
        numbers: Numbers,
        /// The device that holds the mount point of its volume. None: its volume is the topmost one.
        beneath: Option<u64>,
    },
    Open(Handle),
}

impl Identity {
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        let Some(numbers) = platform::numbers(path)? else { return Ok(Self::Open(Handle::from_path(path)?)) };
        let above = path.ancestors().skip(1).filter_map(|above| platform::numbers(above).ok().flatten());
        let beneath = above.map(|above| above.device).find(|device| *device != numbers.device);
        Ok(Self::Numbered { numbers, beneath })
    }

    /// Whether the same is under that path now.
    pub(crate) fn is_at(&self, path: &Path) -> bool {
        match self {
            Self::Numbered { numbers, beneath } => platform::numbers(path)
                .is_ok_and(|now| now.is_some_and(|now| is_again(numbers, *beneath, &now))),
            Self::Open(handle) => Handle::from_path(path).is_ok_and(|now| now == *handle),
        }
    }
}

/// A volume that is mounted again may get another device number, but keeps its own; a network share has no
/// number of its own. The folder in which it is mounted lies on the device beneath.
fn is_again(before: &Numbers, beneath: Option<u64>, now: &Numbers) -> bool {
    let same = (before.file, before.volume) == (now.file, now.volume);
    same && (before.device == now.device || beneath.is_some_and(|beneath| beneath != now.device))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_is_known_again_and_its_mount_point_is_not_taken_for_it() {
        let numbers = |device, file, volume| Numbers { device, file, volume };
        let disk = numbers(8, 2, 77);
        let share = numbers(40, 2, 0);
        for (before, beneath, now, again) in [
            (disk, None, disk, true),
            (disk, Some(1), numbers(9, 2, 77), true),
            (disk, Some(1), numbers(8, 2, 78), false),
            (disk, Some(1), numbers(1, 2, 77), false),
            (disk, Some(1), numbers(1, 9, 11), false),
            (disk, None, numbers(9, 2, 77), false),
            (share, Some(1), numbers(41, 2, 0), true),
            (share, Some(1), numbers(1, 2, 0), false),
            (share, Some(1), numbers(41, 3, 0), false),
        ] {
            assert_eq!(is_again(&before, beneath, &now), again, "{before:?} on {beneath:?}, now {now:?}");
        }
    }

    #[test]
    fn another_folder_under_the_same_path_is_another_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("in");
        std::fs::create_dir(&path).unwrap();
        let identity = Identity::of(&path).unwrap();
        assert!(identity.is_at(&path));
        std::fs::rename(&path, folder.path().join("away")).unwrap();
        assert!(!identity.is_at(&path));
        std::fs::create_dir(&path).unwrap();
        assert!(!identity.is_at(&path));
        std::fs::remove_dir(&path).unwrap();
        std::fs::rename(folder.path().join("away"), &path).unwrap();
        assert!(identity.is_at(&path));
    }
}
