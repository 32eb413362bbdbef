//! rclone's configuration file, read as rclone reads it: sections of `key = value` lines, where a
//! value in backticks or in three double quotes keeps its blanks. General INI readers undo escapes
//! and end values at `#` or `;`, and so would change secrets.

use std::collections::BTreeMap;

/// A configuration larger than this (bytes) is none.
pub(super) const MAX: u64 = 1 << 20;

/// How a configuration begins that a password protects.
const ENCRYPTED: &str = "RCLONE_ENCRYPT_";

/// One section: what rclone calls a remote. Its values may be secrets, so it has no `Debug`.
#[cfg_attr(test, derive(PartialEq, Eq))]
pub(super) struct Remote {
    pub(super) name: String,
    values: BTreeMap<String, String>,
}

/// A file that is no rclone configuration. Lines are named by their number alone, because what
/// stands in them may be a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoConfig {
    #[error("it is protected by a password")]
    Encrypted,
    #[error("line {0} is neither a [section] nor key = value")]
    NotAPair(usize),
    #[error("line {0} stands before the first [section]")]
    NoSection(usize),
    #[error("line {0} opens a quotation that does not end")]
    OpenQuote(usize),
    #[error("it is no text in UTF-8")]
    NotText,
}

impl Remote {
    /// The value of a key; none where it is missing or empty.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The keys that have a value.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.values.iter().filter(|(_, value)| !value.is_empty()).map(|(key, _)| key.as_str())
    }
}

/// Reads a configuration. A section that is there twice is one; of a key that is there twice, the
/// last counts.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Remote>, NoConfig> {
    let text = std::str::from_utf8(bytes).map_err(|_| NoConfig::NotText)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut remotes: Vec<Remote> = Vec::new();
    let mut at: BTreeMap<&str, usize> = BTreeMap::new();
    let mut current = None;
    for (number, line) in text.lines().enumerate().map(|(index, line)| (index + 1, line.trim())) {
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if current.is_none() && line.starts_with(ENCRYPTED) {
            return Err(NoConfig::Encrypted);
        }
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let name = name.trim();
            let index = *at.entry(name).or_insert(remotes.len());
            if index == remotes.len() {
                remotes.push(Remote { name: name.to_owned(), values: BTreeMap::new() });
            }
            current = Some(index);
            continue;
        }
        let remote = current.ok_or(NoConfig::NoSection(number))?;
        let (key, value) = pair(line, number)?;
        remotes[remote].values.insert(key, value);
    }
    Ok(remotes)
}

fn pair(line: &str, number: usize) -> Result<(String, String), NoConfig> {
    let (key, value) = line.split_once(['=', ':']).ok_or(NoConfig::NotAPair(number))?;
    let key = key.trim().trim_matches(['"', '`']);
    if key.is_empty() {
        return Err(NoConfig::NotAPair(number));
    }
    Ok((key.to_owned(), unquoted(value.trim()).ok_or(NoConfig::OpenQuote(number))?.to_owned()))
}

/// A value without its quotation marks. None: a quotation is opened and not closed.
fn unquoted(value: &str) -> Option<&str> {
    let mark = match value {
        value if value.len() >= 2 && value.starts_with('`') => "`",
        value if value.len() >= 6 && value.starts_with("\"\"\"") => "\"\"\"",
        _ => return Some(value),
    };
    let inner = &value[mark.len()..];
    inner.rfind(mark).map(|end| &inner[..end])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn remotes(text: &str) -> Vec<Remote> {
        read(text.as_bytes()).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn a_configuration_is_read_as_rclone_reads_it() {
        let text = "\u{feff}# made by rclone\r\n[my archive]\r\ntype : s3\r\nsecret_access_key = ab c#\";d=e\r\n\
                    empty =\r\n\r\n; second\n[b]\nx = \"\"\" y \"\"\" z\nq = ` b `\n\"t\" = \"q\"\n[my archive]\ntype = webdav\n";
        let read = remotes(text);
        let names: Vec<_> = read.iter().map(|remote| remote.name.as_str()).collect();
        assert_eq!(names, ["my archive", "b"]);
        assert_eq!(read[0].get("type"), Some("webdav"), "the last one counts");
        assert_eq!(read[0].get("secret_access_key"), Some("ab c#\";d=e"));
        assert_eq!(read[0].get("empty"), None);
        assert_eq!(read[0].keys().collect::<Vec<_>>(), ["secret_access_key", "type"]);
        assert_eq!(
            [read[1].get("x"), read[1].get("q"), read[1].get("t")],
            [Some(" y "), Some(" b "), Some("\"q\"")]
        );
    }

    #[test]
    fn what_is_no_configuration_is_refused_by_the_number_of_its_line() {
        let why = |text: &str| read(text.as_bytes()).err();
        assert_eq!(
            why("# Encrypted rclone configuration File\n\nRCLONE_ENCRYPT_V0:\nzKz0"),
            Some(NoConfig::Encrypted)
        );
        assert_eq!(why("type = s3\n"), Some(NoConfig::NoSection(1)));
        assert_eq!(why("[a]\ntype = s3\nhunter2\n"), Some(NoConfig::NotAPair(3)));
        assert_eq!(why("[a]\n= hunter2\n"), Some(NoConfig::NotAPair(2)));
        assert_eq!(why("[a]\npass = `hunter2\n"), Some(NoConfig::OpenQuote(2)));
        assert_eq!(read(b"[a]\nx = \xff\n").err(), Some(NoConfig::NotText));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "([\\[\\]=:`\"#; \n]|[a-z]|\\PC){0,200}") {
            let _ = read(text.as_bytes());
        }
    }
}
