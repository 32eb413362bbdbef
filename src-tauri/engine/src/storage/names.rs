//! Names that a destination cannot hold, made legal so that no two become the same.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

use super::web;
use crate::record::RawPath;

/// What a destination's file system asks of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NameRules {
    /// Any bytes but `/` and NUL, at most 255 of them.
    Unix,
    /// What Windows, FAT and SMB shares can hold.
    Windows,
    /// UTF-8 without control characters: what services that keep files behind a connection can list
    /// again as it was written (XML holds no control characters).
    Service,
}

/// Longest name (UTF-16 units) under Windows; bytes under Unix.
pub(crate) const NAME_MAX: usize = 255;

/// Longest name of an object (bytes), folders included: Amazon S3 User Guide, "Naming objects".
const KEY_MAX: usize = 1024;

impl NameRules {
    /// One part of a path as this destination can hold it, or None where it cannot.
    ///
    /// Injective: under `Windows` and `Service` an illegal byte becomes `%` and two hexadecimal digits, and so
    /// does a `%` that already stands before two such digits; undoing that gives the name back.
    pub(crate) fn legal(self, name: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Unix => (name.len() <= NAME_MAX).then(|| name.to_vec()),
            Self::Windows => {
                let reserved = is_reserved(name);
                let legal = escape(name, &|char, rest| {
                    matches!(char, '<' | '>' | ':' | '"' | '\\' | '|' | '?' | '*')
                        || is_control(char)
                        || (char == '.' || char == ' ') && rest.is_empty()
                        || is_code(char, rest)
                        || reserved && rest.len() + char.len_utf8() == name.len()
                });
                let text = std::str::from_utf8(&legal).ok()?;
                (text.encode_utf16().count() <= NAME_MAX).then(|| legal.clone())
            }
            Self::Service => {
                let legal = escape(name, &|char, rest| is_control(char) || is_code(char, rest));
                (legal.len() <= KEY_MAX).then_some(legal)
            }
        }
    }

    /// Whether the name would have to be changed, or cannot be held, under these rules.
    pub(crate) fn is_bad(self, name: &[u8]) -> bool {
        self.legal(name).is_none_or(|legal| legal != name)
    }
}

/// A whole path as the destination can hold it, or None where it cannot.
pub(crate) fn legal_path(path: &RawPath, rules: NameRules) -> Option<RawPath> {
    let parts = path.0.split(|byte| *byte == b'/').map(|part| rules.legal(part));
    let parts: Vec<Vec<u8>> = parts.collect::<Option<_>>()?;
    Some(RawPath(parts.join(&b'/')))
}

/// Where a path of a source goes when nothing is said: the same path below the source's prefix. Of a URL
/// its own path is taken.
pub(crate) fn mirror(prefix: &RawPath, path: &RawPath) -> RawPath {
    if prefix.0 == web::name::PREFIX { web::name::path_of(path) } else { prefix.join(path) }
}

/// The path by which people and templates know a file of a source: the URL's own, where it is one.
pub(crate) fn known_as<'a>(prefix: &RawPath, path: &'a RawPath) -> Cow<'a, RawPath> {
    if prefix.0 == web::name::PREFIX { Cow::Owned(web::name::path_of(path)) } else { Cow::Borrowed(path) }
}

fn is_control(char: char) -> bool {
    char.is_control() && char.is_ascii()
}

/// A `%` that would be taken for an escaped byte.
fn is_code(char: char, rest: &[u8]) -> bool {
    char == '%' && rest.len() >= 2 && rest[..2].iter().all(u8::is_ascii_hexdigit)
}

/// Escapes what is no UTF-8, and characters that are `illegal`, given what follows them.
fn escape(name: &[u8], illegal: &dyn Fn(char, &[u8]) -> bool) -> Vec<u8> {
    let mut legal = Vec::with_capacity(name.len());
    let mut at = 0;
    for chunk in name.utf8_chunks() {
        for char in chunk.valid().chars() {
            let rest = &name[at + char.len_utf8()..];
            if illegal(char, rest) {
                push_escaped(&mut legal, name[at]);
            } else {
                legal.extend_from_slice(&name[at..at + char.len_utf8()]);
            }
            at += char.len_utf8();
        }
        for byte in chunk.invalid() {
            push_escaped(&mut legal, *byte);
            at += 1;
        }
    }
    legal
}

fn push_escaped(legal: &mut Vec<u8>, byte: u8) {
    legal.extend_from_slice(format!("%{byte:02X}").as_bytes());
}

/// Device names that Windows keeps for itself, with or without an extension:
/// https://learn.microsoft.com/windows/win32/fileio/naming-a-file
pub(crate) fn is_reserved(name: &[u8]) -> bool {
    let stem = name.split(|byte| *byte == b'.').next().unwrap_or_default();
    let stem = stem.trim_ascii_end().to_ascii_uppercase();
    match stem.as_slice() {
        b"CON" | b"PRN" | b"AUX" | b"NUL" => true,
        [b'C', b'O', b'M', digit] | [b'L', b'P', b'T', digit] => (b'1'..=b'9').contains(digit),
        _ => false,
    }
}

/// Two paths with the same key are one file for a destination that ignores case, or that
/// normalises (macOS). Only for comparing; what is written stays as it is.
pub(crate) fn fold(path: &[u8]) -> String {
    String::from_utf8_lossy(path).nfc().flat_map(char::to_lowercase).nfc().collect()
}

/// `name (2).ext` for `name.ext`; the folder stays.
pub(crate) fn numbered(path: &RawPath, number: u32) -> RawPath {
    let name = path.file_name();
    let folder = &path.0[..path.0.len() - name.len()];
    let dot = name.iter().rposition(|byte| *byte == b'.').filter(|at| *at > 0).unwrap_or(name.len());
    let (stem, extension) = name.split_at(dot);
    RawPath([folder, stem, format!(" ({number})").as_bytes(), extension].concat())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn undo(legal: &[u8]) -> Vec<u8> {
        let mut name = Vec::new();
        let mut at = 0;
        while at < legal.len() {
            let digits = legal.get(at + 1..at + 3).filter(|pair| pair.iter().all(u8::is_ascii_hexdigit));
            match digits {
                Some(pair) if legal[at] == b'%' => {
                    name.push(u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap());
                    at += 3;
                }
                _ => {
                    name.push(legal[at]);
                    at += 1;
                }
            }
        }
        name
    }

    proptest! {
        #[test]
        fn legal_names_are_legal_and_can_be_undone(name in "[%a-f0-9A<>:. \\\\\u{1}é]{1,12}", tail in proptest::collection::vec(any::<u8>(), 0..3)) {
            let mut name = name.into_bytes();
            name.extend(tail.iter().filter(|byte| !matches!(byte, b'/' | 0)));
            let legal = NameRules::Windows.legal(&name).unwrap();
            prop_assert_eq!(&undo(&legal), &name);
            prop_assert!(!NameRules::Windows.is_bad(b"plain name.mov"));
            let text = String::from_utf8(legal).unwrap();
            let illegal = ['<', '>', ':', '"', '\\', '|', '?', '*', '\u{1}'];
            prop_assert!(!text.contains(illegal));
            prop_assert!(!text.ends_with(['.', ' ']));
            let listed = NameRules::Service.legal(&name).unwrap();
            prop_assert_eq!(&undo(&listed), &name);
            let listed = String::from_utf8(listed).unwrap();
            prop_assert!(!listed.contains(char::from(1)));
        }
    }

    #[test]
    fn device_names_are_not_written() {
        assert_eq!(NameRules::Windows.legal(b"CON.txt").unwrap(), b"%43ON.txt");
        assert_eq!(NameRules::Windows.legal(b"console.txt").unwrap(), b"console.txt");
        assert_eq!(NameRules::Unix.legal(b"CON.txt").unwrap(), b"CON.txt");
        assert_eq!(NameRules::Windows.legal(&[b'x'; 256]), None);
    }

    #[test]
    fn twins_fold_to_one() {
        assert_eq!(fold("Ärger.MOV".as_bytes()), fold("a\u{308}rger.mov".as_bytes()));
        assert_ne!(fold(b"a.mov"), fold(b"b.mov"));
    }

    #[test]
    fn numbers_stand_before_the_extension() {
        let numbered = |path: &str| numbered(&RawPath(path.as_bytes().to_vec()), 2).to_string();
        assert_eq!(numbered("a.b/clip.mov"), "a.b/clip (2).mov");
        assert_eq!(numbered("a.b/clip"), "a.b/clip (2)");
        assert_eq!(numbered(".hidden"), ".hidden (2)");
    }
}
