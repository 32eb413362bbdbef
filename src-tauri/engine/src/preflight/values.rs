//! Values of fields that are none of those that the job lists.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::mapping::Offence;

/// Values counted apart; a column of free text must not fill the memory.
const COUNTED: usize = 10_000;

/// Values shown.
const SHOWN: usize = 200;

/// A value that is none of those that a field may have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct UnmappedValue {
    /// The field.
    pub field: String,
    /// The value; `…` sums up those that are too many to be counted apart.
    pub value: String,
    /// Records that have it.
    pub records: u64,
}

/// Counts such values.
#[derive(Debug, Default)]
pub(crate) struct Unmapped(HashMap<(String, String), u64>);

impl Unmapped {
    pub(crate) fn add(&mut self, offences: Vec<Offence>) {
        for Offence { field, value, is_unmapped, .. } in offences {
            let Some(value) = value.filter(|_| is_unmapped) else { continue };
            let key = (field, value);
            let full = self.0.len() >= COUNTED && !self.0.contains_key(&key);
            *self.0.entry(if full { (key.0, "…".into()) } else { key }).or_default() += 1;
        }
    }

    /// The commonest ones.
    pub(crate) fn shown(self) -> Vec<UnmappedValue> {
        let value = |((field, value), records)| UnmappedValue { field, value, records };
        let mut values: Vec<UnmappedValue> = self.0.into_iter().map(value).collect();
        values.sort_by(|a, b| {
            b.records.cmp(&a.records).then_with(|| (&a.field, &a.value).cmp(&(&b.field, &b.value)))
        });
        values.truncate(SHOWN);
        values
    }
}
