//! A place for one test: a source, a destination and a checkpoint in a folder of its own.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::command::{self, Ended, Status};

/// Everything is removed when it is dropped.
#[derive(Debug)]
pub struct Site {
    folder: TempDir,
    /// The folder to move from; it is there, and empty.
    pub source: PathBuf,
    /// The folder to move to; it is not there yet.
    pub destination: PathBuf,
    /// Where the checkpoint will be.
    pub checkpoint: PathBuf,
}

impl Site {
    /// A new place on the usual temporary disk.
    ///
    /// # Panics
    /// When no folder can be made.
    #[expect(clippy::new_without_default, reason = "it makes folders")]
    pub fn new() -> Self {
        Self::below(&std::env::temp_dir())
    }

    /// A new place on the volume of `folder`.
    ///
    /// # Panics
    /// When no folder can be made.
    pub fn below(folder: &Path) -> Self {
        let folder =
            tempfile::Builder::new().prefix("sluice-test-").tempdir_in(folder).expect("a temporary folder");
        let [source, destination] = ["source", "destination"].map(|name| folder.path().join(name));
        std::fs::create_dir(&source).expect("the source folder");
        Self { checkpoint: folder.path().join("test.sluice"), source, destination, folder }
    }

    /// A path in this place.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The arguments of a quick copy from source to destination.
    pub fn copy_args<'a>(&'a self, more: &'a [&'a str]) -> Vec<&'a std::ffi::OsStr> {
        let mut args: Vec<&std::ffi::OsStr> =
            vec!["copy".as_ref(), self.source.as_ref(), self.destination.as_ref()];
        args.extend::<[&std::ffi::OsStr; 2]>(["--checkpoint".as_ref(), self.checkpoint.as_ref()]);
        args.extend(more.iter().map(AsRef::<std::ffi::OsStr>::as_ref));
        args
    }

    /// Runs a quick copy from source to destination to its end.
    pub fn copy(&self, more: &[&str]) -> Ended {
        command::run(self.copy_args(more))
    }

    /// Runs a word of the command on the checkpoint: `on_checkpoint("run", &[])`.
    pub fn on_checkpoint(&self, word: &str, more: &[&str]) -> Ended {
        let mut args: Vec<&std::ffi::OsStr> = vec![word.as_ref(), self.checkpoint.as_ref()];
        args.extend(more.iter().map(AsRef::<std::ffi::OsStr>::as_ref));
        command::run(args)
    }

    /// The checkpoint's status; its balance holds.
    pub fn status(&self) -> Status {
        Status::of(&self.checkpoint)
    }
}
