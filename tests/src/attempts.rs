//! Attempts that failed, also those of records that were delivered later.

use std::collections::BTreeMap;
use std::path::Path;

/// Records of which an attempt failed, by path below the source: the categories.
///
/// # Panics
/// When the checkpoint cannot be read.
pub fn failed(checkpoint: &Path) -> BTreeMap<String, Vec<String>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let rows: Vec<(Vec<u8>, String)> = runtime.block_on(async {
        let file = format!("sqlite://{}?mode=ro", checkpoint.display());
        let pool = sqlx::SqlitePool::connect(&file).await.expect("the checkpoint");
        let failed = sqlx::query_as("SELECT path, category FROM attempt JOIN record ON record = record.id");
        failed.fetch_all(&pool).await.expect("its attempts")
    });
    let mut failed: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (path, category) in rows {
        failed.entry(String::from_utf8_lossy(&path).into_owned()).or_default().push(category);
    }
    failed
}
