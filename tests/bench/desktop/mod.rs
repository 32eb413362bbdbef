//! What the window costs.

mod cost;

use crate::ramdisk::RamDisk;

pub(crate) fn run(disk: &RamDisk) {
    cost::run(disk);
}
