//! What an SFTP server refused (draft-ietf-secsh-filexfer-02, section 7). Its codes are few: that a name is
//! taken or a disk is full is but a failure, and the words tell more, where there are any.

use russh_sftp::client::error::Error;
use russh_sftp::protocol::StatusCode;

use crate::record::show_bytes;
use crate::storage::remote::fault::{Fault, FaultKind};

/// Characters of an answer that go into a message.
const QUOTED: usize = 200;

pub(super) fn of_error(error: Error) -> Fault {
    let kind = match &error {
        Error::Status(status) => kind_of(status.status_code, &status.error_message.to_lowercase()),
        Error::Timeout => FaultKind::Timeout,
        Error::IO(_) | Error::UnexpectedBehavior(_) => FaultKind::Unreachable,
        Error::Limited(_) | Error::UnexpectedPacket => FaultKind::Rejected,
    };
    let said: String = error.to_string().chars().take(QUOTED).collect();
    Fault::new(kind, show_bytes(said.as_bytes()))
}

pub(super) fn is_status(error: &Error, code: StatusCode) -> bool {
    matches!(error, Error::Status(status) if status.status_code == code)
}

fn kind_of(code: StatusCode, said: &str) -> FaultKind {
    let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
    match code {
        StatusCode::NoSuchFile => FaultKind::Missing,
        StatusCode::PermissionDenied => FaultKind::Denied,
        StatusCode::OpUnsupported => FaultKind::Unsupported,
        StatusCode::NoConnection | StatusCode::ConnectionLost => FaultKind::Unreachable,
        StatusCode::BadMessage => FaultKind::Rejected,
        _ if says(&["no space", "quota", "disk full"]) => FaultKind::Full,
        _ if says(&["not exist", "no such"]) => FaultKind::Missing,
        _ if says(&["exists"]) => FaultKind::Taken,
        _ if says(&["name too long"]) => FaultKind::Name,
        _ if says(&["permission", "denied"]) => FaultKind::Denied,
        _ => FaultKind::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_what_its_words_say() {
        for (code, said, kind) in [
            (StatusCode::Failure, "failure", FaultKind::Failed),
            (StatusCode::Failure, "no space left on device", FaultKind::Full),
            (StatusCode::Failure, "file exists", FaultKind::Taken),
            (StatusCode::Failure, "file does not exist", FaultKind::Missing),
            (StatusCode::NoSuchFile, "", FaultKind::Missing),
            (StatusCode::PermissionDenied, "", FaultKind::Denied),
            (StatusCode::ConnectionLost, "", FaultKind::Unreachable),
        ] {
            assert_eq!(kind_of(code, said), kind, "{code:?} {said}");
        }
    }
}
