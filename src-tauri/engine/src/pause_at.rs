//! A time of day at which a run pauses by itself, once.

use std::str::FromStr;

use jiff::ZonedDateTime;
use jiff::civil::{Date, Time};

/// A time of day on this computer's clock, such as `08:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeOfDay(Time);

/// A text that is no time of day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is no time of day; write hours and minutes, such as 08:00")]
pub struct NoTimeOfDay {
    text: String,
}

impl FromStr for TimeOfDay {
    type Err = NoTimeOfDay;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (hour, minute) = text.trim().split_once(':')?;
            let is_number = |part: &str| part.len() <= 2 && part.chars().all(|char| char.is_ascii_digit());
            if !is_number(hour) || minute.len() != 2 || !is_number(minute) {
                return None;
            }
            Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
        };
        parse().map(Self).ok_or_else(|| NoTimeOfDay { text: text.chars().take(40).collect() })
    }
}

impl TimeOfDay {
    /// When it comes next after `now`, in milliseconds since 1970 (UTC). Where the clock is set forward
    /// over it, so much later.
    pub(crate) fn next(self, now: &ZonedDateTime) -> i64 {
        let on = |date: Date| date.to_datetime(self.0).to_zoned_datetime(now.time_zone().clone());
        let next = match on(now.date()) {
            Ok(today) if today > *now => Ok(today),
            _ => now.date().tomorrow().and_then(on),
        };
        // Only at the end of the calendar there is no tomorrow.
        next.map_or(i64::MAX, |next| next.timestamp().as_millisecond())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> ZonedDateTime {
        format!("{text}[Europe/Vienna]").parse().expect(text)
    }

    fn comes_next(now: &str, at: &str, wanted: &str) {
        let next = at.parse::<TimeOfDay>().expect(at).next(&moment(now));
        assert_eq!(next, moment(wanted).timestamp().as_millisecond(), "{at} after {now}");
    }

    #[test]
    fn it_is_the_next_time_that_the_clock_shows_it() {
        comes_next("2026-06-01T21:40:07", "08:00", "2026-06-02T08:00:00");
        comes_next("2026-06-01T21:40:07", "23:05", "2026-06-01T23:05:00");
        comes_next("2026-06-01T08:00:00", "8:00", "2026-06-02T08:00:00");
    }

    #[test]
    fn it_comes_also_on_the_days_on_which_the_clock_is_changed() {
        comes_next("2026-03-28T12:00:00", "02:30", "2026-03-29T03:30:00");
        comes_next("2026-10-24T12:00:00", "02:30", "2026-10-25T02:30:00");
    }

    #[test]
    fn what_is_no_time_of_day_is_refused() {
        for text in ["", "8", "24:00", "08:60", "8:0", "-1:00", "08:00:00", "+8:00", "eight"] {
            assert!(text.parse::<TimeOfDay>().is_err(), "{text}");
        }
    }
}
