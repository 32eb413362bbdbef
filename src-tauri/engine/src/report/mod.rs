//! Reports for people and scripts.

pub(crate) mod catalogue;
mod cell;
pub(crate) mod concerned;
pub(crate) mod corrections;
pub(crate) mod failures;
pub(crate) mod file;
pub(crate) mod findings;
mod html;
pub(crate) mod proof;
pub(crate) mod records;
pub(crate) mod table;
pub mod words;
