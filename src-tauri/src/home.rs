//! The commands of the page about the migrations that this computer knows.

use std::path::{Path, PathBuf};

use serde::Serialize;
use sluice_engine::api::home::{self, KnownMigration, Shelf, ShelfError};
use sluice_engine::api::{Error, Migration};
use sluice_engine::error::ErrorReport;
use sluice_engine::spec::JobSpec;
use tauri::State;

use crate::desk::Desk;
use crate::ipc::{Answer, report};

/// The list, where the system has a folder for it.
pub(crate) struct Home(Result<Shelf, Error>);

/// A line of the list.
#[derive(Serialize)]
pub(crate) struct Line {
    #[serde(flatten)]
    known: KnownMigration,
    /// Whether it is open in this program.
    here: bool,
}

impl Home {
    pub(crate) fn of_user() -> Self {
        Self(Shelf::of_user())
    }

    pub(crate) fn shelf(&self) -> Answer<&Shelf> {
        self.0.as_ref().map_err(Error::report)
    }

    /// A migration that is opened belongs into the list, but needs it not.
    pub(crate) fn remember(&self, checkpoint: &Path) {
        if let Ok(shelf) = &self.0
            && let Err(error) = shelf.remember(checkpoint)
        {
            tracing::warn!(%error, "the migration is not listed");
        }
    }
}

/// What is known without a look at the files, at once.
#[tauri::command]
pub(crate) async fn known_migrations(home: State<'_, Home>, desk: State<'_, Desk>) -> Answer<Vec<Line>> {
    Ok(lines(home.shelf()?.known(), &desk.migrations().await))
}

/// Looks at every file that is known.
#[tauri::command]
pub(crate) async fn look_at_migrations(home: State<'_, Home>, desk: State<'_, Desk>) -> Answer<Vec<Line>> {
    let seen = home.shelf()?.look().await;
    Ok(lines(seen, &desk.migrations().await))
}

/// Takes a migration out of the list; its file stays.
#[tauri::command]
pub(crate) async fn forget_migration(
    home: State<'_, Home>,
    desk: State<'_, Desk>,
    path: PathBuf,
) -> Answer<()> {
    if desk.migrations().await.iter().any(|open| open.checkpoint() == path && open.state().is_active()) {
        return Err(ErrorReport::new(
            "migration_at_work",
            "This migration is at work.".into(),
            "Pause it first.",
        ));
    }
    home.shelf()?.forget(&path).map_err(unwritable)
}

/// What a migration is told to do, for another one like it.
#[tauri::command]
pub(crate) async fn migration_job(path: PathBuf) -> Answer<JobSpec> {
    home::job_of(&path).await.map_err(report)
}

fn lines(known: Vec<KnownMigration>, open: &[Migration]) -> Vec<Line> {
    let line = |mut known: KnownMigration| {
        let here = open.iter().find(|open| open.checkpoint().as_os_str() == known.checkpoint.as_str());
        if let Some(migration) = here {
            known.glance = Some(migration.glance());
            known.problem = None;
        }
        Line { known, here: here.is_some() }
    };
    known.into_iter().map(line).collect()
}

fn unwritable(error: ShelfError) -> ErrorReport {
    ErrorReport::new(
        "home_unwritable",
        error.to_string(),
        "Check that your user folder has room and that you may write there.",
    )
}
