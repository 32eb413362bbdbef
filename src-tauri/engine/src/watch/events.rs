//! What the system tells of changes in the watched folders. It only says that a look is worth while:
//! events may be missing, late or too many, and none comes from the other side of a network.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use notify::event::{AccessKind, AccessMode};
use notify::{Config, ErrorKind, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;

use super::unheard::Unheard;
use crate::storage::local::platform::{self, to_shown};

/// Listens as long as it lives.
pub(super) struct Events {
    heard: Arc<Heard>,
    _watcher: Option<RecommendedWatcher>,
}

#[derive(Default)]
struct Heard {
    changed: Notify,
    /// Changes may be missed: the folders must be listed often.
    is_deaf: AtomicBool,
}

impl Events {
    /// Does not listen: the job does not want it.
    pub(super) fn none() -> Self {
        let heard = Heard { is_deaf: AtomicBool::new(true), ..Heard::default() };
        Self { heard: Arc::new(heard), _watcher: None }
    }

    /// Listens to these folders; gives also why not, where that is not possible. Blocks: a large tree
    /// takes a while.
    pub(super) fn listen(folders: &[PathBuf]) -> (Self, Option<Unheard>) {
        if let Some(remote) = folders.iter().find(|folder| platform::is_network(folder)) {
            let why = Unheard::Network { folder: to_shown(remote.as_os_str()) };
            return (Self::none(), Some(why));
        }
        let heard = Arc::new(Heard::default());
        let hearing = Arc::clone(&heard);
        let hear = move |event: notify::Result<notify::Event>| {
            match event {
                // Our own reading is no change.
                Ok(event) if !is_change(event.kind) => return,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "changes in watched folders may be missed");
                    hearing.is_deaf.store(true, Ordering::Release);
                }
            }
            hearing.changed.notify_one();
        };
        let config = Config::default().with_follow_symlinks(false);
        let listening = RecommendedWatcher::new(hear, config).and_then(|mut watcher| {
            folders.iter().try_for_each(|folder| watch(&mut watcher, folder))?;
            Ok(watcher)
        });
        match listening {
            Ok(watcher) => (Self { heard, _watcher: Some(watcher) }, None),
            Err(error) => (Self::none(), Some(why_not(&error))),
        }
    }

    /// Whether changes may be missed.
    pub(super) fn is_deaf(&self) -> bool {
        self.heard.is_deaf.load(Ordering::Acquire)
    }

    /// Waits until something changed, or has since the last call.
    pub(super) async fn changed(&self) {
        self.heard.changed.notified().await;
    }
}

fn watch(watcher: &mut RecommendedWatcher, folder: &Path) -> notify::Result<()> {
    fail::fail_point!("no_watches_left", |_| Err(notify::Error::new(ErrorKind::MaxFilesWatch)));
    watcher.watch(folder, RecursiveMode::Recursive)
}

fn is_change(kind: EventKind) -> bool {
    !matches!(kind, EventKind::Access(access) if access != AccessKind::Close(AccessMode::Write))
}

fn why_not(error: &notify::Error) -> Unheard {
    match error.kind {
        ErrorKind::MaxFilesWatch => Unheard::NoMoreWatches,
        _ => Unheard::Refused { said: error.to_string() },
    }
}
