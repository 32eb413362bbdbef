//! The last steps at the destination: bytes durable, then proven, then under their final names. Records of
//! a group come through together or not at all.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::task::{JoinSet, spawn_blocking};

use super::fate::{end, end_together};
use super::redo::Publication;
use super::{End, From, Settled};
use crate::control::intake::Intake;
use crate::failure::{Category, Deed, Stage};
use crate::record::{Evidence, Failure, LeasedRecord, StepResult};
use crate::spec::{OnConflict, Verify};
use crate::stage::deliver::read_back;
use crate::stage::{self, Arrived, Processed, Proof, Staged};
use crate::storage::local::destination::Folder;
use crate::storage::local::fault;
use crate::storage::local::platform::FileId;
use crate::stream::{Handed, Handover, Work};

/// Threads that prove and publish a round.
const HANDS: usize = 4;

/// What came to the collector at about the same time.
#[derive(Default)]
pub(super) struct Round {
    /// At their ends already.
    pub(super) settled: Vec<Settled>,
    /// What has to be proven and published.
    pub(super) units: Vec<Unit>,
    /// To be kept.
    pub(super) steps: Vec<StepResult>,
}

/// What gets its final names together: a record alone, or those of a group.
pub(super) struct Unit {
    members: Vec<(From, Processed)>,
    is_group: bool,
}

impl Round {
    pub(super) fn of(handovers: Vec<Handover>, work: &Work) -> Self {
        let mut round = Self::default();
        for handover in handovers {
            match handover {
                Handover::Records { stream, records } => {
                    for (from, processed) in records.into_iter().map(|handed| apart(stream, handed)) {
                        match processed {
                            Processed::Staged(_) => {
                                round.units.push(Unit { members: vec![(from, processed)], is_group: false });
                            }
                            other => round.settled.push(end(from, other, work)),
                        }
                    }
                }
                Handover::Group { stream, records } => {
                    let members = records.into_iter().map(|handed| apart(stream, handed)).collect();
                    round.units.push(Unit { members, is_group: true });
                }
                Handover::Step(step) => round.steps.push(step),
                // Kept already, before anything else of the round.
                Handover::Upload { .. } => {}
            }
        }
        round
    }
}

fn apart(stream: usize, handed: Handed) -> (From, Processed) {
    let Handed { record, processed, took, published } = handed;
    (From { stream, record, took_ms: took.as_millis() as u64, published }, processed)
}

impl Unit {
    fn came_through(&self) -> bool {
        self.members.iter().all(|(_, processed)| processed.came_through())
    }

    fn staged(&self) -> impl Iterator<Item = (&LeasedRecord, &Staged)> {
        self.members.iter().filter_map(|(from, processed)| match processed {
            Processed::Staged(staged) => Some((&*from.record, &**staged)),
            _ => None,
        })
    }

    /// The final names that are about to be given to a group; a single one is given in one step.
    pub(super) fn publications(&self) -> Vec<StepResult> {
        if self.staged().nth(1).is_none() {
            return Vec::new();
        }
        let begun = self.staged().map(|(record, staged)| Publication::begun(record, staged));
        begun.collect::<Option<_>>().unwrap_or_default()
    }
}

impl Settled {
    fn place(&self) -> Option<PathBuf> {
        match &self.end {
            End::Published(_, place) => Some(place.clone()),
            End::Outcome(..) => None,
        }
    }
}

/// Runs a piece of work on the destination folder for a whole round, off the async threads.
async fn on_disk(
    work: &Arc<Work>,
    act: impl FnOnce(&Folder) -> io::Result<()> + Send + 'static,
) -> io::Result<()> {
    let work = Arc::clone(work);
    let acting = spawn_blocking(move || work.site.destination.local().map_or(Ok(()), act));
    acting.await.unwrap_or_else(|panic| Err(io::Error::other(panic)))
}

/// Does something with every unit, by several hands.
async fn by_hands<T: Send + 'static>(
    mut units: Vec<Unit>,
    work: &Arc<Work>,
    act: impl Fn(Unit, &Work) -> T + Clone + Send + 'static,
) -> Vec<T> {
    let share = units.len().div_ceil(HANDS).max(16);
    let mut hands = JoinSet::new();
    while !units.is_empty() {
        let share = units.split_off(units.len().saturating_sub(share));
        let (work, act) = (Arc::clone(work), act.clone());
        hands.spawn_blocking(move || -> Vec<T> { share.into_iter().map(|unit| act(unit, &work)).collect() });
    }
    hands.join_all().await.into_iter().flatten().collect()
}

/// Makes a round durable, and reads back what still has to be read back. Gives what may be published; one
/// that does not come through takes the others of its group with it.
pub(super) async fn prove(units: Vec<Unit>, settled: &mut Vec<Settled>, work: &Arc<Work>) -> Vec<Unit> {
    if units.is_empty() {
        return units;
    }
    let whole = units.iter().filter(|unit| unit.came_through());
    let paths: Vec<PathBuf> =
        whole.flat_map(Unit::staged).map(|(_, staged)| staged.part.path.to_path_buf()).collect();
    let durable = on_disk(work, move |folder| folder.make_durable(&paths)).await;
    let refused = durable.err().map(Arc::new);
    let proven = by_hands(units, work, move |unit, work| prove_unit(unit, refused.as_deref(), work)).await;
    let mut ready = Vec::with_capacity(proven.len());
    for unit in proven {
        match unit {
            Ok(unit) => ready.push(unit),
            Err(ended) => settled.extend(ended),
        }
    }
    ready
}

/// `refused`: what was staged could not be made durable.
fn prove_unit(mut unit: Unit, refused: Option<&io::Error>, work: &Work) -> Result<Unit, Vec<Settled>> {
    if unit.came_through() {
        for (from, processed) in &mut unit.members {
            *processed = match std::mem::replace(processed, Processed::Unfinished) {
                Processed::Staged(staged) => match refused {
                    Some(error) => failed(from, Deed::MakeDurable, &staged.part.path, error, work),
                    None => guarded(&from.record, work, || read_again(&from.record, *staged, work))
                        .map_or_else(|processed| processed, |staged| Processed::Staged(Box::new(staged))),
                },
                arrived => arrived,
            };
            if !processed.came_through() {
                break;
            }
        }
    }
    if unit.came_through() { Ok(unit) } else { Err(end_unit(unit.members, unit.is_group, work)) }
}

/// Gives what is proven its final names, and makes those durable.
pub(super) async fn publish(units: Vec<Unit>, work: &Arc<Work>) -> Vec<Settled> {
    if units.is_empty() {
        return Vec::new();
    }
    let settled = by_hands(units, work, publish_unit).await;
    let places: Vec<PathBuf> = settled.iter().flatten().filter_map(Settled::place).collect();
    let durable = on_disk(work, move |folder| folder.make_names_durable(&places));
    match durable.await {
        Ok(()) => settled.into_iter().flatten().collect(),
        Err(error) => settled.into_iter().flat_map(|unit| refuse_names(unit, &error, work)).collect(),
    }
}

/// Gives every member its final name, or takes back those that were given.
fn publish_unit(Unit { members, is_group }: Unit, work: &Work) -> Vec<Settled> {
    let mut settled = Vec::with_capacity(members.len());
    let mut published = Vec::new();
    let mut members = members.into_iter();
    while let Some((from, processed)) = members.next() {
        let Processed::Staged(staged) = processed else {
            settled.push(end(from, processed, work));
            continue;
        };
        match guarded(&from.record, work, || give_name(&from.record, *staged, work)) {
            Ok(done) => published.push((from, done)),
            Err(processed) => {
                let mut broken = vec![(from, processed)];
                for (from, Published { arrived, place, file }) in published {
                    match withdraw(&place, file, work) {
                        Ok(true) => broken.push((from, Processed::Unfinished)),
                        Ok(false) => settled.push(Settled { from, end: End::Published(arrived, place) }),
                        Err(error) => {
                            tracing::warn!(place = %place.display(), %error, "a final name is not taken back");
                            settled.push(Settled { from, end: End::Published(arrived, place) });
                        }
                    }
                }
                broken.extend(members);
                settled.extend(end_unit(broken, is_group, work));
                return settled;
            }
        }
    }
    let done =
        |(from, Published { arrived, place, .. })| Settled { from, end: End::Published(arrived, place) };
    settled.extend(published.into_iter().map(done));
    settled
}

/// Takes a final name back. False: it stays, because the file may have replaced another one, which would
/// not come back.
fn withdraw(place: &Path, file: FileId, work: &Work) -> io::Result<bool> {
    match work.site.destination.local() {
        Some(folder) if work.site.delivery.on_conflict != OnConflict::Overwrite => {
            folder.withdraw(place, file)?;
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// The end of what does not get its final names together.
fn end_unit(members: Vec<(From, Processed)>, is_group: bool, work: &Work) -> Vec<Settled> {
    if is_group {
        return end_together(members, work);
    }
    members.into_iter().map(|(from, processed)| end(from, processed, work)).collect()
}

/// What is published, but not under a durable name, is tried again.
fn refuse_names(unit: Vec<Settled>, error: &io::Error, work: &Work) -> Vec<Settled> {
    let is_group = unit.iter().any(|one| one.from.record.group.is_some());
    let (mut settled, mut refused) = (Vec::new(), Vec::new());
    for Settled { from, end } in unit {
        match end {
            End::Published(_, place) => {
                let processed = failed(&from, Deed::MakeNameDurable, &place, error, work);
                refused.push((from, processed));
            }
            End::Outcome(..) => settled.push(Settled { from, end }),
        }
    }
    settled.extend(end_unit(refused, is_group, work));
    settled
}

/// A file under its final name.
struct Published {
    arrived: Arrived,
    place: PathBuf,
    /// Which file it is.
    file: FileId,
}

/// Reads a file back, where that is asked and not done yet.
fn read_again(record: &LeasedRecord, mut staged: Staged, work: &Work) -> Result<Staged, Processed> {
    if work.site.delivery.verify == Verify::ReadBack && staged.evidence != Evidence::ReadBack {
        let not_cut = |_| work.intake.position() != Intake::Cut;
        staged.evidence = read_back(&staged.part.path, staged.bytes, staged.hash.as_ref(), &not_cut)
            .map_err(|failure| stage::fail(record, &work.site, failure))?
            .ok_or(Processed::Returned(None))?;
    }
    Ok(staged)
}

fn give_name(record: &LeasedRecord, staged: Staged, work: &Work) -> Result<Published, Processed> {
    let Staged { part, mirrored, bytes, hash, evidence } = staged;
    let fail = |failure| stage::fail(record, &work.site, failure);
    let folder = work.site.destination.local().ok_or_else(|| {
        let what = "what lies under a temporary name has no folder of this computer to go to";
        fail(Failure::new(Stage::Deliver, Category::Internal, what))
    })?;
    let wanted = part.path.to_path_buf();
    let refused = |error| fail(fault::of_destination(Deed::Name, &wanted, &error));
    fail::fail_point!("a_name_is_refused", record.path.0.ends_with(b"refused.dat"), |_| {
        Err(refused(io::ErrorKind::PermissionDenied.into()))
    });
    fail::fail_point!("a_name_waits", record.path.0.ends_with(b"waits.dat"), |_| unreachable!());
    let file = part.file_id().map_err(refused)?;
    let target = folder.publish(part, work.site.delivery.on_conflict).map_err(refused)?;
    let place = folder.path(&target).unwrap_or(wanted);
    let target = (mirrored.as_ref() != Some(&target)).then_some(target);
    let arrived = Arrived { bytes, target, hash, proof: Proof::Delivered(evidence) };
    Ok(Published { arrived, place, file })
}

/// A panic in here is this record's failure and nobody else's.
fn guarded<T>(
    record: &LeasedRecord,
    work: &Work,
    act: impl FnOnce() -> Result<T, Processed>,
) -> Result<T, Processed> {
    catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(|panic| {
        let failure = stage::internal(Stage::Deliver, panic.as_ref());
        Err(stage::fail(record, &work.site, failure))
    })
}

fn failed(from: &From, deed: Deed, path: &Path, error: &io::Error, work: &Work) -> Processed {
    stage::fail(&from.record, &work.site, fault::of_destination(deed, path, error))
}
