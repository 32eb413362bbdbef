//! Copies that a service makes by itself (Amazon S3 API Reference, `CopyObject` and `UploadPartCopy`): no byte
//! comes here.

use std::ops::Range;
use std::sync::atomic::Ordering;

use object_store::client::{HttpRequest, HttpRequestBody, HttpResponse};
use object_store::{Attribute, Attributes, GetOptions};
use percent_encoding::utf8_percent_encode;
use reqwest::Method;
use reqwest::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE,
    HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH,
};
use xxhash_rust::xxh3::xxh3_128;

use super::fault::of_answer;
use super::list::STRICT;
use super::read::named;
use super::wire::{Copied, collect};
use super::{Bucket, parts, path, xml};
use crate::storage::remote::Mode;
use crate::storage::remote::claim::Checksum;
use crate::storage::remote::fault::{Fault, FaultKind};

/// What an answer says of the versions that it made and that it was made of.
const VERSION: HeaderName = HeaderName::from_static("x-amz-version-id");
const SOURCE_VERSION: HeaderName = HeaderName::from_static("x-amz-copy-source-version-id");

/// What is to be copied, the tag that it must have, and which of its bytes.
const SOURCE: HeaderName = HeaderName::from_static("x-amz-copy-source");
const IF_SOURCE: HeaderName = HeaderName::from_static("x-amz-copy-source-if-match");
const RANGE: HeaderName = HeaderName::from_static("x-amz-copy-source-range");

/// The checksum that the service is to compute of what it makes.
const ALGORITHM: HeaderName = HeaderName::from_static("x-amz-checksum-algorithm");
const CHECKSUM_TYPE: HeaderName = HeaderName::from_static("x-amz-checksum-type");

/// What is to be copied: an object, if it still has that tag.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Original<'a> {
    pub(crate) bucket: &'a Bucket,
    pub(crate) key: &'a str,
    pub(crate) tag: &'a str,
    pub(crate) size: u64,
}

/// A copy that the service made.
#[derive(Debug)]
pub(crate) struct Copy {
    /// Tells it from what another writer puts there.
    pub(crate) tag: Option<String>,
    /// Its version, where several are kept under its name.
    pub(crate) version: Option<String>,
    /// The version that it was made of.
    pub(crate) source_version: Option<String>,
}

impl Original<'_> {
    /// Tells its bytes from there on from those of any other object.
    pub(crate) fn mark(&self, from: u64) -> String {
        let whose = format!("{}\n{}\n{}\n{from}", self.bucket.url, self.key, self.tag);
        format!("{:032x}", xxh3_128(whose.as_bytes()))
    }

    /// Names it in a request.
    fn name(&self, headers: &mut HeaderMap) -> Result<(), Fault> {
        let Some(own) = self.bucket.s3() else {
            return Err(Fault::new(FaultKind::Unsupported, "only S3 copies by itself"));
        };
        let key = path(self.key)?;
        let key: Vec<String> =
            key.as_ref().split('/').map(|part| utf8_percent_encode(part, STRICT).to_string()).collect();
        headers.insert(SOURCE, value(&format!("/{}/{}", own.bucket, key.join("/")))?);
        headers.insert(IF_SOURCE, value(self.tag)?);
        Ok(())
    }

    /// What is kept beside its content. A copy in one request takes it along by itself.
    pub(crate) async fn attributes(&self) -> Result<Attributes, Fault> {
        let if_match = Some(self.tag.to_owned());
        let options = GetOptions { head: true, if_match, ..GetOptions::default() };
        Ok(self.bucket.service.objects().get_opts(&path(self.key)?, options).await?.attributes)
    }
}

impl Copy {
    /// Whether what lies there with that tag is the copy, for certain.
    pub(crate) fn is(&self, etag: Option<&str>) -> bool {
        let bare = |tag: &str| tag.trim_matches('"').to_owned();
        self.tag.as_deref().map(bare).is_some_and(|own| etag.map(bare) == Some(own))
    }
}

impl Bucket {
    /// Whether the service can copy from the other bucket to this one: whoever signs in is the same.
    pub(crate) fn can_copy_from(&self, other: &Self) -> bool {
        let (Some(own), Some(its)) = (self.s3(), other.s3()) else { return false };
        (&own.name, &self.endpoint, &own.region) == (&its.name, &other.endpoint, &its.region)
    }

    /// Lets the service copy an object of another bucket, or of this one, and compute that checksum of it.
    pub(crate) async fn copy(
        &self,
        from: Original<'_>,
        key: &str,
        by: Option<Checksum>,
        mode: Mode,
    ) -> Result<Copy, Fault> {
        let is_guarded = mode == Mode::Create && self.guards_copies();
        self.copy_if(from, key, by, is_guarded).await
    }

    async fn copy_if(
        &self,
        from: Original<'_>,
        key: &str,
        by: Option<Checksum>,
        is_guarded: bool,
    ) -> Result<Copy, Fault> {
        let mut request = self.request(Method::PUT, key, "", HttpRequestBody::empty())?;
        request.extensions_mut().insert(Copied(from.size));
        from.name(request.headers_mut())?;
        if let Some(by) = by {
            request.headers_mut().insert(ALGORITHM, value(&by.word().to_ascii_uppercase())?);
        }
        if is_guarded {
            request.headers_mut().insert(IF_NONE_MATCH, HeaderValue::from_static("*"));
        }
        let (headers, body) = match self.copied(request).await {
            // Of two conditions one failed, and not every service says which.
            Err(fault) if is_guarded && fault.kind == FaultKind::Changed && from.is_there().await => {
                return Err(Fault { kind: FaultKind::Taken, ..fault });
            }
            answered => answered?,
        };
        let version = |name| named(headers.get(name)?.to_str().ok().map(ToOwned::to_owned));
        let (version, source_version) = (version(&VERSION), version(&SOURCE_VERSION));
        Ok(Copy { tag: xml::text_of(&body, "ETag"), version, source_version })
    }

    /// Sends a request for a copy. One that fails while it is made fails after a success was announced.
    async fn copied(&self, request: HttpRequest) -> Result<(HeaderMap, String), Fault> {
        let (parts, body) = HttpResponse::into_parts(self.ask(request).await?);
        let body = String::from_utf8_lossy(&collect(body).await?).into_owned();
        match xml::text_of(&body, "Code") {
            Some(_) => Err(of_answer(parts.status.as_u16(), &body)),
            None => Ok((parts.headers, body)),
        }
    }

    /// The size of a copy's parts (bytes), for an object that the service does not copy in one request. None: it
    /// does.
    pub(crate) fn copy_part_size(&self, size: u64) -> Option<u64> {
        let at_once = self.s3()?.copies_up_to;
        (size > at_once).then(|| parts::copy_size(size, at_once))
    }

    /// Begins a copy in parts of something with these attributes; gives the upload's id. The service computes the
    /// checksum of the whole.
    pub(crate) async fn begin_copy(
        &self,
        key: &str,
        attributes: &Attributes,
        by: Option<Checksum>,
    ) -> Result<String, Fault> {
        let mut request = self.request(Method::POST, key, "uploads=", HttpRequestBody::empty())?;
        let headers = request.headers_mut();
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        if let Some(by) = by {
            headers.insert(ALGORITHM, value(&by.word().to_ascii_uppercase())?);
            headers.insert(CHECKSUM_TYPE, HeaderValue::from_static("FULL_OBJECT"));
        }
        for (attribute, kept) in attributes {
            let name = match attribute {
                Attribute::CacheControl => CACHE_CONTROL,
                Attribute::ContentDisposition => CONTENT_DISPOSITION,
                Attribute::ContentEncoding => CONTENT_ENCODING,
                Attribute::ContentLanguage => CONTENT_LANGUAGE,
                Attribute::ContentType => CONTENT_TYPE,
                Attribute::Metadata(name) => match format!("x-amz-meta-{name}").parse() {
                    Ok(name) => name,
                    Err(_) => continue,
                },
                // A copy goes into the ordinary class of storage.
                _ => continue,
            };
            headers.insert(name, value(kept)?);
        }
        let (_, body) = self.copied(request).await?;
        let unnamed = || Fault::new(FaultKind::Rejected, "the service gave an upload no name");
        xml::text_of(&body, "UploadId").ok_or_else(unnamed)
    }

    /// Lets the service copy these bytes as a part, by its number from 0; gives what completing the upload needs.
    pub(crate) async fn copy_part(
        &self,
        from: Original<'_>,
        key: &str,
        upload: &str,
        number: u32,
        bytes: Range<u64>,
    ) -> Result<String, Fault> {
        let upload = utf8_percent_encode(upload, STRICT);
        let query = format!("partNumber={}&uploadId={upload}", number + 1);
        let mut request = self.request(Method::PUT, key, &query, HttpRequestBody::empty())?;
        request.extensions_mut().insert(Copied(bytes.end - bytes.start));
        from.name(request.headers_mut())?;
        let range = format!("bytes={}-{}", bytes.start, bytes.end - 1);
        request.headers_mut().insert(RANGE, value(&range)?);
        let (_, body) = self.copied(request).await?;
        // Who does not know of copies takes this for a part without content.
        let unknown = || Fault::new(FaultKind::Unsupported, "the service does not copy parts");
        xml::text_of(&body, "ETag").ok_or_else(unknown)
    }

    /// Whether the service is known to refuse a copy to a key that is taken, when it is told so. Many that
    /// refuse an object that is put there do not hear the condition of a copy.
    pub(crate) fn guards_copies(&self) -> bool {
        self.guards() && self.s3().is_some_and(|own| own.guards_copies.load(Ordering::Relaxed))
    }

    /// Looks whether it does: an object that is there is copied onto itself.
    pub(crate) async fn learn_of_copies(&self, key: &str, tag: &str, size: u64) {
        let Some(own) = self.s3() else { return };
        let copied = self.copy_if(Original { bucket: self, key, tag, size }, key, None, true).await;
        let is_refused = copied.is_err_and(|fault| fault.kind == FaultKind::Taken);
        own.guards_copies.store(is_refused, Ordering::Relaxed);
    }

    /// Whether the service copies what has that size, as far as is known.
    pub(crate) fn copies(&self, size: u64) -> bool {
        let knows_parts = || self.s3().is_some_and(|own| !own.knows_no_parts.load(Ordering::Relaxed));
        self.copy_part_size(size).is_none() || knows_parts()
    }

    /// It has shown that it copies no parts.
    pub(crate) fn copies_no_parts(&self) {
        if let Some(own) = self.s3() {
            own.knows_no_parts.store(true, Ordering::Relaxed);
        }
    }

    /// Whether the service gives a checksum of what it copies, as far as is known.
    pub(crate) fn proves_copies(&self) -> bool {
        self.s3().is_some_and(|own| !own.proves_no_copies.load(Ordering::Relaxed))
    }

    /// It has shown that it does not.
    pub(crate) fn proves_no_copies(&self) {
        if let Some(own) = self.s3() {
            own.proves_no_copies.store(true, Ordering::Relaxed);
        }
    }
}

impl Original<'_> {
    async fn is_there(&self) -> bool {
        self.bucket.look(self.key).await.is_ok_and(|there| there.etag.as_deref() == Some(self.tag))
    }
}

fn value(text: &str) -> Result<HeaderValue, Fault> {
    HeaderValue::from_str(text).map_err(|error| Fault::new(FaultKind::Name, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_told_from_what_another_writer_puts_there() {
        let copy = Copy { tag: Some("\"0a1b\"".into()), version: None, source_version: None };
        assert!(copy.is(Some("\"0a1b\"")) && copy.is(Some("0a1b")));
        assert!(!copy.is(Some("\"2c3d\"")) && !copy.is(None));
        let untold = Copy { tag: None, ..copy };
        assert!(!untold.is(None) && !untold.is(Some("\"0a1b\"")), "what is not known is not ours");
    }
}
