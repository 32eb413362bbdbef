//! A job's catalogue tried on its first rows, before there is a migration: which files are there, and
//! where they would go. Writes nothing.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

use super::placing::{Ground, Place};
use super::preview::look;
use super::{Claims, Mapper, Places};
use crate::checkpoint::{PendingRecord, PlannedFate, PlannedRecord};
use crate::connections::access_of;
use crate::error::Error;
use crate::failure::Category;
use crate::preflight::{Fact, Finding, Severity};
use crate::record::{Failure, show_bytes};
use crate::source::catalogue::{Seen, beginnings, list};
use crate::spec::{JobSpec, Location, Mapping, SpecError};
use crate::storage::local::platform::to_shown;
use crate::storage::sources::Sources;

/// Rows that are tried.
const ROWS: usize = 20;
/// Characters of a path or a message that are shown.
const SHOWN: usize = 1000;

/// What the first rows of a catalogue lead to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct CatalogueTrial {
    /// The first rows, at most twenty.
    pub records: Vec<TriedRecord>,
    /// Where paths begin that no prefix rule covers, as a rule might be written.
    pub beginnings: Vec<String>,
    /// Why the job's `[map]` cannot be used. The records are then shown without it.
    pub map_problem: Option<String>,
}

/// What one row, or one file of a folder, leads to. Texts are shortened to 1,000 characters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct TriedRecord {
    /// The row's number, as a spreadsheet counts. None: a folder holds it.
    pub row: Option<u64>,
    /// Full path of the file. Where the row leads nowhere: what it has in place of a path.
    pub source: String,
    /// Whether that file is there.
    pub is_there: bool,
    /// Why the record would fail, if it would.
    pub problem: Option<Finding>,
    /// Path below the destination, safe to show. None: it cannot be given, or not before the run.
    pub target: Option<String>,
    /// What is worth knowing of the target.
    pub findings: Vec<Finding>,
}

/// Tries the catalogue of that number.
pub(crate) fn try_catalogue(mut job: JobSpec, number: usize) -> Result<CatalogueTrial, Error> {
    if job.destination.is_empty() {
        // Nobody has chosen one yet. What names can be is asked of the catalogue's own volume.
        let file = job.catalogues.get(number).map(|catalogue| catalogue.file.as_path());
        let folder = file.and_then(Path::parent).unwrap_or(Path::new(""));
        job.destination = Location::Local(folder.to_owned());
    }
    let (job, map_problem) = with_usable_map(job)?;
    let FirstRows { job, number, sources, planned } = first_rows(job, number)?;
    let missing = planned.iter().filter(|record| !is_there(record));
    let missing: Vec<_> = missing.map(|record| String::from_utf8_lossy(&record.path.0)).collect();
    let name = job.catalogues.get(number).and_then(|catalogue| catalogue.file.file_name());
    let name = name.map(to_shown).unwrap_or_default();
    Ok(CatalogueTrial {
        records: try_records(&planned, &job, &sources, &name)?,
        beginnings: beginnings(missing.iter().map(AsRef::as_ref)),
        map_problem,
    })
}

/// The job, checked. A template that is being written is wrong most of the time; files are looked for all
/// the same: then the job is the one without its mapping, and why that cannot be used.
pub(crate) fn with_usable_map(job: JobSpec) -> Result<(JobSpec, Option<String>), SpecError> {
    match job.clone().checked() {
        Err(error @ (SpecError::Mapping { .. } | SpecError::Template(_)))
            if job.map != Mapping::default() =>
        {
            Ok(((JobSpec { map: Mapping::default(), ..job }).checked()?, Some(error.to_string())))
        }
        checked => Ok((checked?, None)),
    }
}

/// Where records would go that were just found. `name`: the catalogue's, as failures write it.
pub(crate) fn try_records(
    planned: &[PlannedRecord],
    job: &JobSpec,
    sources: &Sources,
    name: &str,
) -> Result<Vec<TriedRecord>, Error> {
    let ground = Ground {
        mapper: Mapper::prepare(job)?,
        places: Places::untried(&job.destination),
        prefixes: sources.iter().map(|(_, source)| source.prefix.clone()).collect(),
        named_by_server: job.named_by_server(),
    };
    let mut records: Vec<PendingRecord> =
        (1..).zip(planned).map(|(id, record)| pending(id, record)).collect();
    number_twins(&mut records, planned, job, &ground);
    let tried = |(planned, record)| tried(planned, record, job, &ground, name);
    Ok(planned.iter().zip(&records).map(tried).collect())
}

/// The first records of a checked job's catalogue, and what they come from.
pub(crate) struct FirstRows {
    pub(crate) job: JobSpec,
    /// Which of that job's catalogues it is.
    pub(crate) number: usize,
    pub(crate) sources: Sources,
    pub(crate) planned: Vec<PlannedRecord>,
}

/// Reads the first rows of the catalogue of that number.
pub(crate) fn first_rows(job: JobSpec, number: usize) -> Result<FirstRows, Error> {
    let (job, number, sources) = open(job, number)?;
    let mut planned: Vec<PlannedRecord> = Vec::new();
    list(number, &job, &sources, &mut Seen::default(), &mut |record| {
        planned.push(record);
        planned.len() < ROWS
    })?;
    Ok(FirstRows { job, number, sources, planned })
}

/// Opens what the job's records come from. What is wrong with another source is said elsewhere: then the
/// catalogue is looked at by itself.
fn open(job: JobSpec, number: usize) -> Result<(JobSpec, usize, Sources), Error> {
    if let Ok(sources) = access_of(&job).and_then(|access| Sources::open(&job, &access)) {
        return Ok((job, number, sources));
    }
    let catalogues = job.catalogues.get(number).cloned().into_iter().collect();
    let job = JobSpec { sources: Vec::new(), catalogues, ..job };
    let sources = Sources::open(&job, &access_of(&job)?)?;
    Ok((job, 0, sources))
}

/// Gives a number to those whose target an earlier row has, as the plan would.
fn number_twins(records: &mut [PendingRecord], planned: &[PlannedRecord], job: &JobSpec, ground: &Ground) {
    let placed = records.iter().zip(planned).map(|(record, planned)| match ground.place(record) {
        Ok(Place::At { legal, .. }) if !leads_nowhere(planned) => Some(legal),
        _ => None,
    });
    let placed: Vec<_> = placed.collect();
    let known = placed.iter().zip(&*records);
    let known = known.filter_map(|(legal, record)| Some((ground.places.key(legal.as_ref()?), record.id)));
    let claims = Claims::new(ground.places, job.map.on_collision, known.collect());
    for (legal, record) in placed.into_iter().zip(records) {
        record.mapped = legal.and_then(|legal| claims.claim(legal, record.id).ok());
    }
}

/// A record that was just found, as the checkpoint would hold it.
pub(crate) fn pending(id: i64, record: &PlannedRecord) -> PendingRecord {
    let listing = record.listing.as_deref();
    let fields = listing.and_then(|listing| listing.fields.as_ref());
    let fields: Option<Map<String, Value>> =
        fields.and_then(|fields| serde_json::from_str(fields.get()).ok());
    PendingRecord {
        id,
        source: record.source,
        path: record.path.clone(),
        size: record.size,
        row: listing.map(|listing| listing.row),
        external_id: listing.and_then(|listing| listing.external_id.clone()),
        fields: fields.unwrap_or_default(),
        mapped: None,
    }
}

/// `name`: the catalogue's, as failures write it.
fn tried(
    planned: &PlannedRecord,
    record: &PendingRecord,
    job: &JobSpec,
    ground: &Ground,
    name: &str,
) -> TriedRecord {
    let preview = look(record, job, ground, true);
    let nowhere = leads_nowhere(planned);
    let source = if nowhere { String::from_utf8_lossy(&planned.path.0).into_owned() } else { preview.source };
    // What is said at length is said in the shortened sentence alone.
    let shortened = |finding: Finding| match shown(&finding.message) {
        message if message == finding.message => finding,
        message => Finding { message, what: None, ..finding },
    };
    TriedRecord {
        row: record.row,
        source: shown(&source),
        is_there: is_there(planned),
        problem: failure(planned).map(|failure| shortened(problem(failure, planned, record.row, name))),
        target: preview.target.filter(|_| !nowhere).map(|target| shown(&target)),
        findings: if nowhere { Vec::new() } else { preview.findings.into_iter().map(shortened).collect() },
    }
}

fn failure(record: &PlannedRecord) -> Option<&Failure> {
    match &record.fate {
        PlannedFate::Failed(failure) => Some(failure),
        PlannedFate::Pending | PlannedFate::Excluded(_) => None,
    }
}

/// Why a record would fail, without the row and the path, which stand beside it. The advice for failed
/// records is left out: this one can still be mapped in another way.
fn problem(failure: &Failure, record: &PlannedRecord, row: Option<u64>, name: &str) -> Finding {
    let row = row.unwrap_or_default();
    let (row, path) =
        (format!("row {row} of {name}: "), format!("the path {}: ", show_bytes(&record.path.0)));
    let why = failure.message.strip_prefix(&row).unwrap_or(&failure.message);
    let said = why.strip_prefix(&path).unwrap_or(why).to_owned();
    let fact = Fact::RecordFails { category: failure.category, said, why: failure.why.clone() };
    Finding { advice: String::new(), ..Finding::of(Severity::Warns, 1, fact) }
}

/// Whether what stands in place of a path is none below the catalogue's folders.
fn leads_nowhere(record: &PlannedRecord) -> bool {
    record.path.0.is_empty()
        || failure(record).is_some_and(|failure| failure.category == Category::PathUnsafe)
}

/// Whether the file is there, whatever else is wrong with the row.
fn is_there(record: &PlannedRecord) -> bool {
    failure(record).is_none_or(|failure| match failure.category {
        Category::SizeMismatch | Category::DuplicateId | Category::DuplicatePath => true,
        // Its checksum is none; of rows that cannot be read at all no path is known.
        Category::RowUnreadable => !record.path.0.is_empty(),
        _ => false,
    })
}

fn shown(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tries a catalogue of these rows beside a folder `shelf` with `a.mov` and `b.mov`.
    fn trial(rows: &str, job: &str) -> Result<CatalogueTrial, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir(path("shelf")).unwrap();
        for name in ["a.mov", "b.mov"] {
            std::fs::write(path("shelf").join(name), "12345").unwrap();
        }
        std::fs::write(path("export.csv"), rows).unwrap();
        std::fs::write(path("job.toml"), format!("[[catalogue]]\nfile = \"export.csv\"\n{job}")).unwrap();
        let tried = try_catalogue(JobSpec::load(&path("job.toml")).unwrap(), 0);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3, "nothing is written");
        tried
    }

    fn targets(trial: &CatalogueTrial) -> Vec<Option<&str>> {
        trial.records.iter().map(|record| record.target.as_deref()).collect()
    }

    const ROWS: &str = "No,Path,Size,Title\n1,Z:\\Archive\\a.mov,5,Harbour\n2,Z:\\Archive\\b.mov,6,Harbour\n\
                        3,Z:\\Archive\\gone.mov,7,A/B\n4,Y:\\Else\\c.mov,8,C\n5,,,\n";

    #[test]
    fn it_tells_what_is_there_and_where_it_would_go() {
        let map = "path = \"Path\"\nsize = \"Size\"\n[[catalogue.prefix]]\nfrom = 'Z:\\Archive'\nto = \"shelf\"\n\
                   [map]\ntarget = \"{{ fields.Title }}.{{ extension }}\"";
        let trial = trial(ROWS, map).unwrap();
        let there: Vec<bool> = trial.records.iter().map(|record| record.is_there).collect();
        assert_eq!(there, [true, true, false, false, false]);
        assert_eq!(
            targets(&trial),
            [Some("Harbour.mov"), Some("Harbour (2).mov"), Some("A_B.mov"), None, None]
        );
        let code = |at: usize| trial.records[at].problem.as_ref().map(|problem| problem.code.as_str());
        let codes: Vec<_> = (0..5).map(code).collect();
        assert_eq!(
            codes,
            [
                None,
                Some("size_mismatch"),
                Some("source_missing"),
                Some("path_unsafe"),
                Some("source_missing")
            ]
        );
        let why = |at: usize| trial.records[at].problem.as_ref().map(|problem| problem.message.as_str());
        assert_eq!(why(3), Some("it begins with a drive letter for which there is no prefix rule"));
        assert_eq!(why(4), Some("it names no file"));
        assert_eq!(trial.records[1].findings[0].code, "name_collision");
        assert_eq!((trial.records[3].row, trial.records[3].source.as_str()), (Some(5), r"Y:\Else\c.mov"));
        assert!(trial.records[2].source.ends_with("shelf/gone.mov"));
        assert_eq!(trial.beginnings, [r"Y:\Else"], "the rule for the other is there");
    }

    #[test]
    fn a_mapping_that_is_being_written_does_not_hide_the_files() {
        let wrong = "path = \"Path\"\n[map]\ntarget = \"{{ fields.Tit\"";
        let tried = trial("Path\nshelf/a.mov\n", wrong).unwrap();
        assert!(tried.map_problem.is_some_and(|why| why.contains("target")));
        assert!(tried.records[0].is_there);
        assert_eq!(tried.records[0].target.as_deref(), Some("shelf/a.mov"));
        let missing = "path = \"Path\"\n[map]\ntarget = \"{{ fields.Titel }}\"";
        let tried = trial("Path\nshelf/a.mov\n", missing).unwrap();
        assert_eq!((targets(&tried), tried.records[0].findings.len()), (vec![None], 1));
    }

    #[test]
    fn a_hostile_catalogue_is_only_begun() {
        let long = format!("Path,Title\n{}", format!("x{0}.mov,{0}\n", "y".repeat(5000)).repeat(3000));
        let tried = trial(&long, "path = \"Path\"\n[map]\ntarget = \"{{ fields.Title }}\"").unwrap();
        assert_eq!(tried.records.len(), super::ROWS);
        let size = serde_json::to_string(&tried).unwrap().len();
        assert!(size < 200_000, "{size} bytes");
        assert!(trial("Path\n../../etc/passwd\n", "path = \"Path\"").unwrap().records[0].target.is_none());
    }

    #[test]
    fn what_is_missing_is_named() {
        let code = |rows, job| trial(rows, job).unwrap_err().code().to_owned();
        assert_eq!(code("Path\na.mov\n", "path = \"Pfad\""), "column_missing");
        assert_eq!(code("Path\na.mov\n", "path = \"Path\"\nbase = \"nowhere\""), "source_missing");
        assert_eq!(code("Path\na.mov\n", "path = []"), "job_invalid");
    }
}
