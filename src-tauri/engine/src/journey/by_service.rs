//! A record's content copied by the service that holds it, where both ends are the same service and nobody
//! asked for a proof by reading: no byte comes here, and no hash of it is known.

use super::conflict::Resolved;
use super::{Stop, Way};
use crate::control::line::{Line, Trouble};
use crate::failure::{Category, Stage};
use crate::record::{Evidence, Failure, Objects, RawPath};
use crate::spec::Verify;
use crate::stage::{self, Arrived, Processed, Proof};
use crate::storage::object::{Bucket, LARGEST_COPY};
use crate::storage::remote::fault::{Fault, FaultKind};
use crate::storage::remote::{Mode, Place, Store};
use crate::storage::sources::Origin;

/// Two places of one service.
#[derive(Clone, Copy)]
pub(super) struct Ends<'a> {
    from: &'a Place,
    to: &'a Place,
    /// What holds `from` and `to`.
    buckets: (&'a Bucket, &'a Bucket),
}

impl Way<'_> {
    /// The two ends, where their service copies. None: the content comes through here.
    pub(super) fn one_service(&self) -> Option<Ends<'_>> {
        let site = &self.work.site;
        let Origin::Remote(from) = &site.sources.get(self.record.source)?.at else { return None };
        let to = site.destination.remote()?;
        let (Store::Object(source), Store::Object(target)) = (&from.store, &to.store) else { return None };
        let reads = site.delivery.verify != Verify::Size || self.record.checksum.is_some();
        (!reads && target.can_copy_from(source)).then_some(Ends { from, to, buckets: (source, target) })
    }

    /// Lets the service copy. None: the object is too large for that, or nothing would keep the copy from
    /// replacing what somebody else has put there.
    pub(super) async fn copy_by_service(
        &self,
        line: &Line,
        ends: Ends<'_>,
        target: &RawPath,
    ) -> Result<Option<Processed>, Stop> {
        let Ends { from, to, buckets: (source, bucket) } = ends;
        let what = format!("cannot copy {}", from.shown(&self.record.path));
        let key = from.key(&self.record.path).map_err(|fault| fault.of_source(Stage::Ingest, &what))?;
        let looked = self.alive(line.ask(from.endpoint(), "look", from.look(&key))).await;
        let before = looked.map_err(|trouble| self.no_source(from, &what, trouble))?;
        let Some(tag) = before.etag.as_deref().filter(|_| before.size <= LARGEST_COPY) else {
            return Ok(None);
        };
        let (target, mode) = match self.resolve(line, before.size, None, target.clone()).await? {
            Resolved::Ended(processed) => return Ok(Some(*processed)),
            Resolved::Free { target, mode } => (target, mode),
        };
        let there = to.target(&target).map_err(|fault| fault.of_destination(&what))?;
        // Where the service replaces by a copy what it would not by a put, a look right before it is all there is,
        // and one that tells nothing is none: then the content goes the way that is guarded.
        if mode == Mode::Create && bucket.guards() && !bucket.guards_copies() {
            let looked = self.alive(line.ask(to.endpoint(), "look", to.look(&there))).await;
            match looked {
                Err(Trouble::Refused(fault)) if fault.kind == FaultKind::Missing => {}
                Ok(_) | Err(Trouble::Refused(_)) => return Ok(None),
                Err(trouble) => return Err(self.no_destination(to, &what, trouble)),
            }
        }
        let copying = bucket.copy(source, &key, tag, &there, mode);
        let copied = self.alive(line.ask(to.endpoint(), "copy", copying)).await;
        let copy = copied.map_err(|trouble| match &trouble {
            Trouble::Refused(fault) if is_of_source(fault) => self.no_source(from, &what, trouble),
            _ => self.no_destination(to, &what, trouble),
        })?;
        // It is there. A pause now would leave our own object unproven.
        let line = line.to_the_end();
        let looked = self.alive(line.ask(to.endpoint(), "look", to.look(&there))).await;
        let what = format!("cannot look at {}", to.shown(&target));
        let after = looked.map_err(|trouble| self.no_destination(to, &what, trouble))?;
        let differs = match (&before.claim, &after.claim) {
            (Some(was), Some(is)) => was.is_promised && was.by == is.by && was.value != is.value,
            _ => false,
        };
        if differs || after.size != before.size {
            let message = format!("{}: the service made a copy that is not the same", to.shown(&target));
            return Err(Failure::new(Stage::Deliver, Category::VerifyMismatch, message).into());
        }
        let came = before.objects();
        let source_version = copy.source_version.or(came.source_version);
        self.keep_objects(Objects { source_version, target_version: copy.version, ..came }).await;
        self.forget_upload(&line).await?;
        self.batch.moved(self.active, before.size);
        let mirrored = stage::mirrored(self.record, &self.work.site);
        let target = (mirrored.as_ref() != Some(&target)).then_some(target);
        let proof = Proof::Delivered(Evidence::Size);
        Ok(Some(Processed::Arrived(Arrived { bytes: before.size, target, hash: None, proof })))
    }
}

/// Whether it is the object to be copied that stands in the way.
fn is_of_source(fault: &Fault) -> bool {
    matches!(fault.kind, FaultKind::Missing | FaultKind::Changed | FaultKind::Archived)
}
