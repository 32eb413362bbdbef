//! Lists that a person goes through: each is one index in its order, read by key, so that any page of a
//! million records takes as long as the first.
//!
//! A far page may be skipped to: only entries of the index are passed over then. What an index does not
//! hold, such as a text, is looked for in bounded steps.

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, TypeInfo, ValueRef};

use super::{Checkpoint, CheckpointError};
use crate::api::{Key, Mark, PageAt};
use crate::record::RecordId;

/// Records that are read in search of a text with one call.
const LOOKED_THROUGH: u32 = 10_000;

/// Records of a page that is asked for from outside.
const MOST: u32 = 1000;

/// A list: where its records come from, and in which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct List {
    /// What stands after FROM.
    pub(super) from: &'static str,
    /// The column with the record's number.
    pub(super) id: &'static str,
    /// What stands after WHERE; no more than the index holds.
    pub(super) condition: &'static str,
    /// The column that orders it, before the number. None: the number alone.
    pub(super) key: Option<&'static str>,
    pub(super) descending: bool,
}

/// Where a page begins, and how long it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Place {
    /// Where the last record before it stood. None: it begins with the list.
    pub(crate) after: Option<Mark>,
    /// Records that are passed over after that one. None are while a text is looked for.
    pub(crate) skip: u64,
    pub(crate) limit: u32,
}

impl Place {
    /// The beginning of a list.
    pub(crate) fn first(limit: u32) -> Self {
        Self { limit, ..Self::default() }
    }

    /// What comes after a place in the list.
    pub(crate) fn after(mark: Mark, limit: u32) -> Self {
        Self { after: Some(mark), limit, skip: 0 }
    }
}

impl From<PageAt> for Place {
    fn from(at: PageAt) -> Self {
        Self { after: at.after, skip: at.skip, limit: at.limit.clamp(1, MOST) }
    }
}

/// The records of a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ListPage {
    pub(crate) marks: Vec<Mark>,
    /// Where the last record stands that was looked at. None: the list ends here.
    pub(crate) next: Option<Mark>,
}

impl ListPage {
    /// The records' numbers.
    pub(super) fn ids(&self) -> Vec<RecordId> {
        self.marks.iter().map(|mark| mark.id).collect()
    }
}

/// Adds conditions to a query, each with AND before it.
pub(super) type Narrow<'a> = &'a (dyn Fn(&mut QueryBuilder<Sqlite>) + Sync);

impl List {
    /// Adds the list to a query, from where the page begins.
    fn push(&self, query: &mut QueryBuilder<Sqlite>, after: Option<&Mark>, indexed: Narrow<'_>) {
        query.push("SELECT ").push(self.id).push(" AS id, ").push(self.key.unwrap_or("NULL")).push(" AS key");
        query.push(" FROM ").push(self.from).push(" WHERE ").push(self.condition);
        indexed(query);
        if let Some(after) = after {
            push_side(query, self.key, self.id, if self.descending { "<" } else { ">" }, after);
        }
        self.push_order(query);
    }

    fn push_order(&self, query: &mut QueryBuilder<Sqlite>) {
        let way = if self.descending { " DESC" } else { "" };
        query.push(" ORDER BY ");
        if let Some(key) = self.key {
            query.push(key).push(way).push(", ");
        }
        query.push(self.id).push(way);
    }
}

/// Adds the condition that records stand on that side of a place in a list.
pub(super) fn push_side(
    query: &mut QueryBuilder<Sqlite>,
    key: Option<&str>,
    id: &str,
    sign: &str,
    mark: &Mark,
) {
    let Some(key) = key else {
        query.push(format!(" AND {id} {sign} ")).push_bind(mark.id);
        return;
    };
    query.push(format!(" AND ({key}, {id}) {sign} ("));
    match &mark.key {
        Key::None => query.push("NULL"),
        Key::Number(number) => query.push_bind(*number),
        Key::Text(text) => query.push_bind(text.clone()),
        Key::Bytes(bytes) => query.push_bind(bytes.clone()),
    };
    query.push(", ").push_bind(mark.id).push(")");
}

impl Checkpoint {
    /// A page of a list. `indexed`: what the list's index tells of each record; `others`: what only the
    /// record itself does. None: nothing is asked of it.
    pub(super) async fn page(
        &self,
        list: &List,
        place: Place,
        indexed: Narrow<'_>,
        others: Option<Narrow<'_>>,
    ) -> Result<ListPage, CheckpointError> {
        let after = place.after.as_ref();
        let Some(others) = others else {
            let mut query = QueryBuilder::new("");
            list.push(&mut query, after, indexed);
            query
                .push(" LIMIT ")
                .push_bind(place.limit)
                .push(" OFFSET ")
                .push_bind(place.skip.min(i64::MAX as u64) as i64);
            let marks = self.rows(query, mark).await?;
            let next = marks.last().filter(|_| marks.len() == place.limit as usize).cloned();
            return Ok(ListPage { marks, next });
        };
        let mut window = QueryBuilder::new("");
        list.push(&mut window, after, indexed);
        window.push(" LIMIT 1 OFFSET ").push_bind(LOOKED_THROUGH - 1);
        let end = self.rows(window, mark).await?.pop();

        let mut query = QueryBuilder::new("SELECT listed.id, listed.key FROM (");
        list.push(&mut query, after, indexed);
        query.push(" LIMIT ").push_bind(LOOKED_THROUGH);
        query.push(") AS listed CROSS JOIN record ON record.id = listed.id WHERE true");
        others(&mut query);
        let way = if list.descending { " DESC" } else { "" };
        query.push(" ORDER BY listed.key").push(way).push(", listed.id").push(way);
        query.push(" LIMIT ").push_bind(place.limit);
        let marks = self.rows(query, mark).await?;
        let next = if marks.len() == place.limit as usize { marks.last().cloned() } else { end };
        Ok(ListPage { marks, next })
    }
}

fn mark(row: &SqliteRow) -> Result<Mark, sqlx::Error> {
    let key = row.try_get_raw("key")?;
    let key = match key.type_info().name() {
        _ if key.is_null() => Key::None,
        "INTEGER" => Key::Number(row.try_get("key")?),
        "TEXT" => Key::Text(row.try_get("key")?),
        _ => Key::Bytes(row.try_get("key")?),
    };
    Ok(Mark { key, id: row.try_get("id")? })
}
