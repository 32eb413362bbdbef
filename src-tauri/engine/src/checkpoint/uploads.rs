//! Uploads in parts: kept as they grow, given to the record's next attempt, and forgotten at their end.

use std::collections::HashMap;

use sqlx::{Row, SqliteConnection};

use super::open::to_json;
use super::records::number;
use super::{Checkpoint, CheckpointError};
use crate::clock::now_ms;
use crate::record::{BatchId, LeasedRecord};
use crate::upload::{Note, OpenUpload, Part, Upload};

impl Checkpoint {
    /// Keeps what happened to uploads, in that order.
    pub(crate) async fn keep_uploads(&self, notes: &[Note]) -> Result<(), CheckpointError> {
        if notes.is_empty() {
            return Ok(());
        }
        let (mut begun, mut parts, mut ended) = (Vec::new(), Vec::new(), Vec::new());
        for note in notes {
            match note {
                Note::Begun(upload) => begun.push((
                    &upload.id,
                    upload.record,
                    &upload.place,
                    &upload.key,
                    upload.size,
                    upload.part_size,
                )),
                Note::Part { upload, number, part } => {
                    parts.push((upload, number, &part.hash, &part.receipt))
                }
                Note::Ended { upload } => ended.push(upload),
            }
        }
        self.write(async |tx| {
            sqlx::query(
                "INSERT OR REPLACE INTO upload (id, record, place, key, size, part_size, begun_ms)
                 SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, ? FROM json_each(?)",
            )
            .bind(now_ms())
            .bind(to_json(&begun)?)
            .execute(&mut *tx)
            .await?;
            sqlx::query(
                "INSERT OR REPLACE INTO upload_part (upload, number, hash, receipt)
                 SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?)",
            )
            .bind(to_json(&parts)?)
            .execute(&mut *tx)
            .await?;
            // An upload ends after all that was kept of it; a part that came late is gone with it.
            let ended = to_json(&ended)?;
            for forget in [
                "DELETE FROM upload_part WHERE upload IN (SELECT value FROM json_each(?))",
                "DELETE FROM upload WHERE id IN (SELECT value FROM json_each(?))",
            ] {
                sqlx::query(forget).bind(&ended).execute(&mut *tx).await?;
            }
            Ok(())
        })
        .await
    }

    /// All uploads that are not complete, oldest first.
    pub(crate) async fn open_uploads(&self) -> Result<Vec<OpenUpload>, CheckpointError> {
        let rows = sqlx::query(
            "SELECT upload.id, upload.record, place, key, upload.size, part_size, begun_ms,
                    (SELECT count(*) FROM upload_part WHERE upload = upload.id) AS parts,
                    record.state IN (0, 1) AS pending
             FROM upload LEFT JOIN record ON record.id = upload.record ORDER BY begun_ms, upload.id",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(|error| self.database(error))?;
        let open = |row: &sqlx::sqlite::SqliteRow| -> Result<OpenUpload, sqlx::Error> {
            let Upload { id, record, place, key, size, part_size, .. } = upload_of(row)?;
            Ok(OpenUpload {
                id,
                record,
                place,
                key,
                size,
                part_size,
                begun_ms: row.try_get("begun_ms")?,
                parts: number(row, "parts")?,
                pending: row.try_get::<Option<bool>, _>("pending")?.unwrap_or(false),
            })
        };
        rows.iter().map(open).collect::<Result<_, _>>().map_err(|error| self.database(error))
    }
}

/// Gives leased records the uploads that earlier attempts began.
pub(super) async fn add_uploads(
    tx: &mut SqliteConnection,
    batch: BatchId,
    records: &mut [LeasedRecord],
) -> Result<(), sqlx::Error> {
    // Most migrations have none, and then the lease need not be gone through.
    let any: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM upload)").fetch_one(&mut *tx).await?;
    if !any {
        return Ok(());
    }
    let uploads = sqlx::query(
        "SELECT upload.id, upload.record, place, key, upload.size, part_size
         FROM record JOIN upload ON upload.record = record.id
         WHERE record.state = 1 AND record.batch = ? ORDER BY begun_ms",
    )
    .bind(batch)
    .fetch_all(&mut *tx)
    .await?;
    let parts = sqlx::query(
        "SELECT upload_part.upload, upload_part.number, upload_part.hash, receipt
         FROM record JOIN upload ON upload.record = record.id JOIN upload_part ON upload_part.upload = upload.id
         WHERE record.state = 1 AND record.batch = ?",
    )
    .bind(batch)
    .fetch_all(&mut *tx)
    .await?;
    let mut arrived: HashMap<String, Vec<(u32, Part)>> = HashMap::new();
    for row in &parts {
        let part = Part { hash: row.try_get("hash")?, receipt: row.try_get("receipt")? };
        arrived.entry(row.try_get("upload")?).or_default().push((number(row, "number")? as u32, part));
    }
    let mut by_record = HashMap::new();
    for row in &uploads {
        let mut upload = upload_of(row)?;
        upload.parts.extend(arrived.remove(&upload.id).unwrap_or_default());
        by_record.insert(upload.record, upload);
    }
    for record in records {
        record.upload = by_record.remove(&record.id);
    }
    Ok(())
}

fn upload_of(row: &sqlx::sqlite::SqliteRow) -> Result<Upload, sqlx::Error> {
    Ok(Upload {
        id: row.try_get("id")?,
        record: row.try_get("record")?,
        place: row.try_get("place")?,
        key: row.try_get("key")?,
        size: number(row, "size")?,
        part_size: number(row, "part_size")?,
        ..Upload::default()
    })
}
