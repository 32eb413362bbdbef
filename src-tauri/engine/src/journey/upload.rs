//! A record's content into object storage, in one request; see [`super::parts`] for what is larger. There is
//! no temporary name: an object is there when it is whole.

use std::sync::Arc;

use object_store::PutPayload;
use tokio::sync::OwnedSemaphorePermit;

use super::carry::{Hashed, Hashing};
use super::reading::Reading;
use super::{Stop, Way};
use crate::control::line::{Line, Trouble};
use crate::failure::{Category, Deed, Stage};
use crate::record::{Evidence, Failure, Objects, RawPath};
use crate::spec::Verify;
use crate::stage::{self, Arrived, Processed, Proof, deliver};
use crate::storage::hash::Hasher;
use crate::storage::object::{Bucket, Stored, parts};
use crate::storage::remote::fault::FaultKind;
use crate::storage::remote::{Mode, Place, Told};

/// The step of this request, for latencies and breakers.
const PUT: &str = "put";

/// Where the content goes, and as what.
pub(super) struct Target<'a> {
    pub(super) place: &'a Arc<Place>,
    pub(super) bucket: &'a Arc<Bucket>,
    pub(super) path: RawPath,
    pub(super) key: String,
    pub(super) told: Told,
    pub(super) mode: Mode,
}

impl Way<'_> {
    pub(super) async fn write_to_bucket(
        &self,
        line: &Arc<Line>,
        source: &mut Reading<'_>,
        (place, bucket): (&Arc<Place>, &Arc<Bucket>),
        path: RawPath,
        told: Told,
        mode: Mode,
    ) -> Result<Processed, Stop> {
        let what = Deed::Write.on(place.shown(&path));
        let key = place.target(&path).map_err(|fault| fault.of_destination(&what))?;
        let to = Target { place, bucket, path, key, told, mode };
        if source.size() > parts::WHOLE {
            return self.put_parts(line, source, to).await;
        }
        match self.put_whole(line, source, &to).await? {
            Ok((hashed, stored)) => self.arrived_there(line, source.objects(), to, hashed, stored).await,
            Err(trouble) => {
                let ours = self.ours(line, source.size(), &to, &trouble).await?;
                ours.ok_or_else(|| self.not_written(&to, trouble))
            }
        }
    }

    /// Who has taken the name may be ourselves: an earlier attempt that the look before did not yet see.
    pub(super) async fn ours(
        &self,
        line: &Line,
        size: u64,
        to: &Target<'_>,
        trouble: &Trouble,
    ) -> Result<Option<Processed>, Stop> {
        let is_taken = matches!(trouble, Trouble::Refused(fault) if fault.kind == FaultKind::Taken);
        if !is_taken || !self.may_be_there() {
            return Ok(None);
        }
        let same = self.same_content(line, size, &to.path).await?;
        Ok(same.map(|hash| {
            deliver::already_there(self.record, size, true, to.path.clone(), hash, &self.work.site)
        }))
    }

    /// Puts a small file without a look at what is there. None: the name is taken.
    pub(super) async fn try_bucket(
        &self,
        line: &Line,
        source: &mut Reading<'_>,
        (place, bucket): (&Arc<Place>, &Arc<Bucket>),
        path: RawPath,
        told: Told,
    ) -> Result<Option<Processed>, Stop> {
        let what = Deed::Write.on(place.shown(&path));
        let key = place.target(&path).map_err(|fault| fault.of_destination(&what))?;
        let to = Target { place, bucket, path, key, told, mode: Mode::Create };
        match self.put_whole(line, source, &to).await? {
            Ok((hashed, stored)) => {
                self.arrived_there(line, source.objects(), to, hashed, stored).await.map(Some)
            }
            Err(Trouble::Refused(fault)) if fault.kind == FaultKind::Taken => {
                place.expect_occupants(true);
                Ok(None)
            }
            Err(trouble) => Err(self.not_written(&to, trouble)),
        }
    }

    pub(super) async fn arrived_there(
        &self,
        line: &Line,
        came: Objects,
        to: Target<'_>,
        hashed: Hashed,
        stored: Stored,
    ) -> Result<Processed, Stop> {
        // It is there. A pause now would leave our own object unproven, and unknown.
        let evidence = self.prove(&line.to_the_end(), &to, &hashed, &stored).await?;
        self.keep_objects(Objects { target_version: stored.version, ..came }).await;
        let mirrored = stage::mirrored(self.record, &self.work.site);
        let target = (mirrored.as_ref() != Some(&to.path)).then_some(to.path);
        let Hashed { bytes, hash, .. } = hashed;
        Ok(Processed::Arrived(Arrived { bytes, target, hash, proof: Proof::Delivered(evidence) }))
    }

    async fn put_whole(
        &self,
        line: &Line,
        source: &mut Reading<'_>,
        to: &Target<'_>,
    ) -> Result<Result<(Hashed, Stored), Trouble>, Stop> {
        let bucket = to.bucket;
        let _room = self.room(source.size()).await;
        let mut hashing = Hashing::new(self.hashes());
        let mut blocks = Vec::new();
        while let Some(block) = source.next(self, line).await? {
            hashing.update(&block);
            self.moved(block.len()).await?;
            blocks.push(block);
            // It grew; how far is not for the memory to hold.
            if hashing.bytes > source.size() {
                break;
            }
        }
        let hashed = hashing.finish();
        self.check(source, &hashed).await?;
        let putting = bucket.put(&to.key, PutPayload::from_iter(blocks), &to.told, to.mode);
        let put = self.alive(line.ask(&bucket.endpoint, PUT, putting)).await;
        Ok(put.map(|stored| (hashed, stored)))
    }

    /// What arrived must be what is meant, before it can be seen.
    pub(super) async fn check(&self, source: &mut Reading<'_>, hashed: &Hashed) -> Result<(), Stop> {
        source.check(self, hashed).await
    }

    /// What is proven of an object that has arrived.
    async fn prove(
        &self,
        line: &Line,
        to: &Target<'_>,
        hashed: &Hashed,
        stored: &Stored,
    ) -> Result<Evidence, Stop> {
        let proven = match (self.work.site.delivery.verify, &hashed.hash) {
            (Verify::ReadBack, Some(expected)) => {
                let hash = async |etag| {
                    let hasher = Hasher::new(expected.algorithm);
                    let there = self.hash_there(line, to.place, hashed.bytes, &to.path, etag, hasher).await?;
                    Ok::<_, Stop>(there.map(|there| there.hash))
                };
                let ours = match &stored.etag {
                    Some(etag) => hash(Some(etag.clone())).await?,
                    None => None,
                };
                let is_ours = ours.is_some();
                // Somebody has changed it meanwhile, or the service gives tags of two kinds.
                let there = if is_ours { ours } else { hash(None).await? };
                if there.as_ref() == Some(expected) {
                    return Ok(Evidence::ReadBack);
                }
                if is_ours {
                    self.take_away(line, to).await;
                }
                None
            }
            (Verify::Written, _) if stored.asserted => Some(Evidence::RemoteChecksum),
            (Verify::Written, _) => Some(Evidence::Written),
            (Verify::Size | Verify::ReadBack, _) => {
                let looked = self.alive(line.ask(to.place.endpoint(), "look", to.place.look(&to.key))).await;
                let what = Deed::LookAt.on(to.place.shown(&to.path));
                let there = looked.map_err(|trouble| self.no_destination(to.place, &what, trouble))?;
                (there.size == hashed.bytes).then_some(Evidence::Size)
            }
        };
        if let Some(evidence) = proven {
            return Ok(evidence);
        }
        let message = format!("{}: what was read back is not what was sent", to.place.shown(&to.path));
        Err(Failure::new(Stage::Deliver, Category::VerifyMismatch, message).into())
    }

    /// Removes what is ours and damaged, where nobody had the name before: it does not stay under it.
    pub(super) async fn take_away(&self, line: &Line, to: &Target<'_>) {
        if to.mode == Mode::Create {
            let deleting = to.place.delete(&to.key);
            if let Err(error) = self.alive(line.ask(to.place.endpoint(), "delete", deleting)).await {
                tracing::warn!(key = to.key, %error, "a damaged object stays");
            }
        }
    }

    pub(super) fn not_written(&self, to: &Target<'_>, trouble: Trouble) -> Stop {
        let what = Deed::Write.on(to.place.shown(&to.path));
        self.no_destination(to.place, &what, trouble)
    }

    /// Waits for room in the memory for bytes in flight. What is larger than all of it goes alone.
    pub(super) async fn room(&self, bytes: u64) -> Option<OwnedSemaphorePermit> {
        let memory = &self.work.site.memory;
        self.alive(memory.take(bytes)).await
    }
}
