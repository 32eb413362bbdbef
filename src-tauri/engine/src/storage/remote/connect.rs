//! From a job's location to a place: which connection, whose secrets. Asks no service yet.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Place, Store, Tree};
use crate::preflight::{Refusal, ServiceKind};
use crate::spec::{Connection, JobSpec, Remote, Secrets, Via};
use crate::storage::object::{self, OpenError};
use crate::storage::server;

/// How locations are reached: the user's own connections, and where secrets are kept.
pub(crate) struct Access {
    /// By name; a job's own of the same name comes first.
    pub(crate) connections: BTreeMap<String, Connection>,
    pub(crate) secrets: Arc<dyn Secrets>,
}

/// Opens a place behind a connection.
pub(crate) fn connect(
    remote: &Remote,
    shown: &str,
    job: &JobSpec,
    access: &Access,
) -> Result<Place, Refusal> {
    let (name, connection) = connection_of(remote, shown, job, access)?;
    match &connection {
        Connection::S3(_) | Connection::Azure(_) | Connection::Gcs(_) => {
            let path = remote.path().trim_start_matches('/');
            let (bucket, prefix) = path.split_once('/').unwrap_or((path, ""));
            if bucket.is_empty() {
                return Err(Refusal::BucketMissing { place: shown.to_owned() });
            }
            let bucket = object::open(&connection, &name, bucket, access.secrets.as_ref())
                .map_err(|error| refused(&error, shown, &name, &connection))?;
            Ok(Place::new(Store::Object(Arc::new(bucket)), prefix, shown.to_owned()))
        }
        Connection::Http(_) => Err(Refusal::WebServer { place: shown.to_owned() }),
        Connection::Sftp(_) | Connection::Webdav(_) | Connection::Ftp(_) => {
            let path = remote.path();
            let plain = path.trim_matches('/');
            if !plain.is_empty() && !server::is_plain(plain) {
                return Err(Refusal::PlaceInvalid { place: shown.to_owned() });
            }
            let place = match remote.via() {
                Via::Named(name) => format!("{name}:"),
                Via::Url(_) => shown.to_owned(),
            };
            let server = server::open(&connection, (&name, &place), access.secrets.as_ref())
                .map_err(|error| not_opened(&error, shown, &name))?;
            // A URL's path is the server's own; behind a name there may be one from where we are put.
            let from_root = path.starts_with('/') && !matches!(connection, Connection::Webdav(_));
            Ok(Place::new(Store::Files(Tree { server, from_root }), path, shown.to_owned()))
        }
    }
}

/// The connection that a location names or describes, and the name under which its secrets are kept.
pub(crate) fn connection_of(
    remote: &Remote,
    shown: &str,
    job: &JobSpec,
    access: &Access,
) -> Result<(String, Connection), Refusal> {
    let name = match remote.via() {
        Via::Url(connection) => return Ok((connection.own_name(), (**connection).clone())),
        Via::Named(name) => name,
    };
    let known = job.connections.get(name).or_else(|| access.connections.get(name));
    let connection = known.ok_or_else(|| Refusal::ConnectionUnknown {
        name: name.clone(),
        place: shown.to_owned(),
        known: names_of(job, access),
    })?;
    Ok((name.clone(), connection.clone()))
}

fn not_opened(error: &server::Failed, shown: &str, name: &str) -> Refusal {
    let place = shown.to_owned();
    match error {
        server::Failed::NoSecret(field) => {
            Refusal::SecretMissing { place, secret: *field, variable: field.variable(name) }
        }
        server::Failed::Secrets(said) => Refusal::SecretUnreadable { place, said: said.clone() },
        server::Failed::Wrong(said) => {
            Refusal::ConnectionInvalid { place, service: ServiceKind::Files, said: said.clone() }
        }
    }
}

/// The names that there are, for whoever mistyped one.
fn names_of(job: &JobSpec, access: &Access) -> Vec<String> {
    let names: BTreeSet<&String> = job.connections.keys().chain(access.connections.keys()).collect();
    names.into_iter().cloned().collect()
}

fn refused(error: &OpenError, shown: &str, name: &str, connection: &Connection) -> Refusal {
    let (place, service) = (shown.to_owned(), ServiceKind::from(connection));
    match error {
        OpenError::NoKey(missing) | OpenError::Nobody(missing) => Refusal::KeysMissing {
            place,
            service,
            variables: missing.iter().map(|field| field.variable(name)).collect(),
            one_will_do: matches!(error, OpenError::Nobody(_)),
        },
        OpenError::Secrets(said) => Refusal::SecretUnreadable { place, said: said.clone() },
        OpenError::Bucket => Refusal::BucketInvalid { name: name.to_owned() },
        OpenError::Wrong(said) => Refusal::ConnectionInvalid { place, service, said: said.clone() },
        OpenError::Kind(_) => Refusal::KindNotBuilt { place, said: error.to_string() },
    }
}
