//! A record's content to a server with folders: under a temporary name beside its target, proven there, and
//! only then under its own.
//!
//! What is cut off leaves nothing but the temporary name. It is the record's own in every attempt, so that
//! the next one takes it away.

use super::carry::{Hashed, Hashing};
use super::reading::Reading;
use super::{Stop, Way};
use crate::control::line::{Line, Trouble};
use crate::failure::{Category, Deed, Stage};
use crate::record::{Evidence, Failure, RawPath};
use crate::spec::Verify;
use crate::stage::{self, Arrived, Processed, Proof};
use crate::storage::hash::Hasher;
use crate::storage::remote::fault::{Fault, FaultKind};
use crate::storage::remote::fetch::Fetch;
use crate::storage::remote::{Mode, Place, Tree};
use crate::storage::server::Wanted;

/// Where the content goes.
struct Target<'a> {
    place: &'a Place,
    tree: &'a Tree,
    path: RawPath,
    key: String,
    /// The temporary name.
    part: String,
}

impl Way<'_> {
    pub(super) async fn write_to_server(
        &self,
        line: &Line,
        source: &mut Reading<'_>,
        (place, tree): (&Place, &Tree),
        path: RawPath,
        mode: Mode,
    ) -> Result<Processed, Stop> {
        let what = Deed::Write.on(place.shown(&path));
        let key = place.target(&path).map_err(|fault| fault.of_destination(&what))?;
        let part = place.part(&key, self.record.id);
        let to = Target { place, tree, path, key, part };
        if self.may_be_there() {
            // Not written over: whoever began it may still be at it.
            self.take_away_part(line, &to).await;
        }
        let written = self.write_part(line, source, &to).await;
        let publishing = async {
            let (hashed, evidence) = written?;
            self.publish_part(&line.to_the_end(), &to, hashed.bytes, mode).await?;
            Ok((hashed, evidence))
        };
        match publishing.await {
            Ok((Hashed { bytes, hash, .. }, evidence)) => {
                self.keep_objects(source.objects()).await;
                let mirrored = stage::mirrored(self.record, &self.work.site);
                let target = (mirrored.as_ref() != Some(&to.path)).then_some(to.path);
                Ok(Processed::Arrived(Arrived { bytes, target, hash, proof: Proof::Delivered(evidence) }))
            }
            // The server is away, and asking it for more would only take longer. The next attempt sees to it.
            Err(Stop::Ended(ended)) if matches!(*ended, Processed::Returned(_)) => Err(Stop::Ended(ended)),
            Err(stop) => {
                self.take_away_part(line, &to).await;
                Err(stop)
            }
        }
    }

    /// Writes the temporary file and proves it.
    async fn write_part(
        &self,
        line: &Line,
        source: &mut Reading<'_>,
        to: &Target<'_>,
    ) -> Result<(Hashed, Evidence), Stop> {
        let server = &to.tree.server;
        let part = to.tree.path(&to.part);
        let wanted = Wanted { size: source.size(), modified: source.modified() };
        let folder = part.rsplit_once('/').map_or("", |(folder, _)| folder);
        if !server.knows_folder(folder) {
            let making =
                self.alive(line.ask(&server.endpoint, "make folder", server.make_folders(folder))).await;
            making.map_err(|trouble| self.unwritten(to, trouble))?;
        }
        let seat = self.alive(line.wait(server.seat_to_write())).await;
        let seat = seat.map_err(|trouble| self.unwritten(to, trouble))?;
        let opening = line.ask(&server.endpoint, "begin file", server.write(&part, wanted, seat));
        let mut writing = self.alive(opening).await.map_err(|trouble| self.unwritten(to, trouble))?;
        let mut hashing = Hashing::new(self.hashes());
        while let Some(block) = source.next(self, line).await? {
            hashing.update(&block);
            self.moved(block.len()).await?;
            // It grew: what is more than was announced cannot be sent.
            if hashing.bytes > wanted.size {
                break;
            }
            let written = self.alive(writing.write(block)).await;
            written.map_err(|fault| self.unwritten(to, Trouble::Refused(fault)))?;
        }
        let hashed = hashing.finish();
        source.check(self, &hashed).await?;
        let ending = self.alive(line.hear(&server.endpoint, "end file", writing.finish())).await;
        ending.map_err(|trouble| self.unwritten(to, trouble))?;
        let evidence = self.prove_part(line, to, &hashed).await?;
        Ok((hashed, evidence))
    }

    async fn prove_part(&self, line: &Line, to: &Target<'_>, hashed: &Hashed) -> Result<Evidence, Stop> {
        let what = Deed::ReadBack.on(to.place.shown(&to.path));
        let looking = line.ask(to.place.endpoint(), "look", to.place.look(&to.part));
        let there =
            self.alive(looking).await.map_err(|trouble| self.no_destination(to.place, &what, trouble))?;
        if there.size != hashed.bytes {
            return Err(
                self.differs(to, &format!("{} bytes were sent, {} are there", hashed.bytes, there.size))
            );
        }
        let Some(expected) = &hashed.hash else { return Ok(Evidence::Size) };
        if self.work.site.delivery.verify != Verify::ReadBack {
            return Ok(Evidence::Written);
        }
        let mut hasher = Hasher::new(expected.algorithm);
        let mut fetch = Fetch::new(to.place, to.part.clone(), hashed.bytes, None);
        loop {
            match self.alive(fetch.next(line)).await {
                Ok(Some(block)) => {
                    hasher.update(&block);
                    self.active.claim.touch(self.work.controls.now());
                }
                Ok(None) if hasher.finish() == *expected => return Ok(Evidence::ReadBack),
                Ok(None) => return Err(self.differs(to, "what was read back is not what was sent")),
                Err(Trouble::Refused(fault)) if fault.kind == FaultKind::Changed => {
                    return Err(self.differs(to, &fault.said));
                }
                Err(trouble) => return Err(self.no_destination(to.place, &what, trouble)),
            }
        }
    }

    /// Gives the proven file its name.
    async fn publish_part(&self, line: &Line, to: &Target<'_>, size: u64, mode: Mode) -> Result<(), Stop> {
        // Where the rename replaces what it meets, a last look is all that keeps others from that.
        if mode == Mode::Create && !to.place.guards() && self.look(line, to.place, &to.path).await?.is_some()
        {
            let taken = Fault::new(FaultKind::Taken, "the name was taken meanwhile");
            return Err(self.unwritten(to, Trouble::Refused(taken)));
        }
        let (from, target) = (to.tree.path(&to.part), to.tree.path(&to.key));
        let renaming = to.tree.server.rename(&from, &target, size, mode);
        let renamed = self.alive(line.ask(to.place.endpoint(), "rename", renaming)).await;
        renamed.map_err(|trouble| self.unwritten(to, trouble))
    }

    /// Removes the temporary file, if it is there.
    async fn take_away_part(&self, line: &Line, to: &Target<'_>) {
        let deleting = to.place.delete(&to.part);
        match self.alive(line.to_the_end().ask(to.place.endpoint(), "delete", deleting)).await {
            Ok(()) => {}
            Err(Trouble::Refused(fault)) if fault.kind == FaultKind::Missing => {}
            Err(error) => tracing::warn!(part = to.part, %error, "a temporary file stays"),
        }
    }

    fn differs(&self, to: &Target<'_>, how: &str) -> Stop {
        let message = format!("{}: {how}", to.place.shown(&to.path));
        Failure::new(Stage::Deliver, Category::VerifyMismatch, message).into()
    }

    fn unwritten(&self, to: &Target<'_>, trouble: Trouble) -> Stop {
        if matches!(&trouble, Trouble::Refused(fault) if fault.kind == FaultKind::Missing) {
            // A folder that was there is gone.
            to.tree.server.forget_folders();
        }
        let what = Deed::Write.on(to.place.shown(&to.path));
        self.no_destination(to.place, &what, trouble)
    }
}
