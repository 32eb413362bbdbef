//! Records behind a finding of the pre-flight, and those that a pilot has tried, by page.

use sqlx::{QueryBuilder, Row, Sqlite};

use super::open::to_json;
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
        let query = which_query(&which, after, limit);
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

    /// Notes that these records name a file which an earlier record names too.
    pub(crate) async fn set_repeated(&self, records: &[RecordId]) -> Result<(), CheckpointError> {
        self.write(async |tx| {
            sqlx::query("INSERT OR IGNORE INTO repeated (record) SELECT value FROM json_each(?)")
                .bind(to_json(&records)?)
                .execute(tx)
                .await?;
            Ok(())
        })
        .await
    }
}

/// Each is read in the order of an index that begins where the page does: none sorts what it goes through.
fn which_query(which: &Which<'_>, after: RecordId, limit: u32) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(
        "SELECT id, source, path, coalesce(bytes, size) AS size, row, state, coalesce(target, mapped) AS target,
                evidence, reason, message
         FROM ",
    );
    match which {
        Which::Excluded(policy) => {
            query.push("record INDEXED BY record_excluded WHERE state = 5 AND reason = ");
            query.push_bind((*policy).to_owned()).push(" AND id > ").push_bind(after);
        }
        Which::Repeated => {
            query.push("repeated CROSS JOIN record ON record.id = repeated.record WHERE repeated.record > ");
            query.push_bind(after);
        }
        Which::Grouped => {
            query.push("record WHERE +state = 0 AND kin IS NOT NULL AND id > ").push_bind(after);
        }
        Which::Tried => {
            query.push("record WHERE +state IN (2, 3, 4) AND attempts > 0 AND id > ").push_bind(after);
        }
    }
    query.push(" ORDER BY ").push(if matches!(which, Which::Repeated) { "repeated.record" } else { "id" });
    query.push(" LIMIT ").push_bind(limit);
    query
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::checkpoint::{PlannedFate, PlannedRecord};
    use crate::spec::JobSpec;

    #[tokio::test]
    async fn a_page_behind_a_finding_is_read_by_key_and_never_sorted() {
        let folder = tempfile::tempdir().unwrap();
        let job = JobSpec::new(vec![Path::new("/from").into()], Path::new("/to").into());
        let checkpoint = Checkpoint::create(&folder.path().join("a.sluice"), &job).await.unwrap();
        let planned = ["a", "b", "a", "c", "b", "a"]
            .map(|path| PlannedRecord::of_folder(0, RawPath(path.into()), 1, PlannedFate::Pending));
        checkpoint.add_planned(&planned).await.unwrap();
        checkpoint.set_repeated(&[3, 5, 6]).await.unwrap();
        let page = async |after| {
            let rows = checkpoint.which_after(Which::Repeated, after, 2).await.unwrap();
            rows.iter().map(|row| row.id).collect::<Vec<_>>()
        };
        assert_eq!((page(0).await, page(5).await), (vec![3, 5], vec![6]));
        for which in [Which::Excluded("junk"), Which::Repeated, Which::Grouped, Which::Tried] {
            let plan = checkpoint.explained(&which_query(&which, 1, 2).into_string()).await;
            assert!(plan.iter().any(|step| step.contains("SEARCH")), "{plan:?}");
            assert!(plan.iter().all(|step| !step.contains("SCAN") && !step.contains("B-TREE")), "{plan:?}");
        }
        checkpoint.clear_plan().await.unwrap();
        assert!(page(0).await.is_empty());
        checkpoint.close().await;
    }
}
