//! Many small media files described by a bounded number of processes, a few of them such that the
//! program hangs or eats memory: those cost themselves their description, and the others go on.

use std::fs;
use std::time::{Duration, Instant};

use sluice_tests::command::{self, COMPLETE};
use sluice_tests::media;
use sluice_tests::process::Running;
use sluice_tests::site::Site;
use sluice_tests::wait;

use crate::measure::bytes;
use crate::ramdisk::RamDisk;

const RECORDS: u64 = 10_000;
const BAD: u64 = 10;
const PROCESSES: usize = 4;
const DEADLINE: Duration = Duration::from_secs(3600);

pub(crate) fn run(disk: &RamDisk) {
    let records = std::env::var("SLUICE_BENCH_RECORDS").ok().and_then(|n| n.parse().ok()).unwrap_or(RECORDS);
    let apart = (records / BAD).max(1);
    let is_bad = |n: &u64| n % apart == apart / 2;
    let site = Site::below(disk.path());
    let film = site.path("film.mov");
    media::film(&film);
    for n in 0..records {
        // Bad ones lie spread between the others.
        let kind = if is_bad(&n) { ["hangs", "eats"][(n / apart % 2) as usize] } else { "take" };
        let path = site.source.join(format!("reel-{:03}/{kind}-{n:05}.mov", n / 100));
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::copy(&film, path).expect("room for a film");
    }
    let [source, destination] = [&site.source, &site.destination].map(|path| path.to_str().expect("ASCII"));
    // The real program, but for the bad files.
    let prober = site.path("ffprobe");
    let text = "#!/bin/sh\nfor file; do :; done\ncase \"${file##*/}\" in\n  hangs*) exec sleep 1000;;\n  \
                eats*) exec tail -n 1 /dev/zero;;\nesac\nexec ffprobe \"$@\"\n";
    fs::write(&prober, text).expect("a script");
    fs::set_permissions(&prober, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("a script");
    let job = site.path("job.toml");
    let text = format!(
        "sources = [{source:?}]\ndestination = {destination:?}\n[limits]\nconcurrency = 16\n[describe]\n\
         path = {:?}\ntimeout_s = 5\nmemory_mb = 512\nprocesses = {PROCESSES}\n",
        prober.to_str().expect("ASCII")
    );
    fs::write(&job, text).expect("the job file");

    let start = Instant::now();
    let mut running = Running::start(command::sluice(["run".as_ref(), job.as_os_str(), "--quiet".as_ref()]));
    let mut most = 0;
    let mut looked = Instant::now();
    wait::within(DEADLINE, "the end of the run", || {
        // A look goes through all processes of the system.
        if looked.elapsed() > Duration::from_millis(40) {
            most = most.max(children_of(running.id()));
            looked = Instant::now();
        }
        running.has_ended()
    });
    let took = start.elapsed().as_secs_f64();
    running.ended().expect(COMPLETE);
    let checkpoint = site.path("job.sluice");
    let status = command::run(["status".as_ref(), checkpoint.as_os_str(), "--json".as_ref()]).json();
    println!(
        "{records} films, {} of them hang or eat memory: {took:.1} s ({:.0} files/s), at most {most} processes \
         at once ({PROCESSES} allowed), {} delivered, {} undescribed; checkpoint {}",
        status["undescribed"],
        records as f64 / took,
        status["delivered"],
        status["undescribed"],
        bytes(fs::metadata(&checkpoint).map_or(0, |file| file.len())),
    );
    let bad = (0..records).filter(is_bad).count();
    assert!(most <= PROCESSES, "more processes than allowed");
    assert_eq!((&status["delivered"], &status["undescribed"]), (&records.into(), &bad.into()));
}

/// Processes that this one has started and that are at work (proc(5): state and parent stand behind
/// the name in brackets).
fn children_of(parent: u32) -> usize {
    let stats = fs::read_dir("/proc").into_iter().flatten().flatten();
    let stats = stats.filter_map(|process| fs::read_to_string(process.path().join("stat")).ok());
    let is_child = |stat: &String| {
        let mut fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
        fields.next().is_some_and(|state| state != "Z") && fields.next() == Some(&parent.to_string())
    };
    stats.filter(is_child).count()
}
