//! The desktop of Sluice.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

/// The engine runs here as it does in the command. What the system's web view takes is its own.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() {
    sluice_desktop::run();
}
