//! What an answer's status and headers say of a file (RFC 9110).

use std::time::SystemTime;

use reqwest::header::{
    CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderMap, HeaderName,
    LAST_MODIFIED, RETRY_AFTER, TRANSFER_ENCODING,
};
use reqwest::{Response, Version};

use super::name::of_disposition;
use crate::clock::now_ms;
use crate::http::{in_words, retry_after_of};
use crate::storage::remote::fault::{Fault, FaultKind, kind_of_status};

/// What an answer says of the file that it is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Head {
    /// Bytes of the whole file. None: the server does not say.
    pub(crate) size: Option<u64>,
    /// When its content was made.
    pub(crate) modified: Option<SystemTime>,
    /// What it is called, where the server says so.
    pub(crate) name: Option<Vec<u8>>,
    /// An end that came too early would be noticed, although no length is told.
    pub(super) ends_surely: bool,
    etag: Option<String>,
    date: Option<String>,
}

impl Head {
    /// Reads a good answer.
    pub(super) fn of(response: &Response) -> Result<Self, Fault> {
        let headers = response.headers();
        if let Some(encoding) = text(headers, &CONTENT_ENCODING)
            && !encoding.is_empty()
            && !encoding.eq_ignore_ascii_case("identity")
        {
            let encoding: String = encoding.chars().take(20).collect();
            let said =
                format!("it sends the file in another form ({encoding}), although it was asked not to");
            return Err(Fault::new(FaultKind::Unsupported, said));
        }
        let is_chunked = headers.contains_key(TRANSFER_ENCODING);
        let size = match response.status().as_u16() {
            206 => part_of(headers).map(|part| part.whole),
            _ if is_chunked => None,
            _ => text(headers, &CONTENT_LENGTH).and_then(|length| length.trim().parse().ok()),
        };
        let date = text(headers, &LAST_MODIFIED).map(ToOwned::to_owned);
        Ok(Self {
            size,
            modified: date.as_deref().and_then(|date| httpdate::parse_http_date(date).ok()),
            name: headers.get(CONTENT_DISPOSITION).and_then(|value| of_disposition(value.as_bytes())),
            ends_surely: is_chunked || response.version() >= Version::HTTP_2,
            etag: text(headers, &ETAG).map(ToOwned::to_owned),
            date,
        })
    }

    /// By what the server knows that the file is still this one (`If-Range`). A weak tag is none.
    pub(super) fn validator(&self) -> Option<&str> {
        self.etag.as_deref().filter(|etag| !etag.starts_with("W/")).or(self.date.as_deref())
    }

    /// In what a later answer says something else. What only one of the two says is no difference: servers
    /// leave headers out.
    pub(super) fn difference(&self, later: &Self) -> Option<String> {
        match (self.size, later.size) {
            (Some(before), Some(after)) if before != after => {
                return Some(format!("it went from {before} to {after} bytes"));
            }
            _ => {}
        }
        let differs = |before: &Option<String>, after: &Option<String>| {
            before.is_some() && after.is_some() && before != after
        };
        match (differs(&self.etag, &later.etag), differs(&self.date, &later.date)) {
            (true, _) => Some("its ETag is another one now".into()),
            (_, true) if self.etag.is_none() || later.etag.is_none() => {
                Some("its date is another one now".into())
            }
            _ => None,
        }
    }

    /// Whether a later answer is surely about the same content.
    pub(super) fn is_same(&self, later: &Self) -> bool {
        self.difference(later).is_none()
            && self.validator().is_some()
            && self.validator() == later.validator()
    }
}

/// Which part of a file an answer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    /// Its first byte.
    pub(super) from: u64,
    /// Bytes of the whole file.
    pub(super) whole: u64,
}

/// `bytes 100-199/1000`. None: it says something else.
pub(super) fn part_of(headers: &HeaderMap) -> Option<Part> {
    let (span, whole) = text(headers, &CONTENT_RANGE)?.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (from, to) = span.split_once('-')?;
    let part = Part { from: from.trim().parse().ok()?, whole: whole.trim().parse().ok()? };
    (to.trim().parse::<u64>().ok()? < part.whole).then_some(part)
}

/// Refuses what is no content. `is_signed`: a secret went with the request.
pub(super) fn check(response: &Response, is_signed: bool) -> Result<(), Fault> {
    let status = response.status();
    if matches!(status.as_u16(), 200 | 203 | 206) {
        return Ok(());
    }
    let (kind, hint) = match status.as_u16() {
        401 if !is_signed => (FaultKind::Denied, "; add a connection of the kind http for this server"),
        201..=399 => (FaultKind::Unsupported, ", which is no file"),
        other => (kind_of_status(other), ""),
    };
    let reason = status.canonical_reason().unwrap_or("no known status");
    let retry_after = text(response.headers(), &RETRY_AFTER);
    Err(Fault {
        kind,
        said: format!("the server answers {} {reason}{hint}", status.as_u16()),
        status: Some(status.as_u16()),
        retry_after: retry_after.and_then(|value| retry_after_of(value, now_ms())),
    })
}

/// No complete answer.
pub(super) fn lost(error: &reqwest::Error) -> Fault {
    let kind = match error {
        error if error.is_timeout() => FaultKind::Timeout,
        error if error.is_builder() => FaultKind::Rejected,
        _ => FaultKind::Unreachable,
    };
    Fault::new(kind, in_words(error))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(value: &'static str) -> Option<Part> {
        part_of(&HeaderMap::from_iter([(CONTENT_RANGE, value.parse().unwrap())]))
    }

    #[test]
    fn a_part_says_where_it_begins() {
        assert_eq!(part("bytes 5-9/10"), Some(Part { from: 5, whole: 10 }));
        for wrong in ["bytes 5-10/10", "bytes */10", "bytes 5-9/*", "bits 5-9/10", "bytes 5-9", "bytes -9/10"]
        {
            assert_eq!(part(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_surely_the_same_has_a_tag_or_a_date() {
        let head = |etag: Option<&str>, date: Option<&str>, size| Head {
            size: Some(size),
            etag: etag.map(ToOwned::to_owned),
            date: date.map(ToOwned::to_owned),
            ..Head::default()
        };
        let one = head(Some("\"a\""), Some("d"), 5);
        assert!(one.is_same(&one));
        assert!(one.difference(&head(None, Some("d"), 5)).is_none());
        assert!(!one.is_same(&head(None, Some("d"), 5)), "the tag is missing");
        assert!(one.difference(&head(Some("\"b\""), Some("d"), 5)).is_some());
        assert!(one.difference(&head(Some("\"a\""), Some("e"), 5)).is_none(), "the tag knows better");
        assert!(one.difference(&head(Some("\"a\""), Some("d"), 6)).is_some());
        assert!(!head(None, None, 5).is_same(&head(None, None, 5)), "nobody knows");
        assert_eq!(head(Some("W/\"a\""), Some("d"), 5).validator(), Some("d"));
    }
}
