//! The autopilot at work: what its rules decide becomes the knobs' setting and, where it matters, an
//! event. The person's hand always comes first.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::control::autopilot::batch::{BatchRule, Ended};
use crate::control::autopilot::throughput::{PERIOD, ThroughputRule};
use crate::control::autopilot::{Change, Knob, Turn};
use crate::control::fit_into_memory;
use crate::control::intake::Intake;
use crate::event::{Actor, EventKind};
use crate::metrics::sampler::Sampler;
use crate::session::Session;
use crate::spec::{Autopilot, Limits};
use crate::stream::Work;

/// Latencies that are shown are of the last one to two of these.
const LATENCY_WINDOW: Duration = Duration::from_secs(60);

/// Steers, and looks at the figures, for as long as a stretch lasts.
pub(crate) async fn steer(session: &Arc<Session>, work: &Arc<Work>) -> std::convert::Infallible {
    let mut period = interval(PERIOD);
    period.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut rule: Option<ThroughputRule> = None;
    let mut bounds = None;
    let mut sampler = Sampler::default();
    let mut turned_at = session.controls.now();
    let asks_services = work.steps.as_ref().is_some_and(|steps| steps.asking.is_some());
    loop {
        tokio::select! {
            turned = session.controls.turned() => tell(session, turned.knob, turned.change).await,
            _ = period.tick() => {
                session.controls.bandwidth.follow_the_clock();
                if session.controls.now() >= turned_at + LATENCY_WINDOW {
                    turned_at = session.controls.now();
                    session.controls.endpoints.all().iter().for_each(|endpoint| endpoint.requests.turn());
                    session.controls.describing.turn();
                }
                let (advice, point) = sampler.look(&session.controls, &session.live);
                session.live.set_advice(advice);
                if let Some(point) = point
                    && let Err(error) = session.checkpoint.add_metric(&point).await
                {
                    tracing::warn!(%error, "a point of the history is lost");
                }
                let settings = session.controls.settings();
                // Services have rules of their own.
                if !settings.autopilot.concurrency || asks_services {
                    rule = None;
                    continue;
                }
                let gate = &session.controls.gate;
                let range = 1..=Limits::RANGES.concurrency.max.min(fit_into_memory(&settings));
                let limit = gate.limit() as u32;
                let rule = rule.get_or_insert_with(|| ThroughputRule::new(range.clone(), limit));
                if bounds.as_ref() != Some(&range) {
                    rule.reset_range(range.clone());
                    bounds = Some(range);
                }
                if rule.limit() != limit {
                    rule.set_limit(limit);
                }
                if work.intake.position() != Intake::Open {
                    rule.halt();
                    continue;
                }
                let (bytes, records) = session.live.moved();
                if let Some(change) = rule.observe(session.controls.now(), bytes, records) {
                    gate.set_limit(change.to);
                    tell(session, Knob::Concurrency, change).await;
                }
            }
        }
    }
}

/// The batch sizes of one stretch.
#[derive(Default)]
pub(crate) struct Batches(Option<BatchRule>);

impl Batches {
    /// Takes a batch that has ended; the next one may have another size.
    pub(crate) async fn ended(&mut self, session: &Session, records: u32, took: Duration, whole: bool) {
        let Autopilot { batch_size, target_batch_s, .. } = session.controls.settings().autopilot;
        if !batch_size {
            self.0 = None;
            return;
        }
        let size = session.limits().batch_size;
        let range = Limits::RANGES.batch_size;
        let rule = self.0.get_or_insert_with(|| {
            BatchRule::new(range.min..=range.max, size, Duration::from_secs(target_batch_s.into()))
        });
        if rule.limit() != size {
            rule.set_limit(size);
        }
        // A batch that the plan did not fill tells nothing of a full one.
        let whole = whole && records >= size;
        if let Some(change) = rule.observe(Ended { records, took, whole }) {
            let changed = session.change_job(Actor::Autopilot, |job| job.limits.batch_size = change.to).await;
            match changed {
                Ok(()) => tell(session, Knob::BatchSize, change).await,
                Err(error) => tracing::warn!(%error, "the batch size stays"),
            }
        }
    }
}

/// What was a question only goes into the technical log: the rules ask every few seconds, for weeks.
async fn tell(session: &Session, knob: Knob, change: Change) {
    tracing::debug!(%knob, from = change.from, to = change.to, reason = %change, "autopilot");
    if change.is_trial() {
        return;
    }
    let event = EventKind::AutopilotChanged {
        knob: knob.to_string(),
        from: change.from,
        to: change.to,
        reason: change.to_string(),
        what: Some(Turn { knob, reason: change.reason }),
    };
    if let Err(error) = session.checkpoint.add_event(&event).await {
        tracing::warn!(%error, "a change of the autopilot is not told");
    }
}
