//! The system's own dialogs for files and folders.

use std::path::PathBuf;

use rfd::{AsyncFileDialog, FileHandle};
use tauri::{AppHandle, Manager};

/// How the names of catalogues end.
const CATALOGUES: [&str; 12] =
    ["csv", "tsv", "tab", "txt", "xlsx", "xlsm", "xls", "ods", "json", "ndjson", "jsonl", "ale"];

/// Asks for folders; empty when the person cancelled.
pub(crate) async fn folders(app: &AppHandle, title: &str) -> Vec<PathBuf> {
    paths(show(app, title, |dialog| dialog.pick_folders()).await)
}

/// Asks for files; empty when the person cancelled.
pub(crate) async fn files(app: &AppHandle, title: &str) -> Vec<PathBuf> {
    paths(show(app, title, |dialog| dialog.pick_files()).await)
}

/// Asks for one folder.
pub(crate) async fn folder(app: &AppHandle, title: &str) -> Option<PathBuf> {
    path(show(app, title, |dialog| dialog.pick_folder()).await)
}

/// Asks for catalogues; empty when the person cancelled.
pub(crate) async fn catalogues(app: &AppHandle, title: &str) -> Vec<PathBuf> {
    let ask = |dialog: AsyncFileDialog| {
        dialog.add_filter("Catalogues", &CATALOGUES).add_filter("All files", &["*"]).pick_files()
    };
    paths(show(app, title, ask).await)
}

/// Asks for a preset.
pub(crate) async fn preset(app: &AppHandle, title: &str) -> Option<PathBuf> {
    path(show(app, title, |dialog| dialog.add_filter("Presets", &["toml"]).pick_file()).await)
}

/// Asks where to keep a preset.
pub(crate) async fn new_preset(app: &AppHandle, title: &str) -> Option<PathBuf> {
    let ask = |dialog: AsyncFileDialog| {
        dialog.add_filter("Presets", &["toml"]).set_file_name("catalogue.toml").save_file()
    };
    path(show(app, title, ask).await)
}

/// Asks for a job file.
pub(crate) async fn job(app: &AppHandle, title: &str) -> Option<PathBuf> {
    path(show(app, title, |dialog| dialog.add_filter("Job files", &["toml"]).pick_file()).await)
}

/// Asks where to keep a job file. `name`: what it is called when nobody says otherwise.
pub(crate) async fn new_job(app: &AppHandle, title: &str, name: &str) -> Option<PathBuf> {
    let name = name.to_owned();
    let ask =
        |dialog: AsyncFileDialog| dialog.add_filter("Job files", &["toml"]).set_file_name(name).save_file();
    path(show(app, title, ask).await)
}

/// Asks where a run writes its catalogue.
pub(crate) async fn catalogue_out(app: &AppHandle, title: &str) -> Option<PathBuf> {
    let ask = |dialog: AsyncFileDialog| {
        dialog
            .add_filter("Excel", &["xlsx"])
            .add_filter("CSV", &["csv"])
            .add_filter("NDJSON", &["ndjson"])
            .set_file_name("delivered.xlsx")
            .save_file()
    };
    path(show(app, title, ask).await)
}

/// Asks for a migration's file.
pub(crate) async fn migration(app: &AppHandle, title: &str) -> Option<PathBuf> {
    path(show(app, title, |dialog| dialog.add_filter("Sluice", &["sluice"]).pick_file()).await)
}

/// Asks where to write a report. `usual`: the name that is proposed; its kind stands first.
pub(crate) async fn report(app: &AppHandle, title: &str, usual: &'static str) -> Option<PathBuf> {
    let ask = move |dialog: AsyncFileDialog| {
        let mut kinds = [("CSV", "csv"), ("Excel", "xlsx"), ("JSON", "json"), ("HTML", "html")];
        kinds.sort_by_key(|(_, ending)| !usual.ends_with(ending));
        let dialog =
            kinds.into_iter().fold(dialog, |dialog, (name, ending)| dialog.add_filter(name, &[ending]));
        dialog.set_file_name(usual).save_file()
    };
    path(show(app, title, ask).await)
}

/// Asks where to write an archive.
pub(crate) async fn new_archive(app: &AppHandle, title: &str) -> Option<PathBuf> {
    let ask = |dialog: AsyncFileDialog| {
        dialog.add_filter("Zip", &["zip"]).set_file_name("sluice-logs.zip").save_file()
    };
    path(show(app, title, ask).await)
}

/// Asks for a corrected failure report.
pub(crate) async fn corrections(app: &AppHandle, title: &str) -> Option<PathBuf> {
    let ask = |dialog: AsyncFileDialog| dialog.add_filter("Reports", &["csv", "xlsx", "json"]).pick_file();
    path(show(app, title, ask).await)
}

/// Some systems want their dialogs made on the main thread; the answer is awaited elsewhere.
async fn show<T, F>(
    app: &AppHandle,
    title: &str,
    ask: impl FnOnce(AsyncFileDialog) -> F + Send + 'static,
) -> Option<T>
where
    T: Send + 'static,
    F: Future<Output = Option<T>> + Send + 'static,
{
    let (made, asked) = tokio::sync::oneshot::channel();
    let window = app.get_webview_window("main");
    let title = title.to_owned();
    let home = app.path().home_dir();
    let shown = app.run_on_main_thread(move || {
        let mut dialog = AsyncFileDialog::new().set_title(title);
        // GTK would begin with the files used recently: no folder can be opened from there. The
        // other systems begin where the person was last.
        if let Ok(home) = home
            && cfg!(target_os = "linux")
        {
            dialog = dialog.set_directory(home);
        }
        if let Some(window) = window {
            dialog = dialog.set_parent(&window);
        }
        // Nobody waits any more only when the program is ending.
        let _ = made.send(ask(dialog));
    });
    if let Err(error) = shown {
        tracing::error!(%error, "the system shows no dialog");
    }
    asked.await.ok()?.await
}

fn path(file: Option<FileHandle>) -> Option<PathBuf> {
    file.map(|file| file.path().to_owned())
}

fn paths(files: Option<Vec<FileHandle>>) -> Vec<PathBuf> {
    files.unwrap_or_default().iter().map(|file| file.path().to_owned()).collect()
}
