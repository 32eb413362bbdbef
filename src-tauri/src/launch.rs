//! Paths that come from outside: what the program was started with, what a second start hands over, and
//! what the system's file manager opens.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tauri::{AppHandle, Emitter, Manager, State};

use crate::ipc::{Answer, texts};

/// Paths that the page has not taken yet.
#[derive(Default)]
pub(crate) struct Waiting(Mutex<Vec<PathBuf>>);

impl Waiting {
    /// The arguments of this start as absolute paths: the page has no working folder.
    pub(crate) fn from_arguments() -> Self {
        let folder = std::env::current_dir().unwrap_or_default();
        Self(Mutex::new(paths(std::env::args_os().skip(1), &folder)))
    }
}

/// Takes what a second start was given: its arguments, without the program's name, and its folder.
pub(crate) fn handed_over(app: &AppHandle, arguments: &[String], folder: &str) {
    arrived(app, paths(arguments.iter().skip(1), Path::new(folder)));
}

/// Brings the window to the front, also from the tray.
pub(crate) fn to_front(app: &AppHandle) {
    if let Some(window) = app.get_webview_window("main") {
        let shown = window.unminimize().and_then(|()| window.show()).and_then(|()| window.set_focus());
        if let Err(error) = shown {
            tracing::warn!(%error, "the window does not come to the front");
        }
    }
}

/// Brings the window to the front, and tells the page to take the paths.
pub(crate) fn arrived(app: &AppHandle, paths: Vec<PathBuf>) {
    to_front(app);
    if paths.is_empty() {
        return;
    }
    app.state::<Waiting>().0.lock().unwrap_or_else(PoisonError::into_inner).extend(paths);
    if let Err(error) = app.emit("paths_arrived", ()) {
        tracing::warn!(%error, "the page cannot be told");
    }
}

/// Gives the paths that wait to the page, once.
#[tauri::command]
pub(crate) fn launch_paths(waiting: State<'_, Waiting>) -> Answer<Vec<String>> {
    let taken = std::mem::take(&mut *waiting.0.lock().unwrap_or_else(PoisonError::into_inner));
    texts(taken)
}

fn paths(arguments: impl Iterator<Item = impl Into<PathBuf>>, folder: &Path) -> Vec<PathBuf> {
    let whole = |path: PathBuf| std::path::absolute(folder.join(path)).ok();
    arguments.map(Into::into).filter(|path| !path.as_os_str().is_empty()).filter_map(whole).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_mean_what_they_mean_where_they_were_typed() {
        let folder = std::env::temp_dir();
        let given = paths(["a.sluice", "", "../b"].into_iter(), &folder);
        assert_eq!(given, [folder.join("a.sluice"), folder.join("../b")]);
    }
}
