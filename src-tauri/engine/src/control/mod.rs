//! What keeps the work in bounds.

pub(crate) mod autopilot;
pub(crate) mod gate;
pub(crate) mod intake;
