//! Markers: files by which somebody says that other files are complete.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::record::RawPath;

/// Finds markers for one source.
pub(super) struct Markers<'a> {
    marker: &'a str,
    root: &'a Path,
    /// The folder that was asked for last, and whether a marker holds for it: the files of a folder
    /// mostly come one after the other.
    last: Option<(PathBuf, bool)>,
}

impl<'a> Markers<'a> {
    pub(super) fn new(marker: &'a str, root: &'a Path) -> Self {
        Self { marker, root, last: None }
    }

    /// Whether a file of this path is a marker itself.
    pub(super) fn is_marker(&self, path: &RawPath) -> bool {
        path.file_name().ends_with(self.marker.as_bytes())
    }

    /// Whether a marker says that this file is complete.
    pub(super) fn marks(&mut self, file: &Path) -> bool {
        let mut beside: OsString = file.as_os_str().to_owned();
        beside.push(self.marker);
        if is_file(Path::new(&beside)) {
            return true;
        }
        let Some(folder) = file.parent().filter(|folder| folder.starts_with(self.root)) else {
            return false;
        };
        if let Some((last, marked)) = &self.last
            && last == folder
        {
            return *marked;
        }
        let up_to_root = folder.ancestors().take_while(|folder| folder.starts_with(self.root));
        let marked = up_to_root.into_iter().any(|folder| is_file(&folder.join(self.marker)));
        self.last = Some((folder.to_owned(), marked));
        marked
    }
}

fn is_file(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_file())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_marker_lies_beside_its_file_or_in_a_folder_above_it() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("in");
        for path in ["in/reel/day", "in/other"] {
            fs::create_dir_all(folder.path().join(path)).unwrap();
        }
        for file in ["a.mov.ready", "reel/.ready", "../.ready", "other/ready"] {
            fs::write(root.join(file), "").unwrap();
        }
        fs::create_dir(root.join("b.mov.ready")).unwrap();
        let mut markers = Markers::new(".ready", &root);
        for (file, marked) in [
            ("a.mov", true),
            ("b.mov", false),
            ("a", false),
            ("reel/c.mov", true),
            ("reel/day/d.mov", true),
            ("other/e.mov", false),
        ] {
            assert_eq!(markers.marks(&root.join(file)), marked, "{file}");
        }
        let is_marker = |path: &str| markers.is_marker(&RawPath(path.as_bytes().to_vec()));
        assert!(is_marker("reel/.ready") && is_marker("a.mov.ready") && !is_marker("a.ready.mov"));
    }
}
