//! How a migration keeps itself in bounds: retries, leases, bandwidth, autopilot, recovery.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{SpecError, Timetable};
use crate::failure::{Category, Stage};
use crate::record::Failure;

/// How a migration keeps itself in bounds. Adjustable while running.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct Control {
    /// Tries that a record gets where trying again can help.
    pub attempts: u32,
    /// The first retry waits up to this long (milliseconds); each one after it up to twice as long.
    pub backoff_base_ms: u32,
    /// No retry waits longer than this (seconds).
    pub backoff_cap_s: u32,
    /// Retries that an endpoint may get, in percent of its requests, on top of a small floor.
    pub retry_budget_percent: u32,
    /// Other attempts and waits for single categories.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub retry: BTreeMap<Category, RetryRule>,
    /// Whether the next batch starts while the last records of this one drain. Off: a pure barrier.
    pub look_ahead: bool,
    /// Bytes a second that may be read from the sources, by weekday and time.
    pub bandwidth: Timetable,
    /// Memory for bytes in flight, in MiB. Bounds how many records may be in flight.
    pub memory_mib: u32,
    /// How long a record may stay silent.
    pub lease: Lease,
    /// What the program may set by itself.
    pub autopilot: Autopilot,
    /// The lane on which failed records are tried again while the run goes on.
    pub recovery: Recovery,
}

impl Default for Control {
    fn default() -> Self {
        Self {
            attempts: 5,
            backoff_base_ms: 1000,
            backoff_cap_s: 60,
            retry_budget_percent: 20,
            retry: BTreeMap::new(),
            look_ahead: false,
            bandwidth: Timetable::default(),
            memory_mib: 256,
            lease: Lease::default(),
            autopilot: Autopilot::default(),
            recovery: Recovery::default(),
        }
    }
}

/// Attempts and waits of one failure category; what is left out is as for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct RetryRule {
    /// Tries in all.
    pub attempts: Option<u32>,
    /// The first retry waits up to this long (milliseconds).
    pub backoff_base_ms: Option<u32>,
    /// No retry waits longer than this (seconds).
    pub backoff_cap_s: Option<u32>,
}

/// How long a record may stay silent before it is given back: four times the 99th percentile of
/// what records of its stage and size took, within these bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct Lease {
    /// Never less than this (seconds).
    pub floor_s: u32,
    /// Never more than this (seconds).
    pub cap_s: u32,
}

impl Default for Lease {
    fn default() -> Self {
        Self { floor_s: 30, cap_s: 600 }
    }
}

/// What the program may set by itself. A value that a person sets turns its autopilot off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct Autopilot {
    /// How much happens at once: towards each service, and at the disks.
    pub concurrency: bool,
    /// How many records a batch holds.
    pub batch_size: bool,
    /// How long a batch should take, in seconds.
    pub target_batch_s: u32,
}

impl Default for Autopilot {
    fn default() -> Self {
        Self { concurrency: false, batch_size: false, target_batch_s: 60 }
    }
}

/// The recovery lane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct Recovery {
    /// Records that the lane leases at once.
    pub batch_size: u32,
    /// Records in flight on the lane.
    pub concurrency: u32,
    /// Failed records that go onto the lane by themselves.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub schedule: Vec<Schedule>,
}

impl Default for Recovery {
    fn default() -> Self {
        Self { batch_size: 20, concurrency: 2, schedule: Vec::new() }
    }
}

/// A group of failed records that are tried again after a while. What is left out does not narrow
/// the group; the first schedule that covers a failure counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Only this category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Category>,
    /// Only what failed in this stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// Only what failed at this service: scheme, host and port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// Only messages that contain this text, in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// How long after their failure, in seconds.
    pub after_s: u32,
    /// How often; then they stay failed.
    pub times: u32,
}

impl Schedule {
    /// Whether a failure is of this group.
    pub(crate) fn covers(&self, failure: &Failure) -> bool {
        let message = || failure.message.to_lowercase();
        self.category.is_none_or(|category| category == failure.category)
            && self.stage.is_none_or(|stage| stage == failure.stage)
            && self.endpoint.as_deref().is_none_or(|endpoint| Some(endpoint) == failure.endpoint.as_deref())
            && self.message.as_ref().is_none_or(|part| message().contains(&part.to_lowercase()))
    }
}

impl Control {
    /// The settings as they are, or the first that is out of its range.
    pub fn checked(&self) -> Result<(), SpecError> {
        let rules = self.retry.values();
        let own = [
            ("control.attempts", Some(self.attempts), 1, 50),
            ("control.backoff_base_ms", Some(self.backoff_base_ms), 1, 3_600_000),
            ("control.backoff_cap_s", Some(self.backoff_cap_s), 1, 86_400),
            ("control.retry_budget_percent", Some(self.retry_budget_percent), 0, 100),
            ("control.memory_mib", Some(self.memory_mib), 1, 65_536),
            ("control.lease.floor_s", Some(self.lease.floor_s), 1, 86_400),
            ("control.lease.cap_s", Some(self.lease.cap_s), self.lease.floor_s, 604_800),
            ("control.autopilot.target_batch_s", Some(self.autopilot.target_batch_s), 1, 86_400),
            ("control.recovery.batch_size", Some(self.recovery.batch_size), 1, 1000),
            ("control.recovery.concurrency", Some(self.recovery.concurrency), 1, 32),
        ];
        let of_rules = rules.flat_map(|rule| {
            [
                ("control.retry: attempts", rule.attempts, 1, 50),
                ("control.retry: backoff_base_ms", rule.backoff_base_ms, 1, 3_600_000),
                ("control.retry: backoff_cap_s", rule.backoff_cap_s, 1, 86_400),
            ]
        });
        let of_schedule = self.recovery.schedule.iter().flat_map(|schedule| {
            [
                ("control.recovery.schedule: after_s", Some(schedule.after_s), 1, 31_536_000),
                ("control.recovery.schedule: times", Some(schedule.times), 1, 1000),
            ]
        });
        for (name, value, min, max) in own.into_iter().chain(of_rules).chain(of_schedule) {
            if let Some(value) = value.filter(|value| !(min..=max).contains(value)) {
                return Err(SpecError::OutOfRange { name, value, min, max });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_covers_its_group_alone() {
        let schedule = |text: &str| -> Schedule {
            toml::from_str(&format!("after_s = 1\ntimes = 1\n{text}")).expect("a schedule")
        };
        let mut failure =
            Failure::new(Stage::Transform, Category::ServiceError, "rights: 503: In Maintenance");
        failure.endpoint = Some("https://dam.example".into());
        for group in [
            "",
            "category = \"service_error\"",
            "stage = \"transform\"",
            "endpoint = \"https://dam.example\"\nmessage = \"maintenance\"",
        ] {
            assert!(schedule(group).covers(&failure), "{group}");
        }
        for other in [
            "category = \"throttled\"",
            "stage = \"deliver\"",
            "endpoint = \"https://mam.example\"",
            "category = \"service_error\"\nmessage = \"quota\"",
        ] {
            assert!(!schedule(other).covers(&failure), "{other}");
        }
    }
}
