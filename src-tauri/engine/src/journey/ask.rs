//! Services are asked: lookups before a record is delivered, its registration after that.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::{Known, Stop, Way};
use crate::control::breaker::Open;
use crate::control::endpoint::Held;
use crate::control::intake::Away;
use crate::failure::{Category, Why};
use crate::http::{self, Exchange, Prepared, RegisterStep, Reply, Request, Services};
use crate::record::Failure;
use crate::stage::{Arrived, Processed};

/// The name of the step that a register request's result is kept under.
const REGISTERED: &str = "registered";

/// What a migration needs to ask services.
pub(crate) struct Asking {
    pub(crate) services: Services,
    pub(crate) client: reqwest::Client,
    /// The migration's own number: the beginning of every idempotency key.
    pub(crate) migration: String,
}

impl Way<'_> {
    /// What services say of the record becomes part of what is known.
    pub(super) async fn look_up(&self, asking: &Asking, known: &mut Known) -> Result<(), Stop> {
        for lookup in &asking.services.lookups {
            let step = &lookup.request.step;
            if let Some(Value::Object(found)) = self.record.done.get(step) {
                known.fields.extend(found.clone());
                continue;
            }
            self.inspect(known).await?;
            let request = asking.services.request(&lookup.request, &self.facts(known))?;
            let again = std::mem::take(&mut known.asks_again);
            let reply = self.ask(asking, &lookup.request, request, &http::LOOKUP_SUCCESS, again).await?;
            let found = http::read_fields(lookup.request.stage, step, &reply, &lookup.fields)
                .map_err(|failure| at(&lookup.request, failure, Some(reply.status)))?;
            self.keep(step, Value::Object(found.clone())).await;
            known.fields.extend(found);
        }
        Ok(())
    }

    /// Enters the delivered record into a catalogue, unless an earlier attempt did.
    pub(super) async fn register(
        &self,
        asking: &Asking,
        register: &RegisterStep,
        known: &Known,
        arrived: &Arrived,
    ) -> Result<(), Stop> {
        if self.record.done.contains_key(REGISTERED) {
            return Ok(());
        }
        let target = self.target(arrived).unwrap_or_else(|| self.record.path.clone());
        let facts = self.facts(known).delivered(&target, arrived.hash.as_ref());
        let mut request = asking.services.request(&register.request, &facts)?;
        let key = format!("{}-{}", asking.migration, self.record.id);
        // The number of a migration and the number of a record are plain letters and digits.
        if let Ok(key) = key.parse() {
            request.headers.insert(register.idempotency_header.clone(), key);
        }
        let reply = self.ask(asking, &register.request, request, &register.success, known.asks_again).await?;
        let id = register.id.as_ref().and_then(|pointer| http::read_id(&reply, pointer));
        self.keep(REGISTERED, json!({ "status": reply.status, "id": id })).await;
        Ok(())
    }

    /// Asks a service under its control, and sorts what comes of it.
    async fn ask(
        &self,
        asking: &Asking,
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
        let exchange = self.alive(http::send(&asking.client, request, timeout)).await;
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
            Exchange::Answered(reply) => (Some(reply.status), reply.quoted()),
            Exchange::Lost(_, why) => (None, why),
        };
        let at = format!("{} {}", url.origin().ascii_serialization(), url.path());
        let why = Why::Answered { step: prepared.step.to_string(), at, status, said };
        let mut failure = Failure::of(prepared.stage, category, why);
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

    /// The service fails for every record: this one goes back, and the run waits.
    pub(super) fn away(&self, mut failure: Failure, open: Open) -> Stop {
        if failure.category != Category::ServiceDenied {
            failure.category = Category::ServiceDown;
        }
        let ago = self.work.controls.now().saturating_sub(open.since);
        let since_ms = crate::clock::now_ms() - ago.as_millis() as i64;
        Processed::Returned(Some(Away { failure, since_ms })).into()
    }
}

fn at(prepared: &Prepared, mut failure: Failure, status: Option<u16>) -> Failure {
    failure.stage = prepared.stage;
    failure.http_status = status;
    failure
}

/// Whether a failure of this category can be the service's doing for all records.
fn blames_the_service(category: Category) -> bool {
    use Category as C;
    matches!(category, C::ServiceUnreachable | C::ServiceError | C::Timeout | C::Throttled | C::ServiceDenied)
}
