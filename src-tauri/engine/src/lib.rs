//! The engine of Sluice: a controlled fan-out/fan-in migration of media files against a local
//! SQLite checkpoint.
//!
//! Data goes one way:
//!
//! ```text
//!  sources ─► planner ─► checkpoint ─► initiator ─► streams ─► stages ─► collector ─► checkpoint
//!                                         ▲            (fan-out)             │ (fan-in)
//!                                      limits ◄── controls ◄── metrics ◄─────┤
//!                                                                            └─► events ─► api
//! ```
//!
//! Callers use [`api`] alone. The modules below stand in reading order.

pub mod error;
pub mod failure;
pub mod record;
pub mod spec;
pub mod state;

mod connections;
mod describe;
mod grouping;
mod http;
mod mapping;
mod template;

mod source;

mod planner;
pub mod preflight;
mod trial;

mod checkpoint;

mod collector;
mod control;
mod initiator;
mod journey;
mod lane;
mod lanes;
mod outage;
mod pause_at;
mod pilot;
mod run;
mod session;
mod settings;
mod sidecar;
mod stage;
mod storage;
mod stream;
mod upkeep;
mod upload;
mod watch;

mod proof;
mod recovery;
mod verify;

pub mod advisor;
pub mod event;
mod event_log;
pub mod metrics;
pub mod report;

mod clock;
mod threads;

mod home;

pub mod api;
