//! A program reads the file's technical metadata, unless an earlier attempt did.

use std::borrow::Cow;
use std::path::PathBuf;

use serde_json::json;
use tokio::time::Instant;

use super::spool::NotSpooled;
use super::{Known, Stop, Way};
use crate::control::intake::{Away, Intake};
use crate::describe::{self, DESCRIBED, Describer, UNDESCRIBED, Undescribed};
use crate::failure::{Category, Stage};
use crate::record::Failure;
use crate::stage::{self, Processed};

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
        let is_local = source.is_none_or(|source| source.local().is_some());
        let own = source.and_then(|source| source.file(&self.record.path));
        if is_local && own.is_none() {
            return self.inspect(known).await;
        }
        if !describer.wants(&own.clone().unwrap_or_else(|| self.name(known))) {
            return Ok(());
        }
        let file = match own {
            Some(file) => {
                self.inspect(known).await?;
                file
            }
            None => match self.spooled().await {
                Ok(spooled) => {
                    known.is_inspected = true;
                    spooled.path.to_path_buf()
                }
                Err(NotSpooled::Stopped(stop)) => return Err(stop),
                Err(too_large @ NotSpooled::TooLarge(_)) if describer.must_describe() => {
                    return Err(too_large.stop(self));
                }
                Err(NotSpooled::TooLarge(why)) => return self.undescribed(describer, why.to_string()).await,
            },
        };
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
                let failure = Failure::of(Stage::Ingest, Category::ToolGone, why);
                Err(Processed::Returned(Some(Away::now(failure))).into())
            }
            Err(Undescribed::File(why)) => {
                // A drive that went away meanwhile makes every file unreadable.
                if self.spool.get().is_none() {
                    self.look_at_source().await?;
                }
                self.undescribed(describer, why).await
            }
        }
    }

    /// What a file from elsewhere is called.
    fn name(&self, known: &Known) -> PathBuf {
        let path = match &known.named {
            Some(named) => Cow::Borrowed(named),
            None => stage::known(self.record, &self.work.site),
        };
        PathBuf::from(String::from_utf8_lossy(path.file_name()).into_owned())
    }

    /// The file has no description: it is kept as such, or fails.
    async fn undescribed(&self, describer: &Describer, why: String) -> Result<(), Stop> {
        if describer.must_describe() {
            let message = format!("{}: {why}", self.record.path);
            return Err(Failure::new(Stage::Ingest, Category::MediaUnreadable, message).into());
        }
        self.keep(UNDESCRIBED, json!({ "by": describer.version(), "why": why })).await;
        Ok(())
    }
}
