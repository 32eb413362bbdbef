//! Who an SFTP server is: its key, and whether the user trusts it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{ConnectionError, access_of, place_of};
use crate::error::Error;
use crate::spec::{Connection, JobSpec, Location};
use crate::storage::remote::connect::connection_of;
use crate::storage::server::dial_of;
use crate::storage::server::sftp::Dial;
use crate::storage::server::sftp::hosts::{Shown, Trust, fingerprint};

/// The key that a server shows, before anybody signs in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct HostKey {
    /// The server's name and port.
    pub host: String,
    /// The kind of key, such as `ssh-ed25519`.
    pub algorithm: String,
    /// What is compared with what the server's administrator says: `SHA256:…`.
    pub fingerprint: String,
    /// What the user knows of it.
    pub trust: HostTrust,
    /// The file with the keys that are known.
    #[ts(type = "string")]
    pub known_hosts: PathBuf,
}

/// What the user knows of a server's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum HostTrust {
    /// It is the server's.
    Known,
    /// The server was never seen.
    Unknown,
    /// The server had another key: it may be another server that passes for it.
    Changed,
    /// The user's file says that nobody must be trusted by this key.
    Revoked,
}

/// The key of the server at a place, such as `nas:` or `sftp://nas.example/`. Signs nobody in.
pub async fn host_key(place: &str) -> Result<HostKey, Error> {
    let dial = dial(place)?;
    let shown = look(place, &dial).await?;
    Ok(told(&dial, &shown))
}

/// Trusts the server at a place from now on, if its key has that fingerprint. One that had another key stays
/// refused until that one is taken out of the file: nobody does so by mistake.
pub async fn trust_host_key(place: &str, expected: &str) -> Result<HostKey, Error> {
    let dial = dial(place)?;
    let shown = look(place, &dial).await?;
    let mut key = told(&dial, &shown);
    if key.fingerprint != expected.trim() {
        return Err(ConnectionError::HostKeyOther { host: key.host, fingerprint: key.fingerprint }.into());
    }
    match shown.trust {
        Trust::Known => return Ok(key),
        Trust::Unknown => {}
        Trust::Changed | Trust::Revoked => {
            let (host, path) = (key.host, key.known_hosts);
            return Err(ConnectionError::HostKeyStands { host, path }.into());
        }
    }
    dial.host
        .learn(&shown.key)
        .map_err(|why| ConnectionError::HostKeyUnkept { path: dial.host.file.clone(), why })?;
    key.trust = HostTrust::Known;
    Ok(key)
}

fn dial(place: &str) -> Result<Dial, Error> {
    let location = place_of(place)?;
    let job = JobSpec::new(Vec::new(), location.clone());
    let Location::Remote(remote) = &location else {
        return Err(ConnectionError::NoPlace { text: place.to_owned() }.into());
    };
    let (_, connection) = connection_of(remote, place, &job, &access_of(&job)?)?;
    let Connection::Sftp(spec) = &connection else {
        return Err(ConnectionError::NoHostKey { kind: connection.kind() }.into());
    };
    dial_of(spec, place).map_err(|error| ConnectionError::HostUnseen { why: error.to_string() }.into())
}

async fn look(place: &str, dial: &Dial) -> Result<Shown, Error> {
    let looked = dial.look_at_host().await;
    looked.map_err(|fault| ConnectionError::HostUnseen { why: format!("{place}: {fault}") }.into())
}

fn told(dial: &Dial, shown: &Shown) -> HostKey {
    HostKey {
        host: dial.host.address(),
        algorithm: shown.key.algorithm().to_string(),
        fingerprint: fingerprint(&shown.key),
        trust: match shown.trust {
            Trust::Known => HostTrust::Known,
            Trust::Unknown => HostTrust::Unknown,
            Trust::Changed => HostTrust::Changed,
            Trust::Revoked => HostTrust::Revoked,
        },
        known_hosts: dial.host.file.clone(),
    }
}
