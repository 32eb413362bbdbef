//! Where bytes lie.
//!
//! Two rooms. [`local`] is the file system: folders, mounted shares, drives; through `std::fs` on
//! blocking threads, and the way from there to there stays as fast as it is. Everything else is
//! [`remote`]: a [`remote::Place`] is a folder behind a connection. What a migration works with is an
//! enum of the two: [`sources::Source`] and [`destination::Destination`].
//!
//! **To add a service** (SFTP, WebDAV, FTP): a module beside [`object`] with its operations, an arm of
//! [`remote::Store`] for each of them, an arm of [`remote::connect`] that opens it, and its errors turned
//! into a [`remote::fault::Fault`] where they come in. The way of a record (`journey::carry`) asks for
//! nothing else. Requests go out through a [`crate::control::line::Line`] alone, so that gate, rate,
//! retry budget and breaker of the endpoint hold for them as for every other service.

pub(crate) mod destination;
pub(crate) mod hash;
pub(crate) mod local;
pub(crate) mod names;
pub(crate) mod object;
pub(crate) mod remote;
pub(crate) mod sources;
