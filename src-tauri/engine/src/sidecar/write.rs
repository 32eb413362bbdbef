//! A sidecar's way to its place: a temporary name, durable, then its own name in one step.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use xxhash_rust::xxh3::xxh3_128;

use super::{Prepared, Sidecars};
use crate::failure::{Category, Deed, Stage};
use crate::record::{Failure, LeasedRecord, RawPath, hex, unhex};
use crate::spec::OnConflict;
use crate::stage::Site;
use crate::storage::local::destination::TargetError;
use crate::storage::local::fault;
use crate::storage::local::platform::{self, to_shown};

/// A file longer than this (bytes) is nobody's sidecar.
pub(crate) const LONGEST: u64 = 64 << 20;

/// A sidecar that was written: which file it is, and with which content.
#[derive(Debug)]
pub(crate) struct Written {
    /// Below the destination.
    pub(crate) target: RawPath,
    /// As [`hash`] gives it.
    pub(crate) hash: String,
}

impl Written {
    /// What the result of its step says.
    pub(crate) fn of(result: &Value) -> Option<Self> {
        let Kept { target, hash } = Kept::deserialize(result).ok()?;
        Some(Self { target: RawPath(unhex(&target)?), hash })
    }

    /// The result of its step.
    pub(crate) fn result(&self) -> Value {
        json!(Kept { target: hex(&self.target.0), hash: self.hash.clone() })
    }
}

/// The result of the step.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    /// Below the destination, in hexadecimal.
    target: String,
    hash: String,
}

/// Writes a record's sidecars beside the delivered file at `target`, and makes their names durable
/// together. Gives the results of the steps, also of those before one that failed; none for what is
/// there already, as an earlier attempt kept it.
pub(crate) fn write_all(
    sidecars: &Sidecars,
    record: &LeasedRecord,
    target: &RawPath,
    content: impl Fn(&Prepared) -> Result<Vec<u8>, Failure>,
    site: &Site,
) -> (Vec<(String, Value)>, Result<(), Failure>) {
    let mut written = Vec::new();
    let mut ended = Ok(());
    for sidecar in sidecars.iter() {
        match content(sidecar).and_then(|content| write(sidecar, record, target, &content, site)) {
            Ok(Some(one)) => written.push((sidecar.step.clone(), one)),
            Ok(None) => {}
            Err(failure) => {
                ended = Err(failure);
                break;
            }
        }
    }
    let places: Vec<_> = written.iter().filter_map(|(_, one)| site.destination.path(&one.target)).collect();
    let durable = site.destination.local().map_or(Ok(()), |folder| folder.make_names_durable(&places));
    if let (Err(error), Some(place)) = (durable, places.first()) {
        return (Vec::new(), Err(fault::of_destination(Deed::MakeNameDurable, place, &error)));
    }
    (written.into_iter().map(|(step, one)| (step, one.result())).collect(), ended)
}

/// Writes one sidecar. None: it is there already, as an earlier attempt kept it.
///
/// A file that is there is treated as the job's conflict policy says, but for two: one that this
/// record wrote before is replaced, and one with the same content is taken for it.
fn write(
    sidecar: &Prepared,
    record: &LeasedRecord,
    target: &RawPath,
    content: &[u8],
    site: &Site,
) -> Result<Option<Written>, Failure> {
    let hash = hash(content);
    let mut policy = site.delivery.on_conflict;
    let mut wanted = sidecar.target(target);
    match kept(sidecar, record, site) {
        Some(kept) if kept.hash == hash => return Ok(None),
        // Its own earlier one, with other content.
        Some(kept) => (wanted, policy) = (kept.target, OnConflict::Overwrite),
        None => {
            check_name(sidecar, record, target, &wanted, site)?;
            if let Some(claims) = &site.claims {
                claims.hold(&wanted, record.id)?;
            }
            if is_there(record, &wanted, content, site)? {
                return Ok(Some(Written { target: wanted, hash }));
            }
        }
    }
    let place = site.destination.path(&wanted).ok_or_else(|| outside(&wanted))?;
    let failed = |deed: Deed, error: &std::io::Error| fault::of_destination(deed, &place, error);
    // Whoever may read the file may read what is said of it.
    let described = site.destination.path(target).ok_or_else(|| outside(target))?;
    let like = described
        .symlink_metadata()
        .map_err(|error| fault::of_destination(Deed::LookAt, &described, &error))?;
    let destination = site.destination.local().ok_or_else(|| outside(&wanted))?;
    let (part, mut file) =
        destination.create_part(record, wanted.clone(), Some(&like)).map_err(|error| match error {
            TargetError::Outside => outside(&wanted),
            TargetError::Io(error) => failed(Deed::Create, &error),
        })?;
    file.write_all(content).map_err(|error| failed(Deed::Write, &error))?;
    file.sync_all().map_err(|error| failed(Deed::MakeDurable, &error))?;
    drop(file);
    let target = destination.publish(part, policy).map_err(|error| failed(Deed::Name, &error))?;
    Ok(Some(Written { target, hash }))
}

/// What an earlier attempt wrote, if it is still there as it was.
fn kept(sidecar: &Prepared, record: &LeasedRecord, site: &Site) -> Option<Written> {
    let written = Written::of(record.done.get(&sidecar.step)?)?;
    let found = read(&site.destination.path(&written.target)?).ok()?;
    (hash(&found) == written.hash).then_some(written)
}

/// XXH3 with 128 bits, in hexadecimal.
pub(crate) fn hash(content: &[u8]) -> String {
    format!("{:032x}", xxh3_128(content))
}

/// The destination must be able to hold the name, and the source must not have a file of that name,
/// which would come to the same place.
pub(crate) fn check_name(
    sidecar: &Prepared,
    record: &LeasedRecord,
    target: &RawPath,
    wanted: &RawPath,
    site: &Site,
) -> Result<(), Failure> {
    if site.destination.rules().legal(wanted.file_name()).is_none() {
        return Err(Failure::new(
            Stage::Deliver,
            Category::NameUnsupported,
            format!("{}: the destination cannot hold the name {wanted}", sidecar.step),
        ));
    }
    if wanted == target {
        return Err(Failure::new(
            Stage::Deliver,
            Category::NameCollision,
            format!("{}: the sidecar would have the file's own name, {wanted}", sidecar.step),
        ));
    }
    let twin = (record.path.file_name() == target.file_name())
        .then(|| site.sources.get(record.source)?.file(&sidecar.target(&record.path)))
        .flatten();
    match twin {
        Some(twin) if !record.path.0.is_empty() && twin.symlink_metadata().is_ok() => Err(Failure::new(
            Stage::Deliver,
            Category::DestinationConflict,
            format!(
                "{}: the source has a file with the sidecar's name itself, {}",
                sidecar.step,
                to_shown(twin.as_os_str())
            ),
        )),
        _ => Ok(()),
    }
}

/// Whether the same content is there already. An error where something else is, and the policy
/// leaves it there.
fn is_there(record: &LeasedRecord, wanted: &RawPath, content: &[u8], site: &Site) -> Result<bool, Failure> {
    let policy = site.delivery.on_conflict;
    let place = site.destination.path(wanted).ok_or_else(|| outside(wanted))?;
    let taken = |by: &str| {
        let message = format!("the name {} is taken by {by}", to_shown(place.as_os_str()));
        Err(Failure::new(Stage::Deliver, Category::DestinationConflict, message))
    };
    let occupant = match place.symlink_metadata() {
        Ok(occupant) => occupant,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(fault::of_destination(Deed::LookAt, &place, &error)),
    };
    if !occupant.is_file() {
        return if policy == OnConflict::Rename { Ok(false) } else { taken("something that is no file") };
    }
    let is_same = occupant.len() == content.len() as u64
        && read(&place).map_err(|error| fault::of_destination(Deed::Read, &place, &error))? == content;
    // Published by the run that died, just before it could be kept? Then it is ours.
    if is_same && (policy != OnConflict::Fail || record.interrupted) {
        return Ok(true);
    }
    match policy {
        OnConflict::Rename | OnConflict::Overwrite => Ok(false),
        OnConflict::SkipIdentical => taken("a file with other content"),
        OnConflict::Fail => taken("a file"),
    }
}

/// What a sidecar's file holds. Reads no more than a sidecar can be.
pub(crate) fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut content = Vec::new();
    let file: File = platform::open_source(path)?;
    file.take(LONGEST).read_to_end(&mut content)?;
    Ok(content)
}

/// Its path leads elsewhere.
pub(crate) fn outside(target: &RawPath) -> Failure {
    Failure::new(
        Stage::Deliver,
        Category::DestinationOutside,
        format!("the sidecar {target} would lie outside the destination"),
    )
}
