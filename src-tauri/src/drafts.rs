//! Migrations that are being described: each is a job file in the user's data folder until it is checked
//! or thrown away. A draft holds what every job file holds, so never a secret. Beside one that changes a
//! migration lies a file that names the migration's.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;
use sluice_engine::error::{Error, ErrorReport};
use sluice_engine::spec::JobSpec;
use tauri::{AppHandle, Manager, async_runtime};

use crate::ipc::{Answer, report};

/// Drafts that are listed; older ones stay where they are.
const LISTED: usize = 500;

/// A description that was begun.
#[derive(Debug, Serialize)]
pub(crate) struct KeptDraft {
    /// What it is known by.
    id: String,
    job: JobSpec,
    /// The file of the migration that it changes; none: it describes a new one.
    of: Option<String>,
}

/// The drafts, latest first. One that cannot be read stays where it is and is left out.
#[tauri::command]
pub(crate) async fn drafts(app: AppHandle) -> Answer<Vec<KeptDraft>> {
    in_folder(app, list).await
}

/// Keeps a description: as a new draft, or in the place of the one with that id. Gives its id.
#[tauri::command]
pub(crate) async fn save_draft(
    app: AppHandle,
    id: Option<String>,
    job: JobSpec,
    of: Option<String>,
) -> Answer<String> {
    in_folder(app, move |folder| save(folder, id, &job, of.as_deref())).await
}

/// Throws a draft away. One that is gone already is no error.
#[tauri::command]
pub(crate) async fn remove_draft(app: AppHandle, id: String) -> Answer<()> {
    in_folder(app, move |folder| remove(folder, &id)).await
}

async fn in_folder<T: Send + 'static>(
    app: AppHandle,
    work: impl FnOnce(&Path) -> Answer<T> + Send + 'static,
) -> Answer<T> {
    let data = app.path().data_dir().map_err(|error| unkept(&error))?;
    let folder = data.join("sluice").join("drafts");
    async_runtime::spawn_blocking(move || work(&folder)).await.map_err(|error| unkept(&error))?
}

fn list(folder: &Path) -> Answer<Vec<KeptDraft>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unkept(&error)),
    };
    let mut found: Vec<(SystemTime, PathBuf)> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .map(|path| (changed(&path), path))
        .collect();
    found.sort_by(|a, b| b.cmp(a));
    found.truncate(LISTED);
    let read = |(_, path): (SystemTime, PathBuf)| {
        let id = path.file_stem()?.to_str().filter(|id| is_id(id))?.to_owned();
        match JobSpec::read(&path) {
            Ok(job) => Some(KeptDraft { of: fs::read_to_string(origin(folder, &id)).ok(), id, job }),
            Err(error) => {
                tracing::warn!(%error, "a draft is left out");
                None
            }
        }
    };
    Ok(found.into_iter().filter_map(read).collect())
}

fn save(folder: &Path, id: Option<String>, job: &JobSpec, of: Option<&str>) -> Answer<String> {
    fs::create_dir_all(folder).map_err(|error| unkept(&error))?;
    let id = match id {
        Some(id) if is_id(&id) => id,
        Some(_) => return Err(unkept(&"that is no draft")),
        None => new_id(folder),
    };
    // Before the draft: it is never there without what it changes.
    match of {
        Some(of) => fs::write(origin(folder, &id), of).map_err(|error| unkept(&error))?,
        None => gone(fs::remove_file(origin(folder, &id)))?,
    }
    job.save(&file(folder, &id)).map_err(|error| report(Error::from(error)))?;
    Ok(id)
}

fn remove(folder: &Path, id: &str) -> Answer<()> {
    if !is_id(id) {
        return Err(unkept(&"that is no draft"));
    }
    gone(fs::remove_file(file(folder, id)))?;
    gone(fs::remove_file(origin(folder, id)))
}

/// What is not there needs no removing.
fn gone(removed: io::Result<()>) -> Answer<()> {
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unkept(&error)),
        _ => Ok(()),
    }
}

fn file(folder: &Path, id: &str) -> PathBuf {
    folder.join(format!("{id}.toml"))
}

/// Where it stands which migration a draft changes.
fn origin(folder: &Path, id: &str) -> PathBuf {
    folder.join(format!("{id}.of"))
}

/// The moment, and a number where two were begun in the same one.
fn new_id(folder: &Path) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let mut names =
        (0..).map(|number: u32| if number == 0 { format!("{now}") } else { format!("{now}-{number}") });
    names.find(|id| !file(folder, id).exists()).unwrap_or_default()
}

/// What comes from the page never leads out of the folder.
fn is_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// When it was last kept.
fn changed(path: &Path) -> SystemTime {
    path.metadata().and_then(|metadata| metadata.modified()).unwrap_or(UNIX_EPOCH)
}

fn unkept(why: &dyn std::fmt::Display) -> ErrorReport {
    ErrorReport::new(
        "draft_not_kept",
        format!("the description cannot be kept: {why}"),
        "Check the right to write to the folder for your data, and the room there.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(source: &str) -> JobSpec {
        JobSpec::new(vec![Path::new(source).into()], Path::new("").into())
    }

    #[test]
    fn a_draft_is_there_until_it_is_thrown_away() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("below/drafts");
        assert!(list(&folder).unwrap().is_empty(), "there is no folder yet");
        let first = save(&folder, None, &job("/a"), None).unwrap();
        let second = save(&folder, None, &job("/b"), None).unwrap();
        assert_eq!(save(&folder, Some(first.clone()), &job("/c"), None).unwrap(), first);
        fs::write(folder.join("broken.toml"), "sources = [").unwrap();
        let found = list(&folder).unwrap();
        assert_eq!(found.len(), 2, "{found:?}");
        let of = |id: &str| found.iter().find(|one| one.id == id).map(|one| one.job.clone());
        assert_eq!((of(&first), of(&second)), (Some(job("/c")), Some(job("/b"))));
        remove(&folder, &first).unwrap();
        remove(&folder, &first).unwrap();
        assert_eq!(list(&folder).unwrap().len(), 1);
        assert!(folder.join("broken.toml").exists(), "what cannot be read is not lost");
    }

    #[test]
    fn a_draft_keeps_which_migration_it_changes() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("drafts");
        let of = |folder: &Path| list(folder).unwrap().pop().and_then(|one| one.of);
        let id = save(&folder, None, &job("/a"), Some("/données/m 1.sluice")).unwrap();
        assert_eq!(of(&folder).as_deref(), Some("/données/m 1.sluice"));
        save(&folder, Some(id.clone()), &job("/a"), None).unwrap();
        assert_eq!(of(&folder), None);
        save(&folder, Some(id.clone()), &job("/a"), Some("/m.sluice")).unwrap();
        remove(&folder, &id).unwrap();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    }

    #[test]
    fn no_id_leads_out_of_the_folder() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("precious.toml"), "").unwrap();
        let folder = home.path().join("drafts");
        for id in ["../precious", "", "a/b", "a.b", "ä", &"x".repeat(65)] {
            assert!(save(&folder, Some(id.into()), &job("/a"), Some("/m.sluice")).is_err(), "{id}");
            assert!(remove(&folder, id).is_err(), "{id}");
        }
        assert!(home.path().join("precious.toml").exists());
    }
}
