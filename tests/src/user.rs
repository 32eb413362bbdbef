//! A person with connections: a file of their own, and a keychain or none.

use std::ffi::OsStr;
use std::io::{Seek, Write};
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::command::{Ended, sluice};
use crate::keychain::Keychain;
use crate::process::Running;

/// Everything is removed when it is dropped.
pub struct User {
    folder: TempDir,
    keychain: Option<Keychain>,
}

impl User {
    /// Somebody on a server without a keychain.
    ///
    /// # Panics
    /// When no folder can be made.
    pub fn headless() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder"), keychain: None }
    }

    /// Somebody at a desktop.
    ///
    /// # Panics
    /// When no keychain can be started.
    pub fn at_desktop() -> Self {
        Self { keychain: Some(Keychain::new()), ..Self::headless() }
    }

    /// Whether there is a keychain.
    pub fn has_keychain(&self) -> bool {
        self.keychain.is_some()
    }

    /// The keychain.
    ///
    /// # Panics
    /// When there is none.
    pub fn keychain(&self) -> &Keychain {
        self.keychain.as_ref().expect("a keychain")
    }

    /// The file with the connections; not there yet.
    pub fn connections(&self) -> PathBuf {
        self.path("connections.toml")
    }

    /// A path in a folder of theirs.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The command as this person starts it.
    pub fn sluice(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = sluice(args);
        let nowhere = format!("unix:path={}", self.path("no bus").display());
        let bus = self.keychain.as_ref().map_or(nowhere.as_str(), Keychain::address);
        command.env("SLUICE_CONNECTIONS", self.connections()).env("DBUS_SESSION_BUS_ADDRESS", bus);
        command
    }

    /// Runs the command to its end.
    pub fn run(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Ended {
        Running::start(self.sluice(args)).ended()
    }

    /// Runs the command to its end; `input` is its standard input.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn run_with(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>, input: &[u8]) -> Ended {
        let mut file = tempfile::tempfile().expect("a temporary file");
        file.write_all(input).and_then(|()| file.rewind()).expect("the input");
        Running::reading(self.sluice(args), file).ended()
    }
}
