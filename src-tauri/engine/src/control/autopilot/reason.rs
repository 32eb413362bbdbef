//! What the autopilot changed, and why: a value with its figures. The sentence is made of it, in English
//! here; the window makes its own.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A knob was turned. Shown as one sentence for the event log.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Change {
    pub(crate) from: u32,
    pub(crate) to: u32,
    pub(crate) reason: Reason,
}

/// What the autopilot turned, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Turn {
    /// What it turned.
    pub knob: Knob,
    /// Why.
    pub reason: Reason,
}

/// What the autopilot can turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Knob {
    /// Records in flight.
    Concurrency,
    /// Records of a batch.
    BatchSize,
    /// Requests in flight at one service.
    Service {
        /// Scheme, host and port.
        name: String,
    },
}

/// Why, with the figures that decided: times in seconds, rates in bytes a second.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reason {
    /// Answers are fast with all places taken: more pay.
    Welcome {
        /// How long an answer takes.
        #[serde(with = "seconds")]
        #[ts(as = "f64")]
        answer: Duration,
    },
    /// It has been quiet since the service refused so many at once: perhaps it bears them now.
    QuietSince {
        /// How many.
        refused: u32,
    },
    /// More only made each answer slower.
    MoreDidNotPay {
        /// How long an answer took.
        #[serde(with = "seconds")]
        #[ts(as = "f64")]
        before: Duration,
        /// How long it takes.
        #[serde(with = "seconds")]
        #[ts(as = "f64")]
        after: Duration,
    },
    /// The service said that it is too much.
    PushedBack,
    /// Answers became slower while nothing was changed here.
    Slower {
        /// How long an answer took.
        #[serde(with = "seconds")]
        #[ts(as = "f64")]
        before: Duration,
        /// How long it takes.
        #[serde(with = "seconds")]
        #[ts(as = "f64")]
        after: Duration,
    },
    /// Would fewer do?
    TryFewer,
    /// Fewer got as much done.
    FewerDo {
        /// How long an answer took.
        #[serde(with = "seconds")]
        #[ts(as = "f64")]
        before: Duration,
        /// How long it takes.
        #[serde(with = "seconds")]
        #[ts(as = "f64")]
        after: Duration,
    },
    /// Fewer got less done.
    AllNeeded,
    /// Would more at once get more done?
    TryMore,
    /// More at once moved more (what each file costs beside its bytes is counted with them).
    Faster {
        /// How much moved.
        before: f64,
        /// How much moves.
        after: f64,
    },
    /// More at once moved no more.
    NoFaster {
        /// How much moved.
        before: f64,
        /// How much moves.
        after: f64,
    },
    /// Fewer at once moved as much.
    FewerAsFast {
        /// How much moved.
        before: f64,
        /// How much moves.
        after: f64,
    },
    /// Fewer at once moved less.
    FewerSlower {
        /// How much moved.
        before: f64,
        /// How much moves.
        after: f64,
    },
    /// Batches should take `target`.
    BatchTime {
        /// How long one took.
        #[serde(with = "seconds")]
        #[ts(as = "f64")]
        took: Duration,
        /// How long one should take.
        #[serde(with = "seconds")]
        #[ts(as = "f64")]
        target: Duration,
    },
}

/// A time as a number of seconds.
mod seconds {
    use std::time::Duration;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(time.as_secs_f64())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        Duration::try_from_secs_f64(f64::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl fmt::Display for Knob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Concurrency => f.write_str("concurrency"),
            Self::BatchSize => f.write_str("batch size"),
            Self::Service { name } => write!(f, "concurrency towards {name}"),
        }
    }
}

impl Change {
    /// Whether this only asks a question for a moment, or takes it back because the answer was no.
    /// The rules ask every few seconds, for weeks: such a line is for the technical log.
    pub(crate) fn is_trial(&self) -> bool {
        use Reason::{AllNeeded, FewerSlower, MoreDidNotPay, NoFaster, TryFewer, TryMore};
        matches!(
            self.reason,
            AllNeeded | FewerSlower { .. } | MoreDidNotPay { .. } | NoFaster { .. } | TryFewer | TryMore
        )
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to, reason } = *self;
        match reason {
            Reason::Welcome { answer } => {
                let answer = Span(answer);
                let more = to.saturating_sub(from);
                write!(f, "the service answers in {answer} with all {from} places taken: {more} more")
            }
            Reason::QuietSince { refused } => {
                write!(f, "the service has refused none since {refused} were too many: {from} to {to}")
            }
            Reason::MoreDidNotPay { before, after } => {
                let (before, after) = (Span(before), Span(after));
                write!(f, "with {from} places answers take {after} instead of {before}: back to {to}")
            }
            Reason::PushedBack => write!(f, "the service asked to slow down: {from} to {to}"),
            Reason::Slower { before, after } => {
                let (before, after) = (Span(before), Span(after));
                write!(f, "answers take {after} instead of {before}: {from} to {to}")
            }
            Reason::TryFewer => write!(f, "to see whether fewer do as well: {from} to {to}"),
            Reason::FewerDo { before, after } => {
                let (before, after) = (Span(before), Span(after));
                write!(f, "fewer get as much done, in {after} instead of {before} each: {from} to {to}")
            }
            Reason::AllNeeded => write!(f, "{from} get less done: back to {to}"),
            Reason::TryMore => write!(f, "to see whether more get more done: {from} to {to}"),
            Reason::Faster { before, after } => {
                let (before, after) = (Rate(before), Rate(after));
                write!(f, "{from} at once move {after} instead of {before}: on to {to}")
            }
            Reason::NoFaster { before, after } => {
                let (before, after) = (Rate(before), Rate(after));
                write!(f, "{from} at once move {after}, {to} moved {before}: back to {to}")
            }
            Reason::FewerAsFast { before, after } => {
                let (before, after) = (Rate(before), Rate(after));
                write!(f, "{from} at once move {after} where more moved {before}: on to {to}")
            }
            Reason::FewerSlower { before, after } => {
                let (before, after) = (Rate(before), Rate(after));
                write!(f, "{from} at once move {after} instead of {before}: back to {to}")
            }
            Reason::BatchTime { took, target } => {
                let (took, target) = (Span(took), Span(target));
                write!(f, "a batch took {took} and should take {target}: {from} to {to} records")
            }
        }
    }
}

/// A time as a person says it.
struct Span(Duration);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs_f64();
        if seconds < 0.9995 {
            write!(f, "{:.0} ms", seconds * 1000.0)
        } else if seconds < 10.0 {
            write!(f, "{seconds:.1} s")
        } else {
            write!(f, "{seconds:.0} s")
        }
    }
}

/// Bytes a second as a person says it.
struct Rate(f64);

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            rate if rate < 1e6 => write!(f, "{:.0} kB/s", rate / 1e3),
            rate if rate < 1e9 => write!(f, "{:.0} MB/s", rate / 1e6),
            rate => write!(f, "{:.1} GB/s", rate / 1e9),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::EventKind;

    fn sentence(from: u32, to: u32, reason: Reason) -> String {
        Change { from, to, reason }.to_string()
    }

    #[test]
    fn a_change_is_told_in_the_words_of_a_librarian() {
        let (before, after) = (Duration::from_millis(80), Duration::from_millis(310));
        assert_eq!(
            sentence(8, 9, Reason::Welcome { answer: before }),
            "the service answers in 80 ms with all 8 places taken: 1 more"
        );
        assert_eq!(
            sentence(12, 10, Reason::Slower { before, after }),
            "answers take 310 ms instead of 80 ms: 12 to 10"
        );
        assert_eq!(sentence(12, 10, Reason::PushedBack), "the service asked to slow down: 12 to 10");
        assert_eq!(
            sentence(8, 4, Reason::NoFaster { before: 52.4e6, after: 53e6 }),
            "8 at once move 53 MB/s, 4 moved 52 MB/s: back to 4"
        );
        assert!(Change { from: 8, to: 10, reason: Reason::TryMore }.is_trial());
        assert!(!Change { from: 12, to: 10, reason: Reason::PushedBack }.is_trial());
        let (took, target) = (Duration::from_millis(4_200), Duration::from_secs(60));
        assert_eq!(
            sentence(1000, 2000, Reason::BatchTime { took, target }),
            "a batch took 4.2 s and should take 60 s: 1000 to 2000 records"
        );
    }

    #[test]
    fn a_turn_is_the_same_after_it_was_kept() {
        let (before, after) = (Duration::from_millis(80), Duration::from_millis(310));
        let turn = Turn { knob: Knob::BatchSize, reason: Reason::Slower { before, after } };
        let kept = serde_json::to_value(&turn).unwrap();
        assert_eq!(
            kept,
            serde_json::json!({
                "knob": { "kind": "batch_size" },
                "reason": { "kind": "slower", "before": 0.08, "after": 0.31 },
            })
        );
        assert_eq!(serde_json::from_value::<Turn>(kept).unwrap(), turn);
    }

    #[test]
    fn what_another_version_wrote_down_is_still_read() {
        let earlier = serde_json::json!({
            "kind": "autopilot_changed", "knob": "concurrency", "from": 8, "to": 12, "reason": "it pays",
        });
        let mut later = earlier.clone();
        later["what"] = serde_json::json!({ "knob": { "kind": "moon" }, "reason": { "kind": "full" } });
        for told in [earlier, later] {
            let event = serde_json::from_value::<EventKind>(told).unwrap();
            let EventKind::AutopilotChanged { reason, what, .. } = event else { panic!("another event") };
            assert_eq!((reason.as_str(), what), ("it pays", None));
        }
    }
}
