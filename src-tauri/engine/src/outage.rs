//! Waiting out an outage: looks come ever more seldom, and the run goes on by itself.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::spawn_blocking;

use crate::checkpoint::CheckpointError;
use crate::clock::now_ms;
use crate::control::intake::Away;
use crate::error::Error;
use crate::event::{EventKind, Outage};
use crate::failure::Category;
use crate::session::{Session, outage_of};
use crate::stage::Site;
use crate::state::{State, Transition};
use crate::storage::local::destination::Folder;
use crate::upkeep::whats_gone;

/// The first look comes after this, each one after it twice as late.
const FIRST: Duration = Duration::from_secs(2);

/// No look comes later than this after the one before.
const LONGEST: Duration = Duration::from_secs(60);

/// Room that a full destination must have before a record is tried there (bytes).
const ROOM: u64 = 4 << 20;

/// An outage that is being waited out.
pub(crate) struct Waiting {
    since_ms: i64,
    probes: u32,
    refunded: u64,
}

/// How the waiting ended.
pub(crate) enum Ending {
    /// Perhaps it is over: a record is to be tried.
    Over,
    /// The person paused or stopped.
    Halted,
}

impl Waiting {
    pub(crate) fn new(since_ms: i64) -> Self {
        Self { since_ms, probes: 0, refunded: 0 }
    }

    /// Waits until it is worth trying a record. What the outage spoiled is taken back first.
    pub(crate) async fn out(&mut self, session: &Arc<Session>, site: &Arc<Site>, away: Away) -> Ending {
        self.take_back(session, &away).await;
        loop {
            let wait = pause_before(self.probes, fastrand::f64());
            self.probes += 1;
            let outage = Outage {
                since_ms: self.since_ms,
                next_probe_ms: Some(now_ms() + wait.as_millis() as i64),
                probes: self.probes - 1,
                ..outage_of(&away)
            };
            if self.enter(session, outage).await == State::Waiting {
                session.leaves_waiting(wait).await;
            }
            if session.state() != State::Waiting {
                return Ending::Halted;
            }
            if may_be_over(session, site, &away).await {
                return Ending::Over;
            }
        }
    }

    /// What the outage spoiled at its service is not counted.
    pub(crate) async fn take_back(&mut self, session: &Session, away: &Away) {
        if let Some(endpoint) = &away.failure.endpoint {
            match session.checkpoint.refund(endpoint, self.since_ms).await {
                Ok(refunded) => {
                    self.refunded += refunded;
                    if let Some(endpoint) = session.controls.endpoints.get(endpoint) {
                        endpoint.spoiled(refunded);
                    }
                    if let Ok(balance) = session.checkpoint.balance().await {
                        session.live.set_balance(balance);
                    }
                }
                Err(error) => tracing::warn!(%error, "attempts of the outage are not taken back"),
            }
        }
    }

    /// Says what is awaited and when the next look is; not recorded where the checkpoint is away.
    async fn enter(&self, session: &Session, outage: Outage) -> State {
        let began = EventKind::OutageBegan { outage: outage.clone() };
        let is_new = matches!(session.state(), State::Running | State::Watching);
        let events = if is_new { vec![began] } else { Vec::new() };
        match session.step(Transition::Outage, Some(outage.clone()), &events).await {
            Ok(state) => state,
            Err(Error::IllegalMove(_)) => session.state(),
            Err(_) => {
                session.step_unrecorded(State::Waiting, Some(outage)).await;
                State::Waiting
            }
        }
    }

    /// The outage is over.
    pub(crate) async fn end(&self, session: &Session) -> Result<(), CheckpointError> {
        let Some(outage) = session.picture().outage else { return Ok(()) };
        let event = EventKind::OutageEnded {
            category: outage.category,
            lasted_s: ((now_ms() - self.since_ms).max(0) / 1000) as u64,
            probes: self.probes,
            refunded: self.refunded,
        };
        match session.step(Transition::Recovered, None, &[event]).await {
            Err(Error::Checkpoint(error)) => Err(error),
            // Paused or stopped meanwhile.
            _ => Ok(()),
        }
    }
}

/// How long to wait before a look, with jitter so that several programs do not come at once.
fn pause_before(probes: u32, random: f64) -> Duration {
    let longest = FIRST.saturating_mul(1 << probes.min(10)).min(LONGEST);
    longest.mul_f64(0.75 + 0.5 * random.clamp(0.0, 1.0))
}

/// Whether trying a record makes sense: what can be seen without one is looked at first.
async fn may_be_over(session: &Session, site: &Arc<Site>, away: &Away) -> bool {
    match away.failure.category {
        Category::CheckpointUnusable => {
            session.checkpoint.add_event(&EventKind::CheckpointWritable).await.is_ok()
        }
        category => {
            let site = Arc::clone(site);
            let look = move || {
                whats_gone(&site).is_none() && (category != Category::DestinationFull || has_room(&site))
            };
            spawn_blocking(look).await.unwrap_or(false)
        }
    }
}

/// A service does not tell its room: there a record has to be tried.
fn has_room(site: &Site) -> bool {
    let free = |folder: &Folder| fs4::available_space(folder.root());
    site.destination.local().is_none_or(|folder| free(folder).is_ok_and(|free| free >= ROOM))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_of_two_minutes_is_looked_at_a_handful_of_times() {
        for random in [0.0, 0.5, 1.0] {
            let mut passed = Duration::ZERO;
            let looks = (0..).take_while(|look| {
                passed += pause_before(*look, random);
                passed < Duration::from_secs(120)
            });
            assert!(looks.count() <= 6, "with {random}");
        }
        assert!(pause_before(u32::MAX, 1.0) <= LONGEST * 5 / 4);
    }
}
