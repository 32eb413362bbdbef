//! Records behind a finding of the pre-flight, and those that a pilot has tried, by page.

use sqlx::{QueryBuilder, Row, Sqlite};

use super::records::number;
use super::{Checkpoint, CheckpointError};
use crate::record::{RawPath, RecordId, RecordState};

/// A record by its place alone.
pub(crate) struct PlacedRow {
    pub(crate) id: RecordId,
    pub(crate) source: usize,
    pub(crate) path: RawPath,
    pub(crate) size: u64,
    pub(crate) row: Option<u64>,
    pub(crate) state: RecordState,
    pub(crate) target: Option<RawPath>,
    pub(crate) evidence: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) message: Option<String>,
}

/// Which records.
pub(crate) enum Which<'a> {
    /// Left out by this policy.
    Excluded(&'a str),
    /// They name a file that an earlier record names too.
    Repeated,
    /// They belong to a group.
    Grouped,
    /// Tried, and with an outcome.
    Tried,
}

impl Checkpoint {
    /// Records of that kind with a number above `after`, at most `limit`.
    pub(crate) async fn which_after(
        &self,
        which: Which<'_>,
        after: RecordId,
        limit: u32,
    ) -> Result<Vec<PlacedRow>, CheckpointError> {
        let mut query = QueryBuilder::<Sqlite>::new(
            "SELECT id, source, path, coalesce(bytes, size) AS size, row, state, coalesce(target, mapped) AS target,
                    evidence, reason, message
             FROM record WHERE ",
        );
        match which {
            Which::Excluded(policy) => {
                query.push("state = 5 AND reason = ").push_bind(policy.to_owned());
            }
            Which::Repeated => {
                query.push(
                    "id IN (SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY source, path ORDER BY id) AS n
                                            FROM record WHERE state = 0) WHERE n > 1)",
                );
            }
            Which::Grouped => {
                query.push("state = 0 AND kin IS NOT NULL");
            }
            Which::Tried => {
                query.push("state IN (2, 3, 4) AND attempts > 0");
            }
        }
        query.push(" AND id > ").push_bind(after).push(" ORDER BY id LIMIT ").push_bind(limit);
        self.rows(query, |row| {
            Ok(PlacedRow {
                id: row.try_get("id")?,
                source: number(row, "source")? as usize,
                path: RawPath(row.try_get("path")?),
                size: number(row, "size")?,
                row: row.try_get::<Option<i64>, _>("row")?.map(|row| row.max(0) as u64),
                state: RecordState::of(row.try_get("state")?),
                target: row.try_get::<Option<Vec<u8>>, _>("target")?.map(RawPath),
                evidence: row.try_get("evidence")?,
                reason: row.try_get("reason")?,
                message: row.try_get("message")?,
            })
        })
        .await
    }
}
