//! A media library as an archive has it: names and kinds that people use, with sizes of tests.

use std::fs;
use std::path::Path;

use crate::tree;

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

/// Reels, stills and sound of `years` years below `root`, with what a policy leaves out between
/// them. Returns the number of records.
///
/// # Panics
/// When they cannot be written.
pub fn library(root: &Path, years: u64) -> u64 {
    let mut rng = fastrand::Rng::with_seed(years);
    let mut records = 0;
    let mut file = |path: String, size: u64| {
        tree::file(&root.join(path), size, records);
        records += 1;
    };
    for year in (1974..).take(years as usize) {
        for reel in 1..=2 {
            file(format!("Film reels/{year}/Reel {reel:02} - Evening news.mov"), rng.u64(MIB..3 * MIB));
        }
        for still in 1..=120 {
            file(format!("Stills/{year}/{year}-{still:04}_town hall.tif"), rng.u64(8 * KIB..60 * KIB));
            file(format!("Stills/{year}/previews/{year}-{still:04}.jpg"), rng.u64(KIB..12 * KIB));
        }
        for tape in 1..=24 {
            file(format!("Sound/{year}/Interview {tape:02}.wav"), rng.u64(40 * KIB..200 * KIB));
        }
        file(format!("Papers/{year}/Shot list.pdf"), 20 * KIB);
        tree::file(&root.join(format!("Stills/{year}/.DS_Store")), 6 * KIB, year);
    }
    fs::create_dir_all(root.join("Film reels/unsorted")).expect("an empty folder");
    records
}
