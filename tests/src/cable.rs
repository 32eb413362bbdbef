//! A cable between the command and a server of HTTP: it counts what goes through, and does what a bad day
//! does.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use tokio::sync::oneshot;

/// The header of the checksum that Sluice asks for.
const CHECKSUM: &str = "x-amz-checksum-crc64nvme";

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
    /// `HEAD` is forbidden.
    pub is_forbidden: bool,
    /// Conditions of requests are not heard: what is there is replaced.
    pub is_careless: bool,
    /// Answers repeat the request's checksum, as Amazon's do; or give another one.
    pub checksum: Option<Checksum>,
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
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    client: reqwest::Client,
    server: String,
    weather: Mutex<Weather>,
    requests: AtomicU64,
    lost: AtomicBool,
    sent: AtomicU64,
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
        });
        let (stop, stopped) = oneshot::channel::<()>();
        let (tell, told) = mpsc::channel();
        let serving = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
                tell.send(listener.local_addr().expect("its address")).expect("somebody waits for it");
                let service = Router::new().fallback(pass).with_state(serving);
                tokio::select! {
                    served = axum::serve(listener, service) => served.expect("it serves for ever"),
                    _ = stopped => {}
                }
            });
        });
        let address = told.recv().expect("the address of the cable");
        Self { shared, address, stop: Some(stop), thread: Some(thread) }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Changes the weather for requests from now on.
    pub fn change(&self, weather: Weather) {
        *self.shared.weather.lock().unwrap_or_else(PoisonError::into_inner) = weather;
    }

    /// Bytes of bodies that came from the command so far.
    pub fn sent(&self) -> u64 {
        self.shared.sent.load(Ordering::Relaxed)
    }

    /// Requests so far.
    pub fn requests(&self) -> u64 {
        self.shared.requests.load(Ordering::Relaxed)
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn pass(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let number = shared.requests.fetch_add(1, Ordering::Relaxed) + 1;
    let weather = *shared.weather.lock().unwrap_or_else(PoisonError::into_inner);
    let (parts, body) = request.into_parts();
    if weather.slow_down_every > 0 && number.is_multiple_of(weather.slow_down_every) {
        let said = "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>";
        return (StatusCode::SERVICE_UNAVAILABLE, said).into_response();
    }
    if weather.is_blind && parts.method == Method::HEAD {
        return StatusCode::NOT_FOUND.into_response();
    }
    if weather.is_forbidden && parts.method == Method::HEAD {
        return StatusCode::FORBIDDEN.into_response();
    }
    let counting = Arc::clone(&shared);
    let body = body.into_data_stream().inspect(move |block| {
        let bytes = block.as_ref().map_or(0, Bytes::len);
        counting.sent.fetch_add(bytes as u64, Ordering::Relaxed);
    });
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let url = format!("{}{target}", shared.server);
    let mut headers = parts.headers.clone();
    if weather.is_careless {
        headers.remove("if-none-match");
    }
    let mut forward = shared.client.request(parts.method.clone(), url).headers(headers);
    if parts.headers.get("content-length").is_some_and(|length| length != "0") {
        forward = forward.body(reqwest::Body::wrap_stream(body));
    }
    let Ok(answer) = forward.send().await else { return StatusCode::BAD_GATEWAY.into_response() };
    let is_put = parts.method == Method::PUT && !parts.uri.path().contains(".sluice-probe");
    if weather.loses_first && is_put && !shared.lost.swap(true, Ordering::Relaxed) {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let mut response = Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        if name != "transfer-encoding" && name != "connection" {
            response = response.header(name, value);
        }
    }
    let mut left = weather.cut_after.filter(|_| parts.method == Method::GET);
    if let Some(checksum) = weather.checksum
        && let Some(sent) = parts.headers.get(CHECKSUM)
        && shared.sent.load(Ordering::Relaxed) > SMALL
    {
        let other = HeaderValue::from_static("AAAAAAAAAAA=");
        response = response.header(CHECKSUM, if checksum == Checksum::Same { sent.clone() } else { other });
    }
    let stream = answer.bytes_stream().map(move |block| {
        let block = block.map_err(std::io::Error::other)?;
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
