//! Filters that people who name media files need, beside those of Jinja2.

use minijinja::value::{Kwargs, Value};
use minijinja::{Environment, Error, ErrorKind, State};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::dates::{self, Order};
use crate::storage::names::is_reserved;

/// Longest name that `safe_name` gives (bytes): room is left for a number and an ending.
const SAFE_NAME_MAX: usize = 200;

/// Widest text that `pad` makes.
const PAD_MAX: usize = 64;

/// Adds the filters: `safe_name`, `date`, `pad`, `slug`, `short`, `path`.
pub(super) fn add(environment: &mut Environment<'static>) {
    environment.add_filter("safe_name", |text: &str| safe_name(text));
    environment.add_filter("date", date);
    environment.add_filter("pad", pad);
    environment.add_filter("slug", |text: &str| slug(text));
    environment.add_filter("short", |text: &str, most: usize| short(text, most).to_owned());
    environment.add_filter("path", |text: String| Value::from_safe_string(text));
}

/// `{{ fields.shot | date("%Y-%m") }}`: parts of a date. `order="dmy"` or `"mdy"` where day and month
/// could be taken for each other.
fn date(text: &str, format: &str, kwargs: Kwargs) -> Result<String, Error> {
    let invalid = |why: String| Error::new(ErrorKind::InvalidOperation, why);
    let order = match kwargs.get::<Option<&str>>("order")? {
        None => None,
        Some("dmy") => Some(Order::DayFirst),
        Some("mdy") => Some(Order::MonthFirst),
        Some(other) => return Err(invalid(format!("order is \"dmy\" or \"mdy\", not \"{other}\""))),
    };
    kwargs.assert_all_used()?;
    let date = dates::parse(text, order).map_err(invalid)?;
    // A format can ask for each part again and again.
    if format.len() > 100 {
        return Err(invalid("a date's format has at most 100 characters".into()));
    }
    date.to_string(format).map_err(|error| invalid(format!("\"{text}\" as \"{format}\": {error}")))
}

/// `{{ id | pad(5) }}`: zeros before a number, so that names sort.
fn pad(_: &State, value: &Value, width: usize) -> Result<String, Error> {
    if width > PAD_MAX {
        return Err(Error::new(ErrorKind::InvalidOperation, format!("pad: at most {PAD_MAX} places")));
    }
    if value.is_undefined() || value.is_none() {
        return Err(Error::new(ErrorKind::UndefinedError, "pad: there is no value"));
    }
    let text = value.to_string();
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("-", digits));
    let missing = width.saturating_sub(text.chars().count());
    Ok(format!("{sign}{}{digits}", "0".repeat(missing)))
}

/// A name that every common system can hold: no separators, no characters and no endings that Windows
/// refuses, no device names, composed (NFC), not too long, and never empty.
pub(crate) fn safe_name(text: &str) -> String {
    let refused = |char: char| char.is_control() || r#"<>:"/\|?*"#.contains(char);
    let name: String = text.nfc().map(|char| if refused(char) { '_' } else { char }).collect();
    let (stem, extension) = match name.rfind('.') {
        // What is longer is no extension.
        Some(dot) if dot > 0 && name.len() - dot <= 16 => name.split_at(dot),
        _ => (name.as_str(), ""),
    };
    let stem = short(stem, SAFE_NAME_MAX - extension.len());
    let name = format!("{stem}{extension}");
    let name = name.trim_start().trim_end_matches(|char: char| char == '.' || char.is_whitespace());
    if name.is_empty() {
        "_".into()
    } else if is_reserved(name.as_bytes()) {
        format!("_{name}")
    } else {
        name.into()
    }
}

/// The beginning of a text, at most so many bytes, never half a character.
pub(crate) fn short(text: &str, most: usize) -> &str {
    let most = most.min(text.len());
    let end = (0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    &text[..end]
}

/// Letters and digits in lower case, joined by `-`: for addresses and tidy names. Latin letters lose
/// their marks; letters of other scripts stay.
fn slug(text: &str) -> String {
    let mut slug = String::with_capacity(text.len());
    let mut gap = false;
    for char in text.nfkd().filter(|char| !is_combining_mark(*char)).flat_map(char::to_lowercase) {
        if !char.is_alphanumeric() {
            gap = true;
            continue;
        }
        if std::mem::take(&mut gap) && !slug.is_empty() {
            slug.push('-');
        }
        match char {
            'ß' => slug.push_str("ss"),
            'æ' => slug.push_str("ae"),
            'œ' => slug.push_str("oe"),
            'ø' => slug.push('o'),
            'đ' | 'ð' => slug.push('d'),
            'ł' => slug.push('l'),
            'þ' => slug.push_str("th"),
            char => slug.push(char),
        }
    }
    slug.nfc().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::storage::names::NameRules;

    #[test]
    fn names_become_safe_and_stay_readable() {
        assert_eq!(safe_name("AC/DC: Live?.mov"), "AC_DC_ Live_.mov");
        assert_eq!(safe_name("  Etc. . "), "Etc");
        assert_eq!(safe_name("con.txt"), "_con.txt");
        assert_eq!(safe_name("..."), "_");
        assert_eq!(safe_name("e\u{301}"), "é");
        assert_eq!(safe_name(&"日".repeat(100)).len(), 198);
        assert!(safe_name(&format!("{}.mov", "x".repeat(400))).ends_with("x.mov"));
    }

    #[test]
    fn slugs_are_tidy() {
        assert_eq!(slug("Žižkov – Straße, 2. Teil!"), "zizkov-strasse-2-teil");
        assert_eq!(slug("日本 語"), "日本-語");
        assert_eq!(slug("--"), "");
    }

    proptest! {
        #[test]
        fn a_safe_name_is_a_name_everywhere(text in "\\PC{0,300}|[./\\\\:~ \u{0}-\u{1f}conNUL1]{0,12}") {
            let name = safe_name(&text);
            prop_assert!(!NameRules::Windows.is_bad(name.as_bytes()) || name.contains('%'), "{:?}", name);
            prop_assert!(!name.is_empty() && name != "." && name != ".." && name.len() <= 255);
            prop_assert_eq!(safe_name(&name), name.clone());
        }
    }
}
