//! Looking at a catalogue.

use std::path::PathBuf;

use serde::Serialize;
use sluice_engine::api::{CatalogueTrial, Error, Inspection, inspect_catalogue, try_catalogue};
use sluice_engine::report::words::bytes;
use sluice_engine::spec::{Catalogue, JobSpec};

use crate::Ending;
use crate::args::CatalogueArgs;
use crate::output::Output;

/// Characters of a cell that are shown on a terminal.
const CELL_SHOWN: usize = 60;

/// What `catalogue --json` prints.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    inspection: Inspection,
    /// Where the first rows lead, once it is known which columns hold the path.
    #[serde(skip_serializing_if = "Option::is_none")]
    trial: Option<CatalogueTrial>,
}

pub(crate) async fn show(args: &CatalogueArgs, output: &Output) -> Result<Ending, Error> {
    let catalogue = args.catalogue()?;
    let inspection = inspect_catalogue(catalogue.clone()).await?;
    let trial = if catalogue.path.is_empty() { None } else { Some(try_catalogue(job(&catalogue), 0).await?) };
    let shown = Shown { inspection, trial };
    output.result(|| describe(&shown), &shown);
    if let Some(preset) = &args.save_preset {
        catalogue.save_preset(preset)?;
        output.note(&format!("preset: {}", preset.display()));
    }
    Ok(Ending::Complete)
}

/// A job of this catalogue alone, without a destination.
fn job(catalogue: &Catalogue) -> JobSpec {
    let file = std::path::absolute(&catalogue.file).unwrap_or_else(|_| catalogue.file.clone());
    let catalogues = vec![Catalogue { file, ..catalogue.clone() }];
    JobSpec { catalogues, ..JobSpec::new(Vec::new(), PathBuf::new().into()) }
}

fn describe(shown: &Shown) -> String {
    let found = &shown.inspection;
    let mut text = format!("{} \u{b7} {} \u{b7} {}", found.file, found.format.word(), bytes(found.size));
    for (what, value) in [
        ("encoding", &found.encoding),
        ("delimiter", &found.delimiter),
        ("quote", &found.quote),
        ("sheet", &found.sheet),
    ] {
        if let Some(value) = value {
            text += &format!("\n  {what}: {value}");
        }
    }
    if found.sheets.len() > 1 {
        text += &format!("\n  sheets: {}", found.sheets.join(", "));
    }
    for line in &found.preamble {
        text += &format!("\n  above the header: {}", on_one_line(line));
    }
    match found.header_row {
        Some(row) => text += &format!("\n  header: row {row}"),
        None => text += "\n  header: none",
    }
    let guess = &found.guess;
    for (what, columns) in
        [("path", guess.path.as_slice()), ("id", guess.id.as_slice()), ("size", guess.size.as_slice())]
    {
        if !columns.is_empty() {
            text += &format!("\n  looks like the {what}: {}", columns.join(" / "));
        }
    }
    if let Some(checksum) = &guess.checksum {
        text += &format!("\n  looks like the checksum: {}", checksum.column);
    }
    for row in &found.rows {
        text += &format!("\nrow {}", row.number);
        if let Some(why) = &row.unreadable {
            text += &format!(" cannot be read: {why}");
        }
        let cells = found.columns.iter().zip(&row.cells).filter(|(_, cell)| !cell.is_empty());
        for (column, cell) in cells {
            text += &format!("\n  {column}: {}", on_one_line(cell));
        }
    }
    for warning in &found.warnings {
        text += &format!("\nwarning: {warning}");
    }
    if let Some(trial) = &shown.trial {
        text += &lead(trial);
    }
    text += "\nWhat is wrong can be overruled: see `sluice catalogue --help`.";
    text
}

/// Where the first rows lead.
fn lead(trial: &CatalogueTrial) -> String {
    let there = trial.records.iter().filter(|record| record.is_there).count();
    let mut text =
        format!("\nfiles: {there} of the first {} rows name one that is there", trial.records.len());
    for record in &trial.records {
        if let Some(problem) = &record.problem {
            text += &format!("\n  row {}: {}", record.row.unwrap_or_default(), on_one_line(&problem.message));
        }
    }
    for beginning in &trial.beginnings {
        text += &format!("\n  no --prefix for {}", on_one_line(beginning));
    }
    text
}

fn on_one_line(cell: &str) -> String {
    let mut shown: String =
        cell.chars().take(CELL_SHOWN).map(|char| if char.is_control() { ' ' } else { char }).collect();
    if cell.chars().count() > CELL_SHOWN {
        shown.push('\u{2026}');
    }
    shown
}
