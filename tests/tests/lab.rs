//! The laboratory does what its script says, and counts what it saw.

use std::time::{Duration, SystemTime};

use reqwest::{Client, Response};
use serde_json::{Value, json};
use sluice_tests::lab::{Contention, Lab, Outage, Poison, Retry, Route, Script, Venom, Window, Wrong};
use sluice_tests::wait;

const NO_TIME: Duration = Duration::ZERO;

async fn lookup(client: &Client, lab: &Lab, path: &str) -> reqwest::Result<Response> {
    client.get(format!("{}/lookup", lab.url())).query(&[("path", path)]).send().await
}

async fn register(client: &Client, lab: &Lab, path: &str, key: &str) -> reqwest::Result<Response> {
    let body = json!({"path": path, "title": "a title"});
    client.post(format!("{}/assets", lab.url())).header("Idempotency-Key", key).json(&body).send().await
}

async fn statuses(lab: &Lab, requests: u32) -> Vec<u16> {
    let client = Client::new();
    let mut statuses = Vec::new();
    for n in 0..requests {
        statuses.push(lookup(&client, lab, &format!("{n}.mov")).await.unwrap().status().as_u16());
    }
    statuses
}

/// As many lookups at once, each of another path.
async fn at_once(lab: &Lab, requests: u32) -> Vec<u16> {
    let client = Client::new();
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..requests {
        let (client, url) = (client.clone(), format!("{}/lookup?path={n}.mov", lab.url()));
        tasks.spawn(async move { client.get(url).send().await.unwrap().status().as_u16() });
    }
    tasks.join_all().await
}

fn is_reset(error: &reqwest::Error) -> bool {
    !error.is_timeout() && !error.is_status() && format!("{error:?}").contains("reset")
}

#[tokio::test]
async fn a_lookup_knows_each_record() {
    let lab = Lab::start(Script::default());
    let client = Client::new();
    let asset: Value = lookup(&client, &lab, "a b/ü&?.mov").await.unwrap().json().await.unwrap();
    assert_eq!(asset["asset"]["title"], "Title of ü&?.mov");
    assert!(asset["asset"]["owner"].is_string() && asset["asset"]["number"].is_u64(), "{asset}");
    let again: Value = lookup(&client, &lab, "a b/ü&?.mov").await.unwrap().json().await.unwrap();
    assert_eq!(asset, again);
    let seen = lab.seen();
    assert_eq!((seen.requests, seen.lookups, seen.registers, seen.retries), (2, 2, 0, 1));
    assert_eq!((seen.paths["a b/ü&?.mov"].lookups, seen.answers(200), seen.connections), (2, 2, 1));
    assert!(seen.bytes_out > 0 && seen.bytes_in == 0 && seen.in_flight == 0);
}

#[tokio::test]
async fn the_same_key_never_makes_a_second_asset() {
    let lab = Lab::start(Script::default());
    let client = Client::new();
    let first = register(&client, &lab, "a.mov", "key-a").await.unwrap();
    assert_eq!(first.status(), 201);
    let first: Value = first.json().await.unwrap();
    let again = register(&client, &lab, "a.mov", "key-a").await.unwrap();
    assert_eq!(again.status(), 200);
    assert_eq!(first, again.json::<Value>().await.unwrap());
    lab.assert_each_once(["a.mov"]);

    assert_eq!(register(&client, &lab, "b.mov", "key-a").await.unwrap().status(), 409);
    lab.assert_each_once(["a.mov"]);
    // Another key for the same path: the catalogue cannot know, and a test can see it.
    register(&client, &lab, "a.mov", "key-b").await.unwrap();
    assert_eq!(lab.assets_by_path()["a.mov"], 2);
    let seen = lab.seen();
    assert_eq!((seen.asset_times.len(), seen.registers, lab.registered()), (2, 4, 2));
    assert!(seen.asset_times.is_sorted() && seen.asset_times[0] <= lab.clock() && seen.bytes_in > 0);

    let keyless = client.post(format!("{}/assets", lab.url())).json(&json!({"path": "c.mov"}));
    assert_eq!(keyless.send().await.unwrap().status(), 400);
    lab.forget();
    assert!(lab.assets_by_path().is_empty() && lab.seen().requests == 0);
}

#[tokio::test]
async fn no_more_are_worked_on_than_there_are_workers_and_no_more_wait_than_the_queue_holds() {
    let script = Script { workers: 2, latency: Duration::from_millis(300), queue: 3, ..Script::default() };
    let lab = Lab::start(script);
    let statuses = at_once(&lab, 10).await;
    let served = statuses.iter().filter(|status| **status == 200).count();
    assert_eq!((served, statuses.iter().filter(|status| **status == 429).count()), (5, 5));
    let seen = lab.seen();
    assert_eq!((seen.throttled, seen.answers(429)), (5, 5));
    assert!(seen.max_in_flight >= 5, "{}", seen.max_in_flight);
    // Two at a time, so three rounds.
    assert!(lab.clock() >= Duration::from_millis(900), "{:?}", lab.clock());
}

#[tokio::test]
async fn beyond_the_knee_throughput_falls() {
    let latency = Duration::from_millis(50);
    let script = Script { workers: 2, latency, slowdown: 1.0, ..Script::default() };
    let lab = Lab::start(script);
    let start = lab.clock();
    at_once(&lab, 20).await;
    // Ten rounds of 50 ms without overload; by the formula 5.5 times that when all come at once.
    // Only the lower bound is sure, because no machine is too fast.
    let took = lab.clock() - start;
    assert!(took >= Duration::from_millis(1_500), "{took:?}");
}

#[tokio::test]
async fn those_at_work_hold_each_other_up() {
    let law = Contention { sigma: 0.5, kappa: 0.25 };
    assert_eq!([1, 2, 5].map(|at_work| law.slowdown(at_work)), [1.0, 2.0, 8.0]);
    let latency = Duration::from_millis(100);
    let lab = Lab::start(Script { latency, contention: Some(law), ..Script::default() });
    let start = lab.clock();
    statuses(&lab, 3).await;
    let alone = lab.clock() - start;
    at_once(&lab, 5).await;
    // Only the lower bounds are sure. Whoever came first had some time alone.
    let together = lab.clock() - start - alone;
    assert!(alone >= latency * 3 && together >= latency * 6, "{alone:?}, {together:?}");
}

#[tokio::test]
async fn a_refusal_costs_the_workers_time() {
    let cost = Duration::from_millis(400);
    let script = Script { workers: 1, latency: Duration::from_millis(100), ..Script::default() };
    let lab = Lab::start(Script { rate: Some(0.001), burst: 1.0, refusal_cost: cost, ..script });
    assert_eq!(statuses(&lab, 2).await, [200, 429]);
    lab.change(|script| script.rate = None);
    let start = lab.clock();
    statuses(&lab, 1).await;
    assert!(lab.clock() - start >= cost, "{:?}", lab.clock() - start);
}

#[tokio::test(flavor = "multi_thread")]
async fn capacity_changes_while_it_runs() {
    let script = Script { workers: 0, ..Script::default() };
    let lab = Lab::start(script);
    let client = Client::new();
    let waiting = tokio::spawn({
        let (client, url) = (client.clone(), lab.url());
        async move { client.get(format!("{url}/lookup?path=a")).send().await.unwrap().status() }
    });
    wait::until("the request", || (lab.seen().in_flight > 0).then_some(()));
    assert!(!waiting.is_finished());
    lab.change(|script| script.workers = 1);
    assert_eq!(waiting.await.unwrap(), 200);
}

#[tokio::test]
async fn a_rate_beyond_the_limit_is_refused_and_says_when_to_come_again() {
    let script = Script { rate: Some(0.001), burst: 3.0, ..Script::default() };
    let lab = Lab::start(Script { retry_after: Some(Retry::Seconds(7)), ..script });
    assert_eq!(statuses(&lab, 5).await, [200, 200, 200, 429, 429]);
    let client = Client::new();
    let refused = lookup(&client, &lab, "3.mov").await.unwrap();
    assert_eq!(refused.headers()["retry-after"], "7");
    let seen = lab.seen();
    assert_eq!((seen.throttled, seen.hasty), (3, 1), "3.mov should have waited for 7 s");

    lab.change(|script| script.retry_after = Some(Retry::Date(90)));
    let refused = lookup(&client, &lab, "4.mov").await.unwrap();
    let date = httpdate::parse_http_date(refused.headers()["retry-after"].to_str().unwrap()).unwrap();
    let wait = date.duration_since(SystemTime::now()).unwrap();
    assert!(wait > Duration::from_secs(60) && wait <= Duration::from_secs(91), "{wait:?}");

    lab.change(|script| script.retry_after = None);
    let refused = lookup(&client, &lab, "5.mov").await.unwrap();
    assert!(refused.headers().get("retry-after").is_none());
}

#[tokio::test]
async fn a_share_of_requests_fails_and_the_same_seed_fails_the_same() {
    let script = Script { errors: 0.25, ..Script::default() };
    let first = statuses(&Lab::start(script.clone()), 200).await;
    let errors = first.iter().filter(|status| **status >= 500).count();
    assert!((25..=75).contains(&errors), "{errors} of 200");
    assert_eq!(first, statuses(&Lab::start(script.clone()), 200).await);
    assert_ne!(first, statuses(&Lab::start(Script { seed: 2, ..script }), 200).await);
}

#[tokio::test]
async fn connections_are_reset_before_and_after_the_work() {
    let client = Client::new();
    for (resets, lost_answers, assets) in [(1.0, 0.0, 0), (0.0, 1.0, 1)] {
        let lab = Lab::start(Script { resets, lost_answers, ..Script::default() });
        let error = register(&client, &lab, "a.mov", "key").await.unwrap_err();
        assert!(is_reset(&error), "{error:?}");
        let seen = lab.seen();
        assert_eq!((lab.registered(), seen.resets, seen.unanswered), (assets, 1, 1));
        lab.change(|script| (script.resets, script.lost_answers) = (0.0, 0.0));
        let status = register(&client, &lab, "a.mov", "key").await.unwrap().status();
        assert_eq!(status, if assets == 0 { 201 } else { 200 });
        lab.assert_each_once(["a.mov"]);
    }
}

#[tokio::test]
async fn a_slow_body_dribbles_in() {
    let dribble = Duration::from_millis(300);
    let lab = Lab::start(Script { slow_bodies: 1.0, dribble, ..Script::default() });
    let answer = lookup(&Client::new(), &lab, "a.mov").await.unwrap();
    let head = lab.clock();
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["asset"]["title"], "Title of a.mov");
    assert!(lab.clock() - head >= dribble / 2, "{:?}", lab.clock() - head);
}

#[tokio::test]
async fn wrong_bodies_come_under_a_status_of_success() {
    let client = Client::new();
    for wrong in [Wrong::NotJson, Wrong::Shape, Wrong::Type] {
        let poison = vec![Poison::new("bad", Venom::Rubbish(wrong))];
        let lab = Lab::start(Script { poison, ..Script::default() });
        let answer = lookup(&client, &lab, "bad.mov").await.unwrap();
        assert_eq!(answer.status(), 200);
        let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
        let body = serde_json::from_str::<Value>(&answer.text().await.unwrap());
        let is_good_shape = body.as_ref().is_ok_and(|body| body.pointer("/asset/title").is_some());
        assert_eq!(body.is_ok(), wrong != Wrong::NotJson);
        assert_eq!(is_good_shape, wrong == Wrong::Type);
        assert_eq!(kind == "application/json", wrong != Wrong::Type);
        // It looks like a success and is none: the service has no asset.
        assert_eq!(register(&client, &lab, "bad.mov", "key").await.unwrap().status(), 201);
        assert_eq!(lab.registered(), 0);
    }
    let lab = Lab::start(Script { wrong_bodies: 1.0, ..Script::default() });
    for n in 0..20 {
        register(&client, &lab, &format!("{n}.mov"), &format!("key-{n}")).await.unwrap();
    }
    assert_eq!(lab.registered(), 20, "by chance only the answer is wrong");
}

#[tokio::test(flavor = "multi_thread")]
async fn poison_harms_only_its_own_records() {
    let poison = vec![
        Poison::new("reject", Venom::Reject),
        Poison::new("missing", Venom::Missing).on(Route::Lookup),
        Poison::new("error", Venom::Error),
        Poison::new("hang", Venom::Hang),
    ];
    let lab = Lab::start(Script { poison, workers: 1, ..Script::default() });
    let client = Client::new();
    for (path, looked_up, registered) in
        [("reject", 422, 422), ("missing", 404, 201), ("error", 500, 500), ("fine", 200, 201)]
    {
        for _ in 0..2 {
            assert_eq!(lookup(&client, &lab, path).await.unwrap().status(), looked_up, "{path}");
        }
        assert_eq!(register(&client, &lab, path, path).await.unwrap().status(), registered, "{path}");
    }
    lab.assert_each_once(["missing", "fine"]);

    let hanging = tokio::spawn({
        let (client, url) = (client.clone(), lab.url());
        async move { client.get(format!("{url}/lookup?path=hang")).send().await }
    });
    wait::until("the request", || lab.seen().paths.contains_key("hang").then_some(()));
    assert_eq!(lookup(&client, &lab, "other").await.unwrap().status(), 200, "the only worker is free");
    assert!(!hanging.is_finished());
    hanging.abort();
    wait::until("its end", || (lab.seen().unanswered > 0).then_some(()));
    assert_eq!(lab.seen().in_flight, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_refuses_connections_and_resets_those_that_were_open() {
    let poison = vec![Poison::new("hang", Venom::Hang)];
    let lab = Lab::start(Script { poison, ..Script::default() });
    let client = Client::new();
    lookup(&client, &lab, "before").await.unwrap();
    let open = tokio::spawn({
        let (client, url) = (client.clone(), lab.url());
        async move { client.get(format!("{url}/lookup?path=hang")).send().await }
    });
    wait::until("the request", || (lab.seen().in_flight > 0).then_some(()));
    lab.outage(Some(Outage::Refused));
    let error = open.await.unwrap().unwrap_err();
    assert!(is_reset(&error), "{error:?}");
    let error = lookup(&Client::new(), &lab, "during").await.unwrap_err();
    assert!(error.is_connect() && format!("{error:?}").contains("refused"), "{error:?}");
    lab.outage(None);
    assert_eq!(lookup(&client, &lab, "after").await.unwrap().status(), 200);
    assert!(!lab.seen().paths.contains_key("during"));
}

#[tokio::test]
async fn an_outage_that_resets_or_answers_503_counts_who_knocks() {
    let lab = Lab::start(Script { retry_after: Some(Retry::Seconds(2)), ..Script::default() });
    lab.outage(Some(Outage::Reset));
    for _ in 0..3 {
        // A client of its own each time: a pool may try a connection a second time.
        assert!(lookup(&Client::new(), &lab, "a").await.is_err());
    }
    let seen = lab.seen();
    assert!(seen.probes >= 3 && seen.requests == 0, "{seen:?}");

    lab.forget();
    lab.outage(Some(Outage::Unavailable));
    let answer = lookup(&Client::new(), &lab, "a").await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].as_bytes()), (503, &b"2"[..]));
    let seen = lab.seen();
    assert_eq!((seen.probes, seen.throttled), (1, 0));
    lab.outage(None);
    assert_eq!(statuses(&lab, 1).await, [200]);
}

#[tokio::test]
async fn outages_come_and_go_by_the_clock() {
    let (from, to) = (Duration::from_millis(300), Duration::from_millis(800));
    let window = |outage| vec![Window { from, to, outage }];
    for outage in [Outage::Refused, Outage::Unavailable] {
        let lab = Lab::start(Script { outages: window(outage), ..Script::default() });
        let client = Client::new();
        let mut away = (None, NO_TIME);
        while lab.clock() < to + from {
            let before = lab.clock();
            let answer = lookup(&client, &lab, "a").await;
            if !answer.is_ok_and(|answer| answer.status() == 200) {
                away = (away.0.or(Some(lab.clock())), before);
            }
        }
        let (first, last) = (away.0.expect("an outage"), away.1);
        assert!(first >= from && last < to + from / 2 && last > from, "{first:?} to {last:?}");
        assert_eq!(lookup(&client, &lab, "a").await.unwrap().status(), 200);
    }
}

#[test]
fn it_serves_a_caller_without_a_runtime() {
    let lab = Lab::start(Script::default());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let url = lab.url();
    let send = async { Client::new().get(format!("{url}/lookup?path=a")).send().await.unwrap().status() };
    assert_eq!(runtime.block_on(send), 200);
    assert_eq!(lab.requests(), 1);
    drop(lab);
    let error = runtime.block_on(async { Client::new().get(format!("{url}/lookup")).send().await });
    assert!(error.unwrap_err().is_connect(), "it ends when it is dropped");
}
