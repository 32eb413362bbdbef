//! Names that will not be what the template or the source says.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::record::{RawPath, RecordId};

/// A target whose name is changed, and what is proposed instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct NameChange {
    /// The record's number.
    pub record: RecordId,
    /// Why.
    pub reason: NameReason,
    /// Path below the destination as the template or the source says, safe to show.
    pub wanted: String,
    /// Path below the destination as it will be, safe to show.
    pub proposed: String,
}

/// Why a name is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum NameReason {
    /// Another record has the same target.
    Collision,
    /// The destination cannot hold the name.
    Illegal,
}

impl NameReason {
    /// The word that scripts and the findings use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Collision => "name_collision",
            Self::Illegal => "name_illegal",
        }
    }
}

impl NameChange {
    pub(crate) fn new(record: RecordId, reason: NameReason, wanted: &RawPath, proposed: &RawPath) -> Self {
        Self { record, reason, wanted: wanted.to_string(), proposed: proposed.to_string() }
    }
}
