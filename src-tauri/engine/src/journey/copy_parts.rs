//! An object that its service does not copy in one request, copied by it part by part. What is copied is kept in
//! the checkpoint as parts that are sent are, so that the next attempt goes on from there.

use std::pin::pin;

use futures_util::StreamExt;
use futures_util::stream;

use super::parts::{COMPLETE, insist};
use super::upload::Target;
use super::{Stop, Way};
use crate::control::line::{Line, Trouble};
use crate::failure::{Deed, Tried};
use crate::stage::Processed;
use crate::storage::object::{Copy, Original};
use crate::storage::remote::Place;
use crate::storage::remote::claim::Checksum;
use crate::storage::remote::fault::{Fault, FaultKind};
use crate::upload::{Note, Part};

/// The step of these requests, for latencies and breakers.
const PART: &str = "copy part";

/// Parts that are copied at once.
const AT_ONCE: usize = 4;

/// What came of a copy in parts.
pub(super) enum Copied {
    /// The service made it.
    Made(Copy),
    /// An earlier attempt had brought it.
    WasThere(Processed),
    /// The service does not know how.
    Unknown,
}

impl Way<'_> {
    /// Lets the service copy the parts and put them together. `by`: the checksum that it is to compute of the whole.
    pub(super) async fn copy_parts(
        &self,
        line: &Line,
        (place, from): (&Place, Original<'_>),
        part_size: u64,
        by: Option<Checksum>,
        to: &Target<'_>,
    ) -> Result<Copied, Stop> {
        let (bucket, size) = (to.bucket, from.size);
        let what = Deed::Copy.on(place.shown(&self.record.path));
        let described = self.alive(line.ask(place.endpoint(), "look", from.attributes())).await;
        let attributes = described.map_err(|trouble| self.no_source(place, &what, trouble))?;
        let beginning = bucket.begin_copy(&to.key, &attributes, by);
        let upload = self.upload(line, (size, part_size), to, beginning).await?;
        let mut receipts = vec![None; size.div_ceil(part_size) as usize];
        let mut missing = Vec::new();
        for (number, receipt) in (0..).zip(&mut receipts) {
            match upload.parts.get(&number) {
                None => missing.push(number),
                Some(kept) if kept.hash == from.mark(u64::from(number) * part_size) => {
                    *receipt = Some(kept.receipt.clone());
                }
                Some(_) => {
                    self.give_up(line, bucket, &to.key, upload.id).await?;
                    return Err(self.begins_anew());
                }
            }
        }
        let id = &upload.id;
        let copying = stream::iter(missing).map(|number: u32| async move {
            let begin = u64::from(number) * part_size;
            let bytes = begin..size.min(begin + part_size);
            let copy = || bucket.copy_part(from, &to.key, id, number, bytes.clone());
            (number, bytes.end - bytes.start, insist(line, bucket, PART, copy).await)
        });
        let mut copying = pin!(copying.buffer_unordered(AT_ONCE));
        while let Some((number, bytes, answer)) = self.alive(copying.next()).await {
            match answer {
                Ok(receipt) => {
                    let part =
                        Part { hash: from.mark(u64::from(number) * part_size), receipt: receipt.clone() };
                    self.note(Note::Part { upload: id.clone(), number, part }).await?;
                    self.batch.moved(self.active, bytes);
                    receipts[number as usize] = Some(receipt);
                }
                // Who does not know of it has many words for that.
                Err(Trouble::Refused(fault))
                    if matches!(fault.kind, FaultKind::Unsupported | FaultKind::Rejected) =>
                {
                    self.give_up(line, bucket, &to.key, id.clone()).await?;
                    bucket.copies_no_parts();
                    return Ok(Copied::Unknown);
                }
                Err(Trouble::Refused(fault)) if fault.kind == FaultKind::NoUpload => {
                    // The service let it go; the next attempt begins anew.
                    self.note(Note::Ended { upload: id.clone() }).await?;
                    return Err(self.not_written(to, Trouble::Refused(fault)));
                }
                Err(trouble) => return Err(self.not_copied(place, &what, to, trouble)),
            }
        }
        let receipts: Vec<String> = receipts.into_iter().flatten().collect();
        let completing = bucket.complete(&to.key, id, receipts, &to.told, to.mode);
        match self.alive(line.ask(&bucket.endpoint, COMPLETE, completing)).await {
            Ok(stored) => {
                self.note(Note::Ended { upload: id.clone() }).await?;
                Ok(Copied::Made(Copy { tag: stored.etag, version: stored.version, source_version: None }))
            }
            Err(trouble) => {
                let ours = self.ours(line, size, to, &trouble).await?;
                if let Trouble::Refused(fault) = &trouble
                    && matches!(fault.kind, FaultKind::NoUpload | FaultKind::Taken)
                {
                    self.give_up(line, bucket, &to.key, id.clone()).await?;
                }
                ours.map(Copied::WasThere).ok_or_else(|| self.not_written(to, trouble))
            }
        }
    }

    /// Why the service copied nothing: for what its source is, or for what is at the destination.
    pub(super) fn not_copied(&self, from: &Place, what: &Tried, to: &Target<'_>, trouble: Trouble) -> Stop {
        match &trouble {
            Trouble::Refused(fault) if is_of_source(fault) => self.no_source(from, what, trouble),
            _ => self.no_destination(to.place, what, trouble),
        }
    }
}

/// Whether it is the object to be copied that stands in the way.
fn is_of_source(fault: &Fault) -> bool {
    matches!(fault.kind, FaultKind::Missing | FaultKind::Changed | FaultKind::Archived)
}
