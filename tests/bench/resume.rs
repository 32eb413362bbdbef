//! How soon a resumed migration moves its first record.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, SystemTime};

use rustix::process::Signal;
use sluice_tests::command::{self, COMPLETE};
use sluice_tests::compare::entries;
use sluice_tests::site::Site;
use sluice_tests::{tree, wait};

use crate::ramdisk::RamDisk;

const RECORDS: u64 = 200_000;
const MOST: Duration = Duration::from_secs(1);

pub(crate) fn run(disk: &RamDisk) {
    for (signal, how) in [(Signal::TERM, "paused"), (Signal::KILL, "killed")] {
        let site = Site::below(disk.path());
        for n in 0..RECORDS {
            tree::file(&tree::small_file(&site.source, n), 1_000, n);
        }
        let mut running = command::start(site.copy_args(&["--quiet"]));
        wait::until("the first delivered file", || {
            std::fs::read_dir(&site.destination)
                .is_ok_and(|mut folders| folders.next().is_some())
                .then_some(())
        });
        running.signal(signal);
        running.ended();
        let pending = site.status().pending;

        let start = SystemTime::now();
        site.on_checkpoint("run", &["--quiet"]).expect(COMPLETE);
        let took = first_change_after(start, &site);
        println!(
            "from start to the first record moved, {RECORDS} planned, {pending} pending, {how} before: {took:.0?}"
        );
        assert!(took < MOST, "a resume must move its first record within {MOST:?}");
    }
}

/// From `start` to the first change of a delivered file after it.
fn first_change_after(start: SystemTime, site: &Site) -> Duration {
    let changed = |metadata: &Metadata| {
        SystemTime::UNIX_EPOCH + Duration::new(metadata.ctime() as u64, metadata.ctime_nsec() as u32)
    };
    let files = entries(&site.destination);
    let after =
        files.values().filter(|metadata| metadata.is_file()).map(changed).filter(|time| *time > start);
    after.min().expect("a record moved after the start").duration_since(start).expect("it is later")
}
