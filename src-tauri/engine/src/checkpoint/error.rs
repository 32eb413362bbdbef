//! What can be wrong with a checkpoint.

use std::path::PathBuf;

/// A checkpoint that cannot be used, or a write that did not happen.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// There is no such file.
    #[error("there is no file {}", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// There is a file already.
    #[error("there is a file {} already", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The file is something else.
    #[error("{} is no Sluice migration: {why}", path.display())]
    NotSluice {
        /// The file.
        path: PathBuf,
        /// How that shows.
        why: &'static str,
    },
    /// The file was made by a newer program.
    #[error("{} was made by a newer version of Sluice (format {found}, this program knows up to {known})", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The file's format number.
        found: i64,
        /// The newest format that this program knows.
        known: i64,
    },
    /// Another process runs the migration.
    #[error("{} is open in another Sluice at this moment", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The file's content is broken.
    #[error("{} is damaged: {why}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the database says.
        why: String,
    },
    /// The disk with the checkpoint is full.
    #[error("there is no room for the checkpoint {}", path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// The system refuses the file.
    #[error("the checkpoint {} cannot be used: {error}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// The database refuses.
    #[error("the checkpoint {} cannot be used: {error}", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What the database said.
        error: Box<sqlx::Error>,
    },
}

impl CheckpointError {
    /// A word for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "checkpoint_missing",
            Self::Exists { .. } => "checkpoint_exists",
            Self::NotSluice { .. } => "checkpoint_not_sluice",
            Self::Newer { .. } => "checkpoint_newer",
            Self::InUse { .. } => "checkpoint_in_use",
            Self::Damaged { .. } => "checkpoint_damaged",
            Self::Full { .. } => "checkpoint_full",
            Self::Io { .. } | Self::Database { .. } => "checkpoint_unusable",
        }
    }

    /// What the person can do next.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "Check the path; a checkpoint's name ends in .sluice.",
            Self::Exists { .. } => "Choose another name for the checkpoint, or open this one.",
            Self::NotSluice { .. } => "Choose the .sluice file of a migration. The file was left as it is.",
            Self::Newer { .. } => "Update Sluice on this computer. The file was left as it is.",
            Self::InUse { .. } => {
                "Go on in that window or wait for that command; `sluice status` shows how far it is."
            }
            Self::Damaged { .. } => {
                "Put back a copy of the file from a backup, or start a new migration: what is there already and identical will be skipped."
            }
            Self::Full { .. } => "Make room on that disk, then go on. Nothing is lost.",
            Self::Io { .. } | Self::Database { .. } => {
                "Check that the folder exists, has room, and that your user account may write there."
            }
        }
    }

    /// Sorts an error of the database into what the person can do about it.
    pub(crate) fn from_sqlx(path: &std::path::Path, error: sqlx::Error) -> Self {
        let path = path.to_owned();
        // Primary result codes: https://sqlite.org/rescode.html
        let primary = error
            .as_database_error()
            .and_then(|database| database.code())
            .and_then(|code| code.parse::<i64>().ok())
            .map(|code| code & 0xff);
        match (primary, &error) {
            (Some(11 | 26), _) => Self::Damaged { path, why: error.to_string() },
            (Some(13), _) => Self::Full { path },
            (Some(5 | 6), _) => Self::InUse { path },
            (None, sqlx::Error::ColumnDecode { .. } | sqlx::Error::RowNotFound) => {
                Self::Damaged { path, why: error.to_string() }
            }
            _ => Self::Database { path, error: Box::new(error) },
        }
    }
}

impl super::Checkpoint {
    /// For `map_err`: an error of the database, with the file's name.
    pub(super) fn database(&self, error: sqlx::Error) -> CheckpointError {
        CheckpointError::from_sqlx(&self.path, error)
    }

    /// For stored JSON that does not fit its type.
    pub(super) fn damaged(&self, error: impl std::fmt::Display) -> CheckpointError {
        CheckpointError::Damaged { path: self.path.clone(), why: error.to_string() }
    }
}
