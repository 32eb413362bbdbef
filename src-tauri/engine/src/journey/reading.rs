//! A record's source, open to be read: a file of this computer, one behind a connection or a URL, or one
//! that lies in the scratch area.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;

use super::carry::Hashed;
use super::spool::Spooled;
use super::{Stop, Way};
use crate::control::line::Line;
use crate::failure::{Category, Deed, Stage};
use crate::record::{Failure, Objects};
use crate::spec::Verify;
use crate::stage::deliver;
use crate::stage::ingest::{self, Ingested};
use crate::stage::{self};
use crate::storage::local::fault;
use crate::storage::remote::fetch::Fetch;
use crate::storage::remote::{Looked, Place};
use crate::storage::sources::Origin;
use crate::storage::web::{self, Download};
use crate::threads::off_thread;

/// Bytes read from a file at once: a hop to a thread and back must cost little beside them.
const BLOCK: usize = 1 << 20;

/// An open source.
pub(super) enum Reading<'a> {
    Local { file: Arc<Ingested>, read: u64 },
    Remote { place: &'a Place, fetch: Box<Fetch<'a>>, looked: Looked },
    Web { download: Box<Download<'a>> },
    Spooled { spooled: Arc<Spooled>, read: u64 },
}

impl<'a> Reading<'a> {
    /// Finds the record's source and opens it. From then on its size is known: what does not tell it goes
    /// through the scratch area first.
    pub(super) async fn open(way: &'a Way<'_>, line: &Line) -> Result<Self, Stop> {
        if let Some(spooled) = way.spool.get() {
            return Ok(Self::Spooled { spooled: Arc::clone(spooled), read: 0 });
        }
        let mut source = Self::begin(way, line).await?;
        if source.told_size().is_some() {
            return Ok(source);
        }
        // A server that does not tell a size is asked over HTTP, where nobody waits for a connection.
        let spooled = match way.room_there(None).await {
            Ok(room) => way.fill(line, &mut source, room).await,
            Err(not_spooled) => Err(not_spooled),
        };
        let spooled = spooled.map_err(|not_spooled| not_spooled.stop(way))?;
        Ok(Self::Spooled { spooled, read: 0 })
    }

    /// Opens the source itself.
    pub(super) async fn begin(way: &'a Way<'_>, line: &Line) -> Result<Self, Stop> {
        let site = &way.work.site;
        match site.sources.get(way.record.source).map(|source| &source.at) {
            Some(Origin::Remote(place)) => {
                let what = || Deed::Open.on(place.shown(&way.record.path));
                let key = place.key(&way.record.path);
                let key = key.map_err(|fault| fault.of_source(Stage::Ingest, &what()))?;
                let is_checked = site.delivery.verify != Verify::Size;
                let opening = way.alive(Fetch::open(place, key, way.record.size, is_checked, line)).await;
                let (fetch, looked) = opening.map_err(|trouble| way.no_source(place, &what(), trouble))?;
                Ok(Self::Remote { place, fetch: Box::new(fetch), looked })
            }
            Some(Origin::Web(web, _)) => {
                let url = web::url_of(&way.record.path)?;
                let opening = way.alive(Download::open(web, url, line)).await;
                let mut download = opening.map_err(|why| way.not_fetched(Stage::Ingest, Deed::Fetch, why))?;
                if let Some(size) = download.head().size {
                    check_listed_size(way, size)?;
                } else if way.record.size > 0 || way.record.checksum.is_some() {
                    download.is_proven_otherwise();
                }
                Ok(Self::Web { download: Box::new(download) })
            }
            _ => {
                let (record, site) = (Arc::clone(way.record), Arc::clone(site));
                let opened = off_thread(move || ingest::ingest(&record, &site.sources)).await;
                let failed = |failure| stage::fail(way.record, &way.work.site, failure);
                Ok(Self::Local { file: Arc::new(opened.map_err(failed)?), read: 0 })
            }
        }
    }

    /// Bytes, as they were when it was opened. None: the server does not say.
    pub(super) fn told_size(&self) -> Option<u64> {
        match self {
            Self::Local { file, .. } => Some(file.before.len()),
            Self::Remote { looked, .. } => Some(looked.size),
            Self::Web { download } => download.head().size,
            Self::Spooled { spooled, .. } => Some(spooled.hashed.bytes),
        }
    }

    /// Bytes, as they were when it was opened.
    pub(super) fn size(&self) -> u64 {
        self.told_size().unwrap_or_default()
    }

    /// When its content was made.
    pub(super) fn modified(&self) -> Option<SystemTime> {
        match self {
            Self::Local { file, .. } => file.before.modified().ok(),
            Self::Remote { looked, .. } => looked.modified,
            Self::Web { download } => download.head().modified,
            Self::Spooled { spooled, .. } => spooled.modified,
        }
    }

    /// Which object it is, where its service keeps several under a name.
    pub(super) fn objects(&self) -> Objects {
        match self {
            Self::Remote { looked, .. } => looked.objects(),
            Self::Spooled { spooled, .. } => spooled.objects.clone(),
            Self::Local { .. } | Self::Web { .. } => Objects::default(),
        }
    }

    /// Gives its connection back where others wait for it, for as long as nothing is read.
    pub(super) fn let_go(&mut self) {
        if let Self::Remote { fetch, .. } = self {
            fetch.let_go();
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
                    let failure = fault::of_source(Stage::Deliver, Deed::Read, &file.path, &error);
                    stage::fail(way.record, &way.work.site, failure)
                })?;
                *read += block.len() as u64;
                Ok((!block.is_empty()).then_some(block))
            }
            Self::Remote { place, fetch, .. } => way.alive(fetch.next(line)).await.map_err(|trouble| {
                way.no_source(place, &Deed::Read.on(place.shown(&way.record.path)), trouble)
            }),
            Self::Web { download } => way
                .alive(download.next(line))
                .await
                .map_err(|why| way.not_fetched(Stage::Deliver, Deed::Read, why)),
            Self::Spooled { spooled, read } => {
                let (reading, from) = (Arc::clone(spooled), *read);
                let block = off_thread(move || {
                    // Several may read the same file, one after the other.
                    (&reading.file).seek(SeekFrom::Start(from))?;
                    read_block(&reading.file, block_of(reading.hashed.bytes, from))
                });
                let block = block.await.map_err(|error| way.no_scratch(&error))?;
                *read += block.len() as u64;
                Ok((!block.is_empty()).then_some(block))
            }
        }
    }

    /// What was read must be what is there: a source that changed meanwhile is a failure of its own, and so
    /// is one that is not what the catalogue says.
    pub(super) async fn check(&mut self, way: &Way<'_>, hashed: &Hashed) -> Result<(), Stop> {
        let bytes = hashed.bytes;
        let changed = |how: String| {
            let message = format!("{} {how}", way.shown_source());
            Stop::from(Failure::new(Stage::Deliver, Category::SourceChanged, message))
        };
        match self {
            Self::Local { file, .. } => {
                let file = Arc::clone(file);
                let checked = off_thread(move || deliver::check_unchanged(&file, bytes)).await;
                checked.map_err(|failure| stage::fail(way.record, &way.work.site, failure))?;
            }
            // A file on a server may be written to while it is read.
            Self::Remote { place, looked, .. } if looked.size == bytes && place.has_live_files() => {
                let what = Deed::LookAt.on(place.shown(&way.record.path));
                let key = place.key(&way.record.path);
                let key = key.map_err(|fault| fault.of_source(Stage::Deliver, &what))?;
                let now = way.alive(way.line().ask(place.endpoint(), "look", place.look(&key))).await;
                let now = now.map_err(|trouble| way.no_source(place, &what, trouble))?;
                if (now.size, now.modified) != (looked.size, looked.modified) {
                    return Err(changed("was written to while it was copied".to_owned()));
                }
            }
            // One answer is of one state, and every further one was asked for under its tag.
            Self::Remote { looked, .. } if looked.size == bytes => {}
            Self::Remote { looked, .. } => {
                return Err(changed(format!("has {} bytes, but {bytes} came", looked.size)));
            }
            Self::Web { download } => {
                check_listed_size(way, bytes)?;
                // A checksum of the catalogue's proves more than a second look.
                if way.record.checksum.is_none() {
                    let line = way.line().to_the_end();
                    let looked = way.alive(download.changed(&line)).await;
                    let how = looked.map_err(|why| way.not_fetched(Stage::Deliver, Deed::LookAt, why))?;
                    if let Some(how) = how {
                        return Err(changed(format!("was changed while it was read: {how}")));
                    }
                }
            }
            Self::Spooled { spooled, .. } => {
                // Of two hashes only those of one algorithm can be compared.
                let differs = match (&spooled.hashed.hash, &hashed.hash) {
                    (Some(before), Some(now)) => before.algorithm == now.algorithm && before != now,
                    _ => false,
                };
                if differs || spooled.hashed.bytes != bytes {
                    return Err(way.no_scratch(&"what was written there is not what it holds"));
                }
            }
        }
        Ok(deliver::check_listed(way.record, &way.shown_source(), hashed.listed.as_ref())?)
    }
}

/// The size that the catalogue gives of what is under a URL.
fn check_listed_size(way: &Way<'_>, there: u64) -> Result<(), Stop> {
    let listed = way.record.size;
    if listed == 0 || listed == there {
        return Ok(());
    }
    let message =
        format!("{}: the catalogue says that it has {listed} bytes, but it has {there}", way.shown_source());
    Err(Failure::new(Stage::Ingest, Category::SizeMismatch, message).into())
}

/// Room for what may still come, and for one byte more, by which a file that grew gives itself away.
fn block_of(size: u64, read: u64) -> usize {
    (size.saturating_sub(read).saturating_add(1)).min(BLOCK as u64) as usize
}

fn read_block(mut file: &File, room: usize) -> std::io::Result<Bytes> {
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
