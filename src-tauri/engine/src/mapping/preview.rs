//! A look at what a mapping would make of records, before it is decided. Changes nothing.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

use super::placing::{Ground, Place};
use crate::checkpoint::{Checkpoint, Pending, PendingRecord};
use crate::error::Error;
use crate::preflight::{Fact, Finding, Severity};
use crate::record::{Failure, RecordId};
use crate::report::failures::source_of;
use crate::spec::{JobSpec, Mapping};

/// Records that one preview shows.
const MOST: u32 = 1000;

/// Which records a preview shows, and with which mapping.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct PreviewRequest {
    /// How many records, up to 1,000.
    pub count: u32,
    /// Scattered over the whole plan instead of its beginning; the same number gives the same records.
    pub seed: Option<u32>,
    /// The mapping to try. None: the job's own.
    pub map: Option<Mapping>,
}

/// What a mapping makes of one record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Preview {
    /// The record's number.
    pub id: RecordId,
    /// Full path of the source file, safe to show.
    pub source: String,
    /// Its fields after the mapping, as far as they are known before the run.
    #[ts(type = "Record<string, unknown>")]
    pub fields: Map<String, Value>,
    /// Path below the destination, safe to show. None: it cannot be given, or not before the run.
    pub target: Option<String>,
    /// What is worth knowing of it.
    pub findings: Vec<Finding>,
}

/// Tries a mapping on records of a plan that were never tried.
pub(crate) async fn preview(
    checkpoint: &Checkpoint,
    mut job: JobSpec,
    request: PreviewRequest,
) -> Result<Vec<Preview>, Error> {
    let own = request.map.is_none();
    if let Some(map) = request.map {
        job.map = map;
        job = job.checked()?;
    }
    let count = request.count.min(MOST);
    let chosen = match request.seed {
        Some(seed) => Pending::Random(count, seed),
        None => Pending::First(count),
    };
    let records = checkpoint.pending(chosen).await?;
    let ground = Ground::of(&job, checkpoint.prefixes().await?).await?;
    Ok(records.iter().map(|record| look(record, &job, &ground, own)).collect())
}

/// What becomes of one record. `own`: with the mapping by which it was planned.
pub(super) fn look(record: &PendingRecord, job: &JobSpec, ground: &Ground, own: bool) -> Preview {
    let mut preview = Preview {
        id: record.id,
        source: source_of(&job.roots(), record.source, &record.path),
        fields: fields(record, ground),
        target: None,
        findings: Vec::new(),
    };
    let mut find = |severity, fact| preview.findings.push(Finding::of(severity, 1, fact));
    match ground.place(record) {
        Ok(Place::At { wanted, legal }) => {
            if wanted != legal {
                let (wanted, legal) = (wanted.to_string(), legal.to_string());
                find(Severity::Notes, Fact::BecomesLegal { wanted, legal });
            }
            let planned = record.mapped.as_ref().filter(|planned| own && **planned != legal);
            if let Some(planned) = planned {
                let (target, proposed) = (legal.to_string(), planned.to_string());
                find(Severity::Warns, Fact::TargetTaken { target, proposed });
            }
            preview.target = Some(planned.unwrap_or(&legal).to_string());
        }
        Ok(Place::Later) => {
            find(Severity::Notes, Fact::TargetLater { variable: ground.late_target(record) });
        }
        Err(failure) => {
            let Failure { category, message: said, why, .. } = failure;
            find(Severity::Warns, Fact::RecordFails { category, said, why });
        }
    }
    preview
}

/// The fields after the mapping; where it fails, those that the record has.
fn fields(record: &PendingRecord, ground: &Ground) -> Map<String, Value> {
    let mapped = ground.mapper.fields_planned(&ground.facts(record));
    mapped.unwrap_or_else(|| record.fields.clone())
}
