//! What the tests and the benches share: trees of files, comparisons, small volumes, the command
//! and the desktop as a person meets them.
//!
//! Everything here sees Sluice from outside: the built programs, their exit codes, their JSON, the
//! files that they leave. The engine's own tests stand beside its code.

pub mod attempts;
#[cfg(unix)]
pub mod authority;
pub mod azurite;
#[cfg(unix)]
pub mod cable;
pub mod command;
pub mod compare;
#[cfg(target_os = "linux")]
pub mod desktop;
#[cfg(unix)]
pub mod exiftool;
pub mod export;
#[cfg(unix)]
pub mod file_servers;
#[cfg(unix)]
pub mod ftps;
#[cfg(unix)]
pub mod google;
pub mod hostile;
pub mod inventory;
#[cfg(target_os = "linux")]
pub mod keychain;
pub mod lab;
pub mod library;
pub mod loopback;
#[cfg(unix)]
pub mod media;
#[cfg(unix)]
pub mod pairs;
pub mod process;
pub mod schemas;
#[cfg(unix)]
pub mod scissors;
#[cfg(unix)]
pub mod servers;
pub mod services;
#[cfg(unix)]
pub mod shelf;
pub mod site;
pub mod story;
#[cfg(target_os = "linux")]
pub mod terminal;
pub mod tree;
pub mod ugly;
#[cfg(target_os = "linux")]
pub mod user;
#[cfg(target_os = "linux")]
pub mod volume;
pub mod wait;
pub mod web;

use std::path::PathBuf;

/// A program of this workspace: built by the same profile as the caller, or from the folder that
/// `SLUICE_PROGRAMS` names (the benches measure release builds).
///
/// # Panics
/// When it is not built.
pub fn program(name: &str) -> PathBuf {
    let folder = std::env::var_os("SLUICE_PROGRAMS").map_or_else(own_folder, PathBuf::from);
    let path = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(
        path.is_file(),
        "{} is not built; `npm test` builds it, or `cargo build --workspace --all-targets`",
        path.display()
    );
    path
}

fn own_folder() -> PathBuf {
    let this = std::env::current_exe().expect("the path of this program");
    let folder = this.parent().expect("a folder");
    let is_test = folder.ends_with("deps");
    (if is_test { folder.parent().expect("the profile's folder") } else { folder }).to_owned()
}
