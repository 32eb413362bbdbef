//! What an FTP server refused (RFC 959, section 4.2). The code says little: 550 is all from a wrong name to
//! a full disk. So the words are looked at too.

use suppaftp::{FtpError, types::Response};

use crate::record::show_bytes;
use crate::storage::remote::fault::{Fault, FaultKind, unconnected};

/// Characters of an answer that go into a message.
const QUOTED: usize = 200;

pub(super) fn of_error(error: FtpError) -> Fault {
    match error {
        FtpError::UnexpectedResponse(response) => of_response(&response),
        FtpError::ConnectionError(error) if error.kind() == std::io::ErrorKind::InvalidInput => {
            Fault::new(FaultKind::Name, "the name holds what no command may hold")
        }
        FtpError::ConnectionError(error) if error.kind() == std::io::ErrorKind::TimedOut => {
            Fault::new(FaultKind::Timeout, error.to_string())
        }
        FtpError::ConnectionError(error) => Fault::new(FaultKind::Unreachable, error.to_string()),
        FtpError::SecureError(said) => {
            Fault::new(FaultKind::Unreachable, unconnected(format!("TLS: {said}")))
        }
        other => Fault::new(FaultKind::Unreachable, other.to_string()),
    }
}

/// The same for a look, where a server that says nothing more says that there is nothing.
pub(super) fn of_look(error: FtpError) -> Fault {
    let fault = of_error(error);
    match fault.status {
        Some(450 | 550 | 551) if matches!(fault.kind, FaultKind::Rejected | FaultKind::Locked) => {
            Fault { kind: FaultKind::Missing, ..fault }
        }
        _ => fault,
    }
}

fn of_response(response: &Response) -> Fault {
    let code = response.status.code() as u16;
    let text = String::from_utf8_lossy(&response.body);
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line: String = line.chars().take(QUOTED).collect();
    let code_said = code.to_string();
    let said = if line.starts_with(&code_said) { line.clone() } else { format!("{code} {line}") };
    let kind = kind_of(code, &line.to_lowercase());
    Fault { status: Some(code), ..Fault::new(kind, show_bytes(said.as_bytes())) }
}

fn kind_of(code: u16, said: &str) -> FaultKind {
    let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
    let is_missing = says(&["no such", "not found", "not exist", "cannot find", "can't find", "no file"]);
    let is_full = says(&["no space", "disk full", "quota", "storage allocation"]);
    let is_denied = says(&["permission", "denied", "not allowed", "forbidden", "read-only", "not permitted"]);
    let is_taken = says(&["already exists", "file exists", "directory exists"]);
    match code {
        421 => FaultKind::Throttled,
        425 | 426 => FaultKind::Unreachable,
        530 | 421..=434 if says(&["too many", "maximum", "connection limit", "try again"]) => {
            FaultKind::Throttled
        }
        331 | 332 | 430 | 530 | 532 => FaultKind::SignIn,
        452 | 552 => FaultKind::Full,
        450 | 451 | 550 | 551 | 553 if is_full => FaultKind::Full,
        450 | 451 | 550 | 551 | 553 if is_missing => FaultKind::Missing,
        450 | 451 | 550 | 551 | 553 if is_denied => FaultKind::Denied,
        450 | 451 | 550 | 551 | 553 if is_taken => FaultKind::Taken,
        450 => FaultKind::Locked,
        451 => FaultKind::Busy,
        500..=504 => FaultKind::Unsupported,
        553 => FaultKind::Name,
        400..=449 => FaultKind::Busy,
        _ => FaultKind::Rejected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_servers_say_is_sorted() {
        for (code, said, kind) in [
            (421, "timeout", FaultKind::Throttled),
            (530, "sorry, the maximum number of clients is reached", FaultKind::Throttled),
            (530, "login incorrect", FaultKind::SignIn),
            (450, "file busy", FaultKind::Locked),
            (450, "path nope not found", FaultKind::Missing),
            (550, "permission denied", FaultKind::Denied),
            (550, "/x: no such file or directory", FaultKind::Missing),
            (550, "create directory operation failed.", FaultKind::Rejected),
            (553, "could not create file.", FaultKind::Name),
            (552, "quota exceeded", FaultKind::Full),
            (451, "no space left on device", FaultKind::Full),
            (502, "command not implemented", FaultKind::Unsupported),
        ] {
            assert_eq!(kind_of(code, said), kind, "{code} {said}");
        }
    }
}
