//! The commands of the page about the user's connections. A keychain may ask the person, so all of
//! them wait where nobody else has to.

use sluice_engine::api::Error;
use sluice_engine::api::connections::{self, HostKey, Known, Trial};
use sluice_engine::error::ErrorReport;
use sluice_engine::spec::{Connection, Secret, SecretField};
use tauri::async_runtime;

use crate::ipc::{Answer, report};

#[tauri::command]
pub(crate) async fn connections() -> Answer<Vec<Known>> {
    apart(connections::list).await
}

/// Whether this computer can keep secrets.
#[tauri::command]
pub(crate) async fn has_keychain() -> Answer<bool> {
    apart(|| Ok(connections::has_keychain())).await
}

#[tauri::command]
pub(crate) async fn add_connection(
    name: String,
    connection: Connection,
    secrets: Vec<(SecretField, String)>,
) -> Answer<Known> {
    let secrets = guarded(secrets);
    apart(move || connections::add(&name, connection, &secrets)).await
}

/// Describes a connection anew. Secrets that are not given stay as they are.
#[tauri::command]
pub(crate) async fn change_connection(
    name: String,
    connection: Connection,
    secrets: Vec<(SecretField, String)>,
) -> Answer<Known> {
    let secrets = guarded(secrets);
    apart(move || connections::change(&name, connection, &secrets)).await
}

#[tauri::command]
pub(crate) async fn remove_connection(name: String) -> Answer<()> {
    apart(move || connections::remove(&name)).await
}

/// Tries a place out: a connection's name and a path there.
#[tauri::command]
pub(crate) async fn test_connection(place: String) -> Answer<Trial> {
    connections::test(&place).await.map_err(report)
}

/// The key that the SFTP server at a place shows, and whether the user knows it.
#[tauri::command]
pub(crate) async fn host_key(place: String) -> Answer<HostKey> {
    connections::host_key(&place).await.map_err(report)
}

/// Trusts the server at a place from now on, if its key has that fingerprint.
#[tauri::command]
pub(crate) async fn trust_host_key(place: String, fingerprint: String) -> Answer<HostKey> {
    connections::trust_host_key(&place, &fingerprint).await.map_err(report)
}

fn guarded(secrets: Vec<(SecretField, String)>) -> Vec<(SecretField, Secret)> {
    secrets.into_iter().map(|(field, text)| (field, Secret::new(text))).collect()
}

async fn apart<T: Send + 'static>(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Answer<T> {
    let unexpected = |error: tauri::Error| ErrorReport::new("unexpected", error.to_string(), "");
    async_runtime::spawn_blocking(work).await.map_err(unexpected)?.map_err(report)
}
