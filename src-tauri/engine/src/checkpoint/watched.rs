//! What was taken in of watched folders: asked by page, and added together with its records.

use sqlx::{QueryBuilder, Row, SqliteConnection};

use super::open::to_json;
use super::outcomes::requeue;
use super::records::number;
use super::{Checkpoint, CheckpointError, PlannedRecord};
use crate::api::Selection;
use crate::record::{Balance, Lane, RawPath, RecordId, RecordState, hex};

/// Records whose file changed and was delivered again in their place: the newer record speaks for what is
/// there.
pub(super) const REPLACED: &str = "EXISTS (
    SELECT 1 FROM watched JOIN record AS newer ON newer.id = watched.record
    WHERE watched.source = record.source AND watched.path = record.path AND newer.id > record.id
      AND newer.state IN (2, 4) AND newer.target IS record.target)";

/// What was taken in under a path, and what it was then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) record: RecordId,
    pub(crate) state: RecordState,
    pub(crate) size: u64,
    /// Nanoseconds since 1970. None: not known, or it was no file.
    pub(crate) modified: Option<i64>,
    /// Where it is or goes, where that is not what mirrors its source.
    pub(crate) target: Option<RawPath>,
}

/// A record that is taken in while the run goes on.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    pub(crate) record: PlannedRecord,
    /// Nanoseconds since 1970.
    pub(crate) modified: Option<i64>,
    /// The target of the record that had this path before.
    pub(crate) mapped: Option<RawPath>,
    /// Its file takes the place of the one delivered before, with what was written beside that.
    pub(crate) replaces: bool,
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
            // Where anything was taken in before, everything planned is here already.
            let any: bool =
                sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM watched)").fetch_one(&mut *tx).await?;
            if !any {
                sqlx::query(
                    "INSERT INTO watched (source, path, size, record)
                     SELECT source, path, coalesce(bytes, size), max(id) FROM record
                     WHERE source < ? GROUP BY source, path",
                )
                .bind(sources as i64)
                .execute(tx)
                .await?;
            }
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
            "SELECT o.key AS at, w.record, w.size, w.modified, r.state, coalesce(r.target, r.mapped) AS target
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
                    target: row.try_get::<Option<Vec<u8>>, _>("target")?.map(RawPath),
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
            let replacing: Vec<_> =
                numbered().filter(|(arrival, _)| arrival.replaces).map(|(_, id)| id).collect();
            if !replacing.is_empty() {
                pass_sidecars(&mut *tx, &to_json(&replacing)?).await?;
            }
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

/// Gives the sidecars of the records that had these records' paths before to them: otherwise the names
/// would be taken by somebody else for ever.
async fn pass_sidecars(tx: &mut SqliteConnection, replacing: &str) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE step SET record = r.id
         FROM json_each(?) AS o JOIN record AS r ON r.id = o.value
         JOIN watched AS w ON w.source = r.source AND w.path = r.path
         WHERE step.record = w.record AND step.step LIKE 'sidecar:%'",
    )
    .bind(replacing)
    .execute(tx)
    .await?;
    Ok(())
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::checkpoint::{Leased, PlannedFate};
    use crate::failure::{Category, Stage};
    use crate::record::{Failure, Outcome, OutcomeKind, StepResult};
    use crate::spec::JobSpec;

    fn path(name: &str) -> RawPath {
        RawPath(name.as_bytes().to_vec())
    }

    fn arrival(name: &str, size: u64) -> Arrival {
        let record = PlannedRecord::of_folder(0, path(name), size, PlannedFate::Pending);
        Arrival { record, modified: Some(1), mapped: None, replaces: false }
    }

    fn renewed(name: &str, record: RecordId) -> Renewed {
        Renewed { record, path: path(name), size: 9, modified: Some(2) }
    }

    async fn checkpoint(folder: &tempfile::TempDir) -> Checkpoint {
        let job = JobSpec::new(vec![Path::new("/from").into()], Path::new("/to").into());
        Checkpoint::create(&folder.path().join("test.sluice"), &job).await.unwrap()
    }

    /// Size and state of what was taken in under each name.
    async fn standing(checkpoint: &Checkpoint, names: [&str; 3]) -> [Option<(u64, RecordState)>; 3] {
        let paths = names.map(path);
        let asked: Vec<_> = paths.iter().map(|path| (0, path)).collect();
        let taken = checkpoint.taken(&asked).await.unwrap();
        std::array::from_fn(|at| taken[at].as_ref().map(|taken| (taken.size, taken.state)))
    }

    async fn lease(checkpoint: &Checkpoint, size: u32) -> (i64, Vec<RecordId>) {
        let leased = checkpoint.lease_batch(Lane::Main, size, 1).await.unwrap();
        let Leased::Batch(batch, records) = leased else { panic!("there are pending records") };
        (batch, records.iter().map(|record| record.id).collect())
    }

    #[tokio::test]
    async fn a_change_counts_as_long_as_the_record_was_not_tried_and_again_after_it_failed() {
        let folder = tempfile::tempdir().unwrap();
        let checkpoint = checkpoint(&folder).await;
        let balance = checkpoint.take_in(&[arrival("a", 5), arrival("b", 5), arrival("c", 5)]).await.unwrap();
        assert_eq!((balance.found, balance.pending, balance.bytes_total), (3, 3, 15));
        let (batch, leased) = lease(&checkpoint, 2).await;
        assert_eq!(leased, [1, 2]);
        let changed = ["a", "b", "c"].into_iter().zip(1..).map(|(name, id)| renewed(name, id));
        let changed: Vec<_> = changed.collect();
        assert_eq!(checkpoint.renew(&changed).await.unwrap(), 0);
        let names = ["a", "b", "c"];
        let (leased, pending) = (Some((5, RecordState::Leased)), Some((9, RecordState::Pending)));
        assert_eq!(standing(&checkpoint, names).await, [leased, leased, pending]);

        let failure = Failure::new(Stage::Ingest, Category::SourceChanged, "it grew");
        let outcome = |id| Outcome { id, bytes: 0, took_ms: 1, kind: OutcomeKind::Failed(failure.clone()) };
        let steps = ["copied", "sidecar:x"].map(|step| StepResult {
            record: 1,
            step: step.into(),
            result: serde_json::json!({}),
        });
        checkpoint
            .record_outcomes(batch, Lane::Main, &[outcome(1), outcome(2)], &steps, &[], 0)
            .await
            .unwrap();
        let left = Selection { ids: vec![2], ..Selection::default() };
        checkpoint.leave(&left, "not ours").await.unwrap();
        assert_eq!(checkpoint.renew(&changed).await.unwrap(), 1, "one was left by a person");
        let failed = Some((5, RecordState::Failed));
        assert_eq!(standing(&checkpoint, names).await, [pending, failed, pending]);
        let kept: Vec<String> =
            sqlx::query_scalar("SELECT step FROM step").fetch_all(&checkpoint.readers).await.unwrap();
        assert_eq!(kept, ["sidecar:x"], "what was copied was the file as it was");
        let balance = checkpoint.balance().await.unwrap();
        assert!(balance.holds() && (balance.pending, balance.failed) == (2, 1), "{balance:?}");
        checkpoint.close().await;
    }

    #[tokio::test]
    async fn what_was_planned_or_taken_in_is_known_and_a_newer_record_takes_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let checkpoint = checkpoint(&folder).await;
        let planned = PlannedRecord::of_folder(0, path("a"), 5, PlannedFate::Pending);
        let of_catalogue = PlannedRecord { source: 1, ..planned.clone() };
        checkpoint.add_planned(&[planned, of_catalogue]).await.unwrap();
        checkpoint.watch_planned(1).await.unwrap();
        let taken = async |source, name| {
            checkpoint.taken(&[(source, &path(name))]).await.unwrap().remove(0).map(|taken| taken.record)
        };
        assert_eq!((taken(0, "a").await, taken(1, "a").await, taken(0, "b").await), (Some(1), None, None));
        let again = Arrival { mapped: Some(path("there")), ..arrival("a", 6) };
        checkpoint.take_in(&[arrival("b", 5), again]).await.unwrap();
        checkpoint.watch_planned(1).await.unwrap();
        assert_eq!((taken(0, "a").await, taken(0, "b").await), (Some(4), Some(3)));
        let known = checkpoint.taken(&[(0, &path("a"))]).await.unwrap().remove(0).unwrap();
        assert_eq!((known.size, known.modified, known.target), (6, Some(1), Some(path("there"))));

        // Whoever was delivered last to the same place speaks for it.
        let (batch, leased) = lease(&checkpoint, 10).await;
        let delivered = |id: &RecordId| Outcome {
            id: *id,
            bytes: 5,
            took_ms: 1,
            kind: OutcomeKind::Skipped { target: None, hash: None, reason: "identical" },
        };
        let outcomes: Vec<_> = leased.iter().map(delivered).collect();
        checkpoint.record_outcomes(batch, Lane::Main, &outcomes, &[], &[], 0).await.unwrap();
        let there = checkpoint.delivered_after(&[], 0, 10).await.unwrap();
        assert_eq!(there.iter().map(|record| record.id).collect::<Vec<_>>(), [2, 3, 4]);
        checkpoint.close().await;
    }
}
