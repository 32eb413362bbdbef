//! A bucket that holds nothing but its listing: as many keys as one wants, a page at a time.

use std::collections::HashMap;
use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread::JoinHandle;

use axum::Router;
use axum::extract::{Query, State};
use tokio::sync::oneshot;

/// Keys on a page, as Amazon gives them.
const PAGE: u64 = 1000;

/// A running server on a free port of the loopback; gone when it is dropped.
#[derive(Debug)]
pub struct Inventory {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Inventory {
    /// A bucket of so many keys.
    ///
    /// # Panics
    /// When no socket can be had.
    pub fn of(keys: u64) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let (tell, told) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
                tell.send(listener.local_addr().expect("its address")).expect("somebody waits for it");
                let service = Router::new().fallback(page).with_state(keys);
                tokio::select! {
                    served = axum::serve(listener, service) => served.expect("it serves for ever"),
                    _ = stopped => {}
                }
            });
        });
        let address = told.recv().expect("the address of the inventory");
        Self { address, stop: Some(stop), thread: Some(thread) }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Inventory {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn page(State(keys): State<u64>, Query(query): Query<HashMap<String, String>>) -> String {
    let from: u64 = query.get("continuation-token").and_then(|token| token.parse().ok()).unwrap_or(0);
    let to = (from + PAGE).min(keys);
    let mut text = String::from("<ListBucketResult><EncodingType>url</EncodingType>");
    for n in from..to {
        write!(
            text,
            "<Contents><Key>in/reel-{:04}/take-{n:07}.mov</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>\
             <ETag>&quot;{n:032x}&quot;</ETag><Size>{}</Size><StorageClass>STANDARD</StorageClass></Contents>",
            n / 1000,
            n % 4096
        )
        .expect("memory");
    }
    let truncated = to < keys;
    write!(text, "<IsTruncated>{truncated}</IsTruncated>").expect("memory");
    if truncated {
        write!(text, "<NextContinuationToken>{to}</NextContinuationToken>").expect("memory");
    }
    text + "</ListBucketResult>"
}
