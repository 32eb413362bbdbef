//! A request's way through the house: outage, rate, queue, worker, fate, answer.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, Response, StatusCode};
use axum::routing::{get, post};
use axum::{Extension, Router};
use futures_util::stream;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::sleep;
use xxhash_rust::xxh3::xxh3_64;

use super::assets::Registered;
use super::door::Cut;
use super::fate::{Draw, Fate};
use super::script::{Outage, Retry, Script, Venom, Wrong};
use super::seen::Route;
use super::service::Service;
use super::tally::Visit;

const KEY: &str = "idempotency-key";
const OWNERS: [&str; 5] = ["Archive", "News", "Sports", "Documentary", "Drama"];
/// A dribbling body comes in so many pieces.
const DROPS: u32 = 10;

/// The routes.
pub(super) fn rooms(service: Arc<Service>) -> Router {
    Router::new().route("/lookup", get(lookup)).route("/assets", post(register)).with_state(service)
}

#[derive(Deserialize)]
struct Named {
    path: String,
}

async fn lookup(
    State(service): State<Arc<Service>>,
    Extension(cut): Extension<Cut>,
    Query(Named { path }): Query<Named>,
) -> Response<Body> {
    serve(&service, &cut, Route::Lookup, &path, 0, || (StatusCode::OK, asset(&path))).await
}

async fn register(
    State(service): State<Arc<Service>>,
    Extension(cut): Extension<Cut>,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let named = serde_json::from_slice::<Named>(&body);
    let key = headers.get(KEY).and_then(|key| key.to_str().ok());
    let path = named.as_ref().map_or("", |named| named.path.as_str());
    let work = || match key {
        _ if named.is_err() => (StatusCode::BAD_REQUEST, json!({"error": "no JSON with a path"})),
        None => (StatusCode::BAD_REQUEST, json!({"error": "no Idempotency-Key"})),
        Some(key) => match service.assets.register(key, path, service.clock()) {
            Registered::New(id) => (StatusCode::CREATED, json!({"id": id})),
            Registered::Again(id) => (StatusCode::OK, json!({"id": id})),
            Registered::OtherPath => (StatusCode::CONFLICT, json!({"error": "the key has another path"})),
        },
    };
    serve(&service, &cut, Route::Register, path, body.len(), work).await
}

/// What the catalogue knows of a path: the same each time.
fn asset(path: &str) -> Value {
    let number = xxh3_64(path.as_bytes()) % 1_000_000;
    let name = path.rsplit('/').next().unwrap_or(path);
    let owner = OWNERS[number as usize % OWNERS.len()];
    json!({"asset": {"title": format!("Title of {name}"), "owner": owner, "number": number}})
}

async fn serve(
    service: &Service,
    cut: &Cut,
    route: Route,
    path: &str,
    bytes: usize,
    work: impl FnOnce() -> (StatusCode, Value),
) -> Response<Body> {
    let visit = service.tally.arrive(route, path, bytes, service.clock());
    let script = service.script();
    if !script.round_trip.is_zero() {
        sleep(script.round_trip).await;
    }
    match service.outage(&script).0 {
        Some(Outage::Unavailable) => {
            service.tally.probed();
            return refuse(visit, 503, script.retry_after);
        }
        Some(Outage::Denied) => {
            service.tally.probed();
            return refuse(visit, 401, None);
        }
        Some(Outage::Refused | Outage::Reset) | None => {}
    }
    if script.rate.is_some_and(|rate| !service.bucket.take(rate, script.burst)) {
        service.knee.refused(script.refusal_cost);
        visit.throttled(script.retry_after);
        return refuse(visit, 429, script.retry_after);
    }
    let mut draw = Draw::new(script.seed, route, path, visit.attempt);
    let fate = draw.fate(&script, route, path);
    match fate {
        Fate::Venom(Venom::Hang) => std::future::pending().await,
        Fate::Reset => cut.now().await,
        _ => {}
    }
    let Ok(worker) = service.knee.enter().await else {
        service.knee.refused(script.refusal_cost);
        visit.throttled(script.retry_after);
        return refuse(visit, script.refusal, script.retry_after);
    };
    let owed = worker.owed.min(script.latency * 10);
    let time = draw.service_time(&script, worker.waiting) + owed;
    match script.contention {
        Some(law) => service.sharing.serve(law, time).await,
        None if time.is_zero() => {}
        None => sleep(time).await,
    }
    let (status, value) = match fate {
        Fate::Status(status) => return failed(visit, status),
        Fate::Venom(Venom::Reject) => return failed(visit, 422),
        Fate::Venom(Venom::Missing) => return failed(visit, 404),
        Fate::Venom(Venom::Error) => return failed(visit, 500),
        // The right shape, so that only what is wrong about it is wrong; and no asset.
        Fate::Venom(_) if route == Route::Register => (StatusCode::CREATED, json!({"id": "asset-0"})),
        _ => work(),
    };
    drop(worker);
    match fate {
        Fate::LostAnswer => cut.now().await,
        Fate::Wrong(wrong) | Fate::Venom(Venom::Rubbish(wrong)) => wrong_answer(visit, status, &value, wrong),
        Fate::Slow => dribble(visit, status, &value, &script),
        _ => answer(visit, status, "application/json", value.to_string()),
    }
}

fn answer(visit: Visit, status: StatusCode, kind: &str, body: String) -> Response<Body> {
    visit.answered(status.as_u16(), body.len());
    built(status, kind, body.into())
}

fn built(status: StatusCode, kind: &str, body: Body) -> Response<Body> {
    Response::builder().status(status).header(CONTENT_TYPE, kind).body(body).expect("a good answer")
}

fn failed(visit: Visit, status: u16) -> Response<Body> {
    let status = StatusCode::from_u16(status).expect("a status");
    let body = json!({"error": status.canonical_reason()}).to_string();
    answer(visit, status, "application/json", body)
}

fn refuse(visit: Visit, status: u16, retry: Option<Retry>) -> Response<Body> {
    let mut response = failed(visit, status);
    if let Some(retry) = retry {
        let text = match retry {
            Retry::Seconds(seconds) => seconds.to_string(),
            Retry::Date(_) => date(SystemTime::now() + retry.wait()),
        };
        response.headers_mut().insert(RETRY_AFTER, text.parse().expect("a header"));
    }
    response
}

/// An HTTP date, never before the time: it has no fractions of seconds.
fn date(time: SystemTime) -> String {
    httpdate::fmt_http_date(time + Duration::from_nanos(999_999_999))
}

fn wrong_answer(visit: Visit, status: StatusCode, value: &Value, wrong: Wrong) -> Response<Body> {
    match wrong {
        Wrong::NotJson => answer(visit, status, "application/json", "<html>Please log in".to_owned()),
        Wrong::Shape => answer(visit, status, "application/json", json!([{"result": null}]).to_string()),
        Wrong::Type => answer(visit, status, "text/html", value.to_string()),
    }
}

/// A good answer whose body takes long: in pieces, over the script's time.
fn dribble(visit: Visit, status: StatusCode, value: &Value, script: &Script) -> Response<Body> {
    let body = value.to_string().into_bytes();
    visit.answered(status.as_u16(), body.len());
    let pause = script.dribble / DROPS;
    let drops = body.len().div_ceil(DROPS as usize);
    let pieces: Vec<Bytes> = body.chunks(drops).map(Bytes::copy_from_slice).collect();
    let flow = stream::unfold(pieces.into_iter(), move |mut pieces| async move {
        let piece = pieces.next()?;
        sleep(pause).await;
        Some((Ok::<_, std::convert::Infallible>(piece), pieces))
    });
    built(status, "application/json", Body::from_stream(flow))
}
