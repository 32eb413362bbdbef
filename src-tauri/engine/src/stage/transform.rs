//! Transform: from what a record is to where it goes. Pure: looks at no file.

use super::Site;
use crate::failure::{Category, Stage};
use crate::record::{Failure, LeasedRecord, RawPath};
use crate::storage::names::NameRules;

pub(super) fn transform(record: &LeasedRecord, site: &Site) -> Result<RawPath, Failure> {
    let source = site.sources.get(record.source).ok_or_else(|| unsupported(&record.path))?;
    target_of(&source.prefix, &record.path, site.destination.rules()).ok_or_else(|| unsupported(&record.path))
}

/// The target of a path below its source: the same path below the source's prefix at the
/// destination, each name made legal there. None: the destination cannot hold it.
pub(crate) fn target_of(prefix: &RawPath, path: &RawPath, rules: NameRules) -> Option<RawPath> {
    let target = prefix.join(path);
    let parts = target.0.split(|byte| *byte == b'/').map(|part| rules.legal(part));
    let parts: Vec<Vec<u8>> = parts.collect::<Option<_>>()?;
    Some(RawPath(parts.join(&b'/')))
}

fn unsupported(path: &RawPath) -> Failure {
    Failure::new(
        Stage::Transform,
        Category::NameUnsupported,
        format!("the destination's file system cannot hold the name {path}"),
    )
}
