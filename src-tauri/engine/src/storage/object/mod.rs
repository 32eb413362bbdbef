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
mod sign;
mod wire;
mod xml;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use object_store::aws::{AmazonS3, AwsAuthorizer};
#[cfg(feature = "azure")]
use object_store::azure::AzureAuthorizer;
use object_store::client::{HttpRequest, HttpRequestBody, HttpResponse, HttpService};
use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path;
use object_store::{
    Attribute, Attributes, GetOptions, GetResult, ObjectStore, ObjectStoreExt, PutMode, PutMultipartOptions,
    PutOptions, PutPayload,
};
use percent_encoding::utf8_percent_encode;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, ETAG, HeaderValue};

pub(crate) use copy::LARGEST as LARGEST_COPY;
pub(crate) use open::{OpenError, open};

use super::remote::claim::Claim;
use super::remote::fault::{Fault, FaultKind};
use super::remote::{Looked, Mode, Told};
use wire::{Archived, Asserted, Wire};

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
    /// The checksums of what is sent are ours and not the library's.
    adds_checksums: bool,
}

/// What came of bytes that were sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    /// The service computed a checksum of what it stores, and it is ours.
    pub(crate) asserted: bool,
    pub(crate) etag: Option<String>,
}

/// The name under which the source's modification time is kept, as rclone does: in S3 seconds since 1970,
/// elsewhere as RFC 3339 has it.
const MTIME: &str = "mtime";

/// Ends what is kept of a part whose checksum the service has computed too.
const ASSERTED: &str = " asserted";

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

    /// A time as it is kept there.
    fn mtime(&self, modified: SystemTime) -> Option<String> {
        match self {
            Self::S3(_) => {
                let since = modified.duration_since(UNIX_EPOCH).ok()?;
                Some(format!("{}.{:09}", since.as_secs(), since.subsec_nanos()))
            }
            #[cfg(any(feature = "azure", feature = "gcs"))]
            _ => rfc3339(modified),
        }
    }

    fn attributes(&self, told: &Told) -> Attributes {
        let mut attributes = Attributes::new();
        attributes.insert(Attribute::ContentType, told.content_type.into());
        if let Some(modified) = told.modified.and_then(|modified| self.mtime(modified)) {
            attributes.insert(Attribute::Metadata(MTIME.into()), modified.into());
        }
        attributes
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

    /// What is under a key.
    pub(crate) async fn look(&self, key: &str) -> Result<Looked, Fault> {
        let options = GetOptions { head: true, ..GetOptions::default() };
        Ok(looked(&self.service.objects().get_opts(&path(key)?, options).await?))
    }

    /// Opens what is under a key, from `from` (bytes) on; only if it still has that tag.
    pub(crate) async fn read(
        &self,
        key: &str,
        from: u64,
        etag: Option<&str>,
    ) -> Result<(Looked, BoxStream<'static, Result<Bytes, Fault>>), Fault> {
        let options = GetOptions {
            if_match: etag.map(ToOwned::to_owned),
            range: (from > 0).then_some(object_store::GetRange::Offset(from)),
            ..GetOptions::default()
        };
        let got = self.service.objects().get_opts(&path(key)?, options).await?;
        let looked = looked(&got);
        Ok((looked, got.into_stream().map_err(Fault::from).boxed()))
    }

    /// Puts a whole object.
    pub(crate) async fn put(
        &self,
        key: &str,
        payload: PutPayload,
        told: &Told,
        mode: Mode,
    ) -> Result<Stored, Fault> {
        #[cfg(feature = "azure")]
        if let Service::Azure(_) = &self.service {
            return self.put_blob(key, payload, told, mode).await;
        }
        let mode_of = match mode {
            Mode::Create if self.guards() => PutMode::Create,
            _ => PutMode::Overwrite,
        };
        let attributes = self.service.attributes(told);
        let options = PutOptions { mode: mode_of, attributes, ..PutOptions::default() };
        let put = self.service.objects().put_opts(&path(key)?, payload, options).await;
        let put = put.map_err(|error| guarded(error.into(), mode))?;
        Ok(Stored { asserted: put.extensions.get::<Asserted>().is_some(), etag: put.e_tag })
    }

    /// Begins an upload in parts; gives its id.
    pub(crate) async fn begin(&self, key: &str, told: &Told) -> Result<String, Fault> {
        let attributes = self.service.attributes(told);
        let options = PutMultipartOptions { attributes, ..PutMultipartOptions::default() };
        match &self.service {
            Service::S3(bucket) => Ok(bucket.store.create_multipart_opts(&path(key)?, options).await?),
            // There is nothing to begin. The name is ours, and its blocks are known by it.
            #[cfg(feature = "azure")]
            Service::Azure(_) => path(key).map(|_| uuid::Uuid::new_v4().simple().to_string()),
            #[cfg(feature = "gcs")]
            Service::Gcs(bucket) => Ok(bucket.store.create_multipart_opts(&path(key)?, options).await?),
        }
    }

    /// Puts a part, by its number from 0; gives what completing the upload needs.
    pub(crate) async fn put_part(
        &self,
        key: &str,
        upload: &str,
        number: u32,
        payload: PutPayload,
    ) -> Result<String, Fault> {
        match &self.service {
            Service::S3(bucket) if bucket.adds_checksums => {
                self.put_own_part(key, upload, number, payload).await
            }
            Service::S3(bucket) => {
                let upload = upload.to_owned();
                let part = bucket.store.put_part(&path(key)?, &upload, number as usize, payload).await?;
                Ok(part.content_id)
            }
            #[cfg(feature = "azure")]
            Service::Azure(_) => self.put_block(key, upload, number, payload).await,
            #[cfg(feature = "gcs")]
            Service::Gcs(_) => self.put_own_part(key, upload, number, payload).await,
        }
    }

    /// Puts a part; the library would not tell whether the service has computed the same checksum.
    async fn put_own_part(
        &self,
        key: &str,
        upload: &str,
        number: u32,
        payload: PutPayload,
    ) -> Result<String, Fault> {
        let upload = utf8_percent_encode(upload, list::STRICT);
        let query = format!("partNumber={}&uploadId={upload}", number + 1);
        let length = HeaderValue::from(payload.content_length());
        let mut request = self.request(Method::PUT, key, &query, payload.into())?;
        request.headers_mut().insert(CONTENT_LENGTH, length);
        let answer = self.ask(request).await?;
        let tag = answer.headers().get(ETAG).and_then(|tag| tag.to_str().ok());
        let tag = tag.ok_or_else(|| Fault::new(FaultKind::Rejected, "the service gave a part no tag"))?;
        Ok(receipt(tag.to_owned(), answer.extensions().get::<Asserted>().is_some()))
    }

    /// Makes an object of an upload's parts, in their order.
    pub(crate) async fn complete(
        &self,
        key: &str,
        upload: &str,
        parts: Vec<String>,
        told: &Told,
        mode: Mode,
    ) -> Result<Stored, Fault> {
        let ids = |parts: Vec<String>| parts.into_iter().map(|content_id| PartId { content_id }).collect();
        match &self.service {
            Service::S3(bucket) => {
                // The library keeps the checksum with a part where the answer had one: where it was ours.
                let is_asserted = |part: &String| part.contains("<checksum_") || part.ends_with(ASSERTED);
                let asserted = parts.iter().all(is_asserted);
                let parts = parts.iter().map(|part| part.trim_end_matches(ASSERTED).to_owned()).collect();
                let store = match mode {
                    Mode::Create if self.guards() => &bucket.guarded,
                    _ => &bucket.store,
                };
                let completed = store.complete_multipart(&path(key)?, &upload.to_owned(), ids(parts)).await;
                let completed = completed.map_err(|error| guarded(error.into(), mode))?;
                Ok(Stored { asserted, etag: completed.e_tag })
            }
            #[cfg(feature = "azure")]
            Service::Azure(_) => {
                let asserted = parts.iter().all(|part| part.ends_with(ASSERTED));
                let blocks: Vec<&str> = parts.iter().map(|part| part.trim_end_matches(ASSERTED)).collect();
                let etag = self.put_block_list(key, &blocks, told, mode).await?;
                Ok(Stored { asserted, etag })
            }
            #[cfg(feature = "gcs")]
            Service::Gcs(bucket) => {
                let asserted = parts.iter().all(|part| part.ends_with(ASSERTED));
                let tags = parts.iter().map(|part| part.trim_end_matches(ASSERTED).to_owned()).collect();
                // Here the service hears no condition ("XML API multipart uploads", considerations).
                if mode == Mode::Create {
                    match self.look(key).await {
                        Err(fault) if fault.kind == FaultKind::Missing => {}
                        Err(fault) => return Err(fault),
                        Ok(_) => return Err(Fault::new(FaultKind::Taken, "an object of that name is there")),
                    }
                }
                let completed =
                    bucket.store.complete_multipart(&path(key)?, &upload.to_owned(), ids(tags)).await?;
                Ok(Stored { asserted, etag: completed.e_tag })
            }
        }
    }

    /// Gives an upload up; the service forgets its parts. Azure forgets blocks that belong to nothing by itself,
    /// within a week, and no sooner.
    pub(crate) async fn abort(&self, key: &str, upload: &str) -> Result<(), Fault> {
        let (path, upload) = (path(key)?, upload.to_owned());
        let aborted = match &self.service {
            Service::S3(bucket) => bucket.store.abort_multipart(&path, &upload).await,
            #[cfg(feature = "azure")]
            Service::Azure(_) => Ok(()),
            #[cfg(feature = "gcs")]
            Service::Gcs(bucket) => bucket.store.abort_multipart(&path, &upload).await,
        };
        match aborted.map_err(Fault::from) {
            Err(fault) if matches!(fault.kind, FaultKind::NoUpload | FaultKind::Missing) => Ok(()),
            other => other,
        }
    }

    /// Removes an object.
    pub(crate) async fn delete(&self, key: &str) -> Result<(), Fault> {
        match &self.service {
            #[cfg(feature = "azure")]
            Service::Azure(_) => self.delete_blob(key).await,
            service => Ok(service.objects().delete(&path(key)?).await?),
        }
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

/// A condition that fails where nothing must be replaced says that something is there.
fn guarded(fault: Fault, mode: Mode) -> Fault {
    match (mode, fault.kind) {
        (Mode::Create, FaultKind::Changed) => Fault { kind: FaultKind::Taken, ..fault },
        _ => fault,
    }
}

fn looked(got: &GetResult) -> Looked {
    let meta = &got.meta;
    let text = |name: &'static str| got.attributes.get(&Attribute::Metadata(name.into()));
    Looked {
        size: meta.size,
        etag: meta.e_tag.clone(),
        // Else when it was put there, which is the earliest that anybody knows.
        modified: text(MTIME).and_then(|seconds| time_of(seconds)).or(Some(meta.last_modified.into())),
        is_folder: false,
        claim: got.extensions.get::<Claim>().cloned(),
        is_archived: got.extensions.get::<Archived>().is_some(),
    }
}

/// What is kept of a part: what completing the upload needs, and whether the service computed its checksum.
fn receipt(id: String, asserted: bool) -> String {
    if asserted { id + ASSERTED } else { id }
}

#[cfg(any(feature = "azure", feature = "gcs"))]
fn rfc3339(at: SystemTime) -> Option<String> {
    jiff::Timestamp::try_from(at).ok().map(|at| at.to_string())
}

/// Seconds since 1970 with a fraction, without the rounding of a floating point number; or RFC 3339.
fn time_of(text: &str) -> Option<SystemTime> {
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return UNIX_EPOCH.checked_add(at.as_duration().try_into().ok()?);
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits: String = fraction.chars().chain("000000000".chars()).take(9).collect();
    UNIX_EPOCH.checked_add(Duration::new(whole.parse().ok()?, digits.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_back_as_they_were() {
        let at = UNIX_EPOCH + Duration::new(1_700_000_000, 123_456_789);
        assert_eq!(time_of("1700000000.123456789"), Some(at));
        #[cfg(any(feature = "azure", feature = "gcs"))]
        assert_eq!(rfc3339(at).as_deref().and_then(time_of), Some(at));
        assert_eq!(time_of("2023-11-14T23:13:20.123456789+01:00"), Some(at));
        assert_eq!(time_of("1.5"), Some(UNIX_EPOCH + Duration::from_millis(1500)));
        for none in ["", "-1.0", "x", "1.-5", "99999999999999999999"] {
            assert_eq!(time_of(none), None, "{none}");
        }
    }
}
