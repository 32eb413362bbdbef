//! The icon in the system's tray, where the person wants one: it says how far all that is at work has come, and is
//! the way back to a window that was closed while something goes on.

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod icon;
#[cfg(not(target_os = "linux"))]
#[path = "other.rs"]
mod icon;

use std::sync::atomic::{AtomicBool, Ordering};

use serde::Deserialize;
use tauri::{AppHandle, Manager, State, Window};
use tokio::sync::watch;

use crate::citizen;
use crate::desk::Desk;
use crate::launch;
use crate::settings::Preferences;
use icon::Icon;

/// What the tray is to show. A task of its own does it: the desktop may take its time to answer.
#[derive(Default)]
pub(crate) struct Tray {
    wanted: watch::Sender<Wanted>,
    /// The icon is up.
    is_up: AtomicBool,
    /// The person was told where the window went; once a start is enough.
    told: AtomicBool,
}

#[derive(Default, Clone, PartialEq)]
struct Wanted {
    /// The setting.
    on: bool,
    /// None: the page has not said yet in which language.
    words: Option<Words>,
    at_work: usize,
    /// How much of that is done, in hundredths.
    share: u64,
}

/// What the tray says, in the language of the window.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Words {
    show: String,
    quit: String,
    /// While nothing is at work.
    resting: String,
    /// With `{n}` for how many are at work and `{share}` for how much of that is done.
    working: String,
    /// Where the window went: title and text.
    hidden: String,
    hidden_text: String,
}

impl Wanted {
    fn tip(&self, words: &Words) -> String {
        if self.at_work == 0 {
            return words.resting.clone();
        }
        words.working.replace("{n}", &self.at_work.to_string()).replace("{share}", &self.share.to_string())
    }
}

impl Tray {
    /// Takes over what the settings say.
    pub(crate) fn settle(&self, app: &AppHandle) {
        let on = app.state::<Preferences>().get().stay_in_tray;
        self.want(|wanted| wanted.on = on);
    }

    /// So many are at work, and so much of that is done (hundredths).
    pub(crate) fn tell(&self, at_work: usize, share: u64) {
        self.want(|wanted| (wanted.at_work, wanted.share) = (at_work, share));
    }

    fn want(&self, change: impl FnOnce(&mut Wanted)) {
        self.wanted.send_if_modified(|wanted| {
            let before = wanted.clone();
            change(wanted);
            *wanted != before
        });
    }

    /// Whether the icon is there for whoever looks for the window.
    async fn can_be_found(&self) -> bool {
        self.wanted.borrow().on && self.is_up.load(Ordering::Acquire) && icon::is_there().await
    }
}

/// Follows what is wanted from now on.
pub(crate) fn begin(app: &AppHandle) {
    app.state::<Tray>().settle(app);
    tauri::async_runtime::spawn(follow(app.clone()));
}

async fn follow(app: AppHandle) {
    let tray = app.state::<Tray>();
    let mut wanted = tray.wanted.subscribe();
    let mut up: Option<(Words, Icon)> = None;
    loop {
        let now = wanted.borrow_and_update().clone();
        let words = now.words.as_ref().filter(|_| now.on);
        // Another language is another menu.
        if let Some((_, old)) = up.take_if(|(said, _)| Some(&*said) != words) {
            tray.is_up.store(false, Ordering::Release);
            old.take_down().await;
        }
        if let Some(words) = words {
            let tip = now.tip(words);
            match &up {
                Some((_, icon)) => icon.say(tip).await,
                None => match Icon::put(&app, words, tip).await {
                    Ok(icon) => up = Some((words.clone(), icon)),
                    Err(error) => tracing::debug!(%error, "this desktop takes no icon into its tray"),
                },
            }
        }
        tray.is_up.store(up.is_some(), Ordering::Release);
        if wanted.changed().await.is_err() {
            return;
        }
    }
}

/// Hides the window where the person wants that and finds it again. Whether it is hidden.
pub(crate) async fn hide(window: &Window) -> bool {
    let app = window.app_handle();
    let tray = app.state::<Tray>();
    if !tray.can_be_found().await {
        return false;
    }
    if let Err(error) = window.hide() {
        tracing::warn!(%error, "the window cannot be hidden");
        return false;
    }
    if !tray.told.swap(true, Ordering::AcqRel)
        && let Some(words) = tray.wanted.borrow().words.clone()
    {
        citizen::tell(app, words.hidden, words.hidden_text);
    }
    true
}

/// The person chose to end the program: asked about what is at work, in the window.
fn quit(app: &AppHandle) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        if app.state::<Desk>().is_active().await {
            launch::to_front(&app);
            crate::ask_to_close(&app);
        } else {
            crate::quit(&app).await;
        }
    });
}

/// Without its icon nobody finds a window that is hidden.
#[cfg(target_os = "linux")]
fn lost(app: &AppHandle) {
    let hidden = app.get_webview_window("main").is_some_and(|window| !window.is_visible().unwrap_or(false));
    if hidden {
        tracing::info!("the tray is gone: the window is shown again");
        launch::to_front(app);
    }
}

/// Whether this desktop has a tray, as it is now.
#[tauri::command]
pub(crate) async fn has_tray() -> bool {
    icon::is_there().await
}

/// What the tray says in the language of the window.
#[tauri::command]
pub(crate) fn say_in_tray(tray: State<'_, Tray>, words: Words) {
    tray.want(|wanted| wanted.words = Some(words));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_icon_says_how_far_what_is_at_work_has_come() {
        let words = |resting: &str, working: &str| Words {
            show: String::new(),
            quit: String::new(),
            resting: resting.to_owned(),
            working: working.to_owned(),
            hidden: String::new(),
            hidden_text: String::new(),
        };
        let words = words("Sluice: nothing at work", "Sluice: {n} at work, {share} %");
        let wanted = Wanted { at_work: 2, share: 41, ..Wanted::default() };
        assert_eq!(wanted.tip(&words), "Sluice: 2 at work, 41 %");
        assert_eq!(Wanted::default().tip(&words), "Sluice: nothing at work");
    }
}
