//! A program reads the file's technical metadata, unless an earlier attempt did.

use serde_json::json;
use tokio::time::Instant;

use super::{Known, Stop, Way};
use crate::control::intake::{Away, Intake};
use crate::describe::{self, DESCRIBED, Describer, UNDESCRIBED, Undescribed};
use crate::failure::{Category, Stage};
use crate::record::Failure;
use crate::stage::Processed;

/// The name of the step in leases and metrics.
const DESCRIBE: &str = "describe";

impl Way<'_> {
    /// What the file says of itself becomes part of what is known. A file that cannot be described
    /// is kept as such, or fails, as the job says.
    pub(super) async fn describe(&self, describer: &Describer, known: &mut Known) -> Result<(), Stop> {
        if let Some(tech) = describe::kept(&self.record.done) {
            known.tech = tech;
            return Ok(());
        }
        // Not again: it may have taken its whole time.
        if self.record.done.contains_key(UNDESCRIBED) && !describer.must_describe() {
            return Ok(());
        }
        let source = self.work.site.sources.get(self.record.source);
        let Some(file) = source.and_then(|source| source.file(&self.record.path)) else {
            return self.inspect(known).await;
        };
        if !describer.wants(&file) {
            return Ok(());
        }
        self.inspect(known).await?;
        let controls = &self.work.controls;
        self.active.claim.enter(DESCRIBE, controls.now());
        let turn = tokio::select! {
            turn = self.alive(controls.describing.enter()) => turn,
            () = self.work.intake.closed() => return Err(Processed::Returned(None).into()),
        };
        let started = Instant::now();
        let described = tokio::select! {
            described = self.alive(describer.describe(&file, controls.describing.limit())) => described,
            // What is dropped here kills its process.
            () = self.work.intake.reaches(Intake::Cut) => return Err(Processed::Returned(None).into()),
        };
        controls.visibility.measure(DESCRIBE, 0, started.elapsed());
        let failed = described.as_ref().err().map(|_| Category::MediaUnreadable);
        controls.describing.ended(turn, DESCRIBE, started.elapsed(), failed);
        match described {
            Ok((kept, tech)) => {
                self.keep(DESCRIBED, kept).await;
                known.tech = tech;
                Ok(())
            }
            Err(Undescribed::Tool(why)) => {
                let failure = Failure::new(Stage::Ingest, Category::ToolGone, why);
                Err(Processed::Returned(Some(Away::now(failure))).into())
            }
            Err(Undescribed::File(why)) => {
                // A drive that went away meanwhile makes every file unreadable.
                self.look_at_source().await?;
                if describer.must_describe() {
                    let message = format!("{}: {why}", self.record.path);
                    return Err(Failure::new(Stage::Ingest, Category::MediaUnreadable, message).into());
                }
                self.keep(UNDESCRIBED, json!({ "by": describer.version(), "why": why })).await;
                Ok(())
            }
        }
    }
}
