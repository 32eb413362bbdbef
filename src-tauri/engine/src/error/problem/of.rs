//! From an error to the value that tells it.

use std::path::Path;

use super::{JobFile, Problem};
use crate::checkpoint::CheckpointError;
use crate::connections::ConnectionError;
use crate::error::Error;
use crate::source::catalogue::CatalogueError;
use crate::spec::SpecError;

impl Problem {
    /// None: a window never meets it, or has nothing to say but what the error says.
    pub(crate) fn of(error: &Error) -> Option<Self> {
        Some(match error {
            Error::Spec(error) => error.into(),
            Error::Checkpoint(error) => error.into(),
            Error::Refused(refusal) => Self::Refused { refusal: refusal.clone() },
            Error::Catalogue(error) => error.into(),
            Error::Connection(error) => return of_connection(error),
            Error::IllegalMove(illegal) => Self::IllegalMove { from: illegal.from },
            Error::MapInForce => Self::MapInForce,
            Error::UploadsInUse => Self::UploadsInUse,
            Error::LookInUse => Self::LookInUse,
            Error::Report { path, error } => {
                Self::ReportUnwritable { path: shown(path), said: error.to_string() }
            }
            Error::ReportKind { path, known } => Self::ReportKind { path: shown(path), known: known.clone() },
            Error::Correction { path, why, advice } => {
                Self::CorrectionInvalid { path: shown(path), why: why.clone(), advice: advice.clone() }
            }
            Error::NoAnswer { path, waited } => {
                Self::CheckpointNoAnswer { path: shown(path), waited_s: waited.as_secs() }
            }
            Error::OtherJob { path } => Self::CheckpointOfOtherJob { path: shown(path) },
            Error::Blocked(finding) => Self::Found { fact: finding.what.clone()? },
            Error::NoClient { why } => Self::NoHttp { why: why.clone() },
            Error::Amendment { why } => Self::AmendmentInvalid { why: why.clone() },
            Error::PlanCancelled => Self::PlanCancelled,
            Error::UnknownCategory(_) | Error::NoDataFolder | Error::Metrics { .. } => return None,
        })
    }
}

impl From<&CheckpointError> for Problem {
    fn from(error: &CheckpointError) -> Self {
        match error {
            CheckpointError::Missing { path } => Self::CheckpointMissing { path: shown(path) },
            CheckpointError::Exists { path } => Self::CheckpointExists { path: shown(path) },
            CheckpointError::NotSluice { path, .. } => Self::CheckpointNotSluice { path: shown(path) },
            CheckpointError::Newer { path, found, known } => {
                Self::CheckpointNewer { path: shown(path), found: *found, known: *known }
            }
            CheckpointError::InUse { path } => Self::CheckpointInUse { path: shown(path) },
            CheckpointError::Damaged { path, why } => {
                Self::CheckpointDamaged { path: shown(path), why: why.clone() }
            }
            CheckpointError::Full { path } => Self::CheckpointFull { path: shown(path) },
            CheckpointError::Io { path, error } => {
                Self::CheckpointUnusable { path: shown(path), said: error.to_string() }
            }
            CheckpointError::Database { path, error } => {
                Self::CheckpointUnusable { path: shown(path), said: error.to_string() }
            }
        }
    }
}

impl From<&CatalogueError> for Problem {
    fn from(error: &CatalogueError) -> Self {
        match error {
            CatalogueError::Io { path, error } => {
                Self::CatalogueUnreadable { path: shown(path), said: error.to_string() }
            }
            CatalogueError::Damaged { path, why } => {
                Self::CatalogueDamaged { path: shown(path), why: why.clone() }
            }
            CatalogueError::Locked { path } => Self::CatalogueLocked { path: shown(path) },
            CatalogueError::Empty { path, sheet } => {
                Self::CatalogueEmpty { path: shown(path), sheet: sheet.clone() }
            }
            CatalogueError::NoSheet { path, sheet, sheets } => {
                Self::SheetMissing { path: shown(path), sheet: sheet.clone(), sheets: sheets.clone() }
            }
            CatalogueError::NoHeader { path, row } => Self::HeaderMissing { path: shown(path), row: *row },
            CatalogueError::NoColumn { path, column, columns } => {
                Self::ColumnMissing { path: shown(path), column: column.clone(), columns: columns.clone() }
            }
            CatalogueError::TooWide { path, columns, most } => {
                Self::CatalogueTooWide { path: shown(path), columns: *columns, most: *most }
            }
            CatalogueError::Option { path, what } => {
                Self::CatalogueOption { path: shown(path), what: what.clone() }
            }
        }
    }
}

impl From<&SpecError> for Problem {
    fn from(error: &SpecError) -> Self {
        let (job, preset) = (JobFile::Job, JobFile::Preset);
        match error {
            SpecError::OutOfRange { name, value, min, max } => {
                Self::OutOfRange { name: (*name).to_owned(), value: *value, min: *min, max: *max }
            }
            SpecError::NoSource => Self::NoSource,
            SpecError::NoDestination => Self::NoDestination,
            SpecError::NotUnicode { path } => Self::PathNotText { path: shown(path) },
            SpecError::Unreadable { path, error } => {
                Self::JobUnreadable { file: job, path: shown(path), said: error.to_string() }
            }
            SpecError::PresetUnreadable { path, error } => {
                Self::JobUnreadable { file: preset, path: shown(path), said: error.to_string() }
            }
            SpecError::Unwritable { path, error } => {
                Self::JobUnwritable { file: job, path: shown(path), said: error.to_string() }
            }
            SpecError::PresetUnwritable { path, error } => {
                Self::JobUnwritable { file: preset, path: shown(path), said: error.to_string() }
            }
            SpecError::Malformed { path, why } => {
                Self::JobMalformed { file: job, path: shown(path), why: why.clone() }
            }
            SpecError::PresetMalformed { path, why } => {
                Self::JobMalformed { file: preset, path: shown(path), why: why.clone() }
            }
            _ => Self::JobInvalid { said: error.to_string() },
        }
    }
}

fn of_connection(error: &ConnectionError) -> Option<Problem> {
    Some(match error {
        ConnectionError::Unreadable { path, error } => {
            Problem::ConnectionsUnreadable { path: shown(path), said: error.to_string() }
        }
        ConnectionError::Unwritable { path, error } => {
            Problem::ConnectionsUnwritable { path: shown(path), said: error.to_string() }
        }
        ConnectionError::Malformed { path, why } => {
            Problem::ConnectionsMalformed { path: shown(path), why: why.clone() }
        }
        ConnectionError::Unknown { name, known } => {
            Problem::ConnectionUnknown { name: name.clone(), known: known.clone() }
        }
        ConnectionError::Taken { name, taken } => {
            Problem::ConnectionExists { name: name.clone(), taken: taken.clone() }
        }
        ConnectionError::Reserved { name } => Problem::ConnectionReserved { name: name.clone() },
        ConnectionError::OptionMissing { option } => Problem::OptionMissing { option: (*option).to_owned() },
        ConnectionError::HalfKey { field } => Problem::HalfKey { secret: *field },
        ConnectionError::NoKeychain { name, fields } => Problem::NoKeychain {
            name: name.clone(),
            variables: fields.iter().map(|field| field.variable(name)).collect(),
        },
        ConnectionError::Keychain { name, field, why, .. } => {
            Problem::Keychain { name: name.clone(), variable: field.variable(name), why: why.clone() }
        }
        ConnectionError::HostUnseen { why } => Problem::HostUnseen { why: why.clone() },
        ConnectionError::HostKeyOther { host, fingerprint } => {
            Problem::HostKeyOther { host: host.clone(), fingerprint: fingerprint.clone() }
        }
        ConnectionError::HostKeyStands { host, path } => {
            Problem::HostKeyChanged { host: host.clone(), path: shown(path) }
        }
        ConnectionError::HostKeyUnkept { path, why } => {
            Problem::HostKeyUnkept { path: shown(path), why: why.clone() }
        }
        // What only the command can ask for.
        ConnectionError::NoFolder
        | ConnectionError::NoPlace { .. }
        | ConnectionError::OptionUnknown { .. }
        | ConnectionError::NotTrusted { .. }
        | ConnectionError::NoHostKey { .. }
        | ConnectionError::NoSuchSecret { .. }
        | ConnectionError::SecretsMalformed { .. }
        | ConnectionError::NotConfirmed { .. }
        | ConnectionError::Rclone { .. } => return None,
    })
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorReport;
    use crate::preflight::{Fact, Finding, Severity};

    #[test]
    fn a_report_has_the_words_and_the_value() {
        let newer = CheckpointError::Newer { path: "a.sluice".into(), found: 11, known: 10 };
        let report = Error::from(newer).report();
        assert_eq!(report.code, "checkpoint_newer");
        assert_eq!(
            report.message,
            "a.sluice was made by a newer version of Sluice (format 11, this program knows up to 10)"
        );
        let path = "a.sluice".to_owned();
        assert_eq!(report.what.as_deref(), Some(&Problem::CheckpointNewer { path, found: 11, known: 10 }));
        let kept = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<ErrorReport>(&kept).unwrap(), report);
    }

    #[test]
    fn a_start_that_is_forbidden_tells_the_finding() {
        let fact = Fact::NoSpace { free: 1, needed: 2 };
        let blocked = Error::Blocked(Box::new(Finding::of(Severity::Blocks, 1, fact.clone())));
        assert_eq!(Problem::of(&blocked), Some(Problem::Found { fact }));
    }

    #[test]
    fn what_only_the_command_meets_has_nothing_but_words() {
        assert_eq!(Error::NoDataFolder.report().what, None);
        let told = r#"{ "code": "a", "message": "b", "advice": "", "what": { "kind": "moon" } }"#;
        assert_eq!(serde_json::from_str::<ErrorReport>(told).unwrap().what, None, "of another version");
    }
}
