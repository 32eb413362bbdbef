//! What of a job was changed, for the event log: setting by setting, before and after.

use serde::Serialize;
use serde_json::Value;

use crate::event::{Actor, EventKind, SettingChange};
use crate::spec::JobSpec;

/// Keys of the job whose single settings are told; of the others only that they changed.
const TOLD: [&str; 3] = ["control", "deliver", "endpoints"];

/// The most of a value that is told, in characters.
const LONGEST: usize = 120;

/// The most settings that one event tells.
const MOST: usize = 50;

/// The events that tell how a job was changed.
pub(crate) fn events(by: Actor, before: &JobSpec, after: &JobSpec) -> Vec<EventKind> {
    let (from, to) = (before.limits, after.limits);
    let limits = (from != to).then_some(EventKind::LimitsChanged { by, from, to });
    let mut changes = changes(before, after);
    for change in &mut changes {
        // The name of a service is part of it, and whoever writes a job may call one what they like.
        if let Some((end, _)) = change.setting.char_indices().nth(LONGEST) {
            change.setting.truncate(end);
        }
    }
    let settings = (!changes.is_empty()).then_some(EventKind::SettingsChanged { by, changes });
    limits.into_iter().chain(settings).collect()
}

fn changes(before: &JobSpec, after: &JobSpec) -> Vec<SettingChange> {
    let mut changes = Vec::new();
    let (before, after) = (as_value(before), as_value(after));
    for key in keys(&before, &after) {
        let (from, to) = (before.get(key), after.get(key));
        if key == "limits" || from == to {
            continue;
        }
        if TOLD.contains(&key.as_str()) {
            differences(key, from, to, &mut changes);
        } else {
            changes.push(SettingChange { setting: key.clone(), from: None, to: None });
        }
    }
    changes.truncate(MOST);
    changes
}

fn as_value(job: &JobSpec) -> Value {
    serde_json::to_value(job).unwrap_or_default()
}

/// The keys of two objects together, each once.
fn keys<'a>(one: &'a Value, other: &'a Value) -> impl Iterator<Item = &'a String> {
    let of = |value: &'a Value| value.as_object().into_iter().flat_map(|object| object.keys());
    of(one).chain(of(other).filter(move |key| one.get(key.as_str()).is_none()))
}

fn differences(setting: &str, from: Option<&Value>, to: Option<&Value>, changes: &mut Vec<SettingChange>) {
    if from == to {
        return;
    }
    let is_object = |value: Option<&Value>| value.is_none_or(Value::is_object);
    if is_object(from) && is_object(to) {
        let none = Value::Null;
        for key in keys(from.unwrap_or(&none), to.unwrap_or(&none)) {
            let bare = key.chars().all(|char| char.is_ascii_alphanumeric() || char == '_');
            let below = if bare { format!("{setting}.{key}") } else { format!("{setting}.{key:?}") };
            let of = |value: Option<&'_ Value>| value.and_then(|value| value.get(key)).cloned();
            differences(&below, of(from).as_ref(), of(to).as_ref(), changes);
        }
        return;
    }
    changes.push(SettingChange {
        setting: setting.to_owned(),
        from: from.and_then(line),
        to: to.and_then(line),
    });
}

/// A value as a line; None where it is nothing, or too long for one.
fn line(value: &impl Serialize) -> Option<String> {
    let text = serde_json::to_string(value).ok()?;
    (text != "null" && text.chars().count() <= LONGEST).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(text: &str) -> JobSpec {
        toml::from_str(text).expect("a job")
    }

    fn told(before: &str, after: &str) -> Vec<(String, Option<String>, Option<String>)> {
        let told = changes(&job(before), &job(after));
        told.into_iter().map(|change| (change.setting, change.from, change.to)).collect()
    }

    #[test]
    fn each_setting_is_told_before_and_after() {
        let one = |setting: &str, from: Option<&str>, to: Option<&str>| {
            (setting.to_owned(), from.map(str::to_owned), to.map(str::to_owned))
        };
        let after = "[control]\nbandwidth = \"20MB/s\"\n[control.autopilot]\nconcurrency = true\n\
                     [endpoints.\"https://dam.example\"]\nrate = 5";
        assert_eq!(
            told("", after),
            [
                one("control.bandwidth", Some("\"off\""), Some("\"20MB/s\"")),
                one("control.autopilot.concurrency", Some("false"), Some("true")),
                one("endpoints.\"https://dam.example\".rate", None, Some("5")),
            ]
        );
        assert_eq!(told(after, after), []);
    }

    #[test]
    fn what_is_long_is_told_by_its_name_alone() {
        let lookup = "[[lookup]]\nname = \"rights\"\nurl = \"https://dam.example/{{ path }}\"";
        assert_eq!(told("", lookup), [("lookup".to_owned(), None, None)]);
        let long = format!("[control]\nbandwidth = \"{}off\"", "Mon 08:00 20MB/s; ".repeat(20));
        assert_eq!(told("", &long), [("control.bandwidth".to_owned(), Some("\"off\"".to_owned()), None)]);
    }

    #[test]
    fn limits_have_an_event_of_their_own() {
        let (before, after) = (job(""), job("[limits]\nstreams = 4\n[control]\nlook_ahead = true"));
        let events = events(Actor::JobFile, &before, &after);
        assert!(
            matches!(
                &events[..],
                [
                    EventKind::LimitsChanged { by: Actor::JobFile, .. },
                    EventKind::SettingsChanged { by: Actor::JobFile, changes },
                ] if changes.len() == 1
            ),
            "{events:?}"
        );
    }
}
