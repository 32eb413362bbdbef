//! What the system tells the person, whatever they are doing.
//!
//! <https://specifications.freedesktop.org/notification-spec/latest/>

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use zbus::blocking::{Connection, connection};
use zbus::interface;
use zbus::zvariant::OwnedValue;

use super::Screen;

/// A service that only notes what it is to tell; it ends when it is dropped.
pub struct Notifications {
    told: Told,
    _connection: Connection,
}

type Told = Arc<Mutex<Vec<String>>>;

impl Notifications {
    /// The notifications of a screen.
    ///
    /// # Panics
    /// When the bus has such a service already.
    pub fn on(screen: &Screen) -> Self {
        let told = Told::default();
        let connection = connection::Builder::address(screen.bus())
            .and_then(|builder| {
                builder.serve_at("/org/freedesktop/Notifications", Service(Arc::clone(&told)))
            })
            .and_then(|builder| builder.name("org.freedesktop.Notifications"))
            .and_then(connection::Builder::build)
            .expect("notifications on the bus");
        Self { told, _connection: connection }
    }

    /// The titles of all so far.
    pub fn titles(&self) -> Vec<String> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

struct Service(Told);

#[interface(name = "org.freedesktop.Notifications")]
impl Service {
    #[expect(clippy::too_many_arguments, reason = "as the specification has it")]
    fn notify(
        &self,
        _program: &str,
        _replaces: u32,
        _icon: &str,
        title: String,
        _text: &str,
        _actions: Vec<String>,
        _hints: HashMap<String, OwnedValue>,
        _timeout: i32,
    ) -> u32 {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.push(title);
        told.len() as u32
    }
}
