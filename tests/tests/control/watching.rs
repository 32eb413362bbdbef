//! Watching a run from outside: status with advice, figures for Prometheus, the log.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use rustix::process::Signal;
use sluice_tests::command::{COMPLETE, STOPPED};
use sluice_tests::lab::{Lab, Poison, Route, Script, Venom};
use sluice_tests::services::Served;
use sluice_tests::site::Site;
use sluice_tests::{command, tree, wait};

fn served(lab: &Lab, files: u64, more: &str) -> Served {
    let site = Site::new();
    tree::small_files(&site.source, files, 1);
    Served::new(site, lab, more)
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

fn get(port: u16) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    Some(text)
}

#[test]
fn prometheus_gets_figures_of_records_and_services() {
    let lab = Lab::start(Script { latency: Duration::from_millis(100), ..Script::default() });
    let served = served(&lab, 400, "[limits]\nconcurrency = 4");
    let port = free_port();
    let mut running = served.start(&["--metrics", &format!("127.0.0.1:{port}")]);
    let service = format!("sluice_service_requests{{service=\"{}\"}}", lab.url());
    let text = wait::until("figures", || get(port).filter(|text| text.contains(&service)));
    for figure in
        ["sluice_records{outcome=\"pending\"}", "sluice_concurrency 4", "sluice_service_latency_seconds"]
    {
        assert!(text.contains(figure), "{figure} is not in:\n{text}");
    }
    running.signal(Signal::TERM);
    running.ended().expect(STOPPED);
}

#[test]
fn figures_are_for_this_computer_alone() {
    let lab = Lab::start(Script::default());
    let served = served(&lab, 5, "");
    served.run(&["--metrics", "0.0.0.0:9464"]).assert_refused(&["loopback"]);
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = taken.local_addr().unwrap().to_string();
    served.run(&["--metrics", &address]).assert_refused(&[&address]);
    assert_eq!(lab.requests(), 0);
}

#[test]
fn the_log_tells_of_batches_and_failures_with_their_numbers() {
    let poison = Poison::new("take-000003", Venom::Reject).on(Route::Lookup);
    let lab = Lab::start(Script { poison: vec![poison], ..Script::default() });
    let served = served(&lab, 10, "");
    let log = served.site.path("sluice.log");
    served.run(&["--log", log.to_str().unwrap(), "--log-format", "json"]).expect(command::WITH_FAILURES);
    let written = std::fs::read_dir(served.site.path(""))
        .unwrap()
        .filter_map(Result::ok)
        .find(|entry| entry.file_name().to_string_lossy().starts_with("sluice.log."));
    let text = std::fs::read_to_string(written.expect("a log with its day").path()).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let said = |message: &str| lines.iter().find(|line| line["fields"]["message"] == message).cloned();
    let failed = said("failed").expect("the failure is told");
    assert_eq!(failed["fields"]["category"], "request_rejected");
    assert!(failed["fields"]["record"].is_number() && failed["fields"]["batch"].is_number());
    assert!(said("batch begins").is_some() && said("barrier").is_some());
}

#[test]
fn status_names_what_holds_the_run_back() {
    let script = Script { workers: 1, queue: 1, latency: Duration::from_millis(20), ..Script::default() };
    let lab = Lab::start(script);
    let served = served(&lab, 3_000, "[limits]\nconcurrency = 8\n[control]\nbackoff_base_ms = 50");
    let mut running = served.start(&[]);
    // The first moments may look like something else.
    let advice = wait::until("advice about the service", || {
        let status = command::run(["status".as_ref(), served.checkpoint.as_os_str(), "--json".as_ref()]);
        // Not before the checkpoint is there.
        let advice = (status.code == Some(COMPLETE)).then(|| status.json()["advice"].clone())?;
        (advice["code"] == "throttled").then_some(advice)
    });
    let sentence = advice["sentence"].as_str().expect("a sentence");
    assert!(sentence.contains(&lab.url()) && sentence.contains('%'), "{sentence}");
    running.signal(Signal::TERM);
    running.ended().expect(STOPPED);
}
