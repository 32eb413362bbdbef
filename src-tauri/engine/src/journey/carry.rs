//! A record's content on its way where one end, or both, lie behind a connection: read block by block,
//! hashed once, and written, without a copy in between.
//!
//! Between two folders of this computer nothing of this is used: see [`crate::stage`].

use std::fs::FileTimes;
use std::io::Write;
use std::sync::Arc;

use bytes::Bytes;

use super::conflict::Resolved;
use super::reading::Reading;
use super::{Stop, Way};
use crate::control::intake::Intake;
use crate::control::line::{Line, Trouble};
use crate::failure::{Deed, Stage, Tried};
use crate::record::{ContentHash, Evidence, Failure, RawPath};
use crate::spec::{OnConflict, Verify};
use crate::stage::deliver::{self, ALONE, Staged};
use crate::stage::{self, Processed};
use crate::storage::destination::Destination;
use crate::storage::hash::Hasher;
use crate::storage::local::copy::Hashes;
use crate::storage::local::destination::TargetError;
use crate::storage::local::fault;
use crate::storage::object::parts;
use crate::storage::remote::fault::{Fault, at};
use crate::storage::remote::{Place, Store, Told, content_type};
use crate::storage::web::NotFetched;
use crate::threads::off_thread;

/// Bytes written to a file at once.
const WRITE: usize = 1 << 20;

/// How far a record's content has come.
pub(super) struct Hashing {
    own: Option<Hasher>,
    listed: Option<Hasher>,
    hashes: Hashes,
    pub(super) bytes: u64,
}

/// The content has gone through.
pub(super) struct Hashed {
    pub(super) bytes: u64,
    /// None: no hash was asked for.
    pub(super) hash: Option<ContentHash>,
    /// By the catalogue's algorithm, where it gives a checksum.
    pub(super) listed: Option<ContentHash>,
}

impl Hashing {
    pub(super) fn new(hashes: Hashes) -> Self {
        // One pass serves both where they are the same.
        let listed = hashes.listed.filter(|listed| hashes.own != Some(*listed)).map(Hasher::new);
        Self { own: hashes.own.map(Hasher::new), listed, hashes, bytes: 0 }
    }

    pub(super) fn update(&mut self, block: &[u8]) {
        self.bytes += block.len() as u64;
        for hasher in self.own.iter_mut().chain(&mut self.listed) {
            hasher.update(block);
        }
    }

    pub(super) fn finish(self) -> Hashed {
        let hash = self.own.map(Hasher::finish);
        let same = || hash.clone().filter(|_| self.hashes.listed.is_some());
        let listed = self.listed.map(Hasher::finish).or_else(same);
        Hashed { bytes: self.bytes, hash, listed }
    }
}

impl Way<'_> {
    /// Carries the content to the destination. What comes of it is staged in a folder of this computer, or
    /// has arrived behind a connection, where there is no temporary name.
    pub(super) async fn carry(&self, target: RawPath) -> Result<Processed, Stop> {
        tokio::select! {
            biased;
            carried = self.carry_over(target) => carried,
            // What is dropped here is cut off; parts that have arrived are kept.
            () = self.work.intake.reaches(Intake::Cut) => Err(Processed::Returned(None).into()),
        }
    }

    async fn carry_over(&self, target: RawPath) -> Result<Processed, Stop> {
        let line = Arc::new(self.line());
        if let Some(ends) = self.one_service()
            && let Some(processed) = self.copy_by_service(&line, ends, &target).await?
        {
            return Ok(processed);
        }
        let mut source = Reading::open(self, &line).await?;
        if let Some(place) = self.tries_first(source.size()) {
            match self.write_first(&line, &mut source, place, &target).await? {
                Some(processed) => return Ok(processed),
                // Its content was sent in vain; it is read again.
                None => source = Reading::open(self, &line).await?,
            }
        }
        let size = source.size();
        let (target, mode) = match self.resolve(&line, size, Some(&mut source), target).await? {
            Resolved::Ended(processed) => return Ok(*processed),
            Resolved::Free { target, mode } => (target, mode),
        };
        match &self.work.site.destination {
            Destination::Local(_) => self.write_to_folder(&line, &mut source, target).await,
            Destination::Remote(place) => {
                let told = told(&source, &target);
                match &place.store {
                    Store::Object(bucket) => {
                        self.write_to_bucket(&line, &mut source, (place, bucket), target, told, mode).await
                    }
                    Store::Files(tree) => {
                        Box::pin(self.write_to_server(&line, &mut source, (place, tree), target, mode)).await
                    }
                }
            }
        }
    }

    /// Whether an earlier attempt, whose answer was lost or not waited for, may have brought it.
    pub(super) fn may_be_there(&self) -> bool {
        self.record.interrupted || self.record.tries > 0 || self.record.upload.is_some()
    }

    /// The place to which the content may go without a look before, because the service itself refuses
    /// what is taken. None: it is to be looked first. Where names turn out to be taken, looks come first
    /// again, so that little is sent in vain.
    fn tries_first(&self, size: u64) -> Option<&Arc<Place>> {
        let place = self.work.site.destination.remote()?;
        // What a server refuses only by its rename has been written by then.
        if place.has_live_files() {
            return None;
        }
        let policy = self.work.site.delivery.on_conflict;
        let fits = size <= parts::WHOLE && policy != OnConflict::Overwrite;
        (fits && !self.may_be_there() && place.guards() && !place.expects_occupants()).then_some(place)
    }

    /// None: the name is taken.
    async fn write_first(
        &self,
        line: &Arc<Line>,
        source: &mut Reading<'_>,
        place: &Arc<Place>,
        target: &RawPath,
    ) -> Result<Option<Processed>, Stop> {
        let told = told(source, target);
        match &place.store {
            Store::Object(bucket) => {
                self.try_bucket(line, source, (place, bucket), target.clone(), told).await
            }
            Store::Files(_) => Ok(None),
        }
    }

    /// The line over which this attempt speaks to services.
    pub(super) fn line(&self) -> Line {
        let (controls, intake) = (Arc::clone(&self.work.controls), Arc::clone(&self.work.intake));
        Line::new(controls, intake, self.record.tries > 0)
    }

    /// Which hashes are computed of the content.
    pub(super) fn hashes(&self) -> Hashes {
        let delivery = self.work.site.delivery;
        Hashes {
            own: (delivery.verify != Verify::Size).then_some(delivery.hash),
            listed: self.record.checksum.as_ref().map(|listed| listed.algorithm),
        }
    }

    /// Bytes have moved: tells, and waits until they were due.
    pub(super) async fn moved(&self, bytes: usize) -> Result<(), Stop> {
        self.batch.moved(self.active, bytes as u64);
        self.active.claim.touch(self.work.controls.now());
        // From the scratch area to a folder nothing goes over the network any more.
        if self.spool.get().is_none() || self.work.site.destination.local().is_none() {
            self.alive(self.work.controls.bandwidth.due(bytes as u64)).await;
        }
        // The watch gave the record up: whatever comes now is too late.
        if self.active.claim.is_taken() { Err(Stop::WithCollector) } else { Ok(()) }
    }

    async fn write_to_folder(
        &self,
        line: &Line,
        source: &mut Reading<'_>,
        target: RawPath,
    ) -> Result<Processed, Stop> {
        let place = self.work.site.destination.path(&target).unwrap_or_default();
        let failed = |failure: Failure| -> Stop { stage::fail(self.record, &self.work.site, failure).into() };
        let writing = |deed: Deed, error: &std::io::Error| failed(fault::of_destination(deed, &place, error));
        let created = {
            let (record, site, target) =
                (Arc::clone(self.record), Arc::clone(&self.work.site), target.clone());
            off_thread(move || match site.destination.local() {
                Some(folder) => folder.create_part(&record, target, None),
                None => Err(TargetError::Outside),
            })
        };
        let (part, file) = created.await.map_err(|error| match error {
            TargetError::Outside => failed(deliver::outside(&target)),
            TargetError::Io(error) => writing(Deed::Create, &error),
        })?;
        let file = Arc::new(file);
        let mut hashing = Hashing::new(self.hashes());
        let (mut waiting, mut held) = (Vec::new(), 0);
        loop {
            let block = source.next(self, line).await?;
            let is_last = block.is_none();
            if let Some(block) = block {
                hashing.update(&block);
                self.moved(block.len()).await?;
                held += block.len();
                waiting.push(block);
            }
            if held >= WRITE || is_last && held > 0 {
                let (file, blocks) = (Arc::clone(&file), std::mem::take(&mut waiting));
                held = 0;
                off_thread(move || write_all(&file, &blocks))
                    .await
                    .map_err(|error| writing(Deed::Write, &error))?;
            }
            if is_last {
                break;
            }
        }
        let hashed = hashing.finish();
        source.check(self, &hashed).await?;
        let Hashed { bytes, hash, .. } = hashed;
        let times = source.modified().map(|at| FileTimes::new().set_modified(at));
        let read_back = self.work.site.delivery.verify == Verify::ReadBack && bytes >= ALONE;
        let ended = off_thread(move || {
            let there = file.metadata()?.len();
            if let Some(times) = times {
                file.set_times(times)?;
            }
            if read_back {
                file.sync_all()?;
            }
            Ok(there)
        });
        let there: u64 = ended.await.map_err(|error: std::io::Error| writing(Deed::Finish, &error))?;
        if there != bytes {
            let how = format!("{bytes} bytes were written, {there} are there");
            return Err(failed(deliver::mismatch(&place, &how)));
        }
        let mut evidence = if hash.is_some() { Evidence::Written } else { Evidence::Size };
        if read_back {
            let (path, hash, active) = (part.path.to_path_buf(), hash.clone(), Arc::clone(self.active));
            let work = Arc::clone(self.work);
            let read = off_thread(move || {
                let on_block = |_| {
                    active.claim.touch(work.controls.now());
                    work.intake.position() != Intake::Cut && !active.claim.is_taken()
                };
                deliver::read_back(&path, bytes, hash.as_ref(), &on_block)
            });
            evidence = read.await.map_err(failed)?.ok_or(Processed::Returned(None))?;
        }
        self.keep_objects(source.objects()).await;
        let mirrored = stage::mirrored(self.record, &self.work.site);
        Ok(Processed::Staged(Box::new(Staged { part, mirrored, bytes, hash, evidence })))
    }

    /// Why the record cannot go on when a request to the place that it comes from came to nothing.
    pub(super) fn no_source(&self, place: &Place, what: &Tried, trouble: Trouble) -> Stop {
        self.no_answer(place, trouble, |fault| fault.of_source(Stage::Ingest, what))
    }

    /// The same for the place that it goes to.
    pub(super) fn no_destination(&self, place: &Place, what: &Tried, trouble: Trouble) -> Stop {
        self.no_answer(place, trouble, |fault| fault.of_destination(what))
    }

    /// The same for a URL.
    pub(super) fn not_fetched(&self, stage: Stage, deed: Deed, why: NotFetched) -> Stop {
        let what = deed.on(self.record.path.to_string());
        match &why.trouble {
            Trouble::Closed => Processed::Returned(None).into(),
            Trouble::Later(wait) => Processed::Later(*wait).into(),
            Trouble::Refused(fault) => {
                stage::fail(self.record, &self.work.site, why.failure(stage, &what, fault)).into()
            }
            Trouble::Away(fault, open) => self.away(why.failure(stage, &what, fault), *open),
        }
    }

    fn no_answer(&self, place: &Place, trouble: Trouble, meaning: impl Fn(&Fault) -> Failure) -> Stop {
        let failure = |fault: &Fault| at(place.endpoint(), meaning(fault));
        match trouble {
            Trouble::Closed => Processed::Returned(None).into(),
            Trouble::Later(wait) => Processed::Later(wait).into(),
            Trouble::Refused(fault) => stage::fail(self.record, &self.work.site, failure(&fault)).into(),
            Trouble::Away(fault, open) => self.away(failure(&fault), open),
        }
    }
}

fn told(source: &Reading<'_>, target: &RawPath) -> Told {
    Told { content_type: content_type(target.file_name()), modified: source.modified() }
}

fn write_all(mut file: &std::fs::File, blocks: &[Bytes]) -> std::io::Result<()> {
    blocks.iter().try_for_each(|block| file.write_all(block))
}
