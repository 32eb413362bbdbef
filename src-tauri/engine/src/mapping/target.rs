//! What a template gave, as a path below the destination; or why it is none.

use unicode_normalization::UnicodeNormalization;

use crate::record::RawPath;

/// Parts that a target may have.
const DEEPEST: usize = 100;

/// Longest target (bytes); systems take no longer paths (Linux: PATH_MAX, 4096 with the destination).
const LONGEST: usize = 4000;

/// The path of a template's result.
///
/// Refused is what a person would take for a place elsewhere (`/x`, `../x`, `C:\x`, `C:/x`, `\\server\x`,
/// `~/x`) and what is unfinished (an empty part: a field that was empty). Made safe is what is only
/// unwise: white space around a part is cut off, control characters become `_`, characters are composed
/// (NFC). What remains is a plain name below the destination, which the rules of its file system then
/// make legal (device names, trailing dots, `:`).
pub(super) fn safe(text: &str) -> Result<RawPath, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("is empty".into());
    }
    if text.starts_with(['/', '\\']) {
        return Err("begins at the root of a disk or a server".into());
    }
    let mut start = text.chars();
    if let (Some(drive), Some(':'), None | Some('/' | '\\')) = (start.next(), start.next(), start.next())
        && drive.is_ascii_alphabetic()
    {
        return Err("begins at the root of a drive".into());
    }
    let mut parts = Vec::new();
    for part in text.split('/') {
        let part: String =
            part.nfc().map(|char| if char.is_control() { '_' } else { char }).collect::<String>();
        let part = part.trim().to_owned();
        match part.as_str() {
            "" => return Err("has an empty part; a field that it uses is empty".into()),
            "." | ".." => return Err(format!("has a part \"{part}\", which leads elsewhere")),
            "~" if parts.is_empty() => return Err("begins at somebody's home folder".into()),
            part if part.split('\\').any(|part| part == "..") => {
                return Err("has a part \"..\", which leads elsewhere".into());
            }
            part if part.starts_with(".sluice-") && part.ends_with(".part") => {
                return Err("has a name that Sluice keeps for files that are not complete yet".into());
            }
            _ => parts.push(part),
        }
    }
    let path = parts.join("/");
    if parts.len() > DEEPEST || path.len() > LONGEST {
        return Err(format!("is too long: at most {LONGEST} bytes and {DEEPEST} folders"));
    }
    Ok(RawPath(path.into_bytes()))
}

#[cfg(test)]
mod tests {
    use std::path::{Component, Path};

    use proptest::prelude::*;

    use super::*;
    use crate::storage::local::platform;
    use crate::storage::names::{NameRules, legal_path};

    #[test]
    fn what_leads_elsewhere_is_refused() {
        for text in [
            "",
            " \n",
            "/",
            "/etc/passwd",
            "//server/share",
            "\\\\server\\share\\x",
            "\\x",
            "../x",
            "a/../../x",
            "a/..",
            "..",
            ".",
            "./x",
            "a/ .. /b",
            "C:\\x",
            "C:/x",
            "c:",
            "~/x",
            "~",
            "a//b",
            "a/",
            "a/ /b",
            "a\\..\\..\\b",
            "..\\x",
            ".sluice-00000000-1-0.part",
            "a/.sluice-00000000-1-0.part",
        ] {
            assert!(safe(text).is_err(), "{text:?}");
        }
        assert!(safe(&"a/".repeat(5000)).is_err());
        assert!(safe(&"a".repeat(5000)).is_err());
    }

    #[test]
    fn what_is_only_unwise_is_made_safe() {
        for (text, wanted) in [
            ("  a / b.mov \n", "a/b.mov"),
            ("a\u{0}b/c\nd\u{1b}", "a_b/c_d_"),
            ("e\u{301}", "é"),
            ("M: Eine Stadt.mov", "M: Eine Stadt.mov"),
            ("~root/x", "~root/x"),
            ("...", "..."),
            ("CON/NUL.txt", "CON/NUL.txt"),
        ] {
            assert_eq!(safe(text).unwrap().0, wanted.as_bytes(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_result_leaves_the_destination(text in "\\PC{0,40}|([./\\\\:~ \u{0}\u{7f}a]|\\.\\.|C:|con|\\\\\\\\){0,12}", windows: bool) {
            let rules = if windows { NameRules::Windows } else { NameRules::Unix };
            let Ok(target) = safe(&text) else { return Ok(()) };
            let Some(legal) = legal_path(&target, rules) else { return Ok(()) };
            let below = platform::to_path(&legal).expect("a legal target is a path below");
            prop_assert!(below.components().all(|part| matches!(part, Component::Normal(_))));
            prop_assert!(Path::new("/root").join(&below).starts_with("/root"));
            prop_assert!(!legal.0.contains(&0));
            if windows {
                let text = String::from_utf8(legal.0).unwrap();
                prop_assert!(!text.contains([':', '\\', '<', '>', '"', '|', '?', '*']));
            }
        }
    }
}
