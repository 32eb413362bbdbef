//! What is kept of the list between two starts: a small file, replaced as a whole.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::glance::Glance;

/// A list larger than this (bytes) is none of ours.
const MAX: u64 = 8 << 20;

/// Migrations by the path of their file.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct List {
    #[serde(default)]
    pub(super) migrations: BTreeMap<String, Kept>,
}

/// What is known of one of them.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Kept {
    /// What the last look told.
    #[serde(default)]
    pub(super) glance: Option<Glance>,
    /// The person does not want to see it any more; opening it brings it back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) forgotten: bool,
}

impl List {
    /// Reads the list. One that is not there, or is damaged, is empty: it only remembers what the
    /// migrations themselves know better.
    pub(super) fn read(path: &Path) -> Self {
        match read(path) {
            Ok(list) => list,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::default(),
            Err(error) => {
                tracing::warn!(%error, path = %path.display(), "the list of migrations is begun anew");
                Self::default()
            }
        }
    }

    /// Replaces the file, all of it or nothing.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let mut file = NamedTempFile::new_in(folder)?;
        serde_json::to_writer(&mut file, self)?;
        file.flush()?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    }
}

fn read(path: &Path) -> io::Result<List> {
    let mut text = String::new();
    File::open(path)?.take(MAX + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX {
        return Err(io::Error::other("it is larger than 8 MiB"));
    }
    Ok(serde_json::from_str(&text)?)
}
