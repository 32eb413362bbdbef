//! Values out of JSON that may hold anything in any place.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use serde_json::Value;

/// Longest text that is taken over (characters).
const LONGEST: usize = 200;

/// What programs print where they know nothing.
const NOTHING: [&str; 6] = ["", "unknown", "n/a", "und", "[0][0][0][0]", "unspecified"];

/// A text, shortened and without control characters.
pub(super) fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().chars().filter(|char| !char.is_control()).take(LONGEST).collect(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let says_something = !NOTHING.iter().any(|nothing| text.eq_ignore_ascii_case(nothing));
    says_something.then_some(text)
}

/// A number that is not negative, or a text that is one.
pub(super) fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    (number.is_finite() && number >= 0.0).then_some(number)
}

/// A number of things: whole and not zero.
pub(super) fn whole(value: &Value) -> Option<u64> {
    // Beyond 2^53 a float is no exact number any more, and nothing here is that large.
    number(value).filter(|number| (1.0..=9e15).contains(number)).map(|number| number.round() as u64)
}

/// Degrees as 90, 180 or 270.
pub(super) fn rotation(degrees: f64) -> Option<u64> {
    let turned = degrees.rem_euclid(360.0).round();
    (turned > 0.0 && turned < 360.0).then_some(turned as u64)
}

/// A rate as a fraction, from a fraction or from a decimal number.
pub(super) fn rate(value: &Value) -> Option<String> {
    let Value::String(text) = value else { return decimal_rate(number(value)?) };
    match text.split_once('/') {
        Some((over, under)) => fraction(over.trim().parse().ok()?, under.trim().parse().ok()?),
        None => decimal_rate(number(value)?),
    }
}

/// A fraction in its lowest terms. None: it is nothing, or has no end.
pub(super) fn fraction(over: u64, under: u64) -> Option<String> {
    let common = {
        let (mut a, mut b) = (over, under);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        a
    };
    (over > 0 && under > 0).then(|| format!("{}/{}", over / common, under / common))
}

/// 23.976, 29.97 and their like are meant as 24000/1001, 30000/1001 (SMPTE 170M and others).
fn decimal_rate(rate: f64) -> Option<String> {
    if !(0.001..=1e6).contains(&rate) {
        return None;
    }
    let nearest = rate.round();
    if (rate - nearest).abs() < 0.0005 {
        return fraction(nearest as u64, 1);
    }
    let ceiling = rate.ceil();
    if (rate - ceiling / 1.001).abs() < 0.005 {
        return fraction(ceiling as u64 * 1000, 1001);
    }
    fraction((rate * 1000.0).round() as u64, 1000)
}

/// A moment as ISO 8601, from what cameras and programs write. None where the file only has a
/// clock's zero.
pub(super) fn date(value: &Value) -> Option<String> {
    let text = text(value)?;
    let bare = text.trim_start_matches("UTC").trim_end_matches("UTC").trim();
    let is_utc = bare.len() < text.len();
    let mut iso = bare.replacen(' ', "T", 1);
    // EXIF writes 2012:11:16 18:05:40.
    if iso.is_char_boundary(10) && iso.get(..10).is_some_and(|day| day.matches(':').count() == 2) {
        iso = format!("{}{}", iso[..10].replace(':', "-"), &iso[10..]);
    }
    if is_utc {
        iso.push('Z');
    }
    let made = if let Ok(moment) = iso.parse::<Timestamp>() {
        moment.to_string()
    } else if iso.len() > 10 {
        iso.parse::<DateTime>().ok()?.to_string()
    } else if iso.len() == 10 {
        iso.parse::<Date>().ok()?.to_string()
    } else {
        let year = iso.get(..4).filter(|year| year.bytes().all(|byte| byte.is_ascii_digit()))?;
        (iso.len() == 4 && year != "0000").then(|| year.to_owned())?
    };
    // The zeros of QuickTime's and of Unix' clocks.
    (!made.starts_with("1904-01-01T00:00:00") && !made.starts_with("1970-01-01T00:00:00")).then_some(made)
}

/// The first of these names that is there and makes sense.
pub(super) fn first<T>(object: &Value, names: &[&str], read: impl Fn(&Value) -> Option<T>) -> Option<T> {
    names.iter().find_map(|name| read(object.get(name)?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rates_become_fractions() {
        for (found, expected) in [
            (json!("25/1"), Some("25/1")),
            (json!("60000/2002"), Some("30000/1001")),
            (json!("0/0"), None),
            (json!("25/0"), None),
            (json!(25), Some("25/1")),
            (json!("23.976"), Some("24000/1001")),
            (json!(29.97), Some("30000/1001")),
            (json!("59.940"), Some("60000/1001")),
            (json!(12.5), Some("25/2")),
            (json!("18446744073709551616/1"), None),
            (json!("-25/1"), None),
            (json!(1e300), None),
            (json!([25]), None),
        ] {
            assert_eq!(rate(&found).as_deref(), expected, "{found}");
        }
    }

    #[test]
    fn moments_become_iso() {
        for (found, expected) in [
            ("2012-11-16T18:05:40.000000Z", Some("2012-11-16T18:05:40Z")),
            ("2019-05-02T14:23:11+0200", Some("2019-05-02T12:23:11Z")),
            ("2012:11:16 18:50:27", Some("2012-11-16T18:50:27")),
            ("2012:11:16 18:50:27+01:00", Some("2012-11-16T17:50:27Z")),
            ("UTC 2012-11-16 18:41:37", Some("2012-11-16T18:41:37Z")),
            ("2012-11-16 18:41:37 UTC", Some("2012-11-16T18:41:37Z")),
            ("2012-11-16", Some("2012-11-16")),
            ("1974", Some("1974")),
            ("0000:00:00 00:00:00", None),
            ("1904-01-01T00:00:00.000000Z", None),
            ("1970-01-01 00:00:00 UTC", None),
            ("2012-13-45", None),
            ("yesterday", None),
            ("ééééé:é:", None),
            ("", None),
        ] {
            assert_eq!(date(&json!(found)).as_deref(), expected, "{found}");
        }
    }

    #[test]
    fn texts_are_short_and_harmless() {
        assert_eq!(text(&json!("a\u{0}b\nc")).as_deref(), Some("abc"));
        assert_eq!(text(&json!("x".repeat(5000))).map(|text| text.len()), Some(LONGEST));
        assert_eq!(text(&json!("unknown")), None);
        assert_eq!(text(&json!({})), None);
        assert_eq!(whole(&json!("-1")), None);
        assert_eq!(whole(&json!("NaN")), None);
        assert_eq!((rotation(-90.0), rotation(0.0), rotation(360.0)), (Some(270), None, None));
    }
}
