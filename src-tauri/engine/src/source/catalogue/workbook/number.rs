//! Numbers of workbooks as people see them: whole ones without a point, dates and times as ISO 8601,
//! leading zeros where the cell's format shows them.

use calamine::{ExcelDateTime, ExcelDateTimeType};

/// What a cell's number format makes of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Plain,
    /// A date, a time of day, or both.
    Date,
    /// A time of any length: `[h]:mm:ss`.
    Duration,
    /// Padded with zeros to so many digits: `00000`.
    Padded(usize),
}

impl Format {
    /// The formats that need no code in the file: ECMA-376 part 1, 18.8.30.
    pub(super) fn built_in(id: u32) -> Self {
        match id {
            14..=22 | 27..=36 | 45 | 47 | 50..=58 => Self::Date,
            46 => Self::Duration,
            _ => Self::Plain,
        }
    }

    /// What a format code says (ECMA-376 part 1, 18.8.31).
    pub(super) fn of(code: &str) -> Self {
        if code.len() > 1 && code.bytes().all(|byte| byte == b'0') {
            return Self::Padded(code.len().min(64));
        }
        let mut chars = code.chars();
        while let Some(char) = chars.next() {
            match char {
                // What follows is shown as it is.
                '\\' | '_' | '*' => drop(chars.next()),
                '"' => drop(chars.by_ref().find(|char| *char == '"')),
                // Only the part for positive numbers matters.
                ';' => return Self::Plain,
                '[' => {
                    let word: String = chars.by_ref().take_while(|char| *char != ']').collect();
                    let is_elapsed =
                        word.chars().all(|char| matches!(char.to_ascii_lowercase(), 'h' | 'm' | 's'));
                    if is_elapsed && !word.is_empty() {
                        return Self::Duration;
                    }
                }
                // "General", and "E+00" of a scientific format.
                'G' => drop(chars.by_ref().nth("eneral".len() - 1)),
                'd' | 'D' | 'm' | 'M' | 'y' | 'Y' | 'h' | 'H' | 's' | 'S' => return Self::Date,
                _ => {}
            }
        }
        Self::Plain
    }

    /// A number under this format. `is_1904`: the workbook counts days from 1904.
    pub(super) fn shown(self, number: f64, is_1904: bool) -> String {
        match self {
            Self::Plain => plain(number),
            Self::Padded(digits) if number >= 0.0 && number.fract() == 0.0 => {
                format!("{:0>digits$}", plain(number))
            }
            Self::Padded(_) => plain(number),
            Self::Date => date(number, is_1904),
            Self::Duration => duration(number),
        }
    }
}

fn plain(number: f64) -> String {
    // What is larger has digits that Excel never had.
    if number.fract() == 0.0 && number.abs() < 1e15 {
        format!("{}", number as i64)
    } else {
        format!("{number}")
    }
}

fn date(number: f64, is_1904: bool) -> String {
    if !(0.0..2_958_466.0).contains(&number) {
        return plain(number);
    }
    let (year, month, day, hour, minute, second, milli) =
        ExcelDateTime::new(number, ExcelDateTimeType::DateTime, is_1904).to_ymd_hms_milli();
    let milli = if milli == 0 { String::new() } else { format!(".{milli:03}") };
    let time = format!("{hour:02}:{minute:02}:{second:02}{milli}");
    match (number < 1.0, number.fract() == 0.0) {
        (true, false) => time,
        (_, true) => format!("{year:04}-{month:02}-{day:02}"),
        _ => format!("{year:04}-{month:02}-{day:02}T{time}"),
    }
}

fn duration(days: f64) -> String {
    let millis = (days.abs() * 86_400_000.0).round();
    if millis > 1e15 {
        return plain(days);
    }
    let millis = millis as u64;
    let (seconds, rest) = (millis / 1000, millis % 1000);
    let rest = if rest == 0 { String::new() } else { format!(".{rest:03}") };
    let sign = if days < 0.0 { "-" } else { "" };
    format!("{sign}{:02}:{:02}:{:02}{rest}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_look_as_in_their_cells() {
        assert_eq!(Format::Plain.shown(1_234_567_890_123.0, false), "1234567890123");
        assert_eq!(Format::Plain.shown(0.1, false), "0.1");
        assert_eq!(Format::of("0000000").shown(123.0, false), "0000123");
        assert_eq!(Format::of("yyyy-mm-dd").shown(45_943.0, false), "2025-10-13");
        assert_eq!(Format::built_in(22).shown(45_943.5, false), "2025-10-13T12:00:00");
        assert_eq!(Format::of("hh:mm:ss").shown(0.75, false), "18:00:00");
        assert_eq!(Format::of("[h]:mm:ss").shown(1.5, false), "36:00:00");
        assert_eq!(Format::built_in(14).shown(0.0 + 42_000.0, true), "2018-12-28");
    }

    #[test]
    fn formats_without_dates_are_none() {
        for code in ["General", "0.00", "#,##0 \"days\"", "[Red]0", "0.00E+00", "\\d0", "@"] {
            assert!(!matches!(Format::of(code), Format::Date | Format::Duration), "{code}");
        }
    }
}
