//! Why records failed, as people see it: like failures share a cause.
//!
//! A record that fails has none at first; every transaction ends by giving causes to those that it left
//! without. So whoever fails records need not know of them.

use std::collections::HashMap;

use sqlx::{QueryBuilder, Row, SqliteConnection};

use super::failed::narrow;
use super::open::to_json;
use super::records::number;
use super::{Checkpoint, CheckpointError};
use crate::api::Selection;
use crate::failure::{Category, Stage, like};
use crate::record::{RawPath, RecordId};

/// Causes that have a name of their own; the rest of a category in a stage are one together. A service may
/// say something else each time.
const OWN_CAUSES: i64 = 400;

/// Records that get their causes with one statement.
const AT_ONCE: u32 = 1000;

/// The number of a cause.
type CauseId = i64;

/// A cause, and how many failed by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CauseRow {
    pub(crate) id: i64,
    pub(crate) category: Category,
    pub(crate) stage: Stage,
    pub(crate) endpoint: Option<String>,
    /// Without what is each record's own. Empty: all that has no cause of its own.
    pub(crate) message: String,
    pub(crate) count: u64,
    pub(crate) first_ms: i64,
    pub(crate) last_ms: i64,
}

/// Category, stage, service, message.
type Key = (String, String, String, String);

/// Gives causes to failed records that have none.
pub(super) async fn sort(tx: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    loop {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
            "SELECT id, path, reason, stage, endpoint, http_status, message
             FROM record INDEXED BY record_causeless WHERE state = 3 AND cause IS NULL LIMIT {AT_ONCE}"
        )))
        .fetch_all(&mut *tx)
        .await?;
        if rows.is_empty() {
            return Ok(());
        }
        let mut keyed: Vec<(RecordId, Key)> = Vec::with_capacity(rows.len());
        for row in &rows {
            let path = RawPath(row.try_get("path")?);
            let (whole, name) = (path.to_string(), RawPath(path.file_name().to_vec()).to_string());
            let text = |column| row.try_get::<Option<String>, _>(column).map(Option::unwrap_or_default);
            let (reason, message) = (text("reason")?, text("message")?);
            let status = row.try_get::<Option<i64>, _>("http_status")?.map(|status| status as u16);
            let category = reason.parse().unwrap_or(Category::Internal);
            let message = like(category, &message, status, [&whole, &name]);
            keyed.push((row.try_get("id")?, (reason, text("stage")?, text("endpoint")?, message)));
        }
        let causes = numbers(tx, keyed.iter().map(|(_, key)| key)).await?;
        let rows: Vec<_> = keyed.iter().map(|(id, key)| (id, causes.get(key))).collect();
        sqlx::query(
            "UPDATE record SET cause = o.value ->> 1 FROM json_each(?) AS o WHERE record.id = o.value ->> 0",
        )
        .bind(to_json(&rows)?)
        .execute(&mut *tx)
        .await?;
    }
}

/// The number of each cause; new ones get theirs as long as there is room.
async fn numbers(
    tx: &mut SqliteConnection,
    keys: impl Iterator<Item = &Key>,
) -> Result<HashMap<Key, CauseId>, sqlx::Error> {
    let mut wanted: Vec<&Key> = keys.collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut known = known(tx, &wanted).await?;
    let new: Vec<&Key> = wanted.iter().filter(|key| !known.contains_key(**key)).copied().collect();
    if new.is_empty() {
        return Ok(known);
    }
    let room = room_for(tx, new.len(), known.values()).await?;
    let (own, shared) = new.split_at(room.min(new.len()));
    let of_rest = |key: &Key| (key.0.clone(), key.1.clone(), String::new(), String::new());
    let added: Vec<Key> =
        own.iter().map(|key| (*key).clone()).chain(shared.iter().map(|key| of_rest(key))).collect();
    sqlx::query(
        "INSERT OR IGNORE INTO cause (category, stage, endpoint, message)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?)",
    )
    .bind(to_json(&added)?)
    .execute(&mut *tx)
    .await?;
    let numbered = self::known(tx, &added.iter().collect::<Vec<_>>()).await?;
    for key in shared {
        if let Some(rest) = numbered.get(&of_rest(key)) {
            known.insert((*key).clone(), *rest);
        }
    }
    known.extend(numbered);
    Ok(known)
}

async fn known(tx: &mut SqliteConnection, keys: &[&Key]) -> Result<HashMap<Key, CauseId>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT o.key AS place, cause.id FROM json_each(?) AS o JOIN cause
         ON category = o.value ->> 0 AND stage = o.value ->> 1 AND endpoint = o.value ->> 2 AND message = o.value ->> 3",
    )
    .bind(to_json(&keys)?)
    .fetch_all(tx)
    .await?;
    let mut known = HashMap::with_capacity(rows.len());
    for row in &rows {
        if let Some(key) = keys.get(number(row, "place")? as usize) {
            known.insert((*key).clone(), row.try_get("id")?);
        }
    }
    Ok(known)
}

/// How many more causes may be named. Those that nothing fails by any more make room first, but for those
/// that something is about to fail by.
async fn room_for(
    tx: &mut SqliteConnection,
    new: usize,
    wanted: impl Iterator<Item = &CauseId>,
) -> Result<usize, sqlx::Error> {
    let wanted = to_json(&wanted.collect::<Vec<_>>())?;
    for last in [false, true] {
        let named: i64 =
            sqlx::query_scalar("SELECT count(*) FROM cause WHERE message <> ''").fetch_one(&mut *tx).await?;
        let room = (OWN_CAUSES - named).max(0) as usize;
        if room >= new || last {
            return Ok(room);
        }
        sqlx::query(
            "DELETE FROM cause WHERE NOT EXISTS
                (SELECT 1 FROM record INDEXED BY record_cause WHERE state = 3 AND record.cause = cause.id)
             AND id NOT IN (SELECT value FROM json_each(?))",
        )
        .bind(&wanted)
        .execute(&mut *tx)
        .await?;
    }
    Ok(0)
}

impl Checkpoint {
    /// The causes by which the chosen records are failed now, most first. All of them are one pass over an
    /// index.
    pub(crate) async fn causes(&self, selection: &Selection) -> Result<Vec<CauseRow>, CheckpointError> {
        let mut query = QueryBuilder::new(
            "SELECT cause.*, n, first_ms, last_ms FROM (
                SELECT cause AS number, count(*) AS n, min(ended_ms) AS first_ms, max(ended_ms) AS last_ms
                FROM record INDEXED BY record_cause WHERE state = 3",
        );
        narrow(&mut query, selection);
        query.push(" GROUP BY cause) JOIN cause ON cause.id = number ORDER BY n DESC, cause.id");
        self.rows(query, |row| {
            let (category, stage): (String, String) = (row.try_get("category")?, row.try_get("stage")?);
            let endpoint: String = row.try_get("endpoint")?;
            Ok(CauseRow {
                id: row.try_get("id")?,
                category: category.parse().unwrap_or(Category::Internal),
                stage: Stage::from_word(&stage).unwrap_or(Stage::Plan),
                endpoint: (!endpoint.is_empty()).then_some(endpoint),
                message: row.try_get("message")?,
                count: number(row, "n")?,
                first_ms: row.try_get::<Option<i64>, _>("first_ms")?.unwrap_or_default(),
                last_ms: row.try_get::<Option<i64>, _>("last_ms")?.unwrap_or_default(),
            })
        })
        .await
    }
}
