//! The failure report as a page: the account, the causes with their advice, and the first records.

use std::io::Write;
use std::path::Path;

use crate::api::{Cause, Selection};
use crate::checkpoint::Checkpoint;
use crate::clock::now_ms;
use crate::error::Error;
use crate::proof::{TOOL, who};
use crate::record::Balance;
use crate::report::html::{Page, Shown};
use crate::report::table::Exported;
use crate::report::words::{bytes, count, timestamp};

/// Records in the page: it is to be read, and printed.
const RECORDS: u64 = 2_000;

/// Writes the chosen failures as a page.
pub(super) async fn write(
    checkpoint: &Checkpoint,
    selection: &Selection,
    out: impl Write,
    to: &Path,
) -> Result<Exported, Error> {
    let failed = |error| Error::Report { path: to.to_owned(), error };
    let job = checkpoint.job().await?;
    let causes: Vec<Cause> = checkpoint.causes(selection).await?.into_iter().map(Cause::from).collect();
    let all: u64 = causes.iter().map(|cause| cause.count).sum();
    let balance = checkpoint.balance().await?;

    let mut page = Page::begin(out, &format!("Failed records: {}", job.name)).map_err(failed)?;
    let migration = checkpoint.uuid().await?;
    page.facts(&[
        ("Migration", migration),
        ("File", checkpoint.path().display().to_string()),
        ("Destination", job.destination.to_string()),
        ("Written", format!("{} by {}, {TOOL}", timestamp(now_ms()), who())),
    ])
    .and_then(|()| account(&mut page, &balance))
    .and_then(|()| causes_of(&mut page, &causes, all))
    .and_then(|()| page.heading("Records"))
    .map_err(failed)?;
    page.left_out(RECORDS, all).map_err(failed)?;
    page.begin_table(&["No.", "Source", "Cause", "Message", "Note", "Tries", "Size", "Failed"])
        .map_err(failed)?;
    let mut written = 0;
    super::each_of_first(checkpoint, selection, to, RECORDS, |record| {
        written += 1;
        let shown = &record.shown;
        page.row(&[
            Shown::Number(shown.id.to_string()),
            Shown::Text(&shown.source),
            Shown::Text(shown.category.title()),
            Shown::Text(&shown.message),
            Shown::maybe(shown.note.as_deref()),
            Shown::count(shown.attempts.into()),
            Shown::Number(bytes(shown.size)),
            Shown::Text(&timestamp(shown.failed_ms)),
        ])
    })
    .await?;
    page.end_table().and_then(|()| page.end()).map_err(failed)?;
    let mut exported = Exported { records: written, sheets: 1, ..Exported::default() };
    if all > written {
        exported.notes.push(format!(
            "The page holds {} of {} records; export CSV, XLSX or JSON to have them all.",
            count(written),
            count(all)
        ));
    }
    Ok(exported)
}

/// The numbers that add up.
pub(crate) fn account<W: Write>(page: &mut Page<W>, balance: &Balance) -> std::io::Result<()> {
    page.heading("Account")?;
    page.says(
        if balance.holds() { "good" } else { "bad" },
        &format!(
            "{} found = {} delivered + {} failed + {} skipped + {} left out + {} pending",
            count(balance.found),
            count(balance.delivered),
            count(balance.failed),
            count(balance.skipped),
            count(balance.excluded),
            count(balance.pending),
        ),
    )?;
    page.says(
        "quiet",
        &format!("{} of {} delivered", bytes(balance.bytes_delivered), bytes(balance.bytes_total)),
    )
}

fn causes_of<W: Write>(page: &mut Page<W>, causes: &[Cause], all: u64) -> std::io::Result<()> {
    page.heading("Causes")?;
    page.begin_table(&["Records", "Share", "Cause", "Message", "Service", "First", "Last", "What to do"])?;
    for cause in causes {
        page.row(&[
            Shown::count(cause.count),
            Shown::Number(format!("{:.1} %", cause.count as f64 * 100.0 / all.max(1) as f64)),
            Shown::Text(&cause.title),
            Shown::Text(cause.message.as_deref().unwrap_or("messages of many kinds")),
            Shown::maybe(cause.endpoint.as_deref()),
            Shown::Text(&timestamp(cause.first_ms)),
            Shown::Text(&timestamp(cause.last_ms)),
            Shown::Text(&cause.advice),
        ])?;
    }
    page.end_table()
}
