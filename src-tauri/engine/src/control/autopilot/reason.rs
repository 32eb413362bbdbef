//! What the autopilot changed, and why, in a sentence.

use std::fmt;
use std::time::Duration;

/// A knob was turned. Shown as one sentence for the event log.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Change {
    pub(crate) from: u32,
    pub(crate) to: u32,
    pub(crate) reason: Reason,
}

/// Why, with the figures that decided.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Reason {
    /// Answers are fast with all places taken: more pay.
    Welcome { answer: Duration },
    /// It has been quiet since the service refused so many at once: perhaps it bears them now.
    QuietSince { refused: u32 },
    /// More only made each answer slower.
    MoreDidNotPay { before: Duration, after: Duration },
    /// The service said that it is too much.
    PushedBack,
    /// Answers became slower while nothing was changed here.
    Slower { before: Duration, after: Duration },
    /// Would fewer do?
    TryFewer,
    /// Fewer got as much done.
    FewerDo { before: Duration, after: Duration },
    /// Fewer got less done.
    AllNeeded,
    /// Would more at once get more done?
    TryMore,
    /// More at once moved more (bytes a second, with what each file costs beside its bytes).
    Faster { before: f64, after: f64 },
    /// More at once moved no more.
    NoFaster { before: f64, after: f64 },
    /// Fewer at once moved as much.
    FewerAsFast { before: f64, after: f64 },
    /// Fewer at once moved less.
    FewerSlower { before: f64, after: f64 },
    /// Batches should take `target`.
    BatchTime { took: Duration, target: Duration },
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
}
