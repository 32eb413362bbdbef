//! The failure report: CSV for spreadsheets, JSON for scripts. Written page by page, so that a
//! million failures need no more memory than one.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::api::{FailedRecord, Selection};
use crate::checkpoint::{Checkpoint, FailedRow};
use crate::error::Error;
use crate::failure::{Category, Stage};
use crate::record::RecordId;
use crate::report::words::timestamp;
use crate::spec::JobSpec;
use crate::storage::local::platform::to_shown;

/// Records read at once.
const PAGE: u32 = 1000;

/// How a report is written.
enum Writer<W: Write> {
    Csv(Box<csv::Writer<W>>),
    Json { out: W, first: bool },
}

/// Writes the chosen failures to a file; its ending says how. Gives their number.
///
/// The report is written beside its place first, so that an old report is never half replaced.
pub(crate) async fn export(checkpoint: &Checkpoint, selection: &Selection, to: &Path) -> Result<u64, Error> {
    let ending = to.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    let failed = |error| Error::Report { path: to.to_owned(), error };
    let is_csv = match ending.as_deref() {
        Some("csv") => true,
        Some("json") => false,
        _ => return Err(Error::ReportKind { path: to.to_owned() }),
    };
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let draft =
        tempfile::Builder::new().prefix(".sluice-").suffix(".part").tempfile_in(folder).map_err(failed)?;
    let out = BufWriter::new(draft.reopen().map_err(failed)?);
    let count = if is_csv {
        write(checkpoint, selection, Writer::csv(out).map_err(failed)?, to).await?
    } else {
        write(checkpoint, selection, Writer::json(out).map_err(failed)?, to).await?
    };
    draft.as_file().sync_all().map_err(failed)?;
    draft.persist(to).map_err(|error| failed(error.error))?;
    Ok(count)
}

/// Writes the chosen failures as JSON, for standard output.
pub(crate) async fn print_json(
    checkpoint: &Checkpoint,
    selection: &Selection,
    out: impl Write,
) -> Result<u64, Error> {
    let place = Path::new("standard output");
    let failed = |error| Error::Report { path: place.to_owned(), error };
    write(checkpoint, selection, Writer::json(out).map_err(failed)?, place).await
}

async fn write<W: Write>(
    checkpoint: &Checkpoint,
    selection: &Selection,
    mut writer: Writer<W>,
    place: &Path,
) -> Result<u64, Error> {
    let failed = |error| Error::Report { path: place.to_owned(), error };
    let job = checkpoint.job().await?;
    let (mut after, mut count) = (0, 0);
    loop {
        let page = page(checkpoint, &job, selection, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        count += page.len() as u64;
        for record in &page {
            writer.add(record).map_err(failed)?;
        }
    }
    writer.end().map_err(failed)?;
    Ok(count)
}

/// A page of failures, ready to show.
pub(crate) async fn page(
    checkpoint: &Checkpoint,
    job: &JobSpec,
    selection: &Selection,
    after: RecordId,
    limit: u32,
) -> Result<Vec<FailedRecord>, Error> {
    let rows = checkpoint.failed_after(selection, after, limit).await?;
    Ok(rows.into_iter().map(|row| shown(job, row)).collect())
}

fn shown(job: &JobSpec, row: FailedRow) -> FailedRecord {
    let category: Category = row.category.parse().unwrap_or(Category::Internal);
    let source = job.sources.get(row.source).map(|source| to_shown(source.as_os_str())).unwrap_or_default();
    FailedRecord {
        id: row.id,
        source: if row.path.0.is_empty() {
            source
        } else {
            format!("{source}{}{}", std::path::MAIN_SEPARATOR, row.path)
        },
        stage: Stage::from_word(&row.stage).unwrap_or(Stage::Plan),
        category,
        class: category.class(),
        attempts: row.attempts,
        message: row.message,
        advice: category.advice().to_owned(),
        size: row.size,
        failed_ms: row.ended_ms,
        endpoint: row.endpoint,
        http_status: row.http_status,
        note: row.note,
        due_ms: row.due_ms,
    }
}

impl<W: Write> Writer<W> {
    fn csv(mut out: W) -> io::Result<Self> {
        // Excel takes a CSV without this mark for the system's old code page.
        out.write_all("\u{feff}".as_bytes())?;
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record([
            "id",
            "source",
            "stage",
            "category",
            "class",
            "attempts",
            "message",
            "advice",
            "size",
            "failed_at",
            "endpoint",
            "http_status",
            "note",
        ])?;
        Ok(Self::Csv(Box::new(writer)))
    }

    fn json(mut out: W) -> io::Result<Self> {
        out.write_all(b"{\"failures\":[")?;
        Ok(Self::Json { out, first: true })
    }

    fn add(&mut self, record: &FailedRecord) -> io::Result<()> {
        match self {
            Self::Csv(writer) => Ok(writer.write_record([
                record.id.to_string(),
                defuse(&record.source),
                record.stage.word().to_owned(),
                record.category.word().to_owned(),
                record.class.word().to_owned(),
                record.attempts.to_string(),
                defuse(&record.message),
                record.advice.clone(),
                record.size.to_string(),
                timestamp(record.failed_ms),
                record.endpoint.clone().unwrap_or_default(),
                record.http_status.map(|status| status.to_string()).unwrap_or_default(),
                defuse(record.note.as_deref().unwrap_or_default()),
            ])?),
            Self::Json { out, first } => {
                if !std::mem::take(first) {
                    out.write_all(b",")?;
                }
                Ok(serde_json::to_writer(out, record)?)
            }
        }
    }

    fn end(self) -> io::Result<()> {
        match self {
            Self::Csv(mut writer) => writer.flush(),
            Self::Json { mut out, .. } => {
                out.write_all(b"]}\n")?;
                out.flush()
            }
        }
    }
}

/// A cell that a spreadsheet would run as a formula gets an apostrophe before it (OWASP, "CSV
/// Injection"). Plain numbers, negative ones too, stay as they are.
fn defuse(cell: &str) -> String {
    let risky = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    if risky && cell.parse::<f64>().is_err() { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_defused_and_numbers_are_not() {
        assert_eq!(defuse("=cmd|' /C calc'!A0"), "'=cmd|' /C calc'!A0");
        assert_eq!(defuse("@SUM(A1)"), "'@SUM(A1)");
        assert_eq!(defuse("-rf.mov"), "'-rf.mov");
        assert_eq!(defuse("-12.5"), "-12.5");
        assert_eq!(defuse("/archive/=x.mov"), "/archive/=x.mov");
    }
}
