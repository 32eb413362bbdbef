//! The local file system: through `std::fs`, on blocking threads.

pub(crate) mod confine;
pub(crate) mod copy;
pub(crate) mod destination;
pub(crate) mod fault;
pub(crate) mod place;
pub(crate) mod platform;
pub(crate) mod sources;
