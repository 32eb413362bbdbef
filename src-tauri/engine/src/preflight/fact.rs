//! What a finding says: what is the case, with its figures. The sentences are made of it: the English ones
//! here (`words`), those of another language in the window.

mod words;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Refusal;
use super::if_known;
use crate::failure::{Category, Why};

/// What is the case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fact {
    /// The destination has less room than is needed.
    NoSpace {
        /// Bytes that the system lets us use.
        free: u64,
        /// Bytes that the pending records need.
        needed: u64,
    },
    /// Records failed already while the plan was made.
    Failed {
        /// Why.
        category: Category,
        /// How many.
        records: u64,
    },
    /// Records name a file that an earlier one names too.
    FileTwice {
        /// How many.
        records: u64,
    },
    /// Records have the target of another one, and get a number.
    NameNumbered {
        /// How many.
        records: u64,
    },
    /// Records have a name that the destination cannot hold as it is.
    NameIllegal {
        /// How many.
        records: u64,
    },
    /// Where records go is known only in the run.
    TargetLate {
        /// The variable that is not known before.
        variable: String,
    },
    /// The checkpoint is used in a slower, safe mode.
    CheckpointOnNetwork {
        /// The file.
        path: String,
    },
    /// What lies in the watched folders.
    Watched {
        /// Files.
        files: u64,
        /// Their bytes.
        bytes: u64,
    },
    /// The sources hold nothing that is pending.
    NothingToMove,
    /// Files are left out.
    Excluded {
        /// Which ones.
        policy: LeftOut,
        /// How many.
        records: u64,
    },
    /// Files go together or not at all.
    Groups {
        /// What people call the rule.
        rule: String,
        /// How many groups.
        groups: u64,
        /// How many files in them.
        records: u64,
    },
    /// Something about a catalogue as a whole.
    Catalogue {
        /// The catalogue's name.
        name: String,
        /// What.
        remark: CatalogueRemark,
        /// Rows or files that it concerns.
        rows: u64,
    },
    /// Objects lie in an archive's storage class.
    Archived {
        /// How many.
        records: u64,
    },
    /// Names that Windows or many NAS systems could not hold.
    BadNames {
        /// How many.
        names: u64,
    },
    /// The time that services take is not in the estimate.
    EstimateWithoutServices,
    /// There are files at the destination already.
    DestinationNotEmpty,
    /// The server does not keep the times of files.
    TimesLost {
        /// The destination.
        place: String,
    },
    /// The service does not keep two writers apart.
    DestinationUnguarded {
        /// The destination.
        place: String,
    },
    /// A service that the job asks cannot be reached.
    ServiceUnreachable {
        /// The lookup that asks it; none: the register step.
        lookup: Option<String>,
        /// Scheme, host and port.
        service: String,
        /// How long it was waited for, in seconds. None: it failed before.
        waited_s: Option<u64>,
        /// What the system said; empty where it only did not answer.
        said: String,
    },
    /// A service that the job asks does not take our sign-in.
    ServiceDenied {
        /// The lookup that asks it; none: the register step.
        lookup: Option<String>,
        /// Scheme, host and port.
        service: String,
        /// The status that it answered with.
        status: u16,
    },
    /// Something without which no run can start.
    Refused {
        /// What.
        refusal: Refusal,
    },
    /// One record: the destination cannot hold its name.
    BecomesLegal {
        /// Path below the destination as the template or the source says, safe to show.
        wanted: String,
        /// Path below the destination as it will be, safe to show.
        legal: String,
    },
    /// One record: another one has its target.
    TargetTaken {
        /// Path below the destination, safe to show.
        target: String,
        /// What this one gets instead, safe to show.
        proposed: String,
    },
    /// One record: where it goes is known only in the run.
    TargetLater {
        /// The variable that is not known before.
        variable: String,
    },
    /// One record: it would fail.
    RecordFails {
        /// Why.
        category: Category,
        /// The failure's message.
        said: String,
        /// The same as a value. None: there is nothing but the message.
        #[serde(default, deserialize_with = "if_known")]
        why: Option<Box<Why>>,
    },
}

/// Files that are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LeftOut {
    /// What systems leave behind.
    Junk,
    /// Objects that stand for a folder.
    FolderMarker,
    /// Links.
    Symlink,
    /// Files that no row of the catalogue names.
    NotInCatalogue,
    /// Pipes, sockets and devices.
    Special,
    /// Files that say of others that they are complete.
    Marker,
    /// Files that changed after they were delivered.
    ChangedLater,
    /// This migration's own files.
    OwnCheckpoint,
}

/// Something about a catalogue as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CatalogueRemark {
    /// Rows hold bytes that are no text in its encoding.
    Undecodable,
    /// Rows have fewer cells than there are columns.
    ShortRows,
    /// Rows give a size that is no number of bytes.
    VagueSizes,
    /// URLs of which no size is known.
    UrlsUnsized,
    /// URLs whose server says what the file is called.
    UrlsNamedLate,
    /// URLs on more servers than one migration asks.
    UrlsManyServers,
    /// Files were found under another spelling.
    Respelt,
}

impl LeftOut {
    /// Of the word under which the checkpoint counts them.
    pub(super) fn of(policy: &str) -> Self {
        let all = [
            Self::Junk,
            Self::FolderMarker,
            Self::Symlink,
            Self::NotInCatalogue,
            Self::Special,
            Self::Marker,
            Self::ChangedLater,
        ];
        all.into_iter().find(|one| one.word() == policy).unwrap_or(Self::OwnCheckpoint)
    }

    /// The word that scripts and the checkpoint use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Junk => "junk",
            Self::FolderMarker => "folder_marker",
            Self::Symlink => "symlink",
            Self::NotInCatalogue => "not_in_catalogue",
            Self::Special => "special",
            Self::Marker => "marker",
            Self::ChangedLater => "changed_later",
            Self::OwnCheckpoint => "own_checkpoint",
        }
    }
}
