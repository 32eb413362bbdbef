//! The user's own connections: their names and how they are reached in a file, their secrets in the
//! system's keychain or in the environment, and nowhere else.
//!
//! What asks the keychain waits for the person who unlocks it.

mod book;
mod error;
mod heard;
mod hosts;
mod keychain;
mod rclone;
mod reach;
mod secrets;
mod trial;
mod web_trial;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use error::ConnectionError;
pub use heard::Heard;
pub use hosts::{HostKey, HostTrust, host_key, trust_host_key};
pub use rclone::{Imported, Left, Taken};
pub(crate) use reach::access_of;
pub use secrets::{SecretAt, SecretPlace, read as read_secrets};
pub use trial::{Step, StepResult, Trial, TrialStep};

use crate::error::Error;
use crate::http;
use crate::spec::{Connection, JobSpec, Location, Secret, SecretField, SpecError, Via};
use crate::storage::remote::connect::connect;

/// Under these names, URLs that begin with `s3://`, `az://` and `gs://` look for their secrets.
const OF_URLS: [&str; 3] = ["s3", "azure", "gcs"];

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

/// Describes a connection anew. The secrets that are given take the place of the kept ones; the others
/// stay, as far as its kind may need them.
pub fn change(name: &str, connection: Connection, secrets: &[(SecretField, Secret)]) -> Result<Known, Error> {
    check_name(name, &connection)?;
    book::replace(&book::place()?, name, connection.clone(), |before| {
        secrets::put(name, &connection, secrets)?;
        let gone = before.secrets().iter().filter(|field| !connection.secrets().contains(field));
        for field in gone {
            keychain::forget(name, *field)?;
        }
        Ok(())
    })?;
    Ok(known(name.to_owned(), connection))
}

/// Forgets a connection and its secrets in the keychain.
pub fn remove(name: &str) -> Result<(), Error> {
    book::remove(&book::place()?, name, |connection| secrets::remove(name, connection))
}

/// Whether this computer can keep secrets for this user. A headless server cannot.
pub fn has_keychain() -> bool {
    keychain::is_there()
}

/// Whether the secrets of that connection come from the environment.
pub fn is_in_environment(name: &str) -> bool {
    secrets::is_in_environment(name)
}

/// Tries a place out: a connection's name and a path there, such as `archive:bucket/folder`.
pub async fn test(place: &str) -> Result<Trial, Error> {
    let location = place_of(place)?;
    let Location::Remote(remote) = &location else {
        return Err(ConnectionError::NoPlace { text: place.to_owned() }.into());
    };
    let job = JobSpec::new(Vec::new(), location.clone());
    let access = access_of(&job)?;
    let client = http::client().map_err(|error| Error::NoClient { why: error.to_string() })?;
    if let Via::Named(name) = remote.via()
        && let Some(connection @ Connection::Http(_)) = access.connections.get(name)
    {
        return Ok(web_trial::run(name, connection, remote.path(), &access, &client).await?);
    }
    let opened = connect(remote, place, &job, &access)?;
    Ok(trial::run(&opened, &client).await)
}

/// A connection's name alone is a place too.
fn place_of(text: &str) -> Result<Location, Error> {
    let named = if text.contains(':') { text.to_owned() } else { format!("{text}:") };
    Ok(named.parse().map_err(SpecError::from)?)
}

/// Takes over the remotes of an rclone configuration, or only that one. A dry run changes nothing.
pub fn import_rclone(config: &[u8], only: Option<&str>, dry_run: bool) -> Result<Imported, Error> {
    rclone::import(config, only, dry_run, &book::place()?)
}

fn known(name: String, connection: Connection) -> Known {
    let secrets = secrets::places(&name, &connection);
    Known { name, connection, secrets }
}

/// Under the names of [`OF_URLS`] stands nothing else.
fn check_name(name: &str, connection: &Connection) -> Result<(), ConnectionError> {
    if OF_URLS.contains(&name) && connection.own_name() != name {
        return Err(ConnectionError::Reserved { name: name.to_owned() });
    }
    Ok(())
}

/// Keeps a connection and its secrets: both, or neither.
fn keep(
    place: &Path,
    name: &str,
    connection: Connection,
    secrets: &[(SecretField, Secret)],
) -> Result<(), Error> {
    check_name(name, &connection)?;
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
