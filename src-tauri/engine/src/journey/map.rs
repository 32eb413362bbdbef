//! Where the record goes, and what its fields are.

use serde_json::json;

use super::{Known, Stop, Way};
use crate::record::{RawPath, StepResult, hex};
use crate::stage;

impl Way<'_> {
    /// Works out where the record goes, and its fields, from all that is known of it now. A target that
    /// was not planned is kept before a byte is written.
    pub(super) async fn map(&self, known: &mut Known) -> Result<RawPath, Stop> {
        let mapped = stage::map(self.record, &self.facts(known), known.named.clone(), &self.work.site)?;
        known.fields = mapped.fields;
        let is_late = self.work.site.mapper.has_target() || known.named.is_some();
        if self.record.mapped.is_none() && is_late {
            self.keep(StepResult::MAPPED, json!(hex(&mapped.target.0))).await;
        }
        Ok(mapped.target)
    }
}
