//! What a plan found: shown before anything moves.

mod fact;
mod names;
mod paths;
mod places;
mod refusal;
mod services;
mod survey;
mod tools;
mod values;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use ts_rs::TS;

pub use fact::{CatalogueRemark, Fact, LeftOut};
pub use names::{NameChange, NameReason};
pub(crate) use paths::{check_catalogues, check_paths, check_secrets, source_refused};
pub(crate) use places::check_places;
pub use refusal::{End, PlaceTrouble, Refusal, ServiceKind};
pub(crate) use services::look as look_at_services;
pub(crate) use survey::{TypeTally, survey};
pub use tools::FoundTool;
pub(crate) use tools::{check_tools, find_tools, look_at_tools};
pub(crate) use values::Unmapped;
pub use values::UnmappedValue;

use crate::mapping::Preview;
use crate::metrics::TimeLeft;
use crate::record::Balance;

/// The pre-flight of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Preflight {
    /// What the sources hold.
    pub balance: Balance,
    /// Records and bytes by file name extension, most bytes first, at most twelve; the rest is `…`.
    pub by_type: Vec<TypeCount>,
    /// Folders without any file in them; they are made at the destination too.
    pub empty_folders: u64,
    /// The destination's room, where the system tells.
    pub space: Option<Space>,
    /// Everything worth knowing before the start, blocking ones first.
    pub findings: Vec<Finding>,
    /// How long the run may take.
    pub estimate: Option<TimeLeft>,
    /// Some records from all over the plan, and where they go.
    #[serde(default)]
    pub samples: Vec<Preview>,
    /// Names that will not be what the template or the source says, the first hundred.
    #[serde(default)]
    pub name_changes: Vec<NameChange>,
    /// Values that are none of those that a field may have, commonest first, at most two hundred.
    #[serde(default)]
    pub unmapped: Vec<UnmappedValue>,
}

impl Preflight {
    /// The first finding that forbids a start.
    pub fn blocker(&self) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.severity == Severity::Blocks)
    }
}

/// Records of one file name extension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TypeCount {
    /// In lower case without its dot; empty for names without one.
    pub extension: String,
    /// Records.
    pub count: u64,
    /// Bytes.
    pub bytes: u64,
}

/// The destination's room in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Space {
    /// What the pending records need.
    pub needed: u64,
    /// What the system lets us use.
    pub free: u64,
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The run cannot start.
    Blocks,
    /// Records will fail, or something may surprise.
    Warns,
    /// Good to know.
    Notes,
}

impl Severity {
    /// The word that scripts and the findings use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Blocks => "blocks",
            Self::Warns => "warns",
            Self::Notes => "notes",
        }
    }
}

/// One thing worth knowing before the start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// A word for scripts, such as `no_space`, `name_collision`, `excluded_junk`.
    pub code: String,
    /// What, and how much of it.
    pub message: String,
    /// What to do about it; empty where nothing needs doing.
    pub advice: String,
    /// Records that it concerns.
    pub records: u64,
    /// What is the case, for whoever says it in another language. None: an earlier version, or a later
    /// one, wrote it down; then there is the message.
    #[serde(default, deserialize_with = "if_known")]
    pub what: Option<Fact>,
}

impl Finding {
    pub(crate) fn of(severity: Severity, records: u64, fact: Fact) -> Self {
        let (code, message, advice) = (fact.code().into_owned(), fact.to_string(), fact.advice().to_owned());
        Self { severity, code, message, advice, records, what: Some(fact) }
    }
}

/// For what is told besides its sentence: what this version does not know is left to the sentence.
pub(crate) fn if_known<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let told = Option::<serde_json::Value>::deserialize(deserializer)?;
    Ok(told.and_then(|told| serde_json::from_value(told).ok()))
}
