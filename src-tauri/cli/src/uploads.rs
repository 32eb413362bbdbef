//! `sluice uploads`: what lies unfinished at a service.

use std::path::Path;

use serde_json::json;
use sluice_engine::api::{Error, Migration, OpenUpload, Reader};
use sluice_engine::report::words::{bytes, count};

use crate::Ending;
use crate::output::Output;

/// Lists uploads that are not complete.
pub(crate) async fn list(checkpoint: &Path, output: &Output) -> Result<Ending, Error> {
    let reader = Reader::open(checkpoint).await?;
    let uploads = reader.uploads().await?;
    reader.close().await;
    let text = || match uploads.as_slice() {
        [] => "No upload is unfinished.".to_owned(),
        uploads => uploads.iter().map(line).collect::<Vec<_>>().join("\n"),
    };
    output.result(text, &json!({ "uploads": uploads }));
    Ok(Ending::Complete)
}

/// Gives uploads up at their service.
pub(crate) async fn abort(checkpoint: &Path, all: bool, output: &Output) -> Result<Ending, Error> {
    let migration = Migration::open(checkpoint).await?;
    let given_up = migration.give_up_uploads(all).await;
    migration.close().await?;
    let given_up = given_up?;
    let held = given_up.iter().filter(|one| one.error.is_some()).count();
    let text = || {
        let mut text = format!("{} uploads given up", count((given_up.len() - held) as u64));
        for one in &given_up {
            if let Some(error) = &one.error {
                text += &format!("\n{}: still there: {error}", line(&one.upload));
            }
        }
        text
    };
    output.result(text, &json!({ "uploads": given_up }));
    Ok(if held == 0 { Ending::Complete } else { Ending::WithFailures })
}

fn line(upload: &OpenUpload) -> String {
    let OpenUpload { record, place, key, size, parts, pending, .. } = upload;
    let what = if *pending { "goes on with the run" } else { "abandoned" };
    format!("{record:>8}  {what}  {key} at {place}: {} parts of {}", count(*parts), bytes(*size))
}
