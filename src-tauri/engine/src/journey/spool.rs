//! A source from elsewhere in the scratch area: fetched once, looked at by programs of this computer, and
//! delivered from there.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use tempfile::TempPath;

use super::carry::{Hashed, Hashing};
use super::reading::Reading;
use super::{Stop, Way};
use crate::control::intake::Intake;
use crate::control::line::Line;
use crate::failure::{Category, Stage};
use crate::record::{Failure, Objects};
use crate::stage::Processed;
use crate::storage::scratch::{NoRoom, Room};
use crate::threads::off_thread;

/// Bytes written at once.
const WRITE: usize = 1 << 20;

/// The name of the step in leases.
const FETCH: &str = "fetch";

/// A source that lies in the scratch area, whole and proven to be what its server has.
pub(crate) struct Spooled {
    pub(super) path: TempPath,
    pub(super) file: File,
    pub(super) hashed: Hashed,
    pub(super) modified: Option<SystemTime>,
    pub(super) objects: Objects,
    _room: Room,
}

/// Why a source does not come into the scratch area.
pub(super) enum NotSpooled {
    /// It is larger than all of it.
    TooLarge(NoRoom),
    Stopped(Stop),
}

impl From<Stop> for NotSpooled {
    fn from(stop: Stop) -> Self {
        Self::Stopped(stop)
    }
}

impl NotSpooled {
    /// Where it has to come there, or not at all.
    pub(super) fn stop(self, way: &Way<'_>) -> Stop {
        match self {
            Self::Stopped(stop) => stop,
            Self::TooLarge(why) => {
                let message = format!("{}: {why}", way.shown_source());
                Failure::new(Stage::Ingest, Category::ScratchTooSmall, message).into()
            }
        }
    }
}

impl Way<'_> {
    /// Brings the source into the scratch area, if it is not there yet.
    pub(super) async fn spooled(&self) -> Result<Arc<Spooled>, NotSpooled> {
        if let Some(spooled) = self.spool.get() {
            return Ok(Arc::clone(spooled));
        }
        self.active.claim.enter(FETCH, self.work.controls.now());
        tokio::select! {
            biased;
            spooled = self.fetch() => spooled,
            () = self.work.intake.reaches(Intake::Cut) => {
                Err(Stop::from(Processed::Returned(None)).into())
            }
        }
    }

    /// Room comes first: who waits for it with a connection in hand may have the last one, and those who have the room
    /// need one to come to their end.
    async fn fetch(&self) -> Result<Arc<Spooled>, NotSpooled> {
        let line = self.line();
        let mut size = (self.record.size > 0).then_some(self.record.size);
        loop {
            let mut room = self.room_there(size).await?;
            let mut source = Reading::begin(self, &line).await?;
            let told = source.told_size();
            match self.work.site.scratch.grow(&mut room, told.unwrap_or_default()) {
                Ok(()) => return self.fill(&line, &mut source, room).await,
                // It is larger than was known: both are given back, and it begins anew.
                Err(NoRoom::Full(_)) if told != size => size = told,
                Err(why) => return Err(self.no_room(why)),
            }
        }
    }

    /// Waits for room for a file. None: its size is not known.
    pub(super) async fn room_there(&self, size: Option<u64>) -> Result<Room, NotSpooled> {
        tokio::select! {
            room = self.alive(self.work.site.scratch.room(size)) => room.map_err(NotSpooled::TooLarge),
            () = self.work.intake.closed() => Err(Stop::from(Processed::Returned(None)).into()),
        }
    }

    fn no_room(&self, why: NoRoom) -> NotSpooled {
        match why {
            NoRoom::TooLarge(_) => NotSpooled::TooLarge(why),
            NoRoom::Full(_) => self.no_scratch(&why).into(),
        }
    }

    /// Reads an open source to its end into the scratch area.
    pub(super) async fn fill(
        &self,
        line: &Line,
        source: &mut Reading<'_>,
        mut room: Room,
    ) -> Result<Arc<Spooled>, NotSpooled> {
        let scratch = &self.work.site.scratch;
        let (site, record) = (Arc::clone(&self.work.site), Arc::clone(self.record));
        let named = crate::stage::known(self.record, &self.work.site).into_owned();
        let created = off_thread(move || {
            let name = String::from_utf8_lossy(named.file_name()).into_owned();
            let extension = Path::new(&name).extension().unwrap_or_default().to_string_lossy().into_owned();
            site.scratch.create(&format!("{}-", record.id), &extension)
        });
        let (path, file) = created.await.map_err(|error| self.no_scratch(&error))?;
        let file = Arc::new(file);
        let mut hashing = Hashing::new(self.hashes());
        let (mut waiting, mut held) = (Vec::new(), 0);
        loop {
            let block = source.next(self, line).await?;
            let is_last = block.is_none();
            if let Some(block) = block {
                hashing.update(&block);
                scratch.grow(&mut room, hashing.bytes).map_err(|why| self.no_room(why))?;
                self.active.claim.touch(self.work.controls.now());
                self.alive(self.work.controls.bandwidth.due(block.len() as u64)).await;
                if self.active.claim.is_taken() {
                    return Err(Stop::WithCollector.into());
                }
                held += block.len();
                waiting.push(block);
            }
            if held >= WRITE || is_last && held > 0 {
                let (file, blocks) = (Arc::clone(&file), std::mem::take(&mut waiting));
                held = 0;
                off_thread(move || write_all(&file, &blocks))
                    .await
                    .map_err(|error| self.no_scratch(&error))?;
            }
            if is_last {
                break;
            }
        }
        let hashed = hashing.finish();
        source.check(self, &hashed).await?;
        let (modified, objects) = (source.modified(), source.objects());
        drop(file);
        let read = path.to_path_buf();
        let file = off_thread(move || File::open(read)).await.map_err(|error| self.no_scratch(&error))?;
        let spooled = Arc::new(Spooled { path, file, hashed, modified, objects, _room: room });
        Ok(Arc::clone(self.spool.get_or_init(|| spooled)))
    }

    /// The scratch area does not take it; that may pass.
    pub(super) fn no_scratch(&self, why: &dyn std::fmt::Display) -> Stop {
        let place = self.work.site.scratch.shown();
        let message = format!("{}: cannot be held in {place} meanwhile: {why}", self.shown_source());
        Failure::new(Stage::Ingest, Category::ScratchUnusable, message).into()
    }

    /// Its source, safe to show.
    pub(super) fn shown_source(&self) -> String {
        let source = self.work.site.sources.get(self.record.source);
        source.map_or_else(|| self.record.path.to_string(), |source| source.shown_file(&self.record.path))
    }
}

fn write_all(mut file: &File, blocks: &[Bytes]) -> io::Result<()> {
    blocks.iter().try_for_each(|block| file.write_all(block))
}
