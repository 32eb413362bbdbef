//! Which object of several under one name came, and which one was written, where services keep versions.

use serde::{Deserialize, Serialize};

/// What services tell of the objects at the two ends: the result of the step [`Objects::STEP`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Objects {
    /// The version that was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source_version: Option<String>,
    /// The class of storage that it lay in, where that is not the ordinary one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source_class: Option<String>,
    /// The version that was written, or found to be the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) target_version: Option<String>,
    /// The checksum that the service gives of both, where it copied by itself: `crc64nvme:hexadecimal`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) service_checksum: Option<String>,
}

impl Objects {
    /// The name of its step.
    pub(crate) const STEP: &'static str = "objects";

    /// What was kept of a record; nothing, where nothing was or it cannot be read.
    pub(crate) fn of(kept: Option<&str>) -> Self {
        kept.and_then(|kept| serde_json::from_str(kept).ok()).unwrap_or_default()
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
