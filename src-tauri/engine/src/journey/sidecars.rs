//! What is known of the record, written beside its content.

use std::sync::Arc;

use super::{Known, Stop, Way, on_thread};
use crate::sidecar;
use crate::stage::{self, Arrived};

impl Way<'_> {
    /// Writes every sidecar that the job asks for and that is not there yet.
    pub(super) async fn write_sidecars(&self, known: &Known, arrived: &Arrived) -> Result<(), Stop> {
        let sidecars = &self.steps.sidecars;
        if sidecars.is_empty() {
            return Ok(());
        }
        let target = self.target(arrived).unwrap_or_else(|| self.record.path.clone());
        let facts = Arc::new(self.facts(known).delivered(&target, arrived.hash.as_ref()));
        for number in 0..sidecars.len() {
            let Some(sidecar) = sidecars.get(number) else { continue };
            self.active.claim.enter(sidecar.step.clone(), self.work.controls.now());
            let (record, site) = (Arc::clone(self.record), Arc::clone(&self.work.site));
            let (sidecars, facts) = (Arc::clone(sidecars), Arc::clone(&facts));
            let (target, arrived) = (target.clone(), arrived.clone());
            let written = on_thread(move || {
                let Some(sidecar) = sidecars.get(number) else { return Ok(None) };
                sidecars
                    .content(sidecar, &facts, &arrived)
                    .and_then(|content| sidecar::write(sidecar, &record, &target, &content, &site))
                    .map_err(|failure| stage::fail(&record, &site, failure))
            });
            if let Some(result) = written.await? {
                self.keep(&sidecar.step, result).await;
            }
        }
        Ok(())
    }
}
