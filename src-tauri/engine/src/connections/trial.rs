//! A connection tried out: what works, what does not and why, and how long each step takes. What it
//! writes is one small file of its own, and is removed again.

use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use futures_util::TryStreamExt;
use reqwest::Client;
use reqwest::header::DATE;
use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;
use tokio::time::timeout;
use ts_rs::TS;
use uuid::Uuid;

use super::heard::Heard;
use crate::preflight::if_known;
use crate::record::RawPath;
use crate::storage::object::Stored;
use crate::storage::remote::fault::{Fault, FaultKind};
use crate::storage::remote::probe::long_ago;
use crate::storage::remote::{Mode, Place, Told};

/// Longest wait for a step.
const PATIENCE: Duration = Duration::from_secs(30);

/// Services refuse requests that are signed by a clock further off than this, in seconds (Amazon S3 API
/// Reference, `RequestTimeTooSkewed`).
const SKEW_MAX_S: i64 = 15 * 60;

/// Bytes that are written and read.
const SIZE: usize = 4096;

/// What a trial found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Trial {
    /// The place that was tried.
    pub place: String,
    /// The service: scheme, host and port.
    pub service: String,
    /// Every step, in order.
    pub steps: Vec<TrialStep>,
}

/// One step of a trial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TrialStep {
    /// What was tried.
    pub step: Step,
    /// What came of it.
    pub result: StepResult,
    /// What was found, or why it failed; safe to show.
    pub said: String,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// The same as a value, for whoever says it in another language.
    #[serde(default, deserialize_with = "if_known")]
    pub what: Option<Heard>,
}

/// What is tried, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The service answers at all.
    Reach,
    /// Its clock and ours agree.
    Clock,
    /// It knows us.
    SignIn,
    /// It lists what lies there.
    List,
    /// It takes a file.
    Write,
    /// It compares a checksum of its own with ours.
    Checksum,
    /// It refuses a name that is taken, so that two writers never replace each other unseen.
    Guard,
    /// It gives the same bytes back.
    Read,
    /// It keeps the time at which a file's content was made.
    Times,
    /// It removes the file.
    Delete,
}

/// What came of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum StepResult {
    /// It works.
    Ok,
    /// It does not.
    Failed,
    /// The service does not know it; a migration works without.
    NotSupported,
    /// A step before it failed.
    Skipped,
}

/// The steps that need a file of our own.
const WITH_A_FILE: [Step; 6] =
    [Step::Write, Step::Checksum, Step::Guard, Step::Read, Step::Times, Step::Delete];

impl Trial {
    /// Whether nothing failed.
    pub fn is_good(&self) -> bool {
        self.steps.iter().all(|step| step.result != StepResult::Failed)
    }

    /// Does a step, in bounds. Gives what it found.
    pub(super) async fn step<T>(
        &mut self,
        step: Step,
        work: impl Future<Output = (Came, Option<T>)>,
    ) -> Option<T> {
        let began = Instant::now();
        let late = |_| (failed(late()), None);
        let (came, found) = timeout(PATIENCE, work).await.unwrap_or_else(late);
        self.tell(step, came, began.elapsed());
        found
    }

    pub(super) fn tell(&mut self, step: Step, Came(result, heard): Came, took: Duration) {
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        self.steps.push(TrialStep { step, result, said: heard.to_string(), took_ms, what: Some(heard) });
    }

    pub(super) fn skip(&mut self, steps: &[Step]) {
        for step in steps {
            let came = Came(StepResult::Skipped, Heard::NotTried);
            self.tell(*step, came, Duration::ZERO);
        }
    }
}

/// What came of a step.
pub(super) struct Came(StepResult, Heard);

pub(super) fn ok(heard: Heard) -> Came {
    Came(StepResult::Ok, heard)
}

pub(super) fn failed(heard: impl Into<Heard>) -> Came {
    Came(StepResult::Failed, heard.into())
}

fn lacking(heard: Heard) -> Came {
    Came(StepResult::NotSupported, heard)
}

/// Tries a place out. `client`: for the one request that nobody signs.
pub(super) async fn run(place: &Place, client: &Client) -> Trial {
    let (shown, service) = (place.shown(&RawPath::default()), place.endpoint().to_string());
    let mut trial = Trial { place: shown, service, steps: Vec::new() };
    let Some(ahead) = trial.step(Step::Reach, reach(place.endpoint(), client)).await else {
        trial.skip(&[Step::Clock, Step::SignIn, Step::List]);
        trial.skip(&WITH_A_FILE);
        return trial;
    };
    trial.tell(Step::Clock, clock(ahead), Duration::ZERO);
    if list(&mut trial, place).await {
        with_a_file(&mut trial, place).await;
    } else {
        trial.skip(&WITH_A_FILE);
    }
    trial
}

/// Any answer will do. Finds how many seconds the service's clock is ahead of ours, if it tells.
pub(super) async fn reach(endpoint: &str, client: &Client) -> (Came, Option<Option<i64>>) {
    if !endpoint.starts_with("http") {
        let address = endpoint.split_once("://").map_or(endpoint, |(_, address)| address);
        return match TcpStream::connect(address).await {
            Ok(_) => (ok(Heard::Answers), Some(None)),
            Err(error) => (failed(no_answer(endpoint, &error)), None),
        };
    }
    let asked = SystemTime::now();
    match client.head(endpoint).send().await {
        Ok(answer) => {
            let date = answer.headers().get(DATE).and_then(|date| date.to_str().ok());
            let date = date.and_then(|date| httpdate::parse_http_date(date).ok());
            let ahead = date.map(|date| seconds_between(date, asked, SystemTime::now()));
            (ok(Heard::Answers), Some(ahead))
        }
        Err(error) => {
            let mut cause: &dyn std::error::Error = &error;
            while let Some(deeper) = cause.source() {
                cause = deeper;
            }
            (failed(no_answer(endpoint, cause)), None)
        }
    }
}

fn no_answer(from: &str, why: &dyn std::error::Error) -> Heard {
    Heard::NoAnswer { from: from.to_owned(), said: why.to_string() }
}

/// How far a date is outside the time between a question and its answer, in seconds. A date has whole
/// seconds, so one less is none.
fn seconds_between(date: SystemTime, asked: SystemTime, answered: SystemTime) -> i64 {
    let whole = |span: Duration| i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
    match (date.duration_since(answered), asked.duration_since(date)) {
        (Ok(ahead), _) => whole(ahead),
        (_, Ok(behind)) => -whole(behind),
        _ => 0,
    }
}

pub(super) fn clock(ahead: Option<i64>) -> Came {
    let told = |seconds: i64, too_far| match seconds {
        1.. => Heard::ClockAhead { seconds: seconds.unsigned_abs(), too_far },
        _ => Heard::ClockBehind { seconds: seconds.unsigned_abs(), too_far },
    };
    match ahead {
        None => lacking(Heard::NoTime),
        Some(0) => ok(Heard::ClocksAgree),
        Some(seconds) if seconds.abs() < SKEW_MAX_S => ok(told(seconds, false)),
        Some(seconds) => failed(told(seconds, true)),
    }
}

/// Signing in and listing are one request. Gives whether it makes sense to go on.
async fn list(trial: &mut Trial, place: &Place) -> bool {
    let began = Instant::now();
    let listed = timeout(PATIENCE, place.list(None)).await;
    let listed = listed.unwrap_or_else(|_| Err(Fault::new(FaultKind::Timeout, late().to_string())));
    let took = began.elapsed();
    let (signed_in, came, goes_on) = match listed {
        Ok(page) => {
            let heard = Heard::Files { files: page.entries.len() as u64, more: page.next.is_some() };
            (ok(Heard::KnowsUs), ok(heard), true)
        }
        Err(fault) => match fault.kind {
            FaultKind::Denied => (ok(Heard::KnowsUs), failed(fault.said), true),
            FaultKind::NoPlace => (ok(Heard::KnowsUs), failed(fault.said), false),
            // A server's folders are made when something is written to them.
            FaultKind::Missing if place.has_live_files() => {
                (ok(Heard::KnowsUs), ok(Heard::NoFolderYet), true)
            }
            _ => {
                trial.tell(Step::SignIn, failed(fault.said), took);
                trial.skip(&[Step::List]);
                return false;
            }
        },
    };
    trial.tell(Step::SignIn, signed_in, took);
    trial.tell(Step::List, came, took);
    goes_on
}

fn late() -> Heard {
    Heard::Late { waited_s: PATIENCE.as_secs() }
}

async fn with_a_file(trial: &mut Trial, place: &Place) {
    let name = RawPath(format!(".sluice-trial-{}", Uuid::new_v4().simple()).into_bytes());
    let Ok(key) = place.target(&name) else { return };
    let bytes: Vec<u8> = name.0.iter().copied().cycle().take(SIZE).collect();
    let Some((stored, mode)) = trial.step(Step::Write, write(place, &key, &bytes)).await else {
        // It may have arrived all the same; there is nobody to tell if it did not.
        let _ = timeout(PATIENCE, place.delete(&key)).await;
        trial.skip(&WITH_A_FILE[1..]);
        return;
    };
    let checksum = if stored.asserted { ok(Heard::SameChecksum) } else { lacking(Heard::NoChecksum) };
    trial.tell(Step::Checksum, checksum, Duration::ZERO);
    trial.step(Step::Guard, guard(place, &key, &bytes, mode)).await;
    trial.step(Step::Read, read(place, &key, &bytes)).await;
    trial.step(Step::Times, times(place, &key)).await;
    trial.step(Step::Delete, delete(place, &key)).await;
}

async fn put(place: &Place, key: &str, bytes: &[u8], mode: Mode) -> Result<Stored, Fault> {
    let told = Told { content_type: "application/octet-stream", modified: Some(long_ago()) };
    place.put(key, Bytes::copy_from_slice(bytes), &told, mode).await
}

/// Whether the file has the time that it was to have.
async fn times(place: &Place, key: &str) -> (Came, Option<()>) {
    let came = match place.look(key).await {
        Ok(looked) if looked.modified == Some(long_ago()) => ok(Heard::KeepsTimes),
        Ok(_) => lacking(Heard::LosesTimes),
        Err(fault) => failed(fault.said),
    };
    (came, None)
}

/// Writes a file, on the condition that the name is free if the service knows such a thing.
async fn write(place: &Place, key: &str, bytes: &[u8]) -> (Came, Option<(Stored, Mode)>) {
    let mut mode = Mode::Create;
    let mut stored = put(place, key, bytes, mode).await;
    if let Err(fault) = &stored
        && matches!(fault.kind, FaultKind::Unsupported | FaultKind::Rejected)
    {
        mode = Mode::Replace;
        stored = put(place, key, bytes, mode).await;
    }
    match stored {
        Ok(stored) => (ok(Heard::Wrote { bytes: SIZE as u64 }), Some((stored, mode))),
        Err(fault) => (failed(fault.said), None),
    }
}

async fn guard(place: &Place, key: &str, bytes: &[u8], mode: Mode) -> (Came, Option<()>) {
    if mode == Mode::Replace {
        return (lacking(Heard::Replaces), None);
    }
    let came = match put(place, key, bytes, Mode::Create).await {
        Err(fault) if fault.kind == FaultKind::Taken => ok(Heard::RefusesTaken),
        Ok(_) => lacking(Heard::Replaces),
        Err(fault) => failed(fault.said),
    };
    (came, None)
}

async fn read(place: &Place, key: &str, bytes: &[u8]) -> (Came, Option<()>) {
    let same = async {
        let (_, mut stream) = place.read(key, (0, None), None).await?;
        let mut left = bytes;
        while let Some(chunk) = stream.try_next().await? {
            match left.strip_prefix(chunk.as_ref()) {
                Some(rest) => left = rest,
                None => return Ok(false),
            }
        }
        Ok::<_, Fault>(left.is_empty())
    };
    let came = match same.await {
        Ok(true) => ok(Heard::SameBytes),
        Ok(false) => failed(Heard::OtherBytes),
        Err(fault) => failed(fault.said),
    };
    (came, None)
}

/// Removes the file, and looks whether it is gone.
async fn delete(place: &Place, key: &str) -> (Came, Option<()>) {
    let stays = |said| failed(Heard::Stays { key: key.to_owned(), said });
    let came = match place.delete(key).await {
        Err(fault) => stays(Some(fault.said)),
        Ok(()) => match place.look(key).await {
            Err(fault) if fault.kind == FaultKind::Missing => ok(Heard::Gone),
            // Whoever may not list learns of no missing file.
            Err(fault) if fault.kind == FaultKind::Denied => ok(Heard::SaidGone),
            Err(fault) => stays(Some(fault.said)),
            Ok(_) => stays(None),
        },
    };
    (came, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_right_within_the_time_that_the_answer_took() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_millis(seconds);
        assert_eq!(seconds_between(at(10_000), at(10_900), at(11_500)), 0, "whole seconds");
        assert_eq!(seconds_between(at(11_000), at(10_000), at(13_000)), 0, "it took three seconds");
        assert_eq!(seconds_between(at(20_000), at(10_000), at(13_000)), 7);
        assert_eq!(seconds_between(at(10_000), at(75_000), at(75_100)), -65);
    }

    #[test]
    fn a_clock_that_nobody_could_sign_in_with_fails() {
        let result = |ahead| clock(ahead).0;
        assert_eq!(result(None), StepResult::NotSupported);
        assert_eq!([result(Some(0)), result(Some(-899)), result(Some(899))], [StepResult::Ok; 3]);
        assert_eq!([result(Some(900)), result(Some(-3600))], [StepResult::Failed; 2]);
        assert_eq!(
            clock(Some(-3600)).1.to_string(),
            "the service's clock is 3600 s behind this computer's; set the clock, or nobody can sign in"
        );
    }
}
