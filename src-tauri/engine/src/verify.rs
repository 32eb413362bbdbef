//! Verify: reads the destination again and compares it with the checkpoint. Changes nothing.

mod sidecars;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use crate::checkpoint::{Checkpoint, DeliveredRecord};
use crate::error::Error;
use crate::record::{ContentHash, RawPath, RecordId};
use crate::stage::target_of;
use crate::storage::local::copy;
use crate::storage::local::platform::{self, to_shown};
use crate::storage::names::NameRules;

/// Records read from the checkpoint at once.
const PAGE: u32 = 1000;
/// Files read at once.
const HANDS: usize = 4;
/// Problems kept in the report; all are counted.
const PROBLEMS_KEPT: usize = 1000;

/// What a verification found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
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
}

impl VerifyReport {
    /// Whether everything recorded is there as recorded.
    pub fn is_clean(&self) -> bool {
        self.missing + self.differing + self.unreadable + self.sidecars_wrong == 0
    }
}

/// One file that is not as recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyProblem {
    /// The record's number.
    pub id: RecordId,
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

/// Reads every delivered file again. `on_page` hears how many records were checked so far.
pub(crate) async fn verify(
    checkpoint: &Checkpoint,
    mut on_page: impl FnMut(&VerifyReport),
) -> Result<VerifyReport, Error> {
    let job = checkpoint.job().await?;
    let root = Arc::new(job.destination.clone());
    let rules = platform::name_rules(&root);
    let prefixes = Arc::new(checkpoint.prefixes().await?);
    let mut report = VerifyReport::default();
    let mut after = 0;
    loop {
        let page = checkpoint.delivered_after(after, PAGE).await?;
        let Some(last) = page.last().map(|record| record.id) else { return Ok(report) };
        let mut hands = JoinSet::new();
        for share in page.chunks(page.len().div_ceil(HANDS)) {
            let (share, root, prefixes) = (share.to_vec(), Arc::clone(&root), Arc::clone(&prefixes));
            hands.spawn_blocking(move || {
                share.iter().map(|record| check(record, &root, &prefixes, rules)).collect::<Vec<_>>()
            });
        }
        for (id, target, verdict) in hands.join_all().await.into_iter().flatten() {
            add(&mut report, id, &target, verdict);
        }
        for (id, target, verdict) in sidecars::check(checkpoint, after, last, &root).await? {
            add_sidecar(&mut report, id, &target, verdict);
        }
        after = last;
        on_page(&report);
    }
}

fn check(
    record: &DeliveredRecord,
    root: &Path,
    prefixes: &[RawPath],
    rules: NameRules,
) -> (RecordId, PathBuf, Verdict) {
    let mapped = || prefixes.get(record.source).and_then(|prefix| target_of(prefix, &record.path, rules));
    let target = record.target.clone().or_else(mapped);
    let Some(path) = target.as_ref().and_then(platform::to_path).map(|below| root.join(below)) else {
        return (
            record.id,
            root.to_owned(),
            Verdict::Unreadable("its path leads out of the destination".into()),
        );
    };
    let verdict = compare(record, &path);
    (record.id, path, verdict)
}

fn compare(record: &DeliveredRecord, path: &Path) -> Verdict {
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
    match copy::hash(&mut file, size, algorithm, &|_| true) {
        Ok(read) if read.hash.as_ref().is_some_and(|hash| hash.hex == recorded) => {
            Verdict::Matching(read.bytes)
        }
        Ok(_) => Verdict::Differing(format!("its {} is not the recorded one", algorithm.word())),
        Err(copy::CopyError::Read(error) | copy::CopyError::Write(error)) => unreadable(&error),
        Err(copy::CopyError::Cut) => unreadable(&"cut off"),
    }
}

fn add(report: &mut VerifyReport, id: RecordId, target: &Path, verdict: Verdict) {
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

fn add_sidecar(report: &mut VerifyReport, id: RecordId, target: &Path, verdict: Verdict) {
    report.sidecars += 1;
    match &verdict {
        Verdict::Matching(bytes) => report.bytes += bytes,
        Verdict::SizeOnly => {}
        Verdict::Missing | Verdict::Differing(_) | Verdict::Unreadable(_) => report.sidecars_wrong += 1,
    }
    tell(report, id, target, verdict);
}

/// Keeps what is wrong, if anything is and there is room.
fn tell(report: &mut VerifyReport, id: RecordId, target: &Path, verdict: Verdict) {
    let (problem, message) = match verdict {
        Verdict::Matching(_) | Verdict::SizeOnly => return,
        Verdict::Missing => ("missing", "there is no such file any more".to_owned()),
        Verdict::Differing(how) => ("differing", how),
        Verdict::Unreadable(why) => ("unreadable", why),
    };
    if report.problems.len() < PROBLEMS_KEPT {
        let target = to_shown(target.as_os_str());
        report.problems.push(VerifyProblem { id, target, problem: problem.into(), message });
    }
}
