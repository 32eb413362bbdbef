//! The catalogue's assets: one for each idempotency key.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

#[derive(Debug, Default)]
pub(super) struct Assets(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    by_key: HashMap<String, Asset>,
    by_path: BTreeMap<String, usize>,
    times: Vec<Duration>,
}

#[derive(Debug, Clone)]
struct Asset {
    id: String,
    path: String,
}

/// How a registration ended.
#[derive(Debug)]
pub(super) enum Registered {
    New(String),
    /// The key is known: the asset that it made.
    Again(String),
    /// The key is known from another path.
    OtherPath,
}

impl Assets {
    pub(super) fn register(&self, key: &str, path: &str, at: Duration) -> Registered {
        let mut state = self.state();
        if let Some(known) = state.by_key.get(key) {
            let is_same = known.path == path;
            return if is_same { Registered::Again(known.id.clone()) } else { Registered::OtherPath };
        }
        let asset = Asset { id: format!("asset-{}", state.times.len() + 1), path: path.to_owned() };
        let id = asset.id.clone();
        state.by_key.insert(key.to_owned(), asset);
        *state.by_path.entry(path.to_owned()).or_default() += 1;
        state.times.push(at);
        Registered::New(id)
    }

    pub(super) fn count(&self) -> usize {
        self.state().times.len()
    }

    /// When each asset was made, by the laboratory's clock.
    pub(super) fn times(&self) -> Vec<Duration> {
        self.state().times.clone()
    }

    pub(super) fn by_path(&self) -> BTreeMap<String, usize> {
        self.state().by_path.clone()
    }

    pub(super) fn forget(&self) {
        *self.state() = State::default();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
