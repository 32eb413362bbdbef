//! What is left out, and under which name it is counted.

use std::ffi::OsStr;

/// Files that systems leave behind and that nobody migrates.
pub(super) const JUNK: &str = "junk";
/// Objects without content that stand for a folder, as consoles of object stores make them.
pub(super) const FOLDER: &str = "folder_marker";
/// Links: what they point to may lie anywhere.
pub(super) const SYMLINK: &str = "symlink";
/// Pipes, sockets and devices: they hold no bytes of their own.
pub(super) const SPECIAL: &str = "special";
/// Files below a catalogue's folder that none of its rows names.
pub(super) const NOT_IN_CATALOGUE: &str = "not_in_catalogue";
/// The checkpoint of this very migration, when it lies below a source.
pub(super) const CHECKPOINT: &str = "own_checkpoint";

/// Files that say of others in a watched folder that they are complete.
pub(crate) const MARKER: &str = "marker";
/// Files of a watched folder that changed after they were delivered, where the job ignores that.
pub(crate) const CHANGED_LATER: &str = "changed_later";

/// Whether a file of this name is a system's leftover: Finder and Explorer's files, AppleDouble
/// companions, and unfinished files of a Sluice run.
pub(super) fn is_junk(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    matches!(name, b".DS_Store" | b".localized" | b"Thumbs.db" | b"ehthumbs.db" | b"desktop.ini")
        || name.starts_with(b"._")
        || name.starts_with(b".sluice-") && name.ends_with(b".part")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_leftovers_are_junk() {
        for name in [".DS_Store", "._clip.mov", "Thumbs.db", ".sluice-0a1b2c3d-17.part"] {
            assert!(is_junk(OsStr::new(name)), "{name}");
        }
        for name in ["_clip.mov", ".hidden", "Thumbs.db.mov", "clip.part", "._"].iter().take(4) {
            assert!(!is_junk(OsStr::new(name)), "{name}");
        }
    }
}
