//! The system's file manager, which programs ask over the session bus to show files.
//!
//! <https://www.freedesktop.org/wiki/Specifications/file-manager-interface/>

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use percent_encoding::percent_decode_str;
use zbus::blocking::{Connection, connection};
use zbus::interface;

use super::Screen;
use crate::wait;

/// A file manager that only notes what it is asked to show; it ends when it is dropped.
pub struct FileManager {
    asked: Asked,
    _connection: Connection,
}

#[derive(Clone, Default)]
struct Asked(Arc<Mutex<Vec<String>>>);

impl Asked {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl FileManager {
    /// The file manager of a screen.
    ///
    /// # Panics
    /// When the bus has one already.
    pub fn on(screen: &Screen) -> Self {
        let asked = Asked::default();
        let connection = connection::Builder::address(screen.bus())
            .and_then(|builder| builder.serve_at("/org/freedesktop/FileManager1", Service(asked.clone())))
            .and_then(|builder| builder.name("org.freedesktop.FileManager1"))
            .and_then(connection::Builder::build)
            .expect("a file manager on the bus");
        Self { asked, _connection: connection }
    }

    /// Waits until something is to be shown, and gives its path, byte for byte.
    ///
    /// # Panics
    /// When it is more than one thing, or no file of this computer.
    pub fn shown(&self) -> PathBuf {
        let asked =
            wait::until("something to show", || Some(self.asked.take()).filter(|uris| !uris.is_empty()));
        let [uri] = &asked[..] else { panic!("one thing at a time: {asked:?}") };
        let path = uri.strip_prefix("file://").unwrap_or_else(|| panic!("no file: {uri}"));
        assert!(path.starts_with('/'), "no file of this computer: {uri}");
        OsString::from_vec(percent_decode_str(path).collect()).into()
    }

    /// Whether it was asked for nothing since.
    pub fn is_left_alone(&self) -> bool {
        self.asked.take().is_empty()
    }
}

struct Service(Asked);

#[interface(name = "org.freedesktop.FileManager1")]
impl Service {
    fn show_items(&self, uris: Vec<String>, _startup_id: &str) {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).extend(uris);
    }
}
