//! Sidecars, read again and compared with what was written.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use tokio::task::spawn_blocking;

use super::Verdict;
use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::record::RecordId;
use crate::sidecar::{self, Written};
use crate::storage::local::platform;
use crate::threads::joined;

/// Checks the sidecars of the delivered records with a number above `after` and up to `last`.
pub(super) async fn check(
    checkpoint: &Checkpoint,
    after: RecordId,
    last: RecordId,
    root: &Path,
) -> Result<Vec<(RecordId, PathBuf, Verdict)>, CheckpointError> {
    let written = checkpoint.sidecars_between(after, last).await?;
    if written.is_empty() {
        return Ok(Vec::new());
    }
    let root = root.to_owned();
    let checking = spawn_blocking(move || {
        let written = written.iter().filter_map(|(id, result)| Some((*id, Written::of(result)?)));
        let checked = written.map(|(id, written)| {
            let Some(path) = platform::to_path(&written.target).map(|below| root.join(below)) else {
                return (
                    id,
                    root.clone(),
                    Verdict::Unreadable("its path leads out of the destination".into()),
                );
            };
            let verdict = compare(&path, &written.hash);
            (id, path, verdict)
        });
        checked.collect()
    });
    Ok(joined(checking).await)
}

fn compare(path: &Path, hash: &str) -> Verdict {
    match sidecar::read(path) {
        Ok(found) if sidecar::hash(&found) == hash => Verdict::Matching(found.len() as u64),
        Ok(_) => Verdict::Differing("its content is not what was written".into()),
        Err(error) if error.kind() == ErrorKind::NotFound => Verdict::Missing,
        Err(error) => Verdict::Unreadable(error.to_string()),
    }
}
