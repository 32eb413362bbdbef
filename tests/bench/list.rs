//! What a listing of 1,000,000 keys costs to plan: time, and memory that does not grow with it.

use std::time::Instant;

use sluice_tests::command::sluice;
use sluice_tests::inventory::Inventory;
use sluice_tests::servers::{connection, signed};
use sluice_tests::site::Site;

use crate::measure::{bytes, peak_memory};
use crate::ramdisk::RamDisk;

const KEYS: u64 = 1_000_000;
const LEAST: f64 = 20_000.0;
const MOST: u64 = 200_000_000;

pub(crate) fn run(disk: &RamDisk) {
    let (_, small) = plan(disk, KEYS / 10);
    let (rate, large) = plan(disk, KEYS);
    println!("at least {LEAST} keys/s, at most {} of memory", bytes(MOST));
    assert!(rate >= LEAST && small <= MOST && large <= MOST);
}

/// Keys a second, and the most memory, of a plan.
fn plan(disk: &RamDisk, keys: u64) -> (f64, u64) {
    let site = Site::below(disk.path());
    let inventory = Inventory::of(keys);
    let job = site.path("job.toml");
    let text = format!(
        "sources = [\"shelf:media/in\"]\ndestination = \"destination\"\n{}",
        connection(&inventory.url())
    );
    std::fs::write(&job, text).expect("a job");
    let start = Instant::now();
    let peak = peak_memory(signed(sluice(["plan".as_ref(), job.as_os_str(), "--quiet".as_ref()])));
    let rate = keys as f64 / start.elapsed().as_secs_f64();
    println!("{keys:>9} keys: {rate:.0} keys/s, peak memory {}", bytes(peak));
    (rate, peak)
}
