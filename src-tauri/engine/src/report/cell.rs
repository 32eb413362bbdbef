//! What a value looks like in a spreadsheet's cell, and how it is read back: the one place for every
//! CSV and XLSX that Sluice writes or takes in again.
//!
//! A spreadsheet runs what looks like a formula (OWASP, "CSV Injection"), holds 32,767 characters in a
//! cell, and writes numbers its own way. Whatever it does by itself must not pass for a correction.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

/// Longest text of a cell, in UTF-16 units (Excel specifications and limits).
pub(crate) const LONGEST: usize = 32_767;

/// What stands at the end of a text that was shortened.
const SHORTENED: &str = " … [shortened: ";

/// The text as a cell may hold it: an apostrophe goes before what a spreadsheet would run. Plain
/// numbers and timecodes, negative ones too, stay as they are. [`restore`] undoes it.
pub(crate) fn defuse(text: &str) -> Cow<'_, str> {
    if is_risky(text) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// What [`defuse`] was given.
pub(crate) fn restore(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if is_risky(text) => text,
        _ => cell,
    }
}

/// Also true of risky text behind apostrophes of its own: else it would lose one when read back.
fn is_risky(text: &str) -> bool {
    static HARMLESS: LazyLock<Option<Regex>> = LazyLock::new(|| {
        // A number, or a timecode of hours, minutes, seconds and perhaps frames.
        Regex::new(r"^[+-](?:\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?|\d{1,3}(?::\d{2}){1,3}(?:[:;.,]\d{1,3})?)$")
            .ok()
    });
    let bare = text.trim_start_matches('\'');
    bare.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
        && !HARMLESS.as_ref().is_some_and(|harmless| harmless.is_match(bare))
}

/// The text cut to what a cell of a workbook holds, with a note of its real length. None: it fits.
pub(crate) fn shorten(text: &str, longest: usize) -> Option<String> {
    // No character has more UTF-16 units than bytes.
    if text.len() <= longest || text.encode_utf16().count() <= longest {
        return None;
    }
    let note = format!("{SHORTENED}{} characters in all]", text.chars().count());
    let room = longest.saturating_sub(note.encode_utf16().count());
    let mut units = 0;
    let end = text.char_indices().find(|(_, char)| {
        units += char.len_utf16();
        units > room
    });
    let kept = &text[..end.map_or(text.len(), |(at, _)| at)];
    Some(format!("{kept}{note}"))
}

/// Whether this is a text that was shortened, perhaps changed after that.
pub(crate) fn is_shortened(cell: &str) -> bool {
    cell.contains(SHORTENED)
}

/// Whether a cell still says what was written for `text`: exactly, shortened, or as a spreadsheet
/// rewrites it by itself when it saves a CSV (`007` as `7`, `+5` as `5`, a long number as
/// `1.23457E+18`, a line break as CR LF).
pub(crate) fn says(cell: &str, text: &str, longest: usize) -> bool {
    if cell == defuse(text) || restore(cell) == text {
        return true;
    }
    if is_shortened(cell) && shorten(&defuse(text), longest).is_some_and(|short| short == cell) {
        return true;
    }
    let one_break = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n");
    one_break(restore(cell)) == one_break(text) || is_number_as_saved(cell, text)
}

/// Whether a spreadsheet saves the number `text` as `cell`, having taken away what it finds needless.
fn is_number_as_saved(cell: &str, text: &str) -> bool {
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.".contains(&byte));
    if text.is_empty() || !plain(text) {
        return false;
    }
    let (Ok(value), Ok(saved)) = (text.parse::<f64>(), cell.parse::<f64>()) else { return false };
    match cell.split_once(['E', 'e']) {
        Some((mantissa, _)) => {
            let digits = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len());
            format!("{value:.digits$e}").parse() == Ok(saved)
        }
        // Fifteen digits are what it keeps (IEEE 754).
        None => format!("{value}") == cell && value.abs() < 1e15,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formulas_are_defused_and_numbers_and_timecodes_are_not() {
        for risky in
            ["=cmd|' /C calc'!A0", "@SUM(A1)", "-rf.mov", "+A1", "-1+cmd()", "\t=1", "＝1", "-inf", "'=1"]
        {
            assert_eq!(defuse(risky), format!("'{risky}"));
        }
        for harmless in [
            "-12.5",
            "+5",
            "-01:00:00:00",
            "+00:59:59;29",
            "-0,5",
            "1e5",
            "-1e-5",
            "/archive/=x.mov",
            "'t is",
        ] {
            assert_eq!(defuse(harmless), harmless);
        }
    }

    proptest! {
        #[test]
        fn what_is_defused_is_restored(text in "['=+@\\-a1:\t]{0,6}\\PC{0,6}") {
            let cell = defuse(&text);
            prop_assert_eq!(restore(&cell), &text);
            prop_assert!(says(&cell, &text, LONGEST));
        }
    }

    #[test]
    fn long_texts_are_cut_between_characters_and_say_so() {
        assert_eq!(shorten(&"ä".repeat(100), 100), None);
        let short = shorten(&"🎬".repeat(20_000), LONGEST).unwrap();
        assert!(short.encode_utf16().count() <= LONGEST && is_shortened(&short));
        assert!(short.ends_with("[shortened: 20000 characters in all]"));
        assert!(says(&short, &"🎬".repeat(20_000), LONGEST));
        assert!(!says(&short, &"🎬".repeat(20_001), LONGEST));
    }

    #[test]
    fn what_a_spreadsheet_does_by_itself_is_no_correction() {
        for (cell, text) in [
            ("7", "007"),
            ("5", "+5"),
            ("-12.5", "-12.50"),
            ("1.23457E+18", "1234567890123456789"),
            ("a\r\nb", "a\nb"),
        ] {
            assert!(says(cell, text, LONGEST), "{text} saved as {cell}");
        }
        for (cell, text) in
            [("007", "7"), ("8", "007"), ("1.23458E+18", "1234567890123456789"), ("", "0"), ("7", "007a")]
        {
            assert!(!says(cell, text, LONGEST), "{text} is not {cell}");
        }
    }
}
