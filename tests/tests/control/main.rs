//! More concurrency never makes it unstable, and a service in trouble never becomes a pile of
//! failed records: the real command against a service whose every fault is scripted.

#![cfg(target_os = "linux")]

mod care;
mod faults;
mod kill;
mod knobs;
mod outage;
mod poison;
mod recovery;
mod retries;
mod stop;
mod watching;
mod way;
