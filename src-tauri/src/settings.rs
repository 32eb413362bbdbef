//! What the person has set for this program on this computer, in a file of the user's.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use sluice_engine::api::{self, FoundTool};
use sluice_engine::error::ErrorReport;
use sluice_engine::spec::{Control, Delivery, Limits};
use tauri::{AppHandle, Manager, State};
use tempfile::NamedTempFile;

use crate::citizen::Citizen;
use crate::desk::Desk;
use crate::ipc::Answer;
use crate::tray::Tray;

/// A file larger than this (bytes) is none of ours.
const MAX: u64 = 1 << 20;

/// The settings. What the file does not say is as it is from the beginning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Settings {
    /// Records in flight over all migrations; none: as each is told by itself.
    pub(crate) records_at_once: Option<NonZeroU32>,
    /// Whether the computer is kept awake while something runs.
    pub(crate) keep_awake: bool,
    /// Whether the system's notifications are used.
    pub(crate) notify: bool,
    /// Whether the window that is closed while something runs goes into the system's tray.
    pub(crate) stay_in_tray: bool,
    pub(crate) language: Language,
    /// What new migrations begin with.
    pub(crate) deliver: Delivery,
    pub(crate) limits: Limits,
    pub(crate) control: Control,
}

/// The language of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Language {
    /// As the system's.
    #[default]
    System,
    English,
    German,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            records_at_once: None,
            keep_awake: true,
            notify: true,
            stay_in_tray: false,
            language: Language::default(),
            deliver: Delivery::default(),
            limits: Limits::default(),
            control: Control::default(),
        }
    }
}

/// The settings in force.
pub(crate) struct Preferences {
    file: Option<PathBuf>,
    settings: Mutex<Settings>,
}

impl Preferences {
    /// Reads the settings from the user's folder. Damaged ones are begun anew.
    pub(crate) fn load(app: &AppHandle) -> Self {
        let file = app.path().config_dir().map(|folder| folder.join("sluice").join("settings.json")).ok();
        let settings = file.as_deref().map(read).unwrap_or_default();
        Self { file, settings: Mutex::new(settings) }
    }

    pub(crate) fn get(&self) -> Settings {
        self.settings().clone()
    }

    fn set(&self, settings: Settings) -> io::Result<()> {
        // The lock, so that two writers never cross.
        let mut now = self.settings();
        let no_folder = || io::Error::other("this system names no folder for settings");
        write(self.file.as_deref().ok_or_else(no_folder)?, &settings)?;
        *now = settings;
        Ok(())
    }

    fn settings(&self) -> MutexGuard<'_, Settings> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[tauri::command]
pub(crate) fn settings(preferences: State<'_, Preferences>) -> Settings {
    preferences.get()
}

/// Keeps the settings and puts them in force.
#[tauri::command]
pub(crate) fn set_settings(
    app: AppHandle,
    preferences: State<'_, Preferences>,
    desk: State<'_, Desk>,
    citizen: State<'_, Citizen>,
    tray: State<'_, Tray>,
    settings: Settings,
) -> Answer<()> {
    let records = settings.records_at_once;
    preferences.set(settings).map_err(|error| {
        ErrorReport::new(
            "settings_unwritable",
            format!("The settings cannot be kept: {error}"),
            "Check that your user folder has room and that you may write there.",
        )
    })?;
    desk.machine.set_records(records);
    citizen.settle(&app);
    tray.settle(&app);
    Ok(())
}

/// The programs that describe files, as they are found on this computer.
#[tauri::command]
pub(crate) async fn tools() -> Vec<FoundTool> {
    api::tools().await
}

fn read(path: &Path) -> Settings {
    let text = (|| {
        let mut text = String::new();
        File::open(path)?.take(MAX).read_to_string(&mut text)?;
        Ok(serde_json::from_str(&text)?)
    })();
    text.unwrap_or_else(|error: io::Error| {
        if error.kind() != io::ErrorKind::NotFound {
            tracing::warn!(%error, path = %path.display(), "the settings are begun anew");
        }
        Settings::default()
    })
}

/// Replaces the file, all of it or nothing.
fn write(path: &Path, settings: &Settings) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = NamedTempFile::new_in(folder)?;
    serde_json::to_writer_pretty(&mut file, settings)?;
    file.flush()?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_kept_and_what_cannot_be_read_is_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sluice/settings.json");
        assert_eq!(read(&path), Settings::default());
        let set = Settings { records_at_once: NonZeroU32::new(12), keep_awake: false, ..Settings::default() };
        write(&path, &set).unwrap();
        // As it is told: "off" is kept in more than one way.
        let told = |settings: &Settings| serde_json::to_value(settings).unwrap();
        assert_eq!(told(&read(&path)), told(&set));
        fs::write(&path, "{ \"language\": \"german\", \"of a later version\": 1 }").unwrap();
        assert_eq!(read(&path), Settings { language: Language::German, ..Settings::default() });
        for damaged in ["{", "{ \"records_at_once\": 0 }", "[]"] {
            fs::write(&path, damaged).unwrap();
            assert_eq!(read(&path), Settings::default());
        }
    }
}
