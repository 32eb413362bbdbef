//! A keychain as Linux desktops have it: the Secret Service on a session bus of its own.
//!
//! <https://specifications.freedesktop.org/secret-service/>. Its side of the key agreement is the
//! number one, so that all clients agree on the same key, and what one of them keeps another can read
//! without this service ever reading it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tempfile::TempDir;
use zbus::blocking::{Connection, connection};
use zbus::fdo;
use zbus::interface;
use zbus::zvariant::{ObjectPath, OwnedObjectPath, OwnedValue, Value};

use crate::process::Running;
use crate::wait;

const SERVICE: &str = "/org/freedesktop/secrets";
const COLLECTION: &str = "/org/freedesktop/secrets/collection/login";
/// "No object", and "no prompt".
const NONE: &str = "/";

/// Session, parameters, encrypted value, content type.
type Sealed = (OwnedObjectPath, Vec<u8>, Vec<u8>, String);

/// A running keychain; it and its bus end when it is dropped.
pub struct Keychain {
    address: String,
    kept: Shared,
    _connection: Connection,
    _bus: Running,
    _folder: TempDir,
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    is_locked: bool,
    last: u32,
    items: HashMap<OwnedObjectPath, (HashMap<String, String>, Sealed)>,
}

impl Shared {
    fn get(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keychain {
    /// Starts a bus and the keychain on it.
    ///
    /// # Panics
    /// When either cannot be started.
    #[expect(clippy::new_without_default, reason = "it starts programs")]
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the bus");
        let mut bus = std::process::Command::new("dbus-daemon");
        let address = format!("--address=unix:path={}", folder.path().join("bus").display());
        let bus = Running::start({
            bus.args(["--session", "--nofork", "--nopidfile", "--print-address=1", &address]);
            bus
        });
        let address = wait::until("the address of the bus", || {
            let printed = bus.printed();
            printed.contains('\n').then(|| printed.trim().to_owned())
        });
        let kept = Shared::default();
        let connection = connection::Builder::address(address.as_str())
            .and_then(|builder| builder.serve_at(SERVICE, Service(kept.clone())))
            .and_then(|builder| builder.serve_at(COLLECTION, Collection(kept.clone())))
            .and_then(|builder| builder.name("org.freedesktop.secrets"))
            .and_then(connection::Builder::build)
            .expect("a Secret Service");
        Self { address, kept, _connection: connection, _bus: bus, _folder: folder }
    }

    /// What `DBUS_SESSION_BUS_ADDRESS` is for programs that use it.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The accounts that something is kept for, in order.
    pub fn accounts(&self) -> Vec<String> {
        let kept = self.kept.get();
        let mut accounts: Vec<_> =
            kept.items.values().filter_map(|(attributes, _)| attributes.get("username").cloned()).collect();
        accounts.sort();
        accounts
    }

    /// Locks it; nobody is there to unlock it again.
    pub fn lock(&self) {
        self.kept.get().is_locked = true;
    }
}

struct Service(Shared);

#[interface(name = "org.freedesktop.Secret.Service")]
impl Service {
    fn open_session(&self, algorithm: &str, _input: Value<'_>) -> fdo::Result<(OwnedValue, OwnedObjectPath)> {
        if algorithm != "dh-ietf1024-sha256-aes128-cbc-pkcs7" {
            return Err(fdo::Error::NotSupported(algorithm.to_owned()));
        }
        let one =
            Value::from(vec![1_u8]).try_into().map_err(|error| fdo::Error::Failed(format!("{error}")))?;
        Ok((one, path("/org/freedesktop/secrets/session/1")))
    }

    fn search_items(&self, wanted: HashMap<String, String>) -> (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) {
        let kept = self.0.get();
        let fits =
            |has: &HashMap<String, String>| wanted.iter().all(|(key, value)| has.get(key) == Some(value));
        let found =
            kept.items.iter().filter(|(_, (has, _))| fits(has)).map(|(path, _)| path.clone()).collect();
        if kept.is_locked { (Vec::new(), found) } else { (found, Vec::new()) }
    }

    fn unlock(&self, objects: Vec<OwnedObjectPath>) -> fdo::Result<(Vec<OwnedObjectPath>, OwnedObjectPath)> {
        if self.0.get().is_locked {
            return Err(fdo::Error::AccessDenied("nobody unlocks it".into()));
        }
        Ok((objects, path(NONE)))
    }

    fn read_alias(&self, _name: &str) -> OwnedObjectPath {
        path(COLLECTION)
    }
}

struct Collection(Shared);

#[interface(name = "org.freedesktop.Secret.Collection")]
impl Collection {
    async fn create_item(
        &self,
        properties: HashMap<String, OwnedValue>,
        secret: Sealed,
        _replace: bool,
        #[zbus(object_server)] server: &zbus::ObjectServer,
    ) -> fdo::Result<(OwnedObjectPath, OwnedObjectPath)> {
        let attributes = properties
            .get("org.freedesktop.Secret.Item.Attributes")
            .and_then(|attributes| attributes.try_clone().ok()?.try_into().ok())
            .ok_or_else(|| fdo::Error::InvalidArgs("attributes".into()))?;
        let at = {
            let mut kept = self.0.get();
            kept.last += 1;
            let at = path(&format!("{COLLECTION}/{}", kept.last));
            kept.items.insert(at.clone(), (attributes, secret));
            at
        };
        server.at(&at, Item { at: at.clone(), kept: self.0.clone() }).await?;
        Ok((at, path(NONE)))
    }

    #[zbus(property)]
    fn locked(&self) -> bool {
        self.0.get().is_locked
    }
}

struct Item {
    at: OwnedObjectPath,
    kept: Shared,
}

#[interface(name = "org.freedesktop.Secret.Item")]
impl Item {
    fn get_secret(&self, _session: ObjectPath<'_>) -> fdo::Result<(Sealed,)> {
        let kept = self.kept.get();
        let item = kept.items.get(&self.at).ok_or_else(|| fdo::Error::UnknownObject("gone".into()))?;
        Ok((item.1.clone(),))
    }

    fn set_secret(&self, secret: Sealed) {
        if let Some(item) = self.kept.get().items.get_mut(&self.at) {
            item.1 = secret;
        }
    }

    fn delete(&self) -> OwnedObjectPath {
        self.kept.get().items.remove(&self.at);
        path(NONE)
    }

    #[zbus(property)]
    fn locked(&self) -> bool {
        self.kept.get().is_locked
    }
}

fn path(text: &str) -> OwnedObjectPath {
    ObjectPath::try_from(text).expect("a path of the bus").into()
}
