//! Commands that look at a checkpoint and change nothing: status, failures, verify.

use std::path::Path;

use sluice_engine::api::{
    Attempt, Corrections, Error, Exported, ListedFailure, Order, PageAt, Reader, Selection, Status,
};
use sluice_engine::record::show_text;
use sluice_engine::report::words::{bytes, count, timestamp};

use crate::Ending;
use crate::output::Output;

/// Failures listed on a terminal; more belong in a report.
const LISTED: u32 = 50;

pub(crate) async fn status(checkpoint: &Path, output: &Output) -> Result<Ending, Error> {
    let reader = Reader::open(checkpoint).await?;
    let status = reader.status().await?;
    output.result(|| summary(&status), &status);
    reader.close().await;
    Ok(Ending::Complete)
}

pub(crate) async fn failures(
    checkpoint: &Path,
    selection: &Selection,
    export: Option<&Path>,
    output: &Output,
) -> Result<Ending, Error> {
    let reader = Reader::open(checkpoint).await?;
    match export {
        Some(to) => {
            let exported = reader.export_failures(selection, to).await?;
            tell_exported("failed records", &exported, to, output);
        }
        None if output.json => {
            reader.print_failures(selection, std::io::stdout().lock()).await?;
        }
        None => list(&reader, selection).await?,
    }
    reader.close().await;
    Ok(Ending::Complete)
}

/// Writes the catalogue of what was delivered.
pub(crate) async fn catalogue_out(
    checkpoint: &Path,
    all: bool,
    to: &Path,
    output: &Output,
) -> Result<Ending, Error> {
    let reader = Reader::open(checkpoint).await?;
    let exported = reader.export_catalogue(all, to).await;
    reader.close().await;
    tell_exported("records", &exported?, to, output);
    Ok(Ending::Complete)
}

fn tell_exported(what: &str, exported: &Exported, to: &Path, output: &Output) {
    let file = to.display().to_string();
    let value = serde_json::json!({
        "exported": exported.records,
        "file": file,
        "sheets": exported.sheets,
        "long_texts": exported.long_texts,
        "notes": exported.notes,
    });
    let text = || {
        let written = format!("{} {what} written to {file}", count(exported.records));
        std::iter::once(&written).chain(&exported.notes).map(String::as_str).collect::<Vec<_>>().join("\n")
    };
    output.result(text, &value);
}

/// What a corrected report would change.
pub(crate) async fn corrections(checkpoint: &Path, report: &Path, output: &Output) -> Result<Ending, Error> {
    let reader = Reader::open(checkpoint).await?;
    let corrections = reader.corrections(report).await;
    reader.close().await;
    let corrections = corrections?;
    output.result(|| changes(&corrections), &corrections);
    Ok(if corrections.wrong > 0 { Ending::Refused } else { Ending::Complete })
}

/// Corrections as a table.
fn changes(corrections: &Corrections) -> String {
    let mut text = String::new();
    for record in corrections.changes.iter().take(LISTED as usize) {
        let again = if record.again { "" } else { "  (stays failed)" };
        text += &format!("{:>8}  {}{again}\n", record.id, record.source);
        for change in &record.changes {
            let shown = |value: &Option<String>| {
                value.as_deref().map_or_else(|| "(nothing)".into(), |value| format!("{value:?}"))
            };
            text += &format!("          {}: {} → {}\n", change.what, shown(&change.from), shown(&change.to));
        }
    }
    if corrections.changed > u64::from(LISTED) {
        text += &format!("… and {} more records.\n", count(corrections.changed - u64::from(LISTED)));
    }
    for problem in corrections.problems.iter().take(LISTED as usize) {
        text += &format!("{}: {}\n", problem.place, problem.message);
    }
    for note in &corrections.notes {
        text += &format!("note: {note}\n");
    }
    text += &format!(
        "{} rows: {} change {}, {} change nothing, {} make no sense. ",
        count(corrections.rows),
        count(corrections.changed),
        if corrections.changed == 1 { "its record" } else { "their records" },
        count(corrections.unchanged),
        count(corrections.wrong),
    );
    text + match (corrections.wrong, corrections.changed) {
        (0, 0) => "Nothing would change.",
        (0, _) => "Nothing was changed yet; apply it with --apply.",
        _ => "Nothing can be applied until these rows are put right or deleted.",
    }
}

async fn list(reader: &Reader, selection: &Selection) -> Result<(), Error> {
    let at = PageAt { limit: LISTED, ..PageAt::default() };
    let page = reader.list_failures(selection, Order::default(), at).await?;
    if page.failures.is_empty() {
        println!("No record has failed.");
        return Ok(());
    }
    for ListedFailure { record: failure, .. } in &page.failures {
        println!("{:>8}  {}  {}", failure.id, failure.category.word(), failure.source);
        println!("          {} ({}, attempts: {})", failure.message, failure.class.word(), failure.attempts);
        println!("          {}", failure.advice);
        if let Some(note) = &failure.note {
            println!("          left: {}", show_text(note));
        }
    }
    if page.next.is_some() {
        println!("… and more. Write all of them to a file with --export failures.csv.");
    }
    Ok(())
}

/// Every failed attempt of a record, and which objects came and went.
pub(crate) async fn history(checkpoint: &Path, id: i64, output: &Output) -> Result<Ending, Error> {
    let reader = Reader::open(checkpoint).await?;
    let attempts = reader.attempts(id).await?;
    let record = reader.record(id).await?.map(|detail| detail.record);
    reader.close().await;
    let [source_version, source_class, target_version] = match record {
        Some(record) => [record.source_version, record.source_class, record.target_version],
        None => [None, None, None],
    };
    let objects = [
        ("version that was read", &source_version),
        ("storage class that it lay in", &source_class),
        ("version at the destination", &target_version),
    ];
    let objects: Vec<String> = objects
        .into_iter()
        .filter_map(|(what, known)| Some(format!("{what}: {}", known.as_ref()?)))
        .collect();
    output.result(
        || {
            if attempts.is_empty() {
                let none = format!("No attempt of record {id} has failed.");
                return std::iter::once(none).chain(objects.clone()).collect::<Vec<_>>().join("\n");
            }
            let line = |attempt: &Attempt| {
                let at = timestamp(attempt.ended_ms);
                let refunded = if attempt.refunded { " (an outage: not counted)" } else { "" };
                format!(
                    "{:>3}  {at}  {} ms  {}, {}{refunded}\n     {}",
                    attempt.number,
                    attempt.took_ms,
                    attempt.stage.word(),
                    attempt.category.word(),
                    attempt.message
                )
            };
            attempts.iter().map(line).chain(objects.clone()).collect::<Vec<_>>().join("\n")
        },
        &serde_json::json!({
            "attempts": attempts,
            "source_version": source_version,
            "source_class": source_class,
            "target_version": target_version,
        }),
    );
    Ok(Ending::Complete)
}

pub(crate) async fn verify(checkpoint: &Path, output: &Output) -> Result<Ending, Error> {
    let reader = Reader::open(checkpoint).await?;
    let all = reader.status().await?;
    let all = all.balance.delivered + all.balance.skipped;
    let mut told = std::time::Instant::now();
    let report = reader
        .verify(|so_far| {
            if told.elapsed().as_secs() >= 5 {
                told = std::time::Instant::now();
                output.note(&format!("verifying: {} of {} records", count(so_far.checked), count(all)));
            }
        })
        .await?;
    reader.close().await;
    output.result(
        || {
            let mut text = format!(
                "{} checked: {} match, {} by size only, {} missing, {} differ, {} unreadable ({} read)",
                count(report.checked),
                count(report.matching),
                count(report.size_only),
                count(report.missing),
                count(report.differing),
                count(report.unreadable),
                bytes(report.bytes),
            );
            if report.sidecars > 0 {
                text += &format!(
                    "\n{} sidecars checked: {} are not as they were written",
                    count(report.sidecars),
                    count(report.sidecars_wrong)
                );
            }
            if let Some(orphans) = report.orphans.filter(|orphans| *orphans > 0) {
                text += &format!("\n{} files at the destination that no record names", count(orphans));
                for path in report.orphan_paths.iter().take(LISTED as usize) {
                    text += &format!("\n            {path}");
                }
            }
            for problem in report.problems.iter().take(LISTED as usize) {
                text += &format!(
                    "\n  {:>8}  {}  {}: {}; it came from {}",
                    problem.id, problem.problem, problem.target, problem.message, problem.source
                );
            }
            text
        },
        &report,
    );
    Ok(if report.is_clean() { Ending::Complete } else { Ending::WithFailures })
}

/// A migration in a few lines.
pub(crate) fn summary(status: &Status) -> String {
    let balance = &status.balance;
    let mut text = format!("{} · {}\n", show_text(&status.name), status.state.word());
    text += &format!(
        "  {} found = {} delivered + {} failed + {} skipped + {} excluded + {} pending\n",
        count(balance.found),
        count(balance.delivered),
        count(balance.failed),
        count(balance.skipped),
        count(balance.excluded),
        count(balance.pending),
    );
    text += &format!("  {} of {} delivered", bytes(balance.bytes_delivered), bytes(balance.bytes_total));
    if balance.bytes_skipped > 0 {
        text += &format!(", {} were there already", bytes(balance.bytes_skipped));
    }
    text += &format!(
        "\n  batches {} · batch size {} · streams {} · concurrency {}",
        count(status.batches),
        status.limits.batch_size,
        status.limits.streams,
        status.limits.concurrency,
    );
    if status.undescribed > 0 {
        text += &format!("\n  {} files could not be described", count(status.undescribed));
    }
    if let Some(advice) = &status.advice {
        text += &format!("\n  advice: {}", advice.sentence);
    }
    if let Some(outage) = &status.outage {
        text += &format!("\n  waits: {}\n  {}", outage.message, outage.advice);
    }
    for group in &status.failure_groups {
        text += &format!(
            "\n  {} × {} ({}): {}",
            count(group.count),
            group.title,
            group.category.word(),
            group.advice
        );
    }
    text
}
