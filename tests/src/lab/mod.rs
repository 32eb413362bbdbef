//! The laboratory: a catalogue service in this process whose load, faults and outages are scripted.
//!
//! It is a real server on a real socket of the loopback, with real time. It also counts what it saw,
//! so that a test asks the service what happened, and not the program under test.
//!
//! | request | answer |
//! | --- | --- |
//! | `GET /lookup?path=…` | 200 and `{"asset":{"title":…,"owner":…,"number":…}}` |
//! | `POST /assets`, JSON with `path`, header `Idempotency-Key` | 201 and `{"id":…}`; the same key again: 200 and the same id |
//!
//! ```text
//! connection ─► door ─► outage? ─► rate? ─► queue ─► worker ─► fate ─► answer
//!                │         503       429     429      knee     faults, poison
//!                └ refused, reset
//! ```
//!
//! [`Lab::start`] serves from a thread and a runtime of its own, so that it is the same in a
//! `#[tokio::test]`, in a plain `#[test]` and in a bench. It ends when it is dropped.

mod answer;
mod assets;
mod bucket;
mod door;
mod fate;
mod knee;
mod script;
mod seen;
mod service;
mod sharing;
mod tally;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;

pub use script::{Outage, Poison, Retry, Script, Venom, Window, Wrong};
pub use seen::{Calls, Route, Seen};
pub use sharing::Contention;

use crate::wait;
use service::Service;

/// A running laboratory; everything about it ends when it is dropped.
#[derive(Debug)]
pub struct Lab {
    service: Arc<Service>,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Lab {
    /// A laboratory that goes by this script, on a free port of the loopback. It takes requests
    /// when this returns.
    ///
    /// # Panics
    /// When no socket can be had.
    pub fn start(script: Script) -> Self {
        let service = Arc::new(Service::new(script));
        let (stop, stopped) = oneshot::channel();
        let (tell, told) = mpsc::channel();
        let serving = service.clone();
        let thread = std::thread::Builder::new()
            .name("lab".to_owned())
            .spawn(move || {
                let runtime = tokio::runtime::Builder::new_multi_thread()
                    .worker_threads(2)
                    .thread_name("lab")
                    .enable_all()
                    .build()
                    .expect("a runtime");
                runtime.block_on(async {
                    let listener = door::open().expect("a free port of the loopback");
                    tell.send(listener.local_addr().expect("its address"))
                        .expect("somebody waits for the address");
                    tokio::select! {
                        () = door::keep(serving, listener) => {}
                        _ = stopped => {}
                    }
                });
            })
            .expect("a thread");
        let address = told.recv().expect("the address of the laboratory");
        Self { service, address, stop: Some(stop), thread: Some(thread) }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Changes the script while it runs. When this returns, the change is in force for everything
    /// that arrives from now on.
    pub fn change(&self, change: impl FnOnce(&mut Script)) {
        let version = self.service.change(change);
        wait::until("the laboratory to take notice", || self.service.is_in_force(version).then_some(()));
    }

    /// Begins an outage, or ends the one that was begun so.
    pub fn outage(&self, outage: Option<Outage>) {
        self.change(|script| script.outage = outage);
    }

    /// Forgets assets and counts and sets its clock to zero, for the next arm of a bench. Nothing
    /// should be in flight.
    pub fn forget(&self) {
        let version = self.service.forget();
        wait::until("the laboratory to take notice", || self.service.is_in_force(version).then_some(()));
    }

    /// Its clock: time since it started, or since [`Self::forget`].
    pub fn clock(&self) -> Duration {
        self.service.clock()
    }

    /// What it saw so far.
    pub fn seen(&self) -> Seen {
        self.service.seen()
    }

    /// Requests so far, without the cost of a whole [`Seen`].
    pub fn requests(&self) -> u64 {
        self.service.tally.requests()
    }

    /// Assets so far, without the cost of a whole [`Seen`].
    pub fn registered(&self) -> usize {
        self.service.assets.count()
    }

    /// How many assets each path has.
    pub fn assets_by_path(&self) -> BTreeMap<String, usize> {
        self.service.assets.by_path()
    }

    /// Asserts that exactly these paths have an asset, each of them one.
    #[track_caller]
    pub fn assert_each_once<'a>(&self, paths: impl IntoIterator<Item = &'a str>) {
        let expected: BTreeMap<String, usize> = paths.into_iter().map(|path| (path.to_owned(), 1)).collect();
        let found = self.assets_by_path();
        let missing: Vec<_> = expected.keys().filter(|path| !found.contains_key(*path)).collect();
        let wrong: Vec<_> = found.iter().filter(|(path, count)| expected.get(*path) != Some(count)).collect();
        assert!(
            missing.is_empty() && wrong.is_empty(),
            "missing: {missing:?}; twice or not expected: {wrong:?}"
        );
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        // It may have ended by a panic of its own: then nobody listens any more.
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
