//! Where bytes lie.
//!
//! Three rooms. [`local`] is the file system: folders, mounted shares, drives; through `std::fs` on
//! blocking threads, and the way from there to there stays as fast as it is. Everything else is
//! [`remote`]: a [`remote::Place`] is a folder behind a connection. Files that the rows of a catalogue name
//! by URLs are the [`web`]: read, never listed nor written. What a migration works with is an enum of
//! these: [`sources::Source`] and [`destination::Destination`].
//!
//! **To add a service:**
//!
//! 1. One with folders and a rename is a protocol of [`server`]: a module there with its operations, and an
//!    arm of its `Protocol`. Its errors become a [`remote::fault::Fault`] where they come in.
//! 2. Another kind of service is a module beside [`object`], and an arm of [`remote::Store`]; the compiler
//!    then names every place that has to know: the operations of [`remote::Place`], the probe, and
//!    `journey::carry`, where the content is written. What has arrived is
//!    [`crate::stage::Processed::Arrived`].
//! 3. An arm of [`remote::connect`], which opens it without asking it anything.
//!
//! As a source nothing else is needed: [`remote::fetch`] reads over as many connections as it takes, and
//! the planner lists page by page. Requests go out through a [`crate::control::line::Line`] alone, so that
//! gate, rate, retry budget and breaker of the endpoint hold for them as for every other service. Nobody
//! may hold a pass of one request while waiting for another: a copy within one service would wait for
//! itself.

pub(crate) mod destination;
pub(crate) mod hash;
pub(crate) mod local;
pub(crate) mod names;
pub(crate) mod object;
pub(crate) mod patience;
pub(crate) mod remote;
pub(crate) mod scratch;
pub(crate) mod server;
pub(crate) mod sources;
pub(crate) mod web;
