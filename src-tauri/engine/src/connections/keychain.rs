//! The system's keychain: macOS Keychain, Windows Credential Manager, Secret Service on Linux.

use std::thread;

use keyring::{Entry, Error as KeyringError};

use super::ConnectionError;
use crate::spec::{Secret, SecretField};

/// How our entries are called in the keychain; the account is `CONNECTION/FIELD`.
const SERVICE: &str = "sluice";

/// Whether this computer has one for this user. A headless server has none.
pub(super) fn is_there() -> bool {
    apart(|| Entry::store_status().is_ok())
}

/// The secret that is kept. None: none is kept, or there is no keychain.
pub(super) fn get(name: &str, field: SecretField) -> Result<Option<Secret>, ConnectionError> {
    match apart(|| entry(name, field)?.get_password()) {
        Ok(text) => Ok(Some(Secret::new(text))),
        Err(KeyringError::NoEntry | KeyringError::NoDefaultStore) => Ok(None),
        Err(error) => Err(refused("give", name, field, &error)),
    }
}

/// Keeps a secret, in place of an older one.
pub(super) fn set(name: &str, field: SecretField, secret: &Secret) -> Result<(), ConnectionError> {
    apart(|| entry(name, field)?.set_password(secret.expose()))
        .map_err(|error| refused("keep", name, field, &error))
}

/// Forgets a secret. Gives whether there was one.
pub(super) fn forget(name: &str, field: SecretField) -> Result<bool, ConnectionError> {
    match apart(|| entry(name, field)?.delete_credential()) {
        Ok(()) => Ok(true),
        Err(KeyringError::NoEntry | KeyringError::NoDefaultStore) => Ok(false),
        Err(error) => Err(refused("forget", name, field, &error)),
    }
}

fn entry(name: &str, field: SecretField) -> keyring::Result<Entry> {
    Entry::new(SERVICE, &format!("{name}/{}", field.word()))
}

/// Secret Service is asked by way of an async runtime of its own, which must not start within another.
fn apart<T: Send>(ask: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| match scope.spawn(ask).join() {
        Ok(answer) => answer,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

/// Some of the library's errors carry what they could not decode, so only these words leave.
fn refused(what: &'static str, name: &str, field: SecretField, error: &KeyringError) -> ConnectionError {
    let why = match error {
        KeyringError::PlatformFailure(error) | KeyringError::NoStorageAccess(error) => error.to_string(),
        KeyringError::NoDefaultStore => "there is none".to_owned(),
        KeyringError::BadEncoding(_) | KeyringError::BadDataFormat(..) => {
            "what it holds is no text".to_owned()
        }
        KeyringError::TooLong(_, longest) => format!("it takes {longest} characters at most"),
        KeyringError::Ambiguous(_) => "it holds several".to_owned(),
        _ => "it cannot".to_owned(),
    };
    ConnectionError::Keychain { name: name.to_owned(), field, what, why }
}
