//! Looking at a catalogue.

use sluice_engine::api::{Error, Inspection, inspect_catalogue};
use sluice_engine::report::words::bytes;

use crate::Ending;
use crate::args::CatalogueArgs;
use crate::output::Output;

/// Characters of a cell that are shown on a terminal.
const CELL_SHOWN: usize = 60;

pub(crate) async fn show(args: &CatalogueArgs, output: &Output) -> Result<Ending, Error> {
    let catalogue = args.catalogue()?;
    let inspection = inspect_catalogue(catalogue.clone()).await?;
    output.result(|| describe(&inspection), &inspection);
    if let Some(preset) = &args.save_preset {
        catalogue.save_preset(preset)?;
        output.note(&format!("preset: {}", preset.display()));
    }
    Ok(Ending::Complete)
}

fn describe(found: &Inspection) -> String {
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
    text += "\nWhat is wrong can be overruled: see `sluice catalogue --help`.";
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
