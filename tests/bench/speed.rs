//! Sluice beside rclone, rsync and cp: the same files, the same disk, the same run.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use sluice_tests::compare::{identities, same_bytes};
use sluice_tests::{program, tree};

use crate::measure::{bytes, median, rival, time};
use crate::ramdisk::RamDisk;

const GIB: u64 = 1 << 30;
const LARGE_FILES: u64 = 4;

type Contender = (&'static str, fn(&Path, &Path, &Path) -> Command);

const CONTENDERS: [Contender; 5] = [
    ("sluice --verify written", |from, to, room| sluice(from, to, room, "written")),
    ("sluice --verify read_back", |from, to, room| sluice(from, to, room, "read_back")),
    (RCLONE, |from, to, _| {
        let mut command = Command::new(rival("rclone"));
        command.args(["copy", "--transfers", "16", "--checkers", "16"]).args([from, to]);
        command
    }),
    ("rsync -a", |from, to, _| {
        let mut command = Command::new("rsync");
        command.arg("-a").arg(from.join("")).arg(to);
        command
    }),
    ("cp -r", |from, to, _| {
        let mut command = Command::new("cp");
        command.args(["-r".as_ref(), from.join(".").as_os_str(), to.as_os_str()]);
        command
    }),
];

const RCLONE: &str = "rclone copy, 16 transfers";

pub(crate) fn run(disk: &RamDisk) {
    let source = disk.path().join("small");
    let total = tree::small_files(&source, 20_000, 1);
    race(disk, &source, 7, &format!("20,000 files of 1 to 40 kB, {}", bytes(total)));
    fs::remove_dir_all(&source).expect("room for the large files");

    // Source and destination side by side, and some room to breathe.
    let size = GIB.min(disk.free() / (LARGE_FILES * 2 + 1));
    if size < GIB {
        println!("the RAM disk is too small for files of 1 GiB: they are {} instead", bytes(size));
    }
    let source = disk.path().join("large");
    tree::large_files(&source, LARGE_FILES, size, 1);
    race(disk, &source, 5, &format!("{LARGE_FILES} files of {}", bytes(size)));
    fs::remove_dir_all(&source).expect("the large files");
}

/// Every contender copies `source` as often as there are rounds; the rounds take turns, so that a
/// disturbance hits all of them.
fn race(disk: &RamDisk, source: &Path, rounds: usize, what: &str) {
    let room = disk.path().join("room");
    let mut times: Vec<Vec<Duration>> = vec![Vec::new(); CONTENDERS.len()];
    for round in 0..rounds {
        for ((name, command), times) in CONTENDERS.iter().zip(&mut times) {
            fs::create_dir_all(&room).expect("a folder on the RAM disk");
            let destination = room.join("destination");
            fs::create_dir(&destination).expect("the destination");
            times.push(time(command(source, &destination, &room)));
            if round == 0 {
                assert_arrived(name, source, &destination);
            }
            fs::remove_dir_all(&room).expect("room for the next one");
        }
    }
    let medians: Vec<Duration> = times.iter().cloned().map(median).collect();
    let rclone = CONTENDERS.iter().position(|(name, _)| *name == RCLONE).expect("rclone runs too");
    println!("{what}; {rounds} rounds; checkpoint on the same RAM disk");
    println!("{:<28} {:>9} {:>9} {:>22}", "", "median", "fastest", "times as fast as rclone");
    for (((name, _), times), middle) in CONTENDERS.iter().zip(&times).zip(&medians) {
        let fastest = times.iter().min().expect("a round");
        let ratio = medians[rclone].as_secs_f64() / middle.as_secs_f64();
        println!(
            "{name:<28} {:>7.2} s {:>7.2} s {ratio:>21.2}x",
            middle.as_secs_f64(),
            fastest.as_secs_f64()
        );
    }
    println!();
}

fn assert_arrived(name: &str, source: &Path, destination: &Path) {
    for path in identities(source).keys() {
        assert!(same_bytes(&source.join(path), &destination.join(path)), "{name} did not copy {path:?}");
    }
}

fn sluice(from: &Path, to: &Path, room: &Path, verify: &str) -> Command {
    let mut command = Command::new(program("sluice"));
    command.arg("copy").args([from, to]).arg("--checkpoint").arg(room.join("bench.sluice"));
    command.args(["--quiet", "--verify", verify]);
    command
}
