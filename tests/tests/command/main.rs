//! The headless command from outside: real files, real faults, real signals.

#![cfg(target_os = "linux")]

mod bad_input;
mod changing_source;
mod checkpoint_file;
mod contract;
mod copy;
mod describe;
mod failures;
mod kill;
mod outage;
mod signals;
