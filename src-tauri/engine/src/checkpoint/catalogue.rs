//! Reading records with all that is known of them, for reports. Keyset paging, never an OFFSET.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sqlx::{QueryBuilder, Row, Sqlite};

use super::failed::narrow;
use super::records::number;
use super::watched::REPLACED;
use super::{Checkpoint, CheckpointError};
use crate::api::Selection;
use crate::record::{Objects, RawPath, RecordId, RecordState};

/// Steps whose results are fields of the record.
const FIELD_STEPS: &str = "step.step LIKE 'lookup:%'";

/// A record with all that is known of it.
pub(crate) struct KnownRecord {
    pub(crate) id: RecordId,
    pub(crate) source: usize,
    pub(crate) path: RawPath,
    /// Bytes as delivered or found identical, else as planned.
    pub(crate) size: u64,
    pub(crate) state: RecordState,
    pub(crate) target: Option<RawPath>,
    /// `algorithm:hexadecimal`.
    pub(crate) hash: Option<String>,
    pub(crate) evidence: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) message: Option<String>,
    /// The row of the catalogue that names it, as a spreadsheet counts.
    pub(crate) row: Option<u64>,
    /// Its own number or name there.
    pub(crate) external_id: Option<String>,
    /// Its own fields, then what lookups found.
    pub(crate) fields: Map<String, Value>,
    /// What the step that described its file kept.
    pub(crate) described: Option<Value>,
    /// Which objects came and went.
    pub(crate) objects: Objects,
}

/// What a person can correct of a record, and its state.
pub(crate) struct Standing {
    pub(crate) id: RecordId,
    pub(crate) source: usize,
    pub(crate) path: RawPath,
    pub(crate) state: RecordState,
    pub(crate) note: Option<String>,
    /// Its own fields.
    pub(crate) fields: Map<String, Value>,
}

impl Checkpoint {
    /// These records as they are. One that is not there is left out.
    pub(crate) async fn standing(&self, ids: &[RecordId]) -> Result<Vec<Standing>, CheckpointError> {
        let ids = super::open::to_json(&ids).map_err(|error| self.database(error))?;
        let mut query = QueryBuilder::<Sqlite>::new(
            "SELECT id, source, path, state, note, fields FROM record
             WHERE id IN (SELECT value FROM json_each(",
        );
        query.push_bind(ids).push("))");
        self.rows(query, |row| {
            Ok(Standing {
                id: row.try_get("id")?,
                source: number(row, "source")? as usize,
                path: RawPath(row.try_get("path")?),
                state: RecordState::of(row.try_get("state")?),
                note: row.try_get("note")?,
                fields: fields_of(row.try_get("fields")?),
            })
        })
        .await
    }

    /// Records with a number above `after`, at most `limit`. `at_destination`: only those whose
    /// content is there.
    pub(crate) async fn known_after(
        &self,
        at_destination: bool,
        after: RecordId,
        limit: u32,
    ) -> Result<Vec<KnownRecord>, CheckpointError> {
        let mut query = QueryBuilder::<Sqlite>::new(format!(
            "SELECT id, source, path, CASE WHEN state IN (2, 4) THEN coalesce(bytes, size) ELSE size END AS size, state, target, hash, evidence, reason, message,
                    row, external_id, fields,
                    (SELECT json_group_object(step.step, json(step.result)) FROM step
                     WHERE step.record = record.id AND {FIELD_STEPS}) AS found,
                    (SELECT result FROM step WHERE step.record = record.id AND step.step = 'described') AS described,
                    (SELECT result FROM step WHERE step.record = record.id AND step.step = 'objects') AS objects
             FROM record WHERE id > "
        ));
        query.push_bind(after);
        if at_destination {
            query.push(" AND state IN (2, 4) AND NOT ").push(REPLACED);
        }
        query.push(" ORDER BY id LIMIT ").push_bind(limit);
        self.rows(query, |row| {
            let found: Option<String> = row.try_get("found")?;
            let found: BTreeMap<String, Map<String, Value>> =
                found.and_then(|found| serde_json::from_str(&found).ok()).unwrap_or_default();
            let mut fields = fields_of(row.try_get("fields")?);
            fields.extend(found.into_values().flatten());
            Ok(KnownRecord {
                id: row.try_get("id")?,
                source: number(row, "source")? as usize,
                path: RawPath(row.try_get("path")?),
                size: number(row, "size")?,
                state: RecordState::of(row.try_get("state")?),
                target: row.try_get::<Option<Vec<u8>>, _>("target")?.map(RawPath),
                hash: row.try_get("hash")?,
                evidence: row.try_get("evidence")?,
                reason: row.try_get("reason")?,
                message: row.try_get("message")?,
                row: row.try_get::<Option<i64>, _>("row")?.map(|row| row.max(0) as u64),
                external_id: row.try_get("external_id")?,
                fields,
                described: row
                    .try_get::<Option<String>, _>("described")?
                    .and_then(|kept| serde_json::from_str(&kept).ok()),
                objects: Objects::of(row.try_get("objects")?),
            })
        })
        .await
    }

    /// Whether it is known of any record which objects came and went.
    pub(crate) async fn has_objects(&self) -> Result<bool, CheckpointError> {
        let mut query = QueryBuilder::<Sqlite>::new("SELECT EXISTS (SELECT 1 FROM step WHERE step = ");
        query.push_bind(Objects::STEP).push(") AS known");
        Ok(self.rows(query, |row| row.try_get::<bool, _>("known")).await? == [true])
    }

    /// The names of all fields, in the order in which they first appear, at most `limit`.
    pub(crate) async fn field_names(&self, limit: u32) -> Result<Vec<String>, CheckpointError> {
        let mut query = QueryBuilder::<Sqlite>::new(format!(
            "SELECT name FROM (
                SELECT field.key AS name, record.id * 65536 + field.id AS place
                FROM record JOIN json_each(record.fields) AS field
                UNION ALL
                SELECT field.key, 1 << 62 FROM step JOIN json_each(step.result) AS field WHERE {FIELD_STEPS})
             GROUP BY name ORDER BY min(place), name LIMIT "
        ));
        query.push_bind(limit);
        self.rows(query, |row| row.try_get("name")).await
    }

    /// The names of the own fields of these failed records, in the order in which they first appear,
    /// at most `limit`.
    pub(crate) async fn failed_field_names(
        &self,
        selection: &Selection,
        limit: u32,
    ) -> Result<Vec<String>, CheckpointError> {
        let mut query = QueryBuilder::<Sqlite>::new(
            "SELECT field.key AS name
             FROM (SELECT id, fields FROM record WHERE state = 3",
        );
        narrow(&mut query, selection);
        query.push(
            ") AS failed JOIN json_each(failed.fields) AS field
             GROUP BY name ORDER BY min(failed.id * 65536 + field.id) LIMIT ",
        );
        query.push_bind(limit);
        self.rows(query, |row| row.try_get("name")).await
    }
}

/// Fields as they are stored. What cannot be read holds none.
pub(super) fn fields_of(stored: Option<String>) -> Map<String, Value> {
    stored.and_then(|stored| serde_json::from_str(&stored).ok()).unwrap_or_default()
}
