//! The migrations that this computer knows: those in the user's data folder, and those that were
//! opened elsewhere.

mod glance;
mod list;
mod shelf;

pub use glance::{Glance, job_of};
pub use shelf::{KnownMigration, Shelf, ShelfError};
