//! The local file system: through `std::fs`, on blocking threads.

pub(crate) mod confine;
pub(crate) mod copy;
pub(crate) mod destination;
pub(crate) mod fault;
pub(crate) mod folder;
pub(crate) mod identity;
pub(crate) mod platform;
