//! The sources of a job: where each one is, and under which name its files go.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::local::folder::Folder;
use super::local::platform;
use super::names::{known_as, numbered};
use super::remote::Place;
use super::remote::connect::{Access, connect};
use super::web::{self, SignIns, Web, name};
use crate::preflight::{Refusal, source_refused};
use crate::record::RawPath;
use crate::spec::{JobSpec, Location, UrlName};
use crate::storage::local::platform::to_shown;

/// The sources, in the job's order.
#[derive(Debug)]
pub(crate) struct Sources(Vec<Source>);

/// A folder or file to take from.
#[derive(Debug)]
pub(crate) struct Source {
    /// Where its content goes, below the destination.
    pub(crate) prefix: RawPath,
    pub(crate) at: Origin,
}

/// Where a source is.
#[derive(Debug)]
pub(crate) enum Origin {
    Local(Folder),
    Remote(Arc<Place>),
    /// The URLs of a catalogue: a path is a whole URL.
    Web(Arc<Web>, UrlName),
}

impl Sources {
    /// Finds every source, or tells which one cannot be found. What lies behind a connection is only
    /// looked at when it is listed.
    pub(crate) fn open(job: &JobSpec, access: &Access) -> Result<Self, Refusal> {
        let roots = job.roots();
        let mut sources: Vec<Source> = Vec::with_capacity(roots.len());
        for location in &roots {
            let (at, is_file, own) = match location {
                Location::Local(path) => {
                    let folder = Folder::open(path).map_err(|error| source_refused(path, &error))?;
                    let (is_file, own) = (folder.is_file, own_name(path, &folder.root));
                    (Origin::Local(folder), is_file, own)
                }
                Location::Remote(remote) => {
                    let place = connect(remote, &location.to_string(), job, access)?;
                    let own = location.name().map(|name| RawPath(name.into_bytes()));
                    (Origin::Remote(Arc::new(place)), false, own)
                }
            };
            let prefix = match (is_file, roots.len()) {
                (false, 1) => RawPath(Vec::new()),
                _ => free_name(own, &sources),
            };
            sources.push(Source { prefix, at });
        }
        if !job.catalogues.is_empty() {
            let web = open_web(job, access);
            sources.extend(job.catalogues.iter().map(|catalogue| Source {
                prefix: RawPath(name::PREFIX.to_vec()),
                at: Origin::Web(Arc::clone(&web), catalogue.url_name.unwrap_or_default()),
            }));
        }
        Ok(Self(sources))
    }

    pub(crate) fn get(&self, source: usize) -> Option<&Source> {
        self.0.get(source)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &Source)> {
        self.0.iter().enumerate()
    }
}

impl Source {
    /// The folder or file, where it is one of this computer.
    pub(crate) fn local(&self) -> Option<&Folder> {
        match &self.at {
            Origin::Local(folder) => Some(folder),
            Origin::Remote(_) | Origin::Web(..) => None,
        }
    }

    /// The place, where it lies behind a connection.
    pub(crate) fn remote(&self) -> Option<&Arc<Place>> {
        match &self.at {
            Origin::Remote(place) => Some(place),
            Origin::Local(_) | Origin::Web(..) => None,
        }
    }

    /// Whether the source is still what it was at the start. What lies behind a connection is missed by
    /// the requests that fail.
    pub(crate) fn is_there(&self) -> bool {
        self.local().is_none_or(Folder::is_there)
    }

    /// The file of a record, where it is one of this computer. None: it is not, or the path leads out of
    /// the source.
    pub(crate) fn file(&self, path: &RawPath) -> Option<PathBuf> {
        self.local()?.file(path)
    }

    /// The source itself, safe to show.
    pub(crate) fn shown(&self) -> String {
        match &self.at {
            Origin::Local(folder) => to_shown(folder.root.as_os_str()),
            Origin::Remote(place) => place.shown(&RawPath::default()),
            Origin::Web(..) => "URLs of a catalogue".into(),
        }
    }

    /// A file of it, safe to show.
    pub(crate) fn shown_file(&self, path: &RawPath) -> String {
        match &self.at {
            Origin::Local(folder) => {
                folder.file(path).map_or_else(|| path.to_string(), |file| to_shown(file.as_os_str()))
            }
            Origin::Remote(place) => place.shown(path),
            Origin::Web(..) => path.to_string(),
        }
    }

    /// Where a file's path begins, and the path from there: what lies together begins at the same root.
    pub(crate) fn rooted<'a>(&'a self, path: &'a RawPath) -> (Cow<'a, Path>, Cow<'a, RawPath>) {
        match &self.at {
            Origin::Local(folder) => (Cow::Borrowed(&*folder.root), Cow::Borrowed(path)),
            Origin::Remote(_) => (Cow::Owned(self.shown().into()), Cow::Borrowed(path)),
            Origin::Web(..) => {
                let server = web::url_of(path).map(|url| url.origin().ascii_serialization());
                (Cow::Owned(server.unwrap_or_default().into()), known_as(&self.prefix, path))
            }
        }
    }

    /// What a file is called when the server says what: only known in the run.
    pub(crate) fn is_named_by_server(&self) -> bool {
        matches!(self.at, Origin::Web(_, UrlName::ContentDisposition))
    }
}

/// How URLs are read: with the connections of the kind http.
fn open_web(job: &JobSpec, access: &Access) -> Arc<Web> {
    let mut connections = access.connections.clone();
    connections.extend(job.connections.clone());
    Arc::new(Web::new(SignIns::new(connections, Arc::clone(&access.secrets))))
}

fn own_name(path: &Path, root: &Path) -> Option<RawPath> {
    path.file_name().or(root.file_name()).map(Path::new).and_then(platform::to_raw)
}

/// The source's own name, numbered where an earlier source has it.
fn free_name(own: Option<RawPath>, taken: &[Source]) -> RawPath {
    let own = own.unwrap_or_else(|| RawPath(b"root".to_vec()));
    std::iter::once(own.clone())
        .chain((2..).map(|number| numbered(&own, number)))
        .find(|name| taken.iter().all(|source| source.prefix != *name))
        .unwrap_or(own)
}
