//! Where bytes lie: the local file system (folders, mounted shares, drives).

pub(crate) mod hash;
pub(crate) mod local;
pub(crate) mod names;
