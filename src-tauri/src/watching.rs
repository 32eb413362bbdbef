//! What the page follows over days: the history, the event log, the pause that is set.

use sluice_engine::api::{EventFilter, EventPage, TimeOfDay};
use sluice_engine::error::ErrorReport;
use sluice_engine::metrics::History;
use tauri::State;

use crate::desk::Desk;
use crate::ipc::{Answer, Of, open, report};

/// What the migration did from one moment to another (milliseconds since 1970), in about so many points.
#[tauri::command]
pub(crate) async fn history(
    desk: State<'_, Desk>,
    of: Of,
    from: i64,
    to: i64,
    points: u32,
) -> Answer<History> {
    open(&desk, &of).await?.history(from, to, points).await.map_err(report)
}

/// The durable events before a number, or the newest ones; newest first.
#[tauri::command]
pub(crate) async fn events(
    desk: State<'_, Desk>,
    of: Of,
    filter: EventFilter,
    before: Option<i64>,
    limit: u32,
) -> Answer<EventPage> {
    open(&desk, &of).await?.events(&filter, before, limit).await.map_err(report)
}

/// Pauses at that time of day, such as `08:00`; nothing takes it back.
#[tauri::command]
pub(crate) async fn pause_at(desk: State<'_, Desk>, of: Of, time: Option<&str>) -> Answer<()> {
    let time = time
        .map(str::parse::<TimeOfDay>)
        .transpose()
        .map_err(|error| ErrorReport::new("pause_at", error.to_string(), ""))?;
    open(&desk, &of).await?.pause_at(time).await.map(drop).map_err(report)
}
