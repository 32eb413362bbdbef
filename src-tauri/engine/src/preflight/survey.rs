//! What a finished plan means for the run: room, names, time, and everything worth knowing.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use super::paths::existing_part;
use super::{Finding, Preflight, Severity, Space, TypeCount};
use crate::checkpoint::{Checkpoint, CheckpointError, Pending};
use crate::control::SERVICES;
use crate::error::Error;
use crate::failure::Category;
use crate::grouping;
use crate::mapping::placing::Placed;
use crate::mapping::{Mapper, PreviewRequest, preview};
use crate::metrics::TimeLeft;
use crate::record::{Balance, RawPath};
use crate::report::words::{bytes, count};
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
    let mut find = |severity, code: &str, records, message: String, advice: &str| {
        findings.push(Finding { severity, code: code.into(), message, advice: advice.into(), records });
    };
    if let Some(space) = space.filter(|space| space.needed > space.free) {
        find(
            Severity::Blocks,
            "no_space",
            balance.pending,
            format!("the destination has {} free, but {} are needed", bytes(space.free), bytes(space.needed)),
            "Make room at the destination, choose a larger one, or take fewer sources.",
        );
    }
    for (category, records) in checkpoint.failed_by_category().await? {
        let what = match category {
            Category::FolderUnreadable => "cannot be listed; what they hold is not in the plan",
            Category::NameCollision => "have a name that the destination does not tell from another record's",
            Category::MetadataInvalid => "have a field that is not what the job requires",
            Category::TemplateFailed => "lack what a template needs",
            Category::TargetUnsafe => "would have a target that is no safe path",
            Category::NameUnsupported => "have a name that the destination cannot hold",
            Category::SourceMissing => "name a file that is not there",
            Category::RowUnreadable => "stand for a row of a catalogue that cannot be read",
            Category::PathUnsafe => "have a path that leads out of the catalogue's folders",
            Category::DuplicateId => "have the id of another row",
            Category::DuplicatePath => "name the file of another row",
            Category::GroupIncomplete => "belong together with a file that has failed already",
            Category::GroupTooLarge => "belong to a group that is too large to be delivered together",
            Category::SizeMismatch => "name a file that has another size than the catalogue says",
            _ => "failed already",
        };
        find(
            Severity::Warns,
            category.word(),
            records,
            format!("{} {what}", count(records)),
            category.advice(),
        );
    }
    if placed.duplicates > 0 {
        find(
            Severity::Warns,
            "file_twice",
            placed.duplicates,
            format!("{} name a file that an earlier record names too", count(placed.duplicates)),
            "Each is delivered for itself, under its own target. Take the rows out of the catalogue where once is enough.",
        );
    }
    if placed.numbered > 0 {
        find(
            Severity::Warns,
            "name_numbered",
            placed.numbered,
            format!(
                "{} have the same target as another record, as the destination tells names apart; they get a number, such as \"name (2)\"",
                count(placed.numbered)
            ),
            "Look at the proposed names. Change the template of the target where they should be told apart in another way.",
        );
    }
    if placed.made_legal > 0 {
        find(
            Severity::Notes,
            "name_illegal",
            placed.made_legal,
            format!("{} have a name that the destination cannot hold as it is", count(placed.made_legal)),
            "What it cannot hold is written as % and two digits. Use the filter safe_name for nicer names.",
        );
    }
    let mapper = Mapper::prepare(job)?;
    if let Some(variable) = mapper.late_target() {
        find(
            Severity::Notes,
            "target_late",
            balance.pending,
            format!(
                "targets use {variable}, which is known only in the run: equal targets are found there, before a byte is written"
            ),
            "",
        );
    }
    if checkpoint.on_network() {
        let path = checkpoint.path().display();
        find(
            Severity::Warns,
            "checkpoint_on_network",
            0,
            format!(
                "the checkpoint {path} lies on a network share and is used in a slower, safe mode; its progress cannot be watched from another program"
            ),
            "Keep the checkpoint on a disk of this computer.",
        );
    }
    if job.watch.is_some() {
        let (files, size) = tally.watched;
        find(
            Severity::Notes,
            "watched",
            files,
            format!(
                "{} files ({}) lie in the watched folders; each is taken in when it is complete",
                count(files),
                bytes(size)
            ),
            "",
        );
    } else if balance.pending == 0 {
        find(
            Severity::Warns,
            "nothing_to_move",
            0,
            "there is nothing to move".into(),
            "Choose a source that holds files.",
        );
    }
    for (policy, records) in checkpoint.excluded_by_policy().await? {
        let what = match policy.as_str() {
            "junk" => "system leftovers (.DS_Store, ._*, Thumbs.db and the like) are left out",
            "folder_marker" => "stand for a folder in object storage; they hold no bytes",
            "symlink" => "links are left out: what they point to is not moved through them",
            "not_in_catalogue" => "files lie below the catalogue's folder, but no row names them",
            "special" => "pipes, sockets and devices are left out: they hold no bytes of their own",
            _ => "files of this migration's own checkpoint are left out",
        };
        find(
            Severity::Notes,
            &format!("excluded_{policy}"),
            records,
            format!("{} {what}", count(records)),
            "",
        );
    }
    for tally in checkpoint.groups().await? {
        find(
            Severity::Notes,
            "groups",
            tally.records,
            format!(
                "{} files in {} groups ({}) are delivered together or not at all",
                count(tally.records),
                count(tally.groups),
                grouping::label(&job.groups, tally.rule)
            ),
            "",
        );
    }
    for catalogue in &tally.catalogues {
        let name = &catalogue.name;
        let mut remark = |code: &str, rows: u64, what: &str, advice: &str| {
            if rows > 0 {
                find(Severity::Warns, code, rows, format!("{name}: {} {what}", count(rows)), advice);
            }
        };
        remark(
            "catalogue_undecodable",
            catalogue.undecodable,
            "rows hold bytes that are no text in its encoding",
            "Look at it with `sluice catalogue FILE`; another `encoding` may be right.",
        );
        remark(
            "catalogue_short_rows",
            catalogue.short,
            "rows have fewer cells than there are columns; the missing ones are taken as empty",
            "Look whether their values stand in the right columns.",
        );
        remark(
            "catalogue_vague_sizes",
            catalogue.vague_sizes,
            "rows give a size that is no number of bytes; it is not compared",
            "",
        );
        remark(
            "urls_unsized",
            catalogue.urls.unsized_records,
            "files are named by URLs of which no size is known before they are fetched; they count as nothing in the bytes, the room and the time",
            "Name the catalogue's column with the sizes as `size`, where it has one.",
        );
        if catalogue.urls.named_by_server {
            remark(
                "urls_named_late",
                catalogue.urls.records,
                "files get the names that their servers give them, which are known only in the run: equal targets are found there, before a byte is written",
                "",
            );
        }
        if catalogue.urls.servers.len() > SERVICES {
            remark(
                "urls_many_servers",
                catalogue.urls.records,
                "files lie on more servers than one migration asks (64); those beyond would fail",
                "Split the catalogue by server, into a migration each.",
            );
        }
        remark(
            "catalogue_respelt",
            catalogue.respelt,
            "files were found under another spelling (spaces around, accents stored in another way)",
            "",
        );
    }
    if tally.archived > 0 {
        find(
            Severity::Warns,
            "archived",
            tally.archived,
            format!("{} lie in an archive's storage class", count(tally.archived)),
            "What was not brought back when its turn comes fails as source_archived: ask the service to restore it first (hours, as a rule).",
        );
    }
    if tally.bad_names > 0 {
        find(
            Severity::Notes,
            "bad_names",
            tally.bad_names,
            format!("{} names could not be held by Windows or many NAS systems", count(tally.bad_names)),
            "They are delivered as they are where the destination allows it. Rename them at the source if the files travel on.",
        );
    }
    if job.has_requests() && balance.pending > 0 {
        find(
            Severity::Notes,
            "estimate_without_services",
            0,
            "the time that services take to answer is not in the estimate; a pilot shows it".into(),
            "",
        );
    }
    let entries = job.destination.local().and_then(|path| std::fs::read_dir(path).ok());
    if entries.is_some_and(|mut entries| entries.next().is_some()) {
        find(
            Severity::Notes,
            "destination_not_empty",
            0,
            "the destination holds files already".into(),
            "What is there under the same name is treated as the conflict policy says.",
        );
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
