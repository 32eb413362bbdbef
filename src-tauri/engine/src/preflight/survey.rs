//! What a finished plan means for the run: room, names, time, and everything worth knowing.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use super::paths::existing_part;
use super::{CatalogueRemark, Fact, Finding, LeftOut, Preflight, Severity, Space, TypeCount};
use crate::checkpoint::{Checkpoint, CheckpointError, Pending};
use crate::control::SERVICES;
use crate::error::Error;
use crate::grouping;
use crate::mapping::placing::Placed;
use crate::mapping::{Mapper, PreviewRequest, preview};
use crate::metrics::TimeLeft;
use crate::record::{Balance, RawPath};
use crate::source::catalogue::CatalogueTally;
use crate::spec::JobSpec;
use crate::stage::target_of;
use crate::storage::local::platform;
use crate::storage::names::NameRules;
use crate::storage::sources::Sources;

/// Records whose targets are shown.
const SAMPLES: u32 = 10;
/// Types shown.
const TYPES_SHOWN: usize = 12;
/// Types counted apart; a hostile folder must not fill the memory with extensions.
const TYPES_COUNTED: usize = 4096;

/// Counts records by file name extension, and names that travel badly, while the plan is made.
#[derive(Debug, Default)]
pub(crate) struct TypeTally {
    types: HashMap<String, (u64, u64)>,
    pub(crate) bad_names: u64,
    pub(crate) empty_folders: u64,
    /// Files in watched folders, and their bytes.
    pub(crate) watched: (u64, u64),
    /// Objects that must be brought back before they can be read.
    pub(crate) archived: u64,
    pub(crate) catalogues: Vec<CatalogueTally>,
}

impl TypeTally {
    pub(crate) fn add(&mut self, path: &RawPath, size: u64) {
        let name = path.file_name();
        let dot = name.iter().rposition(|byte| *byte == b'.').filter(|at| *at > 0 && name.len() - at <= 12);
        let extension =
            dot.map_or(String::new(), |at| String::from_utf8_lossy(&name[at + 1..]).to_lowercase());
        let full = self.types.len() >= TYPES_COUNTED && !self.types.contains_key(&extension);
        let entry = self.types.entry(if full { "…".into() } else { extension }).or_default();
        entry.0 += 1;
        entry.1 += size;
        self.bad_names +=
            u64::from(path.0.split(|byte| *byte == b'/').any(|part| NameRules::Windows.is_bad(part)));
    }

    fn by_type(self) -> Vec<TypeCount> {
        let mut types: Vec<TypeCount> = self
            .types
            .into_iter()
            .map(|(extension, (count, bytes))| TypeCount { extension, count, bytes })
            .collect();
        types.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.extension.cmp(&b.extension)));
        if types.len() > TYPES_SHOWN {
            let rest = types.split_off(TYPES_SHOWN - 1);
            types.push(TypeCount {
                extension: "…".into(),
                count: rest.iter().map(|one| one.count).sum(),
                bytes: rest.iter().map(|one| one.bytes).sum(),
            });
        }
        types
    }
}

/// Looks at a finished plan.
pub(crate) async fn survey(
    checkpoint: &Checkpoint,
    job: &JobSpec,
    sources: &Sources,
    tally: TypeTally,
    placed: Placed,
) -> Result<Preflight, Error> {
    let balance = checkpoint.balance().await?;
    let existing = job.destination.local().map(existing_part);
    // A service does not tell its room.
    let free = existing.as_ref().and_then(|existing| fs4::available_space(existing).ok());
    let space = match free {
        Some(free) => Some(Space { needed: needed(checkpoint, job, sources, &balance, free).await?, free }),
        None => None,
    };
    let mut findings = Vec::new();
    let mut find = |severity, records, fact| findings.push(Finding::of(severity, records, fact));
    if let Some(Space { free, needed }) = space.filter(|space| space.needed > space.free) {
        find(Severity::Blocks, balance.pending, Fact::NoSpace { free, needed });
    }
    for (category, records) in checkpoint.failed_by_category().await? {
        find(Severity::Warns, records, Fact::Failed { category, records });
    }
    for (severity, records, fact) in [
        (Severity::Warns, placed.duplicates, Fact::FileTwice { records: placed.duplicates }),
        (Severity::Warns, placed.numbered, Fact::NameNumbered { records: placed.numbered }),
        (Severity::Notes, placed.made_legal, Fact::NameIllegal { records: placed.made_legal }),
    ] {
        if records > 0 {
            find(severity, records, fact);
        }
    }
    let mapper = Mapper::prepare(job)?;
    if let Some(variable) = mapper.late_target() {
        find(Severity::Notes, balance.pending, Fact::TargetLate { variable: variable.to_owned() });
    }
    if checkpoint.on_network() {
        let path = checkpoint.path().display().to_string();
        find(Severity::Warns, 0, Fact::CheckpointOnNetwork { path });
    }
    if job.watch.is_some() {
        let (files, bytes) = tally.watched;
        find(Severity::Notes, files, Fact::Watched { files, bytes });
    } else if balance.pending == 0 {
        find(Severity::Warns, 0, Fact::NothingToMove);
    }
    for (policy, records) in checkpoint.excluded_by_policy().await? {
        find(Severity::Notes, records, Fact::Excluded { policy: LeftOut::of(&policy), records });
    }
    for tally in checkpoint.groups().await? {
        let rule = grouping::label(&job.groups, tally.rule);
        let (groups, records) = (tally.groups, tally.records);
        find(Severity::Notes, records, Fact::Groups { rule, groups, records });
    }
    for catalogue in &tally.catalogues {
        for (remark, rows) in remarks(catalogue) {
            if rows > 0 {
                find(Severity::Warns, rows, Fact::Catalogue { name: catalogue.name.clone(), remark, rows });
            }
        }
    }
    if tally.archived > 0 {
        find(Severity::Warns, tally.archived, Fact::Archived { records: tally.archived });
    }
    if tally.bad_names > 0 {
        find(Severity::Notes, tally.bad_names, Fact::BadNames { names: tally.bad_names });
    }
    if job.has_requests() && balance.pending > 0 {
        find(Severity::Notes, 0, Fact::EstimateWithoutServices);
    }
    let entries = job.destination.local().and_then(|path| std::fs::read_dir(path).ok());
    if entries.is_some_and(|mut entries| entries.next().is_some()) {
        find(Severity::Notes, 0, Fact::DestinationNotEmpty);
    }
    let empty_folders = tally.empty_folders;
    let estimate = existing.and_then(|existing| estimate(&existing, &balance));
    let sample = PreviewRequest { count: SAMPLES, seed: Some(1), map: None };
    Ok(Preflight {
        balance,
        by_type: tally.by_type(),
        empty_folders,
        space,
        findings,
        estimate,
        samples: preview(checkpoint, job.clone(), sample).await?,
        name_changes: placed.changes,
        unmapped: placed.unmapped.shown(),
    })
}

/// What may be worth knowing of a catalogue, and of how many rows or files it is true.
fn remarks(catalogue: &CatalogueTally) -> [(CatalogueRemark, u64); 7] {
    let urls = &catalogue.urls;
    let if_so = |is_so: bool| if is_so { urls.records } else { 0 };
    [
        (CatalogueRemark::Undecodable, catalogue.undecodable),
        (CatalogueRemark::ShortRows, catalogue.short),
        (CatalogueRemark::VagueSizes, catalogue.vague_sizes),
        (CatalogueRemark::UrlsUnsized, urls.unsized_records),
        (CatalogueRemark::UrlsNamedLate, if_so(urls.named_by_server)),
        (CatalogueRemark::UrlsManyServers, if_so(urls.servers.len() > SERVICES)),
        (CatalogueRemark::Respelt, catalogue.respelt),
    ]
}

/// Bytes that still have to find room. Where all of them would not fit, what is there already under
/// its target's name with the same size is taken off.
async fn needed(
    checkpoint: &Checkpoint,
    job: &JobSpec,
    sources: &Sources,
    balance: &Balance,
    free: u64,
) -> Result<u64, CheckpointError> {
    let mut needed = balance.bytes_pending();
    let Some(destination) = job.destination.local().filter(|path| needed > free && path.is_dir()) else {
        return Ok(needed);
    };
    let rules = platform::name_rules(destination);
    let mut after = 0;
    loop {
        let page = checkpoint.pending(Pending::After(after, 2000)).await?;
        let Some(last) = page.last() else { return Ok(needed) };
        after = last.id;
        for record in page {
            let mirrored = || target_of(&sources.get(record.source)?.prefix, &record.path, rules);
            let there = record
                .mapped
                .clone()
                .or_else(mirrored)
                .and_then(|target| platform::to_path(&target))
                .and_then(|target| destination.join(target).symlink_metadata().ok());
            if there.is_some_and(|there| there.is_file() && there.len() == record.size) {
                needed = needed.saturating_sub(record.size);
            }
        }
    }
}

/// Bytes written to learn how fast the destination is.
const PROBE: usize = 8 << 20;
/// Small files made to learn what one costs.
const PROBE_FILES: u32 = 8;

/// How long the run may take, from a short trial at the destination. The trial's files have no name
/// and are gone at once. Wide on purpose: a trial of a moment knows little of a week.
fn estimate(folder: &Path, balance: &Balance) -> Option<TimeLeft> {
    if balance.pending == 0 {
        return None;
    }
    let block = vec![0x5a; 256 * 1024];
    let start = Instant::now();
    let mut file = tempfile::tempfile_in(folder).ok()?;
    let mut written = 0;
    while written < PROBE && start.elapsed().as_millis() < 300 {
        file.write_all(&block).ok()?;
        written += block.len();
    }
    file.sync_data().ok()?;
    let seconds_per_byte = start.elapsed().as_secs_f64() / written as f64;
    let start = Instant::now();
    for _ in 0..PROBE_FILES {
        tempfile::tempfile_in(folder).ok()?.write_all(&block[..4096]).ok()?;
    }
    let seconds_per_file = start.elapsed().as_secs_f64() / f64::from(PROBE_FILES);
    let bytes = balance.bytes_pending() as f64 * seconds_per_byte;
    let files = balance.pending as f64 * seconds_per_file;
    Some(TimeLeft { low_s: bytes.max(files), high_s: 4.0 * (bytes + files) + 1.0 })
}
