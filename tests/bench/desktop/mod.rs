//! How soon the window is there, and what it costs.

mod cost;
mod opening;

use crate::ramdisk::RamDisk;

pub(crate) fn run(disk: &RamDisk) {
    opening::run(disk);
    cost::run(disk);
}
