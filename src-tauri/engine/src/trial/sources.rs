//! What the sources of an unfinished job hold at their beginning, and where some of that would go.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::places_of;
use super::sample::{KEPT, Seen, look};
use crate::checkpoint::PlannedRecord;
use crate::connections::access_of;
use crate::error::{Error, ErrorReport};
use crate::mapping::{TriedRecord, try_records, with_usable_map};
use crate::spec::JobSpec;
use crate::storage::sources::Sources;
use crate::threads::off_thread;

/// What the sources of a job lead to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct SourcesTrial {
    /// The sources, in the job's order.
    pub sources: Vec<SourceFound>,
    /// Some of their files, at most twenty, and where they would go.
    pub records: Vec<TriedRecord>,
    /// Why the job's `[map]` cannot be used. The records are then shown without it.
    pub map_problem: Option<String>,
}

/// What a bounded look at one source found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct SourceFound {
    /// The source, as the job names it.
    pub source: String,
    /// Files that would be moved.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Whether that is all of them: the look is bounded.
    pub is_all: bool,
    /// Whether it is a single file.
    pub is_file: bool,
    /// Why it cannot be used, if it cannot.
    pub problem: Option<ErrorReport>,
}

/// Looks at each source, and where some of what it holds would go. The job needs no destination yet, and
/// its `[map]` may still be wrong.
pub(crate) async fn try_sources(job: JobSpec) -> Result<SourcesTrial, Error> {
    let mut job = places_of(job);
    let (mut sources, mut usable, mut seen) = (Vec::new(), Vec::new(), Vec::new());
    for source in &job.sources {
        let (found, problem) = match look(source, usable.len(), &job).await {
            Ok(found) => (found, None),
            Err(error) => (Seen::default(), Some(error.report())),
        };
        sources.push(SourceFound {
            source: source.to_string(),
            files: found.files,
            bytes: found.bytes,
            is_all: found.is_all,
            is_file: found.is_file,
            problem: problem.clone(),
        });
        if problem.is_none() {
            usable.push(source.clone());
            seen.push(found.records);
        }
    }
    job.sources = usable;
    let chosen = chosen(seen);
    if chosen.is_empty() {
        return Ok(SourcesTrial { sources, records: Vec::new(), map_problem: None });
    }
    let (job, map_problem) = with_usable_map(job)?;
    let records = off_thread(move || {
        let opened = access_of(&job).and_then(|access| Sources::open(&job, &access));
        // What is wrong with a catalogue's folder is said there.
        let opened = opened.or_else(|_| {
            let alone = JobSpec { catalogues: Vec::new(), ..job.clone() };
            Sources::open(&alone, &access_of(&alone)?)
        })?;
        try_records(&chosen, &job, &opened, "")
    });
    Ok(SourcesTrial { sources, records: records.await?, map_problem })
}

/// As many of each source as there is room for.
fn chosen(seen: Vec<Vec<PlannedRecord>>) -> Vec<PlannedRecord> {
    let of_each = KEPT.div_ceil(seen.iter().filter(|records| !records.is_empty()).count().max(1));
    let some = seen.into_iter().flat_map(|records| {
        let step = records.len().div_ceil(of_each).max(1);
        records.into_iter().step_by(step)
    });
    some.take(KEPT).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn file(path: &Path, bytes: usize) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, vec![1; bytes]).unwrap();
    }

    fn job(sources: &[&Path], map: &str) -> JobSpec {
        let sources = sources.iter().map(|path| (*path).into()).collect();
        let map = toml::from_str(map).unwrap();
        JobSpec { map, ..JobSpec::new(sources, crate::spec::Location::default()) }
    }

    #[tokio::test]
    async fn each_source_is_counted_and_some_files_are_placed() {
        let folder = tempfile::tempdir().unwrap();
        let (film, one, gone) =
            (folder.path().join("film"), folder.path().join("one.wav"), folder.path().join("gone"));
        for n in 0..300 {
            file(&film.join(format!("reel {}/clip {n:03}.MOV", n / 30)), 10);
        }
        file(&film.join(".DS_Store"), 1);
        file(&one, 5);
        let target = "target = \"{{ stem | slug }}.{{ extension | lower }}\"";
        let trial = try_sources(job(&[&film, &gone, &one], target)).await.unwrap();
        let told: Vec<_> = trial.sources.iter().map(|one| (one.files, one.bytes, one.is_all)).collect();
        assert_eq!(told, [(300, 3000, true), (0, 0, false), (1, 5, true)]);
        assert_eq!(trial.sources[1].problem.as_ref().unwrap().code, "source_missing");
        assert!(trial.sources[2].is_file);
        let targets: Vec<_> = trial.records.iter().filter_map(|one| one.target.as_deref()).collect();
        assert!(targets.len() >= 10 && targets.iter().all(|one| !one.contains(' ')), "{targets:?}");
        assert_eq!((trial.records.len(), trial.map_problem), (11, None));
        let folders: std::collections::BTreeSet<_> =
            trial.records.iter().filter_map(|one| Path::new(&one.source).parent()).collect();
        assert!(folders.len() > 4, "they come from all over: {folders:?}");
    }

    #[tokio::test]
    async fn a_template_that_is_being_written_hides_nothing() {
        let folder = tempfile::tempdir().unwrap();
        file(&folder.path().join("a.mov"), 1);
        let mut asked = job(&[folder.path()], "");
        asked.map.target = Some("{{ ste".into());
        let trial = try_sources(asked).await.unwrap();
        assert!(trial.map_problem.unwrap().contains("target"));
        assert_eq!(trial.records[0].target.as_deref(), Some("a.mov"));
        let missing = try_sources(job(&[folder.path()], "target = \"{{ fields.none }}\"")).await.unwrap();
        assert_eq!((&missing.records[0].target, missing.records[0].findings.len()), (&None, 1));
        assert!(try_sources(job(&[], "")).await.unwrap().records.is_empty());
    }
}
