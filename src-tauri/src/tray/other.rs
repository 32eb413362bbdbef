//! The tray of Windows and the menu bar of macOS: there always is one.

use tauri::menu::{Menu, MenuItem};
use tauri::tray::{MouseButton, MouseButtonState, TrayIcon, TrayIconBuilder, TrayIconEvent};
use tauri::{AppHandle, include_image};

use super::Words;
use crate::launch;

const SHOW: &str = "show";
const QUIT: &str = "quit";

/// Whether somebody shows icons.
pub(super) async fn is_there() -> bool {
    true
}

/// The icon while it is up.
pub(super) struct Icon(TrayIcon);

impl Icon {
    pub(super) async fn put(app: &AppHandle, words: &Words, tip: String) -> tauri::Result<Self> {
        let entry = |id: &str, label: &str| MenuItem::with_id(app, id, label, true, None::<&str>);
        let menu = Menu::with_items(app, &[&entry(SHOW, &words.show)?, &entry(QUIT, &words.quit)?])?;
        let icon = TrayIconBuilder::with_id("sluice")
            .icon(include_image!("../icons/64x64.png"))
            .tooltip(tip)
            .menu(&menu)
            // On macOS a press on an icon of the menu bar opens its menu.
            .show_menu_on_left_click(cfg!(target_os = "macos"))
            .on_menu_event(|app, event| match event.id().as_ref() {
                SHOW => launch::to_front(app),
                QUIT => super::quit(app),
                _ => {}
            })
            .on_tray_icon_event(|icon, event| {
                let pressed = matches!(
                    event,
                    TrayIconEvent::Click {
                        button: MouseButton::Left,
                        button_state: MouseButtonState::Up,
                        ..
                    }
                );
                if pressed && !cfg!(target_os = "macos") {
                    launch::to_front(icon.app_handle());
                }
            })
            .build(app)?;
        Ok(Self(icon))
    }

    pub(super) async fn say(&self, tip: String) {
        if let Err(error) = self.0.set_tooltip(Some(tip)) {
            tracing::debug!(%error, "the tray does not say how far it is");
        }
    }

    pub(super) async fn take_down(self) {
        // It goes with the last one who holds it, and the program holds it too.
        drop(self.0.app_handle().remove_tray_by_id(self.0.id()));
    }
}
