//! A server that speaks what Google documents of the XML API of Cloud Storage, as far as Sluice uses it. None of
//! the emulators that can be had from PyPI or npm speaks uploads in parts and lists there (they know the JSON API).
//! It keeps objects in memory, checks who signs in by the key's number but no signature, and tells what came.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::loopback::Loopback;
use crate::process::Running;
use crate::servers::BUCKET;

/// The number of the service account's key.
const KEY_ID: &str = "5e20";

/// Keys of a page, so that a list has several.
const PAGE: usize = 3;

/// An object, with the headers that it was put with.
#[derive(Debug, Clone, Default)]
pub struct Object {
    /// Its bytes.
    pub bytes: Bytes,
    /// Its content type.
    pub content_type: String,
    /// `x-goog-meta-mtime`.
    pub mtime: String,
    /// Which of those that were put under its name.
    pub generation: u64,
}

#[derive(Debug, Default)]
struct Kept {
    objects: BTreeMap<String, Object>,
    uploads: BTreeMap<String, (Object, BTreeMap<usize, Bytes>)>,
    number: u64,
}

/// The running server; gone when it is dropped.
#[derive(Debug)]
pub struct Google {
    kept: Arc<Mutex<Kept>>,
    key: String,
    loopback: Loopback,
}

impl Google {
    /// Starts it, with a new key of a service account.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start() -> Self {
        let kept = Arc::new(Mutex::new(Kept::default()));
        let loopback = Loopback::serve(
            Router::new().fallback(serve).layer(DefaultBodyLimit::disable()).with_state(Arc::clone(&kept)),
        );
        let mut openssl = Command::new("openssl");
        openssl.args(["genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]);
        let made = Running::start(openssl).ended();
        assert_eq!(made.code, Some(0), "{}", made.stderr);
        Self { kept, key: made.stdout, loopback }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        self.loopback.url()
    }

    /// The service account's key as Google gives it; `id`: the number that stands in it, the right one or not.
    pub fn key(&self, id: Option<&str>) -> String {
        serde_json::json!({
            "type": "service_account",
            "private_key_id": id.unwrap_or(KEY_ID),
            "private_key": self.key,
            "client_email": "sluice@project.iam.gserviceaccount.com",
        })
        .to_string()
    }

    /// A line of the private key: it must be found nowhere.
    pub fn secret(&self) -> &str {
        self.key.lines().nth(5).expect("a line")
    }

    /// The objects.
    pub fn objects(&self) -> BTreeMap<String, Object> {
        lock(&self.kept).objects.clone()
    }

    /// Puts an object there.
    pub fn put(&self, name: &str, bytes: &'static [u8]) {
        let mut kept = lock(&self.kept);
        kept.number += 1;
        let object = Object { bytes: bytes.into(), generation: kept.number, ..Object::default() };
        kept.objects.insert(name.to_owned(), object);
    }

    /// Uploads that are not complete.
    pub fn uploads(&self) -> usize {
        lock(&self.kept).uploads.len()
    }
}

fn lock(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(
    State(kept): State<Arc<Mutex<Kept>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !is_known(&headers) {
        return refused(401, "AuthenticationRequired");
    }
    let path = percent_decode_str(uri.path()).decode_utf8_lossy().into_owned();
    let query: BTreeMap<String, String> = uri
        .query()
        .unwrap_or_default()
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (name.to_owned(), percent_decode_str(value).decode_utf8_lossy().into_owned()))
        .collect();
    let Some(rest) = path.strip_prefix(&format!("/{BUCKET}")) else { return refused(404, "NoSuchBucket") };
    let name = rest.trim_start_matches('/').to_owned();
    let mut kept = lock(&kept);
    if name.is_empty() {
        return list(&kept, &query);
    }
    let upload = query.get("uploadId");
    match (method, upload) {
        (Method::POST, None) if query.contains_key("uploads") => {
            kept.number += 1;
            let id = format!("upload/{}+=", kept.number);
            kept.uploads.insert(id.clone(), (described(&headers), BTreeMap::new()));
            xml(format!(
                "<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
            ))
        }
        (Method::PUT, Some(id)) => {
            let number = query.get("partNumber").and_then(|number| number.parse().ok()).expect("a number");
            let Some((_, parts)) = kept.uploads.get_mut(id) else { return refused(404, "NoSuchUpload") };
            let answer = answer(200, &body, 0);
            parts.insert(number, body);
            answer.body(Body::empty()).expect("an answer")
        }
        (Method::POST, Some(id)) => {
            let Some((object, parts)) = kept.uploads.remove(id) else { return refused(404, "NoSuchUpload") };
            let asked = String::from_utf8_lossy(&body).matches("<PartNumber>").count();
            assert_eq!(parts.keys().copied().collect::<Vec<_>>(), (1..=asked).collect::<Vec<_>>());
            let bytes: Vec<u8> = parts.into_values().flatten().collect();
            kept.number += 1;
            let (tag, generation) = (tag_of(&bytes), kept.number);
            kept.objects.insert(name, Object { bytes: bytes.into(), generation, ..object });
            let mut answer = xml(format!(
                "<CompleteMultipartUploadResult><ETag>\"{tag}\"</ETag></CompleteMultipartUploadResult>"
            ));
            answer.headers_mut().insert("x-goog-generation", generation.into());
            answer
        }
        (Method::DELETE, Some(id)) => match kept.uploads.remove(id) {
            Some(_) => status(204),
            None => refused(404, "NoSuchUpload"),
        },
        (Method::PUT, None) => {
            if headers.get("x-goog-if-generation-match").is_some_and(|wanted| wanted == "0")
                && kept.objects.contains_key(&name)
            {
                return refused(412, "PreconditionFailed");
            }
            kept.number += 1;
            let generation = kept.number;
            let answer = answer(200, &body, generation);
            kept.objects.insert(name, Object { bytes: body, generation, ..described(&headers) });
            answer.body(Body::empty()).expect("an answer")
        }
        (Method::DELETE, None) => match kept.objects.remove(&name) {
            Some(_) => status(204),
            None => refused(404, "NoSuchKey"),
        },
        _ => match kept.objects.get(&name) {
            Some(object) => give(object, &headers),
            None => refused(404, "NoSuchKey"),
        },
    }
}

/// Whether a token was made with the key of that number.
fn is_known(headers: &HeaderMap) -> bool {
    let token = headers.get("authorization").and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let head = token.and_then(|token| URL_SAFE_NO_PAD.decode(token.split('.').next()?).ok());
    let head: Option<serde_json::Value> = head.and_then(|head| serde_json::from_slice(&head).ok());
    head.is_some_and(|head| head["kid"] == KEY_ID && head["alg"] == "RS256")
}

fn described(headers: &HeaderMap) -> Object {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    Object { content_type: text("content-type"), mtime: text("x-goog-meta-mtime"), ..Object::default() }
}

fn list(kept: &Kept, query: &BTreeMap<String, String>) -> Response {
    let prefix = query.get("prefix").map(String::as_str).unwrap_or_default();
    let after = query.get("continuation-token");
    let mut found = kept
        .objects
        .iter()
        .filter(|(name, _)| name.starts_with(prefix) && after.is_none_or(|after| *name > after))
        .peekable();
    let mut text = "<ListBucketResult><EncodingType>url</EncodingType>".to_owned();
    let mut last = "";
    for (name, object) in found.by_ref().take(PAGE) {
        let spelt = utf8_percent_encode(name, NON_ALPHANUMERIC);
        let size = object.bytes.len();
        text += &format!("<Contents><Key>{spelt}</Key><Size>{size}</Size></Contents>");
        last = name;
    }
    let more = found.peek().is_some();
    if more {
        text += &format!("<NextContinuationToken>{last}</NextContinuationToken>");
    }
    xml(format!("{text}<IsTruncated>{more}</IsTruncated></ListBucketResult>"))
}

fn give(object: &Object, headers: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", tag_of(&object.bytes));
    if headers.get("if-match").is_some_and(|wanted| *wanted != tag) {
        return refused(412, "PreconditionFailed");
    }
    let from = headers.get("range").and_then(|range| {
        range.to_str().ok()?.strip_prefix("bytes=")?.split('-').next()?.parse::<usize>().ok()
    });
    let (code, from) = from.map_or((200, 0), |from| (206, from));
    let mut answer = answer(code, &object.bytes, object.generation)
        .header("content-type", &object.content_type)
        .header("x-goog-meta-mtime", &object.mtime)
        .header("last-modified", "Mon, 02 Jan 2023 03:04:05 GMT");
    if code == 206 {
        let size = object.bytes.len();
        answer = answer.header("content-range", format!("bytes {from}-{}/{size}", size - 1));
    }
    answer.body(object.bytes.slice(from..).into()).expect("an answer")
}

/// What the service says of bytes.
fn answer(code: u16, bytes: &[u8], generation: u64) -> axum::http::response::Builder {
    let crc = STANDARD.encode(crc32c(bytes).to_be_bytes());
    Response::builder()
        .status(code)
        .header("etag", format!("\"{}\"", tag_of(bytes)))
        .header("x-goog-generation", generation)
        .header("x-goog-hash", format!("crc32c={crc}"))
}

fn tag_of(bytes: &[u8]) -> String {
    format!("{:032x}", xxhash_rust::xxh3::xxh3_128(bytes))
}

/// CRC-32C (RFC 3720, B.4), slowly and from its definition.
fn crc32c(bytes: &[u8]) -> u32 {
    let table: Vec<u32> = (0..256)
        .map(|byte| {
            (0..8).fold(byte, |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0x82F6_3B78 } else { crc >> 1 })
        })
        .collect();
    !bytes.iter().fold(!0, |crc, byte| crc >> 8 ^ table[((crc ^ u32::from(*byte)) & 0xFF) as usize])
}

fn status(code: u16) -> Response {
    Response::builder()
        .status(StatusCode::from_u16(code).expect("a code"))
        .body(Body::empty())
        .expect("an answer")
}

fn xml(text: String) -> Response {
    Response::builder().header("content-type", "application/xml").body(text.into()).expect("an answer")
}

fn refused(code: u16, word: &str) -> Response {
    let text = format!("<Error><Code>{word}</Code><Message>as documented</Message></Error>");
    Response::builder().status(code).body(text.into()).expect("an answer")
}
