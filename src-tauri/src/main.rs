//! The desktop of Sluice.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

fn main() {
    sluice_desktop::run();
}
