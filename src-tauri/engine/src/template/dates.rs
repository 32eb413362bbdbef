//! Dates as catalogues and cameras spell them.

use std::sync::LazyLock;

use jiff::civil::{Date, Time};
use jiff::fmt::strtime::BrokenDownTime;
use regex::{Captures, Regex};

/// Which of day and month comes first where both would make sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// `05/03/2024` is the fifth of March.
    DayFirst,
    /// `05/03/2024` is the third of May.
    MonthFirst,
}

/// Reads a date, with its time where there is one. Only what is written is known afterwards: of
/// `1974` nobody can ask the month.
///
/// Understood are `2024-03-05` (also with `/`, `.` or the `:` of Exif), `20240305`, `5.3.2024` (day
/// first, as everywhere where dots are used), `5/3/2024` and `5-3-2024` where `order` is given or one
/// number is above 12, `5 Mar 2024`, `March 5, 2024`, `2024-03` and `2024`; a time may follow, and what
/// follows that (a zone, a fraction) is left alone.
pub(crate) fn parse(text: &str, order: Option<Order>) -> Result<BrokenDownTime, String> {
    let text = text.trim();
    let unknown = || format!("\"{}\" is no date that Sluice can read", shortened(text));
    if let Some(year) = YEAR.captures(text) {
        let mut known = BrokenDownTime::default();
        known.set_year(Some(number(&year, 1) as i16)).map_err(|_| unknown())?;
        if year.get(2).is_some() {
            known.set_month(Some(number(&year, 2) as i8)).map_err(|_| unknown())?;
        }
        return Ok(known);
    }
    let (read, (year, month, day)) =
        if let Some(read) = YEAR_FIRST.captures(text).or_else(|| COMPACT.captures(text)) {
            let parts = (number(&read, 1), number(&read, 2), number(&read, 3));
            (read, parts)
        } else if let Some(read) = YEAR_LAST.captures(text) {
            let (first, second, year) = (number(&read, 1), number(&read, 3), number(&read, 4));
            let day_first = match order {
                _ if &read[2] == "." || first > 12 => true,
                _ if second > 12 => false,
                Some(order) => order == Order::DayFirst,
                None if first == second => true,
                None => {
                    return Err(format!(
                        "\"{}\" can be read in two ways; say which with order=\"dmy\" or order=\"mdy\"",
                        shortened(text)
                    ));
                }
            };
            let (day, month) = if day_first { (first, second) } else { (second, first) };
            (read, (year, month, day))
        } else if let Some(read) = DAY_MONTH.captures(text) {
            let parts = (number(&read, 3), month(&read[2]).ok_or_else(unknown)?, number(&read, 1));
            (read, parts)
        } else if let Some(read) = MONTH_DAY.captures(text) {
            let parts = (number(&read, 3), month(&read[1]).ok_or_else(unknown)?, number(&read, 2));
            (read, parts)
        } else {
            return Err(unknown());
        };
    let date = Date::new(year as i16, month as i8, day as i8).map_err(|_| unknown())?;
    let rest = &text[read.get(0).map_or(0, |all| all.end())..];
    if rest.is_empty() {
        return Ok(BrokenDownTime::from(date));
    }
    let time = TIME.captures(rest).ok_or_else(unknown)?;
    let time = Time::new(number(&time, 1) as i8, number(&time, 2) as i8, number(&time, 3) as i8, 0);
    Ok(BrokenDownTime::from(date.to_datetime(time.map_err(|_| unknown())?)))
}

/// The year alone, or the year and the month.
static YEAR: LazyLock<Regex> = LazyLock::new(|| known_good(r"^([0-9]{4})(?:[-/.]([0-9]{1,2}))?$"));
static YEAR_FIRST: LazyLock<Regex> =
    LazyLock::new(|| known_good(r"^([0-9]{4})[-/.:]([0-9]{1,2})[-/.:]([0-9]{1,2})"));
static COMPACT: LazyLock<Regex> = LazyLock::new(|| known_good(r"^([0-9]{4})([0-9]{2})([0-9]{2})"));
static YEAR_LAST: LazyLock<Regex> =
    LazyLock::new(|| known_good(r"^([0-9]{1,2})([-/.])([0-9]{1,2})[-/.]([0-9]{4})"));
static DAY_MONTH: LazyLock<Regex> =
    LazyLock::new(|| known_good(r"^(?:[A-Za-z]+,?\s+)?([0-9]{1,2})[\s-]+([A-Za-z]+)\.?[\s-]+([0-9]{4})"));
static MONTH_DAY: LazyLock<Regex> =
    LazyLock::new(|| known_good(r"^([A-Za-z]+)\.?\s+([0-9]{1,2}),?\s+([0-9]{4})"));
static TIME: LazyLock<Regex> =
    LazyLock::new(|| known_good(r"^(?:T|,?\s+)([0-9]{1,2}):?([0-9]{2})(?::?([0-9]{2}))?"));

fn known_good(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern of this file, which its tests have seen")
}

/// The number in a group; a group that is not there is zero.
fn number(read: &Captures, group: usize) -> u32 {
    read.get(group).and_then(|text| text.as_str().parse().ok()).unwrap_or(0)
}

fn month(name: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let name = name.to_ascii_lowercase();
    let at = MONTHS.iter().position(|month| name.len() >= 3 && month.starts_with(&name))?;
    Some(at as u32 + 1)
}

fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iso(text: &str, order: Option<Order>) -> Result<String, String> {
        Ok(parse(text, order)?.to_string("%Y-%m-%d").unwrap())
    }

    #[test]
    fn the_usual_spellings_are_read() {
        for text in [
            "2024-03-05",
            "2024/3/5",
            "2024.03.05",
            "2024:03:05",
            "20240305",
            "05.03.2024",
            "5 Mar 2024",
            "5-MAR-2024",
            "Tue, 5 March 2024",
            "March 5, 2024",
            "2024-03-05T23:59:59Z",
            "2024:03:05 10:11:12",
            " 2024-03-05 10:11:12.25+01:00 ",
            "20240305T235959",
            "5 Sept 2024",
        ] {
            let wanted = if text.contains("Sept") { "2024-09-05" } else { "2024-03-05" };
            assert_eq!(iso(text, None).as_deref(), Ok(wanted), "{text}");
        }
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_not_guessed() {
        assert!(iso("05/03/2024", None).is_err());
        assert_eq!(iso("05/03/2024", Some(Order::DayFirst)).unwrap(), "2024-03-05");
        assert_eq!(iso("05/03/2024", Some(Order::MonthFirst)).unwrap(), "2024-05-03");
        assert_eq!(iso("03/25/2024", None).unwrap(), "2024-03-25");
    }

    #[test]
    fn what_is_not_written_is_not_known() {
        assert_eq!(parse("1974", None).unwrap().to_string("%Y").unwrap(), "1974");
        assert!(parse("1974", None).unwrap().to_string("%m").is_err());
        assert_eq!(parse("1974-11", None).unwrap().to_string("%Y/%m").unwrap(), "1974/11");
        assert!(parse("1974-11", None).unwrap().to_string("%d").is_err());
        assert!(parse("2024-03-05", None).unwrap().to_string("%H").is_err());
        assert_eq!(parse("2024-03-05 07:08", None).unwrap().to_string("%H%M").unwrap(), "0708");
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in ["", "yesterday", "2024-13-01", "2024-02-30", "31.31.2024", "2024-035", "1974?", "12345"]
        {
            assert!(parse(text, None).is_err(), "{text}");
        }
    }
}
