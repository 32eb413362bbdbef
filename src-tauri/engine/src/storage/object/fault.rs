//! What an object store refused: the error code in its answer says most (Amazon S3 API Reference,
//! "Error responses"), then the status, then what failed on the way.

use std::error::Error;

use object_store::client::{HttpError, HttpErrorKind};

use super::wire::{Damaged, Refused};
use super::xml;
use crate::record::show_bytes;
use crate::storage::remote::fault::{Fault, FaultKind, kind_of_status, unconnected};

/// Characters of an answer that go into a message.
const QUOTED: usize = 200;

impl From<object_store::Error> for Fault {
    fn from(error: object_store::Error) -> Self {
        let mut fault = of_chain(&error);
        if let object_store::Error::InvalidPath { .. } = error {
            fault.kind = FaultKind::Name;
        }
        fault
    }
}

impl From<HttpError> for Fault {
    fn from(error: HttpError) -> Self {
        of_chain(&error)
    }
}

/// An answer with a status that means no success.
pub(super) fn of_answer(status: u16, body: &str) -> Fault {
    let code = xml::text_of(body, "Code").unwrap_or_default();
    let said = xml::text_of(body, "Message").unwrap_or_default();
    let kind = of_code(&code).unwrap_or_else(|| kind_of_status(status));
    let words = match (code.as_str(), said.as_str()) {
        ("", "") => quoted(body),
        ("", said) => quoted(said),
        (code, "") => quoted(code),
        (code, said) => quoted(&format!("{code}: {said}")),
    };
    let said = if words.is_empty() { format!("status {status}") } else { format!("{status} {words}") };
    Fault { status: Some(status), ..Fault::new(kind, said) }
}

/// Looks through an error's causes for the one that says most.
fn of_chain(error: &(dyn Error + 'static)) -> Fault {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    let mut last = error;
    let mut lost = None;
    while let Some(now) = cause {
        if let Some(refused) = now.downcast_ref::<Refused>() {
            return Fault { retry_after: refused.retry_after, ..of_answer(refused.status, &refused.body) };
        }
        if now.is::<Damaged>() {
            return Fault::new(FaultKind::Damaged, now.to_string());
        }
        if let Some(http) = now.downcast_ref::<HttpError>() {
            lost = Some(http.kind());
        }
        last = now;
        cause = now.source();
    }
    let kind = match lost {
        Some(HttpErrorKind::Timeout) => FaultKind::Timeout,
        Some(HttpErrorKind::Decode) => FaultKind::Rejected,
        Some(_) => FaultKind::Unreachable,
        None => FaultKind::Rejected,
    };
    Fault::new(kind, unconnected(quoted(&last.to_string())))
}

fn of_code(code: &str) -> Option<FaultKind> {
    Some(match code {
        "NoSuchKey" | "NoSuchVersion" => FaultKind::Missing,
        "NoSuchBucket" | "PermanentRedirect" => FaultKind::NoPlace,
        "AccessDenied" | "AllAccessDisabled" | "AccountProblem" => FaultKind::Denied,
        "InvalidAccessKeyId"
        | "SignatureDoesNotMatch"
        | "InvalidToken"
        | "ExpiredToken"
        | "TokenRefreshRequired"
        | "InvalidSecurity"
        | "RequestTimeTooSkewed"
        | "NotSignedUp"
        | "AuthorizationHeaderMalformed" => FaultKind::SignIn,
        "SlowDown"
        | "ServiceUnavailable"
        | "Throttling"
        | "ThrottlingException"
        | "TooManyRequests"
        | "RequestLimitExceeded"
        | "BandwidthLimitExceeded"
        | "OperationAborted" => FaultKind::Throttled,
        "RequestTimeout" => FaultKind::Timeout,
        // Two requests for one name at a moment; which of them won is told by the next look.
        "InternalError" | "ConditionalRequestConflict" => FaultKind::Busy,
        "InvalidObjectState" => FaultKind::Archived,
        "PreconditionFailed" => FaultKind::Changed,
        "KeyTooLongError" => FaultKind::Name,
        "EntityTooLarge" => FaultKind::TooLarge,
        "QuotaExceeded" | "XMinioStorageFull" => FaultKind::Full,
        "BadDigest"
        | "InvalidDigest"
        | "XAmzContentSHA256Mismatch"
        | "XAmzContentChecksumMismatch"
        | "IncompleteBody" => FaultKind::Damaged,
        "NoSuchUpload" | "InvalidPart" | "InvalidPartOrder" => FaultKind::NoUpload,
        "NotImplemented" | "MethodNotAllowed" => FaultKind::Unsupported,
        _ => return None,
    })
}

/// The beginning of a text in one line, safe to show.
fn quoted(text: &str) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown: String = line.chars().take(QUOTED).collect();
    show_bytes(shown.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_says_more_than_the_status() {
        let answer = |status, code: &str| {
            of_answer(status, &format!("<Error><Code>{code}</Code><Message>a &lt; b</Message></Error>"))
        };
        assert_eq!(answer(403, "SignatureDoesNotMatch").kind, FaultKind::SignIn);
        assert_eq!(answer(403, "AccessDenied").kind, FaultKind::Denied);
        assert_eq!(answer(403, "InvalidObjectState").kind, FaultKind::Archived);
        assert_eq!(answer(503, "SlowDown").kind, FaultKind::Throttled);
        assert_eq!(answer(404, "NoSuchBucket").kind, FaultKind::NoPlace);
        assert_eq!(answer(404, "NoSuchUpload").kind, FaultKind::NoUpload);
        assert_eq!(answer(200, "InternalError").kind, FaultKind::Busy);
        assert_eq!(answer(409, "ConditionalRequestConflict").kind, FaultKind::Busy);
        assert_eq!(answer(418, "New").said, "418 New: a < b");
        assert_eq!(of_answer(404, "").kind, FaultKind::Missing);
        assert_eq!(of_answer(500, "\x1b[31m").said, "500 \\u{1b}[31m");
    }
}
