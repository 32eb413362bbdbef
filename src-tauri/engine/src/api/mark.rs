//! Places in lists, as they go to the page and come back.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::record::{RecordId, hex, unhex};

/// A record's place in a list, as it was when the list was read. It holds although the record has changed or
/// has left the list since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(try_from = "String", into = "String")]
#[ts(type = "string")]
pub struct Mark {
    pub(crate) key: Key,
    pub(crate) id: RecordId,
}

/// What a list is ordered by, before the records' numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Key {
    /// By the number alone.
    None,
    Number(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// A text that is no place in a list.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no place in a list; take it from a page of the list, as it is")]
pub struct NoMark(String);

impl Mark {
    /// A record's place in a list that is ordered by number.
    pub fn of(id: RecordId) -> Self {
        Self { key: Key::None, id }
    }
}

impl From<Mark> for String {
    fn from(mark: Mark) -> Self {
        let id = mark.id;
        match mark.key {
            Key::None => id.to_string(),
            Key::Number(number) => format!("{id}n{number}"),
            Key::Text(text) => format!("{id}t{text}"),
            Key::Bytes(bytes) => format!("{id}b{}", hex(&bytes)),
        }
    }
}

impl TryFrom<String> for Mark {
    type Error = NoMark;

    fn try_from(text: String) -> Result<Self, NoMark> {
        read(&text).ok_or(NoMark(text))
    }
}

fn read(text: &str) -> Option<Mark> {
    let end = text.find(|char: char| char != '-' && !char.is_ascii_digit()).unwrap_or(text.len());
    let (id, key) = text.split_at(end);
    let id = id.parse().ok()?;
    let mut chars = key.chars();
    let key = match (chars.next(), chars.as_str()) {
        (None, _) => Key::None,
        (Some('n'), number) => Key::Number(number.parse().ok()?),
        (Some('t'), text) => Key::Text(text.to_owned()),
        (Some('b'), bytes) => Key::Bytes(unhex(bytes)?),
        _ => return None,
    };
    Some(Mark { key, id })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_back_as_it_went() {
        let keys = [
            Key::None,
            Key::Number(-7),
            Key::Number(i64::MAX),
            Key::Text("read_back n5".into()),
            Key::Bytes(b"a/\xff\n".to_vec()),
        ];
        for key in keys {
            let mark = Mark { key, id: 4711 };
            assert_eq!(Mark::try_from(String::from(mark.clone())), Ok(mark));
        }
        for text in ["", "n5", "5x", "5n", "5bf", "5n9999999999999999999", "99999999999999999999"] {
            assert!(Mark::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
