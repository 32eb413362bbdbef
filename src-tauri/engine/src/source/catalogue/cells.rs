//! What stands in the cells of a path and of a size.

/// Columns joined by `/`, each without slashes at the seams. One column stays as it is.
pub(super) fn joined(parts: &[String]) -> String {
    let [one] = parts else {
        let mut text = String::new();
        for part in parts.iter().filter(|part| !part.is_empty()) {
            if text.is_empty() {
                text.push_str(part);
                continue;
            }
            // The separator is that of the path so far.
            let is_windows = text.contains('\\') && !text.contains('/');
            let is_mac = text.contains(':') && !text.contains(['/', '\\']);
            let separator = if is_windows {
                '\\'
            } else if is_mac {
                ':'
            } else {
                '/'
            };
            text.truncate(text.trim_end_matches(separator).len());
            text.push(separator);
            text.push_str(part.trim_start_matches(['/', '\\']));
        }
        return text;
    };
    one.clone()
}

/// A number of bytes, with or without marks between the thousands. None: it is none.
pub(super) fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let text =
        ["bytes", "byte", "B"].into_iter().find_map(|unit| text.strip_suffix(unit)).unwrap_or(text).trim();
    if let Ok(bytes) = text.parse() {
        return Some(bytes);
    }
    let separators = [',', '.', '\'', '’', ' ', '\u{a0}', '\u{202f}'];
    let separator = separators.into_iter().find(|separator| text.contains(*separator))?;
    let mut groups = text.split(separator);
    let first = groups.next()?;
    let is_number = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    let in_thousands = (1..=3).contains(&first.len())
        && is_number(first)
        && groups.all(|group| group.len() == 3 && is_number(group));
    if in_thousands { text.replace(separator, "").parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_understood_where_they_are_exact() {
        assert_eq!(bytes("1234"), Some(1234));
        assert_eq!(bytes(" 1,234,567 bytes"), Some(1_234_567));
        assert_eq!(bytes("1.234.567"), Some(1_234_567));
        assert_eq!(bytes("1 234"), Some(1234));
        for vague in ["1.5", "12 MB", "1,23", "12345,678", "-5", "big"] {
            assert_eq!(bytes(vague), None, "{vague}");
        }
    }

    #[test]
    fn columns_are_joined_once() {
        let join = |parts: &[&str]| joined(&parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>());
        assert_eq!(join(&["a/", "/b.mov"]), "a/b.mov");
        assert_eq!(join(&["", "b.mov"]), "b.mov");
        assert_eq!(join(&[r"Z:\Archive\", "b.mov"]), r"Z:\Archive\b.mov");
        assert_eq!(join(&["Macintosh HD:Tapes", "b.mov"]), "Macintosh HD:Tapes:b.mov");
        assert_eq!(join(&["/", "etc"]), "/etc");
        assert_eq!(join(&["/a/"]), "/a/");
    }
}
