//! The line to the services that keep files: every request goes out under its endpoint's control, and
//! what comes of it is told there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;

use super::Controls;
use super::breaker::Open;
use super::endpoint::{Endpoint, Held, Pass};
use super::intake::IntakeSwitch;
use crate::storage::remote::fault::{Fault, FaultKind};

/// One record's line, or that of a listing.
pub(crate) struct Line {
    controls: Arc<Controls>,
    intake: Arc<IntakeSwitch>,
    /// The next request may repeat one of an earlier attempt; only the first of an attempt can.
    again: AtomicBool,
}

/// How often something that has no record to wait in is asked for again.
const TRIES: u32 = 5;

/// Why there is no answer to go on with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// The intake closed meanwhile.
    #[error("cut off")]
    Closed,
    /// The service's retries are used up for the moment; after this wait there may be one.
    #[error("the service takes no retry for {} s", .0.as_secs())]
    Later(Duration),
    /// The service refused.
    #[error("{0}")]
    Refused(Fault),
    /// The service fails for everybody.
    #[error("{0}")]
    Away(Fault, Open),
}

impl Trouble {
    /// How long to wait before it is asked for again, after so many tries. None: it would not help.
    pub(crate) fn wait_after(&self, tries: u32) -> Option<Duration> {
        if tries > TRIES {
            return None;
        }
        let backoff = Duration::from_millis(500) * (1 << tries);
        match self {
            Self::Later(wait) => Some(*wait),
            Self::Refused(fault) | Self::Away(fault, _) => {
                let may_pass = fault.of_service().is_some() && fault.kind != FaultKind::SignIn;
                may_pass.then(|| backoff.max(fault.retry_after.unwrap_or_default()))
            }
            Self::Closed => None,
        }
    }
}

impl Line {
    /// `again`: an earlier attempt has failed.
    pub(crate) fn new(controls: Arc<Controls>, intake: Arc<IntakeSwitch>, again: bool) -> Self {
        Self { controls, intake, again: AtomicBool::new(again) }
    }

    /// A line for what has been asked before.
    pub(crate) fn again(&self) -> Self {
        Self::new(Arc::clone(&self.controls), Arc::clone(&self.intake), true)
    }

    /// A line for what is to end although the intake closes. Whoever cuts drops what waits for it.
    pub(crate) fn to_the_end(&self) -> Self {
        Self::new(Arc::clone(&self.controls), Arc::new(IntakeSwitch::new()), false)
    }

    /// A line for what is asked at the same time.
    pub(crate) fn beside(&self) -> Self {
        Self::new(Arc::clone(&self.controls), Arc::clone(&self.intake), false)
    }

    /// Room for so many bytes that are read before they are needed, where there is some. None where the
    /// bandwidth is limited, too: bytes are counted once they are needed.
    pub(crate) fn room_ahead(&self, bytes: u64) -> Option<OwnedSemaphorePermit> {
        let is_limited = self.controls.bandwidth.rate().is_some();
        if is_limited { None } else { self.controls.ahead.take_free(bytes) }
    }

    /// Waits for something of our own that a request needs. It comes before [`Line::ask`]: whoever waits holds no place at
    /// the service's gate, and what it takes is no time of the service's.
    pub(crate) async fn wait<T>(&self, what: impl Future<Output = T>) -> Result<T, Trouble> {
        tokio::select! {
            biased;
            () = self.intake.closed() => Err(Trouble::Closed),
            came = what => Ok(came),
        }
    }

    /// Hears the answer to a request that has gone out already, such as a file's last byte. Nothing more goes to the
    /// service, so its gate is not waited for: those inside of it may wait for the connection that ends with this.
    pub(crate) async fn hear<T>(
        &self,
        endpoint: &str,
        step: &str,
        answer: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, Trouble> {
        let endpoint = self.endpoint(endpoint)?;
        let pass = endpoint.is_inside();
        self.answered(&endpoint, pass, step, false, answer).await
    }

    /// Sends a request as soon as its endpoint lets it. `step`: what kind of request, for latencies and
    /// breakers.
    pub(crate) async fn ask<T>(
        &self,
        endpoint: &str,
        step: &str,
        request: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, Trouble> {
        let endpoint = self.endpoint(endpoint)?;
        let again = self.again.swap(false, Ordering::Relaxed);
        let pass = match endpoint.enter(again, self.controls.now(), &self.intake).await {
            Ok(pass) => pass,
            Err(held) => {
                // It was not sent, so the next one is still the first.
                self.again.store(again, Ordering::Relaxed);
                return Err(match held {
                    Held::Closed => Trouble::Closed,
                    Held::NoRetryLeft { wait } => Trouble::Later(wait),
                });
            }
        };
        self.answered(&endpoint, pass, step, again, request).await
    }

    fn endpoint(&self, name: &str) -> Result<Arc<Endpoint>, Trouble> {
        self.controls.endpoints.get(name).ok_or_else(|| {
            Trouble::Refused(Fault::new(
                FaultKind::Rejected,
                "the job uses too many services; this is one too many",
            ))
        })
    }

    async fn answered<T>(
        &self,
        endpoint: &Endpoint,
        pass: Pass,
        step: &str,
        again: bool,
        answer: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, Trouble> {
        let answer = answer.await;
        let category = answer.as_ref().err().and_then(Fault::of_service);
        let retry_after = answer.as_ref().err().and_then(|fault| fault.retry_after);
        let now = self.controls.now();
        let open = endpoint.answered(pass, step, category, retry_after, !again, now);
        answer.map_err(|fault| match open {
            Some(open) if category.is_some() => {
                endpoint.spoiled(1);
                Trouble::Away(fault, open)
            }
            _ => Trouble::Refused(fault),
        })
    }
}
