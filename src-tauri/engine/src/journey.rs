//! A record's way through stages that ask services: ingest → lookups → copy → publish → register.
//!
//! No thread waits for an answer, and no step that succeeded is done again: each result goes to the
//! collector as soon as it is there, and what an earlier attempt left is taken from the record.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use crate::control::breaker::Open;
use crate::control::endpoint::Held;
use crate::control::intake::{Away, Intake};
use crate::failure::Category;
use crate::http::{self, Exchange, Prepared, RegisterStep, Reply, Request, Services};
use crate::metrics::live::{Active, LiveBatch};
use crate::record::{Copied, Failure, LeasedRecord, RawPath, StepResult, unhex};
use crate::stage::{self, Arrived, Processed, Proof};
use crate::stream::{self, COPY, Handed, Handover, Work};
use crate::template::Facts;

/// The name of the step that a register request's result is kept under.
const REGISTERED: &str = "registered";

/// What a migration needs to ask services.
pub(crate) struct Asking {
    pub(crate) services: Services,
    pub(crate) client: reqwest::Client,
    /// The migration's own number: the beginning of every idempotency key.
    pub(crate) migration: String,
}

/// A record on its way, and everything that it meets.
pub(crate) struct Way<'a> {
    pub(crate) record: &'a Arc<LeasedRecord>,
    pub(crate) active: &'a Arc<Active>,
    pub(crate) stream: usize,
    pub(crate) work: &'a Arc<Work>,
    pub(crate) batch: &'a Arc<LiveBatch>,
    pub(crate) asking: &'a Asking,
    pub(crate) collector: &'a mpsc::WeakSender<Handover>,
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

/// Why a record comes to its end before the last step.
enum Stop {
    Ended(Box<Processed>),
    WithCollector,
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
        // Only the first request of an attempt can be a repeat: the steps before it have succeeded.
        let mut again = self.record.tries > 0;
        let mut fields = self.record.fields.clone();
        let mut inspected = false;
        for lookup in &self.asking.services.lookups {
            let step = &lookup.request.step;
            if let Some(Value::Object(known)) = self.record.done.get(step) {
                fields.extend(known.clone());
                continue;
            }
            if !std::mem::replace(&mut inspected, true) {
                self.inspect().await?;
            }
            let facts = self.facts(fields.clone());
            let request = self.asking.services.request(&lookup.request, &facts)?;
            let reply =
                self.ask(&lookup.request, request, &LOOKUP_SUCCESS, std::mem::take(&mut again)).await?;
            let found = http::read_fields(lookup.request.stage, step, &reply, &lookup.fields)
                .map_err(|failure| self.at(&lookup.request, failure, Some(reply.status)))?;
            self.keep(step, Value::Object(found.clone())).await;
            fields.extend(found);
        }
        let arrived = self.arrive().await?;
        let Some(register) = &self.asking.services.register else { return Ok(Processed::Arrived(arrived)) };
        if !self.record.done.contains_key(REGISTERED) {
            self.register(register, fields, &arrived, again).await?;
        }
        Ok(Processed::Arrived(arrived))
    }

    /// A source that is not there costs no request.
    async fn inspect(&self) -> Result<(), Stop> {
        self.active.claim.enter("ingest", self.work.controls.now());
        let (record, site) = (Arc::clone(self.record), Arc::clone(&self.work.site));
        Ok(on_thread(move || stage::inspect(&record, &site)).await?)
    }

    /// The record's content is at the destination, brought by this attempt or an earlier one.
    async fn arrive(&self) -> Result<Arrived, Stop> {
        self.active.claim.enter(COPY, self.work.controls.now());
        if let Some(arrived) = self.arrived_before().await {
            return Ok(arrived);
        }
        let started = Instant::now();
        let processed = {
            let (record, active) = (Arc::clone(self.record), Arc::clone(self.active));
            let (work, batch) = (Arc::clone(self.work), Arc::clone(self.batch));
            on_thread(move || stream::copy(&record, &active, &work, &batch)).await
        };
        self.work.controls.visibility.measure(COPY, self.record.size, started.elapsed());
        match processed {
            Processed::Arrived(arrived) => Ok(arrived),
            Processed::Staged(staged) if self.asking.services.register.is_none() => {
                Err(Processed::Staged(staged).into())
            }
            staged @ Processed::Staged(_) => self.publish(staged).await,
            ended => Err(ended.into()),
        }
    }

    /// What an earlier attempt delivered, if it is still there.
    async fn arrived_before(&self) -> Option<Arrived> {
        let copied: Copied = serde_json::from_value(self.record.done.get(Copied::STEP)?.clone()).ok()?;
        let arrived = arrived_of(copied)?;
        let path = self.target(&arrived).and_then(|target| self.work.site.destination.path(&target))?;
        let bytes = arrived.bytes;
        let there = on_thread(move || path.symlink_metadata()).await;
        there.is_ok_and(|there| there.is_file() && there.len() == bytes).then_some(arrived)
    }

    /// Waits until the collector has made the staged bytes durable under their final name.
    async fn publish(&self, staged: Processed) -> Result<Arrived, Stop> {
        let (published, copied) = oneshot::channel();
        let took = self.active.age(self.work.controls.now());
        let record = Handed { record: Arc::clone(self.record), processed: staged, took };
        let handover = Handover::Publish { stream: self.stream, record, published };
        self.hand_over(handover).await?;
        // Where it could not be published, the collector has recorded why.
        let copied = self.alive(copied).await.map_err(|_| Stop::WithCollector)?;
        arrived_of(copied).ok_or(Stop::WithCollector)
    }

    async fn register(
        &self,
        register: &RegisterStep,
        fields: Map<String, Value>,
        arrived: &Arrived,
        again: bool,
    ) -> Result<(), Stop> {
        let target = self.target(arrived).unwrap_or_else(|| self.record.path.clone());
        let facts = self.facts(fields).delivered(&target, arrived.hash.as_ref());
        let mut request = self.asking.services.request(&register.request, &facts)?;
        let key = format!("{}-{}", self.asking.migration, self.record.id);
        // The number of a migration and the number of a record are plain letters and digits.
        if let Ok(key) = key.parse() {
            request.headers.insert(register.idempotency_header.clone(), key);
        }
        let reply = self.ask(&register.request, request, &register.success, again).await?;
        let id = register.id.as_ref().and_then(|pointer| http::read_id(&reply, pointer));
        self.keep(REGISTERED, json!({ "status": reply.status, "id": id })).await;
        Ok(())
    }

    /// Asks a service under its control, and sorts what comes of it.
    async fn ask(
        &self,
        prepared: &Prepared,
        request: Request,
        success: &[u16],
        again: bool,
    ) -> Result<Reply, Stop> {
        let controls = &self.work.controls;
        let name = request.endpoint();
        let endpoint = controls.endpoints.get(&name).ok_or_else(|| {
            let message =
                format!("{}: the job asks too many services; {name} is one too many", prepared.step);
            Failure::new(prepared.stage, Category::TemplateFailed, message)
        })?;
        self.active.claim.enter(prepared.step.clone(), controls.now());
        let waiting = endpoint.enter(again, controls.now(), &self.work.intake);
        let pass = match self.alive(waiting).await {
            Ok(pass) => pass,
            Err(Held::Closed) => return Err(Processed::Returned(None).into()),
            Err(Held::NoRetryLeft { wait }) => return Err(Processed::Later(wait).into()),
        };
        self.active.claim.touch(controls.now());
        let timeout = prepared.timeout_s.map_or_else(
            || controls.visibility.timeout(&prepared.step, 0),
            |seconds| Duration::from_secs(seconds.into()),
        );
        let sent = Instant::now();
        let url = request.url.clone();
        let exchange = self.alive(http::send(&self.asking.client, request, timeout)).await;
        let took = sent.elapsed();
        let (category, retry_after) = match &exchange {
            Exchange::Answered(reply) => (reply.category(success), reply.retry_after),
            Exchange::Lost(category, _) => (Some(*category), None),
        };
        if category.is_none() {
            controls.visibility.measure(&prepared.step, 0, took);
        }
        let first_try = !again;
        let open = endpoint.answered(pass, &prepared.step, category, retry_after, first_try, controls.now());
        let Some(category) = category else {
            return match exchange {
                Exchange::Answered(reply) => Ok(reply),
                Exchange::Lost(..) => Err(Processed::Returned(None).into()),
            };
        };
        let (status, said) = match exchange {
            Exchange::Answered(reply) => {
                (Some(reply.status), format!("{}: {}", reply.status, reply.quoted()))
            }
            Exchange::Lost(_, why) => (None, why),
        };
        let message =
            format!("{}, {} {}: {said}", prepared.step, url.origin().ascii_serialization(), url.path());
        let mut failure = Failure::new(prepared.stage, category, message);
        failure.endpoint = Some(Arc::clone(&endpoint.name));
        failure.http_status = status;
        failure.retry_after = retry_after;
        match open {
            Some(open) if blames_the_service(category) => {
                endpoint.spoiled(1);
                Err(self.away(failure, open))
            }
            _ => Err(failure.into()),
        }
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

    /// The service fails for every record: this one goes back, and the run waits.
    fn away(&self, mut failure: Failure, open: Open) -> Stop {
        if failure.category != Category::ServiceDenied {
            failure.category = Category::ServiceDown;
        }
        let ago = self.work.controls.now().saturating_sub(open.since);
        let since_ms = crate::clock::now_ms() - ago.as_millis() as i64;
        Processed::Returned(Some(Away { failure, since_ms })).into()
    }

    fn at(&self, prepared: &Prepared, mut failure: Failure, status: Option<u16>) -> Failure {
        failure.stage = prepared.stage;
        failure.http_status = status;
        failure
    }

    async fn keep(&self, step: &str, result: Value) {
        let kept = StepResult { record: self.record.id, step: step.to_owned(), result };
        // A collector that is gone has closed the intake; the step is then done again.
        let _ = self.hand_over(Handover::Step(kept)).await;
    }

    async fn hand_over(&self, what: Handover) -> Result<(), Stop> {
        let collector = self.collector.upgrade().ok_or(Stop::WithCollector)?;
        collector.send(what).await.map_err(|_| Stop::WithCollector)
    }

    fn facts(&self, fields: Map<String, Value>) -> Facts {
        Facts::new(self.record.id, &self.record.path, self.record.size, fields)
    }

    fn target(&self, arrived: &Arrived) -> Option<RawPath> {
        let site = &self.work.site;
        let mapped = || {
            let source = site.sources.get(self.record.source)?;
            stage::target_of(&source.prefix, &self.record.path, site.destination.rules())
        };
        arrived.target.clone().or_else(mapped)
    }
}

/// Statuses that mean an answer to a lookup.
const LOOKUP_SUCCESS: [u16; 4] = [200, 201, 203, 206];

/// Whether a failure of this category can be the service's doing for all records.
fn blames_the_service(category: Category) -> bool {
    use Category as C;
    matches!(category, C::ServiceUnreachable | C::ServiceError | C::Timeout | C::Throttled | C::ServiceDenied)
}

fn arrived_of(copied: Copied) -> Option<Arrived> {
    let target = match copied.target {
        Some(hex) => Some(RawPath(unhex(&hex)?)),
        None => None,
    };
    let proof = Proof::Delivered(copied.evidence);
    Some(Arrived { bytes: copied.bytes, target, hash: copied.hash, proof })
}

/// Does work that may block, off the async threads.
async fn on_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    spawn_blocking(work).await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
}
