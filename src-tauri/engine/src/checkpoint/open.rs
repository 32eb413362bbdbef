//! Making, opening and recognising the file.

use std::io::Read;
use std::path::Path;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Row, SqlitePool};
use tokio::sync::watch;

use super::lock::{RunLock, beside};
use super::{Checkpoint, CheckpointError};
use crate::clock::now_ms;
use crate::spec::JobSpec;
use crate::state::State;
use crate::storage::local::platform;

/// "Slui" in ASCII: marks the file as ours in the SQLite header.
const APPLICATION_ID: u32 = 0x536c_7569;

/// The newest format that this program knows: the number of the last migration in `migrations/`.
const FORMAT: i64 = 10;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// Files up to this size (bytes) are checked as a whole when they are opened; larger ones would
/// make the person wait, and show damage when the broken page is read.
const CHECKED_WHOLE: u64 = 32 << 20;

impl Checkpoint {
    /// Makes the file for a new migration. Nothing is left behind when that fails.
    pub(crate) async fn create(path: &Path, job: &JobSpec) -> Result<Self, CheckpointError> {
        if path.symlink_metadata().is_ok() {
            return Err(CheckpointError::Exists { path: path.to_owned() });
        }
        let lock = RunLock::take(path)?;
        // Made under another name, so that a program that dies here leaves no half-made checkpoint.
        let draft = beside(path, "-new");
        let unusable = |error| CheckpointError::Io { path: path.to_owned(), error };
        match std::fs::remove_file(&draft) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(unusable(error)),
            _ => {}
        }
        let made = fill(&draft, job).await.map_err(|error| CheckpointError::from_sqlx(path, error));
        if let Err(error) = made.and_then(|()| std::fs::rename(&draft, path).map_err(unusable)) {
            let _ = std::fs::remove_file(&draft);
            return Err(error);
        }
        Self::connect(path, Some(lock)).await
    }

    /// Opens a migration in order to run it. Refuses when another process has it open.
    pub(crate) async fn open(path: &Path) -> Result<Self, CheckpointError> {
        recognise(path)?;
        let lock = RunLock::take(path)?;
        let checkpoint = Self::connect(path, Some(lock)).await?;
        // Damage first: a broken page must not be taken for a migration that failed.
        checkpoint.check().await?;
        checkpoint.bring_up_to_date().await?;
        Ok(checkpoint)
    }

    /// Opens a migration to read it, also while another process runs it.
    pub(crate) async fn open_to_read(path: &Path) -> Result<Self, CheckpointError> {
        if recognise(path)? < FORMAT {
            // Nobody who knows only the old format can run it while it is brought up to date.
            Self::open(path).await?.close().await;
        }
        let checkpoint = Self::connect(path, None).await?;
        checkpoint.check().await?;
        Ok(checkpoint)
    }

    /// Whether another process runs this checkpoint.
    pub(crate) fn is_run_elsewhere(&self) -> bool {
        self.lock.is_none() && super::lock::is_held(&self.path)
    }

    pub(super) async fn connect(path: &Path, lock: Option<RunLock>) -> Result<Self, CheckpointError> {
        let on_network = platform::is_network(path);
        let options = options(path, on_network);
        let database = |error| CheckpointError::from_sqlx(path, error);
        let writer = match lock {
            Some(_) => pool(options.clone(), 1),
            None => pool(options.clone().pragma("query_only", "1"), 1),
        };
        // In the safe mode one connection has the file to itself.
        let readers = if on_network {
            writer.clone()
        } else {
            pool(options.pragma("query_only", "1").pragma("cache_size", "-512"), 3)
        };
        let last: i64 = sqlx::query_scalar("SELECT coalesce(max(seq), 0) FROM event")
            .fetch_one(&writer)
            .await
            .map_err(database)?;
        Ok(Self {
            path: path.to_owned(),
            writer,
            readers,
            last_event: watch::Sender::new(last),
            lock,
            on_network,
        })
    }

    /// Brings a file of an older format up to the newest one.
    async fn bring_up_to_date(&self) -> Result<(), CheckpointError> {
        MIGRATIONS.run(&self.writer).await.map_err(|error| self.database(error.into()))?;
        // What failed before there were causes gets its own.
        self.write(async |_| Ok(())).await?;
        sqlx::query(sqlx::AssertSqlSafe(format!("PRAGMA user_version = {FORMAT}")))
            .execute(&self.writer)
            .await
            .map_err(|error| self.database(error))?;
        Ok(())
    }

    /// Looks for damage: the whole file when it is small, its bones when it is large.
    async fn check(&self) -> Result<(), CheckpointError> {
        let size = std::fs::metadata(&self.path).map_or(0, |metadata| metadata.len());
        if size <= CHECKED_WHOLE {
            let verdict: String = sqlx::query_scalar("PRAGMA quick_check(1)")
                .fetch_one(&self.writer)
                .await
                .map_err(|error| self.database(error))?;
            if verdict != "ok" {
                return Err(self.damaged(verdict));
            }
        }
        let tables: i64 = sqlx::query(
            "SELECT count(*) AS n FROM sqlite_schema
             WHERE type = 'table' AND name IN ('migration', 'balance', 'source', 'record', 'batch', 'event', 'empty_folder')",
        )
        .fetch_one(&self.writer)
        .await
        .and_then(|row| row.try_get("n"))
        .map_err(|error| self.database(error))?;
        if tables != 7 {
            return Err(self.damaged("tables are missing"));
        }
        self.job().await?;
        Ok(())
    }
}

fn options(path: &Path, on_network: bool) -> SqliteConnectOptions {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(Duration::from_secs(10))
        .synchronous(SqliteSynchronous::Full)
        // In KiB: what one transaction touches fits, and memory stays the same for ten thousand
        // records and for a million.
        .pragma("cache_size", "-1024")
        // The file may come from anywhere: what its schema calls must be harmless.
        .pragma("trusted_schema", "OFF")
        .pragma("cell_size_check", "ON");
    if on_network {
        // A write-ahead log needs shared memory, which a network share does not give:
        // https://sqlite.org/wal.html
        options.journal_mode(SqliteJournalMode::Truncate).pragma("locking_mode", "EXCLUSIVE")
    } else {
        options.journal_mode(SqliteJournalMode::Wal)
    }
}

fn pool(options: SqliteConnectOptions, connections: u32) -> SqlitePool {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(Duration::from_secs(60))
        .connect_lazy_with(options)
}

/// Writes the first content of a new file, and closes it as a single file.
async fn fill(path: &Path, job: &JobSpec) -> Result<(), sqlx::Error> {
    let options = options(path, false)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Delete)
        .pragma("application_id", APPLICATION_ID.to_string())
        .pragma("user_version", FORMAT.to_string());
    let pool = pool(options, 1);
    let filled = async {
        MIGRATIONS.run(&pool).await?;
        sqlx::query("INSERT INTO migration (id, uuid, job, state, created_ms) VALUES (1, ?, ?, ?, ?)")
            .bind(uuid::Uuid::new_v4().simple().to_string())
            .bind(to_json(job)?)
            .bind(to_json(&State::New)?)
            .bind(now_ms())
            .execute(&pool)
            .await?;
        Ok(())
    }
    .await;
    pool.close().await;
    filled
}

pub(super) fn to_json(value: &impl serde::Serialize) -> Result<String, sqlx::Error> {
    serde_json::to_string(value).map_err(|error| sqlx::Error::Encode(Box::new(error)))
}

/// Looks at the file's header without opening it as a database, so that a file that is not ours is
/// left exactly as it is. Offsets: https://sqlite.org/fileformat.html#the_database_header
/// Gives the file's format number.
pub(super) fn recognise(path: &Path) -> Result<i64, CheckpointError> {
    let unusable = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => CheckpointError::Missing { path: path.to_owned() },
        _ => CheckpointError::Io { path: path.to_owned(), error },
    };
    let no = |why| CheckpointError::NotSluice { path: path.to_owned(), why };
    if !std::fs::metadata(path).map_err(unusable)?.is_file() {
        return Err(no("it is no file"));
    }
    let mut header = [0u8; 100];
    let mut file = std::fs::File::open(path).map_err(unusable)?;
    match file.read_exact(&mut header) {
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            return Err(no("it is too short"));
        }
        other => other.map_err(unusable)?,
    }
    if &header[..16] != b"SQLite format 3\0" {
        return Err(no("its first bytes are of another kind of file"));
    }
    let number = |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    if number(68) != APPLICATION_ID {
        return Err(no("it is a database of another program"));
    }
    let found = i64::from(number(60));
    if found > FORMAT {
        return Err(CheckpointError::Newer { path: path.to_owned(), found, known: FORMAT });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Lane, RawPath};

    /// A file of the format before catalogues is brought up to date, with its records.
    #[tokio::test]
    async fn an_older_file_is_brought_up_to_date() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("old.sluice");
        let job = JobSpec::new(vec![Path::new("/from").into()], Path::new("/to").into());
        Checkpoint::create(&path, &job).await.unwrap().close().await;
        let old = pool(options(&path, false), 1);
        let indexes: Vec<String> = sqlx::query_scalar(
            "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql LIKE '%record (%cause%' OR name = 'record_kin'",
        )
        .fetch_all(&old)
        .await
        .unwrap();
        for index in indexes {
            sqlx::query(sqlx::AssertSqlSafe(format!("DROP INDEX {index}"))).execute(&old).await.unwrap();
        }
        for column in ["catalogue", "row", "external_id", "checksum", "mapped", "kin", "cause"] {
            let drop = format!("ALTER TABLE record DROP COLUMN {column}");
            sqlx::query(sqlx::AssertSqlSafe(drop)).execute(&old).await.unwrap();
        }
        for statement in [
            "DROP INDEX step_undescribed",
            "DROP TABLE watched",
            "DROP TABLE upload",
            "DROP TABLE upload_part",
            "DROP TABLE cause",
            "DROP TABLE duplicate",
            "DROP TABLE proof",
            "DROP TABLE repeated",
            "DROP INDEX record_left",
            "DROP INDEX record_proven",
            "DROP INDEX record_skipped",
            "DROP INDEX record_excluded",
            "CREATE INDEX record_excluded ON record (reason) WHERE state = 5",
            "CREATE INDEX record_failed ON record (id) WHERE state = 3",
            "DELETE FROM _sqlx_migrations WHERE version > 2",
            "INSERT INTO record (source, path, size, state) VALUES (0, x'61', 3, 0)",
            "INSERT INTO record (source, path, size, state, stage, reason, message, ended_ms)
             VALUES (0, x'62', 3, 3, 'ingest', 'source_io', 'reading b: error 5', 7)",
            "PRAGMA user_version = 2",
        ] {
            sqlx::query(statement).execute(&old).await.unwrap();
        }
        old.close().await;

        let reader = Checkpoint::open_to_read(&path).await.unwrap();
        assert_eq!(reader.job().await.unwrap().sources, job.sources);
        reader.close().await;
        let checkpoint = Checkpoint::open(&path).await.unwrap();
        let leased = checkpoint.lease_batch(Lane::Main, 10, 1).await.unwrap();
        let super::super::Leased::Batch(_, records) = leased else { panic!("the record is pending") };
        assert_eq!((&records[0].path, records[0].row), (&RawPath(b"a".to_vec()), None));
        let causes = checkpoint.causes(&Default::default()).await.unwrap();
        assert_eq!((causes.len(), causes[0].count, causes[0].first_ms), (1, 1, 7));
        checkpoint.close().await;
        assert_eq!(recognise(&path).unwrap(), FORMAT);
    }
}
