//! A record's way through more than copying: inspect → describe → look up → map → copy → publish →
//! write sidecars → register.
//!
//! No thread waits for a program or an answer, and no step that succeeded is done again: each result
//! goes to the collector as soon as it is there, and what an earlier attempt left is taken from the
//! record.

mod arrive;
mod ask;
mod begun;
mod beside;
mod by_service;
mod carry;
mod conflict;
mod copy_parts;
mod describe;
mod map;
mod parts;
mod reading;
mod server;
mod sidecars;
mod spool;
mod upload;

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

pub(crate) use arrive::arrived_of;
pub(crate) use ask::Asking;
pub(crate) use spool::Spooled;

use crate::control::intake::Intake;
use crate::describe::{Describer, Tech};
use crate::failure::{Deed, Stage};
use crate::metrics::live::{Active, LiveBatch};
use crate::metrics::times::Part;
use crate::record::{Failure, LeasedRecord, Objects, RawPath, StepResult, hex, unhex};
use crate::sidecar::Sidecars;
use crate::stage::{self, Arrived, Processed};
use crate::storage::sources::{Origin, Source};
use crate::storage::web::{self, name::renamed};
use crate::stream::{Handover, Work};
use crate::template::Facts;
use crate::threads::off_thread;

/// What the records of a migration go through besides copying.
pub(crate) struct Steps {
    /// None: files are not described.
    pub(crate) describer: Option<Describer>,
    /// None: no service is asked.
    pub(crate) asking: Option<Asking>,
    /// What is written beside each delivered file.
    pub(crate) sidecars: Arc<Sidecars>,
    /// Sources or the destination lie behind a connection.
    pub(crate) is_remote: bool,
}

impl Steps {
    /// None: records are only copied, and threads can take whole armfuls of them.
    pub(crate) fn if_any(self) -> Option<Self> {
        let any = self.describer.is_some() || self.asking.is_some() || !self.sidecars.is_empty();
        (any || self.is_remote).then_some(self)
    }

    /// Whether a record's way goes on when it is at the destination.
    pub(crate) fn goes_on_after_copy(&self) -> bool {
        self.asking.as_ref().is_some_and(|asking| asking.services.register.is_some())
            || !self.sidecars.is_empty()
    }
}

/// A record on its way, and everything that it meets.
pub(crate) struct Way<'a> {
    pub(crate) record: &'a Arc<LeasedRecord>,
    pub(crate) active: &'a Arc<Active>,
    pub(crate) stream: usize,
    pub(crate) work: &'a Arc<Work>,
    pub(crate) batch: &'a Arc<LiveBatch>,
    pub(crate) steps: &'a Steps,
    pub(crate) collector: &'a mpsc::WeakSender<Handover>,
    /// Its source in the scratch area, once it lies there.
    pub(crate) spool: OnceLock<Arc<Spooled>>,
}

/// What is known of a record so far.
pub(crate) struct Known {
    /// What a catalogue or a person says of it, and what lookups gave.
    fields: Map<String, Value>,
    tech: Tech,
    /// The path that it has by the name that its server gives it. None: its own path.
    named: Option<RawPath>,
    /// Its source is there and can be read.
    is_inspected: bool,
    /// The next request may repeat one of an earlier attempt. Only the first of an attempt can: the
    /// steps before it have succeeded.
    asks_again: bool,
}

/// Takes a record from the start, or from where an earlier attempt came to, to its end. None: its
/// outcome is with the collector already.
pub(crate) async fn travel(way: Way<'_>) -> Option<Processed> {
    if way.work.intake.position() != Intake::Open {
        return Some(Processed::Returned(None));
    }
    match way.go().await {
        Ok(processed) => Some(processed),
        Err(Stop::Ended(processed)) => Some(*processed),
        Err(Stop::WithCollector) => None,
    }
}

/// Looks whether a record's source is there.
pub(crate) async fn inspect(way: Way<'_>) -> Result<(), Processed> {
    way.look_at_source().await.map(drop).map_err(Stop::processed)
}

/// Takes a record of a group as far as it comes without the others: staged, or there already.
pub(crate) async fn bring(way: Way<'_>) -> Result<(Known, Processed), Processed> {
    way.bring().await.map_err(Stop::processed)
}

/// Takes a record that is at the destination to its end.
pub(crate) async fn complete(way: Way<'_>, known: &Known, arrived: Arrived) -> Processed {
    match way.complete(known, &arrived).await {
        Ok(()) => Processed::Arrived(arrived),
        Err(stop) => stop.processed(),
    }
}

/// The step under which it is kept what a server calls a file, in hexadecimal; empty: nothing else than its
/// URL does.
const NAMED: &str = "named";

/// Why a record comes to its end before the last step.
enum Stop {
    Ended(Box<Processed>),
    WithCollector,
}

impl Stop {
    /// A collector that is gone has closed the intake.
    fn processed(self) -> Processed {
        match self {
            Self::Ended(processed) => *processed,
            Self::WithCollector => Processed::Returned(None),
        }
    }
}

impl From<Processed> for Stop {
    fn from(processed: Processed) -> Self {
        Self::Ended(Box::new(processed))
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Processed::Failed(failure).into()
    }
}

impl Way<'_> {
    async fn go(&self) -> Result<Processed, Stop> {
        let (known, processed) = self.bring().await?;
        let arrived = match processed {
            Processed::Arrived(arrived) => arrived,
            staged if self.steps.goes_on_after_copy() => self.publish(staged).await?,
            staged => return Ok(staged),
        };
        self.complete(&known, &arrived).await?;
        Ok(Processed::Arrived(arrived))
    }

    async fn bring(&self) -> Result<(Known, Processed), Stop> {
        let mut known = Known {
            fields: self.record.fields.clone(),
            tech: Tech::default(),
            named: None,
            is_inspected: false,
            asks_again: self.record.tries > 0,
        };
        self.learn_name(&mut known).await?;
        let times = &self.work.controls.times;
        if let Some(describer) = &self.steps.describer {
            let started = Instant::now();
            self.describe(describer, &mut known).await?;
            times.add(Part::Ingest, started.elapsed());
        }
        let started = Instant::now();
        if let Some(asking) = &self.steps.asking {
            self.look_up(asking, &mut known).await?;
        }
        let target = self.map(&mut known).await?;
        times.add(Part::Transform, started.elapsed());
        let started = Instant::now();
        let processed = self.copy(target).await?;
        // What threads copy they measure themselves.
        if self.steps.is_remote {
            times.add(Part::Deliver, started.elapsed());
        }
        Ok((known, processed))
    }

    async fn complete(&self, known: &Known, arrived: &Arrived) -> Result<(), Stop> {
        self.write_sidecars(known, arrived).await?;
        if let Some(asking) = &self.steps.asking
            && let Some(register) = &asking.services.register
        {
            self.register(asking, register, known, arrived).await?;
        }
        Ok(())
    }

    /// A source that is not there costs no process and no request.
    async fn inspect(&self, known: &mut Known) -> Result<(), Stop> {
        if !std::mem::replace(&mut known.is_inspected, true) {
            self.look_at_source().await?;
        }
        Ok(())
    }

    /// Asks the server what the file is called, where the job wants to know. An answer is kept, so that the
    /// record has one name for good.
    async fn learn_name(&self, known: &mut Known) -> Result<(), Stop> {
        let source = self.work.site.sources.get(self.record.source);
        if !source.is_some_and(Source::is_named_by_server) {
            return Ok(());
        }
        let path = stage::known(self.record, &self.work.site).into_owned();
        let kept = self.record.done.get(NAMED).map(|kept| kept.as_str().and_then(unhex));
        let name = match kept {
            Some(name) => name,
            None => {
                let name = self.look_at_source().await?;
                known.is_inspected = true;
                self.keep(NAMED, name.as_deref().map_or(json!(""), |name| json!(hex(name)))).await;
                name
            }
        };
        let name = name.filter(|name| !name.is_empty());
        known.named = Some(name.map_or_else(|| path.clone(), |name| renamed(&path, &name)));
        Ok(())
    }

    /// Whether the source is there and can be read. Gives what its server calls it, if that does.
    async fn look_at_source(&self) -> Result<Option<Vec<u8>>, Stop> {
        self.active.claim.enter("ingest", self.work.controls.now());
        let source = self.work.site.sources.get(self.record.source);
        if let Some(Origin::Remote(place)) = source.map(|source| &source.at) {
            let what = Deed::LookAt.on(place.shown(&self.record.path));
            let key = place.key(&self.record.path);
            let key = key.map_err(|fault| fault.of_source(Stage::Ingest, &what))?;
            let looked = self.alive(self.line().ask(place.endpoint(), "look", place.look(&key))).await;
            return looked.map(|_| None).map_err(|trouble| self.no_source(place, &what, trouble));
        }
        if let Some(Origin::Web(web, _)) = source.map(|source| &source.at) {
            let url = web::url_of(&self.record.path)?;
            let looked = self.alive(web.look(&url, &self.line())).await;
            let head = looked.map_err(|why| self.not_fetched(Stage::Ingest, Deed::LookAt, why))?;
            return Ok(head.name);
        }
        let (record, site) = (Arc::clone(self.record), Arc::clone(&self.work.site));
        off_thread(move || stage::inspect(&record, &site)).await?;
        Ok(None)
    }

    /// Waits for something that has its own bounds, and tells the watch meanwhile that the record
    /// is alive.
    async fn alive<T>(&self, what: impl Future<Output = T>) -> T {
        let mut sign = tokio::time::interval(Duration::from_secs(1));
        tokio::pin!(what);
        loop {
            tokio::select! {
                biased;
                done = &mut what => return done,
                _ = sign.tick() => self.active.claim.touch(self.work.controls.now()),
            }
        }
    }

    async fn keep(&self, step: &str, result: Value) {
        let kept = StepResult { record: self.record.id, step: step.to_owned(), result };
        // A collector that is gone has closed the intake; the step is then done again.
        let _ = self.hand_over(Handover::Step(kept)).await;
    }

    /// Keeps which objects came and went. What an earlier attempt kept of them is forgotten.
    async fn keep_objects(&self, objects: Objects) {
        if !objects.is_empty() {
            self.keep(Objects::STEP, json!(objects)).await;
        } else if self.record.done.contains_key(Objects::STEP) {
            self.keep(Objects::STEP, Value::Null).await;
        }
    }

    async fn hand_over(&self, what: Handover) -> Result<(), Stop> {
        let collector = self.collector.upgrade().ok_or(Stop::WithCollector)?;
        collector.send(what).await.map_err(|_| Stop::WithCollector)
    }

    fn facts(&self, known: &Known) -> Facts {
        let Known { fields, tech, named, .. } = known;
        let path = named.as_ref().map_or_else(|| stage::known(self.record, &self.work.site), Cow::Borrowed);
        Facts::new(self.record.id, &path, self.record.size, fields.clone(), tech.clone())
            .in_catalogue(self.record.row, self.record.external_id.as_deref())
    }
}
