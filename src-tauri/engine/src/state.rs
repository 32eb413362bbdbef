//! The state of a migration, and the one function that changes it.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Where a migration stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Sources and destination are set; nothing was looked at yet.
    New,
    /// The sources are being walked.
    Planning,
    /// The plan is complete; nothing moves.
    Ready,
    /// Batches go through the streams.
    Running,
    /// Nothing is pending; the sources are watched for files that arrive.
    Watching,
    /// A volume or a service is away; the run goes on by itself when it is there again.
    Waiting,
    /// No new record starts; those in flight end.
    Pausing,
    /// Waits for the person.
    Paused,
    /// Records in flight are cut off and given back.
    Stopping,
    /// Ended before its end; can go on at any time.
    Stopped,
    /// Every record has its outcome.
    Finished,
}

/// What can happen to a migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Transition {
    /// Walk the sources (again).
    Plan,
    /// The walk is complete.
    PlanComplete,
    /// The walk was given up; what it found is dropped.
    PlanCancelled,
    /// Start, or go on.
    Start,
    /// Start, or go on, with watched sources: also where everything found before has its outcome.
    Watch,
    /// Nothing is pending, but more may arrive.
    CaughtUp,
    /// Something is pending again.
    Arrived,
    /// Let what is in flight end, then wait.
    Pause,
    /// Cut off what is in flight, then wait.
    Stop,
    /// The streams of the last batch have ended.
    Drained,
    /// A volume or service is away: let what is in flight end, then wait until it is there again.
    Outage,
    /// It is there again.
    Recovered,
    /// No record is pending any more.
    Complete,
    /// Failed records go back to pending.
    Reprocess,
    /// The program that ran it ended without saying so.
    FoundDead,
}

/// A change of state that makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a migration that is {from:?} cannot take the step {by:?}")]
pub struct IllegalMove {
    /// The state it was in.
    pub from: State,
    /// What was asked.
    pub by: Transition,
}

/// The state after `by`, or a refusal. Pure: everything that may happen to a migration is here.
pub fn next_state(from: State, by: Transition) -> Result<State, IllegalMove> {
    use State::*;
    use Transition as T;
    match (from, by) {
        (New | Ready, T::Plan) => Ok(Planning),
        (Planning, T::PlanComplete) => Ok(Ready),
        (Planning, T::PlanCancelled) => Ok(New),
        (Ready | Paused | Stopped, T::Start) => Ok(Running),
        (Ready | Paused | Stopped | Finished, T::Watch) => Ok(Running),
        (Running, T::CaughtUp) => Ok(Watching),
        (Watching, T::Arrived) => Ok(Running),
        (Running | Watching | Waiting, T::Outage) => Ok(Waiting),
        (Waiting, T::Recovered) => Ok(Running),
        (Running | Watching | Waiting, T::Pause) => Ok(Pausing),
        (Pausing | Stopping, T::Outage) => Ok(from),
        (Running | Watching | Waiting | Pausing, T::Stop) => Ok(Stopping),
        (Paused, T::Stop) => Ok(Stopped),
        (Pausing, T::Drained) => Ok(Paused),
        (Stopping, T::Drained) => Ok(Stopped),
        (Running | Watching | Waiting | Pausing | Stopping, T::Complete) => Ok(Finished),
        (Finished, T::Reprocess) => Ok(Ready),
        (Ready | Running | Watching | Waiting | Paused | Stopped, T::Reprocess) => Ok(from),
        (Planning, T::FoundDead) => Ok(New),
        (Running | Watching | Waiting | Pausing | Stopping, T::FoundDead) => Ok(Stopped),
        (New | Ready | Paused | Stopped | Finished, T::FoundDead) => Ok(from),
        _ => Err(IllegalMove { from, by }),
    }
}

impl State {
    /// Whether a task of the engine is at work in this state.
    pub const fn is_active(self) -> bool {
        self.goes_on() || matches!(self, Self::Planning | Self::Pausing | Self::Stopping)
    }

    /// Whether the run is on, at work or until something comes or comes back: nobody has paused or stopped
    /// it.
    pub const fn goes_on(self) -> bool {
        matches!(self, Self::Running | Self::Watching | Self::Waiting)
    }

    /// The word that scripts and the checkpoint use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Planning => "planning",
            Self::Ready => "ready",
            Self::Running => "running",
            Self::Watching => "watching",
            Self::Waiting => "waiting",
            Self::Pausing => "pausing",
            Self::Paused => "paused",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Finished => "finished",
        }
    }
}
