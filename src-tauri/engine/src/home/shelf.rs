//! The list of migrations as a program uses it: what was known last at once, then a look at each.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use futures_util::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::glance::Glance;
use super::list::List;
use crate::error::{Error, ErrorReport};

/// Files that are looked at together.
const AT_ONCE: usize = 4;

/// Migrations in the list; of more than so many those that were used last.
const LISTED: usize = 500;

/// The list cannot be kept.
#[derive(Debug, thiserror::Error)]
#[error("the list of migrations {} cannot be written: {error}", path.display())]
pub struct ShelfError {
    /// The file.
    pub path: PathBuf,
    /// What the system said.
    pub error: std::io::Error,
}

/// One migration that this computer knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct KnownMigration {
    /// The path of its file.
    pub checkpoint: String,
    /// What the last look at it told.
    pub glance: Option<Glance>,
    /// Why it cannot be looked at now.
    pub problem: Option<ErrorReport>,
}

/// The migrations that this computer knows. Files are looked at, never changed.
#[derive(Debug)]
pub struct Shelf {
    /// Where the list is kept.
    list: PathBuf,
    /// Where migrations are when nobody says otherwise.
    migrations: PathBuf,
    kept: Mutex<List>,
}

impl Shelf {
    /// The user's own, in the user's data folder.
    pub fn of_user() -> Result<Self, Error> {
        let folder = crate::api::data_folder()?;
        Ok(Self::at(folder.join("home.json"), folder.join("migrations")))
    }

    /// One that keeps its list in a file and looks for migrations in a folder.
    pub fn at(list: PathBuf, migrations: PathBuf) -> Self {
        let kept = Mutex::new(List::read(&list));
        Self { list, migrations, kept }
    }

    /// What is known without a look at the files: at once. The one that was used last comes first.
    pub fn known(&self) -> Vec<KnownMigration> {
        let mut found: BTreeMap<String, i64> = in_folder(&self.migrations)
            .into_iter()
            .filter_map(|(path, used)| Some((text(&path)?, used)))
            .collect();
        let kept = self.kept();
        for (path, migration) in &kept.migrations {
            if migration.forgotten {
                found.remove(path);
                continue;
            }
            let used = found.entry(path.clone()).or_default();
            if let Some(glance) = &migration.glance {
                *used = glance.last_ms;
            }
        }
        let mut found: Vec<_> = found.into_iter().collect();
        found.sort_by_key(|(_, used)| std::cmp::Reverse(*used));
        found.truncate(LISTED);
        let known = |(checkpoint, _): (String, i64)| {
            let glance = kept.migrations.get(&checkpoint).and_then(|kept| kept.glance.clone());
            KnownMigration { checkpoint, glance, problem: None }
        };
        found.into_iter().map(known).collect()
    }

    /// Looks at every file that is known, some at once, and keeps what it finds. What is wrong with one
    /// is said of that one.
    pub async fn look(&self) -> Vec<KnownMigration> {
        let looks = self.known().into_iter().map(async |known| {
            match Glance::of(Path::new(&known.checkpoint)).await {
                Ok(glance) => KnownMigration { glance: Some(glance), ..known },
                Err(error) => KnownMigration { problem: Some(error.report()), ..known },
            }
        });
        let seen: Vec<_> = stream::iter(looks).buffered(AT_ONCE).collect().await;
        self.keep(|list| {
            for known in seen.iter().filter(|known| known.problem.is_none()) {
                let kept = list.migrations.entry(known.checkpoint.clone()).or_default();
                kept.glance.clone_from(&known.glance);
            }
        })
        // It is only slower to draw the next time.
        .unwrap_or_else(|error| tracing::warn!(%error, "what was seen is not kept"));
        seen
    }

    /// Puts a migration into the list, also one that was forgotten.
    pub fn remember(&self, checkpoint: &Path) -> Result<(), ShelfError> {
        let Some(path) = text(checkpoint) else { return Ok(()) };
        self.keep(|list| list.migrations.entry(path).or_default().forgotten = false)
    }

    /// Takes a migration out of the list. Its file stays as it is.
    pub fn forget(&self, checkpoint: &Path) -> Result<(), ShelfError> {
        let Some(path) = text(checkpoint) else { return Ok(()) };
        // In the default folder it would be found again.
        let stays = checkpoint.starts_with(&self.migrations);
        self.keep(|list| {
            list.migrations.remove(&path);
            if stays {
                list.migrations.entry(path).or_default().forgotten = true;
            }
        })
    }

    fn keep(&self, change: impl FnOnce(&mut List)) -> Result<(), ShelfError> {
        let mut kept = self.kept();
        change(&mut kept);
        kept.write(&self.list).map_err(|error| ShelfError { path: self.list.clone(), error })
    }

    fn kept(&self) -> MutexGuard<'_, List> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Migration files in a folder, and when they were last written (milliseconds since 1970).
fn in_folder(folder: &Path) -> Vec<(PathBuf, i64)> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let migrations = paths.filter(|path| path.extension() == Some(OsStr::new("sluice")));
    migrations.map(|path| (written_ms(&path), path)).map(|(written, path)| (path, written)).collect()
}

fn written_ms(path: &Path) -> i64 {
    let written = path.metadata().and_then(|metadata| metadata.modified()).ok();
    let since = written.and_then(|written| written.duration_since(SystemTime::UNIX_EPOCH).ok());
    since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Paths cross to a window as text; one that is no text can only be opened by the command.
fn text(path: &Path) -> Option<String> {
    path.to_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Migration;
    use crate::spec::JobSpec;
    use crate::state::State;

    struct Home {
        folder: tempfile::TempDir,
    }

    impl Home {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            std::fs::create_dir_all(folder.path().join("migrations")).unwrap();
            std::fs::create_dir(folder.path().join("source")).unwrap();
            Self { folder }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        fn shelf(&self) -> Shelf {
            Shelf::at(self.path("home.json"), self.path("migrations"))
        }

        async fn migration(&self, at: &str) -> Migration {
            let job = JobSpec::new(vec![self.path("source").into()], self.path("destination").into());
            Migration::create(&self.path(at), job).await.unwrap()
        }
    }

    fn names(known: &[KnownMigration]) -> Vec<&str> {
        known.iter().map(|one| Path::new(&one.checkpoint).file_name().unwrap().to_str().unwrap()).collect()
    }

    #[tokio::test]
    async fn what_is_wrong_with_one_file_is_said_of_that_one() {
        let home = Home::new();
        home.migration("migrations/good.sluice").await.close().await.unwrap();
        std::fs::write(home.path("migrations/damaged.sluice"), "no database").unwrap();
        let running = home.migration("elsewhere.sluice").await;
        let shelf = home.shelf();
        shelf.remember(&home.path("elsewhere.sluice")).unwrap();
        shelf.remember(&home.path("gone.sluice")).unwrap();

        let seen = shelf.look().await;
        let of = |name: &str| seen.iter().find(|one| one.checkpoint.ends_with(name)).unwrap();
        let good = of("good.sluice").glance.as_ref().unwrap();
        assert_eq!((good.state, good.open, good.sources), (State::New, false, 1));
        assert!(of("elsewhere.sluice").glance.as_ref().unwrap().open, "one that is at work is looked at too");
        let code = |name: &str| of(name).problem.as_ref().unwrap().code.clone();
        assert_eq!(code("damaged.sluice"), "checkpoint_not_sluice");
        assert_eq!(code("gone.sluice"), "checkpoint_missing");
        assert_eq!(std::fs::read(home.path("migrations/damaged.sluice")).unwrap(), b"no database");
        running.close().await.unwrap();

        // The next start knows it at once; a file that is gone keeps what was known of it.
        std::fs::remove_file(home.path("elsewhere.sluice")).unwrap();
        let known = home.shelf().known();
        let elsewhere = known.iter().find(|one| one.checkpoint.ends_with("elsewhere.sluice")).unwrap();
        assert!(elsewhere.glance.is_some());
    }

    #[tokio::test]
    async fn a_forgotten_migration_stays_on_disk_and_comes_back_when_it_is_opened() {
        let home = Home::new();
        for name in ["migrations/a.sluice", "migrations/b.sluice", "c.sluice"] {
            home.migration(name).await.close().await.unwrap();
        }
        let shelf = home.shelf();
        shelf.remember(&home.path("c.sluice")).unwrap();
        for name in ["migrations/a.sluice", "c.sluice"] {
            shelf.forget(&home.path(name)).unwrap();
            assert!(home.path(name).exists());
        }
        assert_eq!(names(&shelf.look().await), ["b.sluice"]);
        assert_eq!(names(&home.shelf().known()), ["b.sluice"]);
        shelf.remember(&home.path("migrations/a.sluice")).unwrap();
        assert_eq!(names(&home.shelf().known()).len(), 2);
    }

    #[test]
    fn a_damaged_list_is_begun_anew() {
        let home = Home::new();
        std::fs::write(home.path("home.json"), "{\"migrations\": 7}").unwrap();
        let shelf = home.shelf();
        assert!(shelf.known().is_empty());
        shelf.remember(&home.path("a.sluice")).unwrap();
        assert_eq!(names(&home.shelf().known()), ["a.sluice"]);
    }
}
