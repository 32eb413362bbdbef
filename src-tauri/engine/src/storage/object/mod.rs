//! Object storage, through `object_store`: its signing, its credentials and its requests, with its retries
//! off. What it cannot say is beside it: listing keys as they are ([`list`]), and what an answer's headers tell
//! ([`wire`], [`dialect`]). Amazon S3 and what speaks its protocol, Azure Blob Storage (the feature `azure`) and
//! Google Cloud Storage (`gcs`).

#![cfg_attr(
    not(all(feature = "azure", feature = "gcs")),
    allow(
        dead_code,
        irrefutable_let_patterns,
        unused_assignments,
        unused_imports,
        unused_variables,
        reason = "what only the other services need"
    )
)]

#[cfg(feature = "azure")]
mod azure;
mod claims;
mod copy;
mod dialect;
mod fault;
#[cfg(feature = "gcs")]
mod gcs;
mod list;
mod open;
pub(crate) mod parts;
mod read;
mod sign;
mod times;
mod wire;
mod write;
mod xml;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use object_store::ObjectStore;
use object_store::aws::{AmazonS3, AwsAuthorizer};
#[cfg(feature = "azure")]
use object_store::azure::AzureAuthorizer;
use object_store::client::{HttpRequest, HttpRequestBody, HttpResponse, HttpService};
use object_store::path::Path;
use percent_encoding::utf8_percent_encode;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, HeaderValue};

pub(crate) use copy::{Copy, Original};
pub(crate) use open::{OpenError, open};
pub(crate) use write::Stored;

use super::remote::fault::{Fault, FaultKind};
use wire::Wire;

/// One bucket, or container.
#[derive(Debug)]
pub(crate) struct Bucket {
    /// Scheme, host and port.
    pub(crate) endpoint: Arc<str>,
    /// Without a slash at its end.
    url: String,
    wire: Wire,
    service: Service,
    /// The service refuses to replace what is there, when it is told so.
    guards: AtomicBool,
}

/// Who keeps it, and what of its own there is to that.
#[derive(Debug)]
enum Service {
    S3(S3Bucket),
    #[cfg(feature = "azure")]
    Azure(azure::Container),
    #[cfg(feature = "gcs")]
    Gcs(gcs::GoogleBucket),
}

#[derive(Debug)]
struct S3Bucket {
    store: AmazonS3,
    /// The same; an upload that it completes replaces nothing.
    guarded: AmazonS3,
    /// The last part of the URL, or of its host.
    bucket: String,
    region: String,
    /// Under which the secrets are kept that sign in.
    name: String,
    anonymous: bool,
    /// A copy to a key that is taken is refused too, as far as a look has shown.
    guards_copies: AtomicBool,
    /// The largest object that is copied in one request (bytes).
    copies_up_to: u64,
    /// It has shown that it copies no parts.
    knows_no_parts: AtomicBool,
    /// It has shown that it gives no checksum of what it copies.
    proves_no_copies: AtomicBool,
    /// The checksums of what is sent are ours and not the library's.
    adds_checksums: bool,
}

impl Service {
    /// What all of them do in the same way.
    fn objects(&self) -> &dyn ObjectStore {
        match self {
            Self::S3(bucket) => &bucket.store,
            #[cfg(feature = "azure")]
            Self::Azure(container) => &container.store,
            #[cfg(feature = "gcs")]
            Self::Gcs(bucket) => &bucket.store,
        }
    }
}

impl Bucket {
    /// What there is to it of S3's own.
    fn s3(&self) -> Option<&S3Bucket> {
        match &self.service {
            Service::S3(bucket) => Some(bucket),
            #[cfg(any(feature = "azure", feature = "gcs"))]
            _ => None,
        }
    }

    /// Whether the service itself keeps two writers from replacing each other's objects unseen.
    pub(crate) fn guards(&self) -> bool {
        self.guards.load(Ordering::Relaxed)
    }

    pub(crate) fn set_guards(&self, guards: bool) {
        self.guards.fetch_and(guards, Ordering::Relaxed);
    }

    /// Sends a request of our own, signed.
    async fn ask(&self, mut request: HttpRequest) -> Result<HttpResponse, Fault> {
        match &self.service {
            Service::S3(bucket) if !bucket.anonymous => {
                let credential = bucket.store.credentials().get_credential().await?;
                AwsAuthorizer::new(&credential, "s3", &bucket.region).try_authorize(&mut request, None)?;
            }
            Service::S3(_) => {}
            #[cfg(feature = "azure")]
            Service::Azure(container) => {
                azure::prepare(&mut request);
                if !container.anonymous {
                    let credential = container.store.credentials().get_credential().await?;
                    AzureAuthorizer::new(&credential, &container.account).try_authorize(&mut request)?;
                }
            }
            #[cfg(feature = "gcs")]
            Service::Gcs(bucket) => {
                if !bucket.anonymous {
                    let credential = bucket.store.credentials().get_credential().await?;
                    let bearer = HeaderValue::from_str(&format!("Bearer {}", credential.bearer));
                    let unusable = |_| Fault::new(FaultKind::SignIn, "its token is none");
                    request.headers_mut().insert(AUTHORIZATION, bearer.map_err(unusable)?);
                }
            }
        }
        Ok(self.wire.call(request).await?)
    }

    /// A request for a key, or for the bucket itself where that is empty. `query` is in URL spelling.
    fn request(
        &self,
        method: Method,
        key: &str,
        query: &str,
        body: HttpRequestBody,
    ) -> Result<HttpRequest, Fault> {
        let mut url = self.url.clone();
        if !key.is_empty() {
            for part in path(key)?.as_ref().split('/') {
                url.push('/');
                url.extend(utf8_percent_encode(part, list::STRICT));
            }
        } else if matches!(self.service, Service::S3(_)) {
            // Some services tell the bucket from a key by the slash.
            url.push('/');
        }
        if !query.is_empty() {
            url = format!("{url}?{query}");
        }
        let mut request = HttpRequest::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = url.parse().map_err(|error: http::uri::InvalidUri| {
            Fault::new(FaultKind::Rejected, format!("its address makes no sense: {error}"))
        })?;
        Ok(request)
    }

    /// Whether both are one bucket, as far as their addresses say.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.url == other.url
    }

    /// Whether there can be a request for that key.
    pub(crate) fn may_ask(key: &str) -> Result<(), Fault> {
        path(key).map(drop)
    }
}

fn path(key: &str) -> Result<Path, Fault> {
    let path = Path::parse(key).map_err(|error| Fault::new(FaultKind::Name, error.to_string()))?;
    // What the library would ask for under another name is not asked for at all.
    if path.as_ref() == key {
        Ok(path)
    } else {
        Err(Fault::new(FaultKind::Name, "a key that begins or ends with / cannot be asked for"))
    }
}
