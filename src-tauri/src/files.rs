//! Shows files in the system's file manager: only those that a migration or this program knows.

use std::path::{Path, PathBuf};

use sluice_engine::error::ErrorReport;
use sluice_engine::spec::{JobSpec, Location};
use tauri::State;
use tauri::async_runtime::spawn_blocking;

use crate::desk::Desk;
use crate::home::Home;
use crate::ipc::Answer;

/// Shows a file or folder in the file manager: below a source or the destination of the migration that is
/// shown, a catalogue of it, or a migration of the list. Nothing is opened or started.
#[tauri::command]
pub(crate) async fn reveal(desk: State<'_, Desk>, home: State<'_, Home>, path: PathBuf) -> Answer<()> {
    let mut known: Vec<PathBuf> = Vec::new();
    if let Some(migration) = desk.migration().await {
        known.extend(places(&migration.job()));
        known.push(migration.checkpoint().to_owned());
    }
    if let Ok(shelf) = home.shelf() {
        known.extend(shelf.known().into_iter().map(|known| known.checkpoint.into()));
    }
    let looked = move || {
        if !is_below(&path, &known) {
            return Err(refused(&path, "it belongs to no migration that is open here"));
        }
        reveal_now(&path)
    };
    apart(looked).await
}

/// Shows a file or folder in the file manager, one that the engine named.
pub(crate) async fn show(path: PathBuf) -> Answer<()> {
    apart(move || reveal_now(&path)).await
}

/// Opens the folder with the logs.
#[tauri::command]
pub(crate) async fn open_logs() -> Answer<()> {
    let folder = crate::logs::folder().ok_or_else(|| refused(Path::new(""), "no log is kept"))?;
    let open = move || {
        tauri_plugin_opener::open_path(&folder, None::<&str>)
            .map_err(|error| refused(&folder, &error.to_string()))
    };
    apart(open).await
}

/// What of a job lies on this computer.
fn places(job: &JobSpec) -> Vec<PathBuf> {
    let ends = job.sources.iter().chain([&job.destination]);
    let local = ends.filter_map(|location| match location {
        Location::Local(path) => Some(path.clone()),
        Location::Remote(_) => None,
    });
    local.chain(job.catalogues.iter().map(|catalogue| catalogue.file.clone())).collect()
}

/// Whether a path leads, links followed, to one of these or below it.
fn is_below(path: &Path, known: &[PathBuf]) -> bool {
    let Ok(path) = path.canonicalize() else { return false };
    known.iter().filter_map(|known| known.canonicalize().ok()).any(|known| path.starts_with(known))
}

fn reveal_now(path: &Path) -> Answer<()> {
    tauri_plugin_opener::reveal_item_in_dir(to_show(path)).map_err(|error| refused(path, &error.to_string()))
}

/// A link is shown by the folder that it lies in: the file manager would be led to what it points to, and that is
/// no file that anybody named.
fn to_show(path: &Path) -> &Path {
    let is_link = path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink());
    path.parent().filter(|_| is_link).unwrap_or(path)
}

async fn apart(work: impl FnOnce() -> Answer<()> + Send + 'static) -> Answer<()> {
    spawn_blocking(work).await.unwrap_or_else(|error| Err(refused(Path::new(""), &error.to_string())))
}

fn refused(path: &Path, why: &str) -> ErrorReport {
    ErrorReport::new(
        "not_shown",
        format!("{} cannot be shown: {why}.", path.display()),
        "It may have been moved or removed, or its disk is away.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_outside_of_what_is_known_is_shown() {
        let folder = tempfile::tempdir().unwrap();
        let (known, other) = (folder.path().join("known"), folder.path().join("known-not"));
        for folder in [&known, &other] {
            std::fs::create_dir(folder).unwrap();
            std::fs::write(folder.join("a.mov"), "a").unwrap();
        }
        let known = [known.clone(), folder.path().join("away")];
        assert!(is_below(&known[0].join("a.mov"), &known));
        assert!(is_below(&known[0], &known));
        assert!(!is_below(&other.join("a.mov"), &known));
        assert!(!is_below(&known[0].join("../known-not/a.mov"), &known));
        assert!(!is_below(Path::new("https://example.org"), &known));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(&other, known[0].join("link")).unwrap();
            assert!(!is_below(&known[0].join("link/a.mov"), &known));
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_a_link_points_to_is_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("a.mov"), folder.path().join("link.mov"));
        std::fs::write(&file, "a").unwrap();
        std::os::unix::fs::symlink("/etc/passwd", &link).unwrap();
        assert_eq!(to_show(&file), file);
        assert_eq!(to_show(&link), folder.path());
        let gone = folder.path().join("gone.mov");
        assert_eq!(to_show(&gone), gone, "it is refused as what it is");
    }
}
