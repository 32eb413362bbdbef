//! What is known of the record, written beside its content.

use std::sync::Arc;

use super::{Known, Stop, Way};
use crate::sidecar::{self, Prepared};
use crate::stage::{self, Arrived};
use crate::threads::off_thread;

/// The name of the step in leases and metrics.
const SIDECARS: &str = "sidecars";

impl Way<'_> {
    /// Writes every sidecar that the job asks for and that is not there yet.
    pub(super) async fn write_sidecars(&self, known: &Known, arrived: &Arrived) -> Result<(), Stop> {
        let sidecars = &self.steps.sidecars;
        if sidecars.is_empty() {
            return Ok(());
        }
        let target = self.target(arrived).unwrap_or_else(|| self.record.path.clone());
        let facts = self.facts(known).delivered(&target, arrived.hash.as_ref());
        self.active.claim.enter(SIDECARS, self.work.controls.now());
        if let Some(place) = self.work.site.destination.remote() {
            return self.write_sidecars_there(place, &target, &facts, arrived).await;
        }
        let (record, site) = (Arc::clone(self.record), Arc::clone(&self.work.site));
        let (sidecars, arrived) = (Arc::clone(sidecars), arrived.clone());
        let (written, ended) = off_thread(move || {
            let content = |sidecar: &Prepared| sidecars.content(sidecar, &facts, &arrived);
            let (written, ended) = sidecar::write_all(&sidecars, &record, &target, content, &site);
            (written, ended.map_err(|failure| stage::fail(&record, &site, failure)))
        })
        .await;
        for (step, result) in written {
            self.keep(&step, result).await;
        }
        Ok(ended?)
    }
}
