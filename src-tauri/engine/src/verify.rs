//! Verify: reads the destination again and compares it with the checkpoint. Changes nothing.

mod orphans;
mod sidecars;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use ts_rs::TS;

use crate::checkpoint::{Checkpoint, DeliveredRecord, LeftThere};
use crate::connections::access_of;
use crate::control::Controls;
use crate::control::intake::IntakeSwitch;
use crate::control::line::{Line, Trouble};
use crate::error::Error;
use crate::record::{ContentHash, Copied, RawPath, RecordId, show_text, unhex};
use crate::report::failures::source_of;
use crate::sidecar::Written;
use crate::spec::{JobSpec, Location};
use crate::stage::target_of;
use crate::storage::destination::rules_of;
use crate::storage::hash::Hasher;
use crate::storage::local::copy;
use crate::storage::local::platform::{self, to_shown};
use crate::storage::names::NameRules;
use crate::storage::remote::Place;
use crate::storage::remote::claim::{Checking, Claim};
use crate::storage::remote::connect::connect;
use crate::storage::remote::fault::FaultKind;
use crate::storage::remote::fetch::Fetch;

use orphans::Known;

/// Records read from the checkpoint at once.
const PAGE: u32 = 1000;
/// Records whose steps are read at once.
const LEFT_AT_ONCE: RecordId = 10_000;
/// Files read at once.
const HANDS: usize = 4;
/// How often progress is told, at most.
const TOLD_EVERY: Duration = Duration::from_millis(200);
/// Problems kept in the report; all are counted.
const PROBLEMS_KEPT: usize = 1000;

/// What a verification found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct VerifyReport {
    /// Records looked at: delivered, and skipped as identical.
    pub checked: u64,
    /// Content hashes to the recorded value.
    pub matching: u64,
    /// The size is right; no hash was recorded to compare with.
    pub size_only: u64,
    /// There is no such file.
    pub missing: u64,
    /// Content or size is not what was recorded.
    pub differing: u64,
    /// The file could not be read.
    pub unreadable: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Sidecars looked at beside them.
    pub sidecars: u64,
    /// Sidecars that are missing, differ or could not be read.
    pub sidecars_wrong: u64,
    /// The first thousand problems.
    pub problems: Vec<VerifyProblem>,
    /// Files at the destination that no record names. None: they were not looked for, because only some
    /// records were verified, the migration was at work, or the destination is on another computer.
    pub orphans: Option<u64>,
    /// The first thousand of them: their paths below the destination, safe to show.
    pub orphan_paths: Vec<String>,
}

impl VerifyReport {
    /// Whether everything recorded is there as recorded.
    pub fn is_clean(&self) -> bool {
        self.missing + self.differing + self.unreadable + self.sidecars_wrong == 0
    }
}

/// One file that is not as recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct VerifyProblem {
    /// The record's number.
    pub id: RecordId,
    /// Where it came from: the full path or URL, safe to show.
    pub source: String,
    /// The file's path, safe to show.
    pub target: String,
    /// `missing`, `differing` or `unreadable`.
    pub problem: String,
    /// In words.
    pub message: String,
}

enum Verdict {
    Matching(u64),
    SizeOnly,
    Missing,
    Differing(String),
    Unreadable(String),
}

/// Reads every delivered file again, or those of these records. `at_rest`: nothing is at work, so that files
/// that no record names can be looked for. `on_progress` hears of it several times a second.
pub(crate) async fn verify(
    checkpoint: &Checkpoint,
    records: &[RecordId],
    at_rest: bool,
    mut on_progress: impl FnMut(&VerifyReport),
) -> Result<VerifyReport, Error> {
    let job = checkpoint.job().await?;
    let destination = Arc::new(Kept::of(&job)?);
    let prefixes = Arc::new(checkpoint.prefixes().await?);
    let roots = job.roots();
    let mut report = VerifyReport::default();
    let mut known = (records.is_empty() && at_rest).then(Known::default);
    let mut told = Instant::now();
    let mut after = 0;
    loop {
        let page = checkpoint.delivered_after(records, after, PAGE).await?;
        let Some(last) = page.last().map(|record| record.id) else { break };
        if let Some(known) = &mut known {
            let targets = page.iter().filter_map(|record| target(record, &prefixes, destination.rules()));
            targets.for_each(|target| known.add(&target));
        }
        // Whoever reads ends when nobody listens any more, even in the middle of a file.
        let (tell, mut heard) = mpsc::channel(HANDS);
        let mut hands = JoinSet::new();
        for share in page.chunks(page.len().div_ceil(HANDS)) {
            let (share, destination, prefixes, tell) =
                (share.to_vec(), Arc::clone(&destination), Arc::clone(&prefixes), tell.clone());
            match *destination {
                Kept::Local(..) => drop(hands.spawn_blocking(move || {
                    let goes_on = || !tell.is_closed();
                    let checked = share.iter().map(|record| check(record, &destination, &prefixes, &goes_on));
                    for checked in checked {
                        if tell.blocking_send(checked).is_err() {
                            return;
                        }
                    }
                })),
                Kept::Remote(..) => drop(hands.spawn(async move {
                    for record in &share {
                        if tell.send(check_remote(record, &destination, &prefixes).await).await.is_err() {
                            return;
                        }
                    }
                })),
            }
        }
        drop(tell);
        while let Some((id, target, verdict)) = heard.recv().await {
            add(&mut report, id, target, verdict);
            if told.elapsed() >= TOLD_EVERY {
                told = Instant::now();
                on_progress(&report);
            }
        }
        hands.join_all().await;
        for problem in report.problems.iter_mut().filter(|problem| problem.source.is_empty()) {
            let record = page.iter().find(|record| record.id == problem.id);
            if let Some(version) = record.and_then(|record| record.objects.target_version.as_deref()) {
                problem.message += &format!("; the version that was written is {}", show_text(version));
            }
        }
        let written = checkpoint.sidecars_between(records, after, last).await?;
        if let Some(known) = &mut known {
            written.iter().filter_map(|(_, result)| Written::of(result)).for_each(|it| known.add(&it.target));
        }
        let checked = match &*destination {
            Kept::Local(root, _) => sidecars::check(written, root).await,
            Kept::Remote(place, line) => sidecars::check_remote(written, place, line).await,
        };
        for (id, target, verdict) in checked {
            add_sidecar(&mut report, id, target, verdict);
        }
        for problem in report.problems.iter_mut().filter(|problem| problem.source.is_empty()) {
            let record = page.iter().find(|record| record.id == problem.id);
            problem.source =
                record.map(|record| source_of(&roots, record.source, &record.path)).unwrap_or_default();
        }
        after = last;
    }
    if let (Some(mut known), Kept::Local(root, rules)) = (known, &*destination) {
        // A copy that was not registered is there, and its next attempt counts on it.
        let last = checkpoint.last_record().await?;
        let mut after = 0;
        while after < last {
            let left = checkpoint.left_there(after, after + LEFT_AT_ONCE).await?;
            let targets = left.iter().filter_map(|left| target_left(left, &prefixes, *rules));
            targets.for_each(|target| known.add(&target));
            after += LEFT_AT_ONCE;
        }
        let found = known.look(root, &spared(checkpoint, &job)).await;
        (report.orphans, report.orphan_paths) = (Some(found.count), found.first);
    }
    on_progress(&report);
    Ok(report)
}

/// Files that may lie at the destination and are Sluice's own.
fn spared(checkpoint: &Checkpoint, job: &JobSpec) -> Vec<PathBuf> {
    let catalogue = job.catalogue_out.as_ref().map(|out| out.path.clone());
    std::iter::once(checkpoint.path().to_owned()).chain(catalogue).collect()
}

/// Where the files are now.
enum Kept {
    Local(PathBuf, NameRules),
    Remote(Box<Place>, Line),
}

impl Kept {
    fn of(job: &JobSpec) -> Result<Self, Error> {
        Ok(match &job.destination {
            Location::Local(path) => Self::Local(path.clone(), rules_of(&job.destination)),
            Location::Remote(remote) => {
                let place = connect(remote, &job.destination.to_string(), job, &access_of(job)?)?;
                let intake = Arc::new(IntakeSwitch::new());
                let line = Line::new(Arc::new(Controls::new(job)), intake, false);
                Self::Remote(Box::new(place), line)
            }
        })
    }

    fn rules(&self) -> NameRules {
        match self {
            Self::Local(_, rules) => *rules,
            Self::Remote(..) => NameRules::Service,
        }
    }
}

/// Where a record's file is, below the destination. None: the destination cannot hold its name.
fn target(record: &DeliveredRecord, prefixes: &[RawPath], rules: NameRules) -> Option<RawPath> {
    record.target.clone().or_else(|| mirrored(record.source, &record.path, prefixes, rules))
}

fn target_left(left: &LeftThere, prefixes: &[RawPath], rules: NameRules) -> Option<RawPath> {
    if left.step != Copied::STEP {
        return Written::of(&serde_json::from_str(&left.result).ok()?).map(|written| written.target);
    }
    match serde_json::from_str::<Copied>(&left.result).ok()?.target {
        Some(target) => unhex(&target).map(RawPath),
        None => mirrored(left.source, &left.path, prefixes, rules),
    }
}

fn mirrored(source: usize, path: &RawPath, prefixes: &[RawPath], rules: NameRules) -> Option<RawPath> {
    prefixes.get(source).and_then(|prefix| target_of(prefix, path, rules))
}

fn outside() -> Verdict {
    Verdict::Unreadable("its path leads out of the destination".into())
}

fn check(
    record: &DeliveredRecord,
    kept: &Kept,
    prefixes: &[RawPath],
    goes_on: &impl Fn() -> bool,
) -> (RecordId, String, Verdict) {
    let Kept::Local(root, rules) = kept else { return (record.id, String::new(), outside()) };
    let below = target(record, prefixes, *rules).as_ref().and_then(platform::to_path);
    let Some(path) = below.map(|below| root.join(below)) else {
        return (record.id, to_shown(root.as_os_str()), outside());
    };
    let verdict = compare(record, &path, goes_on);
    (record.id, to_shown(path.as_os_str()), verdict)
}

async fn check_remote(
    record: &DeliveredRecord,
    kept: &Kept,
    prefixes: &[RawPath],
) -> (RecordId, String, Verdict) {
    let Kept::Remote(place, line) = kept else { return (record.id, String::new(), outside()) };
    let Some(target) = target(record, prefixes, kept.rules()) else {
        return (record.id, place.shown(&RawPath::default()), outside());
    };
    let shown = place.shown(&target);
    let verdict = match place.target(&target) {
        Ok(key) => patiently(|| read_remote(record, place, line, &key)).await,
        Err(fault) => Verdict::Unreadable(fault.to_string()),
    };
    (record.id, shown, verdict)
}

/// A service that is busy or away for a moment says nothing of the file; it is asked again.
async fn patiently<Reading>(read: impl Fn() -> Reading) -> Verdict
where
    Reading: Future<Output = Result<Verdict, Trouble>>,
{
    let mut tries = 0;
    loop {
        let trouble = match read().await {
            Ok(verdict) => return verdict,
            Err(trouble) => trouble,
        };
        tries += 1;
        let Some(wait) = trouble.wait_after(tries) else { return Verdict::Unreadable(trouble.to_string()) };
        tokio::time::sleep(wait).await;
    }
}

async fn read_remote(
    record: &DeliveredRecord,
    place: &Place,
    line: &Line,
    key: &str,
) -> Result<Verdict, Trouble> {
    let recorded = record.hash.as_deref().and_then(ContentHash::parse);
    // What the service copied by itself has its checksum alone.
    let claimed = record.objects.service_checksum.as_deref().and_then(Claim::parse);
    let size = match line.ask(place.endpoint(), "look", place.look(key)).await {
        Ok(looked) => looked.size,
        Err(Trouble::Refused(fault)) if fault.kind == FaultKind::Missing => return Ok(Verdict::Missing),
        Err(trouble) => return Err(trouble),
    };
    if size != record.size {
        return Ok(Verdict::Differing(format!("{} bytes were delivered, {size} are there", record.size)));
    }
    let (mut checking, value, word) = match (recorded, claimed) {
        (Some(ContentHash { algorithm, hex }), _) => {
            (Checking::Hash(Hasher::new(algorithm)), hex, algorithm.word())
        }
        (None, Some(Claim { by, value, .. })) => (by.begin(), value, by.word()),
        (None, None) => return Ok(Verdict::SizeOnly),
    };
    let mut read = Fetch::new(place, key.to_owned(), size, None);
    while let Some(block) = read.next(line).await? {
        checking.update(&block);
    }
    if checking.finish() == value {
        Ok(Verdict::Matching(size))
    } else {
        Ok(Verdict::Differing(format!("its {word} is not the recorded one")))
    }
}

fn compare(record: &DeliveredRecord, path: &Path, goes_on: &impl Fn() -> bool) -> Verdict {
    let unreadable = |error: &dyn std::fmt::Display| Verdict::Unreadable(error.to_string());
    let mut file = match platform::open_source(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Verdict::Missing,
        Err(error) => return unreadable(&error),
    };
    let size = match file.metadata() {
        Ok(metadata) if metadata.is_file() => metadata.len(),
        Ok(_) => return Verdict::Differing("it is no regular file any more".into()),
        Err(error) => return unreadable(&error),
    };
    if size != record.size {
        return Verdict::Differing(format!("{} bytes were delivered, {size} are there", record.size));
    }
    let Some(ContentHash { algorithm, hex: recorded }) = record.hash.as_deref().and_then(ContentHash::parse)
    else {
        return Verdict::SizeOnly;
    };
    platform::drop_cache(&file);
    match copy::hash(&mut file, size, algorithm, &|_| goes_on()) {
        Ok(read) if read.hash.as_ref().is_some_and(|hash| hash.hex == recorded) => {
            Verdict::Matching(read.bytes)
        }
        Ok(_) => Verdict::Differing(format!("its {} is not the recorded one", algorithm.word())),
        Err(copy::CopyError::Read(error) | copy::CopyError::Write(error)) => unreadable(&error),
        Err(copy::CopyError::Cut) => unreadable(&"cut off"),
    }
}

fn add(report: &mut VerifyReport, id: RecordId, target: String, verdict: Verdict) {
    report.checked += 1;
    match &verdict {
        Verdict::Matching(bytes) => {
            report.matching += 1;
            report.bytes += bytes;
        }
        Verdict::SizeOnly => report.size_only += 1,
        Verdict::Missing => report.missing += 1,
        Verdict::Differing(_) => report.differing += 1,
        Verdict::Unreadable(_) => report.unreadable += 1,
    }
    tell(report, id, target, verdict);
}

fn add_sidecar(report: &mut VerifyReport, id: RecordId, target: String, verdict: Verdict) {
    report.sidecars += 1;
    match &verdict {
        Verdict::Matching(bytes) => report.bytes += bytes,
        Verdict::SizeOnly => {}
        Verdict::Missing | Verdict::Differing(_) | Verdict::Unreadable(_) => report.sidecars_wrong += 1,
    }
    tell(report, id, target, verdict);
}

/// Keeps what is wrong, if anything is and there is room.
fn tell(report: &mut VerifyReport, id: RecordId, target: String, verdict: Verdict) {
    let (problem, message) = match verdict {
        Verdict::Matching(_) | Verdict::SizeOnly => return,
        Verdict::Missing => ("missing", "there is no such file any more".to_owned()),
        Verdict::Differing(how) => ("differing", how),
        Verdict::Unreadable(why) => ("unreadable", why),
    };
    if report.problems.len() < PROBLEMS_KEPT {
        report.problems.push(VerifyProblem {
            id,
            source: String::new(),
            target,
            problem: problem.into(),
            message,
        });
    }
}
