//! The commands of the page about all records and their proof.

use std::path::PathBuf;
use std::sync::Mutex;

use serde::Serialize;
use sluice_engine::api::{
    Duplicates, PageAt, Reconciliation, RecordDetail, RecordFilter, RecordPage, VerifyReport,
};
use sluice_engine::error::ErrorReport;
use sluice_engine::record::RecordId;
use tauri::ipc::Channel;
use tauri::{AppHandle, State};
use tokio::sync::oneshot;

use crate::desk::Desk;
use crate::dialog;
use crate::files;
use crate::ipc::{Answer, Of, open, report};

/// Ends the verification that goes on, when it is used or dropped.
#[derive(Default)]
pub(crate) struct Verifying(Mutex<Option<oneshot::Sender<()>>>);

#[tauri::command]
pub(crate) async fn records(
    desk: State<'_, Desk>,
    of: Of,
    filter: RecordFilter,
    at: PageAt,
) -> Answer<RecordPage> {
    open(&desk, &of).await?.records(&filter, at).await.map_err(report)
}

#[tauri::command]
pub(crate) async fn record(desk: State<'_, Desk>, of: Of, id: RecordId) -> Answer<Option<RecordDetail>> {
    open(&desk, &of).await?.record(id).await.map_err(report)
}

/// Which files of a record lie on this computer.
#[derive(Serialize)]
pub(crate) struct FilesHere {
    source: bool,
    delivered: bool,
}

#[tauri::command]
pub(crate) async fn files_here(desk: State<'_, Desk>, of: Of, id: RecordId) -> Answer<FilesHere> {
    Ok(FilesHere {
        source: place_of(&desk, &of, id, false).await?.is_some(),
        delivered: place_of(&desk, &of, id, true).await?.is_some(),
    })
}

/// Shows a record's file in the file manager: its source, or what was delivered of it.
#[tauri::command]
pub(crate) async fn reveal_record(
    desk: State<'_, Desk>,
    of: Of,
    id: RecordId,
    delivered: bool,
) -> Answer<()> {
    match place_of(&desk, &of, id, delivered).await? {
        Some(place) => files::show(place).await,
        None => Err(ErrorReport::new(
            "not_here",
            format!("The file of record {id} does not lie on this computer."),
            "Copy its path, and look for it where that leads.",
        )),
    }
}

/// Where a record's file is on this computer. What was never delivered is nowhere.
async fn place_of(desk: &Desk, of: &Of, id: RecordId, delivered: bool) -> Answer<Option<PathBuf>> {
    open(desk, of).await?.place_of(id, delivered).await.map_err(report)
}

#[tauri::command]
pub(crate) async fn reconciliation(desk: State<'_, Desk>, of: Of) -> Answer<Reconciliation> {
    open(&desk, &of).await?.reconciliation().await.map_err(report)
}

#[tauri::command]
pub(crate) async fn find_duplicates(desk: State<'_, Desk>, of: Of) -> Answer<Duplicates> {
    open(&desk, &of).await?.find_duplicates().await.map_err(report)
}

/// Reads the destination again, all of it or these records. Nothing when it was ended before. `told` hears
/// how far it is.
#[tauri::command]
pub(crate) async fn verify(
    desk: State<'_, Desk>,
    of: Of,
    verifying: State<'_, Verifying>,
    records: Vec<RecordId>,
    told: Channel<VerifyReport>,
) -> Answer<Option<VerifyReport>> {
    let migration = open(&desk, &of).await?;
    let (end, ended) = oneshot::channel();
    if let Ok(mut verifying) = verifying.0.lock() {
        *verifying = Some(end);
    }
    let tell = |so_far: &VerifyReport| {
        let so_far = VerifyReport { problems: Vec::new(), orphan_paths: Vec::new(), ..so_far.clone() };
        // A page that was reloaded hears no more.
        let _ = told.send(so_far);
    };
    tokio::select! {
        verified = migration.verify(&records, tell) => verified.map(Some).map_err(report),
        _ = ended => Ok(None),
    }
}

#[tauri::command]
pub(crate) fn end_verify(verifying: State<'_, Verifying>) {
    if let Ok(mut verifying) = verifying.0.lock() {
        verifying.take();
    }
}

/// Asks where, then writes. The path written, or nothing when the person cancelled.
#[tauri::command]
pub(crate) async fn export_proof(app: AppHandle, desk: State<'_, Desk>, of: Of) -> Answer<Option<String>> {
    let migration = open(&desk, &of).await?;
    let Some(path) = dialog::report(&app, "Export the proof", "proof.html").await else { return Ok(None) };
    let path = crate::ipc::with_ending(path, "html");
    migration.export_proof(&path).await.map_err(report)?;
    Ok(Some(path.display().to_string()))
}
