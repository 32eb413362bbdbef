//! Memory must not grow with the number of records.

use std::fs;

use sluice_tests::command::sluice;
use sluice_tests::site::Site;
use sluice_tests::tree;

use crate::measure::{bytes, peak_memory};
use crate::ramdisk::RamDisk;

const MOST: u64 = 150_000_000;
const MOST_GROWTH: f64 = 1.2;

pub(crate) fn run(disk: &RamDisk) {
    let [few, many] = [10_000, 200_000].map(|files| {
        let site = Site::below(disk.path());
        for n in 0..files {
            tree::file(&tree::small_file(&site.source, n), 1_000, n);
        }
        let peak = peak_memory(sluice(site.copy_args(&["--quiet"])));
        assert_eq!(site.status().delivered, files);
        fs::remove_dir_all(&site.source).expect("room");
        println!("peak memory over {files:>7} files: {}", bytes(peak));
        peak
    });
    let growth = many as f64 / few as f64;
    println!("ratio {growth:.2} (at most {MOST_GROWTH}), at most {} allowed", bytes(MOST));
    assert!(many < MOST && growth < MOST_GROWTH, "memory grows with the number of records");
}
