//! The record's content comes to the destination: copied, made durable, and under its final name.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::{Stop, Way};
use crate::record::{Copied, RawPath, unhex};
use crate::stage::{self, Arrived, Processed, Proof};
use crate::stream::{self, COPY, Handed, Handover};
use crate::threads::off_thread;

impl Way<'_> {
    /// Brings the record's content to the destination: staged, or there already, by this attempt or an
    /// earlier one.
    pub(super) async fn copy(&self, target: RawPath) -> Result<Processed, Stop> {
        self.active.claim.enter(COPY, self.work.controls.now());
        if let Some(arrived) = self.arrived_before().await {
            return Ok(Processed::Arrived(arrived));
        }
        let started = Instant::now();
        let processed = if self.is_remote() {
            self.carry(target).await?
        } else {
            let (record, active) = (Arc::clone(self.record), Arc::clone(self.active));
            let (work, batch) = (Arc::clone(self.work), Arc::clone(self.batch));
            off_thread(move || stream::copy(&record, Some(target), &active, &work, &batch)).await
        };
        self.work.controls.visibility.measure(COPY, self.record.size, started.elapsed());
        match processed {
            Processed::Arrived(arrived) => {
                // Published by a run that died. Kept, or a second try would take it for somebody else's.
                if matches!(arrived.proof, Proof::Delivered(_)) && self.steps.goes_on_after_copy() {
                    self.keep(Copied::STEP, json!(arrived.copied())).await;
                }
                Ok(Processed::Arrived(arrived))
            }
            staged @ Processed::Staged(_) => Ok(staged),
            ended => Err(ended.into()),
        }
    }

    /// Whether its source or the destination lies behind a connection.
    fn is_remote(&self) -> bool {
        let site = &self.work.site;
        let source = site.sources.get(self.record.source);
        site.destination.local().is_none() || source.is_some_and(|source| source.local().is_none())
    }

    /// What an earlier attempt delivered, if it is still there.
    async fn arrived_before(&self) -> Option<Arrived> {
        let copied: Copied = serde_json::from_value(self.record.done.get(Copied::STEP)?.clone()).ok()?;
        let arrived = arrived_of(copied)?;
        if let Some(place) = self.work.site.destination.remote() {
            let target = self.target(&arrived)?;
            let there = self.look(&self.line(), place, &target).await.ok()?;
            return there.is_some_and(|there| there.size == arrived.bytes).then_some(arrived);
        }
        let path = self.target(&arrived).and_then(|target| self.work.site.destination.path(&target))?;
        let bytes = arrived.bytes;
        let there = off_thread(move || path.symlink_metadata()).await;
        there.is_ok_and(|there| there.is_file() && there.len() == bytes).then_some(arrived)
    }

    /// Waits until the collector has made the staged bytes durable under their final name.
    pub(super) async fn publish(&self, staged: Processed) -> Result<Arrived, Stop> {
        let (published, copied) = oneshot::channel();
        let took = self.active.age(self.work.controls.now());
        let record =
            Handed { record: Arc::clone(self.record), processed: staged, took, published: Some(published) };
        self.hand_over(Handover::Records { stream: self.stream, records: vec![record] }).await?;
        // Where it could not be published, the collector has recorded why.
        let copied = self.alive(copied).await.map_err(|_| Stop::WithCollector)?;
        arrived_of(copied).ok_or(Stop::WithCollector)
    }

    /// Where the record lies below the destination. None: the destination cannot hold its name.
    pub(super) fn target(&self, arrived: &Arrived) -> Option<RawPath> {
        arrived.target.clone().or_else(|| stage::mirrored(self.record, &self.work.site))
    }
}

/// What was kept of a delivered file. None: it cannot be read.
pub(crate) fn arrived_of(copied: Copied) -> Option<Arrived> {
    let target = match copied.target {
        Some(hex) => Some(RawPath(unhex(&hex)?)),
        None => None,
    };
    let proof = Proof::Delivered(copied.evidence);
    Some(Arrived { bytes: copied.bytes, target, hash: copied.hash, proof })
}
