//! Reading a file behind a URL to its end, over as many connections as it takes.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use reqwest::header::{HeaderMap, HeaderValue, IF_RANGE, RANGE};
use reqwest::{Method, Response, Url};
use tokio::time::{Instant, timeout};

use super::answer::{self, Head};
use super::pace::Pace;
use super::{NotFetched, Web};
use crate::control::line::{Line, Trouble};
use crate::storage::remote::fault::{Fault, FaultKind};

/// Longest silence in the middle of a file.
const SILENCE: Duration = Duration::from_secs(60);

/// Connections that may break one after the other without a byte in between.
const IN_VAIN: u32 = 3;

/// The step of these requests, for latencies and breakers.
const READ: &str = "read";

/// A file that is being read. What breaks off is gone on with from the next byte, as long as the server
/// knows that the content is still the same.
pub(crate) struct Download<'a> {
    web: &'a Web,
    url: Url,
    head: Head,
    read: u64,
    /// Bytes that come again, because the server gives no ranges.
    again: u64,
    body: Option<BoxStream<'static, Result<Bytes, Fault>>>,
    in_vain: u32,
    pace: Pace,
}

impl<'a> Download<'a> {
    /// Asks for a file, and reads what the server says of it.
    pub(crate) async fn open(web: &'a Web, url: Url, line: &Line) -> Result<Self, NotFetched> {
        let (answer, endpoint) = web.ask(line, READ, &url, Method::GET, HeaderMap::new()).await?;
        let whole = if answer.status().as_u16() == 206 {
            Err(Fault::new(
                FaultKind::Unsupported,
                "it sends a part of the file, although all of it was asked for",
            ))
        } else {
            Head::of(&answer)
        };
        match whole {
            Ok(head) => {
                let body = Some(body_of(answer));
                Ok(Self { web, url, head, read: 0, again: 0, body, in_vain: 0, pace: Pace::default() })
            }
            Err(fault) => Err(NotFetched { trouble: Trouble::Refused(fault), endpoint }),
        }
    }

    pub(crate) fn head(&self) -> &Head {
        &self.head
    }

    /// Somebody else knows what the whole file is: an end is compared with that, and needs no word of the
    /// server.
    pub(crate) fn is_proven_otherwise(&mut self) {
        self.head.ends_surely = true;
    }

    /// The next bytes. None: this was all. More than the file's size, where it is told, is never given.
    pub(crate) async fn next(&mut self, line: &Line) -> Result<Option<Bytes>, NotFetched> {
        loop {
            if self.head.size.is_some_and(|size| self.read >= size) {
                return Ok(None);
            }
            let Some(body) = &mut self.body else {
                match self.reopen(line).await {
                    Err(NotFetched { trouble: Trouble::Refused(fault), .. }) if self.may_go_on(&fault) => {}
                    reopened => reopened?,
                }
                continue;
            };
            let silent = |_| {
                Some(Err(Fault::new(FaultKind::Timeout, format!("nothing came for {} s", SILENCE.as_secs()))))
            };
            let began = Instant::now();
            let came = timeout(SILENCE, body.next()).await.unwrap_or_else(silent);
            let length = came.as_ref().and_then(|came| came.as_ref().ok()).map_or(0, Bytes::len) as u64;
            if !self.pace.is_enough(began.elapsed(), length) {
                let said = "it comes so slowly that it would never be there";
                return Err(self.refused(Fault::new(FaultKind::Timeout, said)));
            }
            match came {
                Some(Ok(block)) => {
                    if let Some(block) = self.take(block).map_err(|fault| self.refused(fault))? {
                        return Ok(Some(block));
                    }
                }
                Some(Err(fault)) if self.may_go_on(&fault) => self.body = None,
                Some(Err(fault)) => return Err(self.refused(fault)),
                None => {
                    let Some(size) = self.head.size else {
                        if self.head.ends_surely {
                            return Ok(None);
                        }
                        let said = "the server says neither how long the file is nor where it ends";
                        return Err(self.refused(Fault::new(FaultKind::Unsupported, said)));
                    };
                    // It ended early without saying so.
                    let fault =
                        Fault::new(FaultKind::Unreachable, format!("{} of its {size} bytes came", self.read));
                    if !self.may_go_on(&fault) {
                        return Err(self.refused(fault));
                    }
                    self.body = None;
                }
            }
        }
    }

    /// In what the server says now that the file is another one. None: it is the same, as far as anybody
    /// knows: a server that does not answer a second time (URLs that hold once) says nothing.
    pub(crate) async fn changed(&mut self, line: &Line) -> Result<Option<String>, NotFetched> {
        match self.web.look(&self.url, line).await {
            Ok(later) => Ok(self.head.difference(&later)),
            Err(NotFetched { trouble: Trouble::Refused(fault), .. }) => {
                tracing::debug!(url = %self.url, %fault, "a second look is refused");
                Ok(None)
            }
            Err(not_fetched) => Err(not_fetched),
        }
    }

    /// Takes what came for what is wanted of it. None: it is known already.
    fn take(&mut self, mut block: Bytes) -> Result<Option<Bytes>, Fault> {
        if self.again > 0 {
            let known = self.again.min(block.len() as u64);
            self.again -= known;
            block = block.slice(known as usize..);
        }
        if block.is_empty() {
            return Ok(None);
        }
        self.in_vain = 0;
        self.read += block.len() as u64;
        match self.head.size {
            Some(size) if self.read > size => {
                Err(Fault::new(FaultKind::Changed, format!("more than its {size} bytes came")))
            }
            _ => Ok(Some(block)),
        }
    }

    /// Asks for the rest.
    async fn reopen(&mut self, line: &Line) -> Result<(), NotFetched> {
        let mut headers = HeaderMap::new();
        if self.read > 0
            && let Some(validator) = self.head.validator().and_then(|text| HeaderValue::from_str(text).ok())
            && let Ok(range) = HeaderValue::from_str(&format!("bytes={}-", self.read))
        {
            headers.extend([(RANGE, range), (IF_RANGE, validator)]);
        }
        let asked = self.web.ask(line, READ, &self.url, Method::GET, headers).await;
        let (answer, endpoint) = asked.map_err(|mut not_fetched| {
            if let Trouble::Refused(fault) = &mut not_fetched.trouble
                && matches!(fault.status, Some(412 | 416))
            {
                fault.kind = FaultKind::Changed;
            }
            not_fetched
        })?;
        let refused = |kind, said: &str| NotFetched {
            trouble: Trouble::Refused(Fault::new(kind, said)),
            endpoint: endpoint.clone(),
        };
        let later = Head::of(&answer)
            .map_err(|fault| NotFetched { trouble: Trouble::Refused(fault), endpoint: endpoint.clone() })?;
        if let Some(how) = self.head.difference(&later) {
            return Err(refused(FaultKind::Changed, &how));
        }
        self.again = match answer.status().as_u16() {
            206 if answer::part_of(answer.headers()).is_some_and(|part| part.from == self.read) => 0,
            206 => {
                return Err(refused(
                    FaultKind::Unsupported,
                    "it sends another part of the file than was asked for",
                ));
            }
            _ if self.read == 0 || self.head.is_same(&later) => self.read,
            _ => {
                return Err(refused(
                    FaultKind::Busy,
                    "it broke off, and the server does not say whether the rest would be of the same file",
                ));
            }
        };
        self.body = Some(body_of(answer));
        Ok(())
    }

    fn may_go_on(&mut self, fault: &Fault) -> bool {
        self.in_vain += 1;
        let has_broken = matches!(fault.kind, FaultKind::Unreachable | FaultKind::Timeout);
        let can_be_known = self.read == 0 || self.head.size.is_some() && self.head.validator().is_some();
        self.in_vain <= IN_VAIN && has_broken && can_be_known
    }

    fn refused(&self, fault: Fault) -> NotFetched {
        let endpoint = self.url.origin().ascii_serialization().into();
        NotFetched { trouble: Trouble::Refused(fault), endpoint }
    }
}

fn body_of(answer: Response) -> BoxStream<'static, Result<Bytes, Fault>> {
    answer.bytes_stream().map_err(|error| answer::lost(&error)).boxed()
}
