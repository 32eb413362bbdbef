//! Files over HTTP (RFC 4918).

mod answer;
mod list;
mod send;

use std::time::SystemTime;

use futures_util::{StreamExt, TryStreamExt};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{CONTENT_RANGE, ETAG, HeaderMap, LAST_MODIFIED, RANGE};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url};

pub(super) use send::Sending;

use super::seats::Seat;
use super::{Entries, Kind, Wanted, tag_of};
use crate::http;
use crate::spec::Secret;
use crate::storage::remote::fault::{Fault, FaultKind};
use crate::storage::remote::{Looked, Mode, Stream};
use answer::{lost, refusal};

/// All that stands for something in a path, or may to a careless server.
const STRICT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Who signs in.
pub(super) enum SignIn {
    Nobody,
    Password(String, Secret),
    Token(Secret),
}

pub(super) struct Webdav {
    client: Client,
    /// Without a slash at its end.
    base: String,
    /// The parts of its path, decoded.
    base_parts: Vec<Vec<u8>>,
    sign_in: SignIn,
}

impl Webdav {
    pub(super) fn new(url: &Url, sign_in: SignIn) -> Result<Self, String> {
        let client = http::client().map_err(|error| error.to_string())?;
        let base = url.as_str().trim_end_matches('/').to_owned();
        let base_parts = list::parts(url.path());
        Ok(Self { client, base, base_parts, sign_in })
    }

    fn url(&self, path: &str) -> String {
        let mut url = self.base.clone();
        for part in path.split('/').filter(|part| !part.is_empty()) {
            url.push('/');
            url.extend(utf8_percent_encode(part, STRICT));
        }
        url
    }

    fn request(&self, method: Method, url: &str) -> RequestBuilder {
        let request = self.client.request(method, url);
        match &self.sign_in {
            SignIn::Nobody => request,
            SignIn::Password(user, password) => request.basic_auth(user, Some(password.expose())),
            SignIn::Token(token) => request.bearer_auth(token.expose()),
        }
    }

    /// A request whose answer says nothing but whether it went well.
    async fn ask(&self, request: RequestBuilder) -> Result<Response, Fault> {
        let response = request.send().await.map_err(|error| lost(&error))?;
        if response.status().is_success() { Ok(response) } else { Err(refusal(response).await) }
    }

    pub(super) async fn entries(&self, folder: &str, seat: Seat) -> Result<Entries, Fault> {
        let url = format!("{}/", self.url(folder));
        let response = self.properties(&url, "1").await?;
        let own: Vec<_> = self.base_parts.iter().cloned().chain(list::parts_of_path(folder)).collect();
        let found = list::read(response).try_filter_map(move |found| {
            let entry = found.below(&own);
            async move { Ok(entry) }
        });
        // A seat is kept while the answer comes in.
        Ok(found
            .inspect(move |_| {
                let _kept = &seat;
            })
            .boxed())
    }

    pub(super) async fn look(&self, path: &str) -> Result<Looked, Fault> {
        let response = self.properties(&self.url(path), "0").await?;
        let found = list::read(response).next().await.transpose()?;
        let found = found.ok_or_else(|| Fault::new(FaultKind::Rejected, "the answer describes no file"))?;
        let etag = found.etag.or_else(|| Some(tag_of(found.size, found.modified)));
        let is_folder = found.kind == Kind::Folder;
        Ok(Looked { size: found.size, etag, modified: found.modified, is_folder, ..Looked::default() })
    }

    async fn properties(&self, url: &str, depth: &str) -> Result<Response, Fault> {
        let method = Method::from_bytes(b"PROPFIND").unwrap_or_default();
        let request = self.request(method, url).header("Depth", depth);
        let request = request.header("Content-Type", "application/xml; charset=utf-8").body(list::ASKED);
        let response = request.send().await.map_err(|error| lost(&error))?;
        match response.status() {
            StatusCode::MULTI_STATUS => Ok(response),
            status if status.is_success() => {
                let said = format!("{status}: there is no WebDAV at this address");
                Err(Fault::new(FaultKind::Unsupported, said))
            }
            _ => Err(refusal(response).await),
        }
    }

    pub(super) async fn read(&self, path: &str, from: u64, seat: Seat) -> Result<(Looked, Stream), Fault> {
        let mut request = self.request(Method::GET, &self.url(path));
        // What is packed on its way has another length.
        request = request.header("Accept-Encoding", "identity");
        if from > 0 {
            request = request.header(RANGE, format!("bytes={from}-"));
        }
        let response = request.send().await.map_err(|error| lost(&error))?;
        let size = match response.status() {
            StatusCode::PARTIAL_CONTENT => whole_size(response.headers(), from)?,
            StatusCode::OK => response.content_length().ok_or_else(|| {
                Fault::new(FaultKind::Unsupported, "the server does not say how long the file is")
            })?,
            _ => return Err(refusal(response).await),
        };
        // A server without ranges gives all of it: what is there already is passed over.
        let mut passed = if response.status() == StatusCode::OK { from } else { 0 };
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        let modified = header(LAST_MODIFIED).and_then(|date| httpdate::parse_http_date(date).ok());
        let etag = header(ETAG).map(ToOwned::to_owned).or_else(|| Some(tag_of(size, modified)));
        let stream = response.bytes_stream().map(move |block| {
            let _kept = &seat;
            let mut block = block.map_err(|error| lost(&error))?;
            let skipped = passed.min(block.len() as u64);
            passed -= skipped;
            Ok(block.split_off(skipped as usize))
        });
        Ok((Looked { size, etag, modified, ..Looked::default() }, stream.boxed()))
    }

    pub(super) async fn write(&self, path: &str, wanted: Wanted, seat: Seat) -> Result<Sending, Fault> {
        let mut request = self.request(Method::PUT, &self.url(path));
        if let Some(since) = wanted.modified.and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok()) {
            // An extension of ownCloud, Nextcloud and rclone; others do not mind it.
            request = request.header("X-OC-Mtime", since.as_secs().to_string());
        }
        Ok(Sending::begin(request, wanted.size, seat))
    }

    pub(super) async fn rename(&self, from: &str, to: &str, mode: Mode) -> Result<(), Fault> {
        let method = Method::from_bytes(b"MOVE").unwrap_or_default();
        let overwrite = if mode == Mode::Replace { "T" } else { "F" };
        let request = self.request(method, &self.url(from));
        let request = request.header("Destination", self.url(to)).header("Overwrite", overwrite);
        match self.ask(request).await {
            Err(fault) if fault.kind == FaultKind::Changed && mode == Mode::Create => {
                Err(Fault { kind: FaultKind::Taken, ..fault })
            }
            other => other.map(drop),
        }
    }

    pub(super) async fn delete(&self, path: &str) -> Result<(), Fault> {
        self.ask(self.request(Method::DELETE, &self.url(path))).await.map(drop)
    }

    pub(super) async fn make_folder(&self, folder: &str) -> Result<(), Fault> {
        let method = Method::from_bytes(b"MKCOL").unwrap_or_default();
        match self.ask(self.request(method, &format!("{}/", self.url(folder)))).await {
            Ok(_) => Ok(()),
            // 405: there is something. A file there will refuse what is put below it.
            Err(fault) if fault.status == Some(405) => Ok(()),
            // 409: what is above it is not there.
            Err(fault) if fault.status == Some(409) => Err(Fault { kind: FaultKind::Missing, ..fault }),
            Err(fault) => Err(fault),
        }
    }
}

/// The size of the whole file, of which the answer holds what is from `from` on (RFC 9110, section 14.4).
fn whole_size(headers: &HeaderMap, from: u64) -> Result<u64, Fault> {
    let range = headers.get(CONTENT_RANGE).and_then(|range| range.to_str().ok());
    let size = range.and_then(|range| {
        let (span, size) = range.strip_prefix("bytes ")?.split_once('/')?;
        let (first, _) = span.split_once('-')?;
        (first.parse::<u64>().ok()? == from).then(|| size.parse().ok())?
    });
    size.ok_or_else(|| Fault::new(FaultKind::Rejected, "the server gives another part than was asked for"))
}
