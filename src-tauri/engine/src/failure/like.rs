//! What like messages have in common: numbers, paths, names and quoted words are left out.

use crate::failure::Category;

/// Bytes of a message that are kept.
const LONGEST: usize = 300;

/// Stands for a path, a name or a quoted word.
const NAME: char = '…';

/// Stands for a number or an id.
const NUMBER: char = '#';

/// The message without what is the record's own. `names`: its path and its file's name as the message may
/// hold them. A service's answer, `status`, stays: it tells failures apart.
pub(crate) fn like(category: Category, message: &str, status: Option<u16>, names: [&str; 2]) -> String {
    let mut text = message.to_owned();
    if category == Category::GroupIncomplete
        && let (Some(begin), Some(end)) = (text.find("together with "), text.find(", which failed"))
        && begin + 14 < end
    {
        // Another file's name, with whatever it holds.
        text.replace_range(begin + 14..end, "…");
    }
    for name in names {
        // A short one is a word too.
        if name.len() > 3 {
            text = text.replace(name, "…");
        }
    }
    let status = status.map(|status| status.to_string());
    let mut kept = String::with_capacity(text.len().min(LONGEST));
    for word in without_quoted(&text).split_whitespace() {
        let before = kept.len();
        if before > 0 {
            kept.push(' ');
        }
        push_like(&mut kept, word, status.as_deref());
        // Names with spaces leave several marks behind.
        if kept[..before].ends_with(NAME) && kept[before..].trim_start() == "…" {
            kept.truncate(before);
        }
        if kept.len() > LONGEST {
            let end = (0..=LONGEST).rev().find(|at| kept.is_char_boundary(*at)).unwrap_or_default();
            kept.truncate(end);
            kept.push(NAME);
            break;
        }
    }
    kept
}

/// The text with nothing between its quotation marks.
fn without_quoted(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begin) = rest.find(['"', '“', '‘', '`', '«']) {
        let open = rest[begin..].chars().next().unwrap_or('"');
        let close = match open {
            '“' => '”',
            '‘' => '’',
            '«' => '»',
            same => same,
        };
        let inside = begin + open.len_utf8();
        let Some(length) = rest[inside..].find(close) else { break };
        kept.push_str(&rest[..inside]);
        kept.push(NAME);
        kept.push(close);
        rest = &rest[inside + length + close.len_utf8()..];
    }
    kept.push_str(rest);
    kept
}

fn push_like(kept: &mut String, word: &str, status: Option<&str>) {
    let core = word
        .trim_start_matches(['(', '[', '{', '<'])
        .trim_end_matches([',', '.', ';', ':', ')', ']', '}', '>']);
    let begin = word.find(core).unwrap_or_default();
    kept.push_str(&word[..begin]);
    if is_path(core) {
        kept.push(NAME);
    } else if is_id(core) {
        kept.push(NUMBER);
    } else {
        push_without_numbers(kept, core, status);
    }
    kept.push_str(&word[begin + core.len()..]);
}

/// A path, an address, or a name with an ending.
fn is_path(word: &str) -> bool {
    if word.len() > 1 && word.contains(['/', '\\']) {
        return true;
    }
    let Some((stem, ending)) = word.rsplit_once('.') else { return false };
    !stem.is_empty()
        && (1..=5).contains(&ending.len())
        && ending.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && ending.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// A long word of digits among letters: a hash, a UUID, a service's own number for something.
fn is_id(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let is_plain = word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_=+".contains(&byte));
    is_plain && word.len() >= 8 && digits * 5 >= word.len()
}

fn push_without_numbers(kept: &mut String, word: &str, status: Option<&str>) {
    let mut rest = word;
    while let Some(begin) = rest.find(|char: char| char.is_ascii_digit()) {
        let length = rest[begin..].find(|char: char| !char.is_ascii_digit()).unwrap_or(rest.len() - begin);
        let number = &rest[begin..begin + length];
        kept.push_str(&rest[..begin]);
        if status == Some(number) {
            kept.push_str(number);
        } else {
            kept.push(NUMBER);
        }
        rest = &rest[begin + length..];
    }
    kept.push_str(rest);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn likened(message: &str) -> String {
        like(Category::SourceIo, message, Some(502), ["2019/my best shot.dng", "my best shot.dng"])
    }

    #[test]
    fn what_is_the_records_own_is_left_out() {
        for (message, kept) in [
            (
                "opening /mnt/a b/2019/my best shot.dng for reading: Permission denied (os error 13)",
                "opening … for reading: Permission denied (os error #)",
            ),
            ("my best shot.dng: Input/output error (os error 5)", "…: … error (os error #)"),
            ("4000 bytes were delivered, 17 are there", "# bytes were delivered, # are there"),
            (
                "POST https://dam.example:8443/assets/77 was answered with 502 Bad Gateway",
                "POST … was answered with 502 Bad Gateway",
            ),
            ("no asset \"Reel 7/b\" in “Bestand”", "no asset \"…\" in “…”"),
            ("request 6f1c2a90-77aa-4c11-8b0e-1f2e3d4c5b6a was refused", "request # was refused"),
            ("it has no title", "it has no title"),
            ("", ""),
        ] {
            assert_eq!(likened(message), kept);
        }
    }

    #[test]
    fn members_of_groups_fail_alike_whatever_the_other_file_is_called() {
        let of = |name: &str| {
            let message = crate::checkpoint::incomplete(
                &crate::record::RawPath(name.as_bytes().to_vec()),
                "source_io",
                "Input error 5",
            );
            like(Category::GroupIncomplete, &message, None, ["", ""])
        };
        assert_eq!(of("a b c/x.mov"), of("d"));
    }

    proptest! {
        #[test]
        fn any_message_is_likened_and_stays_short(message in "[\"“”a1/. \\\\…\u{202e}\\PC]{0,400}", name in "\\PC{0,9}") {
            let kept = like(Category::Internal, &message, Some(1), [&name, ""]);
            prop_assert!(kept.len() <= LONGEST + NAME.len_utf8());
        }
    }
}
