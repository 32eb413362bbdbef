//! What the parts of the laboratory share.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::assets::Assets;
use super::bucket::Bucket;
use super::knee::Knee;
use super::script::{Outage, Script};
use super::seen::Seen;
use super::sharing::Sharing;
use super::tally::Tally;

#[derive(Debug)]
pub(super) struct Service {
    script: watch::Sender<(u64, Arc<Script>)>,
    in_force: AtomicU64,
    zero: Mutex<Instant>,
    pub(super) assets: Assets,
    pub(super) tally: Arc<Tally>,
    pub(super) knee: Arc<Knee>,
    pub(super) sharing: Sharing,
    pub(super) bucket: Bucket,
}

impl Service {
    pub(super) fn new(script: Script) -> Self {
        Self {
            in_force: AtomicU64::new(0),
            zero: Mutex::new(Instant::now()),
            assets: Assets::default(),
            tally: Arc::default(),
            knee: Arc::new(Knee::new(script.workers, script.queue)),
            sharing: Sharing::new(),
            bucket: Bucket::new(script.burst),
            script: watch::Sender::new((0, Arc::new(script))),
        }
    }

    pub(super) fn script(&self) -> Arc<Script> {
        self.script.borrow().1.clone()
    }

    /// The script with its version, and news of each change.
    pub(super) fn follow(&self) -> watch::Receiver<(u64, Arc<Script>)> {
        self.script.subscribe()
    }

    /// Changes the script; returns its version.
    pub(super) fn change(&self, change: impl FnOnce(&mut Script)) -> u64 {
        let mut version = 0;
        self.script.send_modify(|(number, script)| {
            change(Arc::make_mut(script));
            *number += 1;
            version = *number;
            self.knee.set(script.workers, script.queue);
        });
        version
    }

    /// The door goes by this version.
    pub(super) fn put_in_force(&self, version: u64) {
        self.in_force.store(version, Ordering::Release);
    }

    pub(super) fn is_in_force(&self, version: u64) -> bool {
        self.in_force.load(Ordering::Acquire) >= version
    }

    pub(super) fn forget(&self) -> u64 {
        *self.zero.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        self.assets.forget();
        self.tally.forget();
        // The windows of outages begin anew.
        self.change(|_| {})
    }

    pub(super) fn clock(&self) -> Duration {
        self.zero.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }

    pub(super) fn seen(&self) -> Seen {
        Seen { asset_times: self.assets.times(), ..self.tally.seen() }
    }

    /// The outage at this moment, and for how long that stays so by the clock.
    pub(super) fn outage(&self, script: &Script) -> (Option<Outage>, Option<Duration>) {
        let now = self.clock();
        let edges = script.outages.iter().flat_map(|window| [window.from, window.to]);
        let next = edges.filter(|edge| *edge > now).min().map(|edge| edge - now);
        let window = script.outages.iter().find(|window| (window.from..window.to).contains(&now));
        (script.outage.or(window.map(|window| window.outage)), next)
    }
}
