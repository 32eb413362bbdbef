//! Transform: from what a record is to where it goes. Pure: looks at no file.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::Site;
use crate::describe::Tech;
use crate::failure::{Category, Stage, Why};
use crate::record::{Failure, LeasedRecord, RawPath};
use crate::storage::names::{NameRules, known_as, legal_path, mirror};
use crate::template::Facts;

/// A record's fields after the mapping, and where its file goes.
#[derive(Debug)]
pub(crate) struct Transformed {
    /// Below the destination, legal there, and no other record's.
    pub(crate) target: RawPath,
    /// All fields: the record's own, those of lookups, and those that rules set.
    pub(crate) fields: Map<String, Value>,
}

/// Maps a record of which everything is known that templates may use. `named`: its path by the name that a
/// server gave it.
pub(crate) fn map(
    record: &LeasedRecord,
    facts: &Facts,
    named: Option<RawPath>,
    site: &Site,
) -> Result<Transformed, Failure> {
    let mapped = site.mapper.map(facts)?;
    let target = place(record, mapped.target.or(named), site)?;
    Ok(Transformed { target, fields: mapped.fields })
}

/// Maps a record of a job that asks nobody.
pub(super) fn transform(record: &LeasedRecord, site: &Site) -> Result<RawPath, Failure> {
    if record.mapped.is_some() || site.mapper.is_plain() {
        return place(record, None, site);
    }
    let facts =
        Facts::new(record.id, &known(record, site), record.size, record.fields.clone(), Tech::default())
            .in_catalogue(record.row, record.external_id.as_deref());
    Ok(map(record, &facts, None, site)?.target)
}

/// The path by which people and templates know a record.
pub(crate) fn known<'a>(record: &'a LeasedRecord, site: &Site) -> Cow<'a, RawPath> {
    match site.sources.get(record.source) {
        Some(source) => known_as(&source.prefix, &record.path),
        None => Cow::Borrowed(&record.path),
    }
}

/// The target that the plan gave the record; else the one that it wants now, if no other record has it.
fn place(record: &LeasedRecord, wanted: Option<RawPath>, site: &Site) -> Result<RawPath, Failure> {
    if let Some(planned) = &record.mapped {
        return Ok(planned.clone());
    }
    let target = match &wanted {
        Some(wanted) => legal_path(wanted, site.destination.rules()),
        None => mirrored(record, site),
    };
    let target = target.ok_or_else(|| unsupported(wanted.as_ref().unwrap_or(&record.path)))?;
    match &site.claims {
        Some(claims) => claims.claim(target, record.id),
        None => Ok(target),
    }
}

/// Where a record goes when nothing is said: what the checkpoint takes for its target when it names none.
pub(crate) fn mirrored(record: &LeasedRecord, site: &Site) -> Option<RawPath> {
    let source = site.sources.get(record.source)?;
    target_of(&source.prefix, &record.path, site.destination.rules())
}

/// The target of a path below its source: the same path below the source's prefix at the
/// destination, each name made legal there. None: the destination cannot hold it.
pub(crate) fn target_of(prefix: &RawPath, path: &RawPath, rules: NameRules) -> Option<RawPath> {
    legal_path(&mirror(prefix, path), rules)
}

/// The destination's file system cannot hold this name.
pub(crate) fn unsupported(path: &RawPath) -> Failure {
    Failure::of(Stage::Transform, Category::NameUnsupported, Why::Name { name: path.to_string() })
}
