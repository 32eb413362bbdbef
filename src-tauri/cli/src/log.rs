//! The log: errors on standard error, everything else in a file, if one is asked for.

use std::path::Path;

use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::filter::{EnvFilter, LevelFilter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use crate::args::LogFormat;

/// Days that are kept.
const KEPT: usize = 7;

/// Begins the log. What is still to be written is written when the guard is dropped.
pub(crate) fn begin(file: Option<&Path>, format: LogFormat) -> Result<Option<WorkerGuard>, String> {
    let on_terminal = EnvFilter::try_from_env("SLUICE_LOG").unwrap_or_else(|_| EnvFilter::new("error"));
    let terminal = fmt::layer().with_writer(std::io::stderr).with_filter(on_terminal);
    let Some(file) = file else {
        tracing_subscriber::registry().with(terminal).init();
        return Ok(None);
    };
    let name = file.file_name().ok_or_else(|| format!("{} is no name for a log", file.display()))?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let appender = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix(name.to_string_lossy())
        .max_log_files(KEPT)
        .build(folder)
        .map_err(|error| {
            format!(
                "the log {} cannot be written: {error}; name a file in a folder that you may write to",
                file.display()
            )
        })?;
    let (writer, guard) = tracing_appender::non_blocking(appender);
    let lines = fmt::layer().with_writer(writer).with_ansi(false);
    let lines = match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    // What libraries have to say of themselves is not what a librarian looks for.
    let of_ours = EnvFilter::new("warn,sluice=info,sluice_engine=info");
    tracing_subscriber::registry().with(terminal).with(lines.with_filter(of_ours)).init();
    tracing::info!(version = env!("CARGO_PKG_VERSION"), level = %LevelFilter::INFO, "the log begins");
    Ok(Some(guard))
}
