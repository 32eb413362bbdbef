//! Listing a source behind a connection: page by page into the plan, never as a whole in memory.

use std::ffi::OsStr;

use super::policy;
use crate::checkpoint::{PlannedFate, PlannedRecord};
use crate::failure::{Category, Stage};
use crate::record::{Failure, RawPath};
use crate::storage::remote::{Listed, Place};
use crate::storage::server::Kind;

/// What a listed file becomes in the plan.
pub(crate) fn planned(number: usize, place: &Place, listed: Listed) -> PlannedRecord {
    let Listed { key, size, kind, unlisted, .. } = listed;
    let record = |path, size, fate| PlannedRecord::of_folder(number, path, size, fate);
    let failed =
        |category, message: String| PlannedFate::Failed(Failure::new(Stage::Plan, category, message));
    let Some(path) = place.below(&key) else {
        let path = RawPath(key);
        let message = format!("the service lists {path}, which does not lie below the source");
        return record(path, size, failed(Category::PathUnsafe, message));
    };
    if let Some(fault) = unlisted {
        let message = format!("cannot list {}: {fault}", place.shown(&path));
        return record(path, 0, failed(Category::FolderUnreadable, message));
    }
    if size == 0 && (path.0.is_empty() || path.0.ends_with(b"/")) {
        return record(path, 0, PlannedFate::Excluded(policy::FOLDER));
    }
    if let Err(fault) = place.may_ask(&path) {
        let message = format!("the name {path} cannot be asked for: {fault}");
        return record(path, size, failed(Category::NameUnsupported, message));
    }
    match kind {
        Kind::File => {}
        Kind::Link => return record(path, 0, PlannedFate::Excluded(policy::SYMLINK)),
        Kind::Special => return record(path, 0, PlannedFate::Excluded(policy::SPECIAL)),
        Kind::Folder => {
            let message = format!("{path} lies too deep to be listed");
            return record(path, 0, failed(Category::FolderUnreadable, message));
        }
    }
    let is_junk = std::str::from_utf8(path.file_name()).is_ok_and(|name| policy::is_junk(OsStr::new(name)));
    if is_junk {
        return record(path, 0, PlannedFate::Excluded(policy::JUNK));
    }
    record(path, size, PlannedFate::Pending)
}
