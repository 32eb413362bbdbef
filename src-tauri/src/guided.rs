//! The commands of the page about a migration that is being described: what its sources hold, what a
//! request says to one record, its job file; then what the check found, and the pilot.

use sluice_engine::api::{self, ConcernedPage, RequestStep, RequestTrial, SourcesTrial, TriedOutcome};
use sluice_engine::error::{ErrorReport, Finding};
use sluice_engine::record::RecordId;
use sluice_engine::spec::{JobSpec, Location, Span};
use tauri::{AppHandle, State};

use crate::desk::Desk;
use crate::dialog;
use crate::ipc::{Answer, Of, open, report, with_ending};

/// What each source holds, as far as a moment's look goes, and where some of it would go.
#[tauri::command]
pub(crate) async fn try_sources(job: JobSpec) -> Answer<SourcesTrial> {
    api::try_sources(job).await.map_err(report)
}

/// A request filled in for one record; a lookup is sent.
#[tauri::command]
pub(crate) async fn try_request(job: JobSpec, step: RequestStep, at: u32) -> Answer<RequestTrial> {
    api::try_request(job, step, at).await.map_err(report)
}

/// Whether a text is a place: a path, a URL, or a connection's name with a path there. The refusal says
/// why it is none.
#[tauri::command]
pub(crate) fn check_place(text: &str) -> Answer<()> {
    text.parse::<Location>().map(drop).map_err(|error| wrong("place", &error))
}

/// Whether a text is a length of time. The refusal says why it is none.
#[tauri::command]
pub(crate) fn check_span(text: &str) -> Answer<()> {
    text.parse::<Span>().map(drop).map_err(|error| wrong("span", &error))
}

/// The job file of a job, as text.
#[tauri::command]
pub(crate) fn job_text(job: JobSpec) -> Answer<String> {
    job.to_toml().map_err(|error| report(error.into()))
}

/// Asks where, then writes the job file. The path written, or nothing when the person cancelled.
#[tauri::command]
pub(crate) async fn save_job(app: AppHandle, job: JobSpec, name: String) -> Answer<Option<String>> {
    let Some(path) = dialog::new_job(&app, "Save the job file", &name).await else { return Ok(None) };
    let path = with_ending(path, "toml");
    job.save(&path).map_err(|error| report(error.into()))?;
    Ok(Some(path.display().to_string()))
}

/// Asks for a job file, then reads it. Nothing when the person cancelled.
#[tauri::command]
pub(crate) async fn load_job(app: AppHandle) -> Answer<Option<JobSpec>> {
    let Some(path) = dialog::job(&app, "Load a job file").await else { return Ok(None) };
    JobSpec::load(&path).map(Some).map_err(|error| report(error.into()))
}

/// Takes over everything of a job but its sources, its catalogues, its groups and its destination.
#[tauri::command]
pub(crate) async fn set_job(desk: State<'_, Desk>, of: Of, job: JobSpec) -> Answer<()> {
    open(&desk, &of).await?.update(|own| *own = job).await.map_err(report)
}

/// One look at each service that the job asks, and at the secrets that it names.
#[tauri::command]
pub(crate) async fn look_at_services(desk: State<'_, Desk>, of: Of) -> Answer<Vec<Finding>> {
    Ok(open(&desk, &of).await?.look_at_services().await)
}

/// Records behind a finding, a page of them.
#[tauri::command]
pub(crate) async fn concerned(
    desk: State<'_, Desk>,
    of: Of,
    code: &str,
    after: RecordId,
    limit: u32,
) -> Answer<ConcernedPage> {
    open(&desk, &of).await?.concerned(code, after, limit).await.map_err(report)
}

/// Moves so many records for real, from all over the plan, and pauses then.
#[tauri::command]
pub(crate) async fn start_pilot(desk: State<'_, Desk>, of: Of, records: u32) -> Answer<()> {
    open(&desk, &of).await?.start_pilot(records).await.map_err(report)
}

/// Records that were tried and have their outcome.
#[tauri::command]
pub(crate) async fn tried(
    desk: State<'_, Desk>,
    of: Of,
    after: RecordId,
    limit: u32,
) -> Answer<Vec<TriedOutcome>> {
    open(&desk, &of).await?.tried(after, limit).await.map_err(report)
}

/// Asks for the file that a finished run writes its catalogue to.
#[tauri::command]
pub(crate) async fn pick_catalogue_out(app: AppHandle) -> Answer<Option<String>> {
    Ok(dialog::catalogue_out(&app, "Catalogue of what was delivered")
        .await
        .map(|path| with_ending(path, "xlsx").display().to_string()))
}

fn wrong(code: &str, why: &dyn std::fmt::Display) -> ErrorReport {
    ErrorReport::new(code, why.to_string(), "")
}
