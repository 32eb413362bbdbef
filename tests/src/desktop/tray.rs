//! The system's tray, which shows the icons of programs that ask it over the session bus.
//!
//! <https://www.freedesktop.org/wiki/Specifications/StatusNotifierItem/>

use std::sync::{Arc, Mutex, PoisonError};

use zbus::blocking::{Connection, Proxy, connection};
use zbus::interface;
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Structure, Value};

use super::Screen;
use crate::wait;

const WATCHER: &str = "org.kde.StatusNotifierWatcher";

/// A tray with room for one icon; it is gone when it is dropped.
pub struct Tray {
    icon: Registered,
    bus: Connection,
}

/// The name on the bus of the program whose icon is shown.
type Registered = Arc<Mutex<Option<String>>>;

impl Tray {
    /// The tray of a screen.
    ///
    /// # Panics
    /// When the bus has one already.
    pub fn on(screen: &Screen) -> Self {
        let icon = Registered::default();
        let bus = connection::Builder::address(screen.bus())
            .and_then(|builder| builder.serve_at("/StatusNotifierWatcher", Watcher(Arc::clone(&icon))))
            .and_then(|builder| builder.name(WATCHER))
            .and_then(connection::Builder::build)
            .expect("a tray on the bus");
        Self { icon, bus }
    }

    /// Waits until the icon says something as wanted when the mouse is over it, and returns that.
    ///
    /// # Panics
    /// When it never does.
    pub fn says(&self, wanted: impl Fn(&str) -> bool) -> String {
        wait::until("a tip of the icon", || {
            let tip: Tip = self.item()?.get_property("ToolTip").ok()?;
            let (_, _, title, _) = tip;
            wanted(&title).then_some(title)
        })
    }

    /// The icon's side in pixels, and how many bytes it has.
    ///
    /// # Panics
    /// When there is none.
    pub fn picture(&self) -> (i32, i32, usize) {
        let pictures: Vec<(i32, i32, Vec<u8>)> =
            self.item().expect("an icon").get_property("IconPixmap").expect("a picture");
        let (width, height, bytes) = pictures.into_iter().next().expect("a picture");
        (width, height, bytes.len())
    }

    /// Presses the icon.
    ///
    /// # Panics
    /// When there is none.
    pub fn press_icon(&self) {
        self.item().expect("an icon").call::<_, _, ()>("Activate", &(0, 0)).expect("a press");
    }

    /// What its menu offers.
    ///
    /// # Panics
    /// When it has no menu.
    pub fn menu(&self) -> Vec<String> {
        self.entries().into_iter().map(|(_, label)| label).collect()
    }

    /// Chooses from its menu.
    ///
    /// # Panics
    /// When that is not offered.
    pub fn choose(&self, label: &str) {
        let entries = self.entries();
        let (id, _) = entries.iter().find(|(_, one)| one == label).unwrap_or_else(|| panic!("{entries:?}"));
        let event = (*id, "clicked", Value::from(0), 0_u32);
        self.menu_of_item().call::<_, _, ()>("Event", &event).expect("a press in the menu");
    }

    fn entries(&self) -> Vec<(i32, String)> {
        let (_, (_, _, entries)): (u32, Layout) =
            self.menu_of_item().call("GetLayout", &(0, -1, vec!["label"])).expect("the entries of the menu");
        entries.into_iter().map(|entry| entry_of(entry).expect("an entry with a label")).collect()
    }

    fn item(&self) -> Option<Proxy<'static>> {
        let name = self.icon.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        Proxy::new(&self.bus, name, "/StatusNotifierItem", "org.kde.StatusNotifierItem").ok()
    }

    fn menu_of_item(&self) -> Proxy<'static> {
        let item = wait::until("an icon", || self.item());
        let path: OwnedObjectPath = item.get_property("Menu").expect("a menu");
        let of = item.destination().to_owned();
        Proxy::new(&self.bus, of, path, "com.canonical.dbusmenu").expect("a menu")
    }
}

/// Name of a picture, pictures, title, text.
type Tip = (String, Vec<(i32, i32, Vec<u8>)>, String, String);

/// Number, properties and what is below.
type Layout = (i32, std::collections::HashMap<String, OwnedValue>, Vec<OwnedValue>);

fn entry_of(entry: OwnedValue) -> Option<(i32, String)> {
    let entry = Structure::try_from(entry).ok()?;
    let layout: Layout = entry.try_into().ok()?;
    let label: &str = layout.1.get("label")?.downcast_ref().ok()?;
    Some((layout.0, label.to_owned()))
}

struct Watcher(Registered);

#[interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    fn register_status_notifier_item(&self, service: &str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(service.to_owned());
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }
}
