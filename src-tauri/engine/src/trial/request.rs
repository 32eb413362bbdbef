//! A request of an unfinished job, filled in for one real record. A lookup is sent, within bounds;
//! the registration is only shown.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use reqwest::header::{HeaderMap, SET_COOKIE};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

use super::places_of;
use super::redact::{HIDDEN, Secrets};
use super::sample::look;
use crate::checkpoint::{PendingRecord, PlannedFate};
use crate::describe::{Describer, Tech, Undescribed};
use crate::error::Error;
use crate::http::{self, Exchange, LOOKUP_SUCCESS, Prepared, Reply, Request, Services};
use crate::mapping::{FirstRows, Mapper, first_rows, pending, with_usable_map};
use crate::preflight::{Fact, Finding, Refusal, Severity, check_secrets};
use crate::record::{ContentHash, Failure, RawPath};
use crate::report::failures::source_of;
use crate::spec::{Auth, JobSpec, Verify};
use crate::storage::sources::Sources;
use crate::template::Facts;
use crate::threads::off_thread;

/// Longest wait for an answer (seconds), and the usual one.
const LONGEST: u32 = 20;
const USUAL: u32 = 10;

/// Characters shown of an address or a header, and of a body.
const LINE: usize = 2_000;
const BODY: usize = 16_000;

/// Headers shown of an answer.
const HEADERS: usize = 60;

/// Which request of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RequestStep {
    /// The lookup of this number, from 0.
    Lookup(u32),
    /// The registration.
    Register,
}

/// What came of trying a request on one record. Secrets are shown as `•••`, also where a service sent
/// them back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct RequestTrial {
    /// The record.
    pub on: TriedOn,
    /// The request as it goes out. None: a template cannot be filled in.
    pub request: Option<ShownRequest>,
    /// What the service answered. None: it did not, or the request was not sent.
    pub answer: Option<ShownAnswer>,
    /// Fields that the answer gives the record.
    #[ts(type = "Record<string, unknown>")]
    pub fields: Map<String, Value>,
    /// Why the record would fail here, if it would.
    pub problem: Option<Finding>,
}

/// The record that something is tried on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct TriedOn {
    /// Full path of the file, safe to show.
    pub source: String,
    /// The row of the catalogue that names it, as a spreadsheet counts.
    pub row: Option<u64>,
    /// Which of the records that can be tried, from 0.
    pub number: u32,
    /// How many can be tried.
    pub of: u32,
    /// What is known of it before the request: its fields, and those of the lookups before.
    #[ts(type = "Record<string, unknown>")]
    pub fields: Map<String, Value>,
    /// What the program that describes files reads in it.
    #[ts(type = "Record<string, unknown>")]
    pub tech: Map<String, Value>,
}

/// A request, ready to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ShownRequest {
    /// GET, POST or PUT.
    pub method: String,
    /// The address.
    pub url: String,
    /// The headers.
    pub headers: Vec<ShownHeader>,
    /// The body, its beginning where it is long.
    pub body: Option<String>,
}

/// A header of a request or an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ShownHeader {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// An answer, ready to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ShownAnswer {
    /// The status.
    pub status: u16,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// Its headers, at most sixty.
    pub headers: Vec<ShownHeader>,
    /// Its body, at most 16,000 characters of it.
    pub body: String,
    /// Bytes of the whole body.
    pub bytes: u64,
}

/// Tries a request on the record of that number, counted round. Lookups before it are asked first, for
/// it may use what they answer; a registration is never sent.
pub(crate) async fn try_request(job: JobSpec, step: RequestStep, at: u32) -> Result<RequestTrial, Error> {
    let (asked, mut places) = (asked(&job, step)?, places_of(job.clone()));
    (places.lookups, places.register) = (asked.lookups, asked.register);
    // A template of the names that is not right yet is said elsewhere.
    let (mut places, _) = with_usable_map(places)?;
    places.deliver = job.deliver;
    let services = check_secrets(&places)?;
    let secrets = Secrets::of(auths(&places), |name| std::env::var(name).ok());
    let client = http::client().map_err(|error| Error::NoClient { why: error.to_string() })?;
    let one = one_record(&places, at).await?;
    let mut trial = Trial {
        job: &places,
        services: &services,
        secrets: &secrets,
        client: &client,
        shown: RequestTrial {
            on: TriedOn {
                source: one.source.clone(),
                row: one.record.row,
                number: one.number,
                of: one.of,
                fields: one.record.fields.clone(),
                tech: Map::new(),
            },
            request: None,
            answer: None,
            fields: Map::new(),
            problem: None,
        },
    };
    let ended = trial.go(job.describe.as_ref(), &one, step).await;
    let mut shown = trial.shown;
    shown.problem = ended.err().map(|failure| {
        let said = cut(&secrets.hide(&failure.message), LINE);
        // What a value holds may be a secret of the job's.
        Finding::of(Severity::Warns, 1, Fact::RecordFails { category: failure.category, said, why: None })
    });
    shown.on.fields = secrets.hide_in(shown.on.fields);
    shown.fields = secrets.hide_in(shown.fields);
    Ok(shown)
}

/// The requests that are needed to try this one.
struct Asked {
    lookups: Vec<crate::spec::Lookup>,
    register: Option<crate::spec::Register>,
}

fn asked(job: &JobSpec, step: RequestStep) -> Result<Asked, Refusal> {
    let none = || Refusal::NoRequest;
    match step {
        RequestStep::Lookup(number) => {
            let lookups = job.lookups.get(..=number as usize).ok_or_else(none)?;
            Ok(Asked { lookups: lookups.to_vec(), register: None })
        }
        RequestStep::Register => {
            let register = job.register.clone().ok_or_else(none)?;
            Ok(Asked { lookups: job.lookups.clone(), register: Some(register) })
        }
    }
}

fn auths(job: &JobSpec) -> impl Iterator<Item = &Auth> {
    let of_lookups = job.lookups.iter().filter_map(|lookup| lookup.auth.as_ref());
    of_lookups.chain(job.register.iter().filter_map(|register| register.auth.as_ref()))
}

/// A record to try something on.
struct One {
    record: PendingRecord,
    source: String,
    /// The file, where it is one of this computer.
    file: Option<PathBuf>,
    /// Where its source goes, below the destination.
    prefix: RawPath,
    number: u32,
    of: u32,
}

/// One of the first rows of a catalogue; without one, a file of the sources.
async fn one_record(job: &JobSpec, at: u32) -> Result<One, Error> {
    for number in 0..job.catalogues.len() {
        let job = job.clone();
        let rows = off_thread(move || first_rows(job, number)).await?;
        let FirstRows { job, sources, mut planned, .. } = rows;
        planned.retain(|record| matches!(record.fate, PlannedFate::Pending));
        if !planned.is_empty() {
            return Ok(one_of(&planned, &job, &sources, at));
        }
    }
    let mut refused = None;
    for (number, source) in job.sources.iter().enumerate() {
        match look(source, number, job).await {
            Ok(found) if !found.records.is_empty() => {
                let job = JobSpec { catalogues: Vec::new(), ..job.clone() };
                return off_thread(move || {
                    let sources = Sources::open(&job, &crate::connections::access_of(&job)?)?;
                    Ok(one_of(&found.records, &job, &sources, at))
                })
                .await;
            }
            Ok(_) => {}
            Err(error) => refused = Some(error),
        }
    }
    Err(refused.unwrap_or(Error::Refused(Refusal::NothingToTry)))
}

fn one_of(planned: &[crate::checkpoint::PlannedRecord], job: &JobSpec, sources: &Sources, at: u32) -> One {
    let number = at as usize % planned.len();
    let record = pending(number as i64 + 1, &planned[number]);
    let source = sources.get(record.source);
    One {
        source: source_of(&job.roots(), record.source, &record.path),
        file: source.and_then(|source| source.file(&record.path)),
        prefix: source.map(|source| source.prefix.clone()).unwrap_or_default(),
        record,
        number: number as u32,
        of: planned.len() as u32,
    }
}

struct Trial<'a> {
    job: &'a JobSpec,
    services: &'a Services,
    secrets: &'a Secrets,
    client: &'a reqwest::Client,
    shown: RequestTrial,
}

impl Trial<'_> {
    async fn go(
        &mut self,
        describe: Option<&crate::spec::Describe>,
        one: &One,
        step: RequestStep,
    ) -> Result<(), Failure> {
        let tech = self.describe(describe, one).await?;
        let mut fields = one.record.fields.clone();
        let facts = |fields: &Map<String, Value>| {
            let record = &one.record;
            Facts::new(record.id, &record.path, record.size, fields.clone(), tech.clone())
                .in_catalogue(record.row, record.external_id.as_deref())
        };
        for (number, lookup) in (0..).zip(&self.services.lookups) {
            let is_asked = step == RequestStep::Lookup(number);
            let request = self.services.request(&lookup.request, &facts(&fields))?;
            if is_asked {
                self.shown.on.fields = fields.clone();
                self.shown.request = Some(self.show(&request));
            }
            let (reply, took) = self.send(&lookup.request, request).await?;
            if is_asked {
                self.shown.answer = Some(self.show_answer(&reply, took));
            }
            if let Some(category) = reply.category(&LOOKUP_SUCCESS) {
                let message = format!("{}: {}: {}", lookup.request.step, reply.status, reply.quoted());
                return Err(Failure::new(lookup.request.stage, category, message));
            }
            let found =
                http::read_fields(lookup.request.stage, &lookup.request.step, &reply, &lookup.fields)?;
            if is_asked {
                self.shown.fields = found.clone();
            }
            fields.extend(found);
        }
        let Some(register) = &self.services.register else { return Ok(()) };
        let mapper = Mapper::prepare(self.job).map_err(|error| {
            Failure::new(register.request.stage, crate::failure::Category::TemplateFailed, error.to_string())
        })?;
        let mapped = mapper.map(&facts(&fields))?;
        let target = mapped.target.unwrap_or_else(|| one.prefix.join(&one.record.path));
        let hash = self.hash();
        let facts = facts(&mapped.fields).delivered(&target, hash.as_ref());
        self.shown.on.fields = mapped.fields;
        let mut request = self.services.request(&register.request, &facts)?;
        // In a run: the migration's own number and the record's.
        let key = format!("trial-{}", one.record.id);
        if let Ok(key) = key.parse() {
            request.headers.insert(register.idempotency_header.clone(), key);
        }
        self.shown.request = Some(self.show(&request));
        Ok(())
    }

    async fn describe(
        &mut self,
        settings: Option<&crate::spec::Describe>,
        one: &One,
    ) -> Result<Tech, Failure> {
        use crate::failure::{Category, Stage};
        let (Some(settings), Some(file)) = (settings, &one.file) else { return Ok(Tech::default()) };
        let describer = Describer::find(settings)
            .await
            .map_err(|error| Failure::new(Stage::Ingest, Category::ToolGone, error.to_string()))?;
        if !describer.wants(file) {
            return Ok(Tech::default());
        }
        match describer.describe(file, 1).await {
            Ok((_, tech)) => {
                if let Ok(Value::Object(shown)) = serde_json::to_value(&tech) {
                    self.shown.on.tech = shown;
                }
                Ok(tech)
            }
            Err(Undescribed::Tool(why)) => Err(Failure::of(Stage::Ingest, Category::ToolGone, why)),
            Err(Undescribed::File(why)) if describer.must_describe() => {
                Err(Failure::new(Stage::Ingest, Category::MediaUnreadable, why))
            }
            Err(Undescribed::File(_)) => Ok(Tech::default()),
        }
    }

    async fn send(&self, prepared: &Prepared, request: Request) -> Result<(Reply, Duration), Failure> {
        let seconds = prepared.timeout_s.unwrap_or(USUAL).min(LONGEST);
        let begun = Instant::now();
        match http::send(self.client, request, Duration::from_secs(seconds.into())).await {
            Exchange::Answered(reply) => Ok((reply, begun.elapsed())),
            Exchange::Lost(category, why) => {
                Err(Failure::new(prepared.stage, category, format!("{}: {why}", prepared.step)))
            }
        }
    }

    /// What stands for the hash of a file that nobody has read yet.
    fn hash(&self) -> Option<ContentHash> {
        let algorithm = self.job.deliver.hash;
        let hash = ContentHash { algorithm, hex: "0".repeat(algorithm.digits()) };
        (self.job.deliver.verify != Verify::Size).then_some(hash)
    }

    fn show(&self, request: &Request) -> ShownRequest {
        ShownRequest {
            method: request.method.to_string(),
            url: cut(&self.secrets.hide(request.url.as_str()), LINE),
            headers: self.show_headers(&request.headers),
            body: request.body.as_deref().map(|body| cut(&self.secrets.hide(body), BODY)),
        }
    }

    fn show_answer(&self, reply: &Reply, took: Duration) -> ShownAnswer {
        ShownAnswer {
            status: reply.status,
            took_ms: took.as_millis() as u64,
            headers: self.show_headers(&reply.headers),
            body: cut(&self.secrets.hide(&String::from_utf8_lossy(&reply.body)), BODY),
            bytes: reply.body.len() as u64,
        }
    }

    fn show_headers(&self, headers: &HeaderMap) -> Vec<ShownHeader> {
        let shown = headers.iter().take(HEADERS).map(|(name, value)| {
            let is_secret = value.is_sensitive() || name == SET_COOKIE;
            let text = String::from_utf8_lossy(value.as_bytes());
            let value = if is_secret { HIDDEN.into() } else { cut(&self.secrets.hide(&text), LINE) };
            ShownHeader { name: name.to_string(), value }
        });
        shown.collect()
    }
}

fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}
