//! What a listing says of a name: facts (RFC 3659, section 7), or the lines of `ls -l` that older servers
//! give.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use suppaftp::list::ListParser;

use crate::storage::server::{Entry, Kind};

/// A line of facts: `type=file;size=12;modify=20240102030405; name`.
pub(super) fn of_bytes(line: &[u8]) -> Option<(Entry, Option<SystemTime>)> {
    let at = line.iter().position(|byte| *byte == b' ')?;
    let (facts, name) = (std::str::from_utf8(&line[..at]).ok()?, &line[at + 1..]);
    if !facts.ends_with(';') || name.is_empty() {
        return None;
    }
    let mut entry = Entry { name: name.to_vec(), ..Entry::default() };
    let mut modified = None;
    for fact in facts.split(';') {
        let Some((key, value)) = fact.split_once('=') else { continue };
        match key.to_ascii_lowercase().as_str() {
            "type" => {
                entry.kind = match value.to_ascii_lowercase().as_str() {
                    "file" => Kind::File,
                    // The folder itself, and the one above it.
                    "cdir" => {
                        return Some((Entry { name: b".".to_vec(), kind: Kind::Folder, size: 0 }, None));
                    }
                    "pdir" => {
                        return Some((Entry { name: b"..".to_vec(), kind: Kind::Folder, size: 0 }, None));
                    }
                    "dir" => Kind::Folder,
                    other if other.starts_with("os.unix=slink") || other.contains("symlink") => Kind::Link,
                    _ => Kind::Special,
                }
            }
            "size" => entry.size = value.parse().unwrap_or_default(),
            "modify" => modified = time_of(value),
            _ => {}
        }
    }
    if entry.kind != Kind::File {
        entry.size = 0;
    }
    Some((entry, modified))
}

/// The same for the line of a look, which begins with a space.
pub(super) fn of_line(line: &str) -> Option<(Entry, Option<SystemTime>)> {
    of_bytes(line.trim_start().as_bytes())
}

/// A line as `ls -l` or the `dir` of DOS writes it.
pub(super) fn of_list(line: &[u8]) -> Option<Entry> {
    let text = std::str::from_utf8(line).ok()?;
    if text.is_empty() || text.starts_with("total ") {
        return None;
    }
    let Ok(file) = ListParser::parse_posix(text).or_else(|_| ListParser::parse_dos(text)) else {
        // What cannot be read is not lost: it becomes a name that no file has.
        return Some(Entry { name: [b"/", line].concat(), ..Entry::default() });
    };
    let kind = match () {
        () if file.is_symlink() => Kind::Link,
        () if file.is_directory() => Kind::Folder,
        () if matches!(text.as_bytes().first(), Some(b'b' | b'c' | b'p' | b's')) => Kind::Special,
        () => Kind::File,
    };
    let size = if kind == Kind::File { file.size() as u64 } else { 0 };
    Some(Entry { name: file.name().as_bytes().to_vec(), kind, size })
}

/// `YYYYMMDDHHMMSS` in UTC, with or without a fraction (RFC 3659, section 2.3).
fn time_of(text: &str) -> Option<SystemTime> {
    let (whole, _) = text.split_once('.').unwrap_or((text, ""));
    let at = jiff::civil::DateTime::strptime("%Y%m%d%H%M%S", whole).ok()?;
    let seconds = jiff::tz::Offset::UTC.to_timestamp(at).ok()?.as_second();
    UNIX_EPOCH.checked_add(Duration::from_secs(u64::try_from(seconds).ok()?))
}

/// A time as the server wants it.
pub(super) fn stamp(at: SystemTime) -> Option<String> {
    let at = jiff::Timestamp::try_from(at).ok()?;
    Some(at.strftime("%Y%m%d%H%M%S").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_read_in_any_order_and_spelling() {
        let (entry, modified) =
            of_bytes(b"Size=12;Type=file;Modify=20010909014640;UNIX.mode=0644; a b; c.mov").expect("facts");
        assert_eq!(entry, Entry { name: b"a b; c.mov".to_vec(), kind: Kind::File, size: 12 });
        let at = UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        assert_eq!((modified, stamp(at).as_deref()), (Some(at), Some("20010909014640")));
        let kind = |line: &str| of_line(line).map(|(entry, _)| (entry.kind, entry.size));
        assert_eq!(kind(" type=dir;size=4096; in"), Some((Kind::Folder, 0)));
        assert_eq!(kind("type=OS.unix=slink:/etc;size=4; link"), Some((Kind::Link, 0)));
        assert_eq!(kind("250 End"), None);
        assert_eq!(kind("type=file;"), None);
    }

    #[test]
    fn lines_of_older_servers_are_read() {
        let entry = of_list(b"-rw-r--r-- 1 ftp ftp       700000 Nov 25 18:33 f 1.mov").expect("a line");
        assert_eq!(entry, Entry { name: b"f 1.mov".to_vec(), kind: Kind::File, size: 700_000 });
        assert_eq!(of_list(b"drwxr-xr-x 1 ftp ftp 0 Nov 25 18:33 in").expect("a line").kind, Kind::Folder);
        assert_eq!(of_list(b"total 12"), None);
        assert!(of_list(b"what is this").expect("not lost").name.starts_with(b"/"));
    }
}
