//! The programs that the engine calls.

use crate::preflight::{FoundTool, find_tools};

/// The programs that describe files, as they are found on this computer. Takes seconds at most.
pub async fn tools() -> Vec<FoundTool> {
    find_tools().await
}
