//! What an error of the file system means for a record: category and words.

use std::io::{self, ErrorKind};
use std::path::Path;

use super::platform::to_shown;
use crate::failure::{Category, Deed, Stage};
use crate::record::Failure;

/// An error on the source's side. Whether the source is gone as a whole is for the caller to see.
pub(crate) fn of_source(stage: Stage, deed: Deed, path: &Path, error: &io::Error) -> Failure {
    let category = match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => Category::SourceMissing,
        ErrorKind::PermissionDenied => Category::SourceUnreadable,
        kind if is_gone(kind) => Category::SourceGone,
        _ => Category::SourceIo,
    };
    failure(stage, category, deed, path, error)
}

/// An error on the destination's side. Whether the destination is gone as a whole is for the
/// caller to see.
pub(crate) fn of_destination(deed: Deed, path: &Path, error: &io::Error) -> Failure {
    let category = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Category::DestinationFull,
        ErrorKind::ReadOnlyFilesystem => Category::DestinationReadOnly,
        ErrorKind::PermissionDenied => Category::DestinationDenied,
        ErrorKind::InvalidFilename => Category::NameUnsupported,
        ErrorKind::FileTooLarge => Category::FileTooLarge,
        ErrorKind::AlreadyExists | ErrorKind::NotADirectory | ErrorKind::IsADirectory => {
            Category::DestinationConflict
        }
        kind if is_gone(kind) => Category::DestinationGone,
        _ => Category::DestinationIo,
    };
    failure(Stage::Deliver, category, deed, path, error)
}

fn is_gone(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::StaleNetworkFileHandle
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::NetworkDown
            | ErrorKind::NotConnected
            | ErrorKind::ConnectionAborted
            | ErrorKind::ConnectionReset
    )
}

fn failure(stage: Stage, category: Category, deed: Deed, path: &Path, error: &io::Error) -> Failure {
    Failure::of(stage, category, deed.on(to_shown(path.as_os_str())).refused(error))
}
