//! Keeps the computer from going to sleep.

use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// A thread of its own asks the system: it may take its time, and on Windows what is asked holds for the
/// thread that asks.
#[derive(Default)]
pub(super) struct Awake {
    asked: Mutex<Asked>,
    held: Arc<Mutex<bool>>,
}

#[derive(Default)]
struct Asked {
    wanted: bool,
    thread: Option<Sender<Wish>>,
}

struct Wish {
    wanted: bool,
    tell: Box<dyn FnOnce(bool) + Send>,
}

impl Awake {
    /// Asks for it, or no more. `tell` hears whether the system does so once that has changed.
    pub(super) fn set(&self, wanted: bool, tell: impl FnOnce(bool) + Send + 'static) {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.wanted == wanted {
            return;
        }
        asked.wanted = wanted;
        let held = Arc::clone(&self.held);
        let thread = asked.thread.get_or_insert_with(|| begin(held));
        // The thread ends with the program.
        let _ = thread.send(Wish { wanted, tell: Box::new(tell) });
    }

    /// Whether the system keeps awake.
    pub(super) fn is_held(&self) -> bool {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn begin(held: Arc<Mutex<bool>>) -> Sender<Wish> {
    let (sender, wishes) = channel::<Wish>();
    thread::spawn(move || {
        let mut guard = None;
        for wish in wishes {
            // First: two at once would be one too many.
            drop(guard.take());
            guard = wish.wanted.then(ask).flatten();
            *held.lock().unwrap_or_else(PoisonError::into_inner) = guard.is_some();
            (wish.tell)(guard.is_some());
        }
    });
    sender
}

/// Not the display: nobody has to look on for weeks.
fn ask() -> Option<keepawake::KeepAwake> {
    let asked = keepawake::Builder::default()
        .idle(true)
        .sleep(true)
        .reason("A migration is running")
        .app_name("Sluice")
        .app_reverse_domain("app.sluice.desktop")
        .create();
    asked.inspect_err(|error| tracing::warn!(%error, "this computer cannot be kept awake")).ok()
}
