//! What each service wants to hear beyond what the library says to it, and what its answers tell beyond what the
//! library hands on.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http_body_util::BodyExt;
use object_store::client::{HttpError, HttpErrorKind, HttpRequest, HttpRequestBody};
use reqwest::Method;
use reqwest::header::{ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH};

use super::claims;
use super::sign::Signer;
use crate::record::unhex;
use crate::storage::remote::claim::{Checksum, Claim};

/// Which service is spoken to, and what of its own there is to it.
#[derive(Debug, Clone)]
pub(super) enum Dialect {
    S3 {
        /// Completed uploads must not replace anything.
        guarded: bool,
        /// The service is told this of what is sent.
        adds: Option<Added>,
        /// Signs what gets a header from us. None: nobody signs in.
        signer: Option<Arc<Signer>>,
    },
    #[cfg(feature = "azure")]
    Azure,
    #[cfg(feature = "gcs")]
    Gcs,
}

/// Checksums that S3 knows and the library does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Added {
    Md5,
    Crc32c,
}

/// What the service should say of what it stores.
#[derive(Debug, Default)]
pub(super) struct Expected {
    /// The checksums that were sent to it, which it gives again.
    sent: [Option<HeaderValue>; SENT.len()],
    /// One that it gives in a way of its own.
    own: Option<Own>,
}

#[derive(Debug)]
enum Own {
    /// As the object's tag, in hexadecimal.
    Md5(String),
    /// In `x-goog-hash`, in hexadecimal.
    #[cfg(feature = "gcs")]
    Crc32c(String),
}

/// Where the checksums stand that are sent with bytes, and that the service gives of what it stores.
const SENT: [&str; 5] =
    ["x-amz-checksum-crc64nvme", "x-amz-checksum-sha256", AMAZON_CRC32C, AZURE_CRC64, CONTENT_MD5];

const AMAZON_CRC32C: &str = "x-amz-checksum-crc32c";

/// Which one of an upload the service is to compute.
const ALGORITHM: &str = "x-amz-checksum-algorithm";

/// The same checksum as Amazon's, its bytes the other way round.
pub(super) const AZURE_CRC64: &str = "x-ms-content-crc64";

/// What a body has to be (RFC 1864), for services that know nothing newer.
pub(super) const CONTENT_MD5: &str = "content-md5";

/// The checksum that the service gives is not that of what we sent.
#[derive(Debug, thiserror::Error)]
#[error("the service stored other bytes than were sent: their {by} is {theirs}, ours is {ours}")]
pub(super) struct Damaged {
    by: &'static str,
    theirs: String,
    ours: String,
}

impl Dialect {
    /// Says and asks for more than the library does.
    pub(super) async fn prepare(&self, request: &mut HttpRequest) -> Result<Expected, HttpError> {
        let is_look = [Method::GET, Method::HEAD].contains(request.method());
        let is_content = request.method() == Method::PUT && request.body().content_length() > 0;
        let mut own = None;
        match self {
            Self::S3 { guarded, adds, signer } => {
                let is_whole = is_look && request.uri().query().is_none();
                if is_whole {
                    request.headers_mut().insert(claims::MODE, claims::ENABLED);
                }
                let begins = request.method() == Method::POST
                    && request
                        .uri()
                        .query()
                        .is_some_and(|query| query.split('&').any(|pair| pair.starts_with("uploads")));
                let body = request.body().clone();
                match adds {
                    Some(Added::Md5) if is_content => {
                        let md5 = checksum(body, Checksum::Md5).await?;
                        request.headers_mut().insert(CONTENT_MD5, base64(&md5)?);
                        own = Some(Own::Md5(md5));
                    }
                    Some(Added::Crc32c) if is_content => {
                        let crc = checksum(body, Checksum::Crc32c).await?;
                        request.headers_mut().insert(AMAZON_CRC32C, base64(&crc)?);
                    }
                    // Of the whole, so that completing it need not repeat those of the parts.
                    Some(Added::Crc32c) if begins && !request.headers().contains_key(ALGORITHM) => {
                        let headers = request.headers_mut();
                        headers.insert(ALGORITHM, HeaderValue::from_static("CRC32C"));
                        headers.insert("x-amz-checksum-type", HeaderValue::from_static("FULL_OBJECT"));
                    }
                    _ => {}
                }
                let is_changed = is_whole || adds.is_some() && (is_content || begins);
                if let Some(signer) = signer.as_ref().filter(|_| is_changed) {
                    signer.sign(request).await.map_err(unsent)?;
                }
                if *guarded && self.completes(request.method(), request.uri()) {
                    request.headers_mut().insert(IF_NONE_MATCH, HeaderValue::from_static("*"));
                }
            }
            #[cfg(feature = "azure")]
            Self::Azure => {}
            #[cfg(feature = "gcs")]
            Self::Gcs if is_look => {
                // What is kept compressed comes as it is kept: its checksum and its size are those of that.
                request
                    .headers_mut()
                    .insert(reqwest::header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
            }
            #[cfg(feature = "gcs")]
            Self::Gcs if is_content => {
                own = Some(Own::Crc32c(checksum(request.body().clone(), Checksum::Crc32c).await?));
            }
            #[cfg(feature = "gcs")]
            Self::Gcs => {}
        }
        Ok(Expected { sent: SENT.map(|header| request.headers().get(header).cloned()), own })
    }

    /// Whether that request puts an upload's parts together.
    pub(super) fn completes(&self, method: &Method, uri: &http::Uri) -> bool {
        let asks = |wanted: &str| {
            uri.query().is_some_and(|query| query.split('&').any(|pair| pair.starts_with(wanted)))
        };
        match self {
            #[cfg(feature = "azure")]
            Self::Azure => method == Method::PUT && asks("comp=blocklist"),
            _ => method == Method::POST && asks("uploadId="),
        }
    }

    /// What the headers of a whole object say of its content.
    pub(super) fn claim(&self, headers: &HeaderMap) -> Option<Claim> {
        match self {
            Self::S3 { .. } => claims::of(headers),
            #[cfg(feature = "azure")]
            Self::Azure => super::azure::claim(headers),
            #[cfg(feature = "gcs")]
            Self::Gcs => super::gcs::claim(headers),
        }
    }

    /// Whether an object lies in an archive, and must be brought back before it can be read.
    pub(super) fn is_archived(&self, headers: &HeaderMap) -> bool {
        let is = |header: &str, classes: &[&str]| {
            headers
                .get(header)
                .and_then(|class| class.to_str().ok())
                .is_some_and(|class| classes.contains(&class))
        };
        match self {
            Self::S3 { .. } => is("x-amz-storage-class", &super::list::ARCHIVES),
            #[cfg(feature = "azure")]
            Self::Azure => is("x-ms-access-tier", &[super::azure::ARCHIVE]),
            // Its archive is only dearer to read.
            #[cfg(feature = "gcs")]
            Self::Gcs => false,
        }
    }

    /// The class of storage that an object lies in, where that is not the ordinary one.
    pub(super) fn storage_class<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        let (header, ordinary) = match self {
            Self::S3 { .. } => ("x-amz-storage-class", "STANDARD"),
            #[cfg(feature = "azure")]
            Self::Azure if headers.contains_key("x-ms-access-tier-inferred") => return None,
            #[cfg(feature = "azure")]
            Self::Azure => ("x-ms-access-tier", "Hot"),
            #[cfg(feature = "gcs")]
            Self::Gcs => ("x-goog-storage-class", "STANDARD"),
        };
        headers.get(header)?.to_str().ok().filter(|class| *class != ordinary)
    }

    /// The word for what went wrong, where the body does not have it.
    pub(super) fn code<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        headers.get("x-ms-error-code")?.to_str().ok()
    }

    /// Whether the service gives a checksum that we know, and it is the same. One that we did not send is taken
    /// out of its answer: nothing was compared, and the library would keep it as if it had been.
    pub(super) fn is_asserted(&self, expected: &Expected, answer: &mut HeaderMap) -> Result<bool, Damaged> {
        let mut asserted = false;
        for (header, ours) in SENT.into_iter().zip(&expected.sent) {
            let Some(ours) = ours else {
                answer.remove(header);
                continue;
            };
            let Some(theirs) = answer.get(header) else { continue };
            if ours != theirs {
                let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
                let by = header.rsplit('-').next().unwrap_or(header);
                return Err(Damaged { by, theirs: text(theirs), ours: text(ours) });
            }
            asserted = true;
        }
        match &expected.own {
            None => {}
            Some(Own::Md5(md5)) => asserted |= is_tag(answer, md5),
            #[cfg(feature = "gcs")]
            Some(Own::Crc32c(ours)) => {
                let theirs = super::gcs::claim(answer).filter(|claim| claim.by == Checksum::Crc32c);
                if let Some(Claim { value: theirs, .. }) =
                    theirs.as_ref().filter(|theirs| theirs.value != *ours)
                {
                    return Err(Damaged { by: "crc32c", theirs: theirs.clone(), ours: ours.clone() });
                }
                asserted |= theirs.is_some();
            }
        }
        Ok(asserted)
    }
}

/// Whether the service's tag is this hash.
fn is_tag(answer: &HeaderMap, hash: &str) -> bool {
    let tag = answer.get(ETAG).and_then(|tag| tag.to_str().ok()).unwrap_or_default();
    tag.trim_matches('"').eq_ignore_ascii_case(hash)
}

/// In hexadecimal.
async fn checksum(mut body: HttpRequestBody, by: Checksum) -> Result<String, HttpError> {
    let mut checking = by.begin();
    while let Some(frame) = body.frame().await.transpose()? {
        frame.data_ref().into_iter().for_each(|block| checking.update(block));
    }
    Ok(checking.finish())
}

/// What hexadecimal digits say, in base64.
fn base64(hexadecimal: &str) -> Result<HeaderValue, HttpError> {
    HeaderValue::from_str(&STANDARD.encode(unhex(hexadecimal).unwrap_or_default())).map_err(unsent)
}

pub(super) fn unsent(error: impl std::error::Error + Send + Sync + 'static) -> HttpError {
    HttpError::new(HttpErrorKind::Unknown, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_checksum_that_was_sent_proves_anything() {
        let value = HeaderValue::from_static;
        let s3 = Dialect::S3 { guarded: false, adds: None, signer: None };
        let answer = |pairs: &[(&'static str, &'static str)]| -> HeaderMap {
            pairs.iter().map(|(name, text)| (name.parse().expect("a name"), value(text))).collect()
        };
        let [crc, sha, crc32c, azure, md5] = SENT;
        for (at, own, other) in
            [(0, crc, sha), (1, sha, crc), (2, crc32c, sha), (3, azure, crc), (4, md5, sha)]
        {
            let mut expected = Expected::default();
            expected.sent[at] = Some(value("A"));
            let is_asserted = |answer: &mut HeaderMap| s3.is_asserted(&expected, answer);
            assert!(is_asserted(&mut answer(&[(own, "A")])).expect("the same"));
            assert!(!is_asserted(&mut answer(&[])).expect("nothing"));
            assert!(is_asserted(&mut answer(&[(own, "B"), (other, "A")])).is_err(), "{own}");
            let mut unasked = answer(&[(other, "A")]);
            assert!(!is_asserted(&mut unasked).expect("not compared"));
            assert!(unasked.is_empty(), "nothing stays that would be taken for a proof");
        }
    }

    #[test]
    fn only_a_class_that_is_not_the_ordinary_one_is_told() {
        let value = HeaderValue::from_static;
        let headers = |pairs: &[(&'static str, &'static str)]| -> HeaderMap {
            pairs.iter().map(|(name, text)| (name.parse().expect("a name"), value(text))).collect()
        };
        let class = |dialect: &Dialect, pairs: &[(&'static str, &'static str)]| {
            dialect.storage_class(&headers(pairs)).map(ToOwned::to_owned)
        };
        let s3 = Dialect::S3 { guarded: false, adds: None, signer: None };
        assert_eq!(class(&s3, &[("x-amz-storage-class", "STANDARD_IA")]).as_deref(), Some("STANDARD_IA"));
        assert_eq!(class(&s3, &[("x-amz-storage-class", "STANDARD")]), None);
        assert_eq!(class(&s3, &[]), None);
        #[cfg(feature = "azure")]
        {
            let cool = ("x-ms-access-tier", "Cool");
            assert_eq!(class(&Dialect::Azure, &[cool]).as_deref(), Some("Cool"));
            // It is the account's own, and not the blob's.
            assert_eq!(class(&Dialect::Azure, &[cool, ("x-ms-access-tier-inferred", "true")]), None);
        }
        #[cfg(feature = "gcs")]
        assert_eq!(
            class(&Dialect::Gcs, &[("x-goog-storage-class", "COLDLINE")]).as_deref(),
            Some("COLDLINE")
        );
    }

    #[cfg(feature = "gcs")]
    #[test]
    fn the_checksum_that_google_gives_is_compared() {
        let expected = Expected { own: Some(Own::Crc32c("3644bf2a".into())), ..Expected::default() };
        let said = |text: &'static str| {
            let mut answer = HeaderMap::from_iter([(
                reqwest::header::HeaderName::from_static("x-goog-hash"),
                HeaderValue::from_static(text),
            )]);
            Dialect::Gcs.is_asserted(&expected, &mut answer).ok()
        };
        assert_eq!(said("crc32c=NkS/Kg==,md5=kAFQmDzST7DWlj99KOF/cg=="), Some(true));
        assert_eq!(said("md5=kAFQmDzST7DWlj99KOF/cg=="), Some(false));
        assert_eq!(said("crc32c=AAAAAA=="), None);
    }
}
