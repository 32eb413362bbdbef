//! What a job may reach: its own connections, then the user's, and their secrets.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::secrets::UserSecrets;
use super::{ConnectionError, book};
use crate::preflight::Refusal;
use crate::spec::{Connection, JobSpec};
use crate::storage::remote::connect::Access;

/// The user's connections and secrets, for a job. A job that stays on this computer needs neither, so
/// that what is wrong with them does not hold it up. Whether a catalogue names URLs is not known yet: then
/// they are taken where they can be had.
pub(crate) fn access_of(job: &JobSpec) -> Result<Access, Refusal> {
    let connections = match users() {
        _ if !job.is_remote() && job.catalogues.is_empty() => BTreeMap::new(),
        Ok(connections) => connections,
        Err(error) if job.is_remote() => return Err(refused(&error)),
        Err(error) => {
            tracing::warn!(%error, "nobody signs in where the rows of a catalogue name URLs");
            BTreeMap::new()
        }
    };
    let secrets = UserSecrets { disguised: disguised(&job.connections, &connections) };
    Ok(Access { connections, secrets: Arc::new(secrets) })
}

/// A system without a place for connections has none.
fn users() -> Result<BTreeMap<String, Connection>, ConnectionError> {
    match book::place() {
        Ok(place) => book::load(&place),
        Err(ConnectionError::NoFolder) => Ok(BTreeMap::new()),
        Err(error) => Err(error),
    }
}

fn refused(error: &ConnectionError) -> Refusal {
    Refusal::Connections { code: error.code().to_owned(), said: error.to_string() }
}

/// Names of the user's under which a job describes another service.
fn disguised(own: &BTreeMap<String, Connection>, users: &BTreeMap<String, Connection>) -> BTreeSet<String> {
    let other = |(name, connection): &(&String, &Connection)| {
        users.get(*name).is_some_and(|known| known != *connection)
    };
    own.iter().filter(other).map(|(name, _)| name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Sftp;

    #[test]
    fn a_job_cannot_send_the_users_secrets_elsewhere() {
        let of = |pairs: &[(&str, &str)]| -> BTreeMap<String, Connection> {
            let sftp = |host: &str| Connection::Sftp(Sftp::at(host.into()));
            pairs.iter().map(|(name, host)| ((*name).to_owned(), sftp(host))).collect()
        };
        let users = of(&[("nas", "nas.example"), ("archive", "archive.example")]);
        let own = of(&[("nas", "evil.example"), ("archive", "archive.example"), ("tape", "tape.example")]);
        assert_eq!(disguised(&own, &users), BTreeSet::from(["nas".to_owned()]));
    }
}
