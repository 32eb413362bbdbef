//! Reading records by page: deliveries, folders. Keyset paging, never an OFFSET.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite};

use super::watched::REPLACED;
use super::{Checkpoint, CheckpointError};
use crate::api::Selection;
use crate::failure::Category;
use crate::record::{Objects, RawPath, RecordId};

/// A record whose content is at the destination: delivered or skipped as identical.
#[derive(Debug, Clone)]
pub(crate) struct DeliveredRecord {
    pub(crate) id: RecordId,
    pub(crate) source: usize,
    pub(crate) path: RawPath,
    pub(crate) size: u64,
    pub(crate) target: Option<RawPath>,
    /// `algorithm:hexadecimal`.
    pub(crate) hash: Option<String>,
    /// Which objects came and went.
    pub(crate) objects: Objects,
}

impl Checkpoint {
    /// How many failed records each category has, most first.
    pub(crate) async fn failed_by_category(&self) -> Result<Vec<(Category, u64)>, CheckpointError> {
        let mut counts: BTreeMap<Category, u64> = BTreeMap::new();
        for cause in self.causes(&Selection::default()).await? {
            *counts.entry(cause.category).or_default() += cause.count;
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(_, count)| Reverse(*count));
        Ok(counts)
    }

    /// How many records each policy left out.
    pub(crate) async fn excluded_by_policy(&self) -> Result<Vec<(String, u64)>, CheckpointError> {
        let query = QueryBuilder::new(
            "SELECT coalesce(reason, '') AS policy, count(*) AS n FROM record WHERE state = 5 GROUP BY reason ORDER BY n DESC",
        );
        self.rows(query, |row| Ok((row.try_get("policy")?, number(row, "n")?))).await
    }

    /// Records whose content is at the destination, with a number above `after`, at most `limit`. Of these;
    /// where none is named, of all.
    pub(crate) async fn delivered_after(
        &self,
        of: &[RecordId],
        after: RecordId,
        limit: u32,
    ) -> Result<Vec<DeliveredRecord>, CheckpointError> {
        let mut query = QueryBuilder::new(format!(
            "SELECT id, source, path, coalesce(bytes, size) AS size, target, hash,
                    (SELECT result FROM step WHERE step.record = record.id AND step.step = 'objects') AS objects
             FROM record
             WHERE state IN (2, 4) AND NOT {REPLACED} AND id > "
        ));
        query.push_bind(after);
        if !of.is_empty() {
            let of = super::open::to_json(&of).map_err(|error| self.database(error))?;
            query.push(" AND id IN (SELECT value FROM json_each(").push_bind(of).push("))");
        }
        query.push(" ORDER BY id LIMIT ").push_bind(limit);
        self.rows(query, |row| {
            Ok(DeliveredRecord {
                id: row.try_get("id")?,
                source: number(row, "source")? as usize,
                path: RawPath(row.try_get("path")?),
                size: number(row, "size")?,
                target: row.try_get::<Option<Vec<u8>>, _>("target")?.map(RawPath),
                hash: row.try_get("hash")?,
                objects: Objects::of(row.try_get("objects")?),
            })
        })
        .await
    }

    /// Folders without files, with a number above `after`, at most `limit`: number, source, path.
    pub(crate) async fn empty_folders_after(
        &self,
        after: i64,
        limit: u32,
    ) -> Result<Vec<(i64, usize, RawPath)>, CheckpointError> {
        let mut query = QueryBuilder::new("SELECT id, source, path FROM empty_folder WHERE id > ");
        query.push_bind(after).push(" ORDER BY id LIMIT ").push_bind(limit);
        self.rows(query, |row| {
            Ok((row.try_get("id")?, number(row, "source")? as usize, RawPath(row.try_get("path")?)))
        })
        .await
    }

    pub(super) async fn rows<T>(
        &self,
        mut query: QueryBuilder<Sqlite>,
        read: impl Fn(&SqliteRow) -> Result<T, sqlx::Error>,
    ) -> Result<Vec<T>, CheckpointError> {
        let rows = query.build().fetch_all(&self.readers).await.map_err(|error| self.database(error))?;
        rows.iter().map(|row| read(row).map_err(|error| self.database(error))).collect()
    }
}

pub(super) fn number(row: &SqliteRow, column: &str) -> Result<u64, sqlx::Error> {
    row.try_get::<i64, _>(column).map(|number| number.max(0) as u64)
}
