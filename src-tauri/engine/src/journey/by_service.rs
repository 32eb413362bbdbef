//! A record's content copied by the service that holds it, where both ends are the same service and nobody
//! asked for a proof by reading: no byte comes here, and no hash of it is known. What is proven is what the
//! service says of both: their size, or a checksum that it computed of each.

use std::sync::Arc;

use super::conflict::Resolved;
use super::copy_parts::Copied;
use super::upload::Target;
use super::{Stop, Way};
use crate::control::line::{Line, Trouble};
use crate::failure::{Category, Deed, Stage, Tried};
use crate::record::{Evidence, Failure, Objects, RawPath};
use crate::spec::Verify;
use crate::stage::{self, Arrived, Processed, Proof};
use crate::storage::object::{Bucket, Copy, Original};
use crate::storage::remote::claim::Claim;
use crate::storage::remote::fault::FaultKind;
use crate::storage::remote::{Looked, Mode, Place, Store, Told, content_type};
use crate::storage::sources::Origin;

/// Two places of one service.
#[derive(Clone, Copy)]
pub(super) struct Ends<'a> {
    from: &'a Place,
    to: &'a Arc<Place>,
    /// What holds `from` and `to`.
    buckets: (&'a Bucket, &'a Arc<Bucket>),
    /// The sizes are not enough: the service's checksums have to prove the copy.
    must_prove: bool,
}

impl Way<'_> {
    /// The two ends, where their service copies. None: the content comes through here.
    pub(super) fn one_service(&self) -> Option<Ends<'_>> {
        let site = &self.work.site;
        let Origin::Remote(from) = &site.sources.get(self.record.source)?.at else { return None };
        let to = site.destination.remote()?;
        let (Store::Object(source), Store::Object(target)) = (&from.store, &to.store) else { return None };
        let must_prove = match site.delivery.verify {
            Verify::Size => false,
            // A catalogue and sidecars are told the hash, and there would be none.
            Verify::Written if !self.steps.goes_on_after_copy() => true,
            Verify::Written | Verify::ReadBack => return None,
        };
        let reads = self.record.checksum.is_some() || must_prove && !target.proves_copies();
        let buckets = (&**source, target);
        (!reads && target.can_copy_from(source)).then_some(Ends { from, to, buckets, must_prove })
    }

    /// Lets the service copy. None: it cannot, nothing would prove the copy, or nothing would keep it from
    /// replacing what somebody else has put there.
    pub(super) async fn copy_by_service(
        &self,
        line: &Line,
        ends: Ends<'_>,
        target: &RawPath,
    ) -> Result<Option<Processed>, Stop> {
        let Ends { from, to: place, buckets: (source, bucket), must_prove } = ends;
        let what = Deed::Copy.on(from.shown(&self.record.path));
        let key = from.key(&self.record.path).map_err(|fault| fault.of_source(Stage::Ingest, &what))?;
        let looked = self.alive(line.ask(from.endpoint(), "look", from.look(&key))).await;
        let before = looked.map_err(|trouble| self.no_source(from, &what, trouble))?;
        let size = before.size;
        let part_size = bucket.copy_part_size(size);
        let promised = promised(&before).map(|claim| claim.by);
        // The checksum of what is put together of parts is not always that of its content.
        let by = promised.filter(|by| must_prove && (part_size.is_none() || by.is_of_parts()));
        if !bucket.copies(size) || must_prove && by.is_none() {
            return Ok(None);
        }
        let Some(tag) = before.etag.as_deref() else { return Ok(None) };
        let (path, mode) = match self.resolve(line, size, None, target.clone()).await? {
            Resolved::Ended(processed) => return Ok(Some(*processed)),
            Resolved::Free { target, mode } => (target, mode),
        };
        let there = place.target(&path).map_err(|fault| fault.of_destination(&what))?;
        let told = Told { content_type: content_type(path.file_name()), modified: before.modified };
        let to = Target { place, bucket, path, key: there, told, mode };
        let original = Original { bucket: source, key: &key, tag, size };
        let copy = match part_size {
            None => {
                if self.may_replace_unseen(line, &what, &to).await? {
                    return Ok(None);
                }
                let copying = bucket.copy(original, &to.key, by, mode);
                let copied = self.alive(line.ask(place.endpoint(), "copy", copying)).await;
                let copy = copied.map_err(|trouble| self.not_copied(from, &what, &to, trouble))?;
                self.batch.moved(self.active, size);
                copy
            }
            Some(part_size) => match self.copy_parts(line, (from, original), part_size, by, &to).await? {
                Copied::Made(copy) => copy,
                Copied::WasThere(processed) => return Ok(Some(processed)),
                Copied::Unknown => return Ok(None),
            },
        };
        // It is there. A pause now would leave our own object unproven.
        self.proven_copy(&line.to_the_end(), ends, to, &before, copy).await
    }

    /// Where the service replaces by a copy what it would not by a put, a look right before it is all there is, and
    /// one that tells nothing is none: then the content goes the way that is guarded.
    async fn may_replace_unseen(&self, line: &Line, what: &Tried, to: &Target<'_>) -> Result<bool, Stop> {
        if to.mode == Mode::Replace || !to.bucket.guards() || to.bucket.guards_copies() {
            return Ok(false);
        }
        match self.alive(line.ask(to.place.endpoint(), "look", to.place.look(&to.key))).await {
            Err(Trouble::Refused(fault)) if fault.kind == FaultKind::Missing => Ok(false),
            Ok(_) | Err(Trouble::Refused(_)) => Ok(true),
            Err(trouble) => Err(self.no_destination(to.place, what, trouble)),
        }
    }

    /// What is proven of a copy that is there. None: not what was asked for, so that the content comes through here.
    async fn proven_copy(
        &self,
        line: &Line,
        ends: Ends<'_>,
        to: Target<'_>,
        before: &Looked,
        copy: Copy,
    ) -> Result<Option<Processed>, Stop> {
        let looked = self.alive(line.ask(to.place.endpoint(), "look", to.place.look(&to.key))).await;
        let what = Deed::LookAt.on(to.place.shown(&to.path));
        let after = looked.map_err(|trouble| self.no_destination(to.place, &what, trouble))?;
        let claims = promised(before).zip(promised(&after)).filter(|(was, is)| was.by == is.by);
        // Another writer may have put something there since, and that is not ours to take away.
        let is_ours = copy.is(after.etag.as_deref());
        if after.size != before.size || claims.is_some_and(|(was, is)| was.value != is.value) {
            if is_ours {
                self.take_away(line, &to).await;
            }
            let message =
                format!("{}: the service made a copy that is not the same", to.place.shown(&to.path));
            return Err(Failure::new(Stage::Deliver, Category::VerifyMismatch, message).into());
        }
        if ends.must_prove && claims.is_none() {
            if is_ours {
                self.take_away(line, &to).await;
                to.bucket.proves_no_copies();
            }
            return Ok(None);
        }
        let came = before.objects();
        let service_checksum = claims.map(|(_, is)| is.stored());
        let source_version = copy.source_version.or(came.source_version);
        let objects = Objects { source_version, target_version: copy.version, service_checksum, ..came };
        self.keep_objects(objects).await;
        self.forget_upload(line).await?;
        let mirrored = stage::mirrored(self.record, &self.work.site);
        let target = (mirrored.as_ref() != Some(&to.path)).then_some(to.path);
        let evidence = if claims.is_some() { Evidence::RemoteChecksum } else { Evidence::Size };
        let proof = Proof::Delivered(evidence);
        Ok(Some(Processed::Arrived(Arrived { bytes: before.size, target, hash: None, proof })))
    }
}

/// What the service promises of a content.
fn promised(looked: &Looked) -> Option<&Claim> {
    looked.claim.as_ref().filter(|claim| claim.is_promised)
}
