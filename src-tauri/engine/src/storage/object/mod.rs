//! Object storage that speaks the protocol of Amazon S3, through `object_store`: its signing, its
//! credentials and its requests, with its retries off. What it cannot say is beside it: listing keys as
//! they are ([`list`]), and what an answer's headers tell ([`wire`]).

mod claims;
mod copy;
mod fault;
mod list;
mod open;
pub(crate) mod parts;
mod profile;
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
use object_store::client::{HttpRequest, HttpResponse, HttpService};
use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path;
use object_store::{
    Attribute, Attributes, GetOptions, GetResult, ObjectStore, ObjectStoreExt, PutMode, PutMultipartOptions,
    PutOptions, PutPayload,
};

pub(crate) use copy::LARGEST as LARGEST_COPY;
pub(crate) use open::{OpenError, open};

use super::remote::claim::Claim;
use super::remote::fault::{Fault, FaultKind};
use super::remote::{Looked, Mode, Told};
use wire::{Asserted, Wire};

/// One bucket.
#[derive(Debug)]
pub(crate) struct Bucket {
    /// Scheme, host and port.
    pub(crate) endpoint: Arc<str>,
    /// Without a slash at its end.
    url: String,
    /// The last part of it, or of its host.
    bucket: String,
    region: String,
    /// Under which the secrets are kept that sign in.
    name: String,
    anonymous: bool,
    store: AmazonS3,
    /// The same; an upload that it completes replaces nothing.
    guarded: AmazonS3,
    wire: Wire,
    /// The service refuses to replace what is there, when it is told so.
    guards: AtomicBool,
    /// It does so with copies too, as far as a look has shown.
    guards_copies: AtomicBool,
}

/// What came of bytes that were sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    /// The service computed a checksum of what it stores, and it is ours.
    pub(crate) asserted: bool,
    pub(crate) etag: Option<String>,
}

/// The name under which the source's modification time is kept, as rclone does: seconds since 1970.
const MTIME: &str = "mtime";

impl Bucket {
    /// Whether the service itself keeps two writers from replacing each other's objects unseen.
    pub(crate) fn guards(&self) -> bool {
        self.guards.load(Ordering::Relaxed)
    }

    pub(crate) fn set_guards(&self, guards: bool) {
        self.guards.fetch_and(guards, Ordering::Relaxed);
    }

    /// Sends a request of our own, signed.
    async fn ask(&self, mut request: HttpRequest) -> Result<HttpResponse, Fault> {
        if !self.anonymous {
            let credential = self.store.credentials().get_credential().await?;
            AwsAuthorizer::new(&credential, "s3", &self.region).try_authorize(&mut request, None)?;
        }
        Ok(self.wire.call(request).await?)
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
        Ok(looked(&self.store.get_opts(&path(key)?, options).await?))
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
        let got = self.store.get_opts(&path(key)?, options).await?;
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
        let mode_of = match mode {
            Mode::Create if self.guards() => PutMode::Create,
            _ => PutMode::Overwrite,
        };
        let options = PutOptions { mode: mode_of, attributes: attributes(told), ..PutOptions::default() };
        let put = self.store.put_opts(&path(key)?, payload, options).await;
        let put = put.map_err(|error| guarded(error.into(), mode))?;
        Ok(Stored { asserted: put.extensions.get::<Asserted>().is_some(), etag: put.e_tag })
    }

    /// Begins an upload in parts; gives its id.
    pub(crate) async fn begin(&self, key: &str, told: &Told) -> Result<String, Fault> {
        let options = PutMultipartOptions { attributes: attributes(told), ..PutMultipartOptions::default() };
        Ok(self.store.create_multipart_opts(&path(key)?, options).await?)
    }

    /// Puts a part, by its number from 0; gives what completing the upload needs.
    pub(crate) async fn put_part(
        &self,
        key: &str,
        upload: &str,
        number: u32,
        payload: PutPayload,
    ) -> Result<String, Fault> {
        let upload = upload.to_owned();
        let part = self.store.put_part(&path(key)?, &upload, number as usize, payload).await?;
        Ok(part.content_id)
    }

    /// Makes an object of an upload's parts, in their order.
    pub(crate) async fn complete(
        &self,
        key: &str,
        upload: &str,
        parts: Vec<String>,
        mode: Mode,
    ) -> Result<Stored, Fault> {
        // The library keeps the checksum with a part where the answer had one: where it was ours.
        let asserted = parts.iter().all(|part| part.contains("<checksum_"));
        let parts = parts.into_iter().map(|content_id| PartId { content_id }).collect();
        let store = match mode {
            Mode::Create if self.guards() => &self.guarded,
            _ => &self.store,
        };
        let completed = store.complete_multipart(&path(key)?, &upload.to_owned(), parts).await;
        let completed = completed.map_err(|error| guarded(error.into(), mode))?;
        Ok(Stored { asserted, etag: completed.e_tag })
    }

    /// Gives an upload up; the service forgets its parts.
    pub(crate) async fn abort(&self, key: &str, upload: &str) -> Result<(), Fault> {
        match self.store.abort_multipart(&path(key)?, &upload.to_owned()).await.map_err(Fault::from) {
            Err(fault) if matches!(fault.kind, FaultKind::NoUpload | FaultKind::Missing) => Ok(()),
            other => other,
        }
    }

    /// Removes an object.
    pub(crate) async fn delete(&self, key: &str) -> Result<(), Fault> {
        Ok(self.store.delete(&path(key)?).await?)
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
    let class = got.attributes.get(&Attribute::StorageClass).map(|class| class.as_ref().to_owned());
    Looked {
        size: meta.size,
        etag: meta.e_tag.clone(),
        // Else when it was put there, which is the earliest that anybody knows.
        modified: text(MTIME).and_then(|seconds| time_of(seconds)).or(Some(meta.last_modified.into())),
        is_folder: false,
        claim: got.extensions.get::<Claim>().cloned(),
        is_archived: class.is_some_and(|class| matches!(class.as_str(), "GLACIER" | "DEEP_ARCHIVE")),
    }
}

fn attributes(told: &Told) -> Attributes {
    let mut attributes = Attributes::new();
    attributes.insert(Attribute::ContentType, told.content_type.into());
    if let Some(since) = told.modified.and_then(|at| at.duration_since(UNIX_EPOCH).ok()) {
        let seconds = format!("{}.{:09}", since.as_secs(), since.subsec_nanos());
        attributes.insert(Attribute::Metadata(MTIME.into()), seconds.into());
    }
    attributes
}

/// Seconds since 1970 with a fraction, without the rounding of a floating point number.
fn time_of(seconds: &str) -> Option<SystemTime> {
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    let digits: String = fraction.chars().chain("000000000".chars()).take(9).collect();
    UNIX_EPOCH.checked_add(Duration::new(whole.parse().ok()?, digits.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_back_as_they_were() {
        let at = UNIX_EPOCH + Duration::new(1_700_000_000, 123_456_789);
        let told = Told { content_type: "text/plain", modified: Some(at) };
        let kept = attributes(&told);
        let mtime = kept.get(&Attribute::Metadata(MTIME.into())).expect("kept");
        assert_eq!(time_of(mtime), Some(at));
        assert_eq!(time_of("1.5"), Some(UNIX_EPOCH + Duration::from_millis(1500)));
        for none in ["", "-1.0", "x", "1.-5", "99999999999999999999"] {
            assert_eq!(time_of(none), None, "{none}");
        }
    }
}
