//! Failed records as they are shown, chosen and changed.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

use super::{Error, Mark, Migration, Reader, RecordChange, RowProblem};
use crate::checkpoint::{CauseRow, Checkpoint};
use crate::failure::{Category, Class, Stage};
use crate::record::{Lane, RecordId, show_text};
use crate::{recovery, report};

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

/// Records that failed alike: of one category, in one stage, at one service, with the same message but for
/// numbers, paths and names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Cause {
    /// Its number; see [`Selection::cause`].
    pub id: i64,
    /// The category.
    pub category: Category,
    /// Whether trying again can help.
    pub class: Class,
    /// Where they failed.
    pub stage: Stage,
    /// The service at which they failed: scheme, host and port.
    pub endpoint: Option<String>,
    /// What their messages have in common, with `…` for names and `#` for numbers, safe to show. None: these
    /// are the rest of their category, with messages of many kinds.
    pub message: Option<String>,
    /// A few words for a heading.
    pub title: String,
    /// What the person can do.
    pub advice: String,
    /// How many records.
    pub count: u64,
    /// When the first of them failed, in milliseconds since 1970 (UTC).
    pub first_ms: i64,
    /// When the last of them failed.
    pub last_ms: i64,
}

impl From<CauseRow> for Cause {
    fn from(row: CauseRow) -> Self {
        let CauseRow { id, category, stage, endpoint, message, count, first_ms, last_ms } = row;
        Self {
            id,
            category,
            class: category.class(),
            stage,
            endpoint,
            message: (!message.is_empty()).then(|| show_text(&message)),
            title: category.title().to_owned(),
            advice: category.advice().to_owned(),
            count,
            first_ms,
            last_ms,
        }
    }
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
    /// Only what failed by this cause.
    pub cause: Option<i64>,
    /// Only records with this text in their path, message, note or own id, in any case; or with this number.
    pub search: Option<String>,
    /// True: only what a person left. False: all but that.
    pub left: Option<bool>,
    /// Only records between these two, in the order of a list.
    pub span: Option<Span>,
    /// None of these records.
    pub except: Vec<RecordId>,
}

/// All records of a list from one to another. A million can be named so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// How the list is ordered, ascending.
    pub by: OrderBy,
    /// Where the first record stands in that list.
    pub first: Mark,
    /// Where the last record stands.
    pub last: Mark,
}

/// How a list of failed records is ordered. Equal ones stand by their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct Order {
    /// By what.
    pub by: OrderBy,
    /// The largest first.
    pub descending: bool,
}

/// By what a list of failed records is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum OrderBy {
    /// By the record's number.
    #[default]
    Number,
    /// By size.
    Size,
    /// By the time of failing.
    Time,
    /// By the number of attempts.
    Attempts,
    /// By the path below the source, byte by byte.
    Name,
}

/// Where a page of a list begins, and how long it is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct PageAt {
    /// Where the record before it stands. None: it begins with the list.
    pub after: Option<Mark>,
    /// Records that are passed over after that one; none while a text is searched for.
    pub skip: u64,
    /// Records, at most 1,000.
    pub limit: u32,
}

/// What a person changes of failed records before they are tried again.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct Amendment {
    /// Another path below the source, with `/` between the parts; for a single record.
    pub path: Option<String>,
    /// The beginning of the path that is replaced, and by what.
    pub prefix: Option<(String, String)>,
    /// A text in the path that is replaced, wherever it stands, and by what.
    pub replace: Option<(String, String)>,
    /// Fields that are set; null takes a field away.
    #[ts(type = "Record<string, unknown>")]
    pub fields: Map<String, Value>,
}

/// What an amendment would do.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
pub struct AmendmentPreview {
    /// Records that are chosen.
    pub chosen: u64,
    /// Records of them that would change.
    pub changed: u64,
    /// The first twenty of those, before and after.
    pub examples: Vec<RecordChange>,
    /// Why a new path is refused, among the first records: it leads out of the source, or none is left.
    pub refused: Vec<RowProblem>,
}

/// A failed record in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ListedFailure {
    /// The record.
    #[serde(flatten)]
    pub record: FailedRecord,
    /// Where it stands in the list.
    pub mark: Mark,
}

/// One page of failed records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FailurePage {
    /// The records.
    pub failures: Vec<ListedFailure>,
    /// Give this as `after` to get the next page. None: this was the last. With a search, a page may hold
    /// fewer records than were asked for, or none, although there is a next one.
    pub next: Option<Mark>,
}

impl Migration {
    /// Why records are failed now, the most frequent cause first; at most a few hundred.
    pub async fn causes(&self) -> Result<Vec<Cause>, Error> {
        causes(&self.0.checkpoint).await
    }

    /// A page of the chosen failed records, in this order. With a search it looks through at most 10,000
    /// records.
    pub async fn list_failures(
        &self,
        selection: &Selection,
        order: Order,
        at: PageAt,
    ) -> Result<FailurePage, Error> {
        report::failures::page(&self.0.checkpoint, &self.job(), selection, order, at.into()).await
    }

    /// What an amendment would do. Changes nothing.
    pub async fn preview_amendment(
        &self,
        selection: &Selection,
        amendment: &Amendment,
    ) -> Result<AmendmentPreview, Error> {
        recovery::preview(&self.0, selection, amendment).await
    }

    /// Takes back that records were left: their notes go, and they are reprocessed with the others again.
    /// Gives their number.
    pub async fn take_up(&self, selection: &Selection) -> Result<u64, Error> {
        Ok(self.0.checkpoint.take_up(selection).await?)
    }
}

impl Reader {
    /// A page of the chosen failed records; see [`Migration::list_failures`].
    pub async fn list_failures(
        &self,
        selection: &Selection,
        order: Order,
        at: PageAt,
    ) -> Result<FailurePage, Error> {
        report::failures::page(&self.0, &self.0.job().await?, selection, order, at.into()).await
    }

    /// Why records are failed now, the most frequent cause first; at most a few hundred.
    pub async fn causes(&self) -> Result<Vec<Cause>, Error> {
        causes(&self.0).await
    }
}

async fn causes(checkpoint: &Checkpoint) -> Result<Vec<Cause>, Error> {
    Ok(checkpoint.causes(&Selection::default()).await?.into_iter().map(Cause::from).collect())
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
