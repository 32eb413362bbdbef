//! An open migration in this program: its checkpoint, its controls, its picture, and the one place
//! that changes its state.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::clock::now_ms;
use crate::control::Controls;
use crate::control::intake::{Away, Intake, IntakeSwitch};
use crate::control::machine::Machine;
use crate::error::Error;
use crate::event::{Actor, EventKind, Outage, Progress};
use crate::lanes::Lanes;
use crate::metrics::live::Live;
use crate::run::Reach;
use crate::settings;
use crate::spec::{JobSpec, Limits};
use crate::state::{State, Transition, next_state};

/// Progress is told at most this often.
const TICK: Duration = Duration::from_millis(100);

/// A pause that is due and cannot be written down is tried again after this.
const PAUSE_AGAIN_MS: i64 = 5_000;

pub(crate) struct Session {
    pub(crate) checkpoint: Arc<Checkpoint>,
    pub(crate) live: Arc<Live>,
    pub(crate) controls: Arc<Controls>,
    pub(crate) lanes: Arc<Lanes>,
    job: Mutex<JobSpec>,
    /// Held across a step, so that two never cross.
    state: tokio::sync::Mutex<State>,
    /// The intake of the plan or run that is going on.
    intake: Mutex<Arc<IntakeSwitch>>,
    states: watch::Sender<State>,
    progress: watch::Sender<Progress>,
}

impl Session {
    /// Takes over an open checkpoint. What a run that died left is put right first.
    pub(crate) async fn new(checkpoint: Checkpoint, machine: &Machine) -> Result<Arc<Self>, Error> {
        let job = checkpoint.job().await?;
        let limits = job.limits.checked()?;
        let controls = Arc::new(Controls::within(machine, &job));
        let found = checkpoint.state().await?;
        let outage = checkpoint.outage().await?;
        let live = Arc::new(Live::new(found, checkpoint.balance().await?, limits, outage.clone()));
        let progress = watch::Sender::new(live.progress(&controls));
        let session = Arc::new(Self {
            checkpoint: Arc::new(checkpoint),
            controls,
            lanes: Arc::new(Lanes::new()),
            job: Mutex::new(job),
            state: tokio::sync::Mutex::new(found),
            intake: Mutex::new(Arc::new(IntakeSwitch::new())),
            states: watch::Sender::new(found),
            live,
            progress,
        });
        session.step(Transition::FoundDead, outage, &[]).await?;
        tokio::spawn(tick(Arc::downgrade(&session)));
        Ok(session)
    }

    pub(crate) fn job(&self) -> JobSpec {
        lock(&self.job).clone()
    }

    pub(crate) fn limits(&self) -> Limits {
        lock(&self.job).limits
    }

    pub(crate) fn state(&self) -> State {
        *self.states.borrow()
    }

    pub(crate) fn states(&self) -> watch::Receiver<State> {
        self.states.subscribe()
    }

    pub(crate) fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// The picture of this very moment.
    pub(crate) fn picture(&self) -> Progress {
        self.live.progress(&self.controls)
    }

    /// Takes a step: checks it, commits it with the events that tell of it, then shows it.
    pub(crate) async fn step(
        &self,
        by: Transition,
        outage: Option<Outage>,
        also: &[EventKind],
    ) -> Result<State, Error> {
        let mut state = self.state.lock().await;
        let from = *state;
        let to = next_state(from, by)?;
        let mut events = also.to_vec();
        if from != to {
            events.push(EventKind::StateChanged { from, to });
        }
        if from == to && events.is_empty() && by == Transition::FoundDead {
            return Ok(to);
        }
        self.checkpoint.set_state(to, outage.as_ref(), &events).await?;
        if from != to {
            let why = outage.as_ref().map(|outage| outage.message.as_str()).unwrap_or_default();
            tracing::info!(from = from.word(), to = to.word(), outage = why, "state");
        }
        *state = to;
        self.show(to, outage);
        Ok(to)
    }

    /// The run's last step, unless something is pending again: then false.
    pub(crate) async fn complete(&self) -> Result<bool, Error> {
        let mut state = self.state.lock().await;
        if self.checkpoint.balance().await?.pending > 0 {
            return Ok(false);
        }
        let to = next_state(*state, Transition::Complete)?;
        self.enter(&mut state, to).await?;
        Ok(true)
    }

    /// The step by which the migration starts or goes on.
    pub(crate) fn starts_by(&self, reach: Reach) -> Transition {
        let watches = reach == Reach::Everything && lock(&self.job).watch.is_some();
        if watches { Transition::Watch } else { Transition::Start }
    }

    /// Nothing can be leased: where more may come, and nothing is pending, the migration only watches.
    pub(crate) async fn rest(&self) -> Result<(), CheckpointError> {
        let mut state = self.state.lock().await;
        let Ok(to) = next_state(*state, Transition::CaughtUp) else { return Ok(()) };
        if !self.lanes.more_may_come() || self.checkpoint.balance().await?.pending > 0 {
            return Ok(());
        }
        self.enter(&mut state, to).await
    }

    /// Something was leased: a migration that only watched is at work again.
    pub(crate) async fn wake(&self) -> Result<(), CheckpointError> {
        let mut state = self.state.lock().await;
        match next_state(*state, Transition::Arrived) {
            Ok(to) => self.enter(&mut state, to).await,
            Err(_) => Ok(()),
        }
    }

    async fn enter(&self, state: &mut State, to: State) -> Result<(), CheckpointError> {
        self.checkpoint.set_state(to, None, &[EventKind::StateChanged { from: *state, to }]).await?;
        *state = to;
        self.show(to, None);
        Ok(())
    }

    /// Does something that must not cross with a step. Gives it the state.
    pub(crate) async fn between_steps<T>(
        &self,
        work: impl AsyncFnOnce(State) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let state = self.state.lock().await;
        work(*state).await
    }

    /// Waits that long, but no longer than the migration is waiting.
    pub(crate) async fn leaves_waiting(&self, wait: Duration) {
        let mut states = self.states();
        let left = states.wait_for(|state| *state != State::Waiting);
        let _ = tokio::time::timeout(wait, left).await;
    }

    /// A step that must happen in memory although the checkpoint cannot be written. The file still
    /// says what it said before; the next one who opens it puts that right.
    pub(crate) async fn step_unrecorded(&self, to: State, outage: Option<Outage>) {
        let mut state = self.state.lock().await;
        *state = to;
        self.show(to, outage);
    }

    fn show(&self, state: State, outage: Option<Outage>) {
        self.live.set_state(state, outage);
        self.progress.send_replace(self.picture());
        self.states.send_replace(state);
    }

    /// Gives the plan or run that starts now an intake of its own.
    pub(crate) fn open_intake(&self) -> Arc<IntakeSwitch> {
        let intake = Arc::new(IntakeSwitch::new());
        *lock(&self.intake) = Arc::clone(&intake);
        intake
    }

    pub(crate) fn close_intake(&self, to: Intake) {
        lock(&self.intake).close(to);
    }

    /// Changes the job: commits it with the events that tell of it, then puts it in force.
    pub(crate) async fn change_job(&self, by: Actor, change: impl FnOnce(&mut JobSpec)) -> Result<(), Error> {
        // The state's lock, so that two changes never cross.
        let _steady = self.state.lock().await;
        let before = self.job();
        let mut job = before.clone();
        change(&mut job);
        if job == before {
            return Ok(());
        }
        let limits = job.limits.checked()?;
        job.control.checked()?;
        // The autopilot tells of its own changes, with their reasons.
        let events = if by == Actor::Autopilot { Vec::new() } else { settings::events(by, &before, &job) };
        self.checkpoint.set_job(&job, &events).await?;
        self.controls.apply(&job);
        *lock(&self.job) = job;
        self.live.set_limits(limits);
        self.progress.send_replace(self.picture());
        Ok(())
    }
}

impl Session {
    /// Sets, or takes back, when the run pauses by itself (milliseconds since 1970).
    pub(crate) async fn set_pause_at(&self, at_ms: Option<i64>) -> Result<(), CheckpointError> {
        if self.live.pause_at_ms() == at_ms {
            return Ok(());
        }
        self.checkpoint.add_event(&EventKind::PauseSet { at_ms }).await?;
        self.live.set_pause_at(at_ms);
        self.progress.send_replace(self.picture());
        Ok(())
    }

    /// Lets what is in flight end, then waits.
    pub(crate) async fn pause(&self, also: &[EventKind]) -> Result<(), Error> {
        let outage = self.picture().outage;
        self.step(Transition::Pause, outage, also).await?;
        self.close_intake(Intake::Closed);
        Ok(())
    }

    /// Pauses when the time for it has come. A run that rests by then needs no pause any more.
    async fn pause_when_due(&self) {
        if self.live.pause_at_ms().is_none_or(|at_ms| now_ms() < at_ms) {
            return;
        }
        // A run that is still being planned may begin after the moment has come.
        if self.state() == State::Planning {
            return;
        }
        if self.state().goes_on()
            && let Err(error) = self.pause(&[EventKind::PauseDue]).await
        {
            // A checkpoint that cannot be written is an outage already.
            tracing::warn!(%error, "the pause that is due waits");
            self.live.set_pause_at(Some(now_ms() + PAUSE_AGAIN_MS));
            return;
        }
        self.live.set_pause_at(None);
    }
}

/// What an outage failure tells the person.
pub(crate) fn outage_of(away: &Away) -> Outage {
    Outage {
        category: away.failure.category,
        message: away.failure.message.clone(),
        advice: away.failure.category.advice().to_owned(),
        what: away.failure.why.clone(),
        since_ms: away.since_ms,
        next_probe_ms: None,
        probes: 0,
    }
}

/// Tells progress while something is at work. Ends with the session.
async fn tick(session: std::sync::Weak<Session>) {
    let mut interval = tokio::time::interval(TICK);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        let Some(session) = session.upgrade() else { return };
        session.pause_when_due().await;
        if session.state().is_active() {
            session.progress.send_replace(session.picture());
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
