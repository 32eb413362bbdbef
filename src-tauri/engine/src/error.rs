//! The error that leaves the engine: of which kind, in words, and what to do next.

mod problem;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use crate::checkpoint::CheckpointError;
pub use crate::connections::ConnectionError;
pub use crate::failure::UnknownCategory;
use crate::preflight::if_known;
pub use crate::preflight::{Finding, Refusal};
pub use crate::source::catalogue::CatalogueError;
pub use crate::spec::SpecError;
pub use crate::state::IllegalMove;
pub use problem::{JobFile, Problem};

/// Why the engine did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The job is not right.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// The checkpoint cannot be used.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// Sources and destination do not allow it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A catalogue cannot be used.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// A connection cannot be kept, found or used.
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    /// It makes no sense in this state.
    #[error(transparent)]
    IllegalMove(#[from] IllegalMove),
    /// The mapping cannot be changed under a run that uses it.
    #[error("the mapping cannot be changed while the migration runs")]
    MapInForce,
    /// Uploads cannot be given up under a run that uses them.
    #[error("uploads cannot be given up while the migration runs")]
    UploadsInUse,
    /// Duplicates cannot be looked for under a run.
    #[error("duplicates cannot be looked for while the migration runs")]
    LookInUse,
    /// There is no such category.
    #[error(transparent)]
    UnknownCategory(#[from] UnknownCategory),
    /// A report could not be written.
    #[error("the report {} cannot be written: {error}", path.display())]
    Report {
        /// The report.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// Reports come in other kinds.
    #[error("\"{}\" names no report that can be used here", path.display())]
    ReportKind {
        /// The report that was asked for.
        path: PathBuf,
        /// The endings that are known, such as `.csv, .json`.
        known: String,
    },
    /// A corrected report cannot be read, or does not fit.
    #[error("the report {} {why}", path.display())]
    Correction {
        /// The report.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
        /// What to do next.
        advice: String,
    },
    /// The system has no folder for this user's data.
    #[error("this system names no folder for your data, so there is no default place for the checkpoint")]
    NoDataFolder,
    /// A file does not answer, such as one on a network share that is away.
    #[error("{} does not answer within {} seconds", path.display(), waited.as_secs())]
    NoAnswer {
        /// The file.
        path: PathBuf,
        /// How long it was waited for.
        waited: std::time::Duration,
    },
    /// The checkpoint belongs to a job with other sources or another destination.
    #[error("the checkpoint {} belongs to a migration with other sources, catalogues or groups, or another destination", path.display())]
    OtherJob {
        /// The checkpoint.
        path: PathBuf,
    },
    /// A finding of the pre-flight forbids the start.
    #[error("{}", .0.message)]
    Blocked(Box<Finding>),
    /// No request can be sent at all.
    #[error("requests cannot be sent from this computer: {why}")]
    NoClient {
        /// What the system said.
        why: String,
    },
    /// Figures cannot be given at that address.
    #[error("figures cannot be given at {address}: {why}")]
    Metrics {
        /// The address.
        address: std::net::SocketAddr,
        /// What is wrong with it.
        why: String,
    },
    /// A change of failed records makes no sense.
    #[error("{why}")]
    Amendment {
        /// What is wrong.
        why: String,
    },
    /// The plan was cancelled.
    #[error("the plan was cancelled")]
    PlanCancelled,
}

impl Error {
    /// A word for scripts, such as `source_missing` or `checkpoint_in_use`.
    pub fn code(&self) -> &str {
        match self {
            Self::Spec(_) => "job_invalid",
            Self::Checkpoint(error) => error.code(),
            Self::Refused(refusal) => refusal.code(),
            Self::Catalogue(error) => error.code(),
            Self::Connection(error) => error.code(),
            Self::IllegalMove(_) => "illegal_move",
            Self::MapInForce => "map_in_force",
            Self::UploadsInUse => "uploads_in_use",
            Self::LookInUse => "look_in_use",
            Self::UnknownCategory(_) => "category_unknown",
            Self::Report { .. } => "report_unwritable",
            Self::ReportKind { .. } => "report_kind",
            Self::Correction { .. } => "correction_invalid",
            Self::NoDataFolder => "no_data_folder",
            Self::NoAnswer { .. } => "checkpoint_no_answer",
            Self::OtherJob { .. } => "checkpoint_of_other_job",
            Self::Blocked(finding) => &finding.code,
            Self::NoClient { .. } => "no_http",
            Self::Metrics { .. } => "metrics_address",
            Self::Amendment { .. } => "amendment_invalid",
            Self::PlanCancelled => "plan_cancelled",
        }
    }

    /// What to do next; empty where the message says it.
    pub fn advice(&self) -> String {
        match self {
            Self::Spec(_) => String::new(),
            Self::Checkpoint(error) => error.advice().into(),
            Self::Refused(refusal) => refusal.advice().into(),
            Self::Catalogue(error) => error.advice().into(),
            Self::Connection(error) => error.advice(),
            Self::MapInForce => "Pause it, change the mapping, then go on.".into(),
            Self::UploadsInUse | Self::LookInUse => "Pause it first.".into(),
            Self::IllegalMove(_) => "Wait for the step that is going on, or look at the state first.".into(),
            Self::UnknownCategory(_) => {
                let words: Vec<_> =
                    crate::failure::Category::ALL.iter().map(|category| category.word()).collect();
                format!("Choose one of: {}.", words.join(", "))
            }
            Self::Report { .. } => "Choose a folder that exists and that you may write to.".into(),
            Self::ReportKind { known, .. } => format!("Use a name with one of these endings: {known}."),
            Self::Correction { advice, .. } => advice.clone(),
            Self::NoDataFolder => "Name a place for the checkpoint yourself.".into(),
            Self::NoAnswer { .. } => "Connect the disk or share that it is on, then try again.".into(),
            Self::OtherJob { .. } => {
                "Name another checkpoint, or run this one as it is with `sluice run`.".into()
            }
            Self::Blocked(finding) => finding.advice.clone(),
            Self::NoClient { .. } => {
                "Check the system's certificates and the proxy settings (HTTPS_PROXY).".into()
            }
            Self::Metrics { .. } => "Choose another port on 127.0.0.1.".into(),
            Self::Amendment { .. } | Self::PlanCancelled => String::new(),
        }
    }

    /// The error as the page and `--json` get it.
    pub fn report(&self) -> ErrorReport {
        ErrorReport {
            what: Problem::of(self).map(Box::new),
            ..ErrorReport::new(self.code(), self.to_string(), &self.advice())
        }
    }
}

/// An [`Error`] as the page and `--json` get it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ErrorReport {
    /// A word for scripts, such as `source_missing` or `checkpoint_in_use`.
    pub code: String,
    /// What happened, where and why.
    pub message: String,
    /// What to do next; empty where the message says it.
    pub advice: String,
    /// What went wrong, for whoever says it in another language. None: there is nothing but the words.
    #[serde(default, deserialize_with = "if_known")]
    pub what: Option<Box<Problem>>,
}

impl ErrorReport {
    /// One that has only words.
    pub fn new(code: &str, message: String, advice: &str) -> Self {
        Self { code: code.into(), message, advice: advice.into(), what: None }
    }
}
