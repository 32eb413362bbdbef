//! Gives planned records their targets, so that what does not fit together is found before anything
//! moves.

use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::collisions::Key;
use super::{Claims, Mapper, Places};
use crate::checkpoint::{Checkpoint, CheckpointError, Pending, PendingRecord};
use crate::control::intake::{Intake, IntakeSwitch};
use crate::describe::Tech;
use crate::error::Error;
use crate::failure::Category;
use crate::preflight::{NameChange, NameReason, Unmapped};
use crate::record::{Failure, RawPath, RecordId};
use crate::session::Session;
use crate::spec::JobSpec;
use crate::stage::{target_of, unsupported};
use crate::storage::names::{known_as, legal_path, mirror};
use crate::storage::sources::Sources;
use crate::template::Facts;
use crate::threads::off_thread;

/// Records placed at once.
const PAGE: u32 = 2000;

/// Changed names that are kept to be shown; all are counted, and `--findings` lists all.
const CHANGES_KEPT: usize = 100;

/// What came of placing a plan's records.
#[derive(Debug, Default)]
pub(crate) struct Placed {
    /// Records whose target got a number.
    pub(crate) numbered: u64,
    /// Records whose target had a name that the destination cannot hold as it is.
    pub(crate) made_legal: u64,
    /// Records that name a file which an earlier record names too.
    pub(crate) duplicates: u64,
    /// The first changed names.
    pub(crate) changes: Vec<NameChange>,
    pub(crate) unmapped: Unmapped,
}

/// One record, placed.
pub(crate) enum Place {
    /// Where the mapping puts it, as the template or its source says and as the destination can hold it.
    At { wanted: RawPath, legal: RawPath },
    /// Known only in the run.
    Later,
}

/// Everything that placing needs to know.
pub(crate) struct Ground {
    pub(crate) mapper: Mapper,
    pub(crate) places: Places,
    pub(super) prefixes: Vec<RawPath>,
    /// Sources whose files are called what a server says.
    pub(super) named_by_server: Vec<usize>,
}

impl Ground {
    pub(crate) async fn of(job: &JobSpec, prefixes: Vec<RawPath>) -> Result<Self, Error> {
        let destination = job.destination.clone();
        let places = off_thread(move || Places::of(&destination)).await;
        let named_by_server = job.named_by_server();
        Ok(Self { mapper: Mapper::prepare(job)?, places, prefixes, named_by_server })
    }

    /// Where a record goes, as far as that is known while planning.
    pub(crate) fn place(&self, record: &PendingRecord) -> Result<Place, Failure> {
        if self.named_by_server.contains(&record.source) {
            return Ok(Place::Later);
        }
        let mapped = if self.mapper.works_while_planning() {
            self.mapper.map_planned(&self.facts(record))?.target
        } else {
            None
        };
        let wanted = match mapped {
            Some(wanted) => wanted,
            None if self.mapper.has_target() => return Ok(Place::Later),
            None => mirror(&self.prefix(record), &record.path),
        };
        match legal_path(&wanted, self.places.rules) {
            Some(legal) => Ok(Place::At { wanted, legal }),
            None => Err(unsupported(&wanted)),
        }
    }

    /// What templates may use of a record while planning.
    pub(crate) fn facts(&self, record: &PendingRecord) -> Facts {
        let prefix = self.prefix(record);
        let path = known_as(&prefix, &record.path);
        Facts::new(record.id, &path, record.size, record.fields.clone(), Tech::default())
            .in_catalogue(record.row, record.external_id.as_deref())
    }

    /// What makes the target one that is known only in the run.
    pub(crate) fn late_target(&self, record: &PendingRecord) -> String {
        if self.named_by_server.contains(&record.source) {
            return "what the server calls the file".into();
        }
        self.mapper.late_target().unwrap_or_default().to_owned()
    }

    fn prefix(&self, record: &PendingRecord) -> RawPath {
        self.prefixes.get(record.source).cloned().unwrap_or_default()
    }
}

/// Places every pending record. Those that cannot be placed fail here.
pub(crate) async fn place_all(
    session: &Session,
    job: &JobSpec,
    sources: &Sources,
    intake: &IntakeSwitch,
) -> Result<Placed, Error> {
    let prefixes = sources.iter().map(|(_, source)| source.prefix.clone()).collect();
    let ground = Arc::new(Ground::of(job, prefixes).await?);
    let mut placed = Placed::default();
    let mut known = Vec::new();
    let mut files = Vec::new();
    let mut after = 0;
    loop {
        let page = session.checkpoint.pending(Pending::After(after, PAGE)).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        if intake.position() != Intake::Open {
            return Err(Error::PlanCancelled);
        }
        let working = Arc::clone(&ground);
        let page = off_thread(move || place_page(&working, &page)).await;
        known.extend(page.known);
        files.extend(page.files);
        placed.made_legal += page.made_legal;
        keep_some(&mut placed.changes, page.changes);
        placed.unmapped.add(page.unmapped);
        session.checkpoint.set_targets(&page.targets).await?;
        fail(session, &page.failures).await?;
    }
    let repeated = repeated(files);
    placed.duplicates = repeated.len() as u64;
    for records in repeated.chunks(PAGE as usize) {
        session.checkpoint.set_repeated(records).await?;
    }
    let claims = Claims::new(ground.places, job.map.on_collision, known);
    for twins in claims.twins().chunks(PAGE as usize) {
        number(session, &ground, &claims, twins, &mut placed).await?;
    }
    Ok(placed)
}

#[derive(Default)]
struct Page {
    known: Vec<(Key, RecordId)>,
    files: Vec<(Key, RecordId)>,
    targets: Vec<(RecordId, RawPath)>,
    failures: Vec<(RecordId, Failure)>,
    made_legal: u64,
    changes: Vec<NameChange>,
    unmapped: Vec<super::Offence>,
}

fn place_page(ground: &Ground, records: &[PendingRecord]) -> Page {
    let mut page = Page::default();
    for record in records {
        page.files.push((xxh3_64_with_seed(&record.path.0, record.source as u64), record.id));
        match ground.place(record) {
            Ok(Place::At { wanted, legal }) => {
                page.known.push((ground.places.key(&legal), record.id));
                if wanted != legal {
                    page.made_legal += 1;
                    if page.changes.len() < CHANGES_KEPT {
                        page.changes.push(NameChange::new(record.id, NameReason::Illegal, &wanted, &legal));
                    }
                }
                if ground.mapper.has_target() {
                    page.targets.push((record.id, legal));
                }
            }
            Ok(Place::Later) => {}
            Err(failure) => {
                if failure.category == Category::MetadataInvalid {
                    page.unmapped.extend(ground.mapper.offences(&ground.facts(record)));
                }
                page.failures.push((record.id, failure));
            }
        }
    }
    page
}

/// The records whose file an earlier one has, by their numbers.
fn repeated(mut files: Vec<(Key, RecordId)>) -> Vec<RecordId> {
    files.sort_unstable();
    let twins = files.windows(2).filter(|pair| pair[0].0 == pair[1].0);
    let mut records: Vec<RecordId> = twins.map(|pair| pair[1].1).collect();
    records.sort_unstable();
    records
}

/// Gives records whose target another one keeps a number, or fails them, as the job says.
async fn number(
    session: &Session,
    ground: &Ground,
    claims: &Claims,
    twins: &[RecordId],
    placed: &mut Placed,
) -> Result<(), Error> {
    let (mut targets, mut failures, mut changes) = (Vec::new(), Vec::new(), Vec::new());
    for record in session.checkpoint.pending(Pending::These(twins)).await? {
        let mirrored = || target_of(&ground.prefix(&record), &record.path, ground.places.rules);
        let Some(wanted) = record.mapped.clone().or_else(mirrored) else { continue };
        match claims.claim(wanted.clone(), record.id) {
            Ok(target) => {
                changes.push(NameChange::new(record.id, NameReason::Collision, &wanted, &target));
                targets.push((record.id, target));
            }
            Err(failure) => failures.push((record.id, failure)),
        }
    }
    placed.numbered += targets.len() as u64;
    keep_some(&mut placed.changes, changes);
    session.checkpoint.set_targets(&targets).await?;
    fail(session, &failures).await?;
    Ok(())
}

async fn fail(session: &Session, failures: &[(RecordId, Failure)]) -> Result<(), CheckpointError> {
    if !failures.is_empty() {
        session.live.set_balance(session.checkpoint.fail_planned(failures).await?);
    }
    Ok(())
}

fn keep_some(kept: &mut Vec<NameChange>, more: Vec<NameChange>) {
    let room = CHANGES_KEPT.saturating_sub(kept.len());
    kept.extend(more.into_iter().take(room));
}

/// Who has which target, for records and sidecars that the run has to place. None: there are none such,
/// because every record mirrors its source on a destination that tells all names apart.
pub(crate) async fn load_claims(
    checkpoint: &Checkpoint,
    job: &JobSpec,
    sources: &Sources,
    mapper: &Mapper,
    places: Places,
) -> Result<Option<Claims>, CheckpointError> {
    let names_are_known = job.named_by_server().is_empty();
    let is_plain = !mapper.has_target() && !places.folds && job.sidecars.is_empty() && names_are_known;
    if is_plain && !checkpoint.has_targets().await? {
        return Ok(None);
    }
    let (mut there, mut planned) = (Vec::new(), Vec::new());
    let mut after = 0;
    loop {
        let page = checkpoint.held_targets_after(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        for held in page {
            let mirrored = || {
                let source = sources.get(held.source)?;
                target_of(&source.prefix, &held.path, places.rules)
            };
            let target = match held.target {
                // What is there without a target of its own mirrors its source, whatever the job says now.
                None if held.is_there || !mapper.has_target() => mirrored(),
                target => target,
            };
            if let Some(target) = target {
                let list = if held.is_there { &mut there } else { &mut planned };
                list.push((places.key(&target), held.id));
            }
        }
    }
    let mut after = (0, String::new());
    loop {
        let page = checkpoint.sidecar_targets_after((after.0, &after.1), PAGE).await?;
        let Some(last) = page.last() else { break };
        after = (last.record, last.step.clone());
        for sidecar in page {
            there.extend(sidecar.target.map(|target| (places.key(&target), sidecar.record)));
        }
    }
    // What is at the destination keeps its name.
    there.append(&mut planned);
    Ok(Some(Claims::new(places, job.map.on_collision, there)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_there_before_is_a_duplicate() {
        assert_eq!(repeated(vec![(3, 1), (1, 2), (3, 3), (2, 4), (3, 5), (1, 6)]), [3, 5, 6]);
        assert!(repeated(vec![(1, 1), (2, 2), (3, 3)]).is_empty());
    }
}
