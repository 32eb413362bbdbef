//! The event log as a person reads it: newest first, page by page, filtered.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::event::{Actor, Event};

/// Events that are looked at in one go; a rare word must not hold the page up.
const LOOKED_AT: i64 = 20_000;

/// Events that are read at once.
const AT_ONCE: u32 = 2_000;

/// The most events of a page.
const MOST: u32 = 1_000;

/// Which events are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct EventFilter {
    /// Only these kinds, by their words (`outage_began`). Empty: all.
    pub kinds: Vec<String>,
    /// Only what these did. Empty: everybody.
    pub by: Vec<Actor>,
    /// Only what has this text in one of its values, in any case.
    pub text: String,
    /// Of these kinds also what does not have the text: it is in their words on the page.
    pub also: Vec<String>,
    /// Also what has one of these values: it is said with the text on the page.
    pub worded: Vec<Worded>,
}

/// A value of an event that a page says in words of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Worded {
    /// The kind of event, by its word.
    pub kind: String,
    /// Where the value stands, or what it stands in: a JSON pointer (RFC 6901).
    pub at: String,
    /// The value as the event has it.
    pub value: String,
}

/// One page of events, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct EventPage {
    /// The events.
    pub events: Vec<Event>,
    /// Give this as `before` to get the next page. A page may be short, or empty, and have one after it.
    /// None: this was the last.
    pub next: Option<i64>,
}

impl EventFilter {
    fn passes(&self, event: &Event) -> bool {
        if !self.by.is_empty() && !self.by.contains(&event.by) {
            return false;
        }
        if self.text.is_empty() {
            return true;
        }
        let Ok(what) = serde_json::to_value(&event.what) else { return false };
        let kind = what.get("kind").and_then(Value::as_str).unwrap_or_default();
        self.also.iter().any(|also| also == kind)
            || self.worded.iter().any(|worded| worded.kind == kind && worded.is_in(&what))
            || holds(&what, &self.text.to_lowercase())
    }
}

impl Worded {
    fn is_in(&self, what: &Value) -> bool {
        what.pointer(&self.at).is_some_and(|place| has(place, &self.value))
    }
}

/// Whether a value is this text, or has it for one of its values.
fn has(value: &Value, text: &str) -> bool {
    match value {
        Value::String(own) => own == text,
        Value::Array(own) => own.iter().any(|one| has(one, text)),
        Value::Object(own) => own.values().any(|one| has(one, text)),
        Value::Number(_) | Value::Null | Value::Bool(_) => false,
    }
}

/// Whether a value holds a text, which is in lower case.
fn holds(value: &Value, text: &str) -> bool {
    match value {
        Value::String(own) => own.to_lowercase().contains(text),
        Value::Number(own) => own.to_string().contains(text),
        Value::Array(own) => own.iter().any(|one| holds(one, text)),
        Value::Object(own) => own.values().any(|one| holds(one, text)),
        Value::Null | Value::Bool(_) => false,
    }
}

/// The events before number `before` that are wanted, at most `limit` (up to 1,000).
pub(crate) async fn page(
    checkpoint: &Checkpoint,
    filter: &EventFilter,
    before: Option<i64>,
    limit: u32,
) -> Result<EventPage, CheckpointError> {
    let limit = limit.clamp(1, MOST) as usize;
    let end = *checkpoint.last_event().borrow() + 1;
    let mut before = before.unwrap_or(end).min(end);
    let until = before - LOOKED_AT;
    let mut events = Vec::new();
    while before > until.max(1) {
        for event in checkpoint.events_before(before, &filter.kinds, AT_ONCE).await? {
            let seq = event.seq;
            if filter.passes(&event) {
                events.push(event);
            }
            if events.len() == limit {
                return Ok(EventPage { events, next: Some(seq) });
            }
        }
        before -= i64::from(AT_ONCE);
    }
    Ok(EventPage { events, next: (before > 1).then_some(before) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{EventKind, SettingChange};
    use crate::spec::Limits;
    use crate::state::State;

    fn event(what: EventKind) -> Event {
        Event { seq: 1, at_ms: 1, by: what.by(), what }
    }

    #[test]
    fn text_is_looked_for_in_values_and_not_in_their_names() {
        let failed = event(EventKind::FolderFailed { path: "/NAS/Über".into(), message: "full".into() });
        let text = |text: &str| EventFilter { text: text.into(), ..EventFilter::default() };
        assert!(text("über").passes(&failed) && text("FULL").passes(&failed));
        assert!(!text("message").passes(&failed));
        let also = EventFilter { also: vec!["folder_failed".into()], ..text("nothing of the kind") };
        assert!(also.passes(&failed));
    }

    #[test]
    fn what_the_page_says_in_other_words_is_found_by_its_value() {
        let worded = |kind: &str, at: &str, value: &str| EventFilter {
            text: "nothing of the kind".into(),
            worded: vec![Worded { kind: kind.into(), at: at.into(), value: value.into() }],
            ..EventFilter::default()
        };
        let paused = event(EventKind::StateChanged { from: State::Pausing, to: State::Paused });
        assert!(worded("state_changed", "/to", "paused").passes(&paused));
        assert!(!worded("state_changed", "/to", "pausing").passes(&paused), "that is where it comes from");
        assert!(!worded("outage_began", "/to", "paused").passes(&paused));
        let change = SettingChange { setting: "control.look_ahead".into(), from: None, to: None };
        let changed = event(EventKind::SettingsChanged { by: Actor::Person, changes: vec![change] });
        assert!(worded("settings_changed", "/changes", "control.look_ahead").passes(&changed));
        assert!(!worded("settings_changed", "/changes", "control.look").passes(&changed));
    }

    #[test]
    fn whose_doing_it_is_can_be_chosen() {
        let (from, to) = (Limits::default(), Limits { streams: 3, ..Limits::default() });
        let by_hand = event(EventKind::LimitsChanged { by: Actor::Person, from, to });
        let by_file = event(EventKind::LimitsChanged { by: Actor::JobFile, from, to });
        let filter = EventFilter { by: vec![Actor::JobFile], ..EventFilter::default() };
        assert!(filter.passes(&by_file) && !filter.passes(&by_hand));
    }
}
