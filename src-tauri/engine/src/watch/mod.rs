//! Watch folders: the plan of a migration that stays open. The folders are listed again and again, and
//! what is complete is taken in while the run goes on.
//!
//! The truth is always a listing, compared with what the checkpoint took in before: nothing is lost when
//! the system tells of too many changes or of none, while the program was off, or over an unmount. Events
//! only say that the next listing is worth while now.

mod arrivals;
mod events;
mod listing;
mod marker;
mod unheard;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use arrivals::{Arrivals, Sighting, Verdict};
use events::Events;
pub use unheard::{Polling, Unheard};

use crate::checkpoint::{Arrival, CheckpointError, PlannedFate, PlannedRecord, Renewed, Taken};
use crate::control::intake::{Away, Intake};
use crate::event::EventKind;
use crate::lanes::MoreMayCome;
use crate::record::{Lane, RawPath};
use crate::session::Session;
use crate::source::policy;
use crate::spec::{OnConflict, Watch};
use crate::stage::{Site, target_of};
use crate::stream::Work;
use crate::threads::{joined, off_thread};
use crate::upkeep::whats_gone;

/// Pages that may wait for the checkpoint; then the listing waits.
const PAGES_AHEAD: usize = 2;

/// After an event, others of the same change are waited for: at least so long, at most a second.
const LEAST_LULL: Duration = Duration::from_millis(50);

/// An event is followed by a listing after so many times as long as the last one took, so that a large
/// folder that never rests is not listed all the time.
const LULL_FACTOR: u32 = 5;

/// Takes in what arrives, until the intake closes or nothing has come for as long as the job says.
/// `open`: that more may come; it is given up at the end.
pub(crate) async fn follow(
    session: &Session,
    work: &Work,
    watch: &Watch,
    open: MoreMayCome<'_>,
) -> Result<(), CheckpointError> {
    let followed = Following::begin(session, work, watch).await;
    let ended = match followed {
        Ok(mut following) => following.on().await,
        Err(error) => Err(error),
    };
    if ended.is_err() {
        work.intake.close(Intake::Cut);
    }
    session.live.set_arriving(0);
    drop(open);
    ended
}

/// A watch at work.
struct Following<'a> {
    session: &'a Session,
    work: &'a Work,
    watch: &'a Watch,
    /// How many of the sources are watched, from the first: those that no catalogue names.
    sources: usize,
    events: Events,
    arrivals: Arrivals,
    /// What the listing at hand has shown that is not complete.
    arriving: u64,
    /// When something was last pending.
    busy_at: Duration,
}

impl<'a> Following<'a> {
    async fn begin(session: &'a Session, work: &'a Work, watch: &'a Watch) -> Result<Self, CheckpointError> {
        let sources = session.job().sources.len();
        session.checkpoint.watch_planned(sources).await?;
        let events = if watch.events { listen(session, work, watch, sources).await? } else { Events::none() };
        let now = session.controls.now();
        let arrivals = Arrivals::new(watch, now);
        Ok(Self { session, work, watch, sources, events, arrivals, arriving: 0, busy_at: now })
    }

    async fn on(&mut self) -> Result<(), CheckpointError> {
        while self.is_there().await {
            let began = self.session.controls.now();
            self.take_listing().await?;
            let took = self.session.controls.now().saturating_sub(began);
            if self.work.intake.position() != Intake::Open || self.is_over().await? {
                break;
            }
            self.rest(took).await;
        }
        Ok(())
    }

    /// Whether everything is still where it was. A volume that was unmounted leaves an empty folder:
    /// nothing of that is taken for the content of the source.
    async fn is_there(&self) -> bool {
        if self.work.intake.position() != Intake::Open {
            return false;
        }
        let site = Arc::clone(&self.work.site);
        let gone = tokio::select! {
            gone = off_thread(move || whats_gone(&site)) => gone,
            // A share that does not answer must not hold up a pause.
            () = self.work.intake.closed() => return false,
        };
        if let Some(gone) = gone {
            self.work.intake.report_outage(Away::now(gone));
            return false;
        }
        true
    }

    async fn take_listing(&mut self) -> Result<(), CheckpointError> {
        let (send, mut receive) = mpsc::channel(PAGES_AHEAD);
        let listing = {
            let (site, intake) = (Arc::clone(&self.work.site), Arc::clone(&self.work.intake));
            let (sources, marker) = (self.sources, self.watch.marker.clone());
            let checkpoint = std::path::absolute(self.session.checkpoint.path()).unwrap_or_default();
            move || listing::list(&site.sources, sources, marker.as_deref(), &checkpoint, &intake, &send)
        };
        let listing = spawn_blocking(listing);
        loop {
            tokio::select! {
                page = receive.recv() => match page {
                    Some(page) => self.take_page(page).await?,
                    None => break,
                },
                () = self.work.intake.closed() => return Ok(()),
            }
        }
        joined(listing).await;
        self.arrivals.end_listing();
        self.session.live.set_arriving(std::mem::take(&mut self.arriving));
        Ok(())
    }

    async fn take_page(&mut self, page: Vec<Sighting>) -> Result<(), CheckpointError> {
        let paths: Vec<_> = page.iter().map(|seen| (seen.record.source, &seen.record.path)).collect();
        let taken = self.session.checkpoint.taken(&paths).await?;
        let now = self.session.controls.now();
        let (mut arrived, mut renewed) = (Vec::new(), Vec::new());
        for (seen, taken) in page.into_iter().zip(taken) {
            let verdict = self.arrivals.judge(&seen, taken.as_ref(), now);
            let Sighting { record, modified, .. } = seen;
            match verdict {
                Verdict::Known => {}
                Verdict::Arriving => self.arriving += 1,
                Verdict::New => arrived.push(Arrival { record, modified, mapped: None, replaces: false }),
                Verdict::Again(before) => {
                    let mapped = target_again(&self.work.site, before, &record);
                    let replaces = self.work.site.delivery.on_conflict == OnConflict::Overwrite;
                    arrived.push(Arrival { record, modified, mapped, replaces });
                }
                Verdict::ChangedLater => {
                    let fate = PlannedFate::Excluded(policy::CHANGED_LATER);
                    let record = PlannedRecord { fate, ..record };
                    arrived.push(Arrival { record, modified, mapped: None, replaces: false });
                }
                Verdict::Renewed(before) => renewed.push(Renewed {
                    record: before.record,
                    path: record.path,
                    size: record.size,
                    modified,
                }),
            }
        }
        // What the listing showed may have been the empty folder under a volume that has just gone.
        if arrived.is_empty() && renewed.is_empty() || !self.is_there().await {
            return Ok(());
        }
        if !arrived.is_empty() {
            let balance = self.session.checkpoint.take_in(&arrived).await?;
            self.session.live.set_balance(balance);
            self.session.lanes.tell(Lane::Main);
        }
        if !renewed.is_empty() && self.session.checkpoint.renew(&renewed).await? > 0 {
            self.session.live.set_balance(self.session.checkpoint.balance().await?);
            self.session.lanes.tell(Lane::Recovery);
        }
        Ok(())
    }

    /// Whether nothing has happened for as long as the job waits.
    async fn is_over(&mut self) -> Result<bool, CheckpointError> {
        let Some(end) = self.watch.idle_end else { return Ok(false) };
        let now = self.session.controls.now();
        let checkpoint = &self.session.checkpoint;
        // What is to be tried again by its schedule is no end either.
        if checkpoint.balance().await?.pending > 0 || checkpoint.next_scheduled().await?.is_some() {
            self.busy_at = now;
            return Ok(false);
        }
        let end = end.duration();
        let idle = self.arrivals.idle_for(now);
        Ok(now.saturating_sub(self.busy_at) >= end && idle.is_some_and(|idle| idle >= end))
    }

    /// Waits until the next listing is worth while. `took`: how long the last one took.
    async fn rest(&self, took: Duration) {
        let now = self.session.controls.now();
        let every = if self.events.is_deaf() { self.watch.poll } else { self.watch.rescan };
        let complete = self.arrivals.next_complete().map(|at| at.saturating_sub(now));
        let idle = self.watch.idle_end.map(|end| end.duration());
        let pause = [complete, idle].into_iter().flatten().fold(every.duration(), Duration::min);
        let lull = (self.watch.quiet.duration() / 4).clamp(LEAST_LULL, Duration::from_secs(1));
        tokio::select! {
            () = self.work.intake.closed() => {}
            () = tokio::time::sleep(pause.max(took).max(LEAST_LULL)) => {}
            () = async {
                self.events.changed().await;
                tokio::time::sleep(lull.max(took * LULL_FACTOR)).await;
            } => {}
        }
    }
}

/// Asks the system to tell of changes, or says why it does not.
async fn listen(
    session: &Session,
    work: &Work,
    watch: &Watch,
    sources: usize,
) -> Result<Events, CheckpointError> {
    let folders = work.site.sources.iter().take(sources).filter_map(|(_, source)| source.local());
    let folders: Vec<_> = folders.map(|folder| folder.root.clone()).collect();
    let (events, why_not) = off_thread(move || Events::listen(&folders)).await;
    if let Some(why) = why_not {
        let polling = Polling { why, every: watch.poll };
        let message = polling.to_string();
        tracing::info!(message, "watching without events");
        session.checkpoint.add_event(&EventKind::WatchPolls { message, what: Some(polling) }).await?;
    }
    Ok(events)
}

/// The target of a file that is delivered again: that of the record before, which `on_conflict` finds
/// taken there. None: nobody keeps targets, and it mirrors its source anyway.
fn target_again(site: &Site, before: &Taken, record: &PlannedRecord) -> Option<RawPath> {
    site.claims.as_ref()?;
    let mirrored = || {
        let source = site.sources.get(record.source)?;
        target_of(&source.prefix, &record.path, site.destination.rules())
    };
    before.target.clone().or_else(mirrored)
}
