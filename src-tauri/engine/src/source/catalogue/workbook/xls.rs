//! Excel 97 to 2003 ([MS-XLS]), through `calamine`. It reads the whole sheet into memory, which the
//! format keeps small; what a file claims beyond that is refused first.

use std::fs::File;
use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{Data, Reader, SheetVisible, Xls};

use super::number::Format;
use super::{Broken, Chosen, Found, OnSheet, RawRow};
use crate::source::catalogue::value::clean;

/// Bytes that such a file may have.
const LARGEST: u64 = 128 << 20;
/// Cells that its largest sheet may have.
const MOST_CELLS: u64 = 4 << 20;

pub(super) fn read(file: File, wanted: Option<&str>, on: OnSheet) -> Result<(), Broken> {
    let too_large = || Broken::Other("it is larger than this old format allows; save it as XLSX".into());
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if is_locked(&bytes) {
        return Err(Broken::Locked);
    }
    if bytes.len() as u64 > LARGEST || claims_too_much(&bytes) {
        return Err(too_large());
    }
    // It panics on some damaged files.
    let opened = catch_unwind(AssertUnwindSafe(|| Xls::new(Cursor::new(bytes))));
    let mut workbook = match opened {
        Ok(Ok(workbook)) => workbook,
        Ok(Err(error)) => return Err(Broken::Other(error.to_string())),
        Err(_) => return Err(Broken::Other("its parts contradict each other".into())),
    };
    let sheets = workbook.sheets_metadata().iter();
    let sheets = sheets.map(|sheet| (sheet.name.clone(), sheet.visible != SheetVisible::Visible)).collect();
    let chosen = Chosen::of(sheets, wanted)?;
    let name = chosen.sheet.clone();
    if !on(Found::Sheet(chosen)) {
        return Ok(());
    }
    let range = workbook.worksheet_range(&name).map_err(|error| Broken::Other(error.to_string()))?;
    let (first_row, first_column) = range.start().unwrap_or_default();
    for (at, cells) in range.rows().enumerate() {
        let cells = cells.iter().enumerate().filter_map(|(column, cell)| {
            let text = text(cell);
            (!text.is_empty()).then(|| (first_column as usize + column, clean(text.into())))
        });
        let cells: Vec<_> = cells.collect();
        let Some(width) = cells.last().map(|(last, _)| last + 1) else { continue };
        let row = RawRow { number: u64::from(first_row) + at as u64 + 1, width, cells };
        if !on(Found::Row(row)) {
            break;
        }
    }
    Ok(())
}

/// Whether it is a newer workbook under a password: [MS-OFFCRYPTO] 2.3 keeps such a one as a stream of
/// this name in a container of the old kind.
fn is_locked(bytes: &[u8]) -> bool {
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    bytes.windows(name.len()).any(|part| part == name)
}

fn text(cell: &Data) -> String {
    match cell {
        Data::Empty => String::new(),
        Data::Int(number) => number.to_string(),
        Data::Float(number) => Format::Plain.shown(*number, false),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Bool(is) => if *is { "TRUE" } else { "FALSE" }.to_owned(),
        Data::DateTime(date) if date.is_duration() => Format::Duration.shown(date.as_f64(), false),
        Data::DateTime(date) => {
            // Which day the count begins with is inside of the value.
            let (year, month, day, hour, minute, second, _) = date.to_ymd_hms_milli();
            let time = format!("{hour:02}:{minute:02}:{second:02}");
            match (date.as_f64() < 1.0, date.as_f64().fract() == 0.0) {
                (true, false) => time,
                (_, true) => format!("{year:04}-{month:02}-{day:02}"),
                _ => format!("{year:04}-{month:02}-{day:02}T{time}"),
            }
        }
        Data::Error(error) => error.to_string(),
    }
}

/// Whether a sheet says that it has more cells than can be ([MS-XLS] 2.4.90, Dimensions): they would
/// all be reserved.
fn claims_too_much(bytes: &[u8]) -> bool {
    // The type 0x0200 and the length 14 of the record's data.
    const DIMENSIONS: [u8; 4] = [0, 2, 14, 0];
    let number = |at: &[u8]| at.iter().rev().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    bytes.windows(18).filter(|record| record.starts_with(&DIMENSIONS)).any(|record| {
        let rows = number(&record[8..12]).saturating_sub(number(&record[4..8]));
        let columns = number(&record[14..16]).saturating_sub(number(&record[12..14]));
        // The last two bytes are reserved and zero; else it only looks like such a record.
        record[16..] == [0, 0] && rows.saturating_mul(columns) > MOST_CELLS
    })
}
