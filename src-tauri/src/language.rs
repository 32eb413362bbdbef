//! The language that the web view tells the page.

use tauri::{AppHandle, Manager};

/// What the page is written in.
const LANGUAGE: &str = "en";

/// Tells the web view the page's own language. WebKitGTK makes up a language named "C" from the
/// locale `C.UTF-8`, and then every `Intl` format of the page throws: the window would stay empty.
pub(crate) fn settle(app: &AppHandle) -> tauri::Result<()> {
    use webkit2gtk::{WebContextExt, WebViewExt};

    let Some(window) = app.get_webview_window("main") else { return Ok(()) };
    window.with_webview(|view| {
        if let Some(context) = view.inner().context() {
            context.set_preferred_languages(&[LANGUAGE]);
        }
    })
}
