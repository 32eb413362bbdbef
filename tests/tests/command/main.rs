//! The headless command from outside: real files, real faults, real signals.

#![cfg(target_os = "linux")]

mod azure;
mod azure_sign_in;
mod bad_input;
mod canary;
mod canary_clouds;
mod catalogue;
mod catalogue_out;
mod changing_source;
mod checkpoint_file;
mod connection_jobs;
mod connection_trial;
mod connections;
mod contract;
mod copy;
mod corrections;
mod cross_paths;
mod describe;
mod exiftool;
mod failures;
mod file_servers;
mod ftps;
mod google;
mod groups;
mod host_keys;
mod kill;
mod mapping;
mod object;
mod object_bad;
mod object_copy;
mod outage;
mod pairs;
mod preflight;
mod sidecars;
mod signals;
mod urls;
mod urls_hostile;
mod versions;
mod watch;
mod whole_way;
