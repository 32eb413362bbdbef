//! `npm run bench`: how fast, how large in memory, how soon after a resume, how safe when killed, and
//! how much is won by control. Everything happens on a RAM disk, so that figures are about programs
//! and not about disks.

mod barrier;
mod catalogue;
mod checkpoint;
mod control;
mod describe;
#[cfg(target_os = "linux")]
mod desktop;
mod failures;
mod kill;
mod list;
mod measure;
mod memory;
mod object_bad;
mod object_kill;
mod outage;
mod pairs;
mod poison;
mod ramdisk;
mod remote;
mod resume;
mod speed;

use std::process::ExitCode;

use ramdisk::RamDisk;

/// A bench and the word that asks for it.
type Suite = (&'static str, fn(&RamDisk));

const SUITES: &[Suite] = &[
    ("speed", speed::run),
    ("memory", memory::run),
    ("resume", resume::run),
    ("kill", kill::run),
    ("checkpoint", checkpoint::run),
    ("catalogue", catalogue::run),
    ("barrier", barrier::run),
    ("poison", poison::run),
    ("outage", outage::run),
    ("control", control::run),
    ("describe", describe::run),
    ("list", list::run),
    ("failures", failures::run),
    ("remote", remote::small),
    ("remote_large", remote::large),
    ("object_kill", object_kill::run),
    ("object_bad", object_bad::run),
    ("pairs", pairs::run),
    #[cfg(target_os = "linux")]
    ("desktop", desktop::run),
];

fn main() -> ExitCode {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    if let Some(unknown) = asked.iter().find(|name| SUITES.iter().all(|(suite, _)| suite != name)) {
        let names: Vec<&str> = SUITES.iter().map(|(name, _)| *name).collect();
        let names = names.join(", ");
        eprintln!("there is no bench {unknown:?}; choose from {names}, or name none for all");
        return ExitCode::FAILURE;
    }
    let disk = RamDisk::new();
    println!("RAM disk: {} ({} free)\n", disk.path().display(), measure::bytes(disk.free()));
    for (name, suite) in SUITES {
        if asked.is_empty() || asked.iter().any(|one| one == *name) {
            suite(&disk);
            println!();
        }
    }
    ExitCode::SUCCESS
}
