//! The HTTP under `object_store`: one client for all buckets, bounded in time and in what it takes in,
//! that hands on what the library would swallow: how long a service asks us to wait, what it says of an object,
//! and whether it repeated the checksum of what it stored.

use std::time::Duration;

use async_trait::async_trait;
use futures_util::TryStreamExt;
use http_body_util::BodyExt;
use object_store::client::{
    ClientOptions, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse,
    HttpResponseBody, HttpService,
};
use reqwest::header::{CONTENT_RANGE, RETRY_AFTER};
use reqwest::{Client, Method, StatusCode};

use super::dialect::{Dialect, unsent};
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

/// The service gave the same checksum as we sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asserted;

/// The class of storage that the object lies in, where that is not the ordinary one.
#[derive(Debug, Clone)]
pub(super) struct StorageClass(pub(super) String);

/// The request lets the service copy so many bytes by itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Copied(pub(super) u64);

/// The object lies in an archive.
#[derive(Debug, Clone, Copy)]
pub(super) struct Archived;

/// An answer that is no success. The library's own error would keep neither its headers nor, in public,
/// its status.
#[derive(Debug, thiserror::Error)]
#[error("{status}: {body}")]
pub(super) struct Refused {
    pub(super) status: u16,
    /// How long the service asks us to wait.
    pub(super) retry_after: Option<Duration>,
    /// What went wrong, where the answer says so beside its body.
    pub(super) code: Option<String>,
    pub(super) body: String,
}

/// Longer than allowed, or not ended in time.
#[derive(Debug, thiserror::Error)]
enum Bound {
    #[error("the answer is longer than {LONGEST} bytes")]
    Long,
    #[error("no answer within {} s", .0.as_secs())]
    Late(Duration),
}

/// The client, and what it does besides sending.
#[derive(Debug, Clone)]
pub(super) struct Wire {
    client: Client,
    dialect: Dialect,
}

impl Wire {
    pub(super) fn new(dialect: Dialect) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .connect_timeout(CONNECT)
            // A redirect would carry what is signed elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            // More connections than are ever used at once are not kept.
            .pool_max_idle_per_host(128)
            .user_agent(concat!("sluice/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, dialect })
    }

    /// The same client, which says something else besides.
    pub(super) fn speaking(&self, dialect: Dialect) -> Self {
        Self { dialect, ..self.clone() }
    }

    async fn exchange(&self, mut request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let expected = self.dialect.prepare(&mut request).await?;
        let (parts, body) = request.into_parts();
        let completes = self.dialect.completes(&parts.method, &parts.uri);
        let is_get = parts.method == Method::GET;
        let is_look = is_get || parts.method == Method::HEAD;
        let silence = match parts.extensions.get::<Copied>() {
            Some(Copied(bytes)) => patience::to_copy(*bytes),
            None if completes => patience::COMPLETION,
            None => SILENCE,
        };
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
        if is_look && parts.status == StatusCode::OK {
            self.dialect.claim(&parts.headers).map(|claim| parts.extensions.insert(claim));
        }
        if is_look && self.dialect.is_archived(&parts.headers) {
            parts.extensions.insert(Archived);
        }
        if is_look && let Some(class) = self.dialect.storage_class(&parts.headers) {
            parts.extensions.insert(StorageClass(class.to_owned()));
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
                code: self.dialect.code(&parts.headers).map(ToOwned::to_owned),
                body: String::from_utf8_lossy(&body).into_owned(),
            };
            return Err(HttpError::new(HttpErrorKind::Unknown, refused));
        }
        if self.dialect.is_asserted(&expected, &mut parts.headers).map_err(unsent)? {
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
