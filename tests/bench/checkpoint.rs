//! What the checkpoint costs: 800,000 records whose stages have next to nothing to do.

use std::time::Duration;

use serde_json::Value;
use sluice_tests::command::{Status, sluice};
use sluice_tests::site::Site;

use crate::measure::{bytes, peak_memory};
use crate::ramdisk::RamDisk;

const RECORDS: u64 = 800_000;
const FEW: u64 = 80_000;
const LEAST: f64 = 20_000.0;
const MOST_GROWTH: f64 = 1.2;

pub(crate) fn run(disk: &RamDisk) {
    let [few, many] = [FEW, RECORDS].map(|records| {
        let site = Site::below(disk.path());
        empty_files(&site, records);
        let log = site.path("bench.log");
        let logged = ["--log", log.to_str().expect("ASCII"), "--log-format=json"];
        let limits = ["--quiet", "--batch-size=10000", "--verify=size"];
        let peak = peak_memory(sluice(site.copy_args(&[logged, limits].concat())));
        let status = Status::of(&site.checkpoint);
        assert_eq!((status.delivered, status.failed), (records, 0));
        let rate = records as f64 / running_time(&site).as_secs_f64();
        println!(
            "{records:>7} empty files: {rate:>6.0} records/s from the first batch to the last barrier, peak memory {}",
            bytes(peak)
        );
        (peak, rate)
    });
    let growth = many.0 as f64 / few.0 as f64;
    println!("at least {LEAST} records/s; memory grows by {growth:.2} (at most {MOST_GROWTH})");
    assert!(many.1 >= LEAST && growth <= MOST_GROWTH);
}

/// `records` empty files, a thousand a shelf.
pub(crate) fn empty_files(site: &Site, records: u64) {
    for n in 0..records {
        let shelf = site.source.join(format!("{:04}", n / 1000));
        if n % 1000 == 0 {
            std::fs::create_dir_all(&shelf).expect("a shelf");
        }
        std::fs::File::create(site.source.join(empty_file(n))).expect("an empty file");
    }
}

/// The path of the file with number `n` of [`empty_files`].
pub(crate) fn empty_file(n: u64) -> String {
    format!("{:04}/{n}.mov", n / 1000)
}

/// From the first batch to the last barrier, by the log.
fn running_time(site: &Site) -> Duration {
    let folder = std::fs::read_dir(site.path("")).expect("the place");
    let mut times = Vec::new();
    for entry in folder.filter_map(Result::ok) {
        if !entry.file_name().to_string_lossy().starts_with("bench.log") {
            continue;
        }
        let text = std::fs::read_to_string(entry.path()).expect("the log");
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let told = lines.filter(|line| {
            let message = &line["fields"]["message"];
            message == "batch begins" || message == "barrier"
        });
        times.extend(told.filter_map(|line| line["timestamp"].as_str()?.parse::<jiff::Timestamp>().ok()));
    }
    let (first, last) = (times.iter().min().expect("a batch"), times.iter().max().expect("a barrier"));
    last.duration_since(*first).try_into().expect("time goes forward")
}
