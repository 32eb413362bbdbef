//! The tray of a desktop on Linux: a service on the session bus that the desktop may or may not have.
//!
//! <https://www.freedesktop.org/wiki/Specifications/StatusNotifierItem/>

use std::time::Duration;

use ksni::menu::StandardItem;
use ksni::{Category, Handle, MenuItem, OfflineReason, ToolTip, TrayMethods};
use tauri::image::Image;
use tauri::{AppHandle, include_image};
use zbus::{Connection, Proxy};

use super::Words;
use crate::launch;

const WATCHER: &str = "org.kde.StatusNotifierWatcher";

/// A desktop that answers later shows no icon either.
const PATIENCE: Duration = Duration::from_secs(2);

static PICTURE: Image<'_> = include_image!("../icons/64x64.png");

/// Whether somebody shows icons.
pub(super) async fn is_there() -> bool {
    let asked = async {
        let bus = Connection::session().await?;
        let watcher = Proxy::new(&bus, WATCHER, "/StatusNotifierWatcher", WATCHER).await?;
        watcher.get_property::<bool>("IsStatusNotifierHostRegistered").await
    };
    tokio::time::timeout(PATIENCE, asked).await.is_ok_and(|answer| answer.unwrap_or(false))
}

/// The icon while it is up.
pub(super) struct Icon(Handle<Item>);

struct Item {
    app: AppHandle,
    words: Words,
    tip: String,
}

impl Icon {
    /// Puts it up; where no tray is there yet it comes up with it.
    pub(super) async fn put(app: &AppHandle, words: &Words, tip: String) -> Result<Self, ksni::Error> {
        let item = Item { app: app.clone(), words: words.clone(), tip };
        item.assume_sni_available(true).spawn().await.map(Self)
    }

    pub(super) async fn say(&self, tip: String) {
        self.0.update(|item| item.tip = tip).await;
    }

    pub(super) async fn take_down(self) {
        self.0.shutdown().await;
    }
}

impl ksni::Tray for Item {
    fn id(&self) -> String {
        "sluice".to_owned()
    }

    fn title(&self) -> String {
        "Sluice".to_owned()
    }

    fn category(&self) -> Category {
        Category::ApplicationStatus
    }

    fn icon_pixmap(&self) -> Vec<ksni::Icon> {
        let argb = PICTURE.rgba().chunks_exact(4).flat_map(|pixel| [pixel[3], pixel[0], pixel[1], pixel[2]]);
        let side = |length: u32| i32::try_from(length).unwrap_or_default();
        vec![ksni::Icon {
            width: side(PICTURE.width()),
            height: side(PICTURE.height()),
            data: argb.collect(),
        }]
    }

    fn tool_tip(&self) -> ToolTip {
        ToolTip { title: self.tip.clone(), ..ToolTip::default() }
    }

    fn activate(&mut self, _x: i32, _y: i32) {
        launch::to_front(&self.app);
    }

    fn menu(&self) -> Vec<MenuItem<Self>> {
        let entry = |label: &str, does: fn(&AppHandle)| {
            let activate = Box::new(move |item: &mut Self| does(&item.app));
            StandardItem { label: label.to_owned(), activate, ..StandardItem::default() }.into()
        };
        vec![entry(&self.words.show, launch::to_front), entry(&self.words.quit, super::quit)]
    }

    fn watcher_offline(&self, _reason: OfflineReason) -> bool {
        super::lost(&self.app);
        // It comes back with another tray.
        true
    }
}
