//! From a connection to a bucket: which address, and who signs in. Asks nobody yet.

#[cfg(feature = "azure")]
mod azure;
#[cfg(feature = "gcs")]
mod gcs;
mod profile;
mod s3;

use object_store::RetryConfig;

use super::Bucket;
use crate::spec::{BUCKET_RULE, Connection, SecretField, Secrets, is_bucket_name};

/// A connection that cannot be used as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OpenError {
    /// Without which secrets of its own; there may be half a key.
    #[error("no key signs in to it")]
    NoKey(&'static [SecretField]),
    /// One of these secrets would do.
    #[error("nobody signs in to it")]
    Nobody(&'static [SecretField]),
    #[error("{0}")]
    Secrets(String),
    /// The message does not repeat it: it may be a key.
    #[error("{BUCKET_RULE}")]
    Bucket,
    #[error("{0}")]
    Wrong(String),
    /// This program was built without it, or it is no kind with buckets.
    #[error("this Sluice keeps no objects with the kind {0}")]
    Kind(&'static str),
}

/// Opens a bucket. `name`: under which the connection's secrets are kept.
pub(crate) fn open(
    connection: &Connection,
    name: &str,
    bucket: &str,
    secrets: &dyn Secrets,
) -> Result<Bucket, OpenError> {
    if !is_bucket_name(bucket) {
        return Err(OpenError::Bucket);
    }
    match connection {
        Connection::S3(spec) => s3::open(spec, name, bucket, secrets),
        #[cfg(feature = "azure")]
        Connection::Azure(spec) => azure::open(spec, name, bucket, secrets),
        #[cfg(feature = "gcs")]
        Connection::Gcs(spec) => gcs::open(spec, name, bucket, secrets),
        other => Err(OpenError::Kind(other.kind())),
    }
}

/// Ours see every error.
fn no_retry() -> RetryConfig {
    RetryConfig { max_retries: 0, ..RetryConfig::default() }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Scheme, host and port of an address.
#[cfg(any(feature = "azure", feature = "gcs"))]
fn origin(url: &str) -> Result<String, OpenError> {
    let url = reqwest::Url::parse(url).map_err(|error| OpenError::Wrong(error.to_string()))?;
    Ok(url.origin().ascii_serialization())
}
