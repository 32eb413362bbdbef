//! Watch folders: a migration that stays open and takes in files as they arrive.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Span, SpecError};

/// How a migration watches its sources. It then never ends by itself, unless `idle_end` is set.
///
/// Every file is taken in once, as soon as it is complete. A file that is gone before that was never
/// found; empty folders are not made, because what is empty now may be about to be filled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct Watch {
    /// A file is complete when its size and its modification time have not changed for so long.
    #[ts(type = "string")]
    pub quiet: Span,
    /// Complete is, instead, what somebody says is complete: `clip.mov` when `clip.mov` followed by this
    /// text (`clip.mov.ready`) is a file beside it, or when its folder, or one above it up to the source,
    /// holds a file of just this name (`.ready`). Files whose name ends with this text are left out,
    /// counted as excluded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub marker: Option<String>,
    /// What becomes of a file that changes after it was delivered.
    pub on_change: OnChange,
    /// Ask the system to tell of changes. It only hurries the next listing up; network mounts are never
    /// asked, because they do not tell what other computers do.
    pub events: bool,
    /// How often the folders are listed anew where the system does not tell of changes.
    #[ts(type = "string")]
    pub poll: Span,
    /// How often they are listed all the same where it does.
    #[ts(type = "string")]
    pub rescan: Span,
    /// End when nothing has arrived, nothing is incomplete and nothing is pending for so long; what waits for
    /// its marker does not count. None: go on until somebody pauses or stops it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(type = "string | null")]
    pub idle_end: Option<Span>,
}

/// What becomes of a file that changes after it was delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum OnChange {
    /// It is a new record with the same target: `on_conflict` says what happens there.
    #[default]
    Again,
    /// It is not delivered again, but counted as excluded (`changed_later`).
    Ignore,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            quiet: Span::s(10),
            marker: None,
            on_change: OnChange::default(),
            events: true,
            poll: Span::s(5),
            rescan: Span::s(60),
            idle_end: None,
        }
    }
}

/// No length of time may be longer.
const LONGEST: Span = Span::s(24 * 3600);

/// The folders are not listed more often than this, or a listing would never end before the next.
const MOST_OFTEN: Span = Span::ms(50);

impl Watch {
    /// What is wrong with it, if anything is.
    pub(super) fn check(&self) -> Result<(), SpecError> {
        let wrong = |what: String| Err(SpecError::Watch { what });
        for (name, span) in [("quiet", self.quiet), ("poll", self.poll), ("rescan", self.rescan)] {
            if !(MOST_OFTEN..=LONGEST).contains(&span) {
                return wrong(format!(
                    "`{name}` in [watch] is {span}, but must be from {MOST_OFTEN} to {LONGEST}"
                ));
            }
        }
        match self.marker.as_deref() {
            Some("") => wrong(
                "`marker` in [watch] is empty; write how a marker's name ends, such as \".ready\"".into(),
            ),
            Some(marker) if marker.len() > 64 || marker.contains(['/', '\\', '\0']) => wrong(format!(
                "`marker` in [watch] is {marker:?}, which is no end of a file's name; write something like \".ready\""
            )),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_refused() {
        let read = |text: &str| toml::from_str::<Watch>(text).map(|watch| watch.check().is_ok());
        assert_eq!(read(""), Ok(true));
        assert_eq!(
            read("quiet = '200ms'\nmarker = '.ready'\nidle_end = '1m'\non_change = 'ignore'"),
            Ok(true)
        );
        for text in ["quiet = '0s'", "poll = '1ms'", "rescan = '48h'", "marker = ''", "marker = 'a/b'"] {
            assert_eq!(read(text), Ok(false), "{text}");
        }
        assert!(read("quiet = '10'").unwrap_err().to_string().contains("unit"));
    }
}
