//! A short look at a migration's file, without a check of the whole: for a line in a list.

use std::path::Path;

use super::{Checkpoint, CheckpointError};
use crate::threads::off_thread;

impl Checkpoint {
    /// Opens a file to look at it for a moment. It is neither checked nor brought up to date.
    pub(crate) async fn open_to_glance(path: &Path) -> Result<Self, CheckpointError> {
        // On a network share that is away the system may take its time.
        let owned = path.to_owned();
        off_thread(move || super::open::recognise(&owned)).await?;
        Self::connect(path, None).await
    }

    /// When something last happened there, in milliseconds since 1970 (UTC).
    pub(crate) async fn last_happened_ms(&self) -> Result<i64, CheckpointError> {
        sqlx::query_scalar(
            "SELECT coalesce((SELECT at_ms FROM event ORDER BY seq DESC LIMIT 1),
                             (SELECT created_ms FROM migration WHERE id = 1))",
        )
        .fetch_one(&self.readers)
        .await
        .map_err(|error| self.database(error))
    }
}
