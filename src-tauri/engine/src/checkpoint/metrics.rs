//! Metrics that outlive the program, thinned out as they grow old.

use sqlx::{Row, SqliteConnection};

use super::open::to_json;
use super::{Checkpoint, CheckpointError};
use crate::metrics::history::{MetricPoint, THINNING, thin};

/// Points that are thinned out at once.
const AT_ONCE: i64 = 2000;

impl Checkpoint {
    /// Adds a point, and sums up what has grown old.
    pub(crate) async fn add_metric(&self, point: &MetricPoint) -> Result<(), CheckpointError> {
        self.write(async |tx| {
            insert(tx, point).await?;
            for (age_ms, span_s) in THINNING {
                let old = sqlx::query(
                    "SELECT what FROM metric WHERE at_ms < ? AND span_s < ? ORDER BY at_ms LIMIT ?",
                )
                .bind(point.at_ms - age_ms)
                .bind(span_s)
                .bind(AT_ONCE)
                .fetch_all(&mut *tx)
                .await?;
                let old: Vec<MetricPoint> = old.iter().filter_map(|row| parsed(row.get("what"))).collect();
                let (Some(first), Some(last)) = (old.first(), old.last()) else { continue };
                // Not before a span is full: it would be summed up once for each of its points.
                if last.at_ms - first.at_ms < i64::from(span_s) * 1000 {
                    continue;
                }
                sqlx::query("DELETE FROM metric WHERE at_ms BETWEEN ? AND ? AND span_s < ?")
                    .bind(first.at_ms)
                    .bind(last.at_ms)
                    .bind(span_s)
                    .execute(&mut *tx)
                    .await?;
                for point in thin(&old, span_s) {
                    insert(tx, &point).await?;
                }
            }
            Ok(())
        })
        .await
    }

    /// The points whose span ends after `after_ms` and begins before `to_ms` (milliseconds since 1970),
    /// oldest first, at most `limit`.
    pub(crate) async fn metrics_between(
        &self,
        after_ms: i64,
        to_ms: i64,
        limit: u32,
    ) -> Result<Vec<MetricPoint>, CheckpointError> {
        let rows: Vec<String> = sqlx::query_scalar(
            "SELECT what FROM metric WHERE at_ms > ? AND at_ms - span_s * 1000 < ? ORDER BY at_ms LIMIT ?",
        )
        .bind(after_ms)
        .bind(to_ms)
        .bind(limit)
        .fetch_all(&self.readers)
        .await
        .map_err(|error| self.database(error))?;
        Ok(rows.into_iter().filter_map(parsed).collect())
    }

    /// When the first point of all begins and the last one ends, in milliseconds since 1970.
    pub(crate) async fn metrics_extent(&self) -> Result<(Option<i64>, Option<i64>), CheckpointError> {
        sqlx::query_as(
            "SELECT (SELECT at_ms - span_s * 1000 FROM metric ORDER BY at_ms LIMIT 1), \
                    (SELECT at_ms FROM metric ORDER BY at_ms DESC LIMIT 1)",
        )
        .fetch_one(&self.readers)
        .await
        .map_err(|error| self.database(error))
    }

    /// The latest point.
    pub(crate) async fn latest_metric(&self) -> Result<Option<MetricPoint>, CheckpointError> {
        let row: Option<String> = sqlx::query_scalar("SELECT what FROM metric ORDER BY at_ms DESC LIMIT 1")
            .fetch_optional(&self.readers)
            .await
            .map_err(|error| self.database(error))?;
        Ok(row.and_then(parsed))
    }
}

async fn insert(tx: &mut SqliteConnection, point: &MetricPoint) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT OR REPLACE INTO metric (at_ms, span_s, what) VALUES (?, ?, ?)")
        .bind(point.at_ms)
        .bind(point.span_s)
        .bind(to_json(point)?)
        .execute(tx)
        .await?;
    Ok(())
}

/// A point that cannot be read is a gap in a chart, and no reason to stop anything.
fn parsed(text: String) -> Option<MetricPoint> {
    serde_json::from_str(&text).ok()
}
