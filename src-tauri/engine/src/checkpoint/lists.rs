//! Lists that a person goes through: each is one index in its order, read by key, so that any page of a
//! million records takes as long as the first.
//!
//! A far page may be skipped to: only entries of the index are passed over then. What an index does not
//! hold, such as a text, is looked for in bounded steps.

use sqlx::{QueryBuilder, Sqlite};

use super::{Checkpoint, CheckpointError};
use crate::record::RecordId;

/// Records that are read in search of a text with one call.
const LOOKED_THROUGH: u32 = 10_000;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// The last record before it. None: it begins with the list.
    pub(crate) after: Option<RecordId>,
    /// Records that are passed over after that one. None are while a text is looked for.
    pub(crate) skip: u64,
    pub(crate) limit: u32,
}

/// The records of a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PageIds {
    pub(crate) ids: Vec<RecordId>,
    /// The last record that was looked at. None: the list ends here.
    pub(crate) next: Option<RecordId>,
}

/// Adds conditions to a query, each with AND before it.
pub(super) type Narrow<'a> = &'a (dyn Fn(&mut QueryBuilder<Sqlite>) + Sync);

impl List {
    /// Adds the list to a query, from where the page begins.
    fn push(&self, query: &mut QueryBuilder<Sqlite>, after: Option<RecordId>, indexed: Narrow<'_>) {
        query.push(" FROM ").push(self.from).push(" WHERE ").push(self.condition);
        indexed(query);
        let Some(after) = after else { return };
        let sign = if self.descending { " < " } else { " > " };
        match self.key {
            None => query.push(" AND ").push(self.id).push(sign).push_bind(after),
            Some(key) => {
                // The place of a record that has left the list since is still known.
                let table = self.from.split_whitespace().next().unwrap_or_default();
                let own = format!("({key}, {})", self.id);
                query.push(" AND ").push(&own).push(sign).push("(SELECT ").push(&own[1..own.len() - 1]);
                query.push(" FROM ").push(table).push(" WHERE ").push(self.id).push(" = ").push_bind(after);
                query.push(")")
            }
        };
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

impl Checkpoint {
    /// A page of a list. `indexed`: what the list's index tells of each record; `others`: what only the
    /// record itself does. None: nothing is asked of it.
    pub(super) async fn page(
        &self,
        list: &List,
        place: Place,
        indexed: Narrow<'_>,
        others: Option<Narrow<'_>>,
    ) -> Result<PageIds, CheckpointError> {
        let select = |query: &mut QueryBuilder<Sqlite>| {
            query.push("SELECT ").push(list.id).push(" AS id");
        };
        let Some(others) = others else {
            let mut query = QueryBuilder::new("");
            select(&mut query);
            list.push(&mut query, place.after, indexed);
            list.push_order(&mut query);
            query
                .push(" LIMIT ")
                .push_bind(place.limit)
                .push(" OFFSET ")
                .push_bind(place.skip.min(i64::MAX as u64) as i64);
            let ids = self.ids(query).await?;
            let next = ids.last().copied().filter(|_| ids.len() == place.limit as usize);
            return Ok(PageIds { ids, next });
        };
        let mut window = QueryBuilder::new("");
        select(&mut window);
        list.push(&mut window, place.after, indexed);
        list.push_order(&mut window);
        window.push(" LIMIT 1 OFFSET ").push_bind(LOOKED_THROUGH - 1);
        let end = self.ids(window).await?.first().copied();

        let mut query = QueryBuilder::new("SELECT listed.id FROM (");
        select(&mut query);
        query.push(", ").push(list.key.unwrap_or(list.id)).push(" AS key");
        list.push(&mut query, place.after, indexed);
        list.push_order(&mut query);
        query.push(" LIMIT ").push_bind(LOOKED_THROUGH);
        query.push(") AS listed CROSS JOIN record ON record.id = listed.id WHERE true");
        others(&mut query);
        let way = if list.descending { " DESC" } else { "" };
        query.push(" ORDER BY key").push(way).push(", listed.id").push(way);
        query.push(" LIMIT ").push_bind(place.limit);
        let ids = self.ids(query).await?;
        let next = if ids.len() == place.limit as usize { ids.last().copied() } else { end };
        Ok(PageIds { ids, next })
    }

    async fn ids(&self, mut query: QueryBuilder<Sqlite>) -> Result<Vec<RecordId>, CheckpointError> {
        query.build_query_scalar().fetch_all(&self.readers).await.map_err(|error| self.database(error))
    }
}
