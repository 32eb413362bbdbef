//! Reading records by page: failures, deliveries, folders. Keyset paging, never an OFFSET.

use serde_json::{Map, Value};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite};

use super::catalogue::fields_of;
use super::watched::REPLACED;
use super::{Checkpoint, CheckpointError};
use crate::api::Selection;
use crate::failure::Category;
use crate::record::{RawPath, RecordId};

/// A failed record as it is stored.
pub(crate) struct FailedRow {
    pub(crate) id: RecordId,
    pub(crate) source: usize,
    pub(crate) path: RawPath,
    pub(crate) size: u64,
    pub(crate) attempts: u32,
    pub(crate) stage: String,
    pub(crate) category: String,
    pub(crate) message: String,
    pub(crate) ended_ms: i64,
    pub(crate) endpoint: Option<String>,
    pub(crate) http_status: Option<u16>,
    pub(crate) note: Option<String>,
    pub(crate) due_ms: Option<i64>,
    pub(crate) fields: Map<String, Value>,
    pub(crate) row: Option<u64>,
    pub(crate) external_id: Option<String>,
}

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
}

impl Checkpoint {
    /// Failed records with a number above `after`, at most `limit`.
    pub(crate) async fn failed_after(
        &self,
        selection: &Selection,
        after: RecordId,
        limit: u32,
    ) -> Result<Vec<FailedRow>, CheckpointError> {
        let mut query = QueryBuilder::<Sqlite>::new(
            "SELECT id, source, path, size, attempts, stage, reason, message, ended_ms, endpoint, http_status,
                    note, due_ms, fields, row, external_id
             FROM record WHERE state = 3 AND id > ",
        );
        query.push_bind(after);
        narrow(&mut query, selection);
        query.push(" ORDER BY id LIMIT ").push_bind(limit);
        self.rows(query, |row| {
            Ok(FailedRow {
                id: row.try_get("id")?,
                source: number(row, "source")? as usize,
                path: RawPath(row.try_get("path")?),
                size: number(row, "size")?,
                attempts: number(row, "attempts")? as u32,
                stage: row.try_get::<Option<String>, _>("stage")?.unwrap_or_default(),
                category: row.try_get::<Option<String>, _>("reason")?.unwrap_or_default(),
                message: row.try_get::<Option<String>, _>("message")?.unwrap_or_default(),
                ended_ms: row.try_get::<Option<i64>, _>("ended_ms")?.unwrap_or_default(),
                endpoint: row.try_get("endpoint")?,
                http_status: row.try_get::<Option<i64>, _>("http_status")?.map(|status| status as u16),
                note: row.try_get("note")?,
                due_ms: row.try_get("due_ms")?,
                fields: fields_of(row.try_get("fields")?),
                row: row.try_get::<Option<i64>, _>("row")?.map(|row| row.max(0) as u64),
                external_id: row.try_get("external_id")?,
            })
        })
        .await
    }

    /// How many failed records each category has, most first.
    pub(crate) async fn failed_by_category(&self) -> Result<Vec<(Category, u64)>, CheckpointError> {
        let rows = sqlx::query(
            "SELECT reason, count(*) AS n FROM record WHERE state = 3 GROUP BY reason ORDER BY n DESC",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(|error| self.database(error))?;
        rows.iter()
            .map(|row| {
                let word: Option<String> = row.try_get("reason").map_err(|error| self.database(error))?;
                let category = word.unwrap_or_default().parse().map_err(|error| self.damaged(error))?;
                Ok((category, number(row, "n").map_err(|error| self.database(error))?))
            })
            .collect()
    }

    /// How many records each policy left out.
    pub(crate) async fn excluded_by_policy(&self) -> Result<Vec<(String, u64)>, CheckpointError> {
        let query = QueryBuilder::new(
            "SELECT coalesce(reason, '') AS policy, count(*) AS n FROM record WHERE state = 5 GROUP BY reason ORDER BY n DESC",
        );
        self.rows(query, |row| Ok((row.try_get("policy")?, number(row, "n")?))).await
    }

    /// Records whose content is at the destination, with a number above `after`, at most `limit`.
    pub(crate) async fn delivered_after(
        &self,
        after: RecordId,
        limit: u32,
    ) -> Result<Vec<DeliveredRecord>, CheckpointError> {
        let mut query = QueryBuilder::new(format!(
            "SELECT id, source, path, coalesce(bytes, size) AS size, target, hash FROM record
             WHERE state IN (2, 4) AND NOT {REPLACED} AND id > "
        ));
        query.push_bind(after).push(" ORDER BY id LIMIT ").push_bind(limit);
        self.rows(query, |row| {
            Ok(DeliveredRecord {
                id: row.try_get("id")?,
                source: number(row, "source")? as usize,
                path: RawPath(row.try_get("path")?),
                size: number(row, "size")?,
                target: row.try_get::<Option<Vec<u8>>, _>("target")?.map(RawPath),
                hash: row.try_get("hash")?,
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

/// Adds a selection's conditions to a query over failed records.
pub(super) fn narrow(query: &mut QueryBuilder<Sqlite>, selection: &Selection) {
    if let Some(category) = selection.category {
        query.push(" AND reason = ").push_bind(category.word());
    }
    if !selection.ids.is_empty() {
        let ids = serde_json::to_string(&selection.ids).unwrap_or_default();
        query.push(" AND id IN (SELECT value FROM json_each(").push_bind(ids).push("))");
    }
    if let Some(stage) = selection.stage {
        query.push(" AND stage = ").push_bind(stage.word());
    }
    if let Some(endpoint) = &selection.endpoint {
        query.push(" AND endpoint = ").push_bind(endpoint.clone());
    }
    if let Some(message) = &selection.message {
        query.push(" AND instr(lower(message), lower(").push_bind(message.clone()).push(")) > 0");
    }
}

pub(super) fn number(row: &SqliteRow, column: &str) -> Result<u64, sqlx::Error> {
    row.try_get::<i64, _>(column).map(|number| number.max(0) as u64)
}
