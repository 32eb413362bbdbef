//! The user's own connections: their names and how they are reached in a file, their secrets in the
//! system's keychain or in the environment, and nowhere else.
//!
//! What asks the keychain waits for the person who unlocks it.

mod book;
mod error;
mod keychain;
mod rclone;
mod secrets;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use error::ConnectionError;
pub use rclone::{Imported, Left, Taken};
pub use secrets::{SecretAt, SecretPlace, read as read_secrets};

use crate::error::Error;
use crate::spec::{Connection, Secret, SecretField};

/// One of the user's connections. Never a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Known {
    /// How locations name it.
    pub name: String,
    /// How it is reached.
    pub connection: Connection,
    /// Where each secret is that it may need.
    pub secrets: Vec<SecretAt>,
}

/// The file with the user's connections: that of the environment variable `SLUICE_CONNECTIONS`, or
/// `sluice/connections.toml` in the user's folder for settings.
pub fn file() -> Result<PathBuf, Error> {
    Ok(book::place()?)
}

/// The user's connections, by name.
pub fn list() -> Result<Vec<Known>, Error> {
    let connections = book::load(&book::place()?)?;
    Ok(connections.into_iter().map(|(name, connection)| known(name, connection)).collect())
}

/// Keeps a connection under a new name, and its secrets in the keychain.
pub fn add(name: &str, connection: Connection, secrets: &[(SecretField, Secret)]) -> Result<Known, Error> {
    keep(&book::place()?, name, connection.clone(), secrets)?;
    Ok(known(name.to_owned(), connection))
}

/// Forgets a connection and its secrets in the keychain.
pub fn remove(name: &str) -> Result<(), Error> {
    book::remove(&book::place()?, name, |connection| secrets::remove(name, connection))
}

/// Whether this version can open what lies behind such a connection.
const fn opens(connection: &Connection) -> bool {
    matches!(connection, Connection::S3(_))
}

/// Whether this computer can keep secrets for this user. A headless server cannot.
pub fn has_keychain() -> bool {
    keychain::is_there()
}

/// Whether the secrets of that connection come from the environment.
pub fn is_in_environment(name: &str) -> bool {
    secrets::is_in_environment(name)
}

/// Takes over the remotes of an rclone configuration, or only that one. A dry run changes nothing.
pub fn import_rclone(config: &[u8], only: Option<&str>, dry_run: bool) -> Result<Imported, Error> {
    rclone::import(config, only, dry_run, &book::place()?)
}

fn known(name: String, connection: Connection) -> Known {
    let secrets = secrets::places(&name, &connection);
    Known { name, connection, secrets }
}

/// Keeps a connection and its secrets: both, or neither.
fn keep(
    place: &Path,
    name: &str,
    connection: Connection,
    secrets: &[(SecretField, Secret)],
) -> Result<(), Error> {
    if !opens(&connection) {
        return Err(ConnectionError::NotOpened { kind: connection.kind() }.into());
    }
    let described = connection.clone();
    let mut are_kept = false;
    let kept = book::add(place, name, connection, || {
        secrets::put(name, &described, secrets)?;
        are_kept = true;
        Ok(())
    });
    if kept.is_err() && are_kept {
        // The first error is the one to tell.
        let _ = secrets::remove(name, &described);
    }
    kept
}
