//! Reports for people and scripts.

pub(crate) mod failures;
pub mod words;
