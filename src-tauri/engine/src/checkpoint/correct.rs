//! Corrections of failed records: all of them applied and sent back, or none.

use serde_json::{Map, Value};

use super::amend::{CHANGED_PLACE, forget};
use super::open::to_json;
use super::outcomes::requeue;
use super::{Checkpoint, CheckpointError};
use crate::api::Selection;
use crate::event::EventKind;
use crate::record::{Lane, RawPath, RecordId, hex};

/// Records changed with one statement.
const AT_ONCE: usize = 1000;

/// What a person corrected of one failed record.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Correction {
    pub(crate) id: RecordId,
    /// Its new path below the source. None: it stays.
    pub(crate) path: Option<RawPath>,
    /// Fields that are set; null takes a field away.
    pub(crate) fields: Map<String, Value>,
    /// The note with which it is left; an empty one is taken away. None: it stays.
    pub(crate) note: Option<String>,
    /// Whether it is tried again.
    pub(crate) again: bool,
}

impl Checkpoint {
    /// Applies corrections and sends their records back to pending, in one transaction. What
    /// earlier attempts found out with the old path or fields is forgotten. Gives the number of
    /// records that go back; None, and nothing is changed: not all of them are failed any more.
    pub(crate) async fn correct(
        &self,
        corrections: &[Correction],
        lane: Lane,
    ) -> Result<Option<u64>, CheckpointError> {
        let ids = |which: fn(&Correction) -> bool| -> Vec<RecordId> {
            corrections.iter().filter(|one| which(one)).map(|one| one.id).collect()
        };
        let (all, again) = (ids(|_| true), ids(|one| one.again));
        self.write(async |tx| {
            let failed: i64 = sqlx::query_scalar(
                "SELECT count(*) FROM record WHERE id IN (SELECT value FROM json_each(?)) AND +state = 3",
            )
            .bind(to_json(&all)?)
            .fetch_one(&mut *tx)
            .await?;
            if failed != all.len() as i64 {
                return Ok(None);
            }
            for chunk in corrections.chunks(AT_ONCE) {
                let row = |one: &Correction| {
                    let path = one.path.as_ref().map(|path| hex(&path.0));
                    let fields = (!one.fields.is_empty()).then(|| one.fields.clone());
                    (one.id, path, fields, one.note.clone())
                };
                let rows = to_json(&chunk.iter().map(row).collect::<Vec<_>>())?;
                sqlx::query(sqlx::AssertSqlSafe(format!(
                    "UPDATE record SET {CHANGED_PLACE},
                            fields = CASE WHEN o.value ->> 2 IS NULL THEN record.fields
                                     ELSE json_patch(coalesce(record.fields, '{{}}'), o.value -> 2) END,
                            note = CASE WHEN o.value ->> 3 IS NULL THEN record.note
                                   ELSE nullif(o.value ->> 3, '') END,
                            due_ms = CASE WHEN coalesce(o.value ->> 3, '') = '' THEN record.due_ms END
                     FROM json_each(?) AS o WHERE record.id = o.value ->> 0 AND +record.state = 3",
                )))
                .bind(rows)
                .execute(&mut *tx)
                .await?;
                let changed = chunk.iter().filter(|one| one.path.is_some() || !one.fields.is_empty());
                let changed: Vec<_> =
                    changed.map(|one| (one.id, one.path.as_ref().map(|path| hex(&path.0)))).collect();
                forget(tx, &to_json(&changed)?).await?;
            }
            super::events::add(tx, &EventKind::Amended { records: all.len() as u64 }).await?;
            if again.is_empty() {
                return Ok(Some(0));
            }
            let selection = Selection { ids: again, ..Selection::default() };
            // What only a new plan can help stays: a folder that could not be listed, too large a group.
            requeue(tx, &selection, lane, "reason NOT IN ('folder_unreadable', 'group_too_large')")
                .await
                .map(Some)
        })
        .await
    }
}
