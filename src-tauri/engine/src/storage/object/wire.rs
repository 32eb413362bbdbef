//! The HTTP under `object_store`: one client for all buckets, bounded in time and in what it takes in,
//! that hands on what the library would swallow: how long a service asks us to wait, and whether it
//! repeated the checksum of what it stored.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::TryStreamExt;
use http_body_util::BodyExt;
use md5::{Digest, Md5};
use object_store::client::{
    ClientOptions, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody,
    HttpResponse, HttpResponseBody, HttpService,
};
use reqwest::header::{CONTENT_RANGE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH, RETRY_AFTER};
use reqwest::{Client, Method, StatusCode};

use super::sign::Signer;
use super::{claims, copy};
use crate::clock::now_ms;
use crate::http::retry_after_of;
use crate::storage::patience;

/// A connection that is not there by then never will be.
const CONNECT: Duration = Duration::from_secs(10);

/// Longest wait for an answer, beyond the time that sending takes.
const SILENCE: Duration = Duration::from_secs(60);

/// Longest answer that is no file's content (bytes). A page of a listing is the longest: 1,000 keys of
/// 1,024 bytes, each byte spelt with three.
pub(super) const LONGEST: usize = 8 << 20;

/// Where the checksums stand that are sent with bytes, and that the service gives of what it stores.
const CHECKSUMS: [&str; 2] = ["x-amz-checksum-crc64nvme", "x-amz-checksum-sha256"];

/// The service gave the same checksum as we sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asserted;

/// An answer that is no success. The library's own error would keep neither its headers nor, in public,
/// its status.
#[derive(Debug, thiserror::Error)]
#[error("{status}: {body}")]
pub(super) struct Refused {
    pub(super) status: u16,
    /// How long the service asks us to wait.
    pub(super) retry_after: Option<Duration>,
    pub(super) body: String,
}

/// The checksum that the service gives is not that of what we sent.
#[derive(Debug, thiserror::Error)]
#[error("the service stored other bytes than were sent: their {header} is {theirs}, ours is {ours}")]
pub(super) struct Damaged {
    header: &'static str,
    theirs: String,
    ours: String,
}

/// Longer than allowed, or not ended in time.
#[derive(Debug, thiserror::Error)]
enum Bound {
    #[error("the answer is longer than {LONGEST} bytes")]
    Long,
    #[error("no answer within {} s", .0.as_secs())]
    Late(Duration),
}

/// What a body has to be (RFC 1864), for services that know nothing newer.
const CONTENT_MD5: HeaderName = HeaderName::from_static("content-md5");

/// The client, and what it does besides sending.
#[derive(Debug, Clone)]
pub(super) struct Wire {
    client: Client,
    /// Completed uploads must not replace anything.
    guarded: bool,
    /// The service is told the MD5 of what is sent.
    with_md5: bool,
    /// Signs what gets a header from us. None: nobody signs in.
    signer: Option<Arc<Signer>>,
}

impl Wire {
    pub(super) fn new(with_md5: bool) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .connect_timeout(CONNECT)
            // A redirect would carry what is signed elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            // More connections than are ever used at once are not kept.
            .pool_max_idle_per_host(128)
            .user_agent(concat!("sluice/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, guarded: false, with_md5, signer: None })
    }

    /// The same client; an upload that it completes fails where somebody else has the key.
    pub(super) fn guarded(&self) -> Self {
        Self { guarded: true, ..self.clone() }
    }

    /// The same client, which signs anew what it adds a header to.
    pub(super) fn signed_by(&self, signer: Signer) -> Self {
        Self { signer: Some(Arc::new(signer)), ..self.clone() }
    }

    /// Says and asks for more than the library does. Gives the MD5 of what is sent, where it is told.
    async fn prepare(&self, request: &mut HttpRequest) -> Result<Option<String>, HttpError> {
        let is_look = [Method::GET, Method::HEAD].contains(request.method());
        let is_whole = is_look && request.uri().query().is_none();
        let is_content = request.method() == Method::PUT && request.body().content_length() > 0;
        let md5 =
            if self.with_md5 && is_content { Some(md5_of(request.body().clone()).await?) } else { None };
        if let Some(md5) = &md5 {
            let value = HeaderValue::from_str(&STANDARD.encode(md5));
            request.headers_mut().insert(CONTENT_MD5, value.map_err(unsent)?);
        } else if is_whole {
            request.headers_mut().insert(claims::MODE, claims::ENABLED);
        } else {
            return Ok(None);
        }
        if let Some(signer) = &self.signer {
            signer.sign(request).await.map_err(unsent)?;
        }
        Ok(md5.map(|md5| md5.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    async fn exchange(&self, mut request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let md5 = self.prepare(&mut request).await?;
        let (mut parts, body) = request.into_parts();
        let completes = parts.method == Method::POST && is_completion(&parts.uri);
        if self.guarded && completes {
            parts.headers.insert(IF_NONE_MATCH, HeaderValue::from_static("*"));
        }
        let is_get = parts.method == Method::GET;
        let is_look = is_get || parts.method == Method::HEAD;
        let sent = CHECKSUMS.map(|header| parts.headers.get(header).cloned());
        let copies = parts.headers.contains_key(copy::SOURCE);
        let silence = if completes || copies { patience::COMPLETION } else { SILENCE };
        let patience = patience::with_bytes(silence, body.content_length() as u64);
        let url = parts.uri.to_string().parse::<reqwest::Url>();
        let url = url.map_err(|error| HttpError::new(HttpErrorKind::Unknown, error))?;
        let mut request = reqwest::Request::new(parts.method, url);
        *request.headers_mut() = parts.headers;
        // `is_empty` of this library's bodies says the contrary (0.14.2).
        if body.content_length() > 0 {
            *request.body_mut() = Some(reqwest::Body::wrap(body));
        }
        let late = |_| HttpError::new(HttpErrorKind::Timeout, Bound::Late(patience));
        let response = tokio::time::timeout(patience, self.client.execute(request)).await.map_err(late)?;
        let response: http::Response<reqwest::Body> = response.map_err(lost)?.into();
        let (mut parts, body) = response.into_parts();
        let stream = HttpResponseBody::new(BodyExt::map_err(body, lost));
        // Some services give a part under the status of the whole.
        if parts.status == StatusCode::OK && parts.headers.contains_key(CONTENT_RANGE) {
            parts.status = StatusCode::PARTIAL_CONTENT;
        }
        if is_look
            && parts.status == StatusCode::OK
            && let Some(claim) = claims::of(&parts.headers)
        {
            parts.extensions.insert(claim);
        }
        if parts.status.is_success() && is_get {
            // A file's content, or a page of a listing: bounded where it is read.
            return Ok(HttpResponse::from_parts(parts, stream));
        }
        let body = tokio::time::timeout(patience, collect(stream)).await.map_err(late)??;
        // An upload that fails while it is put together fails after a success was announced.
        let failed_late = parts.status.is_success() && completes && is_error(&body);
        if !parts.status.is_success() || failed_late {
            let retry_after = parts.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
            let refused = Refused {
                status: parts.status.as_u16(),
                retry_after: retry_after.and_then(|value| retry_after_of(value, now_ms())),
                body: String::from_utf8_lossy(&body).into_owned(),
            };
            return Err(HttpError::new(HttpErrorKind::Unknown, refused));
        }
        let is_asserted = is_asserted(&sent, &mut parts.headers).map_err(unsent)?;
        if is_asserted || md5.is_some_and(|md5| is_tag(&parts.headers, &md5)) {
            parts.extensions.insert(Asserted);
        }
        Ok(HttpResponse::from_parts(parts, body.into()))
    }
}

#[async_trait]
impl HttpService for Wire {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        self.exchange(request).await
    }
}

impl HttpConnector for Wire {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

/// Whether the service gives a checksum that we sent, and it is the same. One that we did not send is taken
/// out of its answer: nothing was compared, and the library would keep it as if it had been.
fn is_asserted(
    sent: &[Option<HeaderValue>; CHECKSUMS.len()],
    answer: &mut HeaderMap,
) -> Result<bool, Damaged> {
    let mut asserted = false;
    for (header, ours) in CHECKSUMS.into_iter().zip(sent) {
        let Some(ours) = ours else {
            answer.remove(header);
            continue;
        };
        let Some(theirs) = answer.get(header) else { continue };
        if ours != theirs {
            let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
            let header = header.trim_start_matches("x-amz-checksum-");
            return Err(Damaged { header, theirs: text(theirs), ours: text(ours) });
        }
        asserted = true;
    }
    Ok(asserted)
}

/// Whether the service's tag is this hash.
fn is_tag(answer: &HeaderMap, hash: &str) -> bool {
    let tag = answer.get(ETAG).and_then(|tag| tag.to_str().ok()).unwrap_or_default();
    tag.trim_matches('"').eq_ignore_ascii_case(hash)
}

async fn md5_of(mut body: HttpRequestBody) -> Result<Vec<u8>, HttpError> {
    let mut hasher = Md5::new();
    while let Some(frame) = body.frame().await.transpose()? {
        if let Some(block) = frame.data_ref() {
            hasher.update(block);
        }
    }
    Ok(hasher.finalize().to_vec())
}

fn unsent(error: impl std::error::Error + Send + Sync + 'static) -> HttpError {
    HttpError::new(HttpErrorKind::Unknown, error)
}

/// `POST KEY?uploadId=…` (CompleteMultipartUpload).
fn is_completion(uri: &http::Uri) -> bool {
    uri.query().is_some_and(|query| query.split('&').any(|pair| pair.starts_with("uploadId=")))
}

fn is_error(body: &[u8]) -> bool {
    body.windows(6).take(512).any(|window| window == b"<Error")
}

/// Reads a whole answer, up to [`LONGEST`].
pub(super) async fn collect(body: HttpResponseBody) -> Result<Vec<u8>, HttpError> {
    let mut whole = Vec::new();
    let mut stream = body.bytes_stream();
    while let Some(chunk) = stream.try_next().await? {
        if whole.len() + chunk.len() > LONGEST {
            return Err(HttpError::new(HttpErrorKind::Decode, Bound::Long));
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole)
}

fn lost(error: reqwest::Error) -> HttpError {
    let kind = if error.is_timeout() { HttpErrorKind::Timeout } else { HttpErrorKind::Connect };
    HttpError::new(kind, error.without_url())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_checksum_that_was_sent_proves_anything() {
        let value = HeaderValue::from_static;
        let answer = |pairs: &[(&'static str, &'static str)]| -> HeaderMap {
            pairs.iter().map(|(name, text)| (name.parse().expect("a name"), value(text))).collect()
        };
        let [crc, sha] = CHECKSUMS;
        for (own, other, sent) in [(crc, sha, [Some(value("A")), None]), (sha, crc, [None, Some(value("A"))])]
        {
            assert!(is_asserted(&sent, &mut answer(&[(own, "A")])).expect("the same"));
            assert!(!is_asserted(&sent, &mut answer(&[])).expect("nothing"));
            let damaged = is_asserted(&sent, &mut answer(&[(own, "B"), (other, "A")]));
            assert!(damaged.is_err(), "{own}");
            let mut unasked = answer(&[(other, "A")]);
            assert!(!is_asserted(&sent, &mut unasked).expect("not compared"));
            assert!(unasked.is_empty(), "nothing stays that would be taken for a proof");
        }
    }
}
