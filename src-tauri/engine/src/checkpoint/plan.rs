//! Writing a plan: what the sources hold, before anything moves.

use serde::Serialize;
use serde_json::value::RawValue;
use sqlx::SqliteConnection;

use super::migration::Change;
use super::{Checkpoint, CheckpointError};
use crate::record::{Balance, ContentHash, Failure, GroupId, RawPath, RecordId, RecordState, hex};

/// What the planner found under one name.
#[derive(Debug, Clone)]
pub(crate) struct PlannedRecord {
    pub(crate) source: usize,
    pub(crate) path: RawPath,
    /// In bytes. Zero for what is no file.
    pub(crate) size: u64,
    pub(crate) fate: PlannedFate,
    /// Whose fate it shares, if there are others of it.
    pub(crate) group: Option<GroupId>,
    /// The row of a catalogue that names it.
    pub(crate) listing: Option<Box<Listing>>,
}

impl PlannedRecord {
    /// What a folder holds under a path; no catalogue names it.
    pub(crate) fn of_folder(source: usize, path: RawPath, size: u64, fate: PlannedFate) -> Self {
        Self { source, path, size, fate, group: None, listing: None }
    }
}

/// What a row of a catalogue says of a record.
#[derive(Debug, Clone)]
pub(crate) struct Listing {
    /// Which of the job's catalogues, from 0.
    pub(crate) catalogue: usize,
    /// The row's number, as a spreadsheet counts.
    pub(crate) row: u64,
    /// What the catalogue calls the record.
    pub(crate) external_id: Option<String>,
    /// What the file's bytes must hash to.
    pub(crate) checksum: Option<ContentHash>,
    /// All columns by name: a JSON object.
    pub(crate) fields: Option<Box<RawValue>>,
}

/// What the plan makes of it.
#[derive(Debug, Clone)]
pub(crate) enum PlannedFate {
    /// Will be moved.
    Pending,
    /// Left out, by the policy of this name.
    Excluded(&'static str),
    /// Could not even be listed.
    Failed(Failure),
}

/// A record on its way through JSON into the database; what a folder holds has no more than the first
/// part.
#[derive(Serialize)]
#[serde(untagged)]
enum Row<'a> {
    Found((Found<'a>,)),
    Listed(Found<'a>, usize, u64, Option<&'a str>, Option<String>, Option<&'a RawValue>),
}

/// Source, path in hexadecimal, size, state, stage, reason, message, group.
type Found<'a> =
    (usize, String, u64, i64, Option<&'a str>, Option<&'a str>, Option<&'a str>, Option<GroupId>);

impl Checkpoint {
    /// Forgets an earlier plan, so that the sources can be walked again.
    pub(crate) async fn clear_plan(&self) -> Result<(), CheckpointError> {
        self.write(async |tx| {
            for statement in [
                "DELETE FROM record",
                "DELETE FROM empty_folder",
                "DELETE FROM watched",
                "DELETE FROM cause",
                "DELETE FROM duplicate",
                "DELETE FROM repeated",
                "DELETE FROM proof",
                "UPDATE migration SET preflight = NULL",
                "DELETE FROM balance",
                "INSERT INTO balance (id) VALUES (1)",
            ] {
                sqlx::query(statement).execute(&mut *tx).await?;
            }
            Ok(())
        })
        .await
    }

    /// Keeps under which name each source goes, so that targets are known when the sources are gone.
    pub(crate) async fn set_prefixes(
        &self,
        prefixes: impl Iterator<Item = &RawPath>,
    ) -> Result<(), CheckpointError> {
        let rows: Vec<String> = prefixes.map(|prefix| hex(&prefix.0)).collect();
        self.write(async |tx| {
            sqlx::query("DELETE FROM source").execute(&mut *tx).await?;
            sqlx::query("INSERT INTO source (id, prefix) SELECT key, unhex(value) FROM json_each(?)")
                .bind(super::open::to_json(&rows)?)
                .execute(tx)
                .await?;
            Ok(())
        })
        .await
    }

    /// Under which name each source goes, below the destination.
    pub(crate) async fn prefixes(&self) -> Result<Vec<RawPath>, CheckpointError> {
        let prefixes: Result<Vec<Vec<u8>>, _> =
            sqlx::query_scalar("SELECT prefix FROM source ORDER BY id").fetch_all(&self.readers).await;
        Ok(prefixes.map_err(|error| self.database(error))?.into_iter().map(RawPath).collect())
    }

    /// Adds records to the plan: one statement and one commit for all of them.
    pub(crate) async fn add_planned(&self, records: &[PlannedRecord]) -> Result<Balance, CheckpointError> {
        self.write(async |tx| insert(tx, records.iter()).await).await
    }

    /// Adds folders without files to the plan.
    pub(crate) async fn add_empty_folders(
        &self,
        folders: &[(usize, RawPath)],
    ) -> Result<(), CheckpointError> {
        let rows: Vec<_> = folders.iter().map(|(source, path)| (source, hex(&path.0))).collect();
        self.write(async |tx| {
            sqlx::query(
                "INSERT INTO empty_folder (source, path) SELECT value ->> 0, unhex(value ->> 1) FROM json_each(?)",
            )
            .bind(super::open::to_json(&rows)?)
            .execute(tx)
            .await?;
            Ok(())
        })
        .await
    }

    /// Turns pending records into failed ones before anything moves.
    pub(crate) async fn fail_planned(
        &self,
        failures: &[(RecordId, Failure)],
    ) -> Result<Balance, CheckpointError> {
        let rows: Vec<_> = failures
            .iter()
            .map(|(id, failure)| (id, failure.stage.word(), failure.category.word(), &failure.message))
            .collect();
        self.write(async |tx| {
            let failed: Vec<i64> = sqlx::query_scalar(
                "UPDATE record SET state = 3, stage = o.value ->> 1, reason = o.value ->> 2,
                        message = o.value ->> 3, cause = NULL, ended_ms = ?, mapped = NULL
                 FROM json_each(?) AS o WHERE record.id = o.value ->> 0 AND +record.state = 0
                 RETURNING record.size",
            )
            .bind(crate::clock::now_ms())
            .bind(super::open::to_json(&rows)?)
            .fetch_all(&mut *tx)
            .await?;
            let count = failed.len() as i64;
            Change { pending: -count, failed: count, bytes_failed: failed.iter().sum(), ..Change::default() }
                .apply(tx)
                .await
        })
        .await
    }
}

/// Adds records: one statement for all of them, and the balance with them.
pub(super) async fn insert(
    tx: &mut SqliteConnection,
    records: impl Iterator<Item = &PlannedRecord>,
) -> Result<Balance, sqlx::Error> {
    let mut change = Change::default();
    let rows: Vec<Row> = records
        .map(|record| {
            let (state, stage, reason, message) = match &record.fate {
                PlannedFate::Pending => {
                    change.pending += 1;
                    (RecordState::Pending, None, None, None)
                }
                PlannedFate::Excluded(policy) => {
                    change.excluded += 1;
                    (RecordState::Excluded, None, Some(*policy), None)
                }
                PlannedFate::Failed(failure) => {
                    change.failed += 1;
                    change.bytes_failed += record.size as i64;
                    (
                        RecordState::Failed,
                        Some(failure.stage.word()),
                        Some(failure.category.word()),
                        Some(failure.message.as_str()),
                    )
                }
            };
            change.found += 1;
            if state != RecordState::Excluded {
                change.bytes_total += record.size as i64;
            }
            let path = hex(&record.path.0);
            let found =
                (record.source, path, record.size, state.code(), stage, reason, message, record.group);
            match record.listing.as_deref() {
                None => Row::Found((found,)),
                Some(listing) => Row::Listed(
                    found,
                    listing.catalogue,
                    listing.row,
                    listing.external_id.as_deref(),
                    listing.checksum.as_ref().map(ContentHash::stored),
                    listing.fields.as_deref(),
                ),
            }
        })
        .collect();
    // JSON holds no raw bytes, so paths travel in hexadecimal.
    sqlx::query(
        "INSERT INTO record (source, path, size, state, stage, reason, message, kin, ended_ms,
                             catalogue, row, external_id, checksum, fields)
         SELECT value ->> '$[0][0]', unhex(value ->> '$[0][1]'), value ->> '$[0][2]', value ->> '$[0][3]',
                value ->> '$[0][4]', value ->> '$[0][5]', value ->> '$[0][6]', value ->> '$[0][7]',
                CASE value ->> '$[0][3]' WHEN 0 THEN NULL ELSE ? END,
                value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
         FROM json_each(?)",
    )
    .bind(crate::clock::now_ms())
    .bind(super::open::to_json(&rows)?)
    .execute(&mut *tx)
    .await?;
    change.apply(tx).await
}
