//! A rate by weekday and time: `off`, `20MB/s`, `Mon-Fri 08:00 20MB/s; 19:00 off`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

const MINUTES_A_DAY: u32 = 24 * 60;
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Bytes a second by weekday and time of day; each entry holds until the next one begins.
///
/// An entry without days has the days of the entry before it; the first has every day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(try_from = "String", into = "String")]
#[ts(type = "string")]
pub struct Timetable {
    text: String,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    /// Bit 0 is Monday.
    days: u8,
    minute: u32,
    /// None: no limit.
    rate: Option<u64>,
}

/// A timetable that cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{part}\" is no bandwidth; write off, 20MB/s, or times such as \"Mon-Fri 08:00 20MB/s; 19:00 off\""
)]
pub struct TimetableError {
    part: String,
}

impl Default for Timetable {
    fn default() -> Self {
        Self { text: "off".into(), entries: Vec::new() }
    }
}

impl Timetable {
    /// Bytes a second that are allowed then. None: as many as will go. `day`: 0 is Monday.
    pub fn rate_at(&self, day: u32, minute: u32) -> Option<u64> {
        let week = 7 * MINUTES_A_DAY;
        let now = (day % 7) * MINUTES_A_DAY + minute % MINUTES_A_DAY;
        let since = |entry: &Entry| {
            let on = |day: &u32| entry.days & (1 << day) != 0;
            let begins = (0..7).filter(on).map(|day| day * MINUTES_A_DAY + entry.minute);
            begins.map(|begin| (now + week - begin) % week).min()
        };
        // The entry that began last; of two that began together, the later one in the text.
        let begun = self.entries.iter().enumerate().filter_map(|(at, entry)| Some((since(entry)?, at)));
        let (_, at) = begun.min_by_key(|(since, at)| (*since, std::cmp::Reverse(*at)))?;
        self.entries[at].rate
    }
}

impl FromStr for Timetable {
    type Err = TimetableError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut entries = Vec::new();
        let mut days = 0x7f;
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let entry = parse_entry(part, days).ok_or_else(|| TimetableError { part: part.to_owned() })?;
            days = entry.days;
            entries.push(entry);
        }
        Ok(Self { text: text.trim().to_owned(), entries })
    }
}

/// `[days] [HH:MM] rate`
fn parse_entry(part: &str, days_before: u8) -> Option<Entry> {
    let mut words = part.split_whitespace().peekable();
    let days = words.peek().and_then(|word| parse_days(word));
    if days.is_some() {
        words.next();
    }
    let minute = words.peek().and_then(|word| parse_time(word));
    if minute.is_some() {
        words.next();
    }
    let rate = parse_rate(&words.collect::<String>())?;
    Some(Entry { days: days.unwrap_or(days_before), minute: minute.unwrap_or(0), rate })
}

/// `Mon`, `Mon-Fri`, `Sat,Sun`, `Fri-Mon`
fn parse_days(word: &str) -> Option<u8> {
    let day = |name: &str| DAYS.iter().position(|day| day.eq_ignore_ascii_case(name));
    let mut days = 0;
    for part in word.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (day(first)?, day(last)?);
        let length = (last + 7 - first) % 7;
        days |= (0..=length).fold(0, |days, step| days | 1 << ((first + step) % 7));
    }
    Some(days)
}

fn parse_time(word: &str) -> Option<u32> {
    let (hours, minutes) = word.split_once(':')?;
    let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

/// `off`, `20MB/s`, `1.5 GB/s`, `800KiB/s`
fn parse_rate(word: &str) -> Option<Option<u64>> {
    if word.eq_ignore_ascii_case("off") {
        return Some(None);
    }
    let word = word.to_ascii_lowercase();
    let amount = word.strip_suffix("/s")?;
    let unit_at = amount.find(|char: char| char.is_ascii_alphabetic())?;
    let (number, unit) = amount.split_at(unit_at);
    let factor = match unit {
        "b" => 1.0,
        "kb" => 1e3,
        "mb" => 1e6,
        "gb" => 1e9,
        "kib" => 1024.0,
        "mib" => 1024.0 * 1024.0,
        "gib" => 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    let rate = number.trim().parse::<f64>().ok()? * factor;
    (1.0..=1e12).contains(&rate).then_some(Some(rate as u64))
}

impl fmt::Display for Timetable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

impl TryFrom<String> for Timetable {
    type Error = TimetableError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Timetable> for String {
    fn from(timetable: Timetable) -> Self {
        timetable.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MON: u32 = 0;
    const SAT: u32 = 5;

    fn at(text: &str, day: u32, time: &str) -> Option<u64> {
        text.parse::<Timetable>().unwrap().rate_at(day, parse_time(time).unwrap())
    }

    #[test]
    fn office_hours_are_spared() {
        let office = "Mon-Fri 08:00 20MB/s; 19:00 off";
        assert_eq!(at(office, MON, "07:59"), None, "Friday's evening lasts until Monday");
        assert_eq!(at(office, MON, "08:00"), Some(20_000_000));
        assert_eq!(at(office, MON, "18:59"), Some(20_000_000));
        assert_eq!(at(office, MON, "19:00"), None);
        assert_eq!(at(office, SAT, "12:00"), None);
    }

    #[test]
    fn rates_without_times_hold_always() {
        assert_eq!(at("off", MON, "03:00"), None);
        assert_eq!(at("1.5 MiB/s", SAT, "03:00"), Some(1_572_864));
        assert_eq!(at("Sat,Sun 1GB/s; Mon 500kB/s", SAT, "00:00"), Some(1_000_000_000));
        assert_eq!(at("Sat,Sun 1GB/s; Mon 500kB/s", 3, "00:00"), Some(500_000));
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        for text in ["fast", "20", "20MB", "Mon 25:00 1MB/s", "0MB/s", "-3MB/s", "Mon-Fry 08:00 off"] {
            assert!(text.parse::<Timetable>().is_err(), "{text}");
        }
    }
}
