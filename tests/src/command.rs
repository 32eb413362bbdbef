//! The headless command, as scripts meet it.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;
use serde_json::Value;

use crate::process::Running;
use crate::program;

/// Everything was delivered, or skipped or excluded by stated policy.
pub const COMPLETE: i32 = 0;
/// Wrong usage, or it could not start.
pub const REFUSED: i32 = 1;
/// Finished, but some records failed.
pub const WITH_FAILURES: i32 = 2;
/// Stopped before the end.
pub const STOPPED: i32 = 3;

/// The command with arguments, ready to start.
pub fn sluice(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    let mut command = Command::new(program("sluice"));
    command.args(args);
    command
}

/// Starts the command.
pub fn start(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Running {
    Running::start(sluice(args))
}

/// Runs the command to its end.
pub fn run(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Ended {
    start(args).ended()
}

/// How the command ended, and what it printed.
#[derive(Debug)]
pub struct Ended {
    /// Exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ended {
    /// Itself, if it ended with this code.
    ///
    /// # Panics
    /// When it ended in another way; shows what it printed.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        let Self { stdout, stderr, .. } = &self;
        assert_eq!(self.code, Some(code), "exit code; it printed:\n{stdout}\n{stderr}");
        self
    }

    /// The JSON that it printed.
    ///
    /// # Panics
    /// When standard output holds anything else.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| {
            panic!("standard output is no single JSON value: {error}\n{}", self.stdout)
        })
    }

    /// Asserts that it could not start and says why, in a message that holds each of `words`
    /// (lower case).
    #[track_caller]
    pub fn assert_refused(self, words: &[&str]) {
        let ended = self.expect(REFUSED);
        let message = ended.stderr.to_lowercase();
        for word in words {
            assert!(message.contains(word), "the message should hold {word:?}:\n{}", ended.stderr);
        }
        assert!(!message.contains("panicked"), "a refusal, not a crash:\n{}", ended.stderr);
    }
}

/// What `status --json` promises.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[expect(missing_docs, reason = "the words of the contract")]
pub struct Status {
    pub state: String,
    pub records: u64,
    pub delivered: u64,
    pub failed: u64,
    pub skipped: u64,
    pub excluded: u64,
    pub pending: u64,
    pub bytes_total: u64,
    pub bytes_delivered: u64,
    pub batches: u64,
    pub attempts: u64,
    pub retries: u64,
    pub throttled: u64,
    pub batch_size: u64,
    pub streams: u64,
    pub concurrency: u64,
}

impl Status {
    /// The status of a checkpoint.
    ///
    /// # Panics
    /// When the command fails, breaks its contract, or the balance does not hold.
    #[track_caller]
    pub fn of(checkpoint: &Path) -> Self {
        let ended =
            run([OsStr::new("status"), checkpoint.as_os_str(), OsStr::new("--json")]).expect(COMPLETE);
        let status: Self = serde_json::from_value(ended.json()).expect("the words of the contract");
        status.assert_balance();
        status
    }

    #[track_caller]
    fn assert_balance(&self) {
        let sum = self.delivered + self.failed + self.skipped + self.excluded + self.pending;
        assert_eq!(self.records, sum, "found = delivered + failed + skipped + excluded + pending: {self:?}");
    }
}

/// One record of `failures --json`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[expect(missing_docs, reason = "the words of the contract")]
pub struct Failure {
    pub id: i64,
    pub source: String,
    pub stage: String,
    pub category: String,
    pub class: String,
    pub attempts: u64,
    pub message: String,
    pub advice: String,
}

/// The failed records of a checkpoint.
///
/// # Panics
/// When the command fails or breaks its contract.
#[track_caller]
pub fn failures(checkpoint: &Path) -> Vec<Failure> {
    #[derive(Deserialize)]
    struct Failures {
        failures: Vec<Failure>,
    }
    let ended = run([OsStr::new("failures"), checkpoint.as_os_str(), OsStr::new("--json")]).expect(COMPLETE);
    serde_json::from_value::<Failures>(ended.json()).expect("the words of the contract").failures
}
