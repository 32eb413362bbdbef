//! What the program does to be a good neighbour on the person's computer while migrations run: keeps it
//! awake, shows progress in the taskbar or dock, and says when something happened.

mod awake;
mod news;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use sluice_engine::api::Migration;
use sluice_engine::event::Progress;
use sluice_engine::record::Balance;
use tauri::window::{ProgressBarState, ProgressBarStatus};
use tauri::{AppHandle, Emitter, Manager};

use crate::ipc::Answer;
use crate::settings::Preferences;
use crate::tray::Tray;
use awake::Awake;
use news::{News, Seen};

/// Follows all migrations that are open.
#[derive(Default)]
pub(crate) struct Citizen {
    seen: Mutex<HashMap<String, Seen>>,
    awake: Awake,
    /// What the taskbar shows, in hundredths.
    shown: Mutex<Option<u64>>,
}

/// Something happened that the person wants to know of, also while they do something else.
#[derive(Clone, Serialize)]
struct Happened<'a> {
    of: &'a str,
    name: &'a str,
    to: &'a str,
    news: News,
}

impl Citizen {
    /// Takes note of where a migration is.
    pub(crate) fn follow(&self, app: &AppHandle, migration: &Migration, progress: &Progress) {
        let of = migration.checkpoint().display().to_string();
        let news = {
            let mut all = lock(&self.seen);
            let seen = all.entry(of.clone()).or_insert_with(|| Seen::new(progress));
            let news = seen.take(progress);
            if !progress.state.is_active() {
                all.remove(&of);
            }
            news
        };
        if let Some(news) = news {
            let job = migration.job();
            let (name, to) = (job.name.as_str(), job.destination.to_string());
            let happened = Happened { of: &of, name, to: &to, news };
            if let Err(error) = app.emit("news", happened) {
                tracing::warn!(%error, "the page cannot be told");
            }
        }
        self.settle(app);
    }

    /// Puts in force what the settings say of staying awake, and shows how far everything is.
    pub(crate) fn settle(&self, app: &AppHandle) {
        let (at_work, share) = {
            let all = lock(&self.seen);
            (all.len(), share_done(all.values().map(|seen| &seen.balance)))
        };
        app.state::<Tray>().tell(at_work, share.unwrap_or(0));
        let wanted = at_work > 0 && app.state::<Preferences>().get().keep_awake;
        let of = app.clone();
        self.awake.set(wanted, move |held| {
            if let Err(error) = of.emit("awake", held) {
                tracing::warn!(%error, "the page cannot be told");
            }
        });
        let mut shown = lock(&self.shown);
        if *shown != share {
            *shown = share;
            show_progress(app, share);
        }
    }
}

/// How much of what is at work is done, in hundredths. None: nothing is.
fn share_done<'a>(balances: impl Iterator<Item = &'a Balance>) -> Option<u64> {
    let (done, all, any) = balances.fold((0, 0, false), |(done, all, _), balance| {
        (done + (balance.found - balance.pending.min(balance.found)), all + balance.found, true)
    });
    any.then(|| (done * 100).checked_div(all).unwrap_or(0))
}

fn show_progress(app: &AppHandle, share: Option<u64>) {
    let Some(window) = app.get_webview_window("main") else { return };
    let status = if share.is_some() { ProgressBarStatus::Normal } else { ProgressBarStatus::None };
    let state = ProgressBarState { status: Some(status), progress: share };
    if let Err(error) = window.set_progress_bar(state) {
        tracing::debug!(%error, "this desktop shows no progress");
    }
}

/// Whether the computer is kept awake at this moment.
#[tauri::command]
pub(crate) fn is_awake(citizen: tauri::State<'_, Citizen>) -> bool {
    citizen.awake.is_held()
}

/// Shows a notification of the system's, unless the person looks at the window or wants none.
#[tauri::command]
pub(crate) async fn notify(app: AppHandle, title: String, text: String) -> Answer<()> {
    let in_front = app.get_webview_window("main").is_some_and(|window| window.is_focused().unwrap_or(false));
    if !in_front {
        tell(&app, title, text);
    }
    Ok(())
}

/// Shows a notification of the system's, unless the person wants none.
pub(crate) fn tell(app: &AppHandle, title: String, text: String) {
    if !app.state::<Preferences>().get().notify {
        return;
    }
    // The message bus may take its time, and has a runtime of its own.
    std::thread::spawn(move || {
        let mut notification = notify_rust::Notification::new();
        notification.appname("Sluice").summary(&title).body(&plain(&text)).icon("sluice-desktop");
        if let Err(error) = notification.show() {
            tracing::info!(%error, "this desktop shows no notification");
        }
    });
}

/// Names come from anywhere, and desktops after the freedesktop specification read markup in the body:
/// https://specifications.freedesktop.org/notification-spec/latest/markup.html
fn plain(text: &str) -> String {
    if cfg!(any(windows, target_os = "macos")) {
        return text.to_owned();
    }
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_taskbar_shows_all_that_is_at_work_together() {
        let balance = |found, pending| Balance { found, pending, ..Balance::default() };
        assert_eq!(share_done([].into_iter()), None);
        assert_eq!(share_done([balance(0, 0)].iter()), Some(0));
        assert_eq!(share_done([balance(100, 50), balance(300, 250)].iter()), Some(25));
    }

    #[test]
    #[cfg(not(any(windows, target_os = "macos")))]
    fn a_name_is_no_markup() {
        assert_eq!(plain("<b>a & b</b>"), "&lt;b&gt;a &amp; b&lt;/b&gt;");
    }
}
