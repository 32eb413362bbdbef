//! From a path as a catalogue writes it to a file below one of the job's roots. Whatever a row says,
//! it never leads elsewhere.

use std::path::{Path, PathBuf};

use unicode_normalization::UnicodeNormalization;

use crate::record::RawPath;
use crate::spec::PrefixRule;
use crate::storage::local::platform;
use crate::storage::web::{self, WrongUrl};

/// A folder that rows may lead into.
#[derive(Debug)]
pub(super) struct Root {
    /// The source's number.
    pub(super) source: usize,
    /// As the job spells it.
    pub(super) spelt: PathBuf,
    /// Links resolved.
    pub(super) real: PathBuf,
}

/// Where the paths of a catalogue lead.
#[derive(Debug)]
pub(super) struct Places {
    /// Where relative paths begin.
    base: Option<usize>,
    /// Longest beginning first.
    rules: Vec<Rule>,
    /// Longest path first.
    roots: Vec<Root>,
    /// The source that holds URLs.
    pub(super) web: usize,
}

#[derive(Debug)]
struct Rule {
    from: Vec<String>,
    is_rooted: bool,
    style: Style,
    source: usize,
}

/// How a path separates its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// `/`.
    Unix,
    /// `\` or `/`; names do not differ by case.
    Windows,
    /// `:`, and `/` may stand in a name (Mac OS before X).
    Mac,
}

/// A file below a root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) source: usize,
    pub(super) path: RawPath,
}

/// A path that must not be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Unsafe(pub(super) &'static str);

impl Places {
    /// `base`: the source at which relative paths begin. `rules`: each with the source it leads to.
    /// `web`: the source that holds URLs.
    pub(super) fn new(
        base: Option<usize>,
        rules: &[(PrefixRule, usize)],
        mut roots: Vec<Root>,
        web: usize,
    ) -> Self {
        let mut rules: Vec<Rule> =
            rules.iter().map(|(rule, source)| Rule::new(&rule.from, *source)).collect();
        rules.sort_by_key(|rule| std::cmp::Reverse(rule.from.len()));
        roots.sort_by_key(|root| std::cmp::Reverse(root.real.as_os_str().len()));
        Self { base, rules, roots, web }
    }

    /// Where a path leads.
    pub(super) fn find(&self, text: &str) -> Result<Place, Unsafe> {
        if text.contains('\0') {
            return Err(Unsafe("it contains a NUL character"));
        }
        let ruled = self.rules.iter().find_map(|rule| Some((rule.source, rule.rest(text)?)));
        let (source, parts) = match ruled {
            Some(found) => found,
            None if web::scheme_of(text.trim_start()).is_some() => {
                let url = web::read(text).map_err(|WrongUrl(why)| Unsafe(why))?;
                return Ok(Place { source: self.web, path: RawPath(String::from(url).into_bytes()) });
            }
            None => self.without_rule(text)?,
        };
        if parts.iter().any(|part| part == "..") {
            return Err(Unsafe("it leads upwards (\"..\")"));
        }
        let parts: Vec<String> = parts.into_iter().filter(|part| part != ".").collect();
        let path = RawPath(parts.join("/").into_bytes());
        if path.0.is_empty() {
            return Err(Unsafe("it names a whole folder"));
        }
        match platform::to_path(&path) {
            Some(_) => Ok(Place { source, path }),
            None => Err(Unsafe("it is no path below a folder")),
        }
    }

    fn without_rule(&self, text: &str) -> Result<(usize, Vec<String>), Unsafe> {
        if text.starts_with("\\\\") || text.starts_with("//") {
            return Err(Unsafe("it begins at a network share for which there is no prefix rule"));
        }
        if has_drive(text) {
            return Err(Unsafe("it begins with a drive letter for which there is no prefix rule"));
        }
        if text.starts_with('~') && (text.len() == 1 || text.contains(['/', '\\'])) {
            return Err(Unsafe("it begins at somebody's home folder (\"~\")"));
        }
        if text.starts_with('/') {
            let below = |root: &Root| {
                let rest = |folder: &Path| Path::new(text).strip_prefix(folder).ok().map(Path::to_owned);
                let rest = rest(&root.spelt).or_else(|| rest(&root.real))?;
                Some((root.source, parts(rest.to_str()?, Style::Unix)))
            };
            let outside =
                Unsafe("it is absolute and leads out of the catalogue's folders; add a prefix rule for it");
            return self.roots.iter().find_map(below).ok_or(outside);
        }
        if text.starts_with('\\') {
            return Err(Unsafe("it is absolute; add a prefix rule for it"));
        }
        let base = self.base.ok_or(Unsafe("it is relative, and the catalogue has no base folder"))?;
        // Windows writes relative paths with \ alone; with / in it, a \ is a part of a name.
        let style = if text.contains('\\') && !text.contains('/') { Style::Windows } else { Style::Unix };
        Ok((base, parts(text, style)))
    }
}

impl Rule {
    fn new(from: &str, source: usize) -> Self {
        let style = style_of(from);
        Self { from: parts(from, style), is_rooted: is_rooted(from), style, source }
    }

    /// The parts of a path below this rule's beginning. None: it begins otherwise.
    fn rest(&self, text: &str) -> Option<Vec<String>> {
        // A relative path that happens to begin with the same words is none of these.
        if is_rooted(text) != self.is_rooted {
            return None;
        }
        let parts = parts(text, self.style);
        let same = |(own, other): (&String, &String)| {
            own == other || self.style == Style::Windows && own.to_lowercase() == other.to_lowercase()
        };
        let is_below = parts.len() >= self.from.len() && self.from.iter().zip(&parts).all(same);
        is_below.then(|| parts[self.from.len()..].to_vec())
    }
}

/// Whether a path begins at a root of any kind.
pub(super) fn is_rooted(text: &str) -> bool {
    text.starts_with(['/', '\\']) || has_drive(text)
}

/// `C:`, alone or before a slash, or before a relative path as DOS has it.
fn has_drive(text: &str) -> bool {
    matches!(text.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic())
}

fn style_of(from: &str) -> Style {
    let after_drive = || from.as_bytes().get(2).is_none_or(|byte| matches!(byte, b'\\' | b'/'));
    if from.starts_with('\\') || has_drive(from) && after_drive() {
        Style::Windows
    } else if from.contains(':') && !from.contains('/') {
        Style::Mac
    } else {
        Style::Unix
    }
}

/// The parts of a path that are not empty.
fn parts(text: &str, style: Style) -> Vec<String> {
    let parts = text.split(|char| match style {
        Style::Unix => char == '/',
        Style::Windows => matches!(char, '/' | '\\'),
        Style::Mac => char == ':',
    });
    parts
        .filter(|part| !part.is_empty())
        // What old Macs show as / is stored as : by the systems after them.
        .map(|part| if style == Style::Mac { part.replace('/', ":") } else { part.to_owned() })
        .collect()
}

/// Where paths begin for which there is no rule yet, as one might write it: a drive or a share, and the
/// folder below it that all of them have in common. Each once, in the order of the paths.
pub(crate) fn beginnings<'a>(paths: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut found: Vec<(String, String)> = Vec::new();
    for (root, with_folder) in paths.filter_map(beginning) {
        match found.iter_mut().find(|(known, _)| *known == root) {
            Some((known, own)) if *own != with_folder => own.clone_from(known),
            Some(_) => {}
            None => found.push((root, with_folder)),
        }
    }
    found.into_iter().map(|(_, own)| own).collect()
}

/// The root of a path, and the same with the first folder below it. None: it is relative.
fn beginning(path: &str) -> Option<(String, String)> {
    let style = style_of(path);
    let parts = parts(path, style);
    let folders = parts.split_last()?.1;
    let (before, separator, roots) = match style {
        Style::Windows if path.starts_with(['\\', '/']) => ("\\\\", '\\', 2),
        Style::Windows => ("", '\\', 1),
        // With its first folder: a colon alone may be a part of a name.
        Style::Mac => ("", ':', 2),
        Style::Unix if is_rooted(path) => ("/", '/', 1),
        Style::Unix => return None,
    };
    let begin = |count: usize| {
        let separator = separator.to_string();
        let text = folders.get(..count)?.join(&separator);
        // A drive by itself is written with its slash.
        let end = if style == Style::Windows && count == 1 { "\\" } else { "" };
        Some(format!("{before}{text}{end}"))
    };
    let root = begin(roots).filter(|root| Rule::new(root, 0).rest(path).is_some())?;
    let further = begin(roots + 1).filter(|_| style != Style::Mac);
    let with_folder = further.unwrap_or_else(|| root.clone());
    Some((root, with_folder))
}

/// Other spellings under which a file may lie: without spaces around, with accents stored in the
/// other way, with a `\` that is a part of the name.
pub(super) fn spellings(text: &str, path: &RawPath) -> Vec<RawPath> {
    let Ok(own) = std::str::from_utf8(&path.0) else { return Vec::new() };
    let trimmed = own.split('/').map(str::trim).collect::<Vec<_>>().join("/");
    let literal = if text.contains('\\') && !text.contains(['/', ':']) { text } else { own };
    let mut spellings: Vec<RawPath> = Vec::new();
    for other in [own.nfc().collect(), own.nfd().collect(), trimmed, literal.to_owned()] {
        let other = RawPath(String::into_bytes(other));
        if other != *path && !spellings.contains(&other) && platform::to_path(&other).is_some() {
            spellings.push(other);
        }
    }
    spellings
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn places() -> Places {
        let root = |source, path: &str| Root { source, spelt: path.into(), real: path.into() };
        let rule = |from: &str, source| (PrefixRule { from: from.into(), to: PathBuf::new() }, source);
        Places::new(
            Some(0),
            &[
                rule(r"Z:\Archive", 1),
                rule(r"\\NAS\Media", 2),
                rule("/Volumes/Film", 3),
                rule("Macintosh HD:Tapes", 4),
                rule(r"Z:\Archive\Stills", 5),
                rule("X:folder", 6),
                rule("old/shelf", 8),
                rule("https://dam.example/mirrored", 3),
            ],
            vec![root(0, "/base"), root(7, "/base/inner")],
            9,
        )
    }

    fn found(text: &str) -> String {
        match places().find(text) {
            Ok(place) => format!("{}:{}", place.source, place.path),
            Err(error) => format!("! {error}"),
        }
    }

    #[test]
    fn paths_of_all_systems_are_translated() {
        assert_eq!(found("a/b.mov"), "0:a/b.mov");
        assert_eq!(found("./a//b.mov"), "0:a/b.mov");
        assert_eq!(found(r"a\b.mov"), "0:a/b.mov");
        assert_eq!(found(r"Z:\Archive\a\b.mov"), "1:a/b.mov");
        assert_eq!(found(r"z:/archive/A/b.mov"), "1:A/b.mov");
        assert_eq!(found(r"Z:\Archive\Stills\b.tif"), "5:b.tif", "the longest rule first");
        assert_eq!(found(r"\\nas\media\b.mov"), "2:b.mov");
        assert_eq!(found("/Volumes/Film/Reel 1/b.mov"), "3:Reel 1/b.mov");
        assert_eq!(found("Macintosh HD:Tapes:1/2:b.mov"), "4:1:2/b.mov");
        assert_eq!(found("X:folder:b.mov"), "6:b.mov");
        assert_eq!(found("old/shelf/b.mov"), "8:b.mov");
        assert_eq!(found("Volumes/Film/b.mov"), "0:Volumes/Film/b.mov", "it only looks like one");
        assert_eq!(found("https://dam.example/a b.mov"), "9:https://dam.example/a%20b.mov");
        assert_eq!(found(" HTTP://dam.example/a "), "9:http://dam.example/a");
        assert_eq!(found("https://dam.example/mirrored/a.mov"), "3:a.mov", "there is a rule for it");
        assert_eq!(found("/base/a.mov"), "0:a.mov");
        assert_eq!(found("/base/inner/a.mov"), "7:a.mov");
    }

    #[test]
    fn whatever_leads_elsewhere_is_refused() {
        for text in [
            "../a",
            "a/../../b",
            "a/..",
            r"..\a",
            r"Z:\Archive\..\a",
            "/etc/passwd",
            "/based/a",
            r"C:\a",
            "C:a",
            r"Z:\Archives\a",
            r"\\nas\mediathek\a",
            "//server/a",
            r"\a",
            "~",
            "~/a",
            "~bob/a",
            "a\0b",
            "/",
            ".",
            "/Volumes/Film",
            "/Volumes/Filmothek/a",
            "/Volumes/Film/../../etc/passwd",
            "Macintosh HD:Tapes:..:a",
            "file:///etc/passwd",
            "ftp://host/a",
            "http://user:password@host/a",
            "https://",
        ] {
            assert!(found(text).starts_with('!'), "{text:?} became {}", found(text));
        }
    }

    #[test]
    fn a_rule_can_be_proposed_for_paths_that_have_none() {
        let found = |paths: &[&str]| beginnings(paths.iter().copied());
        assert_eq!(found(&[r"Z:\Archive\1974\a.mov", r"Z:\Archive\1975\b.mov"]), [r"Z:\Archive"]);
        assert_eq!(found(&[r"Z:\1974\a.mov", r"Z:\1975\b.mov", "z.mov", ""]), [r"Z:\"]);
        assert_eq!(found(&["C:/Media/x/a.mov", r"Z:\a.mov"]), [r"C:\Media", r"Z:\"]);
        assert_eq!(found(&[r"\\nas\media\1974\a.mov", r"\\nas\media\b.mov"]), [r"\\nas\media"]);
        assert_eq!(found(&["/Volumes/Film/1/a.mov", "/Volumes/Film/b.mov"]), ["/Volumes/Film"]);
        assert_eq!(found(&["Macintosh HD:Tapes:a.mov"]), ["Macintosh HD:Tapes"]);
        assert_eq!(
            found(&["/a.mov", r"\\nas", "a/b.mov", "C:a.mov", r"C:a\b.mov", "Part 1: x.mov"]),
            [""; 0]
        );
    }

    proptest! {
        #[test]
        fn no_text_leads_out_of_its_root(text in r"[a-z./\\:~\x00 A-Z]{0,24}") {
            if let Ok(place) = places().find(&text) && place.source != 9 {
                let path = platform::to_path(&place.path).expect("a path below");
                let is_plain = |part| matches!(part, std::path::Component::Normal(_));
                prop_assert!(path.components().all(is_plain), "{path:?}");
            }
        }
    }
}
