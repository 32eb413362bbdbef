//! What a migration is told to do: the job file's content, checked.

mod catalogue;
mod connection;
mod control;
mod delivery;
mod describe;
mod error;
mod group;
mod http;
mod limits;
mod location;
mod mapping;
mod scratch;
mod sidecar;
mod span;
mod timetable;
mod watch;
mod written;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use catalogue::{Catalogue, CatalogueFormat, ChecksumColumn, PrefixRule, UrlName};
pub use connection::{
    Azure, Connection, Environment, Ftp, FtpTls, Gcs, Http, S3, S3Checksum, S3Guard, Secret, SecretField,
    Secrets, Sftp, Webdav, is_connection_name,
};
#[cfg(feature = "azure")]
pub(crate) use connection::{is_account_name, is_this_computer};
pub use control::{Autopilot, Control, Lease, Recovery, RetryRule, Schedule};
pub use delivery::{Delivery, HashAlgorithm, OnConflict, Verify};
pub use describe::{Describe, MediaKind, OnUnknownMedia, Tool};
pub use error::SpecError;
pub(crate) use group::RULES_MAX;
pub use group::{Group, GroupPreset};
pub use http::{Auth, Endpoint, FieldRule, Lookup, Method, Register};
pub use limits::{LimitRanges, Limits, Range};
pub(crate) use location::{BUCKET_RULE, is_bucket_name};
pub use location::{Location, LocationError, Remote, Via};
pub use mapping::{FieldMapping, FieldType, Mapping, OnCollision, Requirement};
pub use scratch::Scratch;
pub use sidecar::{CatalogueOut, CatalogueRecords, Sidecar, SidecarFormat, SidecarName, Term};
pub use span::{Span, SpanError};
pub use timetable::Timetable;
pub use watch::{OnChange, Watch};

/// A migration's description: what a job file holds (TOML) and a checkpoint keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct JobSpec {
    /// What people call it. Default: the destination's name.
    #[serde(default)]
    pub name: String,
    /// Folders or files, here or behind a connection. One folder: its content goes right below the
    /// destination; several sources: each goes below its own name. May be empty where there is a
    /// catalogue.
    #[serde(default)]
    pub sources: Vec<Location>,
    /// Catalogues that name the files to move.
    #[serde(default, rename = "catalogue", skip_serializing_if = "Vec::is_empty")]
    pub catalogues: Vec<Catalogue>,
    /// The folder that receives the files, here or behind a connection. Is made when it is not there.
    #[serde(default)]
    pub destination: Location,
    /// Stay open and take in files as they arrive in the sources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watch: Option<Watch>,
    /// How files are delivered and proven.
    #[serde(default)]
    pub deliver: Delivery,
    /// How much happens at once.
    #[serde(default)]
    pub limits: Limits,
    /// How retries, leases, bandwidth and the autopilot are set.
    #[serde(default)]
    pub control: Control,
    /// Rules by which files belong together: delivered together or failed together.
    #[serde(default, rename = "group", skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
    /// Reads the technical metadata of files before anything else is done with them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub describe: Option<Describe>,
    /// Where files from elsewhere lie while a program looks at them.
    #[serde(default, skip_serializing_if = "is_default")]
    pub scratch: Scratch,
    /// How records are described and named.
    #[serde(default, skip_serializing_if = "is_default")]
    pub map: Mapping,
    /// Requests that describe a record before it is delivered, in this order.
    #[serde(default, rename = "lookup", skip_serializing_if = "Vec::is_empty")]
    pub lookups: Vec<Lookup>,
    /// The request that enters a delivered record into a catalogue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub register: Option<Register>,
    /// Files with metadata that are written beside each delivered file.
    #[serde(default, rename = "sidecar", skip_serializing_if = "Vec::is_empty")]
    pub sidecars: Vec<Sidecar>,
    /// The catalogue that is written at the end of each run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalogue_out: Option<CatalogueOut>,
    /// Limits of single services, by scheme, host and port: `"https://dam.example"`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub endpoints: BTreeMap<String, Endpoint>,
    /// Services that keep files, by the name that locations use.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub connections: BTreeMap<String, Connection>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Where and why TOML cannot be read: the line's number and its key. The reader's own words would repeat the
/// whole line, and somebody may have written a secret there.
pub(crate) fn told(text: &str, error: &toml::de::Error) -> String {
    let Some(span) = error.span() else { return error.message().to_owned() };
    let before = &text.as_bytes()[..span.start.min(text.len())];
    let number = before.iter().filter(|byte| **byte == b'\n').count();
    let key = text.lines().nth(number).and_then(|line| line.split_once('=')).map(|(key, _)| key.trim());
    let key =
        key.filter(|key| key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte)));
    let key = key.filter(|key| !key.is_empty()).map_or_else(String::new, |key| format!(" ({key})"));
    format!("line {}{key}: {}", number + 1, error.message())
}

/// The same of a job file, and a word to whoever seems to have written a secret there.
fn told_of_job(text: &str, error: &toml::de::Error) -> String {
    let told = told(text, error);
    let there = error.to_string().to_lowercase();
    let mut words = SecretField::ALL.iter().map(|field| field.word()).chain(["secret"]);
    if words.any(|word| there.contains(word)) { format!("{told}; a job file holds no secrets") } else { told }
}

/// A job file or a preset larger than this (bytes) is none.
const LARGEST: u64 = 1 << 20;

/// The text of a job file or a preset, as far as it may be one: a device says no size and has no end.
fn read_text(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(io::Error::other("it is larger than 1 MiB"));
    }
    String::from_utf8(bytes).map_err(|_| io::Error::other("it is no text in UTF-8"))
}

impl JobSpec {
    /// A job with defaults for everything but its sources and its destination.
    pub fn new(sources: Vec<Location>, destination: Location) -> Self {
        Self {
            name: String::new(),
            sources,
            catalogues: Vec::new(),
            destination,
            watch: None,
            deliver: Delivery::default(),
            limits: Limits::default(),
            control: Control::default(),
            groups: Vec::new(),
            describe: None,
            scratch: Scratch::default(),
            map: Mapping::default(),
            lookups: Vec::new(),
            register: None,
            sidecars: Vec::new(),
            catalogue_out: None,
            endpoints: BTreeMap::new(),
            connections: BTreeMap::new(),
        }
    }

    /// Whether any source or the destination lies behind a connection.
    pub fn is_remote(&self) -> bool {
        self.sources.iter().chain([&self.destination]).any(|location| location.remote().is_some())
    }

    /// What cannot be done yet where files lie behind a connection is refused before anything is begun.
    fn check_remote(&self) -> Result<(), SpecError> {
        let wrong = |what: &str| Err(SpecError::Connection { what: what.to_owned() });
        if !self.groups.is_empty() && self.destination.remote().is_some() {
            return wrong(
                "[[group]] gives files their names together, or none of them, which only a folder of this computer can do: a service has no step for several files; take the groups out, or mount what lies behind the connection as a folder",
            );
        }
        Ok(())
    }

    /// Whether records need requests to services.
    pub fn has_requests(&self) -> bool {
        !self.lookups.is_empty() || self.register.is_some()
    }

    /// Every folder or file that records may come from, by the number that a record keeps: the
    /// sources first, then what the catalogues need besides.
    pub fn roots(&self) -> Vec<Location> {
        let mut roots = self.sources.clone();
        for root in self.catalogues.iter().flat_map(Catalogue::roots).map(Location::Local) {
            if !roots[self.sources.len()..].contains(&root) {
                roots.push(root);
            }
        }
        roots
    }

    /// The number of a catalogue's folder among [`JobSpec::roots`].
    pub(crate) fn root_number(&self, root: &Path) -> Option<usize> {
        let own = self.sources.len();
        self.roots()[own..].iter().position(|known| known.local() == Some(root)).map(|at| own + at)
    }

    /// The number of the source that holds the URLs of a catalogue: these come after all roots.
    pub(crate) fn web_number(&self, catalogue: usize) -> usize {
        self.roots().len() + catalogue
    }

    /// Whether a job whose plan has so many sources fetches URLs.
    pub(crate) fn has_web(&self, sources: usize) -> bool {
        sources > self.roots().len()
    }

    /// The sources whose files are called what a server says, which is known only in the run.
    pub(crate) fn named_by_server(&self) -> Vec<usize> {
        let by_server = |catalogue: &Catalogue| catalogue.url_name == Some(UrlName::ContentDisposition);
        let numbered = self.catalogues.iter().enumerate().filter(|(_, catalogue)| by_server(catalogue));
        numbered.map(|(number, _)| self.web_number(number)).collect()
    }

    /// Whether two jobs move the same records to the same place, with the same ones together.
    pub fn moves_the_same(&self, other: &Self) -> bool {
        self.sources == other.sources
            && self.catalogues == other.catalogues
            && self.destination == other.destination
            && self.groups == other.groups
    }

    /// Reads a job file as it stands: relative paths in it stay relative.
    pub fn read(path: &Path) -> Result<Self, SpecError> {
        let unreadable = |error| SpecError::Unreadable { path: path.to_owned(), error };
        let text = read_text(path).map_err(unreadable)?;
        toml::from_str(&text)
            .map_err(|error| SpecError::Malformed { path: path.to_owned(), why: told_of_job(&text, &error) })
    }

    /// Reads a job file. Relative paths in it start at the job file's own folder.
    pub fn load(path: &Path) -> Result<Self, SpecError> {
        let mut job = Self::read(path)?;
        let base = path.parent().unwrap_or(Path::new(""));
        for source in &mut job.sources {
            source.start_at(base);
        }
        for catalogue in &mut job.catalogues {
            catalogue.resolve(base)?;
        }
        job.destination.start_at(base);
        if let Some(program) = job.describe.as_mut().and_then(|describe| describe.path.as_mut())
            // A bare name is looked for in PATH.
            && program.components().count() > 1
        {
            *program = base.join(&*program);
        }
        if let Some(catalogue) = &mut job.catalogue_out {
            catalogue.path = base.join(&catalogue.path);
        }
        if let Some(folder) = &mut job.scratch.folder {
            *folder = base.join(&*folder);
        }
        Ok(job)
    }

    /// The job with absolute paths and a name, or what is wrong with it. Looks at no file.
    pub fn checked(mut self) -> Result<Self, SpecError> {
        self.limits.checked()?;
        self.control.checked()?;
        if let Some(describe) = &self.describe {
            describe.checked()?;
        }
        self.scratch.checked()?;
        for endpoint in self.endpoints.values() {
            endpoint.checked()?;
        }
        for (name, connection) in &self.connections {
            connection.check(name)?;
        }
        self.map.checked()?;
        group::check(&self.groups, self.watch.is_some())?;
        http::check_requests(&self.lookups, self.register.as_ref())?;
        sidecar::check(&self.sidecars, self.catalogue_out.as_ref())?;
        let none = self.sources.is_empty() && self.catalogues.is_empty();
        if none || self.sources.iter().any(Location::is_empty) {
            return Err(SpecError::NoSource);
        }
        for catalogue in &self.catalogues {
            catalogue.check()?;
        }
        if let Some(watch) = &self.watch {
            if self.sources.is_empty() {
                let what = "[watch] needs a folder to watch; add it under `sources`".into();
                return Err(SpecError::Watch { what });
            }
            if let Some(remote) = self.sources.iter().find(|source| source.local().is_none()) {
                let what = format!("[watch] watches folders of this computer, and {remote} is none");
                return Err(SpecError::Watch { what });
            }
            watch.check()?;
        }
        if self.destination.is_empty() {
            return Err(SpecError::NoDestination);
        }
        self.check_remote()?;
        let of_catalogues = self.catalogues.iter_mut().flat_map(Catalogue::paths_mut);
        let catalogue_out = self.catalogue_out.as_mut().map(|catalogue| &mut catalogue.path);
        let scratch = self.scratch.folder.as_mut();
        let locations = self.sources.iter_mut().chain([&mut self.destination]);
        let local = locations.filter_map(Location::local_mut);
        for path in local.chain(of_catalogues).chain(catalogue_out).chain(scratch) {
            if path.as_os_str().is_empty() {
                continue;
            }
            if path.to_str().is_none() {
                return Err(SpecError::NotUnicode { path: path.clone() });
            }
            if let Ok(absolute) = std::path::absolute(&*path) {
                *path = absolute;
            }
        }
        if self.name.trim().is_empty() {
            self.name = self.destination.name().unwrap_or_else(|| self.destination.to_string());
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_file_that_is_not_right_is_told_by_its_line_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("job.toml");
        for (wrong, word) in [
            ("destination = \"sftp://u:hunter2@host/x\"", "password"),
            ("destination = \"sftp://u:hun/ter2@host/x\"", "password"),
            ("destination = \"s3://AKIA:hunter2\"", "bucket"),
            ("register = { url = \"x\", auth = { baerer = \"hunter2\" } }", "baerer"),
            ("connections.nas = { kind = \"sftp\", host = \"h\", pw = \"hunter2\" }", "pw"),
            ("name = \"hunter2", "string"),
            ("password = hunter2", "no secrets"),
        ] {
            std::fs::write(&path, format!("sources = [\"/a\"]\n{wrong}\n")).expect("a file");
            let error = JobSpec::load(&path).expect_err(wrong);
            let said = format!("{error} {error:?}");
            assert!(said.contains("line 2") && said.contains(word), "{said}");
            assert!(!said.contains("hunter2") && !said.contains("ter2"), "{said}");
        }
    }
}
