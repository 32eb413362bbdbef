//! What was taken in of watched folders: asked by page, and added together with its records.

use sqlx::{QueryBuilder, Row, SqliteConnection};

use super::open::to_json;
use super::outcomes::requeue;
use super::records::number;
use super::{Checkpoint, CheckpointError, PlannedRecord};
use crate::api::Selection;
use crate::record::{Balance, Lane, RawPath, RecordId, RecordState, hex};

/// What was taken in under a path, and what it was then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) record: RecordId,
    pub(crate) state: RecordState,
    pub(crate) size: u64,
    /// Nanoseconds since 1970. None: not known, or it was no file.
    pub(crate) modified: Option<i64>,
    /// The target that the record's mapping gave it.
    pub(crate) mapped: Option<RawPath>,
}

/// A record that is taken in while the run goes on.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    pub(crate) record: PlannedRecord,
    /// Nanoseconds since 1970.
    pub(crate) modified: Option<i64>,
    /// The target of the record that had this path before.
    pub(crate) mapped: Option<RawPath>,
}

/// A file that changed before its record came to its end, or after it failed.
#[derive(Debug, Clone)]
pub(crate) struct Renewed {
    pub(crate) record: RecordId,
    pub(crate) path: RawPath,
    pub(crate) size: u64,
    /// Nanoseconds since 1970.
    pub(crate) modified: Option<i64>,
}

impl Checkpoint {
    /// Counts what a plan without a watch wrote as taken in, so that it is not taken in again. `sources`:
    /// how many of the job's sources are watched, from the first.
    pub(crate) async fn watch_planned(&self, sources: usize) -> Result<(), CheckpointError> {
        self.write(async |tx| {
            // Where anything was taken in before, everything planned since is here already.
            sqlx::query(
                "INSERT INTO watched (source, path, size, record)
                 SELECT source, path, coalesce(bytes, size), max(id) FROM record
                 WHERE source < ? AND NOT EXISTS (SELECT 1 FROM watched) GROUP BY source, path",
            )
            .bind(sources as i64)
            .execute(tx)
            .await?;
            Ok(())
        })
        .await
    }

    /// What was taken in under these paths, in their order.
    pub(crate) async fn taken(
        &self,
        paths: &[(usize, &RawPath)],
    ) -> Result<Vec<Option<Taken>>, CheckpointError> {
        let rows: Vec<_> = paths.iter().map(|(source, path)| (source, hex(&path.0))).collect();
        let mut query = QueryBuilder::new(
            "SELECT o.key AS at, w.record, w.size, w.modified, r.state, r.mapped
             FROM json_each(",
        );
        query.push_bind(to_json(&rows).map_err(|error| self.database(error))?).push(
            ") AS o
             JOIN watched AS w ON w.source = o.value ->> 0 AND w.path = unhex(o.value ->> 1)
             JOIN record AS r ON r.id = w.record",
        );
        let found = self
            .rows(query, |row| {
                let taken = Taken {
                    record: row.try_get("record")?,
                    state: RecordState::of(row.try_get("state")?),
                    size: number(row, "size")?,
                    modified: row.try_get("modified")?,
                    mapped: row.try_get::<Option<Vec<u8>>, _>("mapped")?.map(RawPath),
                };
                Ok((number(row, "at")? as usize, taken))
            })
            .await?;
        let mut taken = vec![None; paths.len()];
        for (at, one) in found {
            if let Some(place) = taken.get_mut(at) {
                *place = Some(one);
            }
        }
        Ok(taken)
    }

    /// Takes records in, together with what their files are at this moment: all of them or none.
    pub(crate) async fn take_in(&self, arrivals: &[Arrival]) -> Result<Balance, CheckpointError> {
        self.write(async |tx| {
            let last: RecordId =
                sqlx::query_scalar("SELECT coalesce(max(id), 0) FROM record").fetch_one(&mut *tx).await?;
            let balance =
                super::plan::insert(&mut *tx, arrivals.iter().map(|arrival| &arrival.record)).await?;
            // There is one writer, and the numbers follow each other: https://sqlite.org/autoinc.html
            let numbered = || arrivals.iter().zip(last + 1..);
            let rows: Vec<_> = numbered().map(|(arrival, id)| (id, arrival.modified)).collect();
            sqlx::query(
                "INSERT OR REPLACE INTO watched (source, path, size, modified, record)
                 SELECT r.source, r.path, r.size, o.value ->> 1, r.id
                 FROM json_each(?) AS o JOIN record AS r ON r.id = o.value ->> 0",
            )
            .bind(to_json(&rows)?)
            .execute(&mut *tx)
            .await?;
            let targets: Vec<_> =
                numbered().filter_map(|(arrival, id)| Some((id, hex(&arrival.mapped.as_ref()?.0)))).collect();
            if !targets.is_empty() {
                super::targets::set(tx, &to_json(&targets)?).await?;
            }
            Ok(balance)
        })
        .await
    }

    /// Takes note of files that changed: records that were never tried will be delivered as they are now;
    /// failed ones go back to pending, onto the recovery lane, but for those that a person left. A record
    /// that is being worked on stays as it is until that has ended. Gives how many go back.
    pub(crate) async fn renew(&self, renewed: &[Renewed]) -> Result<u64, CheckpointError> {
        let rows: Vec<_> =
            renewed.iter().map(|one| (one.record, hex(&one.path.0), one.size, one.modified)).collect();
        self.write(async |tx| {
            let mended = renew(tx, &to_json(&rows)?).await?;
            if mended.is_empty() {
                return Ok(0);
            }
            // What was found out of the file as it was; its sidecars are still known as ours.
            sqlx::query(
                "DELETE FROM step WHERE record IN (SELECT value FROM json_each(?)) AND step NOT LIKE 'sidecar:%'",
            )
            .bind(to_json(&mended)?)
            .execute(&mut *tx)
            .await?;
            let selection = Selection { ids: mended, ..Selection::default() };
            requeue(tx, &selection, Lane::Recovery, "note IS NULL").await
        })
        .await
    }
}

/// Keeps what changed files are now. Gives the failed records among them.
async fn renew(tx: &mut SqliteConnection, rows: &str) -> Result<Vec<RecordId>, sqlx::Error> {
    let renewed: Vec<RecordId> = sqlx::query_scalar(
        "UPDATE watched SET size = o.value ->> 2, modified = o.value ->> 3
         FROM json_each(?) AS o JOIN record AS r ON r.id = o.value ->> 0
         WHERE watched.source = r.source AND watched.path = unhex(o.value ->> 1) AND watched.record = r.id
           AND r.path = watched.path AND (r.state = 3 AND r.note IS NULL AND r.stage <> 'plan'
             OR r.state = 0 AND r.attempts = 0 AND r.interrupted = 0
                AND NOT EXISTS (SELECT 1 FROM step WHERE step.record = r.id))
         RETURNING record",
    )
    .bind(rows)
    .fetch_all(&mut *tx)
    .await?;
    sqlx::query_scalar("SELECT id FROM record WHERE id IN (SELECT value FROM json_each(?)) AND +state = 3")
        .bind(to_json(&renewed)?)
        .fetch_all(tx)
        .await
}
