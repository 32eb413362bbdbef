//! The desktop end to end: the real window, driven as a person drives it.

#![cfg(target_os = "linux")]

use sluice_tests::desktop::{Screen, Window};

#[tokio::test(flavor = "multi_thread")]
async fn the_window_opens() {
    let screen = Screen::new();
    let window = Window::open(&screen, &[]).await;
    window.shown("body *").await;
    window.photograph("opens").await;
}
