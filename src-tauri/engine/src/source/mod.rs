//! What the sources hold: walked entry by entry, never as a whole in memory.

pub(crate) mod catalogue;
mod folder;
pub(crate) mod policy;
mod remote;

pub(crate) use folder::{Found, modified_ns, walk};
pub(crate) use remote::planned;
