//! Where records go: targets that the plan gives them, and who has which.

use serde_json::{Map, Value};
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use xxhash_rust::xxh3::xxh3_64;

use super::open::to_json;
use super::records::number;
use super::{Checkpoint, CheckpointError};
use crate::record::{RawPath, RecordId, RecordState, hex};

/// A record that waits, with all that its mapping may use.
#[derive(Debug, Clone)]
pub(crate) struct PendingRecord {
    pub(crate) id: RecordId,
    pub(crate) source: usize,
    pub(crate) path: RawPath,
    pub(crate) size: u64,
    pub(crate) row: Option<u64>,
    pub(crate) external_id: Option<String>,
    pub(crate) fields: Map<String, Value>,
    pub(crate) mapped: Option<RawPath>,
}

/// A record that is not excluded, and its target as far as it is known.
#[derive(Debug, Clone)]
pub(crate) struct HeldTarget {
    pub(crate) id: RecordId,
    pub(crate) source: usize,
    pub(crate) path: RawPath,
    /// None: it mirrors its source, or is not mapped yet.
    pub(crate) target: Option<RawPath>,
    /// Its content is at the destination.
    pub(crate) is_there: bool,
}

/// A sidecar that was written.
#[derive(Debug, Clone)]
pub(crate) struct SidecarTarget {
    pub(crate) record: RecordId,
    pub(crate) step: String,
    /// None: what was kept of it cannot be read.
    pub(crate) target: Option<RawPath>,
}

/// Which records that wait.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pending<'a> {
    /// Pending ones with a number above this, at most so many.
    After(RecordId, u32),
    /// Pending ones among these.
    These(&'a [RecordId]),
    /// The first so many that wait or could not be mapped while planning.
    First(u32),
    /// The same from all over the plan: how many, and the seed; the same seed gives the same.
    Random(u32, u32),
}

/// Records that were never tried: they wait, or could not be mapped while planning.
const MAPPABLE: &str = "(state = 0 OR (state = 3 AND stage = 'transform' AND attempts = 0))";

/// Records of the run itself that were never tried.
const FRESH: &str = "state = 0 AND lane = 0 AND due_ms IS NULL";

impl Checkpoint {
    /// Records that wait, by number.
    pub(crate) async fn pending(&self, which: Pending<'_>) -> Result<Vec<PendingRecord>, CheckpointError> {
        let mut query = QueryBuilder::new(
            "SELECT id, source, path, size, row, external_id, fields, mapped FROM record WHERE ",
        );
        match which {
            Pending::After(after, limit) => {
                query
                    .push("state = 0 AND id > ")
                    .push_bind(after)
                    .push(" ORDER BY id LIMIT ")
                    .push_bind(limit);
            }
            Pending::These(ids) => {
                let ids = to_json(&ids).map_err(|error| self.database(error))?;
                query
                    .push("state = 0 AND id IN (SELECT value FROM json_each(")
                    .push_bind(ids)
                    .push(")) ORDER BY id");
            }
            Pending::First(limit) => {
                query.push(MAPPABLE).push(" ORDER BY id LIMIT ").push_bind(limit);
            }
            Pending::Random(limit, seed) => {
                query.push("id IN (");
                push_random(&mut query, MAPPABLE, limit, seed);
                query.push(") ORDER BY id");
            }
        }
        self.rows(query, |row| {
            let fields: Option<String> = row.try_get("fields")?;
            Ok(PendingRecord {
                id: row.try_get("id")?,
                source: number(row, "source")? as usize,
                path: RawPath(row.try_get("path")?),
                size: number(row, "size")?,
                row: row.try_get::<Option<i64>, _>("row")?.map(|row| row.max(0) as u64),
                external_id: row.try_get("external_id")?,
                fields: fields.and_then(|fields| serde_json::from_str(&fields).ok()).unwrap_or_default(),
                mapped: row.try_get::<Option<Vec<u8>>, _>("mapped")?.map(RawPath),
            })
        })
        .await
    }

    /// Targets of records that are not excluded, with a number above `after`, at most `limit`.
    pub(crate) async fn held_targets_after(
        &self,
        after: RecordId,
        limit: u32,
    ) -> Result<Vec<HeldTarget>, CheckpointError> {
        let mut query = QueryBuilder::new(
            "SELECT id, source, path, coalesce(target, mapped) AS target, state IN (2, 4) AS is_there
             FROM record WHERE state <> 5 AND id > ",
        );
        query.push_bind(after).push(" ORDER BY id LIMIT ").push_bind(limit);
        self.rows(query, |row| {
            Ok(HeldTarget {
                id: row.try_get("id")?,
                source: number(row, "source")? as usize,
                path: RawPath(row.try_get("path")?),
                target: row.try_get::<Option<Vec<u8>>, _>("target")?.map(RawPath),
                is_there: row.try_get("is_there")?,
            })
        })
        .await
    }

    /// Targets of sidecars that were written, behind this record and step, at most `limit`.
    pub(crate) async fn sidecar_targets_after(
        &self,
        after: (RecordId, &str),
        limit: u32,
    ) -> Result<Vec<SidecarTarget>, CheckpointError> {
        let mut query = QueryBuilder::new(
            "SELECT record, step, unhex(result ->> 'target') AS target FROM step WHERE (record, step) > (",
        );
        query.push_bind(after.0).push(", ").push_bind(after.1.to_owned());
        query.push(") AND step LIKE 'sidecar:%' ORDER BY record, step LIMIT ").push_bind(limit);
        self.rows(query, |row| {
            Ok(SidecarTarget {
                record: row.try_get("record")?,
                step: row.try_get("step")?,
                target: row.try_get::<Option<Vec<u8>>, _>("target")?.map(RawPath),
            })
        })
        .await
    }

    /// Whether any record has a target that does not mirror its source.
    pub(crate) async fn has_targets(&self) -> Result<bool, CheckpointError> {
        let query = QueryBuilder::new("SELECT EXISTS (SELECT 1 FROM record WHERE mapped IS NOT NULL) AS any");
        Ok(self.rows(query, |row| row.try_get("any")).await?.contains(&true))
    }

    /// Gives records their targets.
    pub(crate) async fn set_targets(&self, targets: &[(RecordId, RawPath)]) -> Result<(), CheckpointError> {
        if targets.is_empty() {
            return Ok(());
        }
        let rows: Vec<_> = targets.iter().map(|(id, target)| (id, hex(&target.0))).collect();
        self.write(async |tx| set(tx, &to_json(&rows)?).await).await
    }

    /// Forgets the targets of records that are not at the destination: they are worked out anew when
    /// their turn comes.
    pub(crate) async fn forget_targets(&self) -> Result<(), CheckpointError> {
        self.write(async |tx| {
            // What was copied stays where it is.
            sqlx::query(
                "UPDATE record SET mapped = NULL WHERE state IN (?, ?) AND mapped IS NOT NULL AND NOT EXISTS (
                    SELECT 1 FROM step WHERE step.record = record.id AND step.step = 'copied')",
            )
                .bind(RecordState::Pending.code())
                .bind(RecordState::Failed.code())
                .execute(tx)
                .await?;
            Ok(())
        })
        .await
    }
}

/// Keeps the targets of records: `[[record, hexadecimal], …]`.
pub(super) async fn set(tx: &mut SqliteConnection, targets: &str) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE record SET mapped = unhex(o.value ->> 1) FROM json_each(?) AS o WHERE record.id = o.value ->> 0",
    )
    .bind(targets)
    .execute(tx)
    .await?;
    Ok(())
}

/// Chooses records of the run that were never tried, scattered over the whole plan.
pub(super) fn push_random_fresh(query: &mut QueryBuilder<Sqlite>, limit: u32, seed: u32) {
    push_random(query, FRESH, limit, seed);
}

/// Scattered by what is left of a multiple of their number (Fibonacci hashing is such a rule).
fn push_random(query: &mut QueryBuilder<Sqlite>, condition: &'static str, limit: u32, seed: u32) {
    /// A prime, so that no two numbers below it have the same remainder.
    const PRIME: i64 = 2_147_483_647;
    let factor = 1 + (xxh3_64(&seed.to_le_bytes()) % (PRIME as u64 - 1)) as i64;
    query
        .push("SELECT id FROM record WHERE ")
        .push(condition)
        .push(" ORDER BY (id % ")
        .push_bind(PRIME)
        .push(") * ")
        .push_bind(factor)
        .push(" % ")
        .push_bind(PRIME)
        .push(" LIMIT ")
        .push_bind(limit);
}
