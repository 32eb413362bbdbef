//! Where files from elsewhere lie while a program of this computer looks at them.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::SpecError;

/// The scratch area: files that come from elsewhere lie there while a program describes them, or until it is
/// known how long they are. Each is fetched once, and delivered from there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct Scratch {
    /// A folder of this computer. Default: `sluice/scratch` in the user's folder for caches.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(type = "string | null")]
    pub folder: Option<PathBuf>,
    /// What may lie there at one time, over all streams (MiB). A larger file is not described.
    pub limit_mib: u32,
}

impl Default for Scratch {
    fn default() -> Self {
        Self { folder: None, limit_mib: 10 * 1024 }
    }
}

impl Scratch {
    /// What is wrong with it, if anything is.
    pub(super) fn checked(&self) -> Result<(), SpecError> {
        if self.limit_mib == 0 {
            let (name, value, min, max) = ("scratch.limit_mib", 0, 1, u32::MAX);
            return Err(SpecError::OutOfRange { name, value, min, max });
        }
        Ok(())
    }
}
