//! The planner: writes what folders hold and catalogues name into the checkpoint while it goes through
//! them, and finishes with a balance. Moves nothing.

use std::path::Path;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use crate::checkpoint::{PlannedFate, PlannedRecord};
use crate::control::intake::{Intake, IntakeSwitch};
use crate::control::line::{Line, Trouble};
use crate::error::Error;
use crate::event::EventKind;
use crate::failure::Category;
use crate::grouping::Grouping;
use crate::mapping::placing::place_all;
use crate::preflight::{
    Finding, Preflight, Refusal, TypeTally, check_catalogues, check_paths, check_places, look_at_tools,
    survey,
};
use crate::record::{GroupId, RawPath};
use crate::session::Session;
use crate::source::catalogue::{Seen, list, list_unlisted};
use crate::source::{Found, planned, walk};
use crate::spec::JobSpec;
use crate::state::Transition;
use crate::storage::names::mirror;
use crate::storage::remote::Place;
use crate::storage::remote::listing::Listing;
use crate::storage::sources::{Origin, Sources};
use crate::threads::{joined, off_thread};

/// Records written at once.
const CHUNK: usize = 2000;
/// Chunks that may wait for the checkpoint; then the walk waits.
const CHUNKS_AHEAD: usize = 4;

/// Walks the sources anew. Refuses before it touches anything where they cannot be used.
pub(crate) async fn plan(session: &Arc<Session>) -> Result<Preflight, Error> {
    let job = session.job();
    let sources = {
        let job = job.clone();
        Arc::new(off_thread(move || check_paths(&job)).await?)
    };
    {
        let job = job.clone();
        off_thread(move || check_catalogues(&job)).await?;
    }
    for place in sources.iter().filter_map(|(_, source)| source.remote()) {
        session.controls.endpoints.bound(place.endpoint(), place.sessions());
    }
    let remarks = check_places(&job, &sources).await?;
    session.step(Transition::Plan, None, &[]).await?;
    let intake = session.open_intake();
    match fill(session, &sources, &intake, remarks).await {
        Ok(preflight) => {
            session
                .step(Transition::PlanComplete, None, &[EventKind::Planned { balance: preflight.balance }])
                .await?;
            Ok(preflight)
        }
        Err(error) => {
            // The plan is half a plan: it is dropped here and, should that fail, with the next one.
            let cleared = session.checkpoint.clear_plan().await;
            if let Ok(balance) = session.checkpoint.balance().await {
                session.live.set_balance(balance);
            }
            session.step(Transition::PlanCancelled, None, &[]).await?;
            cleared?;
            Err(error)
        }
    }
}

async fn fill(
    session: &Arc<Session>,
    sources: &Arc<Sources>,
    intake: &Arc<IntakeSwitch>,
    remarks: Vec<Finding>,
) -> Result<Preflight, Error> {
    session.checkpoint.clear_plan().await?;
    let job = session.job();
    let grouping = Grouping::prepare(&job.groups)?;
    let has_groups = grouping.is_some();
    if has_groups {
        session.checkpoint.begin_groups().await?;
    }
    let (send, mut receive) = mpsc::channel(CHUNKS_AHEAD);
    let walking = {
        let (job, sources, intake) = (job.clone(), Arc::clone(sources), Arc::clone(intake));
        let checkpoint = std::path::absolute(session.checkpoint.path()).unwrap_or_default();
        let line = Line::new(Arc::clone(&session.controls), Arc::clone(&intake), false);
        spawn_blocking(move || gather(&job, &sources, grouping, &checkpoint, &intake, &line, &send))
    };
    while let Some(Chunk { records, folders }) = receive.recv().await {
        if !records.is_empty() {
            session.live.set_balance(session.checkpoint.add_planned(&records).await?);
        }
        if !folders.is_empty() {
            session.checkpoint.add_empty_folders(&folders).await?;
        }
    }
    let tally = joined(walking).await?;
    // Where no row names a URL, there is no such source, and the run need not look for one.
    let has_web = tally.catalogues.iter().any(|catalogue| catalogue.urls.are_there);
    let known = if has_web { usize::MAX } else { job.roots().len() };
    session.checkpoint.set_prefixes(sources.iter().take(known).map(|(_, source)| &source.prefix)).await?;
    if intake.position() != Intake::Open {
        return Err(Error::PlanCancelled);
    }
    if has_groups {
        session.checkpoint.tie_groups().await?;
    }
    let placed = place_all(session, &job, sources, intake).await?;
    if has_groups {
        // Last: placing may fail records, and with them their groups.
        session.checkpoint.fail_broken_groups().await?;
    }
    let mut preflight = survey(&session.checkpoint, &job, sources, tally, placed).await?;
    preflight.findings.extend(remarks);
    preflight.findings.splice(0..0, look_at_tools(&job).await);
    preflight.findings.sort_by_key(|finding| finding.severity);
    session.live.set_balance(preflight.balance);
    session.checkpoint.set_preflight(&preflight).await?;
    Ok(preflight)
}

#[derive(Default)]
struct Chunk {
    records: Vec<PlannedRecord>,
    folders: Vec<(usize, RawPath)>,
}

/// What is found on its way to the checkpoint: counted, and sent in chunks.
struct Gathering<'a> {
    sources: &'a Sources,
    grouping: Option<Grouping>,
    intake: &'a IntakeSwitch,
    send: &'a mpsc::Sender<Chunk>,
    chunk: Chunk,
    tally: TypeTally,
}

impl Gathering<'_> {
    /// Takes a record. Gives false when no more are wanted.
    fn add(&mut self, mut record: PlannedRecord) -> bool {
        record.group = self.group_of(&record);
        if !matches!(record.fate, PlannedFate::Excluded(_))
            && let Some(source) = self.sources.get(record.source)
        {
            self.tally.add(&mirror(&source.prefix, &record.path), record.size);
        }
        self.chunk.records.push(record);
        self.send_if_full()
    }

    fn count_watched(&mut self, record: &PlannedRecord) -> bool {
        if matches!(record.fate, PlannedFate::Pending) {
            self.tally.watched.0 += 1;
            self.tally.watched.1 += record.size;
        }
        self.intake.position() == Intake::Open
    }

    /// What is left out belongs to nothing, nor does a row that names no file of its own.
    fn group_of(&mut self, record: &PlannedRecord) -> Option<GroupId> {
        let is_file = match &record.fate {
            PlannedFate::Pending => true,
            PlannedFate::Excluded(_) => false,
            PlannedFate::Failed(failure) => {
                !matches!(failure.category, Category::RowUnreadable | Category::DuplicatePath)
            }
        };
        let (grouping, source) = (self.grouping.as_mut()?, self.sources.get(record.source)?);
        if !is_file {
            return None;
        }
        let (root, path) = source.rooted(&record.path);
        grouping.of(&root, &path)
    }

    fn add_folder(&mut self, source: usize, path: RawPath) -> bool {
        self.tally.empty_folders += 1;
        self.chunk.folders.push((source, path));
        self.send_if_full()
    }

    fn send_if_full(&mut self) -> bool {
        let full = self.chunk.records.len() + self.chunk.folders.len() >= CHUNK;
        let sent = !full || self.send.blocking_send(std::mem::take(&mut self.chunk)).is_ok();
        sent && self.intake.position() == Intake::Open
    }

    /// Lists all that lies behind a connection. A page that does not come is asked for again.
    fn list(&mut self, number: usize, place: &Place, line: &Line) -> Result<(), Error> {
        let runtime = Handle::current();
        let mut listing = Listing::of(place);
        let (mut tries, mut is_empty) = (0, true);
        loop {
            match runtime.block_on(listing.next(line)) {
                Ok(Some(entries)) => {
                    tries = 0;
                    is_empty &= entries.is_empty();
                    for listed in entries {
                        self.tally.archived += u64::from(listed.is_archived);
                        if !self.add(planned(number, place, listed)) {
                            return Ok(());
                        }
                    }
                }
                Ok(None) if is_empty => return runtime.block_on(check_folder(place, line)),
                Ok(None) => return Ok(()),
                // Cancelled; the caller sees it.
                Err(Trouble::Closed) => return Ok(()),
                Err(trouble) => {
                    tries += 1;
                    let Some(wait) = trouble.wait_after(tries) else {
                        return Err(not_listed(place, &trouble).into());
                    };
                    runtime.block_on(async {
                        tokio::select! {
                            () = tokio::time::sleep(wait) => {}
                            () = self.intake.closed() => {}
                        }
                    });
                }
            }
        }
    }

    fn end(self) -> TypeTally {
        let _ = self.send.blocking_send(self.chunk);
        self.tally
    }
}

/// Walks every folder and reads every catalogue, on a thread of its own.
fn gather(
    job: &JobSpec,
    sources: &Sources,
    grouping: Option<Grouping>,
    checkpoint: &Path,
    intake: &IntakeSwitch,
    line: &Line,
    send: &mpsc::Sender<Chunk>,
) -> Result<TypeTally, Error> {
    let (chunk, tally) = (Chunk::default(), TypeTally::default());
    let mut gathering = Gathering { sources, grouping, intake, send, chunk, tally };
    for (number, source) in sources.iter().take(job.sources.len()) {
        match &source.at {
            Origin::Local(folder) => drop(walk(number, folder, checkpoint, &mut |found| match found {
                // The run takes in what is complete then.
                Found::Record(record, _) if job.watch.is_some() => gathering.count_watched(&record),
                Found::EmptyFolder(..) if job.watch.is_some() => true,
                Found::Record(record, _) => gathering.add(record),
                Found::EmptyFolder(number, path) => gathering.add_folder(number, path),
            })),
            Origin::Remote(place) => gathering.list(number, place, line)?,
            // Only rows name them.
            Origin::Web(..) => {}
        }
    }
    let mut seen = Seen::default();
    for number in 0..job.catalogues.len() {
        let read = list(number, job, sources, &mut seen, &mut |record| gathering.add(record))?;
        gathering.tally.catalogues.push(read);
    }
    list_unlisted(job, sources, checkpoint, &mut seen, &mut |record| gathering.add(record));
    Ok(gathering.end())
}

/// An empty folder behind a connection may be no folder at all: a single object would be passed over.
async fn check_folder(place: &Place, line: &Line) -> Result<(), Error> {
    let Ok(key) = place.key(&RawPath::default()) else { return Ok(()) };
    if key.is_empty() {
        return Ok(());
    }
    match line.ask(place.endpoint(), "look", place.look(&key)).await {
        Ok(looked) if !looked.is_folder => {}
        _ => return Ok(()),
    }
    Err(Refusal::SourceIsObject { place: place.shown(&RawPath::default()) }.into())
}

fn not_listed(place: &Place, why: &dyn std::fmt::Display) -> Refusal {
    Refusal::SourceUnlistable { place: place.shown(&RawPath::default()), said: why.to_string() }
}
