//! Object storage on a bad day: connections that are cut, bytes that change on their way, a service that takes
//! only so many requests.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use sluice_tests::attempts;
use sluice_tests::cable::{Cable, Weather};
use sluice_tests::command::{self, COMPLETE, Status};
use sluice_tests::compare::{identities, same_bytes};
use sluice_tests::process::Running;
use sluice_tests::scissors::Scissors;
use sluice_tests::servers::{BUCKET, Kind, Server, connection, signed};
use sluice_tests::site::Site;
use sluice_tests::{tree, wait};

use crate::measure::bytes;
use crate::ramdisk::RamDisk;

const SEED: u64 = 41;
const MIB: u64 = 1 << 20;

/// What a bad day costs in attempts is not what these figures are about.
const PATIENT: &str = "[control]\nattempts = 50\nbackoff_base_ms = 20\nretry_budget_percent = 100";

pub(crate) fn run(disk: &RamDisk) {
    cuts(disk);
    damage(disk);
    throttle(disk);
}

fn cuts(disk: &RamDisk) {
    let server = Server::below(disk.path(), Kind::Rclone);
    let scissors = Scissors::before(&server.url(), 1..64 * MIB, SEED);
    let site = Site::below(disk.path());
    let small = tree::small_files(&site.source, 2_000, 1);
    tree::large_files(&site.source, 2, 512 * MIB, 1);
    bring(&site, &scissors.url(), PATIENT);
    assert_arrived(&site.source, &server.files().join("in"));
    assert_arrived(&site.source, &site.destination);
    println!(
        "{} there and back, every connection cut after at most {}: {} cuts, all arrived right",
        bytes(small + 1024 * MIB),
        bytes(64 * MIB),
        scissors.cuts()
    );
}

fn damage(disk: &RamDisk) {
    const FILES: u64 = 10_000;
    let server = Server::below(disk.path(), Kind::Rclone);
    let cable = Cable::to(&server.url(), Weather { damage_every: 1000, ..Weather::default() });
    let site = Site::below(disk.path());
    tree::small_files(&site.source, FILES, 1);
    bring(&site, &cable.url(), PATIENT);
    assert_arrived(&site.source, &server.files().join("in"));
    assert_arrived(&site.source, &site.destination);
    let [up, down] = ["up", "down"].map(|job| attempts::failed(&site.path(&format!("{job}.sluice"))));
    let count = |named: &BTreeMap<String, Vec<String>>, category: &str| {
        named.values().flatten().filter(|known| *known == category).count()
    };
    let damaged = cable.damaged();
    println!(
        "{FILES} files there and back, a byte changed in one of 1,000 bodies: {} changed; {} attempts failed as verify_mismatch on the way there, {} as source_damaged on the way back; all arrived right",
        damaged.len(),
        count(&up, "verify_mismatch"),
        count(&down, "source_damaged")
    );
    for path in damaged {
        let name = path.strip_prefix(&format!("/{BUCKET}/in/")).expect("an object of ours");
        assert!(up.contains_key(name) || down.contains_key(name), "nobody found that {name} was changed");
    }
}

fn throttle(disk: &RamDisk) {
    const FILES: u64 = 20_000;
    const MOST_THROTTLED: f64 = 0.02;
    let weather = Weather { per_second: 400, delay: Duration::from_millis(20), ..Weather::default() };
    let server = Server::below(disk.path(), Kind::Rclone);
    let cable = Cable::to(&server.url(), Weather::default());
    let site = Site::below(disk.path());
    tree::small_files(&site.source, FILES, 1);
    let job = job(&site, "up", site.source.to_str().expect("ASCII"), &there(), &cable.url(), AUTOPILOT);
    sluice("plan", &job);
    cable.change(weather);
    let start = Instant::now();
    let mut running = Running::start(command(&job, "run"));
    wait::within(LONGEST, "half of the requests", || (cable.requests() > FILES / 2).then_some(()));
    let (requests, throttled) = (cable.requests(), cable.throttled());
    wait::within(LONGEST, "the end of the run", || running.has_ended());
    running.ended().expect(COMPLETE);
    let status = Status::of(&site.path("up.sluice"));
    let share = (cable.throttled() - throttled) as f64 / (cable.requests() - requests) as f64;
    println!(
        "{FILES} files to a service that takes {} requests a second: {:.0} a second; {:.1} % throttled at first, {:.2} % once settled (at most {} %); {} failed",
        weather.per_second,
        cable.requests() as f64 / start.elapsed().as_secs_f64(),
        throttled as f64 / requests as f64 * 100.0,
        share * 100.0,
        MOST_THROTTLED * 100.0,
        status.failed
    );
    assert_eq!((status.delivered, status.failed), (FILES, 0));
    assert!(share < MOST_THROTTLED);
}

const AUTOPILOT: &str = "[deliver]\nverify = \"written\"\n[control.autopilot]\nconcurrency = true";
const LONGEST: Duration = Duration::from_secs(600);

/// Brings the source to the bucket and back to the destination.
fn bring(site: &Site, url: &str, more: &str) {
    let (from, to) = (site.source.to_str().expect("ASCII"), site.destination.to_str().expect("ASCII"));
    sluice("run", &job(site, "up", from, &there(), url, more));
    sluice("run", &job(site, "down", &there(), to, url, more));
}

fn there() -> String {
    format!("shelf:{BUCKET}/in")
}

fn job(site: &Site, name: &str, from: &str, to: &str, url: &str, more: &str) -> std::path::PathBuf {
    let path = site.path(&format!("{name}.toml"));
    let text = format!("sources = [{from:?}]\ndestination = {to:?}\n{more}\n{}", connection(url));
    std::fs::write(&path, text).expect("the job file");
    path
}

fn command(job: &Path, word: &str) -> std::process::Command {
    signed(command::sluice([word.as_ref(), job.as_os_str(), "--quiet".as_ref()]))
}

fn sluice(word: &str, job: &Path) {
    let mut running = Running::start(command(job, word));
    wait::within(LONGEST, "the end of the run", || running.has_ended());
    running.ended().expect(COMPLETE);
}

fn assert_arrived(source: &Path, there: &Path) {
    for path in identities(source).keys() {
        assert!(same_bytes(&source.join(path), &there.join(path)), "{path:?} did not arrive right");
    }
}
