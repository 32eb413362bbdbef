//! Sidecars beside a file behind a connection: by the same rules as in a folder of this computer.

use bytes::Bytes;

use super::{Stop, Way};
use crate::control::line::{Line, Trouble};
use crate::failure::{Category, Deed, Stage};
use crate::record::{Failure, RawPath};
use crate::sidecar::{self, Prepared, Written};
use crate::spec::{OnConflict, Verify};
use crate::stage::Arrived;
use crate::storage::names::numbered;
use crate::storage::remote::fault::FaultKind;
use crate::storage::remote::fetch::Fetch;
use crate::storage::remote::{Mode, Place, Told, content_type};
use crate::template::Facts;

/// Numbers tried for a free name before giving up.
const RENAME_TRIES: u32 = 10_000;

/// What is under a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum There {
    Nothing,
    /// The very content.
    Same,
    Other,
}

impl Way<'_> {
    /// Writes every sidecar that is not there yet. What was written is kept, also before one that fails.
    pub(super) async fn write_sidecars_there(
        &self,
        place: &Place,
        target: &RawPath,
        facts: &Facts,
        arrived: &Arrived,
    ) -> Result<(), Stop> {
        let line = self.line();
        let sidecars = &self.steps.sidecars;
        for sidecar in sidecars.iter() {
            let content = Bytes::from(sidecars.content(sidecar, facts, arrived)?);
            if let Some(written) = self.write_beside(&line, place, sidecar, target, content).await? {
                self.keep(&sidecar.step, written.result()).await;
            }
        }
        Ok(())
    }

    /// Writes one. None: it is there already, as an earlier attempt kept it.
    async fn write_beside(
        &self,
        line: &Line,
        place: &Place,
        sidecar: &Prepared,
        target: &RawPath,
        content: Bytes,
    ) -> Result<Option<Written>, Stop> {
        let (record, site) = (self.record, &self.work.site);
        let hash = sidecar::hash(&content);
        if let Some(kept) = record.done.get(&sidecar.step).and_then(Written::of) {
            let there = self.content_of(line, place, &kept.target).await?;
            let is_ours = there.is_some_and(|there| sidecar::hash(&there) == kept.hash);
            if is_ours && kept.hash == hash {
                return Ok(None);
            }
            if is_ours {
                // Its own earlier one, with other content.
                self.put_beside(line, place, &kept.target, &content, Mode::Replace).await?;
                return Ok(Some(Written { target: kept.target, hash }));
            }
        }
        let wanted = sidecar.target(target);
        sidecar::check_name(sidecar, record, target, &wanted, site)?;
        if let Some(claims) = &site.claims {
            claims.hold(&wanted, record.id)?;
        }
        let policy = site.delivery.on_conflict;
        let mut name = wanted.clone();
        for number in 2..RENAME_TRIES {
            let there = self.compare_there(line, place, &name, &content).await?;
            match (there, policy) {
                // An earlier attempt may have written it, just before that could be kept.
                (There::Same, policy) if policy != OnConflict::Fail || self.may_be_there() => {
                    return Ok(Some(Written { target: name, hash }));
                }
                (There::Nothing, _) => {
                    if self.put_beside(line, place, &name, &content, Mode::Create).await? {
                        return Ok(Some(Written { target: name, hash }));
                    }
                    // Somebody was quicker: it is looked again, and decided as before.
                }
                (_, OnConflict::Overwrite) => {
                    self.put_beside(line, place, &name, &content, Mode::Replace).await?;
                    return Ok(Some(Written { target: name, hash }));
                }
                (_, OnConflict::Rename) => name = numbered(&wanted, number),
                (_, OnConflict::SkipIdentical | OnConflict::Fail) => {
                    return Err(self.beside_is_taken(place, &name, "another file"));
                }
            }
        }
        Err(self.beside_is_taken(place, &wanted, "another file, and so are all numbered ones"))
    }

    fn beside_is_taken(&self, place: &Place, target: &RawPath, by: &str) -> Stop {
        let message = format!("the name {} is taken by {by}", place.shown(target));
        Failure::new(Stage::Deliver, Category::DestinationConflict, message).into()
    }

    /// Puts the content under a name, and proves it as the job wants. False: the name is taken.
    async fn put_beside(
        &self,
        line: &Line,
        place: &Place,
        target: &RawPath,
        content: &Bytes,
        mode: Mode,
    ) -> Result<bool, Stop> {
        let what = Deed::Write.on(place.shown(target));
        let key = place.target(target).map_err(|_| sidecar::outside(target))?;
        let told = Told { content_type: content_type(target.file_name()), modified: None };
        let putting = place.put(&key, content.clone(), &told, mode);
        match self.alive(line.ask(place.endpoint(), "put", putting)).await {
            Ok(_) => {}
            Err(Trouble::Refused(fault)) if fault.kind == FaultKind::Taken && mode == Mode::Create => {
                return Ok(false);
            }
            Err(trouble) => return Err(self.no_destination(place, &what, trouble)),
        }
        if self.work.site.delivery.verify != Verify::Size {
            // It is there. A pause now would leave it unproven, and unknown.
            let line = line.to_the_end();
            if self.compare_there(&line, place, target, content).await? != There::Same {
                let message = format!("{}: what is there is not what was written", place.shown(target));
                return Err(Failure::new(Stage::Deliver, Category::VerifyMismatch, message).into());
            }
        }
        Ok(true)
    }

    async fn compare_there(
        &self,
        line: &Line,
        place: &Place,
        target: &RawPath,
        content: &Bytes,
    ) -> Result<There, Stop> {
        match self.look(line, place, target).await? {
            None => Ok(There::Nothing),
            Some(looked) if looked.size != content.len() as u64 => Ok(There::Other),
            Some(_) => match self.content_of(line, place, target).await? {
                Some(there) if there == *content => Ok(There::Same),
                Some(_) => Ok(There::Other),
                None => Ok(There::Nothing),
            },
        }
    }

    /// What is under a name. None: nothing is, or what no sidecar can be.
    async fn content_of(
        &self,
        line: &Line,
        place: &Place,
        target: &RawPath,
    ) -> Result<Option<Vec<u8>>, Stop> {
        let looked = self.look(line, place, target).await?;
        let Some(size) = looked.map(|looked| looked.size).filter(|size| *size <= sidecar::LONGEST) else {
            return Ok(None);
        };
        let what = Deed::ReadBack.on(place.shown(target));
        let key = place.target(target).map_err(|_| sidecar::outside(target))?;
        let mut fetch = Fetch::new(place, key, size, None);
        let mut content = Vec::with_capacity(size as usize);
        loop {
            match self.alive(fetch.next(line)).await {
                Ok(Some(block)) => content.extend_from_slice(&block),
                Ok(None) => return Ok(Some(content)),
                Err(Trouble::Refused(fault))
                    if matches!(fault.kind, FaultKind::Missing | FaultKind::Changed) =>
                {
                    return Ok(None);
                }
                Err(trouble) => return Err(self.no_destination(place, &what, trouble)),
            }
        }
    }
}
