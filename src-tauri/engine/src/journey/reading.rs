//! A record's source, open to be read: a file of this computer or one behind a connection.

use std::io::{ErrorKind, Read};
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;

use super::{Stop, Way};
use crate::control::line::Line;
use crate::failure::{Category, Stage};
use crate::record::Failure;
use crate::stage::deliver;
use crate::stage::ingest::{self, Ingested};
use crate::stage::{self};
use crate::storage::local::fault;
use crate::storage::local::platform::to_shown;
use crate::storage::remote::fetch::Fetch;
use crate::storage::remote::{Looked, Place};
use crate::storage::sources::Origin;
use crate::threads::off_thread;

/// Bytes read from a file at once: a hop to a thread and back must cost little beside them.
const BLOCK: usize = 1 << 20;

/// An open source.
pub(super) enum Reading<'a> {
    Local { file: Arc<Ingested>, read: u64 },
    Remote { place: &'a Place, fetch: Box<Fetch<'a>>, looked: Looked },
}

impl<'a> Reading<'a> {
    /// Finds the record's source and opens it.
    pub(super) async fn open(way: &'a Way<'_>, line: &Line) -> Result<Self, Stop> {
        let site = &way.work.site;
        match site.sources.get(way.record.source).map(|source| &source.at) {
            Some(Origin::Remote(place)) => {
                let what = || format!("cannot open {}", place.shown(&way.record.path));
                let key = place.key(&way.record.path);
                let key = key.map_err(|fault| fault.of_source(Stage::Ingest, &what()))?;
                let opening = way.alive(Fetch::open(place, key, line)).await;
                let (fetch, looked) = opening.map_err(|trouble| way.no_source(place, &what(), trouble))?;
                Ok(Self::Remote { place, fetch: Box::new(fetch), looked })
            }
            _ => {
                let (record, site) = (Arc::clone(way.record), Arc::clone(site));
                let opened = off_thread(move || ingest::ingest(&record, &site.sources)).await;
                let failed = |failure| stage::fail(way.record, &way.work.site, failure);
                Ok(Self::Local { file: Arc::new(opened.map_err(failed)?), read: 0 })
            }
        }
    }

    /// Bytes, as they were when it was opened.
    pub(super) fn size(&self) -> u64 {
        match self {
            Self::Local { file, .. } => file.before.len(),
            Self::Remote { looked, .. } => looked.size,
        }
    }

    /// When its content was made.
    pub(super) fn modified(&self) -> Option<SystemTime> {
        match self {
            Self::Local { file, .. } => file.before.modified().ok(),
            Self::Remote { looked, .. } => looked.modified,
        }
    }

    /// What it is, safe to show.
    pub(super) fn shown(&self, way: &Way<'_>) -> String {
        match self {
            Self::Local { file, .. } => to_shown(file.path.as_os_str()),
            Self::Remote { place, .. } => place.shown(&way.record.path),
        }
    }

    /// The next bytes. None: this was all.
    pub(super) async fn next(&mut self, way: &Way<'_>, line: &Line) -> Result<Option<Bytes>, Stop> {
        match self {
            Self::Local { file, read } => {
                if *read > 0 && *read >= file.before.len() {
                    return Ok(None);
                }
                let (reading, room) = (Arc::clone(file), block_of(file.before.len(), *read));
                // Not kept alive: a file system that hangs is for the watch to see.
                let block = off_thread(move || read_block(&reading.file, room)).await.map_err(|error| {
                    let failure = fault::of_source(Stage::Deliver, "cannot read", &file.path, &error);
                    stage::fail(way.record, &way.work.site, failure)
                })?;
                *read += block.len() as u64;
                Ok((!block.is_empty()).then_some(block))
            }
            Self::Remote { place, fetch, .. } => way.alive(fetch.next(line)).await.map_err(|trouble| {
                way.no_source(place, &format!("cannot read {}", place.shown(&way.record.path)), trouble)
            }),
        }
    }

    /// A source that changed while it was read is a failure of its own.
    pub(super) async fn check_unchanged(&mut self, way: &Way<'_>, bytes: u64) -> Result<(), Stop> {
        match self {
            Self::Local { file, .. } => {
                let file = Arc::clone(file);
                let checked = off_thread(move || deliver::check_unchanged(&file, bytes)).await;
                Ok(checked.map_err(|failure| stage::fail(way.record, &way.work.site, failure))?)
            }
            // One answer is of one state, and every further one was asked for under its tag.
            Self::Remote { looked, .. } if looked.size == bytes => Ok(()),
            Self::Remote { place, looked, .. } => {
                let shown = place.shown(&way.record.path);
                let how = format!("{shown} has {} bytes, but {bytes} came", looked.size);
                Err(Failure::new(Stage::Deliver, Category::SourceChanged, how).into())
            }
        }
    }
}

/// Room for what may still come, and for one byte more, by which a file that grew gives itself away.
fn block_of(size: u64, read: u64) -> usize {
    (size.saturating_sub(read).saturating_add(1)).min(BLOCK as u64) as usize
}

fn read_block(mut file: &std::fs::File, room: usize) -> std::io::Result<Bytes> {
    let mut block = vec![0; room];
    let mut held = 0;
    while held < block.len() {
        match file.read(&mut block[held..]) {
            Ok(0) => break,
            Ok(count) => held += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    block.truncate(held);
    Ok(block.into())
}
