//! Final names that a run which died was about to give to a group. Every member was proven and its
//! publication kept before the first of them got its name, so that all of them can be completed, whatever
//! has become of the sources; or, where something of them is gone, none keeps its name.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::task::spawn_blocking;

use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::record::{
    Balance, BatchId, ContentHash, Copied, Evidence, GroupId, Lane, LeasedRecord, Outcome, RawPath, RecordId,
    StepResult, hex, unhex,
};
use crate::spec::OnConflict;
use crate::stage::{Arrived, Proof, Staged, mirrored};
use crate::storage::local::destination::Folder;
use crate::storage::local::platform::FileId;
use crate::stream::Work;
use crate::threads::joined;

/// A final name that is about to be given: the result of the step [`Publication::STEP`], as long as it is
/// not known whether the file has got it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Publication {
    /// Below the destination, in hexadecimal.
    target: String,
    file: FileId,
    hash: Option<ContentHash>,
    evidence: Evidence,
}

impl Publication {
    /// The name of its step.
    const STEP: &'static str = "publishing";

    /// What is kept before the first name of a group is given. None: the file is gone, which shows in a
    /// moment.
    pub(super) fn begun(record: &LeasedRecord, staged: &Staged) -> Option<StepResult> {
        let publication = Self {
            target: hex(&staged.part.target().0),
            file: staged.part.file_id().ok()?,
            hash: staged.hash.clone(),
            evidence: staged.evidence,
        };
        Some(StepResult { record: record.id, step: Self::STEP.into(), result: json!(publication) })
    }

    fn target(&self) -> Option<RawPath> {
        unhex(&self.target).map(RawPath)
    }
}

type Member = (LeasedRecord, Publication);

/// A member under its final name.
struct Completed {
    id: RecordId,
    arrived: Arrived,
    place: PathBuf,
}

/// Completes the publications of a dead run, of records that it still holds. Gives the balance where it
/// changed.
pub(crate) async fn complete_publications(
    checkpoint: &Checkpoint,
    orphans: &[LeasedRecord],
    work: &Arc<Work>,
) -> Result<Option<Balance>, CheckpointError> {
    let held = checkpoint.held_steps(Publication::STEP).await?;
    if held.is_empty() {
        return Ok(None);
    }
    let mut batches: BTreeMap<BatchId, Vec<StepResult>> = BTreeMap::new();
    let mut groups: BTreeMap<(BatchId, Option<GroupId>), Vec<Member>> = BTreeMap::new();
    let orphans: HashMap<RecordId, &LeasedRecord> =
        orphans.iter().map(|orphan| (orphan.id, orphan)).collect();
    for (batch, id, kept) in held {
        batches.entry(batch).or_default().push(StepResult::forgotten(id, Publication::STEP));
        // What cannot be read was not written by us: the file is then found by its content.
        if let (Some(&record), Ok(publication)) = (orphans.get(&id), serde_json::from_value(kept)) {
            groups.entry((batch, record.group)).or_default().push((record.clone(), publication));
        }
    }
    let completing = Arc::clone(work);
    let published = spawn_blocking(move || {
        let mut published: BTreeMap<BatchId, Vec<Completed>> = BTreeMap::new();
        // Only a folder of this computer takes groups.
        let Some(folder) = completing.site.destination.local() else { return published };
        for ((batch, _), members) in &groups {
            published.entry(*batch).or_default().extend(complete(members, folder, &completing));
        }
        let places: Vec<PathBuf> = published.values().flatten().map(|one| one.place.clone()).collect();
        let durable = folder.make_names_durable(&places);
        // What may not have its name for good is found by its content, too.
        if durable.is_ok() { published } else { BTreeMap::new() }
    });
    let mut published = joined(published).await;
    let goes_on = work.steps.as_ref().is_some_and(|steps| steps.goes_on_after_copy());
    let mut balance = None;
    for (batch, mut steps) in batches {
        let mut outcomes = Vec::new();
        for Completed { id, arrived, .. } in published.remove(&batch).unwrap_or_default() {
            if goes_on {
                let copied = json!(arrived.copied());
                steps.push(StepResult { record: id, step: Copied::STEP.into(), result: copied });
            } else {
                outcomes.push(Outcome { id, bytes: arrived.bytes, took_ms: 0, kind: arrived.outcome() });
            }
        }
        tracing::info!(batch, records = outcomes.len(), "publications of a dead run are completed");
        balance = Some(checkpoint.record_outcomes(batch, Lane::Main, &outcomes, &steps, &[], 0).await?);
    }
    Ok(balance)
}

/// Gives what is left of a group its names. Gives all of it, or nothing; under `overwrite`, what it can.
fn complete(members: &[Member], folder: &Folder, work: &Work) -> Vec<Completed> {
    let mut completed = Vec::new();
    for member in members {
        match name(member, folder, work) {
            Some(one) => completed.push(one),
            // What was replaced would not come back: the others are tried again.
            None if work.site.delivery.on_conflict == OnConflict::Overwrite => {}
            None => {
                members.iter().for_each(|member| take_back(member, folder, work));
                return Vec::new();
            }
        }
    }
    completed
}

/// Finds a member under its final name, or gives it.
fn name((record, publication): &Member, folder: &Folder, work: &Work) -> Option<Completed> {
    let policy = work.site.delivery.on_conflict;
    let wanted = publication.target()?;
    let target = match folder.find_part(record, &wanted, publication.file) {
        Some(part) => folder.publish(part, policy).ok()?,
        None => folder.find_published(&wanted, publication.file, policy)?,
    };
    let place = folder.path(&target)?;
    let target = (mirrored(record, &work.site).as_ref() != Some(&target)).then_some(target);
    let (bytes, hash) = (publication.file.size, publication.hash.clone());
    let arrived = Arrived { bytes, target, hash, proof: Proof::Delivered(publication.evidence) };
    Some(Completed { id: record.id, arrived, place })
}

/// What cannot be taken back any more is found by its content when its record is tried again.
fn take_back((record, publication): &Member, folder: &Folder, work: &Work) {
    let policy = work.site.delivery.on_conflict;
    let Some(wanted) = publication.target() else { return };
    folder.remove_parts(record, &wanted);
    let named = folder.find_published(&wanted, publication.file, policy);
    if let Some(place) = named.and_then(|target| folder.path(&target)) {
        let _ = folder.withdraw(&place, publication.file);
    }
}
