//! The kill story at full size.

use sluice_tests::story;

use crate::measure::bytes;
use crate::ramdisk::RamDisk;

const GIB: u64 = 1 << 30;

pub(crate) fn run(disk: &RamDisk) {
    let large_size = GIB.min(disk.free() / 10);
    println!("20,000 files of 1 to 40 kB and 4 of {}, killed 20 times", bytes(large_size));
    story::Kill { small_files: 20_000, large_files: 4, large_size, kills: 20 }.tell(disk.path());
}
