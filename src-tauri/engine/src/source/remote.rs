//! Listing a source behind a connection: page by page into the plan, never as a whole in memory.

use std::ffi::OsStr;

use super::policy;
use crate::checkpoint::{PlannedFate, PlannedRecord};
use crate::failure::{Category, Stage};
use crate::record::{Failure, RawPath};
use crate::storage::remote::{Listed, Place};

/// What a listed file becomes in the plan.
pub(crate) fn planned(number: usize, place: &Place, listed: Listed) -> PlannedRecord {
    let Listed { key, size, .. } = listed;
    let record = |path, size, fate| PlannedRecord::of_folder(number, path, size, fate);
    let failed =
        |category, message: String| PlannedFate::Failed(Failure::new(Stage::Plan, category, message));
    let Some(path) = place.below(&key) else {
        let path = RawPath(key);
        let message = format!("the service lists {path}, which does not lie below the source");
        return record(path, size, failed(Category::PathUnsafe, message));
    };
    if size == 0 && (path.0.is_empty() || path.0.ends_with(b"/")) {
        return record(path, 0, PlannedFate::Excluded(policy::FOLDER));
    }
    if let Err(fault) = place.may_ask(&path) {
        let message = format!("the name {path} cannot be asked for: {fault}");
        return record(path, size, failed(Category::NameUnsupported, message));
    }
    let is_junk = std::str::from_utf8(path.file_name()).is_ok_and(|name| policy::is_junk(OsStr::new(name)));
    if is_junk {
        return record(path, 0, PlannedFate::Excluded(policy::JUNK));
    }
    record(path, size, PlannedFate::Pending)
}
