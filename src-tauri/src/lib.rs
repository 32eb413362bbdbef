//! The desktop shell: a window, thin commands over [`sluice_engine::api`], and the way back for
//! what happens there. It knows Tauri and nothing of migration.

mod connections;
mod desk;
mod dialog;
mod feed;
mod ipc;
#[cfg(target_os = "linux")]
mod language;

use std::path::PathBuf;
use std::sync::Mutex;

use tauri::{AppHandle, Emitter, Manager, Window, WindowEvent};
use tracing_subscriber::EnvFilter;

use desk::Desk;

/// Opens the window and returns when it is closed.
///
/// # Panics
///
/// When the system gives no window, e.g. because there is no display.
pub fn run() {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info")))
        .init();

    tauri::Builder::default()
        .manage(Desk::default())
        .manage(LaunchPaths(Mutex::new(launch_paths())))
        .setup(|_app| {
            #[cfg(target_os = "linux")]
            language::settle(_app.handle())?;
            Ok(())
        })
        .invoke_handler(tauri::generate_handler![
            ipc::defaults,
            ipc::current,
            ipc::launch_paths,
            ipc::create_migration,
            ipc::open_migration,
            ipc::leave_migration,
            ipc::snapshot,
            ipc::plan,
            ipc::cancel_plan,
            ipc::start,
            ipc::pause,
            ipc::stop,
            ipc::set_limits,
            ipc::set_delivery,
            ipc::set_control,
            ipc::set_mapping,
            ipc::set_endpoint,
            ipc::inspect_catalogue,
            ipc::try_catalogue,
            ipc::load_preset,
            ipc::save_preset,
            ipc::check_bandwidth,
            ipc::events_since,
            ipc::failures,
            ipc::attempts,
            ipc::reprocess,
            ipc::amend,
            ipc::leave,
            ipc::export_failures,
            ipc::pick_folders,
            ipc::pick_files,
            ipc::pick_catalogues,
            ipc::pick_base,
            ipc::pick_destination,
            ipc::pick_migration,
            ipc::quit,
            connections::connections,
            connections::has_keychain,
            connections::add_connection,
            connections::remove_connection,
            connections::test_connection,
        ])
        .on_window_event(|window, event| {
            if let WindowEvent::CloseRequested { api, .. } = event {
                api.prevent_close();
                close_requested(window);
            }
        })
        .run(tauri::generate_context!())
        .expect("the system gives no window");
}

/// Paths that the program was started with, until the page takes them.
struct LaunchPaths(Mutex<Vec<PathBuf>>);

/// The arguments as absolute paths: the page has no working folder.
fn launch_paths() -> Vec<PathBuf> {
    std::env::args_os().skip(1).filter_map(|path| std::path::absolute(path).ok()).collect()
}

/// While something is at work the page asks the person; otherwise the program ends cleanly.
fn close_requested(window: &Window) {
    let app = window.app_handle().clone();
    tauri::async_runtime::spawn(async move {
        if app.state::<Desk>().is_active().await {
            if let Err(error) = app.emit("close_requested", ()) {
                tracing::warn!(%error, "the page cannot be asked; the program stays open");
            }
        } else {
            quit(&app).await;
        }
    });
}

/// Pauses what is at work, closes the checkpoint and ends the program.
async fn quit(app: &AppHandle) {
    if let Err(error) = app.state::<Desk>().close().await {
        tracing::error!(%error, "the checkpoint was not closed cleanly; it is put right at its next opening");
    }
    app.exit(0);
}
