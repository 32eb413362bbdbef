//! What the engine tells: durable events (numbered, never dropped, replayable from a number) and
//! progress (latest wins, at most ten a second).

use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use crate::control::autopilot::{Knob, Reason, Turn};
pub use crate::watch::{Polling, Unheard};

use crate::advisor::Advice;
use crate::failure::{Category, Why};
use crate::metrics::{Part, Sample, StepLatency, TimeLeft};
use crate::preflight::if_known;
use crate::record::{Balance, BatchId, Lane, RecordId};
use crate::spec::Limits;
use crate::state::State;

/// A durable event: kept in the checkpoint before anybody hears of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Event {
    /// Its number, from 1, without gaps.
    pub seq: i64,
    /// When, in milliseconds since 1970 (UTC).
    pub at_ms: i64,
    /// Whose doing it is.
    pub by: Actor,
    /// What happened.
    pub what: EventKind,
}

/// What a durable event tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EventKind {
    /// The migration took a step.
    StateChanged {
        /// The state before.
        from: State,
        /// The state now.
        to: State,
    },
    /// The plan is complete.
    Planned {
        /// What the sources hold.
        balance: Balance,
    },
    /// A batch was leased and split over the streams.
    BatchStarted {
        /// Its number.
        batch: BatchId,
        /// Which way it goes.
        #[serde(default)]
        lane: Lane,
        /// Records in it.
        records: u64,
        /// Bytes in it, as planned.
        bytes: u64,
        /// Streams it was split over.
        streams: u32,
    },
    /// All streams of a batch have ended, and every outcome is durable.
    BatchEnded {
        /// How it went.
        batch: BatchSummary,
    },
    /// Records failed. Their details are in the failures.
    RecordsFailed {
        /// The batch.
        batch: BatchId,
        /// Which records (the outcomes of one commit, so at most a few hundred).
        records: Vec<RecordId>,
    },
    /// Somebody changed the limits.
    LimitsChanged {
        /// Who.
        #[serde(default)]
        by: Actor,
        /// The limits before.
        from: Limits,
        /// The limits now.
        to: Limits,
    },
    /// Somebody changed something else of the job.
    SettingsChanged {
        /// Who.
        by: Actor,
        /// What; never empty.
        changes: Vec<SettingChange>,
    },
    /// A person set, or took back, when the run is to pause next.
    PauseSet {
        /// When, in milliseconds since 1970 (UTC). None: taken back.
        at_ms: Option<i64>,
    },
    /// The time for which a pause was set has come.
    PauseDue,
    /// The autopilot turned a knob.
    AutopilotChanged {
        /// Which one, in words.
        knob: String,
        /// The value before.
        from: u32,
        /// The value now.
        to: u32,
        /// Why, in a sentence.
        reason: String,
        /// Both as values, for whoever says them in another language. None: an earlier version, or a
        /// later one, wrote it down; then there are the words.
        #[serde(default, deserialize_with = "if_known")]
        what: Option<Turn>,
    },
    /// A volume or service went away; the run drains and waits.
    OutageBegan {
        /// What is missing, and what to do.
        outage: Outage,
    },
    /// The outage is over; the run goes on.
    OutageEnded {
        /// What was missing.
        category: Category,
        /// How long, in seconds.
        lasted_s: u64,
        /// Looks that were taken.
        probes: u32,
        /// Attempts that were not counted because the outage had spoiled them.
        refunded: u64,
    },
    /// The checkpoint could be written again.
    CheckpointWritable,
    /// A folder without files could not be made at the destination.
    FolderFailed {
        /// The folder, safe to show.
        path: String,
        /// What the system said.
        message: String,
    },
    /// Failed records went back to pending.
    Reprocessed {
        /// How many.
        records: u64,
        /// Which way they go.
        #[serde(default)]
        lane: Lane,
    },
    /// A person changed failed records.
    Amended {
        /// How many.
        records: u64,
    },
    /// A person left failed records as they are.
    Left {
        /// How many.
        records: u64,
    },
    /// A person took up again what was left.
    TakenUp {
        /// How many.
        records: u64,
    },
    /// The catalogue that the job asks for was written.
    CatalogueWritten {
        /// The file.
        file: String,
        /// Records in it.
        records: u64,
    },
    /// It could not be written.
    CatalogueFailed {
        /// The file.
        file: String,
        /// What the system said.
        message: String,
    },
    /// The system does not tell of changes in the watched folders; they are listed often instead.
    WatchPolls {
        /// Why, and how often.
        message: String,
        /// The same as a value, for whoever says it in another language. None: an earlier version, or a later
        /// one, wrote it down; then there are the words.
        #[serde(default, deserialize_with = "if_known")]
        what: Option<Polling>,
    },
    /// The run that held the leases ended without saying so; its records went back to pending.
    LeasesReleased {
        /// How many.
        records: u64,
    },
}

/// Who changed something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// A person, in the window or at the command line.
    #[default]
    Person,
    /// The job file: it says something else than it did.
    JobFile,
    /// The autopilot.
    Autopilot,
    /// The run itself.
    Engine,
}

impl EventKind {
    /// Whose doing it is.
    pub(crate) fn by(&self) -> Actor {
        match self {
            Self::LimitsChanged { by, .. } | Self::SettingsChanged { by, .. } => *by,
            Self::AutopilotChanged { .. } => Actor::Autopilot,
            Self::PauseSet { .. } | Self::Reprocessed { .. } | Self::Amended { .. } | Self::Left { .. } => {
                Actor::Person
            }
            // A pilot pauses by itself too, but somebody asked for it.
            Self::StateChanged { from, to } => match (from, to) {
                (_, State::Pausing | State::Stopping | State::Planning) => Actor::Person,
                (
                    State::Ready | State::Paused | State::Stopped | State::Finished,
                    State::Running | State::Watching,
                ) => Actor::Person,
                _ => Actor::Engine,
            },
            _ => Actor::Engine,
        }
    }
}

/// One setting that was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SettingChange {
    /// Its place in the job file: `control.bandwidth`, `endpoints."https://dam.example".rate`.
    pub setting: String,
    /// What it was, as JSON, at most a line of it. None: it was not there, or it is too large to tell.
    pub from: Option<String>,
    /// What it is now, likewise.
    pub to: Option<String>,
}

/// A volume or a service that is away as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Outage {
    /// Which kind.
    pub category: Category,
    /// What was tried, and what the system said.
    pub message: String,
    /// What the person can do.
    pub advice: String,
    /// When it began, in milliseconds since 1970 (UTC).
    #[serde(default)]
    pub since_ms: i64,
    /// When the next look is taken whether it is over, in milliseconds since 1970 (UTC).
    #[serde(default)]
    pub next_probe_ms: Option<i64>,
    /// Looks taken so far.
    #[serde(default)]
    pub probes: u32,
    /// What the message tells, for whoever says it in another language. None: an earlier version, or a later
    /// one, wrote it down; then there are the words.
    #[serde(default, deserialize_with = "if_known")]
    pub what: Option<Box<Why>>,
}

/// How one batch went: what the rhythm strip draws.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct BatchSummary {
    /// Its number.
    pub id: BatchId,
    /// Start, in milliseconds since 1970 (UTC).
    pub started_ms: i64,
    /// When the barrier fell, in milliseconds since 1970 (UTC).
    pub ended_ms: i64,
    /// Each stream's part.
    pub streams: Vec<StreamSummary>,
}

/// One stream's part of a batch.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct StreamSummary {
    /// Records that it was given.
    pub records: u64,
    /// Bytes that it was given, as planned.
    pub bytes: u64,
    /// Its outcomes so far.
    pub delivered: u64,
    /// Its failures so far.
    pub failed: u64,
    /// Its skipped records so far.
    pub skipped: u64,
    /// Failed for now, and waiting for their next try.
    #[serde(default)]
    pub retried: u64,
    /// Given back untouched (pause, stop or outage).
    pub returned: u64,
    /// When its last record ended, in milliseconds since 1970 (UTC). From here to the batch's end
    /// it stood idle at the barrier.
    pub ended_ms: Option<i64>,
    /// The record that ended last: where the other streams waited for this one, its straggler.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub last: Option<String>,
}

impl StreamSummary {
    /// Records whose processing has ended.
    pub fn done(&self) -> u64 {
        self.delivered + self.failed + self.skipped + self.retried + self.returned
    }
}

/// The picture of this moment. Latest wins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Progress {
    /// When it was taken, in milliseconds since 1970 (UTC).
    pub at_ms: i64,
    /// The migration's state.
    pub state: State,
    /// What is recorded, and, while planning, what was found so far.
    pub balance: Balance,
    /// The limits in force. Batch size and streams apply from the next batch on.
    pub limits: Limits,
    /// Records in flight at this moment.
    pub in_flight: u32,
    /// Bytes that moved since this program started the run, live.
    pub bytes_moved: u64,
    /// The latest throughput sample, one a second while running.
    pub sample: Option<Sample>,
    /// How long the rest will take.
    pub time_left: Option<TimeLeft>,
    /// The batch that runs.
    pub batch: Option<LiveBatch>,
    /// The batch on the recovery lane.
    pub recovery: Option<LiveBatch>,
    /// Records that hung before, and are tried again aside.
    pub aside: Option<LiveBatch>,
    /// Records that may be in flight at this moment; the autopilot may have set it.
    pub concurrency: u32,
    /// The services that are asked.
    pub services: Vec<ServiceStatus>,
    /// The program that describes files, if the job has one, shown like a service: each request is
    /// a process, and what failed is a file without a description.
    pub describing: Option<ServiceStatus>,
    /// Why the run waits, if an outage stopped it.
    pub outage: Option<Outage>,
    /// What holds the run back, if anything does.
    pub advice: Option<Advice>,
    /// Files in watched folders that are not complete yet, as the last listing showed them. They count as
    /// found once they are.
    pub arriving: u64,
    /// The stages and what the time is spent on, in the order of the way.
    pub parts: Vec<PartStatus>,
    /// When the run pauses by itself, in milliseconds since 1970 (UTC).
    pub pause_at_ms: Option<i64>,
}

/// One part of the work on this computer at this moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PartStatus {
    /// Which one.
    pub part: Part,
    /// Records in it. None: it is no stage, but a piece of one.
    pub in_flight: Option<u32>,
    /// How often it was done since the start of the run.
    pub done: u64,
    /// Half of the latest took no longer than this (milliseconds).
    pub p50_ms: u64,
    /// 95 of 100 took no longer than this (milliseconds).
    pub p95_ms: u64,
}

/// One service at this moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ServiceStatus {
    /// Scheme, host and port.
    pub name: String,
    /// Requests in flight.
    pub in_flight: u32,
    /// Requests that may be in flight.
    pub concurrency: u32,
    /// Records that wait for their turn.
    pub waiting: u64,
    /// Requests sent since the start of the run.
    pub requests: u64,
    /// Those of them that repeated a failed one.
    pub retries: u64,
    /// Answers that asked us to slow down.
    pub throttled: u64,
    /// Requests that failed on the service's side or on the way.
    pub failed: u64,
    /// Whether it is taken to be away.
    pub is_away: bool,
    /// Latencies by step.
    pub latencies: Vec<StepLatency>,
}

/// The batch that runs at this moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct LiveBatch {
    /// Its number.
    pub id: BatchId,
    /// Start, in milliseconds since 1970 (UTC).
    pub started_ms: i64,
    /// Each stream's part so far.
    pub streams: Vec<LiveStream>,
}

/// One stream at this moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct LiveStream {
    /// Its counts so far.
    pub summary: StreamSummary,
    /// Records that it works on now: the one that it started first comes first; at most eight.
    pub active: Vec<ActiveRecord>,
}

/// A record that is being worked on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ActiveRecord {
    /// Its number.
    pub id: RecordId,
    /// Its path below its source, safe to show.
    pub path: String,
    /// What is being done: `ingest`, `describe`, `lookup:NAME`, `copy`, `register`.
    pub step: String,
    /// Its size in bytes.
    pub size: u64,
    /// Bytes read so far.
    pub done: u64,
    /// When its work began, in milliseconds since 1970 (UTC).
    pub since_ms: i64,
}
