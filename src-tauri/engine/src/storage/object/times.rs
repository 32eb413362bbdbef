//! When the content of an object was made, as it is kept beside it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The name under which the source's modification time is kept, as rclone does: in S3 seconds since 1970,
/// elsewhere as RFC 3339 has it.
pub(super) const MTIME: &str = "mtime";

/// A time as S3 keeps it.
pub(super) fn seconds(at: SystemTime) -> Option<String> {
    let since = at.duration_since(UNIX_EPOCH).ok()?;
    Some(format!("{}.{:09}", since.as_secs(), since.subsec_nanos()))
}

#[cfg(any(feature = "azure", feature = "gcs"))]
pub(super) fn rfc3339(at: SystemTime) -> Option<String> {
    jiff::Timestamp::try_from(at).ok().map(|at| at.to_string())
}

/// Seconds since 1970 with a fraction, without the rounding of a floating point number; or RFC 3339.
pub(super) fn time_of(text: &str) -> Option<SystemTime> {
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return UNIX_EPOCH.checked_add(at.as_duration().try_into().ok()?);
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits: String = fraction.chars().chain("000000000".chars()).take(9).collect();
    UNIX_EPOCH.checked_add(Duration::new(whole.parse().ok()?, digits.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_back_as_they_were() {
        let at = UNIX_EPOCH + Duration::new(1_700_000_000, 123_456_789);
        assert_eq!(time_of("1700000000.123456789"), Some(at));
        #[cfg(any(feature = "azure", feature = "gcs"))]
        assert_eq!(rfc3339(at).as_deref().and_then(time_of), Some(at));
        assert_eq!(time_of("2023-11-14T23:13:20.123456789+01:00"), Some(at));
        assert_eq!(time_of("1.5"), Some(UNIX_EPOCH + Duration::from_millis(1500)));
        for none in ["", "-1.0", "x", "1.-5", "99999999999999999999"] {
            assert_eq!(time_of(none), None, "{none}");
        }
    }
}
