//! A record: one file reference, and what became of it.

mod objects;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

use crate::failure::{Category, Class, Stage, Why};
use crate::spec::HashAlgorithm;
use crate::upload::Upload;

pub(crate) use objects::Objects;

/// Number of a record within its migration, in the order in which the planner found it, from 1.
pub type RecordId = i64;

/// Number of a batch within its migration, from 1. A lease is named by the batch that holds it.
pub type BatchId = i64;

/// Number of a group of records that are delivered together or failed together.
pub(crate) type GroupId = i64;

/// Which way a record goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// The run itself.
    #[default]
    Main,
    /// Failed records that are reprocessed while the run goes on.
    Recovery,
    /// Records that hung: tried again aside, with few places, so that nobody waits for them.
    Aside,
}

impl Lane {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Main, Self::Recovery, Self::Aside];

    /// The number that the checkpoint stores.
    pub(crate) const fn code(self) -> i64 {
        self as i64
    }

    /// The lane with this number; an unknown one is the run's own.
    pub(crate) fn of(code: u64) -> Self {
        Self::ALL.get(code as usize).copied().unwrap_or_default()
    }
}

/// Where a record stands. `Pending` and `Leased` count as pending in the balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RecordState {
    /// Waits for its batch.
    Pending,
    /// Handed to a stream.
    Leased,
    /// Bytes are durable under the final name and proven to the record's evidence level.
    Delivered,
    /// Could not be delivered; see its category.
    Failed,
    /// Was there already, proven identical.
    Skipped,
    /// Left out by a stated policy.
    Excluded,
}

impl RecordState {
    /// The number that the checkpoint stores.
    pub(crate) const fn code(self) -> i64 {
        match self {
            Self::Pending => 0,
            Self::Leased => 1,
            Self::Delivered => 2,
            Self::Failed => 3,
            Self::Skipped => 4,
            Self::Excluded => 5,
        }
    }

    /// The state of a number that the checkpoint stores.
    pub(crate) fn of(code: i64) -> Self {
        let all = [Self::Pending, Self::Leased, Self::Delivered, Self::Failed, Self::Skipped, Self::Excluded];
        all.into_iter().find(|state| state.code() == code).unwrap_or(Self::Pending)
    }

    /// The word of the balance for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending | Self::Leased => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Excluded => "excluded",
        }
    }
}

/// What was proven of a delivered record, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// The destination holds as many bytes as the source.
    Size,
    /// The hash of the bytes that went out is known.
    Written,
    /// So it is, and the service that keeps them computed a checksum of what arrived, which is ours; or, where
    /// it made the copy by itself, that of the source.
    RemoteChecksum,
    /// The bytes were read again from the destination and hash to the same value.
    ReadBack,
}

impl Evidence {
    /// The evidence of a word of the checkpoint.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        [Self::Size, Self::Written, Self::RemoteChecksum, Self::ReadBack]
            .into_iter()
            .find(|evidence| evidence.word() == word)
    }

    /// The word that the checkpoint and the reports use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Size => "size",
            Self::Written => "written",
            Self::RemoteChecksum => "remote_checksum",
            Self::ReadBack => "read_back",
        }
    }
}

/// A content hash: its algorithm and its value in lower-case hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ContentHash {
    /// How it was computed.
    pub algorithm: HashAlgorithm,
    /// The value in lower-case hexadecimal.
    pub hex: String,
}

impl ContentHash {
    /// `algorithm:hexadecimal`, as the checkpoint and the reports have it.
    pub fn stored(&self) -> String {
        format!("{}:{}", self.algorithm.word(), self.hex)
    }

    /// Reads it back from `algorithm:hexadecimal`.
    pub(crate) fn parse(stored: &str) -> Option<Self> {
        let (word, hex) = stored.split_once(':')?;
        let algorithm = HashAlgorithm::ALL.into_iter().find(|algorithm| algorithm.word() == word)?;
        Some(Self { algorithm, hex: hex.to_owned() })
    }
}

/// A record as a stream holds it: enough to find the file, nothing of the database.
#[derive(Debug, Clone, Default)]
pub(crate) struct LeasedRecord {
    pub(crate) id: RecordId,
    /// Which of the job's sources it belongs to, from 0.
    pub(crate) source: usize,
    /// Path below that source; empty where the source is the file itself.
    pub(crate) path: RawPath,
    /// Bytes, as the planner saw them.
    pub(crate) size: u64,
    /// A run that died held this record: its target may already be there.
    pub(crate) interrupted: bool,
    /// Attempts that ended so far: tells this one from those before it.
    pub(crate) attempts: u32,
    /// Tries so far, counted from zero again whenever the record is reprocessed.
    pub(crate) tries: u32,
    /// Whose fate it shares. None: nobody's.
    pub(crate) group: Option<GroupId>,
    /// Where the plan or an earlier attempt put it, below the destination. None: nothing is decided, or
    /// it mirrors its source.
    pub(crate) mapped: Option<RawPath>,
    /// The catalogue's row that names it, as a spreadsheet counts. None: a folder holds it.
    pub(crate) row: Option<u64>,
    /// Its own number or name there.
    pub(crate) external_id: Option<String>,
    /// What the catalogue says that the bytes must hash to.
    pub(crate) checksum: Option<ContentHash>,
    /// What a catalogue or a person says of it.
    pub(crate) fields: Map<String, Value>,
    /// Results of steps that need not be done again, by step.
    pub(crate) done: BTreeMap<String, Value>,
    /// What an earlier attempt has uploaded of it in parts.
    pub(crate) upload: Option<Upload>,
}

/// A step's result, kept so that a later failure never repeats the step.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StepResult {
    pub(crate) record: RecordId,
    pub(crate) step: String,
    pub(crate) result: Value,
}

impl StepResult {
    /// The name of the step by which a record gets its target in the run: kept before a byte is written.
    pub(crate) const MAPPED: &'static str = "mapped";

    /// A step that no longer counts: what is kept of it is removed.
    pub(crate) fn forgotten(record: RecordId, step: &str) -> Self {
        Self { record, step: step.to_owned(), result: Value::Null }
    }
}

/// What a delivered file is: the result of the step [`Copied::STEP`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Copied {
    pub(crate) bytes: u64,
    /// Below the destination, in hexadecimal; None: it mirrors its source.
    pub(crate) target: Option<String>,
    pub(crate) hash: Option<ContentHash>,
    pub(crate) evidence: Evidence,
}

impl Copied {
    /// The name of its step.
    pub(crate) const STEP: &'static str = "copied";
}

/// A relative path as the file system spells it: raw bytes with `/` between the parts.
///
/// On Unix these are the bytes of the name; on Windows they are its UTF-8 (names that are no
/// Unicode cannot be held there and fail as `name_unsupported`).
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RawPath(pub Vec<u8>);

impl RawPath {
    /// The last part of the path.
    pub fn file_name(&self) -> &[u8] {
        self.0.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
    }

    /// The path with `name` appended.
    pub fn join(&self, name: &RawPath) -> RawPath {
        if self.0.is_empty() {
            return name.clone();
        }
        if name.0.is_empty() {
            return self.clone();
        }
        RawPath([self.0.as_slice(), b"/", name.0.as_slice()].concat())
    }
}

impl fmt::Debug for RawPath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:?}", show_bytes(&self.0))
    }
}

impl fmt::Display for RawPath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&show_bytes(&self.0))
    }
}

/// Bytes in lower-case hexadecimal: how they travel through JSON, which holds no raw bytes.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]])
        .map(char::from)
        .collect()
}

/// The bytes of a text in hexadecimal, or None where it is none.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let byte = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    (0..text.len()).step_by(2).map(byte).collect()
}

/// A name as text that is safe to show anywhere: control characters and bytes that are no UTF-8
/// appear as `\n`, `\t`, `\u{1b}` or `\xff`, a backslash as `\\`; direction marks are spelt out, so
/// that a name cannot pose as another.
pub fn show_bytes(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for char in chunk.valid().chars() {
            match char {
                '\\' => shown.push_str("\\\\"),
                char if char.is_control() || is_direction_mark(char) => shown.extend(char.escape_default()),
                char => shown.push(char),
            }
        }
        for byte in chunk.invalid() {
            shown.push_str(&format!("\\x{byte:02x}"));
        }
    }
    shown
}

/// A text that came from elsewhere as one that is safe to show anywhere; see [`show_bytes`]. Backslashes and
/// line breaks stay, because it is not read back.
pub fn show_text(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\n' | '\t' => shown.push(char),
            char if char.is_control() || is_direction_mark(char) => shown.extend(char.escape_default()),
            char => shown.push(char),
        }
    }
    shown
}

/// The bytes that [`show_bytes`] showed so. None: a backslash that stands for nothing.
pub(crate) fn read_shown(shown: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(shown.len());
    let mut rest = shown;
    while let Some(at) = rest.find('\\') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        let escape = &rest[at + 1..];
        let mut char = [0; 4];
        let taken = match escape.as_bytes().first()? {
            b'x' => {
                bytes.push(u8::from_str_radix(escape.get(1..3)?, 16).ok()?);
                3
            }
            b'u' => {
                let end = escape.find('}')?;
                let code = u32::from_str_radix(escape.get(1..end)?.strip_prefix('{')?, 16).ok()?;
                bytes.extend_from_slice(char::from_u32(code)?.encode_utf8(&mut char).as_bytes());
                end + 1
            }
            plain => {
                bytes.push(match plain {
                    b'\\' => b'\\',
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    _ => return None,
                });
                1
            }
        };
        rest = &escape[taken..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    Some(bytes)
}

fn is_direction_mark(char: char) -> bool {
    matches!(char, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

/// What became of a leased record in one attempt.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub(crate) id: RecordId,
    /// Bytes that went to the destination (delivered) or that are there already (skipped).
    pub(crate) bytes: u64,
    /// How long the attempt took, in milliseconds.
    pub(crate) took_ms: u64,
    pub(crate) kind: OutcomeKind,
}

/// The kinds of outcome. `Later` and `Returned` cost no attempt.
#[derive(Debug, Clone)]
pub(crate) enum OutcomeKind {
    Delivered {
        /// Below the destination; None: it mirrors its source.
        target: Option<RawPath>,
        hash: Option<ContentHash>,
        evidence: Evidence,
    },
    Skipped {
        target: Option<RawPath>,
        hash: Option<ContentHash>,
        reason: &'static str,
    },
    Failed(Failure),
    /// Failed, and goes back to pending until its next try is due.
    Retry {
        failure: Failure,
        wait: Duration,
        /// It hung, so it goes onto [`Lane::Aside`].
        hung: bool,
    },
    /// Goes back to pending untried: its service takes no retry at this moment.
    Later {
        wait: Duration,
    },
    /// Goes back to pending untouched.
    Returned,
}

/// Why an attempt failed: where, of which kind, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The stage that could not go on.
    pub stage: Stage,
    /// Why.
    pub category: Category,
    /// What was tried, on what, and what the system said.
    pub message: String,
    /// The service that was asked: its scheme, host and port.
    pub endpoint: Option<Arc<str>>,
    /// The service's answer, if there was one.
    pub http_status: Option<u16>,
    /// How long the service asks us to wait, if it does.
    pub retry_after: Option<Duration>,
    /// What the message tells, as a value. None: there are only the words.
    pub why: Option<Box<Why>>,
}

impl Failure {
    /// A failure that has nothing to do with a service.
    pub fn new(stage: Stage, category: Category, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { stage, category, message, endpoint: None, http_status: None, retry_after: None, why: None }
    }

    /// A failure that is told by a value.
    pub(crate) fn of(stage: Stage, category: Category, why: Why) -> Self {
        let message = why.to_string();
        Self { why: Some(Box::new(why)), ..Self::new(stage, category, message) }
    }

    /// Whether trying again can help.
    pub fn class(&self) -> Class {
        self.category.class()
    }
}

/// The reconciliation: `found = delivered + failed + skipped + excluded + pending`, always.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Balance {
    /// Records that the sources hold.
    pub found: u64,
    /// Durable at the destination and verified as stated.
    pub delivered: u64,
    /// Could not be delivered.
    pub failed: u64,
    /// There already, identical.
    pub skipped: u64,
    /// Left out by policy.
    pub excluded: u64,
    /// Not tried yet, or handed to a stream at this moment.
    pub pending: u64,
    /// Bytes of all records that are not excluded, as planned.
    pub bytes_total: u64,
    /// Bytes of the delivered records.
    pub bytes_delivered: u64,
    /// Bytes of the skipped records.
    pub bytes_skipped: u64,
    /// Bytes of the failed records, as planned.
    pub bytes_failed: u64,
    /// Outcomes recorded so far, reprocessed ones counted each time.
    pub attempts: u64,
    /// Attempts beyond a record's first.
    pub retries: u64,
    /// Answers by which services asked us to slow down.
    #[serde(default)]
    pub throttled: u64,
}

impl Balance {
    /// Whether every record found is accounted for.
    pub fn holds(&self) -> bool {
        self.found == self.delivered + self.failed + self.skipped + self.excluded + self.pending
    }

    /// Bytes whose outcome is still open.
    pub fn bytes_pending(&self) -> u64 {
        self.bytes_total
            .saturating_sub(self.bytes_delivered)
            .saturating_sub(self.bytes_skipped)
            .saturating_sub(self.bytes_failed)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hostile_names_are_shown_harmless_and_distinct() {
        assert_eq!(show_bytes(b"a\nb\x1b[31m\xff"), "a\\nb\\u{1b}[31m\\xff");
        assert_eq!(show_bytes("photo\u{202e}gpj.exe".as_bytes()), "photo\\u{202e}gpj.exe");
        assert_eq!(show_bytes("Zürich – 映画.mov".as_bytes()), "Zürich – 映画.mov");
        assert_ne!(show_bytes(b"a\\xff"), show_bytes(b"a\xff"));
    }

    proptest! {
        #[test]
        fn what_is_shown_can_be_read_again(bytes: Vec<u8>, text in "[\\\\xu{}nft0-9\u{202e}\n]{0,12}") {
            prop_assert_eq!(read_shown(&show_bytes(&bytes)).unwrap(), bytes);
            prop_assert_eq!(read_shown(&show_bytes(text.as_bytes())).unwrap(), text.as_bytes());
            let _ = read_shown(&text);
        }
    }
}
