//! Why a job cannot be used at all: sources, destination, connections or programs do not allow it.

mod words;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::spec::{Connection, SecretField, Tool};

/// Sources, destination, connections or programs that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Refusal {
    /// The same source is named twice.
    #[error("the source {place} is named twice")]
    SourceTwice {
        /// The source.
        place: String,
    },
    /// There is no such source.
    #[error("there is no source {path}")]
    SourceMissing {
        /// Where it was looked for.
        path: String,
    },
    /// The system does not give the source.
    #[error("the source {path} cannot be read: {said}")]
    SourceUnreadable {
        /// The source.
        path: String,
        /// What the system said.
        said: String,
    },
    /// A source behind a connection is a single object or file.
    #[error("the source {place} is a single object or file")]
    SourceIsObject {
        /// The source.
        place: String,
    },
    /// A source behind a connection cannot be listed while the plan is made.
    #[error("the source {place} cannot be listed: {said}")]
    SourceUnlistable {
        /// The source.
        place: String,
        /// What was said.
        said: String,
    },
    /// A source behind a connection does not show what it holds.
    #[error("the source {place} {}", unseen(said.as_deref()))]
    SourceUnseen {
        /// The source.
        place: String,
        /// What was said. None: it does not answer.
        said: Option<String>,
    },
    /// Only folders can be watched.
    #[error("{path} is a file, and only folders can be watched")]
    WatchNotAFolder {
        /// The file.
        path: String,
    },
    /// A catalogue's folder is a file.
    #[error("the catalogue's folder {path} is a file")]
    BaseNotAFolder {
        /// The file.
        path: String,
    },
    /// The catalogue at the end has no folder to lie in.
    #[error("the catalogue {path} has no folder to lie in")]
    CatalogueFolderMissing {
        /// The catalogue.
        path: String,
    },
    /// The destination is the source file itself.
    #[error("the destination {path} is the source file itself")]
    DestinationIsSourceFile {
        /// The file.
        path: String,
    },
    /// Source and destination are the same folder.
    #[error("source and destination are the same folder: {path}")]
    DestinationIsSource {
        /// The folder.
        path: String,
    },
    /// The copy would be found as a source again.
    #[error("the destination {destination} lies inside the source {within}")]
    DestinationInsideSource {
        /// The destination.
        destination: String,
        /// The source around it.
        within: String,
    },
    /// The destination, or a part of its path, is a file.
    #[error("the destination {path} cannot be a folder: {file} is a file")]
    DestinationIsFile {
        /// The destination.
        path: String,
        /// The file.
        file: String,
    },
    /// The system lets us write nothing there.
    #[error("nothing can be written to the destination {path}: {said}")]
    DestinationNotWritable {
        /// The folder.
        path: String,
        /// What the system said.
        said: String,
    },
    /// The system lets us write nothing to the scratch area.
    #[error("nothing can be written to the scratch area {path}: {said}")]
    ScratchUnusable {
        /// The folder.
        path: String,
        /// What the system said.
        said: String,
    },
    /// The one connection cannot both read and write.
    #[error("{place} is source and destination, and its connection may only be one at once")]
    OneConnection {
        /// The destination.
        place: String,
    },
    /// A secret of a service is not set.
    #[error("the secret {name} that the job names is not set")]
    SecretUnset {
        /// Its name, that of an environment variable.
        name: String,
    },
    /// A secret of a connection is not there.
    #[error("{place}: there is no {} to sign in with; {variable} is not set", secret.word())]
    SecretMissing {
        /// The place.
        place: String,
        /// The secret.
        secret: SecretField,
        /// Its environment variable.
        variable: String,
    },
    /// The secrets of object storage are not there.
    #[error("{place}: {}", unsigned(variables, *one_will_do))]
    KeysMissing {
        /// The place.
        place: String,
        /// What kind of service it is.
        service: ServiceKind,
        /// The environment variables of the secrets.
        variables: Vec<String>,
        /// One of them would do.
        one_will_do: bool,
    },
    /// A secret cannot be read from where it is kept.
    #[error("{place}: {said}")]
    SecretUnreadable {
        /// The place.
        place: String,
        /// What was said.
        said: String,
    },
    /// The user's connections cannot be used.
    #[error("{said}")]
    Connections {
        /// A word for scripts.
        code: String,
        /// What is wrong with them.
        said: String,
    },
    /// There is no such connection.
    #[error("there is no connection {name}, which {place} names{}", known_of(known))]
    ConnectionUnknown {
        /// Its name.
        name: String,
        /// The place that names it.
        place: String,
        /// The connections that there are.
        known: Vec<String>,
    },
    /// A connection is described wrongly.
    #[error("{place}: {said}")]
    ConnectionInvalid {
        /// The place.
        place: String,
        /// What kind of service it is.
        service: ServiceKind,
        /// What is wrong with it.
        said: String,
    },
    /// A web server has no list of its files.
    #[error("{place}: a web server has no list of its files, so it is no place to name")]
    WebServer {
        /// The place.
        place: String,
    },
    /// This program was built without that kind of connection.
    #[error("{place}: {said}")]
    KindNotBuilt {
        /// The place.
        place: String,
        /// Which kind.
        said: String,
    },
    /// A place names no bucket.
    #[error("{place} names no bucket")]
    BucketMissing {
        /// The place.
        place: String,
    },
    /// A bucket's name is none. It is not repeated: it may be a key.
    #[error("the connection {name}: {}", crate::spec::BUCKET_RULE)]
    BucketInvalid {
        /// The connection.
        name: String,
    },
    /// A path at a server is no plain one.
    #[error("{place} is no plain path")]
    PlaceInvalid {
        /// The place.
        place: String,
    },
    /// A look at a place behind a connection failed.
    #[error("cannot {} {place}: {said}", end.tried())]
    Place {
        /// Which end of the way.
        end: End,
        /// The place.
        place: String,
        /// What is the trouble.
        trouble: PlaceTrouble,
        /// What was said.
        said: String,
    },
    /// The program that describes files is not there.
    #[error("there is no program {name}, which the job needs to describe files")]
    ToolMissing {
        /// Which one.
        tool: Tool,
        /// Its name, or where the job says that it is.
        name: String,
    },
    /// The program that describes files does not work.
    #[error("the program {program}, which is to describe files, does not work: it {said}")]
    ToolUnusable {
        /// Where it is.
        program: String,
        /// What it did.
        said: String,
    },
    /// The job has no such request to try.
    #[error("the job has no such request")]
    NoRequest,
    /// There is no record to try something on.
    #[error("there is no record to try it on")]
    NothingToTry,
}

/// An end of the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Where files come from.
    Source,
    /// Where they go.
    Destination,
}

/// What kind of service a connection leads to, as far as what to do about it differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ServiceKind {
    /// S3 and what speaks like it.
    S3,
    /// Azure Blob Storage.
    Azure,
    /// Google Cloud Storage.
    Gcs,
    /// A server that keeps files.
    Files,
}

/// What is the trouble with a place behind a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum PlaceTrouble {
    /// It does not know us.
    SignIn,
    /// It knows us, and lets us not do it.
    Denied,
    /// It is not there.
    Missing,
    /// The service does not answer.
    Unreachable,
    /// The service has too much to do.
    Busy,
    /// The service takes no retry at this moment.
    NoRetry,
    /// The service refuses for another reason.
    Refuses,
}

impl End {
    const fn tried(self) -> &'static str {
        match self {
            Self::Source => "list the source",
            Self::Destination => "write to the destination",
        }
    }
}

impl From<&Connection> for ServiceKind {
    fn from(connection: &Connection) -> Self {
        match connection {
            Connection::S3(_) => Self::S3,
            Connection::Azure(_) => Self::Azure,
            Connection::Gcs(_) => Self::Gcs,
            Connection::Sftp(_) | Connection::Webdav(_) | Connection::Ftp(_) | Connection::Http(_) => {
                Self::Files
            }
        }
    }
}

fn unseen(said: Option<&str>) -> String {
    said.map_or_else(|| "does not answer".into(), |said| format!("cannot be listed: {said}"))
}

fn unsigned(variables: &[String], one_will_do: bool) -> String {
    let who = if one_will_do { "nobody signs in to it" } else { "no key signs in to it" };
    let are = match variables.len() {
        0 | 1 => "is",
        _ if one_will_do => "are both",
        _ => "are",
    };
    format!("{who}; {} {are} not set", variables.join(" and "))
}

/// The names that there are, for whoever mistyped one.
fn known_of(known: &[String]) -> String {
    if known.is_empty() { "; there is none yet".into() } else { format!("; there are {}", known.join(", ")) }
}
