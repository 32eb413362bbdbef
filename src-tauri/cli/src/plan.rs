//! The pre-flight: what a job would do, without moving anything.

use serde::Serialize;
use sluice_engine::api::{Error, Migration, Preview, PreviewRequest};
use sluice_engine::preflight::{Finding, NameReason, Preflight, Severity};
use sluice_engine::report::words::{bytes, count, duration};
use sluice_engine::spec::JobSpec;

use crate::Ending;
use crate::args::Plan;
use crate::execute::planned;
use crate::output::Output;

/// Names, values and targets shown on a terminal; `--findings` writes all.
const SHOWN: usize = 10;

/// What `plan --json` prints.
#[derive(Serialize)]
struct Planned {
    #[serde(flatten)]
    preflight: Preflight,
    #[serde(skip_serializing_if = "Option::is_none")]
    preview: Option<Vec<Preview>>,
}

/// Plans into a checkpoint that is gone afterwards: a later run plans afresh.
pub(crate) async fn plan(plan: &Plan, output: &Output) -> Result<Ending, Error> {
    let job = JobSpec::load(&plan.job)?.checked()?;
    let folder = tempfile::tempdir().map_err(|error| Error::Report { path: std::env::temp_dir(), error })?;
    let migration = Migration::create(&folder.path().join("plan.sluice"), job).await?;
    let looked = look(&migration, plan, output).await;
    migration.close().await?;
    let planned = looked?;
    output.result(|| describe(&planned), &planned);
    Ok(if planned.preflight.blocker().is_some() { Ending::Refused } else { Ending::Complete })
}

async fn look(migration: &Migration, plan: &Plan, output: &Output) -> Result<Planned, Error> {
    let mut preflight = planned(migration, output).await?;
    preflight.findings.extend(migration.look_at_services().await);
    preflight.findings.sort_by_key(|finding| finding.severity != Severity::Blocks);
    let preview = match plan.preview {
        Some(count) => Some(migration.preview(PreviewRequest { count, seed: plan.seed, map: None }).await?),
        None => None,
    };
    if let Some(to) = &plan.findings {
        let lines = migration.export_findings(&preflight, to).await?;
        output.note(&format!("{} findings written to {}", count(lines), to.display()));
    }
    Ok(Planned { preflight, preview })
}

/// A pre-flight in words.
fn describe(planned: &Planned) -> String {
    let preflight = &planned.preflight;
    let balance = &preflight.balance;
    let mut text = format!(
        "{} records found, {} to move, {} in all\n",
        count(balance.found),
        count(balance.pending),
        bytes(balance.bytes_pending())
    );
    for kind in &preflight.by_type {
        let name = if kind.extension.is_empty() { "(no extension)" } else { &kind.extension };
        text += &format!("  {name:<16} {:>12}  {:>10}\n", count(kind.count), bytes(kind.bytes));
    }
    if let Some(space) = preflight.space {
        text += &format!("space: {} needed, {} free\n", bytes(space.needed), bytes(space.free));
    }
    if let Some(left) = preflight.estimate {
        text += &format!("time: roughly {} to {}\n", duration(left.low_s), duration(left.high_s));
    }
    for finding in &preflight.findings {
        text += &in_words(finding);
    }
    for change in preflight.name_changes.iter().take(SHOWN) {
        let why = match change.reason {
            NameReason::Collision => "taken",
            NameReason::Illegal => "illegal",
        };
        text += &format!("  {:>8}  {why}: {} → {}\n", change.record, change.wanted, change.proposed);
    }
    for value in preflight.unmapped.iter().take(SHOWN) {
        text += &format!(
            "  {:>8} × {} = \"{}\" is not in its list\n",
            count(value.records),
            value.field,
            value.value
        );
    }
    match &planned.preview {
        Some(previews) => previews.iter().for_each(|preview| text += &show(preview)),
        None => {
            // A target that is known only in the run is a finding of its own.
            for (source, target) in
                preflight.samples.iter().filter_map(|sample| Some((&sample.source, sample.target.as_ref()?)))
            {
                text += &format!("  {source} → {target}\n");
            }
        }
    }
    text += "Nothing was moved.";
    text
}

fn in_words(finding: &Finding) -> String {
    let mark = match finding.severity {
        Severity::Blocks => "cannot start",
        Severity::Warns => "warning",
        Severity::Notes => "note",
    };
    let mut text = format!("{mark}: {}", finding.message);
    if !finding.advice.is_empty() {
        text += &format!(". {}", finding.advice);
    }
    text.push('\n');
    text
}

/// One record of a preview.
fn show(preview: &Preview) -> String {
    let mut text = format!(
        "{:>8}  {}\n          → {}\n",
        preview.id,
        preview.source,
        preview.target.as_deref().unwrap_or("?")
    );
    for (field, value) in &preview.fields {
        text += &format!("          {field} = {value}\n");
    }
    for finding in &preview.findings {
        text += &format!("          {}", in_words(finding));
    }
    text
}
