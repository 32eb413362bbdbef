//! Deliver: copy under a temporary name, prove it, and leave the rest (durable, final name) to the
//! collector.

use std::fs::{File, FileTimes, Metadata};
use std::io::{ErrorKind, Seek};
use std::path::Path;

use super::ingest::Ingested;
use super::{Arrived, Processed, Proof, Site, mirrored};
use crate::failure::{Category, Deed, Stage};
use crate::record::{ContentHash, Evidence, Failure, LeasedRecord, RawPath};
use crate::spec::{HashAlgorithm, OnConflict, Verify};
use crate::storage::local::copy::{self, CopyError, Hashes, OnBlock};
use crate::storage::local::destination::{Folder, Part, TargetError};
use crate::storage::local::fault;
use crate::storage::local::platform::{self, to_shown};
use crate::storage::names::numbered;

/// From this size on (bytes) a file is made durable and read back by its own stream; smaller ones
/// in groups, because one call to the system then serves hundreds.
pub(crate) const ALONE: u64 = 8 << 20;

/// A file that lies complete under its temporary name.
pub(crate) struct Staged {
    pub(crate) part: Part,
    /// Where it would go if nothing were said.
    pub(crate) mirrored: Option<RawPath>,
    pub(crate) bytes: u64,
    pub(crate) hash: Option<ContentHash>,
    /// What is proven so far; under `read_back` the group still has to be read.
    pub(crate) evidence: Evidence,
}

pub(super) fn deliver(
    record: &LeasedRecord,
    mut source: Ingested,
    target: RawPath,
    destination: &Folder,
    site: &Site,
    on_block: OnBlock,
) -> Result<Processed, Failure> {
    let place = destination.path(&target).ok_or_else(|| outside(&target))?;
    match place.symlink_metadata() {
        Ok(occupant) => {
            if let Some(processed) =
                resolve_conflict(record, &mut source, &target, &place, &occupant, site, on_block)?
            {
                return Ok(processed);
            }
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(fault::of_destination(Deed::LookAt, &place, &error)),
    }
    let (part, mut file) = destination.create_part(record, target.clone(), Some(&source.before)).map_err(
        |error| match error {
            TargetError::Outside => outside(&target),
            TargetError::Io(error) => fault::of_destination(Deed::Create, &place, &error),
        },
    )?;
    let writing = |deed: Deed, error: &std::io::Error| fault::of_destination(deed, &place, error);

    let algorithm = (site.delivery.verify != Verify::Size).then_some(site.delivery.hash);
    let hashes = Hashes { own: algorithm, listed: record.checksum.as_ref().map(|listed| listed.algorithm) };
    let sparse = platform::is_sparse(&source.before);
    let size = source.before.len();
    let copied = match copy::copy(&mut source.file, &mut file, size, hashes, sparse, &site.times, on_block) {
        Ok(copied) => copied,
        Err(CopyError::Cut) => return Ok(Processed::Returned(None)),
        Err(CopyError::Write(error)) => return Err(writing(Deed::Write, &error)),
        Err(CopyError::Read(error)) => {
            return Err(fault::of_source(Stage::Deliver, Deed::Read, &source.path, &error));
        }
    };
    check_unchanged(&source, copied.bytes)?;
    check_listed(record, &to_shown(source.path.as_os_str()), copied.listed.as_ref())?;
    if algorithm.is_none() {
        let there = file.metadata().map_err(|error| writing(Deed::LookAt, &error))?.len();
        if there != copied.bytes {
            return Err(mismatch(&place, &format!("{} bytes were written, {there} are there", copied.bytes)));
        }
    }
    if let Ok(modified) = source.before.modified() {
        file.set_times(FileTimes::new().set_modified(modified))
            .map_err(|error| writing(Deed::SetTime, &error))?;
    }
    let mut evidence = if algorithm.is_some() { Evidence::Written } else { Evidence::Size };
    if site.delivery.verify == Verify::ReadBack && copied.bytes >= ALONE {
        file.sync_all().map_err(|error| writing(Deed::MakeDurable, &error))?;
        drop(file);
        match read_back(&part.path, copied.bytes, copied.hash.as_ref(), &|_| on_block(0))? {
            Some(proven) => evidence = proven,
            None => return Ok(Processed::Returned(None)),
        }
    }
    Ok(Processed::Staged(Box::new(Staged {
        part,
        mirrored: mirrored(record, site),
        bytes: copied.bytes,
        hash: copied.hash,
        evidence,
    })))
}

/// Reads a durable part again, from the device where the system allows, and compares. None: cut off.
pub(crate) fn read_back(
    part: &Path,
    bytes: u64,
    expected: Option<&ContentHash>,
    on_block: OnBlock,
) -> Result<Option<Evidence>, Failure> {
    let Some(expected) = expected else { return Ok(Some(Evidence::Size)) };
    let reading = |error: &std::io::Error| fault::of_destination(Deed::ReadBack, part, error);
    let mut file = File::open(part).map_err(|error| reading(&error))?;
    platform::drop_cache(&file);
    match copy::hash(&mut file, bytes, expected.algorithm, on_block) {
        Ok(read) if read.bytes == bytes && read.hash.as_ref() == Some(expected) => {
            Ok(Some(Evidence::ReadBack))
        }
        Ok(_) => Err(mismatch(part, "what was read back is not what was written")),
        Err(CopyError::Cut) => Ok(None),
        Err(CopyError::Read(error) | CopyError::Write(error)) => Err(reading(&error)),
    }
}

/// What becomes of the record when its target's name is taken. None: go on and copy.
fn resolve_conflict(
    record: &LeasedRecord,
    source: &mut Ingested,
    target: &RawPath,
    place: &Path,
    occupant: &Metadata,
    site: &Site,
    on_block: OnBlock,
) -> Result<Option<Processed>, Failure> {
    let policy = site.delivery.on_conflict;
    let taken = |by: &str| {
        Failure::new(
            Stage::Deliver,
            Category::DestinationConflict,
            format!("the name {} is taken by {by}", to_shown(place.as_os_str())),
        )
    };
    if !occupant.is_file() {
        let by = if occupant.is_dir() { "a folder" } else { "a link or a special file" };
        return if policy == OnConflict::Rename { Ok(None) } else { Err(taken(by)) };
    }
    if same_file::is_same_file(&source.path, place).unwrap_or(false) {
        return Err(taken("the source file itself"));
    }
    if policy == OnConflict::SkipIdentical || record.interrupted {
        // Published by the run that died, just before it could record it? Then it is delivered.
        let mut candidate = target.clone();
        for number in 2.. {
            let path = site.destination.path(&candidate).ok_or_else(|| outside(&candidate))?;
            match identical(record, source, &path, site, on_block)? {
                Compared::Same(hash) => {
                    let (size, is_ours) = (source.before.len(), record.interrupted);
                    return Ok(Some(already_there(record, size, is_ours, candidate, hash, site)));
                }
                Compared::Cut => return Ok(Some(Processed::Returned(None))),
                Compared::Different if policy == OnConflict::Rename => candidate = numbered(target, number),
                Compared::Different | Compared::Missing => break,
            }
        }
    }
    match policy {
        OnConflict::Rename | OnConflict::Overwrite => Ok(None),
        OnConflict::SkipIdentical => Err(taken("a file with other content")),
        OnConflict::Fail => Err(taken("a file")),
    }
}

/// The content is there already. `is_ours`: an earlier attempt may have brought it.
pub(crate) fn already_there(
    record: &LeasedRecord,
    bytes: u64,
    is_ours: bool,
    target: RawPath,
    hash: ContentHash,
    site: &Site,
) -> Processed {
    let target = (mirrored(record, site).as_ref() != Some(&target)).then_some(target);
    let proof = if is_ours {
        let evidence = match site.delivery.verify {
            Verify::Size => Evidence::Size,
            Verify::Written | Verify::ReadBack => Evidence::ReadBack,
        };
        Proof::Delivered(evidence)
    } else {
        Proof::Skipped("identical")
    };
    Processed::Arrived(Arrived { bytes, target, hash: Some(hash), proof })
}

enum Compared {
    Same(ContentHash),
    Different,
    Missing,
    Cut,
}

/// Compares the source with a file at the destination, by content.
fn identical(
    record: &LeasedRecord,
    source: &mut Ingested,
    place: &Path,
    site: &Site,
    on_block: OnBlock,
) -> Result<Compared, Failure> {
    let looking = |error: &std::io::Error| fault::of_destination(Deed::Read, place, error);
    let reading =
        |path: &Path, error: &std::io::Error| fault::of_source(Stage::Deliver, Deed::Read, path, error);
    let size = source.before.len();
    let occupant = match place.symlink_metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Compared::Missing),
        other => other.map_err(|error| looking(&error))?,
    };
    if !occupant.is_file() || occupant.len() != size {
        return Ok(Compared::Different);
    }
    let algorithm: HashAlgorithm = site.delivery.hash;
    let mut there = platform::open_source(place).map_err(|error| looking(&error))?;
    let there = match copy::hash(&mut there, size, algorithm, &|_| on_block(0)) {
        Ok(read) => read,
        Err(CopyError::Cut) => return Ok(Compared::Cut),
        Err(CopyError::Read(error) | CopyError::Write(error)) => return Err(looking(&error)),
    };
    let hashes =
        Hashes { own: Some(algorithm), listed: record.checksum.as_ref().map(|listed| listed.algorithm) };
    let here = match copy::hash_all(&mut source.file, size, hashes, on_block) {
        Ok(read) => read,
        Err(CopyError::Cut) => return Ok(Compared::Cut),
        Err(CopyError::Read(error) | CopyError::Write(error)) => return Err(reading(&source.path, &error)),
    };
    source.file.rewind().map_err(|error| reading(&source.path, &error))?;
    check_unchanged(source, here.bytes)?;
    check_listed(record, &to_shown(source.path.as_os_str()), here.listed.as_ref())?;
    Ok(match (here.hash, there.hash) {
        (Some(here), Some(there)) if here == there => Compared::Same(here),
        _ => Compared::Different,
    })
}

/// A source that changed while it was read is a failure of its own: nobody knows which of its
/// states the copy holds.
pub(crate) fn check_unchanged(source: &Ingested, bytes: u64) -> Result<(), Failure> {
    let changed = |how: String| {
        Failure::new(
            Stage::Deliver,
            Category::SourceChanged,
            format!("{} {how} while it was copied", to_shown(source.path.as_os_str())),
        )
    };
    let planned = source.before.len();
    match source.path.symlink_metadata() {
        Ok(named) if bytes == planned && platform::is_unchanged(&source.before, &named) => Ok(()),
        Ok(named) if platform::is_same_file(&source.before, &named) => {
            let size = named.len();
            Err(changed(if size == planned {
                "was written to".into()
            } else {
                format!("went from {planned} to {size} bytes")
            }))
        }
        Ok(_) => Err(changed("was replaced".into())),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(changed("was removed".into())),
        Err(error) => Err(fault::of_source(Stage::Deliver, Deed::LookAt, &source.path, &error)),
    }
}

/// The bytes that were read must be those that the catalogue means.
pub(crate) fn check_listed(
    record: &LeasedRecord,
    shown: &str,
    read: Option<&ContentHash>,
) -> Result<(), Failure> {
    match (&record.checksum, read) {
        (Some(listed), Some(read)) if listed != read => Err(Failure::new(
            Stage::Deliver,
            Category::ChecksumMismatch,
            format!(
                "{shown}: the catalogue says {}, but what was read is {}",
                listed.stored(),
                read.stored()
            ),
        )),
        _ => Ok(()),
    }
}

pub(crate) fn outside(target: &RawPath) -> Failure {
    Failure::new(
        Stage::Deliver,
        Category::DestinationOutside,
        format!("the target {target} would lie outside the destination"),
    )
}

pub(crate) fn mismatch(place: &Path, how: &str) -> Failure {
    Failure::new(Stage::Deliver, Category::VerifyMismatch, format!("{}: {how}", to_shown(place.as_os_str())))
}
