//! What of a migration's progress is worth a notification.

use serde::Serialize;
use sluice_engine::event::{Outage, Progress};
use sluice_engine::record::Balance;
use sluice_engine::state::State;

/// Failed records of one run from which on they are told as many.
const MANY: u64 = 10;

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum News {
    /// The run is at its end.
    Finished { delivered: u64, failed: u64 },
    /// It waits for a service or a volume.
    Outage { outage: Outage },
    /// It was paused because what it waited for did not come back.
    GaveUp { outage: Outage },
    /// Many records fail.
    Failures { failed: u64 },
}

/// What was seen of a migration that is at work.
pub(super) struct Seen {
    state: State,
    pub(super) balance: Balance,
    /// Records that had failed when it began.
    failed_before: u64,
    told_failures: bool,
    has_outage: bool,
}

impl Seen {
    pub(super) fn new(progress: &Progress) -> Self {
        Self {
            state: progress.state,
            balance: progress.balance,
            failed_before: progress.balance.failed,
            told_failures: false,
            has_outage: progress.outage.is_some(),
        }
    }

    /// Takes the next picture; what is new in it.
    pub(super) fn take(&mut self, now: &Progress) -> Option<News> {
        let was_on = self.state.is_active() && self.state != State::Planning;
        let outage = now.outage.as_ref().filter(|_| !self.has_outage);
        self.state = now.state;
        self.balance = now.balance;
        self.has_outage = now.outage.is_some();
        let failed = now.balance.failed.saturating_sub(self.failed_before);
        let Balance { delivered, failed: all_failed, .. } = now.balance;
        match now.state {
            State::Finished if was_on => Some(News::Finished { delivered, failed: all_failed }),
            State::Paused if was_on => now.outage.clone().map(|outage| News::GaveUp { outage }),
            state if state.goes_on() => match outage {
                Some(outage) => Some(News::Outage { outage: outage.clone() }),
                None if failed >= MANY && !self.told_failures => {
                    self.told_failures = true;
                    Some(News::Failures { failed })
                }
                None => None,
            },
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Progress as the engine tells it, with these parts changed.
    fn progress(change: Value) -> Progress {
        let mut all = json!({
            "at_ms": 0, "state": "running", "balance": Balance::default(),
            "limits": sluice_engine::spec::Limits::default(), "in_flight": 0, "bytes_moved": 0,
            "sample": null, "time_left": null, "batch": null, "recovery": null, "concurrency": 8,
            "services": [], "parts": [], "describing": null, "outage": null, "advice": null, "arriving": 0,
        });
        for (name, value) in change.as_object().unwrap() {
            all[name] = value.clone();
        }
        serde_json::from_value(all).unwrap()
    }

    fn failed(failed: u64) -> Value {
        json!({ "balance": Balance { failed, delivered: 5, ..Balance::default() } })
    }

    fn away() -> Outage {
        let why = json!({ "kind": "gone", "place": "/mnt/nas" });
        let outage = json!({ "category": "destination_gone", "message": "/mnt/nas is no longer there", "advice": "",
                             "since_ms": 0, "next_probe_ms": null, "probes": 0, "what": why });
        serde_json::from_value(outage).unwrap()
    }

    fn outage(state: &str) -> Value {
        json!({ "state": state, "outage": away() })
    }

    #[test]
    fn many_failures_are_told_once_a_run_and_those_of_before_do_not_count() {
        let mut seen = Seen::new(&progress(failed(500)));
        assert_eq!(seen.take(&progress(failed(509))), None);
        assert_eq!(seen.take(&progress(failed(510))), Some(News::Failures { failed: 10 }));
        assert_eq!(seen.take(&progress(failed(900))), None);
    }

    #[test]
    fn an_outage_is_told_when_it_begins_and_when_it_was_waited_for_in_vain() {
        let mut seen = Seen::new(&progress(json!({})));
        assert!(away().what.is_some(), "a window says it in its own words");
        assert_eq!(seen.take(&progress(outage("waiting"))), Some(News::Outage { outage: away() }));
        assert_eq!(seen.take(&progress(outage("waiting"))), None);
        assert_eq!(seen.take(&progress(outage("paused"))), Some(News::GaveUp { outage: away() }));
    }

    #[test]
    fn the_end_is_told_but_no_pause_and_no_plan() {
        let mut seen = Seen::new(&progress(json!({ "state": "planning" })));
        assert_eq!(seen.take(&progress(json!({ "state": "ready" }))), None);
        assert_eq!(seen.take(&progress(json!({ "state": "running" }))), None);
        assert_eq!(seen.take(&progress(json!({ "state": "paused" }))), None);
        seen.take(&progress(json!({ "state": "running" })));
        let mut end = failed(2);
        end["state"] = json!("finished");
        assert_eq!(seen.take(&progress(end.clone())), Some(News::Finished { delivered: 5, failed: 2 }));
        assert_eq!(Seen::new(&progress(end.clone())).take(&progress(end)), None, "opened after its end");
    }
}
