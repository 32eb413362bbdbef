//! From the rows of a catalogue to records: each row becomes one, whatever is wrong with it.

use std::collections::BTreeSet;
use std::fs::Metadata;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::xxh3_64;

use super::cells::{bytes, joined};
use super::place::{Place, Places, Root, Unsafe, spellings};
use super::seen::{Named, Seen, claim};
use super::{CatalogueError, Event, Head, Row, Unreadable, checksum, read};
use crate::checkpoint::{Listing, PlannedFate, PlannedRecord};
use crate::control::SERVICES;
use crate::failure::{Category, Deed, Stage};
use crate::record::{ContentHash, Failure, RawPath, show_bytes};
use crate::source::folder::{Found, walk};
use crate::source::policy;
use crate::spec::{Catalogue, ChecksumColumn, JobSpec, UrlName};
use crate::storage::local::fault;
use crate::storage::local::platform::to_shown;
use crate::storage::sources::{Origin, Sources};
use crate::storage::web;

/// What is worth knowing of a catalogue besides its records.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct CatalogueTally {
    /// Its name, to show.
    pub(crate) name: String,
    /// Rows with bytes that are no text in its encoding.
    pub(crate) undecodable: u64,
    /// Rows with fewer cells than there are columns.
    pub(crate) short: u64,
    /// Files that were found under another spelling than the catalogue's.
    pub(crate) respelt: u64,
    /// Rows whose size is no number of bytes, and was not compared.
    pub(crate) vague_sizes: u64,
    pub(crate) urls: UrlTally,
}

/// What is worth knowing of the URLs that rows name.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct UrlTally {
    pub(crate) records: u64,
    /// There are some, good or bad.
    pub(crate) are_there: bool,
    /// Those of which the catalogue gives no size.
    pub(crate) unsized_records: u64,
    /// The server says what they are called.
    pub(crate) named_by_server: bool,
    /// Scheme, host and port of the servers, as far as one run asks so many.
    pub(crate) servers: BTreeSet<String>,
}

/// The columns that a job maps, by the names that they have in the file.
struct Columns {
    path: Vec<String>,
    id: Option<String>,
    size: Option<String>,
    checksum: Option<ChecksumColumn>,
}

impl Columns {
    fn of(catalogue: &Catalogue, head: &Head) -> Result<Self, CatalogueError> {
        let find = |wanted: &str| {
            head.column(wanted).ok_or_else(|| CatalogueError::NoColumn {
                path: catalogue.file.clone(),
                column: wanted.to_owned(),
                columns: head.columns.iter().map(ToString::to_string).collect(),
            })
        };
        // What rows may leave out in JSON need not stand in the first ones.
        let find_any = |wanted: &str| {
            find(wanted).or_else(|error| if head.is_open { Ok(wanted.to_owned()) } else { Err(error) })
        };
        let checksum = catalogue.checksum.as_ref();
        Ok(Self {
            path: catalogue.path.iter().map(|column| find(column)).collect::<Result<_, _>>()?,
            id: catalogue.id.as_deref().map(find_any).transpose()?,
            size: catalogue.size.as_deref().map(find_any).transpose()?,
            checksum: checksum
                .map(|wanted| {
                    let algorithm = wanted.algorithm;
                    find_any(&wanted.column).map(|column| ChecksumColumn { column, algorithm })
                })
                .transpose()?,
        })
    }
}

/// Looks whether a catalogue can be read at all and has the columns that the job maps.
pub(crate) fn check(catalogue: &Catalogue) -> Result<(), CatalogueError> {
    let mut checked = Ok(());
    read(catalogue, &mut |event| {
        if let Event::Head(head) = event {
            checked = Columns::of(catalogue, &head).map(drop);
        }
        false
    })?;
    checked
}

/// Hands on a record for each row of the job's catalogue with this number, in the order of the file.
/// Ends early when `found` gives false.
pub(crate) fn list(
    number: usize,
    job: &JobSpec,
    sources: &Sources,
    seen: &mut Seen,
    found: &mut dyn FnMut(PlannedRecord) -> bool,
) -> Result<CatalogueTally, CatalogueError> {
    let Some(catalogue) = job.catalogues.get(number) else { return Ok(CatalogueTally::default()) };
    let name = catalogue.file.file_name().map(to_shown).unwrap_or_default();
    let base = catalogue.base().and_then(|base| job.root_number(&base));
    let mut lister = Lister {
        number,
        sources,
        places: places(catalogue, job, sources, base, job.web_number(number)),
        base: base.unwrap_or_default(),
        columns: None,
        tally: CatalogueTally {
            name,
            urls: UrlTally {
                named_by_server: catalogue.url_name == Some(UrlName::ContentDisposition),
                ..UrlTally::default()
            },
            ..CatalogueTally::default()
        },
        seen,
    };
    let mut refused = None;
    read(catalogue, &mut |event| {
        let record = match event {
            Event::Head(head) => match Columns::of(catalogue, &head) {
                Ok(columns) => {
                    lister.columns = Some(columns);
                    return true;
                }
                Err(error) => {
                    refused = Some(error);
                    return false;
                }
            },
            Event::Row(row) => lister.record(row),
            Event::Unreadable(unreadable) => lister.unreadable(unreadable),
        };
        found(record)
    })?;
    match refused {
        Some(error) => Err(error),
        None => Ok(lister.tally),
    }
}

/// Hands on a record for each file below a catalogue's base, where the job wants it, that neither a row
/// of any catalogue names nor a folder of the job holds. For when all rows are `seen`. Ends early when
/// `found` gives false. `checkpoint`: the migration's own file.
pub(crate) fn list_unlisted(
    job: &JobSpec,
    sources: &Sources,
    checkpoint: &Path,
    seen: &mut Seen,
    found: &mut dyn FnMut(PlannedRecord) -> bool,
) {
    let folders: Vec<&Path> = sources
        .iter()
        .take(job.sources.len())
        .filter_map(|(_, source)| Some(source.local()?.root.as_path()))
        .collect();
    let catalogues: Vec<PathBuf> =
        job.catalogues.iter().filter_map(|catalogue| catalogue.file.canonicalize().ok()).collect();
    let wanted = job.catalogues.iter().enumerate().filter(|(_, catalogue)| catalogue.counts_unlisted());
    for (number, catalogue) in wanted {
        let base = catalogue.base().and_then(|base| job.root_number(&base));
        let Some((base, source)) = base.and_then(|base| Some((base, sources.get(base)?.local()?))) else {
            continue;
        };
        let goes_on = walk(base, source, checkpoint, &mut |entry| {
            let Found::Record(mut record, _) = entry else { return true };
            let Some(path) = source.file(&record.path) else { return found(record) };
            if catalogues.contains(&path) || folders.iter().any(|folder| path.starts_with(folder)) {
                return true;
            }
            if seen.files.insert(key_of(&path), Named::new(number, 0, true)).is_some() {
                return true;
            }
            if matches!(record.fate, PlannedFate::Pending) {
                record.fate = PlannedFate::Excluded(policy::NOT_IN_CATALOGUE);
                record.size = 0;
            }
            found(record)
        });
        if !goes_on {
            return;
        }
    }
}

/// The same for the same file, whichever root it was reached by.
fn key_of(path: &Path) -> u64 {
    xxh3_64(path.as_os_str().as_encoded_bytes())
}

fn places(
    catalogue: &Catalogue,
    job: &JobSpec,
    sources: &Sources,
    base: Option<usize>,
    web: usize,
) -> Places {
    let rules: Vec<_> = catalogue
        .prefixes
        .iter()
        .filter_map(|rule| Some((rule.clone(), job.root_number(&rule.to)?)))
        .collect();
    let root = |spelt: PathBuf| {
        let source = job.root_number(&spelt)?;
        Some(Root { source, real: sources.get(source)?.local()?.root.clone(), spelt })
    };
    Places::new(base, &rules, catalogue.roots().filter_map(root).collect(), web)
}

struct Lister<'a> {
    number: usize,
    sources: &'a Sources,
    places: Places,
    /// The source that rows without a place are counted to.
    base: usize,
    columns: Option<Columns>,
    tally: CatalogueTally,
    seen: &'a mut Seen,
}

/// What a row says of its file, and what was found there.
struct Resolved {
    place: Place,
    is_there: bool,
    size: u64,
    failure: Option<Failure>,
}

impl Lister<'_> {
    fn record(&mut self, row: Row) -> PlannedRecord {
        self.tally.undecodable += u64::from(row.is_undecodable);
        self.tally.short += u64::from(row.is_short);
        let columns = self.columns.as_ref();
        let id = columns.and_then(|columns| columns.id.as_ref()).map(|id| row.text(id));
        let external_id = id.map(|id| id.trim().to_owned()).filter(|id| !id.is_empty());
        let mut resolved = self.resolve(&row);
        let twin = external_id.as_deref().and_then(|id| self.twin_id(id, row.number));
        let checksum = self.checksum(&row).unwrap_or_else(|failure| {
            resolved.failure.get_or_insert(failure);
            None
        });
        // What is wrong with the file itself is said first: it is what must be mended first.
        resolved.failure = resolved.failure.or(twin);
        if resolved.is_there {
            let is_good = resolved.failure.is_none();
            let twin = self.twin_file(&resolved.place, row.number, is_good);
            resolved.failure = resolved.failure.or(twin);
        }
        let listing =
            Listing { catalogue: self.number, row: row.number, external_id, checksum, fields: row.fields() };
        PlannedRecord {
            source: resolved.place.source,
            path: resolved.place.path,
            size: resolved.size,
            fate: resolved.failure.map_or(PlannedFate::Pending, PlannedFate::Failed),
            group: None,
            listing: Some(Box::new(listing)),
        }
    }

    fn unreadable(&self, Unreadable { number, why }: Unreadable) -> PlannedRecord {
        let failure = self.failure(Stage::Plan, Category::RowUnreadable, number, &why);
        PlannedRecord {
            source: self.base,
            path: RawPath::default(),
            size: 0,
            fate: PlannedFate::Failed(failure),
            group: None,
            listing: Some(Box::new(Listing {
                catalogue: self.number,
                row: number,
                external_id: None,
                checksum: None,
                fields: None,
            })),
        }
    }

    fn failure(&self, stage: Stage, category: Category, row: u64, why: &str) -> Failure {
        Failure::new(stage, category, format!("row {row} of {}: {why}", self.tally.name))
    }

    fn resolve(&mut self, row: &Row) -> Resolved {
        let columns = self.columns.as_ref().map(|columns| columns.path.as_slice()).unwrap_or_default();
        let parts: Vec<String> = columns.iter().map(|column| row.text(column)).collect();
        let text = joined(&parts);
        let is_url = web::scheme_of(text.trim_start()).is_some();
        self.tally.urls.are_there |= is_url;
        let failed = |category, place: Place, why: String| {
            let failure = self.failure(Stage::Ingest, category, row.number, &why);
            Resolved { place, is_there: false, size: 0, failure: Some(failure) }
        };
        let source = if is_url { self.places.web } else { self.base };
        let nowhere = |text: &str| Place { source, path: RawPath(text.as_bytes().to_vec()) };
        if text.trim().is_empty() {
            return failed(Category::SourceMissing, nowhere(""), "it names no file".into());
        }
        let shown = show_bytes(text.as_bytes());
        let place = match self.places.find(&text) {
            Ok(place) => place,
            Err(Unsafe(why)) => {
                let text = web::without_user(&text);
                let shown = show_bytes(text.as_bytes());
                return failed(Category::PathUnsafe, nowhere(&text), format!("the path {shown}: {why}"));
            }
        };
        if self.sources.get(place.source).is_some_and(|source| matches!(source.at, Origin::Web(..))) {
            return self.resolve_url(row, place);
        }
        let (place, looked) = match self.look(&place) {
            Look::Missing => {
                let other = spellings(&text, &place.path).into_iter().find_map(|path| {
                    let place = Place { path, ..place.clone() };
                    let looked = self.look(&place);
                    matches!(looked, Look::File(_)).then_some((place, looked))
                });
                other.inspect(|_| self.tally.respelt += 1).unwrap_or((place, Look::Missing))
            }
            looked => (place, looked),
        };
        let failed = |category, why: String| {
            let failure = self.failure(Stage::Ingest, category, row.number, &why);
            Resolved { place: place.clone(), is_there: false, size: 0, failure: Some(failure) }
        };
        match looked {
            Look::File(metadata) => {
                let size = metadata.len();
                let failure = self.wrong_size(row, size);
                Resolved { place, is_there: true, size, failure }
            }
            Look::Missing if row.is_undecodable => failed(
                Category::SourceMissing,
                format!(
                    "there is no file {shown}; its characters could not all be read, so another encoding may be right"
                ),
            ),
            Look::Missing => failed(Category::SourceMissing, format!("there is no file {shown}")),
            Look::NoFile(what) => failed(Category::SourceNotAFile, format!("{shown} is {what}")),
            Look::Outside => failed(
                Category::PathUnsafe,
                format!("the path {shown}: a folder on its way is a link that leads elsewhere"),
            ),
            Look::Failed(failure) => Resolved { place, is_there: false, size: 0, failure: Some(failure) },
        }
    }

    /// What is under a URL is only known in the run: asking for a million of them would take hours. Its size
    /// is taken from the catalogue, where that gives one, and compared then.
    fn resolve_url(&mut self, row: &Row, place: Place) -> Resolved {
        let listed =
            self.columns.as_ref().and_then(|columns| columns.size.as_ref()).map(|size| row.text(size));
        let listed = listed.filter(|text| !text.trim().is_empty());
        let size = listed.as_deref().and_then(bytes);
        self.tally.vague_sizes += u64::from(listed.is_some() && size.is_none());
        let urls = &mut self.tally.urls;
        urls.records += 1;
        urls.unsized_records += u64::from(size.is_none());
        if urls.servers.len() <= SERVICES
            && let Ok(url) = web::url_of(&place.path)
        {
            urls.servers.insert(url.origin().ascii_serialization());
        }
        Resolved { place, is_there: true, size: size.unwrap_or_default(), failure: None }
    }

    /// One look at a file; folders on the way are looked at once.
    fn look(&self, place: &Place) -> Look {
        let Some(source) = self.sources.get(place.source) else { return Look::Missing };
        let Some(source) = source.local() else { return Look::Outside };
        let Some(path) = source.file(&place.path) else { return Look::Outside };
        let failed = |error: std::io::Error| match error.kind() {
            // A part that is no folder holds nothing.
            ErrorKind::NotFound | ErrorKind::NotADirectory => Look::Missing,
            _ => Look::Failed(fault::of_source(Stage::Ingest, Deed::LookAt, &path, &error)),
        };
        match source.holds(&path) {
            Ok(true) => {}
            Ok(false) => return Look::Outside,
            Err(error) => return failed(error),
        }
        match path.symlink_metadata() {
            Ok(metadata) if metadata.is_file() => Look::File(metadata),
            Ok(metadata) if metadata.is_dir() => Look::NoFile("a folder"),
            Ok(metadata) if metadata.is_symlink() => Look::NoFile("a link"),
            Ok(_) => Look::NoFile("no regular file"),
            Err(error) => failed(error),
        }
    }

    fn wrong_size(&mut self, row: &Row, there: u64) -> Option<Failure> {
        let text = row.text(self.columns.as_ref()?.size.as_ref()?);
        if text.trim().is_empty() {
            return None;
        }
        let Some(listed) = bytes(&text) else {
            self.tally.vague_sizes += 1;
            return None;
        };
        (listed != there).then(|| {
            let why = format!("it says that the file has {listed} bytes, but it has {there}");
            self.failure(Stage::Plan, Category::SizeMismatch, row.number, &why)
        })
    }

    fn checksum(&self, row: &Row) -> Result<Option<ContentHash>, Failure> {
        let Some(wanted) = self.columns.as_ref().and_then(|columns| columns.checksum.as_ref()) else {
            return Ok(None);
        };
        checksum::parse(&row.text(&wanted.column), wanted.algorithm)
            .map_err(|why| self.failure(Stage::Plan, Category::RowUnreadable, row.number, &why))
    }

    /// The failure of a row whose id an earlier row has.
    fn twin_id(&mut self, id: &str, row: u64) -> Option<Failure> {
        let own = Named::new(self.number, row, true);
        let first = claim(&mut self.seen.ids, xxh3_64(id.as_bytes()), own)?;
        let why = format!("its id {} is that of {} already", show_bytes(id.as_bytes()), self.shown(first));
        Some(self.failure(Stage::Plan, Category::DuplicateId, row, &why))
    }

    /// The failure of a row whose file an earlier row names, in which nothing is wrong.
    fn twin_file(&mut self, place: &Place, row: u64, is_good: bool) -> Option<Failure> {
        let key = self.file_key(place.source, &place.path)?;
        let first = claim(&mut self.seen.files, key, Named::new(self.number, row, is_good))?;
        let why = format!("{} names the file {} already", self.shown(first), place.path);
        Some(self.failure(Stage::Plan, Category::DuplicatePath, row, &why))
    }

    fn shown(&self, first: Named) -> String {
        if usize::from(first.catalogue) == self.number {
            format!("row {}", first.row)
        } else {
            format!("row {} of another catalogue", first.row)
        }
    }

    fn file_key(&self, source: usize, path: &RawPath) -> Option<u64> {
        let source = self.sources.get(source)?;
        match &source.at {
            Origin::Web(..) => Some(xxh3_64(&path.0)),
            Origin::Local(_) | Origin::Remote(_) => Some(key_of(&source.file(path)?)),
        }
    }
}

/// What one look at a file saw.
enum Look {
    File(Metadata),
    Missing,
    NoFile(&'static str),
    Outside,
    Failed(Failure),
}
