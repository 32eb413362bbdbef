//! Why the system does not tell of changes, as a value. The sentence is made of it, in English here; the window makes
//! its own.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::spec::Span;

/// Watched folders are listed again and again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, thiserror::Error)]
#[error("{why}; the watched folders are listed every {every}")]
pub struct Polling {
    /// Why.
    pub why: Unheard,
    /// How often.
    #[ts(type = "string")]
    pub every: Span,
}

/// Why the system does not tell of changes in watched folders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Unheard {
    /// A network tells of nothing that happens at its other side.
    #[error("{folder} is a network mount")]
    Network {
        /// The folder, safe to show.
        folder: String,
    },
    /// It watches as many folders as it may.
    #[error("the system watches no more folders (on Linux, fs.inotify.max_user_watches says how many)")]
    NoMoreWatches,
    /// It refuses for another reason.
    #[error("{said}")]
    Refused {
        /// What it said.
        said: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::EventKind;

    #[test]
    fn the_english_sentence_is_made_of_the_value() {
        let polling = Polling { why: Unheard::Network { folder: "/mnt/nas".into() }, every: Span::s(10) };
        assert_eq!(
            polling.to_string(),
            "/mnt/nas is a network mount; the watched folders are listed every 10s"
        );
        let event = EventKind::WatchPolls { message: polling.to_string(), what: Some(polling) };
        let kept = serde_json::to_value(&event).unwrap();
        assert_eq!(serde_json::from_value::<EventKind>(kept).unwrap(), event);
    }

    #[test]
    fn what_an_earlier_version_wrote_down_is_still_read() {
        let told = serde_json::json!({ "kind": "watch_polls", "message": "a network mount" });
        let event = serde_json::from_value::<EventKind>(told).unwrap();
        assert_eq!(event, EventKind::WatchPolls { message: "a network mount".into(), what: None });
    }
}
