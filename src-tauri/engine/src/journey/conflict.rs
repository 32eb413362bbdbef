//! What becomes of a record when its target's name is taken, where one end, or both, lie behind a
//! connection: the same answers as between two folders.

use std::io::ErrorKind;
use std::sync::Arc;

use super::carry::Hashing;
use super::reading::Reading;
use super::{Stop, Way};
use crate::control::intake::Intake;
use crate::control::line::{Line, Trouble};
use crate::failure::{Category, Deed, Stage};
use crate::record::{ContentHash, Failure, Objects, RawPath};
use crate::spec::OnConflict;
use crate::stage::deliver;
use crate::stage::{self, Processed};
use crate::storage::destination::Destination;
use crate::storage::hash::Hasher;
use crate::storage::local::copy::{self, CopyError, Hashes};
use crate::storage::local::fault;
use crate::storage::local::platform::{self, to_shown};
use crate::storage::names::numbered;
use crate::storage::remote::fault::FaultKind;
use crate::storage::remote::fetch::Fetch;
use crate::storage::remote::{Looked, Mode, Place};
use crate::threads::off_thread;

/// Numbers tried for a free name before giving up.
const RENAME_TRIES: u32 = 10_000;

/// What is to be done.
pub(super) enum Resolved {
    /// The record has come to its end.
    Ended(Box<Processed>),
    /// Its content goes there.
    Free { target: RawPath, mode: Mode },
}

/// What is under a name.
enum Occupant {
    Nobody,
    File(u64),
    /// Something that is no file.
    Other,
}

/// The content under a name.
pub(super) struct Content {
    pub(super) hash: ContentHash,
    /// Which version of it that is, where the service keeps several.
    version: Option<String>,
}

impl Way<'_> {
    /// Decides where the content goes, and whether it has to go at all. `source`: open, and not read yet.
    pub(super) async fn resolve(
        &self,
        line: &Line,
        source_size: u64,
        mut source: Option<&mut Reading<'_>>,
        target: RawPath,
    ) -> Result<Resolved, Stop> {
        let policy = self.work.site.delivery.on_conflict;
        let interrupted = self.may_be_there();
        if policy == OnConflict::Overwrite && !interrupted {
            return Ok(Resolved::Free { target, mode: Mode::Replace });
        }
        let size = match self.occupant(line, &target).await? {
            Occupant::Nobody => return Ok(Resolved::Free { target, mode: Mode::Create }),
            Occupant::File(size) => Some(size),
            Occupant::Other => None,
        };
        if size.is_some() && (policy == OnConflict::SkipIdentical || interrupted) {
            // Brought by the run that died, just before it could record it? Then it is delivered.
            let (mut candidate, mut there) = (target.clone(), size);
            for number in 2..RENAME_TRIES {
                // Both ends are read now: nobody waits for a turn with another one in hand.
                if let Some(source) = &mut source {
                    source.let_go();
                }
                if there == Some(source_size)
                    && let Some(hash) = self.same_content(line, source_size, &candidate).await?
                {
                    self.forget_upload(line).await?;
                    let site = &self.work.site;
                    let ended =
                        deliver::already_there(self.record, source_size, interrupted, candidate, hash, site);
                    return Ok(Resolved::Ended(Box::new(ended)));
                }
                if policy != OnConflict::Rename {
                    break;
                }
                candidate = numbered(&target, number);
                there = match self.occupant(line, &candidate).await? {
                    Occupant::Nobody => break,
                    Occupant::File(size) => Some(size),
                    Occupant::Other => None,
                };
            }
        }
        match policy {
            OnConflict::Overwrite if size.is_some() => Ok(Resolved::Free { target, mode: Mode::Replace }),
            OnConflict::Rename => self.free_name(line, target).await,
            OnConflict::SkipIdentical if size.is_some() => {
                Err(self.taken(&target, "a file with other content"))
            }
            _ if size.is_some() => Err(self.taken(&target, "a file")),
            _ => Err(self.taken(&target, "a folder, a link or a special file")),
        }
    }

    /// `name (2).ext` and so on. In a folder of this computer the collector finds it as it publishes.
    async fn free_name(&self, line: &Line, target: RawPath) -> Result<Resolved, Stop> {
        if self.work.site.destination.local().is_some() {
            return Ok(Resolved::Free { target, mode: Mode::Create });
        }
        for number in 2..RENAME_TRIES {
            let candidate = numbered(&target, number);
            if let Occupant::Nobody = self.occupant(line, &candidate).await? {
                return Ok(Resolved::Free { target: candidate, mode: Mode::Create });
            }
        }
        Err(self.taken(&target, "a file, and so are all numbered ones"))
    }

    fn taken(&self, target: &RawPath, by: &str) -> Stop {
        let shown = match &self.work.site.destination {
            Destination::Local(folder) => {
                folder.path(target).map(|path| to_shown(path.as_os_str())).unwrap_or_default()
            }
            Destination::Remote(place) => place.shown(target),
        };
        let message = format!("the name {shown} is taken by {by}");
        Failure::new(Stage::Deliver, Category::DestinationConflict, message).into()
    }

    async fn occupant(&self, line: &Line, target: &RawPath) -> Result<Occupant, Stop> {
        match &self.work.site.destination {
            Destination::Local(folder) => {
                let path = folder.path(target).ok_or_else(|| deliver::outside(target))?;
                let looked = path.clone();
                match off_thread(move || looked.symlink_metadata()).await {
                    Ok(there) if there.is_file() => Ok(Occupant::File(there.len())),
                    Ok(_) => Ok(Occupant::Other),
                    Err(error) if error.kind() == ErrorKind::NotFound => Ok(Occupant::Nobody),
                    Err(error) => {
                        let failure = fault::of_destination(Deed::LookAt, &path, &error);
                        Err(stage::fail(self.record, &self.work.site, failure).into())
                    }
                }
            }
            Destination::Remote(place) => {
                let there = self.look(line, place, target).await?;
                place.expect_occupants(there.is_some());
                Ok(match there {
                    None => Occupant::Nobody,
                    Some(looked) if looked.is_folder => Occupant::Other,
                    Some(looked) => Occupant::File(looked.size),
                })
            }
        }
    }

    /// What is under a name behind a connection. None: nothing is.
    pub(super) async fn look(
        &self,
        line: &Line,
        place: &Place,
        target: &RawPath,
    ) -> Result<Option<Looked>, Stop> {
        let what = || Deed::LookAt.on(place.shown(target));
        let key = place.target(target).map_err(|fault| fault.of_destination(&what()))?;
        match self.alive(line.ask(place.endpoint(), "look", place.look(&key))).await {
            Ok(looked) => Ok(Some(looked)),
            Err(Trouble::Refused(fault)) if fault.kind == FaultKind::Missing => Ok(None),
            // Who may not list is not told what is missing. Where the service guards what is there, writing
            // tells more.
            Err(Trouble::Refused(fault)) if fault.kind == FaultKind::Denied && place.guards() => Ok(None),
            Err(trouble) => Err(self.no_destination(place, &what(), trouble)),
        }
    }

    /// The hash that source and target have in common. Both are read.
    pub(super) async fn same_content(
        &self,
        line: &Line,
        size: u64,
        target: &RawPath,
    ) -> Result<Option<ContentHash>, Stop> {
        let there = self.hash_of(line, size, target).await?;
        let mut source = Reading::open(self, line).await?;
        let hashes = Hashes { own: Some(self.work.site.delivery.hash), ..self.hashes() };
        let mut hashing = Hashing::new(hashes);
        while let Some(block) = source.next(self, line).await? {
            hashing.update(&block);
            self.moved(block.len()).await?;
        }
        let hashed = hashing.finish();
        source.check(self, &hashed).await?;
        let Some(there) = there.filter(|there| hashed.hash.as_ref() == Some(&there.hash)) else {
            return Ok(None);
        };
        self.keep_objects(Objects { target_version: there.version, ..source.objects() }).await;
        Ok(Some(there.hash))
    }

    /// The hash of what is under a target of that size. None: it is no longer what it was.
    async fn hash_of(&self, line: &Line, size: u64, target: &RawPath) -> Result<Option<Content>, Stop> {
        let algorithm = self.work.site.delivery.hash;
        match &self.work.site.destination {
            Destination::Local(folder) => {
                let path = folder.path(target).ok_or_else(|| deliver::outside(target))?;
                let (there, active, work) = (path.clone(), Arc::clone(self.active), Arc::clone(self.work));
                let hashed = off_thread(move || {
                    let mut file = platform::open_source(&there).map_err(CopyError::Read)?;
                    copy::hash(&mut file, size, algorithm, &|_| {
                        active.claim.touch(work.controls.now());
                        work.intake.position() != Intake::Cut && !active.claim.is_taken()
                    })
                });
                match hashed.await {
                    Ok(read) => Ok(read.hash.map(|hash| Content { hash, version: None })),
                    Err(CopyError::Cut) => Err(Processed::Returned(None).into()),
                    Err(CopyError::Read(error) | CopyError::Write(error)) => {
                        let failure = fault::of_destination(Deed::Read, &path, &error);
                        Err(stage::fail(self.record, &self.work.site, failure).into())
                    }
                }
            }
            Destination::Remote(place) => {
                self.hash_there(line, place, size, target, None, Hasher::new(algorithm)).await
            }
        }
    }

    /// Reads what is under a name behind a connection; only what has that tag, where there is one. None: it
    /// is no longer what it was.
    pub(super) async fn hash_there(
        &self,
        line: &Line,
        place: &Place,
        size: u64,
        target: &RawPath,
        etag: Option<String>,
        mut hasher: Hasher,
    ) -> Result<Option<Content>, Stop> {
        let what = || Deed::ReadBack.on(place.shown(target));
        let key = place.target(target).map_err(|fault| fault.of_destination(&what()))?;
        let mut fetch = Fetch::new(place, key, size, etag);
        loop {
            match self.alive(fetch.next(line)).await {
                Ok(Some(block)) => {
                    hasher.update(&block);
                    self.active.claim.touch(self.work.controls.now());
                }
                Ok(None) => {
                    let version = fetch.version().map(ToOwned::to_owned);
                    return Ok(Some(Content { hash: hasher.finish(), version }));
                }
                Err(Trouble::Refused(fault)) if fault.kind == FaultKind::Changed => return Ok(None),
                Err(trouble) => return Err(self.no_destination(place, &what(), trouble)),
            }
        }
    }
}
