//! What becomes of a record that has no file of its own under its final name. Here, and only here, it is
//! decided whether a failed record is tried again, and how a group shares what befalls one of it.

use std::time::Duration;

use super::{End, From, Settled};
use crate::checkpoint::incomplete;
use crate::control::retry::next_try;
use crate::failure::{Category, Stage};
use crate::record::{Failure, OutcomeKind};
use crate::spec::Control;
use crate::stage::Processed;
use crate::stream::Work;

/// A record that ends alone.
pub(super) fn end(from: From, processed: Processed, work: &Work) -> Settled {
    let (bytes, kind) = match processed {
        Processed::Arrived(arrived) => (arrived.bytes, arrived.outcome()),
        Processed::Failed(failure) => {
            let tries = from.record.tries + 1;
            match next_try(&work.controls.settings(), &failure, tries, fastrand::f64()) {
                Some(wait) => {
                    let hung = failure.category == Category::Timeout;
                    (0, OutcomeKind::Retry { failure, wait, hung })
                }
                None => (0, OutcomeKind::Failed(failure)),
            }
        }
        Processed::Later(wait) => (0, OutcomeKind::Later { wait }),
        Processed::Returned(away) => {
            if let Some(away) = away {
                work.intake.report_outage(away);
            }
            (0, OutcomeKind::Returned)
        }
        // Staged records are settled, not ended; one that came here would be removed and tried again.
        Processed::Staged(_) | Processed::Unfinished => (0, OutcomeKind::Returned),
    };
    Settled { from, end: End::Outcome(bytes, kind) }
}

/// What a group shares that does not come through.
#[derive(Debug, PartialEq)]
enum Shared {
    /// One of it goes back untouched.
    Returned,
    /// One of it failed for good.
    Failed { why: String },
    /// One of it failed, and all are tried again after this.
    Retry { why: String, wait: Duration, hung: bool },
    /// One of it waits for its service.
    Later { wait: Duration },
}

/// The records of a group that does not come through. What was staged of it is removed; what is at the
/// destination already is counted as it is.
pub(super) fn end_together(members: Vec<(From, Processed)>, work: &Work) -> Vec<Settled> {
    let processed: Vec<_> = members.iter().map(|(from, processed)| (&from.record.path, processed)).collect();
    // All of them are tried together, so that the one that was tried most counts.
    let tries = members.iter().map(|(from, _)| from.record.tries).max().unwrap_or_default() + 1;
    let shared = share(&processed, tries, &work.controls.settings(), fastrand::f64());
    let together = |(from, processed): (From, Processed)| {
        let why = |why: &String| Failure::new(Stage::Deliver, Category::GroupIncomplete, why);
        let kind = match (processed, &shared) {
            (arrived @ Processed::Arrived(_), _) => return end(from, arrived, work),
            (returned @ Processed::Returned(_), _) => return end(from, returned, work),
            (_, Shared::Returned) => OutcomeKind::Returned,
            (_, Shared::Later { wait }) => OutcomeKind::Later { wait: *wait },
            (Processed::Failed(failure), Shared::Failed { .. }) => OutcomeKind::Failed(failure),
            (Processed::Failed(failure), Shared::Retry { wait, hung, .. }) => {
                OutcomeKind::Retry { failure, wait: *wait, hung: *hung }
            }
            (_, Shared::Failed { why: cause }) => OutcomeKind::Failed(why(cause)),
            (_, Shared::Retry { why: cause, wait, hung }) => {
                OutcomeKind::Retry { failure: why(cause), wait: *wait, hung: *hung }
            }
        };
        Settled { from, end: End::Outcome(0, kind) }
    };
    members.into_iter().map(together).collect()
}

/// The heaviest of what befell a group. `tries`: those that it had, this one included.
fn share(
    members: &[(&crate::record::RawPath, &Processed)],
    tries: u32,
    control: &Control,
    random: f64,
) -> Shared {
    let mut shared = Shared::Returned;
    for (path, processed) in members {
        let this = match processed {
            Processed::Returned(_) => return Shared::Returned,
            Processed::Failed(failure) => {
                let why = incomplete(path, failure.category.word(), &failure.message);
                match next_try(control, failure, tries, random) {
                    Some(wait) => Shared::Retry { why, wait, hung: failure.category == Category::Timeout },
                    None => Shared::Failed { why },
                }
            }
            Processed::Later(wait) => Shared::Later { wait: *wait },
            Processed::Staged(_) | Processed::Arrived(_) | Processed::Unfinished => continue,
        };
        if this.weight() > shared.weight() {
            shared = this;
        }
    }
    shared
}

impl Shared {
    /// What cannot be mended weighs most, then what takes longest.
    fn weight(&self) -> (u8, Duration) {
        match self {
            Self::Returned => (0, Duration::ZERO),
            Self::Later { wait } => (1, *wait),
            Self::Retry { wait, .. } => (2, *wait),
            Self::Failed { .. } => (3, Duration::ZERO),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::RawPath;

    fn failed(category: Category) -> Processed {
        Processed::Failed(Failure::new(Stage::Ingest, category, "said"))
    }

    fn shared(members: &[Processed], tries: u32) -> Shared {
        let paths: Vec<RawPath> = (0..members.len()).map(|n| RawPath(format!("{n}").into_bytes())).collect();
        let members: Vec<_> = paths.iter().zip(members).collect();
        share(&members, tries, &Control::default(), 1.0)
    }

    #[test]
    fn the_heaviest_of_what_befell_a_group_befalls_all_of_it() {
        use Processed::{Later, Returned, Unfinished};
        let later = || Later(Duration::from_secs(9));
        let transient = || failed(Category::SourceIo);
        let permanent = || failed(Category::SourceUnreadable);
        assert_eq!(shared(&[Unfinished, later()], 1), Shared::Later { wait: Duration::from_secs(9) });
        let why = "it belongs together with 1, which failed (source_io): said".to_owned();
        assert_eq!(
            shared(&[later(), transient(), Unfinished], 1),
            Shared::Retry { why: why.clone(), wait: Duration::from_secs(1), hung: false }
        );
        assert_eq!(shared(&[later(), transient()], 5), Shared::Failed { why }, "its tries are used up");
        let Shared::Retry { hung: true, .. } = shared(&[failed(Category::Timeout), Unfinished], 1) else {
            panic!("all of it waits where nobody waits for it")
        };
        let Shared::Failed { why } = shared(&[transient(), permanent(), later()], 1) else { panic!() };
        assert!(why.contains("with 1, which failed (source_unreadable)"), "{why}");
        assert_eq!(
            shared(&[permanent(), Returned(None)], 1),
            Shared::Returned,
            "cut off: nothing is known yet"
        );
    }
}
