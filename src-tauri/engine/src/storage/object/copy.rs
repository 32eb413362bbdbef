//! Copies that a service makes by itself (Amazon S3 API Reference, `CopyObject`): no byte comes here.

use std::sync::atomic::Ordering;

use object_store::client::{HttpRequest, HttpRequestBody};
use percent_encoding::utf8_percent_encode;
use reqwest::Method;
use reqwest::header::{HeaderName, HeaderValue, IF_NONE_MATCH};

use super::fault::of_answer;
use super::list::STRICT;
use super::read::named;
use super::wire::collect;
use super::{Bucket, path, xml};
use crate::storage::remote::Mode;
use crate::storage::remote::fault::{Fault, FaultKind};

/// The largest object that is copied in one request (bytes).
pub(crate) const LARGEST: u64 = 5 << 30;

/// What an answer says of the versions that it made and that it was made of.
const VERSION: HeaderName = HeaderName::from_static("x-amz-version-id");
const SOURCE_VERSION: HeaderName = HeaderName::from_static("x-amz-copy-source-version-id");

/// A copy that the service made.
#[derive(Debug, Default)]
pub(crate) struct Copy {
    /// Its version, where several are kept under its name.
    pub(crate) version: Option<String>,
    /// The version that it was made of.
    pub(crate) source_version: Option<String>,
}

/// What is to be copied, and the tag that it must have.
pub(super) const SOURCE: HeaderName = HeaderName::from_static("x-amz-copy-source");
const IF_SOURCE: HeaderName = HeaderName::from_static("x-amz-copy-source-if-match");

impl Bucket {
    /// Whether the service can copy from the other bucket to this one: whoever signs in is the same.
    pub(crate) fn can_copy_from(&self, other: &Self) -> bool {
        let (Some(own), Some(its)) = (self.s3(), other.s3()) else { return false };
        (&own.name, &self.endpoint, &own.region) == (&its.name, &other.endpoint, &its.region)
    }

    /// Lets the service copy an object of another bucket, or of this one, if it still has that tag.
    pub(crate) async fn copy(
        &self,
        from: &Self,
        source: &str,
        tag: &str,
        key: &str,
        mode: Mode,
    ) -> Result<Copy, Fault> {
        let is_guarded = mode == Mode::Create && self.guards_copies();
        self.copy_if((from, source, tag), key, is_guarded).await
    }

    async fn copy_if(
        &self,
        (from, source, tag): (&Self, &str, &str),
        key: &str,
        is_guarded: bool,
    ) -> Result<Copy, Fault> {
        let unsaid = |error: &dyn std::fmt::Display| Fault::new(FaultKind::Name, error.to_string());
        let encoded = |key: &str| -> Result<String, Fault> {
            let part = |part: &str| utf8_percent_encode(part, STRICT).to_string();
            Ok(path(key)?.as_ref().split('/').map(part).collect::<Vec<_>>().join("/"))
        };
        let mut request = HttpRequest::new(HttpRequestBody::empty());
        *request.method_mut() = Method::PUT;
        let url = format!("{}/{}", self.url, encoded(key)?);
        *request.uri_mut() = url.parse().map_err(|error: http::uri::InvalidUri| unsaid(&error))?;
        let Some(of) = from.s3() else {
            return Err(Fault::new(FaultKind::Unsupported, "only S3 copies by itself"));
        };
        let named = format!("/{}/{}", of.bucket, encoded(source)?);
        for (header, value) in [(SOURCE, named.as_str()), (IF_SOURCE, tag)] {
            let value = value.parse().map_err(|error: http::header::InvalidHeaderValue| unsaid(&error))?;
            request.headers_mut().insert(header, value);
        }
        if is_guarded {
            request.headers_mut().insert(IF_NONE_MATCH, HeaderValue::from_static("*"));
        }
        let response = match self.ask(request).await {
            // Of two conditions one failed, and not every service says which.
            Err(fault) if is_guarded && fault.kind == FaultKind::Changed && from.has(source, tag).await => {
                return Err(Fault { kind: FaultKind::Taken, ..fault });
            }
            answered => answered?,
        };
        let version = |name| named(response.headers().get(name)?.to_str().ok().map(ToOwned::to_owned));
        let copy = Copy { version: version(&VERSION), source_version: version(&SOURCE_VERSION) };
        let status = response.status().as_u16();
        let body = String::from_utf8_lossy(&collect(response.into_body()).await?).into_owned();
        // A copy that fails while it is made fails after a success was announced.
        match xml::text_of(&body, "Code") {
            Some(_) => Err(of_answer(status, &body)),
            None => Ok(copy),
        }
    }

    /// Whether the service is known to refuse a copy to a key that is taken, when it is told so. Many that
    /// refuse an object that is put there do not hear the condition of a copy.
    pub(crate) fn guards_copies(&self) -> bool {
        self.guards() && self.s3().is_some_and(|own| own.guards_copies.load(Ordering::Relaxed))
    }

    /// Looks whether it does: an object that is there is copied onto itself.
    pub(crate) async fn learn_of_copies(&self, key: &str, tag: &str) {
        let Some(own) = self.s3() else { return };
        let copied = self.copy_if((self, key, tag), key, true).await;
        let is_refused = copied.is_err_and(|fault| fault.kind == FaultKind::Taken);
        own.guards_copies.store(is_refused, Ordering::Relaxed);
    }

    async fn has(&self, key: &str, tag: &str) -> bool {
        self.look(key).await.is_ok_and(|there| there.etag.as_deref() == Some(tag))
    }
}
