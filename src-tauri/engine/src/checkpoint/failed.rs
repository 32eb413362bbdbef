//! Failed records: chosen by rule, and listed in the order that a person wants.

use std::collections::HashMap;

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite};

use super::catalogue::fields_of;
use super::lists::{List, Place, push_side};
use super::records::number;
use super::{Checkpoint, CheckpointError};
use crate::api::{Mark, Order, OrderBy, Selection};
use crate::record::{RawPath, RecordId};
use crate::recovery::PathRule;

/// A failed record as it is stored.
#[derive(Debug)]
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
    pub(crate) fields: serde_json::Map<String, serde_json::Value>,
    pub(crate) row: Option<u64>,
    pub(crate) external_id: Option<String>,
}

const COLUMNS: &str = "SELECT id, source, path, size, attempts, stage, reason, message, ended_ms, endpoint,
    http_status, note, due_ms, fields, row, external_id FROM record";

fn failed_row(row: &SqliteRow) -> Result<FailedRow, sqlx::Error> {
    let text = |column| row.try_get::<Option<String>, _>(column).map(Option::unwrap_or_default);
    Ok(FailedRow {
        id: row.try_get("id")?,
        source: number(row, "source")? as usize,
        path: RawPath(row.try_get("path")?),
        size: number(row, "size")?,
        attempts: number(row, "attempts")? as u32,
        stage: text("stage")?,
        category: text("reason")?,
        message: text("message")?,
        ended_ms: row.try_get::<Option<i64>, _>("ended_ms")?.unwrap_or_default(),
        endpoint: row.try_get("endpoint")?,
        http_status: row.try_get::<Option<i64>, _>("http_status")?.map(|status| status as u16),
        note: row.try_get("note")?,
        due_ms: row.try_get("due_ms")?,
        fields: fields_of(row.try_get("fields")?),
        row: row.try_get::<Option<i64>, _>("row")?.map(|row| row.max(0) as u64),
        external_id: row.try_get("external_id")?,
    })
}

impl Checkpoint {
    /// A page of the chosen failed records, in this order, each with its place; and where the next page begins.
    pub(crate) async fn failed_page(
        &self,
        selection: &Selection,
        order: Order,
        place: Place,
    ) -> Result<(Vec<(FailedRow, Mark)>, Option<Mark>), CheckpointError> {
        let mut list = list_of(order);
        if !selection.ids.is_empty() {
            // Those that are named are looked up by their numbers.
            list.from = "record NOT INDEXED";
        } else if selection.left == Some(true) {
            // A person leaves few: they are sorted as they are found.
            list.from = "record INDEXED BY record_left";
            list.condition = "state = 3 AND note IS NOT NULL";
        }
        let indexed = |query: &mut QueryBuilder<Sqlite>| narrow_by_index(query, selection);
        let others = |query: &mut QueryBuilder<Sqlite>| narrow_further(query, selection);
        let has_others = has_further(selection);
        let page = self.page(&list, place, &indexed, has_others.then_some(&others as _)).await?;
        let mut query = QueryBuilder::<Sqlite>::new(COLUMNS);
        let ids = super::open::to_json(&page.ids()).map_err(|error| self.database(error))?;
        query.push(" WHERE +state = 3 AND id IN (SELECT value FROM json_each(").push_bind(ids).push("))");
        let rows = self.rows(query, failed_row).await?;
        let mut rows: HashMap<RecordId, FailedRow> = rows.into_iter().map(|row| (row.id, row)).collect();
        // One that has just been sent back is left out.
        let ordered =
            page.marks.into_iter().filter_map(|mark| Some((rows.remove(&mark.id)?, mark))).collect();
        Ok((ordered, page.next))
    }

    /// The numbers of the chosen failed records.
    pub(crate) async fn failed_ids(&self, selection: &Selection) -> Result<Vec<RecordId>, CheckpointError> {
        let mut query = QueryBuilder::<Sqlite>::new("SELECT id FROM record WHERE state = 3");
        narrow(&mut query, selection);
        query.push(" ORDER BY id");
        query.build_query_scalar().fetch_all(&self.readers).await.map_err(|error| self.database(error))
    }

    /// How many failed records are chosen, and how many of them an amendment would change.
    pub(crate) async fn count_amended(
        &self,
        selection: &Selection,
        rule: &PathRule<'_>,
        sets_fields: bool,
    ) -> Result<(u64, u64), CheckpointError> {
        let mut query = QueryBuilder::<Sqlite>::new("SELECT count(*) AS n, coalesce(sum(");
        match rule {
            _ if sets_fields => query.push("true"),
            PathRule::Stays => query.push("false"),
            PathRule::Becomes(_) => query.push("true"),
            PathRule::Prefix(from, _) => query
                .push("substr(path, 1, ")
                .push_bind(from.len() as i64)
                .push(") = ")
                .push_bind(from.as_bytes().to_vec()),
            PathRule::Replace(find, _) => {
                query.push("instr(path, ").push_bind(find.as_bytes().to_vec()).push(") > 0")
            }
        };
        query.push("), 0) AS changed FROM record WHERE state = 3");
        narrow(&mut query, selection);
        let counted = self.rows(query, |row| Ok((number(row, "n")?, number(row, "changed")?))).await?;
        Ok(counted.first().copied().unwrap_or_default())
    }
}

fn list_of(order: Order) -> List {
    let from = match order.by {
        OrderBy::Number => "record INDEXED BY record_failed",
        OrderBy::Size => "record INDEXED BY record_failed_size",
        OrderBy::Time => "record INDEXED BY record_failed_time",
        OrderBy::Attempts => "record INDEXED BY record_failed_attempts",
        OrderBy::Name => "record INDEXED BY record_failed_name",
    };
    let key = key_of(order.by);
    List { from, id: "id", condition: "state = 3", key, descending: order.descending }
}

fn key_of(by: OrderBy) -> Option<&'static str> {
    match by {
        OrderBy::Number => None,
        OrderBy::Size => Some("size"),
        OrderBy::Time => Some("ended_ms"),
        OrderBy::Attempts => Some("attempts"),
        OrderBy::Name => Some("path"),
    }
}

/// Adds a selection's conditions to a query over failed records.
pub(super) fn narrow(query: &mut QueryBuilder<Sqlite>, selection: &Selection) {
    narrow_by_index(query, selection);
    narrow_further(query, selection);
}

/// What each list finds without a look at the records themselves: their numbers, and what the end of its index
/// tells.
fn narrow_by_index(query: &mut QueryBuilder<Sqlite>, selection: &Selection) {
    if !selection.ids.is_empty() {
        query.push(" AND record.id ");
        push_listed(query, &selection.ids);
    }
    if let Some(cause) = selection.cause {
        query.push(" AND cause = ").push_bind(cause);
    }
    if let Some(category) = selection.category {
        query
            .push(" AND cause IN (SELECT cause.id FROM cause WHERE category = ")
            .push_bind(category.word())
            .push(")");
    }
}

fn has_further(selection: &Selection) -> bool {
    let Selection { category: _, cause: _, ids, left, except, stage, endpoint, message, search, span } =
        selection;
    let by_note = match left {
        Some(true) => !ids.is_empty(),
        Some(false) => true,
        None => false,
    };
    by_note
        || !except.is_empty()
        || stage.is_some()
        || endpoint.is_some()
        || message.is_some()
        || search.is_some()
        || span.is_some()
}

fn narrow_further(query: &mut QueryBuilder<Sqlite>, selection: &Selection) {
    if let Some(left) = selection.left {
        query.push(if left { " AND note IS NOT NULL" } else { " AND note IS NULL" });
    }
    if !selection.except.is_empty() {
        query.push(" AND record.id NOT ");
        push_listed(query, &selection.except);
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
    if let Some(span) = &selection.span {
        for (sign, end) in [(">=", &span.first), ("<=", &span.last)] {
            push_side(query, key_of(span.by), "record.id", sign, end);
        }
    }
    if let Some(text) = selection.search.as_deref() {
        push_search(query, text);
    }
}

fn push_listed(query: &mut QueryBuilder<Sqlite>, ids: &[RecordId]) {
    let ids = serde_json::to_string(ids).unwrap_or_default();
    query.push("IN (SELECT value FROM json_each(").push_bind(ids).push("))");
}

/// Records that name this text in their path, their message, their note or their own id; or whose number it
/// is. Case does not matter in ASCII.
pub(super) fn push_search(query: &mut QueryBuilder<Sqlite>, text: &str) {
    query.push(" AND (");
    for column in ["CAST(path AS TEXT)", "message", "note", "external_id"] {
        query
            .push("instr(lower(")
            .push(column)
            .push("), lower(")
            .push_bind(text.to_owned())
            .push(")) > 0 OR ");
    }
    query.push("record.id = ").push_bind(text.trim().parse::<i64>().unwrap_or_default()).push(")");
}

#[cfg(test)]
mod tests;
