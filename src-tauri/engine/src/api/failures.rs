//! Failed records as they are shown, chosen and changed.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

use super::Error;
use crate::checkpoint::Checkpoint;
use crate::failure::{Category, Class, Stage};
use crate::record::{Lane, RecordId};

/// Failed records of one category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FailureGroup {
    /// The category.
    pub category: Category,
    /// Whether trying again can help.
    pub class: Class,
    /// A few words for a heading.
    pub title: String,
    /// What the person can do.
    pub advice: String,
    /// How many records.
    pub count: u64,
}

/// One failed record, ready to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FailedRecord {
    /// The record's number.
    pub id: RecordId,
    /// Full path of the source file, safe to show.
    pub source: String,
    /// Where it failed.
    pub stage: Stage,
    /// Why.
    pub category: Category,
    /// Whether trying again can help.
    pub class: Class,
    /// How often it was tried.
    pub attempts: u32,
    /// What was tried, on what, and what the system said.
    pub message: String,
    /// What the person can do.
    pub advice: String,
    /// Its size in bytes, as planned.
    pub size: u64,
    /// When it failed, in milliseconds since 1970 (UTC).
    pub failed_ms: i64,
    /// The service at which it failed: scheme, host and port.
    pub endpoint: Option<String>,
    /// What that service answered.
    pub http_status: Option<u16>,
    /// Why a person leaves it as it is.
    pub note: Option<String>,
    /// When it is tried again by itself, in milliseconds since 1970 (UTC).
    pub due_ms: Option<i64>,
    /// The row of the catalogue that names it, as a spreadsheet counts.
    pub row: Option<u64>,
    /// What the catalogue calls it.
    pub external_id: Option<String>,
}

/// One attempt of a record that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Attempt {
    /// Its number, from 1.
    pub number: u32,
    /// When it ended, in milliseconds since 1970 (UTC).
    pub ended_ms: i64,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// On which lane.
    pub lane: Lane,
    /// Where it failed.
    pub stage: Stage,
    /// Why.
    pub category: Category,
    /// The service that was asked: scheme, host and port.
    pub endpoint: Option<String>,
    /// What the service answered.
    pub http_status: Option<u16>,
    /// What was tried, on what, and what the system or the service said.
    pub message: String,
    /// It was an outage after all: the attempt is not counted.
    pub refunded: bool,
}

/// Which failed records are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct Selection {
    /// Only this category.
    pub category: Option<Category>,
    /// Only these records. Empty: all.
    pub ids: Vec<RecordId>,
    /// Only what failed in this stage.
    pub stage: Option<Stage>,
    /// Only what failed at this service: scheme, host and port.
    pub endpoint: Option<String>,
    /// Only messages that contain this text, in any case.
    pub message: Option<String>,
}

/// What a person changes of failed records before they are tried again.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct Amendment {
    /// Another path below the source, with `/` between the parts; for a single record.
    pub path: Option<String>,
    /// The beginning of the path that is replaced, and by what.
    pub prefix: Option<(String, String)>,
    /// Fields that are set; null takes a field away.
    #[ts(type = "Record<string, unknown>")]
    pub fields: Map<String, Value>,
}

/// One page of failed records, by record number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FailurePage {
    /// The records.
    pub failures: Vec<FailedRecord>,
    /// Give this as `after` to get the next page. None: this was the last.
    pub next: Option<RecordId>,
}

pub(super) async fn groups(checkpoint: &Checkpoint) -> Result<Vec<FailureGroup>, Error> {
    let groups = checkpoint.failed_by_category().await?;
    let group = |(category, count): (Category, u64)| FailureGroup {
        category,
        class: category.class(),
        title: category.title().to_owned(),
        advice: category.advice().to_owned(),
        count,
    };
    Ok(groups.into_iter().map(group).collect())
}
