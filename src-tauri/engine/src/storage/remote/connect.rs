//! From a job's location to a place: which connection, whose secrets. Asks no service yet.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Place, Store, Tree};
use crate::preflight::Refusal;
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
                return Err(Refusal {
                    code: "bucket_missing",
                    message: format!("{shown} names no bucket"),
                    advice: BUCKET_FIRST,
                });
            }
            let bucket = object::open(&connection, &name, bucket, access.secrets.as_ref())
                .map_err(|error| refused(&error, shown, &name, &connection))?;
            Ok(Place::new(Store::Object(Arc::new(bucket)), prefix, shown.to_owned()))
        }
        Connection::Http(_) => Err(Refusal {
            code: "connection_kind",
            message: format!("{shown}: a web server has no list of its files, so it is no place to name"),
            advice: "Name its files by their URLs, in the rows of a catalogue; below its address they are fetched with the connection's secret.",
        }),
        Connection::Sftp(_) | Connection::Webdav(_) | Connection::Ftp(_) => {
            let path = remote.path();
            let plain = path.trim_matches('/');
            if !plain.is_empty() && !server::is_plain(plain) {
                return Err(Refusal {
                    code: "place_invalid",
                    message: format!("{shown} is no plain path"),
                    advice: "Write the path there plainly, without . and .. in it.",
                });
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
    let connection = known.ok_or_else(|| Refusal {
        code: "connection_unknown",
        message: format!("there is no connection {name}, which {shown} names{}", names_of(job, access)),
        advice: "Add it with `sluice connections add` or as [connections.NAME] in the job. A file or folder of this computer whose name begins so is written with ./ before it.",
    })?;
    Ok((name.clone(), connection.clone()))
}

fn not_opened(error: &server::Failed, shown: &str, name: &str) -> Refusal {
    match error {
        server::Failed::NoSecret(field) => Refusal {
            code: "secret_missing",
            message: format!("{shown}: {error}; {} is not set", field.variable(name)),
            advice: "Keep the secret with `sluice connections add`, or set the environment variable before you start Sluice.",
        },
        server::Failed::Secrets(_) => Refusal {
            code: "secret_unreadable",
            message: format!("{shown}: {error}"),
            advice: "Unlock the keychain, or set the connection's environment variables before you start Sluice.",
        },
        server::Failed::Wrong(_) => Refusal {
            code: "connection_invalid",
            message: format!("{shown}: {error}"),
            advice: "Correct the connection's address.",
        },
    }
}

/// The names that there are, for whoever mistyped one.
fn names_of(job: &JobSpec, access: &Access) -> String {
    let names: BTreeSet<&str> =
        job.connections.keys().chain(access.connections.keys()).map(String::as_str).collect();
    let names: Vec<&str> = names.into_iter().collect();
    if names.is_empty() { "; there is none yet".into() } else { format!("; there are {}", names.join(", ")) }
}

const BUCKET_FIRST: &str = "Write the bucket (in Azure: the container) first: s3://bucket/prefix, az://container/prefix, gs://bucket/prefix, or NAME:bucket/prefix.";

fn refused(error: &OpenError, shown: &str, name: &str, connection: &Connection) -> Refusal {
    match error {
        OpenError::NoKey(missing) | OpenError::Nobody(missing) => {
            let variables: Vec<String> = missing.iter().map(|field| field.variable(name)).collect();
            let are = match error {
                OpenError::Nobody(_) if variables.len() > 1 => "are both",
                _ if variables.len() > 1 => "are",
                _ => "is",
            };
            Refusal {
                code: "secret_missing",
                message: format!("{shown}: {error}; {} {are} not set", variables.join(" and ")),
                advice: match connection {
                    Connection::Azure(_) => {
                        "Keep one of the secrets with `sluice connections add`, or set its environment variable before you start Sluice. Without an endpoint of its own, what the Azure tools take serves as well (AZURE_STORAGE_ACCOUNT with AZURE_STORAGE_KEY, with AZURE_STORAGE_SAS_TOKEN, or with AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET)."
                    }
                    Connection::Gcs(_) => {
                        "Name the key file that Google gave you (key_file), or keep its content with `sluice connections add` or in that environment variable. Without an endpoint of its own, what the Google tools know serves as well (GOOGLE_APPLICATION_CREDENTIALS, `gcloud auth application-default login`)."
                    }
                    _ => {
                        "Keep the secret with `sluice connections add`, or set the environment variables before you start Sluice. The AWS tools' own (AWS_ACCESS_KEY_ID, AWS_PROFILE, ~/.aws) serve as well."
                    }
                },
            }
        }
        OpenError::Secrets(_) => Refusal {
            code: "secret_unreadable",
            message: format!("{shown}: {error}"),
            advice: "Unlock the keychain, or set the connection's environment variables before you start Sluice.",
        },
        OpenError::Bucket => Refusal {
            code: "bucket_invalid",
            message: format!("the connection {name}: {error}"),
            advice: BUCKET_FIRST,
        },
        OpenError::Wrong(_) => Refusal {
            code: "connection_invalid",
            message: format!("{shown}: {error}"),
            advice: match connection {
                Connection::S3(_) => "Correct the connection's endpoint, region or style.",
                _ => "Correct the connection's account, endpoint or secret.",
            },
        },
        OpenError::Kind(_) => Refusal {
            code: "connection_kind",
            message: format!("{shown}: {error}"),
            advice: "Take a Sluice that was built with it.",
        },
    }
}
