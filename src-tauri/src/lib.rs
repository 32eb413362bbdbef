//! The desktop shell: a window, thin commands over [`sluice_engine::api`], and the way back for
//! what happens there. It knows Tauri and nothing of migration.

mod citizen;
mod connections;
mod desk;
mod dialog;
mod drafts;
mod failures;
mod feed;
mod files;
mod guided;
mod home;
mod ipc;
#[cfg(target_os = "linux")]
mod language;
mod launch;
mod logs;
mod records;
mod settings;
mod sight;
mod tray;
mod watching;

use tauri::{AppHandle, Emitter, Manager, RunEvent, Window, WindowEvent};
use tauri_plugin_window_state::StateFlags;

use citizen::Citizen;
use desk::Desk;
use home::Home;
use launch::Waiting;
use settings::Preferences;
use sight::Sight;
use tray::Tray;

/// Opens the window and returns when it is closed.
///
/// # Panics
///
/// When the system gives no window, e.g. because there is no display.
pub fn run() {
    let mut log = logs::begin();
    tauri::Builder::default()
        // First: a second start ends here, before it touches anything.
        .plugin(tauri_plugin_single_instance::init(|app, arguments, folder| {
            launch::handed_over(app, &arguments, &folder);
        }))
        .plugin(
            tauri_plugin_window_state::Builder::default()
                .with_state_flags(StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED)
                .build(),
        )
        .manage(Desk::default())
        .manage(Home::of_user())
        .manage(Citizen::default())
        .manage(Sight::default())
        .manage(Tray::default())
        .manage(Waiting::from_arguments())
        .manage(records::Verifying::default())
        .setup(|app| {
            let preferences = Preferences::load(app.handle());
            app.state::<Desk>().machine.set_records(preferences.get().records_at_once);
            app.manage(preferences);
            tray::begin(app.handle());
            #[cfg(target_os = "linux")]
            language::settle(app.handle())?;
            Ok(())
        })
        .invoke_handler(tauri::generate_handler![
            ipc::defaults,
            ipc::current,
            launch::launch_paths,
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
            ipc::set_endpoint,
            ipc::inspect_catalogue,
            ipc::try_catalogue,
            ipc::load_preset,
            ipc::save_preset,
            ipc::check_bandwidth,
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
            watching::history,
            watching::events,
            watching::pause_at,
            connections::connections,
            connections::has_keychain,
            connections::add_connection,
            connections::change_connection,
            connections::remove_connection,
            connections::test_connection,
            home::known_migrations,
            home::look_at_migrations,
            home::forget_migration,
            home::migration_job,
            settings::settings,
            settings::set_settings,
            settings::tools,
            sight::seen,
            sight::drawn,
            citizen::is_awake,
            citizen::notify,
            tray::has_tray,
            tray::say_in_tray,
            files::reveal,
            files::open_logs,
            logs::about,
            logs::save_logs,
            connections::host_key,
            connections::trust_host_key,
            drafts::drafts,
            drafts::save_draft,
            drafts::remove_draft,
            guided::try_sources,
            guided::try_request,
            guided::check_place,
            guided::check_span,
            guided::job_text,
            guided::save_job,
            guided::load_job,
            guided::set_job,
            guided::look_at_services,
            guided::concerned,
            guided::start_pilot,
            guided::tried,
            guided::pick_catalogue_out,
            failures::causes,
            failures::list_failures,
            failures::preview_amendment,
            failures::take_up,
            failures::find_corrections,
            failures::apply_corrections,
            records::records,
            records::record,
            records::reconciliation,
            records::find_duplicates,
            records::verify,
            records::end_verify,
            records::export_proof,
            records::files_here,
            records::reveal_record,
        ])
        .on_window_event(|window, event| {
            if let WindowEvent::CloseRequested { api, .. } = event {
                api.prevent_close();
                close_requested(window);
            }
        })
        .build(tauri::generate_context!())
        .expect("the system gives no window")
        .run(move |app, event| match event {
            // Behind it the process ends without dropping anything.
            RunEvent::Exit => drop(log.take()),
            event => opened(app, event),
        });
}

/// On macOS the file manager opens files by an event, not by arguments.
#[cfg(target_os = "macos")]
fn opened(app: &AppHandle, event: RunEvent) {
    match event {
        RunEvent::Opened { urls } => {
            launch::arrived(app, urls.iter().filter_map(|url| url.to_file_path().ok()).collect());
        }
        // By a press in the dock: the window may be hidden.
        RunEvent::Reopen { .. } => launch::to_front(app),
        _ => {}
    }
}

#[cfg(not(target_os = "macos"))]
fn opened(_app: &AppHandle, _event: RunEvent) {}

/// While something is at work the window goes into the tray, where that is wanted, or the page asks the person;
/// otherwise the program ends cleanly.
fn close_requested(window: &Window) {
    let window = window.clone();
    tauri::async_runtime::spawn(async move {
        let app = window.app_handle();
        if !app.state::<Desk>().is_active().await {
            quit(app).await;
        } else if !tray::hide(&window).await {
            ask_to_close(app);
        }
    });
}

/// The page asks the person what becomes of what is at work.
fn ask_to_close(app: &AppHandle) {
    if let Err(error) = app.emit("close_requested", ()) {
        tracing::warn!(%error, "the page cannot be asked; the program stays open");
    }
}

/// Pauses what is at work, closes the checkpoints and ends the program.
async fn quit(app: &AppHandle) {
    app.state::<Desk>().close().await;
    app.exit(0);
}
