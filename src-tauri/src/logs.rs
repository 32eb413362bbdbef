//! The program's log: on standard error, and in files of the user's that can be sent to who helps.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use sluice_engine::api;
use sluice_engine::error::ErrorReport;
use tauri::AppHandle;
use tauri::async_runtime::spawn_blocking;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::dialog;
use crate::ipc::{Answer, with_ending};

/// Days that are kept.
const KEPT: usize = 14;

/// What of one file is sent at most (bytes): its end tells more than its beginning.
const SENT: u64 = 32 << 20;

/// Where the logs are; none where the system names no folder.
pub(crate) fn folder() -> Option<PathBuf> {
    api::data_folder().ok().map(|folder| folder.join("logs"))
}

/// Begins the log. What is still to be written is written when the guard is dropped.
pub(crate) fn begin() -> Option<WorkerGuard> {
    let terminal = fmt::layer()
        .with_writer(std::io::stderr)
        .with_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info")));
    let in_files = folder().and_then(|folder| {
        let files = RollingFileAppender::builder()
            .rotation(Rotation::DAILY)
            .filename_prefix("sluice.log")
            .max_log_files(KEPT);
        files.build(folder).ok()
    });
    let Some(files) = in_files else {
        tracing_subscriber::registry().with(terminal).init();
        tracing::warn!("the log is not kept: there is no folder for it");
        return None;
    };
    let (writer, guard) = tracing_appender::non_blocking(files);
    // What libraries have to say of themselves is not what a librarian looks for.
    let of_ours = EnvFilter::new("warn,sluice_desktop=info,sluice_engine=info");
    let lines = fmt::layer().with_writer(writer).with_ansi(false).with_filter(of_ours);
    tracing_subscriber::registry().with(terminal).with(lines).init();
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "the window opens");
    Some(guard)
}

/// What the program is.
#[derive(Serialize)]
pub(crate) struct About {
    version: &'static str,
    system: String,
    logs: Option<String>,
}

#[tauri::command]
pub(crate) fn about() -> About {
    About {
        version: env!("CARGO_PKG_VERSION"),
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        logs: folder().map(|folder| folder.display().to_string()),
    }
}

/// Asks where, then writes the logs and the program's version as one archive. The path written, or nothing
/// when the person cancelled.
#[tauri::command]
pub(crate) async fn save_logs(app: AppHandle) -> Answer<Option<String>> {
    let Some(path) = dialog::new_archive(&app, "Save the logs").await else { return Ok(None) };
    let path = with_ending(path, "zip");
    let to = path.clone();
    let written = spawn_blocking(move || archive(folder().as_deref(), &to)).await;
    written.map_err(io::Error::other).flatten().map_err(|error| {
        ErrorReport::new(
            "logs_unwritable",
            format!("{} cannot be written: {error}", path.display()),
            "Choose a folder that exists and that you may write to.",
        )
    })?;
    Ok(Some(path.display().to_string()))
}

fn archive(logs: Option<&Path>, to: &Path) -> io::Result<()> {
    let mut archive = ZipWriter::new(File::create(to)?);
    let options = SimpleFileOptions::default();
    archive.start_file("about.json", options)?;
    serde_json::to_writer_pretty(&mut archive, &about())?;
    let logs = logs.map(fs::read_dir).and_then(Result::ok).into_iter().flatten();
    for entry in logs.flatten() {
        let name = entry.file_name();
        if !name.to_string_lossy().starts_with("sluice.log") || !entry.file_type()?.is_file() {
            continue;
        }
        archive.start_file(name.to_string_lossy(), options)?;
        io::copy(&mut end_of(&entry.path())?, &mut archive)?;
    }
    archive.finish()?.sync_all()
}

fn end_of(path: &Path) -> io::Result<impl io::Read + use<>> {
    use io::{Read, Seek, SeekFrom};
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    file.seek(SeekFrom::Start(size.saturating_sub(SENT)))?;
    Ok(file.take(SENT))
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn the_logs_and_nothing_else_are_sent() {
        let folder = tempfile::tempdir().unwrap();
        let logs = folder.path().join("logs");
        fs::create_dir(&logs).unwrap();
        fs::write(logs.join("sluice.log.2026-06-01"), "the log begins").unwrap();
        fs::write(logs.join("private.txt"), "private").unwrap();
        let to = folder.path().join("logs.zip");
        archive(Some(&logs), &to).unwrap();
        let mut sent = zip::ZipArchive::new(File::open(&to).unwrap()).unwrap();
        let mut names: Vec<_> = sent.file_names().map(|name| name.unwrap().into_owned()).collect();
        names.sort();
        assert_eq!(names, ["about.json", "sluice.log.2026-06-01"]);
        let mut text = String::new();
        sent.by_name("sluice.log.2026-06-01").unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "the log begins");
        archive(None, &to).unwrap();
    }
}
