//! What a service that keeps files refused, and what that means for a record.
//!
//! Every library's errors are turned into a [`Fault`] where they come in, so that the rest knows one
//! kind of refusal. The same refusal means different things at the two ends: a file that is not there is
//! the source's fault, never the destination's.

use std::sync::Arc;
use std::time::Duration;

use crate::failure::{Category, Stage, Tried};
use crate::record::Failure;

/// Why a request to a service came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{said}")]
pub(crate) struct Fault {
    pub(crate) kind: FaultKind,
    /// What the service or the library said, in a line. Holds no secret.
    pub(crate) said: String,
    /// The answer's status, where the protocol has such.
    pub(crate) status: Option<u16>,
    /// How long the service asks us to wait.
    pub(crate) retry_after: Option<Duration>,
}

/// The kinds of refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum FaultKind {
    /// There is nothing under that name.
    Missing,
    /// The bucket or share itself is not there.
    NoPlace,
    /// We are known, but may not do that.
    Denied,
    /// We are not known: a wrong or an expired secret.
    SignIn,
    /// It asks us to slow down.
    Throttled,
    /// It failed on its side.
    Busy,
    /// It did not answer in time.
    Timeout,
    /// The connection failed.
    Unreachable,
    /// What we had seen under that name is another thing now.
    Changed,
    /// Somebody else has the name.
    Taken,
    /// Somebody else is at it for the moment.
    Locked,
    /// It did not work, and nobody says why.
    Failed,
    /// It lies in an archive, and must be brought back first.
    Archived,
    /// There is no room.
    Full,
    /// It cannot hold that name.
    Name,
    /// It cannot hold so much under one name.
    TooLarge,
    /// The bytes that arrived are not those that were sent.
    Damaged,
    /// The upload that we want to go on with is no longer there.
    NoUpload,
    /// It does not know what we ask for.
    Unsupported,
    /// It refuses the request as it is.
    Rejected,
}

impl Fault {
    pub(crate) fn new(kind: FaultKind, said: impl Into<String>) -> Self {
        Self { kind, said: said.into(), status: None, retry_after: None }
    }

    /// The category for breaker, budget and latency: how the service does, whatever the record did.
    pub(crate) fn of_service(&self) -> Option<Category> {
        Some(match self.kind {
            FaultKind::SignIn => Category::ServiceDenied,
            FaultKind::Throttled => Category::Throttled,
            FaultKind::Busy => Category::ServiceError,
            FaultKind::Timeout => Category::Timeout,
            FaultKind::Unreachable => Category::ServiceUnreachable,
            _ => return None,
        })
    }

    /// What it means at a source. `what`: what was tried on what.
    pub(crate) fn of_source(&self, stage: Stage, what: &Tried) -> Failure {
        let category = self.of_service().unwrap_or(match self.kind {
            FaultKind::Missing => Category::SourceMissing,
            FaultKind::NoPlace => Category::SourceGone,
            FaultKind::Denied => Category::SourceUnreadable,
            FaultKind::Changed => Category::SourceChanged,
            FaultKind::Archived => Category::SourceArchived,
            FaultKind::Damaged => Category::SourceDamaged,
            FaultKind::Name => Category::NameUnsupported,
            _ => Category::SourceIo,
        });
        self.failure(stage, category, what)
    }

    /// What it means at the destination. `what`: what was tried on what.
    pub(crate) fn of_destination(&self, what: &Tried) -> Failure {
        let category = self.of_service().unwrap_or(match self.kind {
            FaultKind::NoPlace => Category::DestinationGone,
            FaultKind::Denied => Category::DestinationDenied,
            FaultKind::Changed | FaultKind::Taken => Category::DestinationConflict,
            FaultKind::Full => Category::DestinationFull,
            FaultKind::Name => Category::NameUnsupported,
            FaultKind::TooLarge => Category::FileTooLarge,
            FaultKind::Damaged => Category::VerifyMismatch,
            FaultKind::Unsupported | FaultKind::Rejected => Category::DestinationRefused,
            _ => Category::DestinationIo,
        });
        self.failure(Stage::Deliver, category, what)
    }

    fn failure(&self, stage: Stage, category: Category, what: &Tried) -> Failure {
        let mut failure = Failure::of(stage, category, what.refused(&self.said));
        failure.http_status = self.status;
        failure.retry_after = self.retry_after;
        failure
    }
}

/// A failure at a service that the run's report can be narrowed to.
pub(crate) fn at(endpoint: &Arc<str>, mut failure: Failure) -> Failure {
    failure.endpoint = Some(Arc::clone(endpoint));
    failure
}

/// Why there is no connection. What is wrong with a certificate is for a person to see to.
pub(crate) fn unconnected(said: String) -> String {
    if !said.contains("peer certificate") {
        return said;
    }
    format!(
        "the server's certificate is not trusted ({said}); have this computer trust who issued it (on Linux a file \
         that SSL_CERT_FILE names does, too)"
    )
}

/// What an HTTP status means where the answer says no more.
pub(crate) fn kind_of_status(status: u16) -> FaultKind {
    match status {
        401 | 407 => FaultKind::SignIn,
        403 => FaultKind::Denied,
        404 | 410 => FaultKind::Missing,
        408 => FaultKind::Timeout,
        409 => FaultKind::Taken,
        412 => FaultKind::Changed,
        413 => FaultKind::TooLarge,
        414 => FaultKind::Name,
        423 => FaultKind::Locked,
        429 | 503 => FaultKind::Throttled,
        501 | 505 => FaultKind::Unsupported,
        507 => FaultKind::Full,
        500..=599 => FaultKind::Busy,
        _ => FaultKind::Rejected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::{Class, Deed};

    #[test]
    fn the_same_refusal_means_another_thing_at_each_end() {
        let fault = |kind| Fault::new(kind, "no");
        let source = |kind| fault(kind).of_source(Stage::Ingest, &Deed::Read.on("x")).category;
        let destination = |kind| fault(kind).of_destination(&Deed::Write.on("x")).category;
        assert_eq!(source(FaultKind::Missing), Category::SourceMissing);
        assert_eq!(destination(FaultKind::Missing), Category::DestinationIo);
        assert_eq!(source(FaultKind::Changed), Category::SourceChanged);
        assert_eq!(destination(FaultKind::Taken), Category::DestinationConflict);
        assert_eq!(source(FaultKind::Throttled), destination(FaultKind::Throttled));
        assert_eq!(source(FaultKind::Throttled).class(), Class::Transient);
        assert_eq!(source(FaultKind::SignIn).class(), Class::Outage);
        assert_eq!(source(FaultKind::Archived).class(), Class::Permanent);
    }
}
