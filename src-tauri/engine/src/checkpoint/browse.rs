//! All records as a person goes through them, and what was proven of them as a whole.

use std::collections::HashMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite};

use super::failed::push_search;
use super::lists::{List, ListPage, Place};
use super::open::to_json;
use super::records::number;
use super::watched::REPLACED;
use super::{Checkpoint, CheckpointError};
use crate::api::{BalancePart, Mark, RecordFilter};
use crate::clock::now_ms;
use crate::record::{Lane, Objects, RawPath, RecordId, RecordState};

/// A record as it is stored, without its fields.
#[derive(Debug)]
pub(crate) struct RecordRow {
    pub(crate) id: RecordId,
    pub(crate) source: usize,
    pub(crate) path: RawPath,
    /// Bytes as delivered or found identical, else as planned.
    pub(crate) size: u64,
    pub(crate) state: RecordState,
    pub(crate) attempts: u32,
    pub(crate) target: Option<RawPath>,
    /// `algorithm:hexadecimal`.
    pub(crate) hash: Option<String>,
    pub(crate) evidence: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) note: Option<String>,
    pub(crate) ended_ms: Option<i64>,
    pub(crate) row: Option<u64>,
    pub(crate) external_id: Option<String>,
    pub(crate) objects: Objects,
}

const COLUMNS: &str =
    "SELECT id, source, path, CASE WHEN state IN (2, 4) THEN coalesce(bytes, size) ELSE size END AS size,
    state, attempts, target, hash, evidence, reason, message, note, ended_ms, row, external_id,
    (SELECT result FROM step WHERE step.record = record.id AND step.step = 'objects') AS objects FROM record";

fn record_row(row: &SqliteRow) -> Result<RecordRow, sqlx::Error> {
    Ok(RecordRow {
        id: row.try_get("id")?,
        source: number(row, "source")? as usize,
        path: RawPath(row.try_get("path")?),
        size: number(row, "size")?,
        state: RecordState::of(row.try_get("state")?),
        attempts: number(row, "attempts")? as u32,
        target: row.try_get::<Option<Vec<u8>>, _>("target")?.map(RawPath),
        hash: row.try_get("hash")?,
        evidence: row.try_get("evidence")?,
        reason: row.try_get("reason")?,
        message: row.try_get("message")?,
        note: row.try_get("note")?,
        ended_ms: row.try_get("ended_ms")?,
        row: row.try_get::<Option<i64>, _>("row")?.map(|row| row.max(0) as u64),
        external_id: row.try_get("external_id")?,
        objects: Objects::of(row.try_get("objects")?),
    })
}

/// All records by their number.
const ALL: List = List { from: "record", id: "id", condition: "true", key: None, descending: false };

/// The records of a part of the balance, in the order of the index that knows them. None: no index does.
fn list_of(filter: &RecordFilter) -> Option<List> {
    let list = |from, condition, key| Some(List { from, id: "id", condition, key, descending: false });
    if filter.duplicates {
        return Some(List {
            from: "duplicate",
            id: "record",
            condition: "true",
            key: Some("first"),
            descending: false,
        });
    }
    match filter.part {
        None if filter.evidence.is_some() => {
            list("record INDEXED BY record_proven", "state = 2", Some("evidence"))
        }
        None => Some(ALL),
        Some(BalancePart::Delivered) => {
            list("record INDEXED BY record_proven", "state = 2", Some("evidence"))
        }
        // Only what is delivered has any.
        Some(_) if filter.evidence.is_some() => list("record", "false", None),
        Some(BalancePart::Failed) => list("record INDEXED BY record_failed", "state = 3", None),
        Some(BalancePart::Skipped) => list("record INDEXED BY record_skipped", "state = 4", None),
        Some(BalancePart::Excluded) => list("record INDEXED BY record_excluded", "state = 5", Some("reason")),
        Some(BalancePart::Pending) => None,
    }
}

impl Checkpoint {
    /// A page of all records that a filter lets through. What is searched for is looked for in bounded steps.
    pub(crate) async fn record_page(
        &self,
        filter: &RecordFilter,
        mut place: Place,
    ) -> Result<(Vec<RecordRow>, ListPage), CheckpointError> {
        let search = filter.search.as_deref().filter(|text| !text.trim().is_empty());
        let list = list_of(filter);
        let page = if list == Some(ALL) && search.is_none() && place.skip > 0 && self.has_no_gaps().await? {
            // Numbers without gaps need not be counted.
            let after = place.after.map_or(0, |mark| mark.id);
            place.after = Some(Mark::of(after.saturating_add_unsigned(place.skip)));
            place.skip = 0;
            self.page(&ALL, place, &|_| {}, None).await?
        } else {
            match (list, search) {
                (Some(list), None) => self.page(&list, place, &|query| narrow(query, filter), None).await?,
                (Some(list), Some(text)) => {
                    let others = |query: &mut QueryBuilder<Sqlite>| push_search(query, text);
                    self.page(&list, place, &|query| narrow(query, filter), Some(&others)).await?
                }
                (None, None) => self.pending_page(place).await?,
                (None, Some(text)) => {
                    let others = |query: &mut QueryBuilder<Sqlite>| {
                        query.push(" AND state IN (0, 1)");
                        push_search(query, text);
                    };
                    self.page(&ALL, place, &|_| {}, Some(&others)).await?
                }
            }
        };
        let mut rows: HashMap<RecordId, RecordRow> =
            self.records_of(&page.ids()).await?.into_iter().map(|row| (row.id, row)).collect();
        Ok((page.marks.iter().filter_map(|mark| rows.remove(&mark.id)).collect(), page))
    }

    /// Pending records lie in several indexes, each in the order of their numbers or short.
    async fn pending_page(&self, place: Place) -> Result<ListPage, CheckpointError> {
        let after = place.after.map_or(0, |mark| mark.id);
        let most = place.skip.saturating_add(place.limit.into()).min(i64::MAX as u64) as i64;
        let fresh = Lane::ALL.map(|lane| {
            let lane = lane.code();
            format!("record INDEXED BY record_fresh WHERE state = 0 AND due_ms IS NULL AND lane = {lane}")
        });
        let rest = [
            "record INDEXED BY record_due WHERE state = 0 AND due_ms IS NOT NULL",
            "record INDEXED BY record_leased WHERE state = 1",
        ];
        let mut query = QueryBuilder::<Sqlite>::new("SELECT id FROM (");
        for (at, piece) in fresh.iter().map(String::as_str).chain(rest).enumerate() {
            query.push(if at > 0 { " UNION ALL " } else { "" });
            query.push("SELECT id FROM (SELECT id FROM ").push(piece).push(" AND id > ").push_bind(after);
            query.push(" ORDER BY id LIMIT ").push_bind(most).push(")");
        }
        query.push(") ORDER BY id LIMIT ").push_bind(place.limit);
        query.push(" OFFSET ").push_bind(place.skip.min(i64::MAX as u64) as i64);
        let marks = self.rows(query, |row| Ok(Mark::of(row.try_get("id")?))).await?;
        let next = marks.last().filter(|_| marks.len() == place.limit as usize).cloned();
        Ok(ListPage { marks, next })
    }

    async fn has_no_gaps(&self) -> Result<bool, CheckpointError> {
        let query = QueryBuilder::new(
            "SELECT (SELECT coalesce(min(id), 1) FROM record) = 1 AND
                    (SELECT coalesce(max(id), 0) FROM record) = (SELECT found FROM balance) AS dense",
        );
        Ok(self.rows(query, |row| row.try_get::<bool, _>("dense")).await? == [true])
    }

    /// These records, in no order. One that is not there is left out.
    pub(crate) async fn records_of(&self, ids: &[RecordId]) -> Result<Vec<RecordRow>, CheckpointError> {
        let ids = to_json(&ids).map_err(|error| self.database(error))?;
        let mut query = QueryBuilder::new(COLUMNS);
        query.push(" WHERE id IN (SELECT value FROM json_each(").push_bind(ids).push("))");
        self.rows(query, record_row).await
    }

    /// Records with a number above `after`, at most `limit`.
    pub(crate) async fn records_after(
        &self,
        after: RecordId,
        limit: u32,
    ) -> Result<Vec<RecordRow>, CheckpointError> {
        let mut query = QueryBuilder::new(COLUMNS);
        query.push(" WHERE id > ").push_bind(after).push(" ORDER BY id LIMIT ").push_bind(limit);
        self.rows(query, record_row).await
    }

    /// The steps that are done of a record, oldest first: name, moment, result as JSON. Which objects came and
    /// went stands with the record itself.
    pub(crate) async fn done_steps(
        &self,
        record: RecordId,
    ) -> Result<Vec<(String, i64, String)>, CheckpointError> {
        let mut query = QueryBuilder::new(
            "SELECT step, at_ms, substr(result, 1, 4000) AS result FROM step WHERE record = ",
        );
        query.push_bind(record).push(" AND step <> ").push_bind(Objects::STEP);
        query.push(" ORDER BY at_ms, step LIMIT 1000");
        self.rows(query, |row| Ok((row.try_get("step")?, row.try_get("at_ms")?, row.try_get("result")?)))
            .await
    }

    /// How many delivered records were proven how.
    pub(crate) async fn delivered_by_evidence(&self) -> Result<Vec<(String, u64)>, CheckpointError> {
        let query = QueryBuilder::new(
            "SELECT coalesce(evidence, '') AS evidence, count(*) AS n FROM record INDEXED BY record_proven
             WHERE state = 2 GROUP BY evidence ORDER BY n DESC",
        );
        self.rows(query, |row| Ok((row.try_get("evidence")?, number(row, "n")?))).await
    }

    /// Looks for delivered records with the same content, and keeps them. Empty files are none. Gives how many
    /// they are, how many contents they have, and the bytes that are there more than once.
    pub(crate) async fn find_duplicates(&self) -> Result<(u64, u64, u64), CheckpointError> {
        self.write(async |tx| {
            sqlx::query("DELETE FROM duplicate").execute(&mut *tx).await?;
            sqlx::query(sqlx::AssertSqlSafe(format!(
                "INSERT INTO duplicate (first, record)
                 SELECT first, id FROM (
                    SELECT id, min(id) OVER same AS first, count(*) OVER same AS n
                    FROM record WHERE state = 2 AND hash IS NOT NULL AND coalesce(bytes, size) > 0 AND NOT {REPLACED}
                    WINDOW same AS (PARTITION BY hash, coalesce(bytes, size)))
                 WHERE n > 1"
            )))
            .execute(&mut *tx)
            .await?;
            let row = sqlx::query(
                "SELECT count(*) AS records, count(DISTINCT first) AS contents,
                        coalesce(sum(coalesce(bytes, size)) FILTER (WHERE record.id <> first), 0) AS bytes
                 FROM duplicate JOIN record ON record.id = duplicate.record",
            )
            .fetch_one(tx)
            .await?;
            Ok((number(&row, "records")?, number(&row, "contents")?, number(&row, "bytes")?))
        })
        .await
    }

    /// Keeps what was found by a look at the destination as a whole, in the place of the one before.
    pub(crate) async fn keep_proof(
        &self,
        what: &'static str,
        found: &impl Serialize,
    ) -> Result<(), CheckpointError> {
        self.write(async |tx| {
            sqlx::query("INSERT OR REPLACE INTO proof (what, at_ms, found) VALUES (?, ?, ?)")
                .bind(what)
                .bind(now_ms())
                .bind(to_json(found)?)
                .execute(tx)
                .await?;
            Ok(())
        })
        .await
    }

    /// What was found by the latest such look. One that cannot be read counts as none.
    pub(crate) async fn proof<T: DeserializeOwned>(
        &self,
        what: &'static str,
    ) -> Result<Option<T>, CheckpointError> {
        let mut query = QueryBuilder::new("SELECT found FROM proof WHERE what = ");
        query.push_bind(what);
        let found: Vec<String> = self.rows(query, |row| row.try_get("found")).await?;
        Ok(found.first().and_then(|found| serde_json::from_str(found).ok()))
    }
}

fn narrow(query: &mut QueryBuilder<Sqlite>, filter: &RecordFilter) {
    if let Some(evidence) = filter.evidence.filter(|_| !filter.duplicates) {
        query.push(" AND evidence = ").push_bind(evidence.word());
    }
}

#[cfg(test)]
mod tests;
