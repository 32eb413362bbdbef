//! What went wrong as a value, for whoever says it in another language. The words are the error's own, in
//! English.

mod of;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::preflight::{Fact, Refusal};
use crate::spec::SecretField;
use crate::state::State;

/// What went wrong, as far as a window has words of its own for it. Paths are safe to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Problem {
    /// Sources, destination, connections or programs do not allow it.
    Refused {
        /// Why.
        refusal: Refusal,
    },
    /// A finding of the pre-flight forbids the start.
    Found {
        /// What it says.
        fact: Fact,
    },
    /// There is no such checkpoint.
    CheckpointMissing {
        /// Where it was looked for.
        path: String,
    },
    /// There is a file already where the checkpoint would be.
    CheckpointExists {
        /// The file.
        path: String,
    },
    /// The file is no checkpoint.
    CheckpointNotSluice {
        /// The file.
        path: String,
    },
    /// A newer program made the checkpoint.
    CheckpointNewer {
        /// The file.
        path: String,
        /// Its format.
        found: i64,
        /// The newest format that this program knows.
        known: i64,
    },
    /// Another process has the checkpoint.
    CheckpointInUse {
        /// The file.
        path: String,
    },
    /// The checkpoint's content is broken.
    CheckpointDamaged {
        /// The file.
        path: String,
        /// What the database says.
        why: String,
    },
    /// There is no room for the checkpoint.
    CheckpointFull {
        /// The file.
        path: String,
    },
    /// The system or the database refuses the checkpoint.
    CheckpointUnusable {
        /// The file or folder.
        path: String,
        /// What was said.
        said: String,
    },
    /// A file does not answer.
    CheckpointNoAnswer {
        /// The file.
        path: String,
        /// How long it was waited for, in seconds.
        waited_s: u64,
    },
    /// The checkpoint belongs to another job.
    CheckpointOfOtherJob {
        /// The file.
        path: String,
    },
    /// The system does not give a catalogue.
    CatalogueUnreadable {
        /// The catalogue.
        path: String,
        /// What the system said.
        said: String,
    },
    /// A catalogue is not what it seems to be, or only a part of it.
    CatalogueDamaged {
        /// The catalogue.
        path: String,
        /// How that shows.
        why: String,
    },
    /// A catalogue needs a password.
    CatalogueLocked {
        /// The catalogue.
        path: String,
    },
    /// A catalogue holds no row.
    CatalogueEmpty {
        /// The catalogue.
        path: String,
        /// The sheet that was read.
        sheet: Option<String>,
    },
    /// A catalogue has no such sheet.
    SheetMissing {
        /// The catalogue.
        path: String,
        /// The sheet that was asked for.
        sheet: String,
        /// Those that are there.
        sheets: Vec<String>,
    },
    /// A catalogue has no row with columns' names there.
    HeaderMissing {
        /// The catalogue.
        path: String,
        /// The row that was asked for.
        row: u64,
    },
    /// A catalogue has no such column.
    ColumnMissing {
        /// The catalogue.
        path: String,
        /// The column that was asked for.
        column: String,
        /// Those that are there.
        columns: Vec<String>,
    },
    /// A catalogue has too many columns.
    CatalogueTooWide {
        /// The catalogue.
        path: String,
        /// How many it has.
        columns: usize,
        /// How many it may have.
        most: usize,
    },
    /// A catalogue cannot be read with an option.
    CatalogueOption {
        /// The catalogue.
        path: String,
        /// Which option, and why not.
        what: String,
    },
    /// A file that describes a job cannot be read.
    JobUnreadable {
        /// What it is.
        file: JobFile,
        /// The file.
        path: String,
        /// What the system said.
        said: String,
    },
    /// A file that describes a job cannot be written.
    JobUnwritable {
        /// What it is.
        file: JobFile,
        /// The file.
        path: String,
        /// What the system said.
        said: String,
    },
    /// A file that describes a job is none.
    JobMalformed {
        /// What it is.
        file: JobFile,
        /// The file.
        path: String,
        /// Where and why.
        why: String,
    },
    /// The job names no source.
    NoSource,
    /// The job names no destination.
    NoDestination,
    /// A limit is outside its range.
    OutOfRange {
        /// Which limit.
        name: String,
        /// What was asked.
        value: u32,
        /// The smallest value allowed.
        min: u32,
        /// The largest value allowed.
        max: u32,
    },
    /// A path is no Unicode.
    PathNotText {
        /// The path.
        path: String,
    },
    /// Something else in the job is not right.
    JobInvalid {
        /// What is wrong where.
        said: String,
    },
    /// The file of connections cannot be read.
    ConnectionsUnreadable {
        /// The file.
        path: String,
        /// What the system said.
        said: String,
    },
    /// The file of connections cannot be written.
    ConnectionsUnwritable {
        /// The file.
        path: String,
        /// What the system said.
        said: String,
    },
    /// The file of connections is none.
    ConnectionsMalformed {
        /// The file.
        path: String,
        /// Where and why.
        why: String,
    },
    /// There is no such connection.
    ConnectionUnknown {
        /// Its name.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// The name of a connection is taken.
    ConnectionExists {
        /// The name that was asked for.
        name: String,
        /// The name that stands in its way.
        taken: String,
    },
    /// The name of a connection means something already.
    ConnectionReserved {
        /// The name.
        name: String,
    },
    /// A connection lacks an option.
    OptionMissing {
        /// The option.
        option: String,
    },
    /// One half of a key is given without the other.
    HalfKey {
        /// The missing half.
        secret: SecretField,
    },
    /// This computer has no keychain.
    NoKeychain {
        /// The connection.
        name: String,
        /// The environment variables to be set instead.
        variables: Vec<String>,
    },
    /// The keychain does not do what it is asked.
    Keychain {
        /// The connection.
        name: String,
        /// The environment variable that serves as well.
        variable: String,
        /// What the system said.
        why: String,
    },
    /// A server's key cannot be seen.
    HostUnseen {
        /// Why.
        why: String,
    },
    /// A server shows another key than the one that is to be trusted.
    HostKeyOther {
        /// The server.
        host: String,
        /// The key that it shows.
        fingerprint: String,
    },
    /// A key that is known already says otherwise.
    HostKeyChanged {
        /// The server.
        host: String,
        /// The file.
        path: String,
    },
    /// A server's key cannot be kept.
    HostKeyUnkept {
        /// The file.
        path: String,
        /// What the system said.
        why: String,
    },
    /// The migration's state does not allow it.
    IllegalMove {
        /// The state that it is in.
        from: State,
    },
    /// The mapping cannot be changed under a run that uses it.
    MapInForce,
    /// Uploads cannot be given up under a run that uses them.
    UploadsInUse,
    /// Duplicates cannot be looked for under a run.
    LookInUse,
    /// A report cannot be written.
    ReportUnwritable {
        /// The report.
        path: String,
        /// What the system said.
        said: String,
    },
    /// Reports come in other kinds.
    ReportKind {
        /// The report that was asked for.
        path: String,
        /// The endings that are known.
        known: String,
    },
    /// A corrected report cannot be read, or does not fit.
    CorrectionInvalid {
        /// The report.
        path: String,
        /// What is wrong with it.
        why: String,
        /// What to do next.
        advice: String,
    },
    /// A change of failed records makes no sense.
    AmendmentInvalid {
        /// What is wrong.
        why: String,
    },
    /// No request can be sent at all.
    NoHttp {
        /// What the system said.
        why: String,
    },
    /// The plan was cancelled.
    PlanCancelled,
}

/// A file that describes a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum JobFile {
    /// A whole job.
    Job,
    /// A job without places.
    Preset,
}
