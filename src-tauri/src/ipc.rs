//! The commands that the page may call: each is a thin way into [`sluice_engine::api`].

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sluice_engine::api::{
    self, Amendment, CatalogueTrial, Error, Inspection, Migration, Selection, Snapshot,
};
use sluice_engine::error::ErrorReport;
use sluice_engine::spec::{Catalogue, Control, Delivery, Endpoint, JobSpec, LimitRanges, Limits, Timetable};
use sluice_engine::state::State as EngineState;
use tauri::{AppHandle, State};

use crate::desk::Desk;
use crate::dialog;
use crate::home::Home;
use crate::settings::{Preferences, Settings};

pub(crate) type Answer<T> = Result<T, ErrorReport>;

/// What a new migration starts from.
#[derive(Serialize)]
pub(crate) struct Defaults {
    deliver: Delivery,
    limits: Limits,
    control: Control,
    ranges: LimitRanges,
}

#[tauri::command]
pub(crate) fn defaults(preferences: State<'_, Preferences>) -> Defaults {
    let Settings { deliver, limits, control, .. } = preferences.get();
    Defaults { deliver, limits, control, ranges: Limits::RANGES }
}

#[tauri::command]
pub(crate) async fn current(desk: State<'_, Desk>) -> Answer<Option<Snapshot>> {
    match desk.migration().await {
        Some(migration) => Ok(Some(migration.snapshot().await.map_err(report)?)),
        None => Ok(None),
    }
}

#[tauri::command]
pub(crate) async fn create_migration(
    app: AppHandle,
    desk: State<'_, Desk>,
    home: State<'_, Home>,
    job: JobSpec,
) -> Answer<Snapshot> {
    let checkpoint = api::default_checkpoint(&job).map_err(report)?;
    let migration = desk.create(&app, &checkpoint, job).await.map_err(report)?;
    home.remember(migration.checkpoint());
    migration.snapshot().await.map_err(report)
}

#[tauri::command]
pub(crate) async fn open_migration(
    app: AppHandle,
    desk: State<'_, Desk>,
    home: State<'_, Home>,
    path: PathBuf,
) -> Answer<Snapshot> {
    let migration = desk.open(&app, &path).await.map_err(report)?;
    home.remember(migration.checkpoint());
    migration.snapshot().await.map_err(report)
}

/// Takes the migration out of the window: at work it goes on, at rest its file is closed.
#[tauri::command]
pub(crate) async fn leave_migration(desk: State<'_, Desk>) -> Answer<()> {
    desk.leave().await;
    Ok(())
}

#[tauri::command]
pub(crate) async fn snapshot(desk: State<'_, Desk>, of: Of) -> Answer<Snapshot> {
    open(&desk, &of).await?.snapshot().await.map_err(report)
}

/// Returns when the plan is complete, or was cancelled.
#[tauri::command]
pub(crate) async fn plan(desk: State<'_, Desk>, of: Of) -> Answer<()> {
    match open(&desk, &of).await?.plan().await {
        Ok(_) | Err(Error::PlanCancelled) => Ok(()),
        Err(error) => Err(report(error)),
    }
}

#[tauri::command]
pub(crate) async fn cancel_plan(desk: State<'_, Desk>, of: Of) -> Answer<()> {
    open(&desk, &of).await?.cancel_plan().await.map_err(report)
}

#[tauri::command]
pub(crate) async fn start(desk: State<'_, Desk>, of: Of) -> Answer<()> {
    open(&desk, &of).await?.start().await.map_err(report)
}

#[tauri::command]
pub(crate) async fn pause(desk: State<'_, Desk>, of: Of) -> Answer<()> {
    open(&desk, &of).await?.pause().await.map_err(report)
}

#[tauri::command]
pub(crate) async fn stop(desk: State<'_, Desk>, of: Of) -> Answer<()> {
    open(&desk, &of).await?.stop().await.map_err(report)
}

#[tauri::command]
pub(crate) async fn set_limits(desk: State<'_, Desk>, of: Of, limits: Limits) -> Answer<()> {
    open(&desk, &of).await?.set_limits(limits).await.map_err(report)
}

#[tauri::command]
pub(crate) async fn set_delivery(desk: State<'_, Desk>, of: Of, delivery: Delivery) -> Answer<()> {
    open(&desk, &of).await?.set_delivery(delivery).await.map_err(report)
}

#[tauri::command]
pub(crate) async fn set_control(desk: State<'_, Desk>, of: Of, control: Control) -> Answer<()> {
    open(&desk, &of).await?.set_control(control).await.map_err(report)
}

/// Limits of one service; without any it follows the migration's own.
#[tauri::command]
pub(crate) async fn set_endpoint(
    desk: State<'_, Desk>,
    of: Of,
    service: String,
    endpoint: Endpoint,
) -> Answer<()> {
    let change = |job: &mut JobSpec| {
        if endpoint == Endpoint::default() {
            job.endpoints.remove(&service);
        } else {
            job.endpoints.insert(service, endpoint);
        }
    };
    open(&desk, &of).await?.update(change).await.map_err(report)
}

/// What a catalogue is, and its first rows.
#[tauri::command]
pub(crate) async fn inspect_catalogue(catalogue: Catalogue) -> Answer<Inspection> {
    api::inspect_catalogue(catalogue).await.map_err(report)
}

/// Which files the first rows of a job's catalogue name, and where they would go.
#[tauri::command]
pub(crate) async fn try_catalogue(job: JobSpec, number: usize) -> Answer<CatalogueTrial> {
    api::try_catalogue(job, number).await.map_err(report)
}

/// Asks for a preset, then reads it. Nothing when the person cancelled.
#[tauri::command]
pub(crate) async fn load_preset(app: AppHandle) -> Answer<Option<Catalogue>> {
    let Some(path) = dialog::preset(&app, "Load a preset").await else { return Ok(None) };
    Catalogue::load_preset(&path).map(Some).map_err(|error| report(error.into()))
}

/// Asks where, then keeps how a catalogue is read and mapped. The path written, or nothing when the
/// person cancelled.
#[tauri::command]
pub(crate) async fn save_preset(app: AppHandle, catalogue: Catalogue) -> Answer<Option<String>> {
    let Some(path) = dialog::new_preset(&app, "Save as a preset").await else { return Ok(None) };
    let path = with_ending(path, "toml");
    catalogue.save_preset(&path).map_err(|error| report(error.into()))?;
    Ok(Some(path.display().to_string()))
}

/// Whether a text is a bandwidth timetable. The refusal says why it is none.
#[tauri::command]
pub(crate) fn check_bandwidth(text: &str) -> Answer<()> {
    text.parse::<Timetable>().map(drop).map_err(|error| ErrorReport::new("bandwidth", error.to_string(), ""))
}

/// Puts failed records back. While the run goes on they go onto its recovery lane; otherwise it is
/// started where that left something to do.
#[tauri::command]
pub(crate) async fn reprocess(desk: State<'_, Desk>, of: Of, selection: Selection) -> Answer<u64> {
    let migration = open(&desk, &of).await?;
    let was_active = migration.state().is_active();
    let records = migration.reprocess(&selection).await.map_err(report)?;
    start_if_at_rest(&migration, records, was_active).await?;
    Ok(records)
}

/// Starts what was sent back, where nothing was at work then and is now.
pub(crate) async fn start_if_at_rest(migration: &Migration, records: u64, was_active: bool) -> Answer<()> {
    // A run that came to rest in between was paused by the person, or has finished.
    let rests = match migration.state() {
        EngineState::Ready => true,
        state => !state.is_active() && !was_active,
    };
    if records > 0 && rests {
        migration.start().await.map_err(report)?;
    }
    Ok(())
}

#[tauri::command]
pub(crate) async fn amend(
    desk: State<'_, Desk>,
    of: Of,
    selection: Selection,
    amendment: Amendment,
) -> Answer<u64> {
    open(&desk, &of).await?.amend(&selection, &amendment).await.map_err(report)
}

#[tauri::command]
pub(crate) async fn leave(desk: State<'_, Desk>, of: Of, selection: Selection, note: &str) -> Answer<u64> {
    open(&desk, &of).await?.leave(&selection, note).await.map_err(report)
}

/// Asks where, then writes. The path written, or nothing when the person cancelled.
#[tauri::command]
pub(crate) async fn export_failures(
    app: AppHandle,
    desk: State<'_, Desk>,
    of: Of,
    selection: Selection,
) -> Answer<Option<String>> {
    let migration = open(&desk, &of).await?;
    let Some(path) = dialog::report(&app, "Export the failure report", "failed-records.csv").await else {
        return Ok(None);
    };
    let path = with_ending(path, "csv");
    migration.export_failures(&selection, &path).await.map_err(report)?;
    Ok(Some(path.display().to_string()))
}

#[tauri::command]
pub(crate) async fn pick_folders(app: AppHandle) -> Answer<Vec<String>> {
    texts(dialog::folders(&app, "Add folders").await)
}

#[tauri::command]
pub(crate) async fn pick_files(app: AppHandle) -> Answer<Vec<String>> {
    texts(dialog::files(&app, "Add files").await)
}

#[tauri::command]
pub(crate) async fn pick_catalogues(app: AppHandle) -> Answer<Vec<String>> {
    texts(dialog::catalogues(&app, "Add catalogues").await)
}

/// Where the files of a catalogue are on this computer.
#[tauri::command]
pub(crate) async fn pick_base(app: AppHandle) -> Answer<Option<String>> {
    dialog::folder(&app, "Choose the folder of the files").await.map(text).transpose()
}

#[tauri::command]
pub(crate) async fn pick_destination(app: AppHandle) -> Answer<Option<String>> {
    dialog::folder(&app, "Choose the destination").await.map(text).transpose()
}

#[tauri::command]
pub(crate) async fn pick_migration(app: AppHandle) -> Answer<Option<String>> {
    dialog::migration(&app, "Open a migration").await.map(text).transpose()
}

#[tauri::command]
pub(crate) async fn quit(app: AppHandle) {
    crate::quit(&app).await;
}

/// The migration that a command means: its checkpoint, as the page was told it. What the person saw on one must
/// not steer another that is shown by now.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Of(String);

/// The migration that a command means, wherever it stands: shown, or at work behind another.
pub(crate) async fn open(desk: &Desk, of: &Of) -> Answer<Migration> {
    desk.named(&of.0).await.ok_or_else(|| {
        ErrorReport::new(
            "not_open",
            format!("The migration {} is not open any more, so nothing was done.", of.0),
            "Open it again, and look at it before you go on.",
        )
    })
}

pub(crate) fn report(error: Error) -> ErrorReport {
    tracing::info!(code = error.code(), %error, "refused");
    error.report()
}

/// A name without an ending gets the usual one.
pub(crate) fn with_ending(path: PathBuf, usual: &str) -> PathBuf {
    if path.extension().is_some() { path } else { path.with_extension(usual) }
}

pub(crate) fn texts(paths: Vec<PathBuf>) -> Answer<Vec<String>> {
    paths.into_iter().map(text).collect()
}

/// A path crosses to the page as text. One that is no text would come back as another path.
pub(crate) fn text(path: PathBuf) -> Answer<String> {
    // Without the slash that a dialog or a shell may end a folder with: the same folder would be
    // listed twice.
    let path: PathBuf = path.components().collect();
    path.into_os_string().into_string().map_err(|path| {
        ErrorReport::new(
            "path_not_text",
            format!("The path {} is no Unicode text.", Path::new(&path).display()),
            "Rename the folder, or choose the one above it.",
        )
    })
}
