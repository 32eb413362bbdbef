//! The knobs: look-ahead, bandwidth, memory, autopilot.

use std::time::{Duration, Instant};

use sluice_tests::command::{self, COMPLETE};
use sluice_tests::compare::assert_same;
use sluice_tests::lab::{Lab, Script};
use sluice_tests::services::Served;
use sluice_tests::site::Site;
use sluice_tests::tree;

fn job(site: &Site, more: &str) -> std::path::PathBuf {
    let [source, destination] = [&site.source, &site.destination].map(|path| path.to_str().unwrap());
    let path = site.path("job.toml");
    std::fs::write(&path, format!("sources = [{source:?}]\ndestination = {destination:?}\n{more}")).unwrap();
    path
}

#[test]
fn look_ahead_delivers_the_same_and_each_record_once() {
    let lab = Lab::start(Script { latency: Duration::from_millis(5), jitter: 1.5, ..Script::default() });
    let site = Site::new();
    tree::small_files(&site.source, 300, 1);
    let more = "[limits]\nbatch_size = 20\nstreams = 4\nconcurrency = 8\n[control]\nlook_ahead = true";
    let served = Served::new(site, &lab, more);
    served.run(&[]).expect(COMPLETE);
    assert_same(&served.site.source, &served.site.destination);
    let paths = served.paths();
    lab.assert_each_once(paths.iter().map(String::as_str));
    let status = served.status();
    assert_eq!((status.batches, status.attempts), (15, 300));
}

#[test]
fn the_bandwidth_limit_holds_and_a_wrong_one_is_refused() {
    let site = Site::new();
    tree::large_files(&site.source, 2, 6 << 20, 1);
    let wrong = job(&site, "[control]\nbandwidth = \"fast\"");
    command::run(["run".as_ref(), wrong.as_os_str()]).assert_refused(&["fast", "20mb/s"]);
    let right = job(&site, "[control]\nbandwidth = \"Mon-Sun 00:00 4MB/s\"");
    let start = Instant::now();
    command::run(["run".as_ref(), right.as_os_str()]).expect(COMPLETE);
    assert!(start.elapsed() >= Duration::from_secs(2), "12 MiB at 4 MB/s: {:?}", start.elapsed());
    assert_same(&site.source, &site.destination);
}

#[test]
fn the_autopilot_tells_what_it_changed_and_why_and_the_persons_hand_comes_first() {
    let lab = Lab::start(Script { workers: 8, latency: Duration::from_millis(15), ..Script::default() });
    let site = Site::new();
    tree::small_files(&site.source, 1_200, 1);
    let more = "[limits]\nbatch_size = 300\n[control.autopilot]\nconcurrency = true";
    let served = Served::new(site, &lab, more);
    served.run(&[]).expect(COMPLETE);
    let text = std::fs::read(&served.checkpoint).unwrap();
    let told = b"autopilot_changed";
    assert!(text.windows(told.len()).any(|window| window == told), "it tells what it changed");
    assert!(lab.seen().max_in_flight > 4, "it found that more pays");

    let lab = Lab::start(Script { workers: 8, latency: Duration::from_millis(5), ..Script::default() });
    let site = Site::new();
    tree::small_files(&site.source, 200, 1);
    let served = Served::new(site, &lab, more);
    served.run(&["--concurrency", "2"]).expect(COMPLETE);
    assert!(lab.seen().max_in_flight <= 2, "{} at once", lab.seen().max_in_flight);
    assert_eq!(served.status().concurrency, 2);
}

#[test]
fn the_batch_size_follows_the_time_that_a_batch_should_take() {
    let site = Site::new();
    tree::small_files(&site.source, 3_000, 1);
    let more = "[limits]\nbatch_size = 10\n[control.autopilot]\nbatch_size = true\ntarget_batch_s = 30";
    let job = job(&site, more);
    command::run(["run".as_ref(), job.as_os_str()]).expect(COMPLETE);
    let status = command::Status::of(&site.path("job.sluice"));
    assert!(status.batch_size > 100 && status.batches < 60, "{status:?}");
    assert_same(&site.source, &site.destination);
}

#[test]
fn little_memory_means_few_records_in_flight() {
    let lab = Lab::start(Script { latency: Duration::from_millis(10), ..Script::default() });
    let site = Site::new();
    tree::small_files(&site.source, 60, 1);
    let served = Served::new(site, &lab, "[limits]\nconcurrency = 64\n[control]\nmemory_mib = 1");
    served.run(&[]).expect(COMPLETE);
    assert!(lab.seen().max_in_flight <= 2, "half a MiB each: {} at once", lab.seen().max_in_flight);
}
