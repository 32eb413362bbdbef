//! What a WebDAV server refused (RFC 4918, section 11; RFC 9110, section 15).

use reqwest::Response;
use reqwest::header::RETRY_AFTER;

use crate::clock::now_ms;
use crate::http::retry_after_of;
use crate::record::show_bytes;
use crate::storage::remote::fault::{Fault, FaultKind, kind_of_status, unconnected};

/// Bytes of an answer that are read for what it says.
const READ: usize = 4096;

/// Characters of an answer that go into a message.
const QUOTED: usize = 200;

/// An answer that means no success.
pub(super) async fn refusal(mut response: Response) -> Fault {
    let status = response.status();
    let header = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after = header.and_then(|value| retry_after_of(value, now_ms()));
    let kind = match status.as_u16() {
        300..=399 | 405 => FaultKind::Unsupported,
        status => kind_of_status(status),
    };
    let mut body = Vec::new();
    while body.len() < READ
        && let Ok(Some(chunk)) = response.chunk().await
    {
        body.extend_from_slice(&chunk);
    }
    let words = words_of(&String::from_utf8_lossy(&body));
    let said = match status.as_u16() {
        300..=399 => format!("{status}: it leads elsewhere; write the address that it leads to"),
        423 => format!("{status}: somebody holds it locked"),
        // Many a server repeats its status.
        _ if words.is_empty() || status.to_string().contains(&words) => status.to_string(),
        _ => format!("{status}: {words}"),
    };
    Fault { status: Some(status.as_u16()), retry_after, ..Fault::new(kind, said) }
}

/// What stands between the tags of an answer, in a line.
fn words_of(body: &str) -> String {
    let mut in_tag = false;
    let text: String = body
        .chars()
        .filter(|char| {
            let is_text = !in_tag && *char != '<';
            in_tag = (in_tag || *char == '<') && *char != '>';
            is_text
        })
        .collect();
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    show_bytes(line.chars().take(QUOTED).collect::<String>().as_bytes())
}

/// No answer, or none that came to its end.
pub(super) fn lost(error: &reqwest::Error) -> Fault {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let kind = match error {
        error if error.is_timeout() => FaultKind::Timeout,
        error if error.is_builder() => FaultKind::Rejected,
        _ => FaultKind::Unreachable,
    };
    Fault::new(kind, unconnected(cause.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_told_in_a_line() {
        assert_eq!(words_of("<html>\n<h1>Not  <b>found</b></h1>"), "Not found");
        assert_eq!(words_of("plain > text\n"), "plain > text");
        assert_eq!(words_of("<a"), "");
    }
}
