//! What an object store refused: the error code in its answer says most (Amazon S3 API Reference,
//! "Error responses"; Azure Storage, "Blob service error codes"; Cloud Storage, "HTTP status and error codes for
//! XML"), then the status, then what failed on the way.

use std::error::Error;

use object_store::client::{HttpError, HttpErrorKind};

use super::dialect::Damaged;
use super::wire::Refused;
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
    of_refusal(status, None, body)
}

/// The same; `code` says what went wrong where the body does not.
fn of_refusal(status: u16, code: Option<&str>, body: &str) -> Fault {
    let code = xml::text_of(body, "Code").or_else(|| code.map(ToOwned::to_owned)).unwrap_or_default();
    let said = xml::text_of(body, "Message").unwrap_or_default();
    let kind = of_code(&code).or_else(|| of_token(body)).unwrap_or_else(|| kind_of_status(status));
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
            return Fault {
                retry_after: refused.retry_after,
                ..of_refusal(refused.status, refused.code.as_deref(), &refused.body)
            };
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

/// Where a key is changed for a token, errors are JSON (RFC 6749, 5.2).
fn of_token(body: &str) -> Option<FaultKind> {
    let answer: serde_json::Value = serde_json::from_str(body).ok()?;
    let of_sign_in =
        ["invalid_grant", "invalid_client", "unauthorized_client", "invalid_request", "access_denied"];
    of_sign_in.contains(&answer["error"].as_str()?).then_some(FaultKind::SignIn)
}

fn of_code(code: &str) -> Option<FaultKind> {
    Some(match code {
        "NoSuchKey" | "NoSuchVersion" | "BlobNotFound" => FaultKind::Missing,
        "NoSuchBucket"
        | "PermanentRedirect"
        | "ContainerNotFound"
        | "ContainerBeingDeleted"
        | "ContainerDisabled" => FaultKind::NoPlace,
        "AccessDenied"
        | "AllAccessDisabled"
        | "AccountProblem"
        | "AccountIsDisabled"
        | "AuthorizationPermissionMismatch"
        | "InsufficientAccountPermissions"
        | "UserProjectMissing" => FaultKind::Denied,
        "InvalidAccessKeyId"
        | "SignatureDoesNotMatch"
        | "InvalidToken"
        | "ExpiredToken"
        | "TokenRefreshRequired"
        | "InvalidSecurity"
        | "RequestTimeTooSkewed"
        | "NotSignedUp"
        | "AuthorizationHeaderMalformed"
        | "AuthenticationFailed"
        | "AuthenticationRequired"
        | "InvalidAuthenticationInfo"
        | "NoAuthenticationInformation" => FaultKind::SignIn,
        "SlowDown"
        | "ServiceUnavailable"
        | "Throttling"
        | "ThrottlingException"
        | "TooManyRequests"
        | "RequestLimitExceeded"
        | "BandwidthLimitExceeded"
        | "OperationAborted"
        | "ServerBusy"
        | "RateLimitExceeded" => FaultKind::Throttled,
        "RequestTimeout" | "OperationTimedOut" => FaultKind::Timeout,
        // Two requests for one name at a moment; which of them won is told by the next look.
        "InternalError" | "ConditionalRequestConflict" => FaultKind::Busy,
        "InvalidObjectState" | "BlobArchived" | "BlobBeingRehydrated" => FaultKind::Archived,
        "PreconditionFailed" | "ConditionNotMet" => FaultKind::Changed,
        "BlobAlreadyExists" | "UnauthorizedBlobOverwrite" => FaultKind::Taken,
        "LeaseIdMissing" => FaultKind::Locked,
        "KeyTooLongError" | "KeyTooLong" | "InvalidResourceName" => FaultKind::Name,
        "EntityTooLarge" | "RequestBodyTooLarge" | "BlockCountExceedsLimit" => FaultKind::TooLarge,
        "QuotaExceeded" | "XMinioStorageFull" => FaultKind::Full,
        "BadDigest"
        | "InvalidDigest"
        | "XAmzContentSHA256Mismatch"
        | "XAmzContentChecksumMismatch"
        | "IncompleteBody"
        | "Md5Mismatch"
        | "Crc64Mismatch" => FaultKind::Damaged,
        "NoSuchUpload" | "InvalidPart" | "InvalidPartOrder" | "InvalidBlockList" => FaultKind::NoUpload,
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
        assert_eq!(answer(409, "BlobAlreadyExists").kind, FaultKind::Taken);
        assert_eq!(answer(409, "BlobArchived").kind, FaultKind::Archived);
        assert_eq!(answer(403, "AuthenticationFailed").kind, FaultKind::SignIn);
        assert_eq!(answer(403, "AuthorizationPermissionMismatch").kind, FaultKind::Denied);
        assert_eq!(answer(503, "ServerBusy").kind, FaultKind::Throttled);
        assert_eq!(answer(400, "InvalidBlockList").kind, FaultKind::NoUpload);
        assert_eq!(of_refusal(404, Some("ContainerNotFound"), "").kind, FaultKind::NoPlace);
        assert_eq!(of_answer(429, "").kind, FaultKind::Throttled);
        assert_eq!(of_answer(400, "{\"error\": \"invalid_grant\"}").kind, FaultKind::SignIn);
        assert_eq!(of_answer(404, "").kind, FaultKind::Missing);
        assert_eq!(of_answer(500, "\x1b[31m").said, "500 \\u{1b}[31m");
    }
}
