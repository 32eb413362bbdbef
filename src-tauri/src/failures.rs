//! The commands of the page about failed records: their causes, their list, changing many by a rule, and
//! corrections from a file.

use sluice_engine::api::{
    Amendment, AmendmentPreview, Cause, Corrections, FailurePage, Order, PageAt, Selection,
};
use tauri::{AppHandle, State};

use crate::desk::Desk;
use crate::dialog;
use crate::ipc::{Answer, Of, open, report, start_if_at_rest};

#[tauri::command]
pub(crate) async fn causes(desk: State<'_, Desk>, of: Of) -> Answer<Vec<Cause>> {
    open(&desk, &of).await?.causes().await.map_err(report)
}

#[tauri::command]
pub(crate) async fn list_failures(
    desk: State<'_, Desk>,
    of: Of,
    selection: Selection,
    order: Order,
    at: PageAt,
) -> Answer<FailurePage> {
    open(&desk, &of).await?.list_failures(&selection, order, at).await.map_err(report)
}

#[tauri::command]
pub(crate) async fn preview_amendment(
    desk: State<'_, Desk>,
    of: Of,
    selection: Selection,
    amendment: Amendment,
) -> Answer<AmendmentPreview> {
    open(&desk, &of).await?.preview_amendment(&selection, &amendment).await.map_err(report)
}

#[tauri::command]
pub(crate) async fn take_up(desk: State<'_, Desk>, of: Of, selection: Selection) -> Answer<u64> {
    open(&desk, &of).await?.take_up(&selection).await.map_err(report)
}

/// What a corrected report would change.
#[derive(serde::Serialize)]
pub(crate) struct Found {
    path: String,
    corrections: Corrections,
}

/// Asks for a corrected report and looks at it. Nothing when the person cancelled.
#[tauri::command]
pub(crate) async fn find_corrections(app: AppHandle, desk: State<'_, Desk>, of: Of) -> Answer<Option<Found>> {
    let migration = open(&desk, &of).await?;
    let Some(path) = dialog::corrections(&app, "Import corrections").await else { return Ok(None) };
    let corrections = migration.corrections(&path).await.map_err(report)?;
    Ok(Some(Found { path: crate::ipc::text(path)?, corrections }))
}

/// Applies a corrected report that was looked at. What it sends back starts, where nothing is at work.
#[tauri::command]
pub(crate) async fn apply_corrections(
    desk: State<'_, Desk>,
    of: Of,
    path: std::path::PathBuf,
) -> Answer<Corrections> {
    let migration = open(&desk, &of).await?;
    let was_active = migration.state().is_active();
    let corrections = migration.correct(&path).await.map_err(report)?;
    start_if_at_rest(&migration, corrections.again, was_active).await?;
    Ok(corrections)
}
