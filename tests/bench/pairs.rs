//! Every pair of folder, S3, SFTP, WebDAV and FTP with 2,000 generated files and the real media: the same
//! bytes, hashes that another tool computes too, and how long each pair took.

use sluice_tests::file_servers::files_below;
use sluice_tests::pairs::Pairs;
use sluice_tests::tree;

use crate::ramdisk::RamDisk;

const FILES: u64 = 2_000;

pub(crate) fn run(disk: &RamDisk) {
    let made = tempfile::tempdir_in(disk.path()).expect("a folder");
    let generated = made.path().join("generated");
    tree::small_files(&generated, FILES, 1);
    let pairs = Pairs::start(disk.path());
    pairs.fill(made.path(), &files_below(&generated));
    let media = tree::media(&made.path().join("media"));
    pairs.fill(&media, &files_below(&media));
    pairs.move_all(|pair, took| println!("{pair:<16} {:>7.2} s", took.as_secs_f64()));
    println!("all 25 pairs: every file arrived as it was, and the checkpoint has its sha256");
}
