//! A length of time as people write it: `500ms`, `10s`, `5m`, `1h 30m`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A length of time, written with its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(try_from = "String", into = "String")]
#[ts(type = "string")]
pub struct Span(Duration);

/// A length of time that cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is no length of time; write it with its unit, such as 500ms, 10s, 5m or 1h 30m")]
pub struct SpanError {
    text: String,
}

impl Span {
    /// So many milliseconds.
    pub const fn ms(ms: u64) -> Self {
        Self(Duration::from_millis(ms))
    }

    /// So many seconds.
    pub const fn s(s: u64) -> Self {
        Self(Duration::from_secs(s))
    }

    /// How long it is.
    pub const fn duration(self) -> Duration {
        self.0
    }
}

impl FromStr for Span {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, SpanError> {
        let read = text.trim().parse::<SignedDuration>().ok();
        let span = read.and_then(|duration| Duration::try_from(duration).ok());
        span.map(Self).ok_or_else(|| SpanError { text: text.to_owned() })
    }
}

impl fmt::Display for Span {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match SignedDuration::try_from(self.0) {
            Ok(duration) => write!(out, "{duration:#}"),
            Err(_) => write!(out, "{}s", self.0.as_secs()),
        }
    }
}

impl TryFrom<String> for Span {
    type Error = SpanError;

    fn try_from(text: String) -> Result<Self, SpanError> {
        text.parse()
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_they_are_written() {
        for (text, ms) in [("500ms", 500), ("10s", 10_000), ("5m", 300_000), ("1h 30m", 5_400_000)] {
            let span: Span = text.parse().unwrap();
            assert_eq!(span, Span::ms(ms), "{text}");
            assert_eq!(span.to_string().parse::<Span>().unwrap(), span, "{span}");
        }
        for text in ["", "10", "-5s", "soon", "5 parsecs"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }
}
