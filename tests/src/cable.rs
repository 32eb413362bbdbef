//! A cable between the command and a server of HTTP: it counts what goes through, and does what a bad day
//! does.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;

use crate::loopback::Loopback;

/// The headers of the checksums that Sluice asks for, and of others as long.
const CHECKSUMS: [(&str, &str); 2] =
    [("x-amz-checksum-crc64nvme", "AAAAAAAAAAA="), ("x-amz-checksum-crc32c", "AAAAAA==")];

const SHA256: &str = "x-amz-checksum-sha256";

/// Until so many bytes have gone through, only looks at the service have.
const SMALL: u64 = 100;

/// What goes wrong.
#[derive(Debug, Clone, Copy, Default)]
pub struct Weather {
    /// Every so manieth request is answered 503 SlowDown; 0: none.
    pub slow_down_every: u64,
    /// Answers break off after so many bytes, the first so many times of each request that is long enough.
    pub cut_after: Option<u64>,
    /// `HEAD` finds nothing.
    pub is_blind: bool,
    /// The first object that is put arrives, but the answer says otherwise. A probe is none.
    pub loses_first: bool,
    /// `HEAD` of paths that begin so is forbidden.
    pub forbids: Option<&'static str>,
    /// Conditions of requests are not heard: what is there is replaced.
    pub is_careless: bool,
    /// The condition of a copy that the service makes by itself is heard, as Amazon's does; moto's does not.
    pub guards_copies: bool,
    /// Answers repeat the request's checksum, as Amazon's do; or give another one.
    pub checksum: Option<Checksum>,
    /// What `HEAD` of paths that begin so says of their SHA-256; none: nothing.
    pub sha256: Option<(&'static str, Option<&'static str>)>,
    /// Tags of paths that begin so look like hashes of the content, but are none.
    pub other_tags: Option<&'static str>,
    /// Once so many ranges have been asked for, objects are others than before.
    pub replaced_after: Option<u64>,
    /// One byte of every so manieth content is another one on its way, there or back; 0: of none.
    pub damage_every: u64,
    /// Requests a second that the service takes; what comes beyond is answered 503 SlowDown. 0: all.
    pub per_second: u32,
    /// How long the way to the service takes.
    pub delay: Duration,
}

/// What answers say of the checksum of what arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checksum {
    /// The one of the request.
    Same,
    /// Another one: other bytes have arrived.
    Other,
}

/// A running cable; gone when it is dropped.
#[derive(Debug)]
pub struct Cable {
    shared: Arc<Shared>,
    loopback: Loopback,
}

#[derive(Debug)]
struct Shared {
    client: reqwest::Client,
    server: String,
    weather: Mutex<Weather>,
    requests: AtomicU64,
    lost: AtomicBool,
    sent: AtomicU64,
    contents: AtomicU64,
    damaged: Mutex<Vec<String>>,
    throttled: AtomicU64,
    copies: AtomicU64,
    ranges: AtomicU64,
    allowance: Mutex<Allowance>,
}

/// Requests that the service takes at this moment.
#[derive(Debug)]
struct Allowance {
    left: f64,
    at: Instant,
}

impl Cable {
    /// A cable to a server, on a free port of the loopback.
    ///
    /// # Panics
    /// When no socket can be had.
    pub fn to(server: &str, weather: Weather) -> Self {
        let shared = Arc::new(Shared {
            client: reqwest::Client::builder().no_proxy().build().expect("a client"),
            server: server.to_owned(),
            weather: Mutex::new(weather),
            requests: AtomicU64::new(0),
            lost: AtomicBool::new(false),
            sent: AtomicU64::new(0),
            contents: AtomicU64::new(0),
            damaged: Mutex::default(),
            throttled: AtomicU64::new(0),
            copies: AtomicU64::new(0),
            ranges: AtomicU64::new(0),
            allowance: Mutex::new(Allowance { left: 0.0, at: Instant::now() }),
        });
        let loopback = Loopback::serve(Router::new().fallback(pass).with_state(Arc::clone(&shared)));
        Self { shared, loopback }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        self.loopback.url()
    }

    /// Changes the weather for requests from now on.
    pub fn change(&self, weather: Weather) {
        *self.shared.weather.lock().unwrap_or_else(PoisonError::into_inner) = weather;
    }

    /// Bytes of bodies that came from the command so far.
    pub fn sent(&self) -> u64 {
        self.shared.sent.load(Ordering::Relaxed)
    }

    /// Contents with a byte that was changed on its way, by their paths at the service.
    pub fn damaged(&self) -> Vec<String> {
        self.shared.damaged.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Requests that were answered 503 so far.
    pub fn throttled(&self) -> u64 {
        self.shared.throttled.load(Ordering::Relaxed)
    }

    /// Requests so far for a copy that the service makes by itself, of a whole object or of a part.
    pub fn copies(&self) -> u64 {
        self.shared.copies.load(Ordering::Relaxed)
    }

    /// Requests so far for a part of an object.
    pub fn ranges(&self) -> u64 {
        self.shared.ranges.load(Ordering::Relaxed)
    }

    /// Requests so far.
    pub fn requests(&self) -> u64 {
        self.shared.requests.load(Ordering::Relaxed)
    }
}

impl Shared {
    /// The number of the next content, if it is to be damaged.
    fn damages(&self, weather: Weather, path: &str) -> Option<u64> {
        let number = self.contents.fetch_add(1, Ordering::Relaxed) + 1;
        let damages = weather.damage_every > 0 && number.is_multiple_of(weather.damage_every);
        damages.then(|| {
            self.damaged.lock().unwrap_or_else(PoisonError::into_inner).push(path.to_owned());
            number
        })
    }

    /// Whether one more request is too many at this moment.
    fn is_too_much(&self, weather: Weather) -> bool {
        if weather.per_second == 0 {
            return false;
        }
        let mut allowance = self.allowance.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let more = (now - allowance.at).as_secs_f64() * f64::from(weather.per_second);
        // What is not used is kept for a tenth of a second.
        allowance.left = (allowance.left + more).min(f64::from(weather.per_second) / 10.0);
        allowance.at = now;
        let is_too_much = allowance.left < 1.0;
        if !is_too_much {
            allowance.left -= 1.0;
        }
        is_too_much
    }
}

/// Writes a tag backwards; twice, and it is what it was.
fn reverse(headers: &mut HeaderMap, name: &'static str) {
    if let Some(tag) = headers.get(name).and_then(|tag| tag.to_str().ok()) {
        let backwards: String = tag.chars().rev().collect();
        headers.insert(name, backwards.parse().expect("a tag"));
    }
}

/// Changes a bit of the first block that holds anything: one that the content's number chooses, so that what
/// is damaged twice does not become whole.
fn damaged(block: Bytes, due: &mut Option<u64>) -> Bytes {
    let Some(number) = due.take_if(|_| !block.is_empty()) else { return block };
    let mut bytes = block.to_vec();
    let at = number as usize % bytes.len();
    bytes[at] ^= 1 << (number % 8);
    bytes.into()
}

async fn pass(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let number = shared.requests.fetch_add(1, Ordering::Relaxed) + 1;
    let weather = *shared.weather.lock().unwrap_or_else(PoisonError::into_inner);
    let (parts, body) = request.into_parts();
    tokio::time::sleep(weather.delay).await;
    let is_due = weather.slow_down_every > 0 && number.is_multiple_of(weather.slow_down_every);
    if is_due || shared.is_too_much(weather) {
        shared.throttled.fetch_add(1, Ordering::Relaxed);
        let said = "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>";
        return (StatusCode::SERVICE_UNAVAILABLE, said).into_response();
    }
    if weather.is_blind && parts.method == Method::HEAD {
        return StatusCode::NOT_FOUND.into_response();
    }
    let forbids = weather.forbids.is_some_and(|path| parts.uri.path().starts_with(path));
    if forbids && parts.method == Method::HEAD {
        return StatusCode::FORBIDDEN.into_response();
    }
    let counting = Arc::clone(&shared);
    let has_content = parts.headers.get("content-length").is_some_and(|length| length != "0");
    let is_content = has_content && parts.method == Method::PUT;
    let mut due = if is_content { shared.damages(weather, parts.uri.path()) } else { None };
    let body = body.into_data_stream().map(move |block| {
        let bytes = block.as_ref().map_or(0, Bytes::len);
        counting.sent.fetch_add(bytes as u64, Ordering::Relaxed);
        block.map(|block| damaged(block, &mut due))
    });
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let url = format!("{}{target}", shared.server);
    let mut headers = parts.headers.clone();
    let copies = headers.contains_key("x-amz-copy-source");
    shared.copies.fetch_add(u64::from(copies), Ordering::Relaxed);
    let has_other_tag = weather.other_tags.is_some_and(|path| parts.uri.path().starts_with(path));
    let ranges = shared.ranges.fetch_add(u64::from(headers.contains_key("range")), Ordering::Relaxed);
    let is_replaced = weather.replaced_after.is_some_and(|before| ranges >= before);
    if has_other_tag || is_replaced {
        reverse(&mut headers, "if-match");
    }
    if weather.is_careless {
        headers.remove("if-none-match");
    }
    if weather.guards_copies && copies && headers.contains_key("if-none-match") {
        let there = shared.client.head(&url).send().await;
        if there.is_ok_and(|there| there.status().is_success()) {
            let said = "<Error><Code>PreconditionFailed</Code></Error>";
            return (StatusCode::PRECONDITION_FAILED, said).into_response();
        }
    }
    let mut forward = shared.client.request(parts.method.clone(), url).headers(headers);
    if has_content {
        forward = forward.body(reqwest::Body::wrap_stream(body));
    }
    let Ok(answer) = forward.send().await else { return StatusCode::BAD_GATEWAY.into_response() };
    let is_put = parts.method == Method::PUT && !parts.uri.path().contains(".sluice-probe");
    if weather.loses_first && is_put && !shared.lost.swap(true, Ordering::Relaxed) {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let mut response = Response::builder().status(answer.status());
    let mut answered = answer.headers().clone();
    if has_other_tag {
        reverse(&mut answered, "etag");
    }
    if let Some((path, sha256)) = weather.sha256
        && parts.method == Method::HEAD
        && parts.uri.path().starts_with(path)
        && answered.remove(SHA256).is_some()
        && let Some(sha256) = sha256
    {
        answered.insert(SHA256, HeaderValue::from_static(sha256));
    }
    for (name, value) in &answered {
        let is_replaced =
            weather.checksum.is_some() && CHECKSUMS.iter().any(|(checksum, _)| name == checksum);
        if name != "transfer-encoding" && name != "connection" && !is_replaced {
            response = response.header(name, value);
        }
    }
    let is_content =
        parts.method == Method::GET && !target.contains("list-type") && answer.status().is_success();
    let is_content = is_content && answer.content_length() != Some(0);
    let mut due = if is_content { shared.damages(weather, parts.uri.path()) } else { None };
    let mut left = weather.cut_after.filter(|_| parts.method == Method::GET);
    if let Some(checksum) = weather.checksum
        && shared.sent.load(Ordering::Relaxed) > SMALL
    {
        for (name, other) in CHECKSUMS {
            if let Some(sent) = parts.headers.get(name) {
                let other = HeaderValue::from_static(other);
                response =
                    response.header(name, if checksum == Checksum::Same { sent.clone() } else { other });
            }
        }
    }
    let stream = answer.bytes_stream().map(move |block| {
        let block = damaged(block.map_err(std::io::Error::other)?, &mut due);
        if let Some(left) = &mut left {
            let cut = (block.len() as u64) > *left;
            *left = left.saturating_sub(block.len() as u64);
            if cut {
                return Err(std::io::Error::other("cut"));
            }
        }
        Ok::<Bytes, std::io::Error>(block)
    });
    response.body(Body::from_stream(stream)).unwrap_or_else(|_| StatusCode::BAD_GATEWAY.into_response())
}
