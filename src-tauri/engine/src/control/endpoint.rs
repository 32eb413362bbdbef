//! One service, and everything that keeps requests to it in bounds: gate, rate, retry budget,
//! breakers.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::Turned;
use super::autopilot::Knob;
use super::autopilot::latency::{self, Answer, LatencyRule};
use super::breaker::{Breaker, Open, Sign};
use super::gate::{Gate, Place};
use super::intake::IntakeSwitch;
use super::rate::Rate;
use super::retry::RetryBudget;
use crate::event::ServiceStatus;
use crate::failure::Category;
use crate::metrics::requests::Requests;
use crate::spec;

/// Services that one migration may ask. A catalogue that names more is not one that we want to ask.
pub(crate) const SERVICES: usize = 64;

/// A refused place rests for as long as an answer takes, and no longer than this.
const LONGEST_REST: Duration = Duration::from_secs(5);

/// The services of a migration, by scheme, host and port.
#[derive(Debug)]
pub(crate) struct Endpoints {
    known: Mutex<HashMap<String, Arc<Endpoint>>>,
    settings: Mutex<Settings>,
    /// Requests at once that a service may have from us, whatever is set.
    bounds: Mutex<HashMap<String, u32>>,
    started: Instant,
    turned: mpsc::Sender<Turned>,
}

/// What the person set.
#[derive(Debug, Clone)]
struct Settings {
    own: BTreeMap<String, spec::Endpoint>,
    concurrency: u32,
    retry_budget_percent: u32,
    autopilot: bool,
}

/// One service.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) name: Arc<str>,
    pub(crate) gate: Arc<Gate>,
    /// Holds the gate while the autopilot is on.
    rule: Mutex<Option<LatencyRule>>,
    turned: mpsc::Sender<Turned>,
    rate: Rate,
    budget: Mutex<RetryBudget>,
    /// By step: a service may take lookups and refuse what is registered.
    breakers: Mutex<HashMap<String, Breaker>>,
    pub(crate) requests: Requests,
    /// How long an answer takes lately, in microseconds.
    usual_us: AtomicU64,
}

/// Leave to send one request. Its place at the gate is given back when it is dropped.
pub(crate) struct Pass {
    /// None: it has gone out.
    place: Option<Place>,
    in_flight: usize,
    sent: Instant,
}

/// Why a request does not go out.
pub(crate) enum Held {
    /// The intake closed meanwhile.
    Closed,
    /// The service's retries are used up for the moment; after this wait there may be one.
    NoRetryLeft { wait: Duration },
}

impl Endpoints {
    /// `started`: the start of the run's clock. `turned`: hears what the autopilot changes.
    pub(crate) fn new(job: &spec::JobSpec, started: Instant, turned: mpsc::Sender<Turned>) -> Self {
        let (known, bounds) = (Mutex::default(), Mutex::default());
        Self { known, settings: Mutex::new(Settings::of(job)), bounds, started, turned }
    }

    /// Puts a changed job in force.
    pub(crate) fn set(&self, job: &spec::JobSpec) {
        let settings = Settings::of(job);
        let bounds = lock(&self.bounds).clone();
        for (name, endpoint) in lock(&self.known).iter() {
            endpoint.set(&settings, bounds.get(name).copied(), self.started.elapsed());
        }
        *lock(&self.settings) = settings;
    }

    /// From now on no more requests than that go to a service at once. None: as many as are set.
    pub(crate) fn bound(&self, name: &str, requests: Option<u32>) {
        let Some(requests) = requests else { return };
        lock(&self.bounds).insert(name.to_owned(), requests.max(1));
        let settings = lock(&self.settings).clone();
        if let Some(endpoint) = lock(&self.known).get(name) {
            endpoint.set(&settings, Some(requests.max(1)), self.started.elapsed());
        }
    }

    /// The service of that name. None: there are too many already.
    pub(crate) fn get(&self, name: &str) -> Option<Arc<Endpoint>> {
        let mut known = lock(&self.known);
        if let Some(endpoint) = known.get(name) {
            return Some(Arc::clone(endpoint));
        }
        if known.len() >= SERVICES {
            return None;
        }
        let settings = lock(&self.settings).clone();
        let endpoint = Arc::new(Endpoint {
            name: name.into(),
            gate: Gate::new(settings.concurrency),
            rule: Mutex::default(),
            turned: self.turned.clone(),
            rate: Rate::default(),
            budget: Mutex::new(RetryBudget::new(settings.retry_budget_percent)),
            breakers: Mutex::default(),
            requests: Requests::default(),
            usual_us: AtomicU64::new(0),
        });
        let bound = lock(&self.bounds).get(name).copied();
        endpoint.set(&settings, bound, self.started.elapsed());
        known.insert(name.to_owned(), Arc::clone(&endpoint));
        Some(endpoint)
    }

    /// Answers since the last call by which services asked us to slow down.
    pub(crate) fn take_throttled(&self) -> u64 {
        lock(&self.known).values().map(|endpoint| endpoint.requests.take_throttled()).sum()
    }

    /// All services asked so far, by name.
    pub(crate) fn all(&self) -> Vec<Arc<Endpoint>> {
        let mut all: Vec<_> = lock(&self.known).values().cloned().collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }
}

impl Settings {
    fn of(job: &spec::JobSpec) -> Self {
        Self {
            own: job.endpoints.clone(),
            concurrency: job.limits.concurrency,
            retry_budget_percent: job.control.retry_budget_percent,
            autopilot: job.control.autopilot.concurrency,
        }
    }
}

impl Endpoint {
    fn set(&self, settings: &Settings, bound: Option<u32>, now: Duration) {
        let own = settings.own.get(&*self.name).copied().unwrap_or_default();
        let most = bound.unwrap_or(u32::MAX);
        let mut rule = lock(&self.rule);
        if settings.autopilot {
            let range = 1..=own.concurrency.unwrap_or(spec::Limits::RANGES.concurrency.max).min(most);
            let rule = rule.get_or_insert_with(|| LatencyRule::new(range.clone(), latency::START.min(most)));
            rule.reset_range(now, range);
            self.gate.set_limit(rule.limit());
        } else {
            *rule = None;
            self.gate.set_limit(own.concurrency.unwrap_or(settings.concurrency).min(most));
        }
        self.rate.set(own.rate, own.burst);
        lock(&self.budget).set_percent(settings.retry_budget_percent);
    }

    /// Waits until a request may go out. `is_retry`: the record asked this before, and it failed.
    pub(crate) async fn enter(
        &self,
        is_retry: bool,
        now: Duration,
        intake: &IntakeSwitch,
    ) -> Result<Pass, Held> {
        if is_retry && let Err(wait) = lock(&self.budget).retry(now) {
            return Err(Held::NoRetryLeft { wait });
        }
        let waiting = self.requests.waiting();
        let ready = async {
            let place = self.gate.enter().await;
            self.rate.ready().await;
            place
        };
        let place = tokio::select! {
            biased;
            () = intake.closed() => return Err(Held::Closed),
            place = ready => place,
        };
        drop(waiting);
        if !is_retry {
            lock(&self.budget).first(now);
        }
        self.requests.sent(is_retry);
        Ok(Pass { place: Some(place), in_flight: self.gate.inside(), sent: Instant::now() })
    }

    /// For a request that has gone out, and whose answer is still to come.
    pub(crate) fn is_inside(&self) -> Pass {
        Pass { place: None, in_flight: self.gate.inside(), sent: Instant::now() }
    }

    /// Takes what came of a request; tells whether the service counts as away. `category`: of the
    /// failure, if it was one. `first_try`: the record never asked this before.
    pub(crate) fn answered(
        &self,
        pass: Pass,
        step: &str,
        category: Option<Category>,
        retry_after: Option<Duration>,
        first_try: bool,
        now: Duration,
    ) -> Option<Open> {
        let latency = pass.sent.elapsed();
        self.requests.answered(step, latency, category);
        match category {
            None => self.learn(latency),
            Some(Category::Throttled) => self.rest(pass.place),
            _ => {}
        }
        if let Some(wait) = retry_after {
            self.rate.be_silent(wait);
        }
        self.steer(
            category,
            Answer {
                latency,
                pushed_back: category == Some(Category::Throttled),
                in_flight: pass.in_flight as u32,
            },
            now,
        );
        let sign = match category {
            Some(Category::ServiceUnreachable) => Sign::Unreachable,
            Some(Category::ServiceError | Category::Timeout) => Sign::Failing { first_try },
            Some(Category::Throttled) => Sign::Throttled,
            Some(Category::ServiceDenied) => Sign::Denied,
            _ => Sign::Answers,
        };
        let mut breakers = lock(&self.breakers);
        let began = now.saturating_sub(latency);
        breakers.entry(step.to_owned()).or_default().observe(sign, began, now)?;
        // Another step may have failed before this one: the service is the same.
        let since = breakers.values().filter_map(Breaker::failing_since).min().unwrap_or(now);
        Some(Open { since })
    }

    fn learn(&self, latency: Duration) {
        let before = self.usual_us.load(Ordering::Relaxed);
        let newest = latency.as_micros() as u64;
        let usual = if before == 0 { newest } else { before - before / 8 + newest / 8 };
        self.usual_us.store(usual, Ordering::Relaxed);
    }

    /// A refusal comes at once: without a rest its place would ask ever faster, the more is refused.
    fn rest(&self, place: Option<Place>) {
        let usual = Duration::from_micros(self.usual_us.load(Ordering::Relaxed));
        if let (Some(place), Ok(runtime)) = (place, Handle::try_current()) {
            runtime.spawn(async move {
                tokio::time::sleep(usual.min(LONGEST_REST)).await;
                drop(place);
            });
        }
    }

    /// Tells the autopilot of an answer. What failed for another reason says nothing of capacity.
    fn steer(&self, category: Option<Category>, answer: Answer, now: Duration) {
        if !matches!(category, None | Some(Category::Throttled)) {
            return;
        }
        let change = lock(&self.rule).as_mut().and_then(|rule| rule.observe(now, answer));
        if let Some(change) = change {
            self.gate.set_limit(change.to);
            let knob = Knob::Service { name: self.name.to_string() };
            // Where nobody listens fast enough the change is in force all the same.
            let _ = self.turned.try_send(Turned { knob, change });
        }
    }

    /// So many requests were spoiled by an outage and will be repeated.
    pub(crate) fn spoiled(&self, requests: u64) {
        lock(&self.budget).charge(requests);
    }

    /// After an outage: the next failure of a first try means that it lasts.
    pub(crate) fn try_again(&self, now: Duration) {
        if let Some(rule) = lock(&self.rule).as_mut() {
            let limit = rule.limit();
            rule.set_limit(now, limit);
        }
        let mut breakers = lock(&self.breakers);
        // The record that is tried may ask for another step than the one that showed the outage.
        if breakers.values().any(Breaker::is_open) {
            breakers.values_mut().for_each(Breaker::half_open);
        }
    }

    /// The service as it is shown.
    pub(crate) fn show(&self) -> ServiceStatus {
        let counts = self.requests.counts();
        ServiceStatus {
            name: self.name.to_string(),
            in_flight: self.gate.inside() as u32,
            concurrency: self.gate.limit() as u32,
            waiting: counts.waiting,
            requests: counts.sent,
            retries: counts.retries,
            throttled: counts.throttled,
            failed: counts.failed,
            is_away: lock(&self.breakers).values().any(Breaker::is_open),
            latencies: self.requests.latencies(),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_refused_place_rests_for_as_long_as_an_answer_takes() {
        let job = spec::JobSpec::new(vec![Path::new("/from").into()], Path::new("/to").into());
        let endpoints = Endpoints::new(&job, Instant::now(), mpsc::channel(1).0);
        let endpoint = endpoints.get("http://dam").expect("a service");
        let intake = IntakeSwitch::new();
        let ask = async |category| {
            let Ok(mut pass) = endpoint.enter(false, Duration::ZERO, &intake).await else { panic!("a pass") };
            pass.sent -= Duration::from_millis(300);
            endpoint.answered(pass, "lookup:rights", category, None, true, Duration::ZERO);
        };
        ask(None).await;
        assert_eq!(endpoint.gate.inside(), 0);
        ask(Some(Category::Throttled)).await;
        tokio::time::sleep(Duration::from_millis(250)).await;
        assert_eq!(endpoint.gate.inside(), 1, "it asked again at once");
        tokio::time::sleep(Duration::from_millis(250)).await;
        assert_eq!(endpoint.gate.inside(), 0);
    }

    #[tokio::test]
    async fn after_an_outage_each_step_shows_at_once_whether_it_lasts() {
        let job = spec::JobSpec::new(vec![Path::new("/from").into()], Path::new("/to").into());
        let endpoints = Endpoints::new(&job, Instant::now(), mpsc::channel(1).0);
        let endpoint = endpoints.get("http://dam").expect("a service");
        let intake = IntakeSwitch::new();
        let ask = async |step: &str, category| {
            let Ok(pass) = endpoint.enter(false, Duration::ZERO, &intake).await else { panic!("a pass") };
            endpoint.answered(pass, step, Some(category), None, true, Duration::ZERO).is_some()
        };
        assert!(!ask("lookup:rights", Category::ServiceError).await, "one may fail by itself");
        endpoint.try_again(Duration::ZERO);
        assert!(!ask("lookup:rights", Category::ServiceError).await, "there was no outage");
        for is_last in [false, false, true] {
            assert_eq!(ask("register", Category::ServiceUnreachable).await, is_last);
        }
        endpoint.try_again(Duration::ZERO);
        assert!(ask("lookup:rights", Category::ServiceError).await);
    }
}
