//! One look at a place behind a connection before anything moves: is it there, does it know us, may we
//! list and write, and does it keep two writers apart?

use std::time::{Duration, SystemTime};

use super::fault::{Fault, FaultKind};
use super::{Looked, Mode, Place, Store, Told};
use crate::control::line::{Line, Trouble};
use crate::preflight::{End, PlaceTrouble, Refusal};
use crate::record::RawPath;

/// Longest wait for one answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// What a look found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Probed {
    /// The service refuses to replace what is there, when it is told so.
    pub(crate) guards: bool,
    /// A file keeps the time of its source.
    pub(crate) keeps_times: bool,
}

impl Place {
    /// Whether a source can be listed.
    pub(crate) async fn probe_source(&self, line: &Line) -> Result<(), Refusal> {
        let listed = ask(line, self, self.list(None)).await;
        listed.map(drop).map_err(|trouble| self.refusal(End::Source, trouble))
    }

    /// Whether a destination can be written to. The object that is written is taken away again. From then
    /// on the place knows whether the service guards what is there.
    pub(crate) async fn probe_destination(&self, line: &Line) -> Result<Probed, Refusal> {
        let name = format!(".sluice-probe-{:016x}.part", fastrand::u64(..));
        let key = self.target(&RawPath(name.into_bytes()));
        let key = key.map_err(|fault| self.refusal(End::Destination, Trouble::Refused(fault)))?;
        let refused = |trouble| self.refusal(End::Destination, trouble);
        let guards = match ask(line, self, self.put_probe(&key, Mode::Create)).await {
            // It is there now; whoever replaces it all the same does not know the condition.
            Ok(()) => match ask(line, self, self.put_probe(&key, Mode::Create)).await {
                Ok(()) => false,
                Err(Trouble::Refused(fault)) => fault.kind == FaultKind::Taken,
                Err(trouble) => return Err(refused(trouble)),
            },
            Err(Trouble::Refused(fault))
                if matches!(fault.kind, FaultKind::Unsupported | FaultKind::Rejected) =>
            {
                ask(line, self, self.put_probe(&key, Mode::Replace)).await.map_err(refused)?;
                false
            }
            Err(trouble) => return Err(refused(trouble)),
        };
        // An object keeps it beside its content.
        let keeps_times = !self.has_live_files()
            || ask(line, self, self.look(&key)).await.is_ok_and(|there| there.modified == Some(long_ago()));
        self.set_guards(guards);
        if let Store::Object(bucket) = &self.store
            && guards
        {
            let learning = async {
                if let Looked { etag: Some(tag), size, .. } = self.look(&key).await? {
                    bucket.learn_of_copies(&key, &tag, size).await;
                }
                Ok(())
            };
            // Who may not look goes without.
            let _ = ask(line, self, learning).await;
        }
        if let Err(error) = ask(line, self, self.delete(&key)).await {
            tracing::warn!(key, %error, "the probe stays");
        }
        Ok(Probed { guards, keeps_times })
    }

    async fn put_probe(&self, key: &str, mode: Mode) -> Result<(), Fault> {
        let told = Told { content_type: "text/plain", modified: Some(long_ago()) };
        self.put(key, bytes::Bytes::from_static(b"sluice"), &told, mode).await.map(drop)
    }

    fn refusal(&self, end: End, trouble: Trouble) -> Refusal {
        let (place, said) = (self.shown(&RawPath::default()), trouble.to_string());
        let trouble = match trouble {
            Trouble::Closed | Trouble::Later(_) => PlaceTrouble::NoRetry,
            Trouble::Refused(fault) | Trouble::Away(fault, _) => match fault.kind {
                FaultKind::SignIn => PlaceTrouble::SignIn,
                FaultKind::Denied => PlaceTrouble::Denied,
                FaultKind::NoPlace | FaultKind::Missing => PlaceTrouble::Missing,
                FaultKind::Unreachable | FaultKind::Timeout => PlaceTrouble::Unreachable,
                FaultKind::Throttled | FaultKind::Busy => PlaceTrouble::Busy,
                _ => PlaceTrouble::Refuses,
            },
        };
        Refusal::Place { end, place, trouble, said }
    }
}

/// A time that no server gives a file by itself.
pub(crate) fn long_ago() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000)
}

async fn ask<T>(
    line: &Line,
    place: &Place,
    request: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Trouble> {
    let bounded = async {
        let late = |_| Fault::new(FaultKind::Timeout, format!("no answer within {} s", PATIENCE.as_secs()));
        tokio::time::timeout(PATIENCE, request).await.unwrap_or_else(|elapsed| Err(late(elapsed)))
    };
    line.ask(place.endpoint(), "probe", bounded).await
}
