//! Many small media files described by a bounded number of processes: films by ffprobe, a few of them
//! such that it hangs or eats memory, which cost those their description while the others go on; and
//! stills by ExifTool, which is kept alive.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;
use sluice_tests::command::{self, COMPLETE};
use sluice_tests::process::Running;
use sluice_tests::site::Site;
use sluice_tests::{media, wait};

use crate::measure::{bytes, high_water_mark};
use crate::ramdisk::RamDisk;

const RECORDS: u64 = 10_000;
const BAD: u64 = 10;
const PROCESSES: usize = 4;
const DEADLINE: Duration = Duration::from_secs(3600);

pub(crate) fn run(disk: &RamDisk) {
    let records = std::env::var("SLUICE_BENCH_RECORDS").ok().and_then(|n| n.parse().ok()).unwrap_or(RECORDS);
    films(disk, records);
    stills(disk, records);
}

fn films(disk: &RamDisk, records: u64) {
    let apart = (records / BAD).max(1);
    let is_bad = |n: &u64| n % apart == apart / 2;
    let site = Site::below(disk.path());
    let film = site.path("film.mov");
    media::film(&film);
    for n in 0..records {
        // Bad ones lie spread between the others.
        let kind = if is_bad(&n) { ["hangs", "eats"][(n / apart % 2) as usize] } else { "take" };
        copy(&film, &site.source.join(format!("reel-{:03}/{kind}-{n:05}.mov", n / 100)));
    }
    // The real program, but for the bad files.
    let prober = site.path("ffprobe");
    let text = "#!/bin/sh\nfor file; do :; done\ncase \"${file##*/}\" in\n  hangs*) exec sleep 1000;;\n  \
                eats*) exec tail -n 1 /dev/zero;;\nesac\nexec ffprobe \"$@\"\n";
    fs::write(&prober, text).expect("a script");
    fs::set_permissions(&prober, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("a script");
    let bad = (0..records).filter(is_bad).count() as u64;
    measure(&site, records, bad, &format!("path = {:?}\ntimeout_s = 5", prober.to_str().expect("ASCII")));
}

fn stills(disk: &RamDisk, records: u64) {
    let site = Site::below(disk.path());
    let kinds = ["png", "jpg"].map(|kind| {
        let still = site.path(&format!("still.{kind}"));
        media::make(&still, "-f lavfi -i testsrc=size=64x48 -frames:v 1");
        (kind, still)
    });
    for n in 0..records {
        let (kind, still) = &kinds[(n % 2) as usize];
        copy(still, &site.source.join(format!("box-{:03}/still-{n:05}.{kind}", n / 100)));
    }
    measure(&site, records, 0, "tool = \"exiftool\"\nkinds = [\"image\"]");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
    fs::copy(from, to).expect("room");
}

/// Runs a job that describes, and says what it cost.
fn measure(site: &Site, records: u64, bad: u64, how: &str) {
    let [source, destination] = [&site.source, &site.destination].map(|path| path.to_str().expect("ASCII"));
    let job = site.path("job.toml");
    let text = format!(
        "sources = [{source:?}]\ndestination = {destination:?}\n[limits]\nconcurrency = 16\n[describe]\n\
         memory_mb = 512\nprocesses = {PROCESSES}\n{how}\n"
    );
    fs::write(&job, text).expect("the job file");
    let start = Instant::now();
    let mut running = Running::start(command::sluice(["run".as_ref(), job.as_os_str(), "--quiet".as_ref()]));
    let status = PathBuf::from(format!("/proc/{}/status", running.id()));
    let (mut most, mut own) = (Children::default(), 0);
    let mut looked = Instant::now();
    wait::within(DEADLINE, "the end of the run", || {
        // A look goes through all processes of the system.
        if looked.elapsed() > Duration::from_millis(40) {
            most = most.or(Children::of(running.id()));
            own = own
                .max(fs::read_to_string(&status).ok().and_then(|text| high_water_mark(&text)).unwrap_or(0));
            looked = Instant::now();
        }
        running.has_ended()
    });
    let took = start.elapsed().as_secs_f64();
    running.ended().expect(COMPLETE);
    let checkpoint = site.path("job.sluice");
    let status: Value = command::run(["status".as_ref(), checkpoint.as_os_str(), "--json".as_ref()]).json();
    println!(
        "{records} files, {bad} of them hang or eat memory: {took:.1} s ({:.0} files/s), at most {} processes \
         at once ({PROCESSES} allowed) with {}, ourselves {}; {} delivered, {} undescribed; checkpoint {}",
        records as f64 / took,
        most.count,
        bytes(most.memory),
        bytes(own),
        status["delivered"],
        status["undescribed"],
        bytes(fs::metadata(&checkpoint).map_or(0, |file| file.len())),
    );
    assert!(most.count <= PROCESSES, "more processes than allowed");
    assert_eq!((&status["delivered"], &status["undescribed"]), (&records.into(), &bad.into()));
}

/// Processes that one has started and that are at work.
#[derive(Clone, Copy, Default)]
struct Children {
    count: usize,
    /// With all that they have started themselves, in bytes.
    memory: u64,
}

impl Children {
    /// By proc(5): state, parent, group and pages in memory stand behind the name in brackets.
    fn of(parent: u32) -> Self {
        let stats = fs::read_dir("/proc").into_iter().flatten().flatten();
        let stats = stats.filter_map(|process| fs::read_to_string(process.path().join("stat")).ok());
        let read = |stat: String| -> Option<[u64; 4]> {
            let (id, rest) = (stat.split(' ').next()?.parse().ok()?, stat.rsplit_once(')')?.1);
            let fields: Vec<&str> = rest.split_whitespace().collect();
            let number = |at: usize| fields.get(at)?.parse().ok();
            (*fields.first()? != "Z").then_some([id, number(1)?, number(2)?, number(21)?])
        };
        let all: Vec<[u64; 4]> = stats.filter_map(read).collect();
        let children: Vec<u64> =
            all.iter().filter(|[_, of, ..]| *of == u64::from(parent)).map(|[id, ..]| *id).collect();
        let pages = all.iter().filter(|[_, _, group, _]| children.contains(group)).map(|[.., pages]| pages);
        Self { count: children.len(), memory: pages.sum::<u64>() * rustix::param::page_size() as u64 }
    }

    fn or(self, other: Self) -> Self {
        Self { count: self.count.max(other.count), memory: self.memory.max(other.memory) }
    }
}
