//! Files behind URLs, as the rows of a catalogue name them: read over HTTP, and never written.
//!
//! Every hop of a redirect is a request of its own, under the control of its own endpoint, and carries a
//! secret only where the URL lies below the address of a connection that has one. What a server says is
//! hostile: lengths are compared, endless bodies are bounded, and compression is not asked for.

mod answer;
mod download;
pub(crate) mod name;
mod pace;
mod sign_in;
mod url;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use reqwest::header::{ACCEPT, ACCEPT_ENCODING, HeaderMap, HeaderValue, LOCATION, RANGE};
use reqwest::{Client, Method, Response, Url};

pub(crate) use answer::Head;
pub(crate) use download::Download;
pub(crate) use sign_in::SignIns;
pub(crate) use url::{WrongUrl, read, scheme_of, without_user};

use super::remote::fault::{Fault, FaultKind, at};
use crate::control::line::{Line, Trouble};
use crate::failure::{Category, Stage, Tried};
use crate::http;
use crate::record::{Failure, RawPath};

/// Redirects that are followed one after the other.
const REDIRECTS: usize = 10;

/// Longest wait for the beginning of an answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// How URLs are read.
#[derive(Debug)]
pub(crate) struct Web {
    /// Made for the first request: most catalogues name no URL.
    client: OnceLock<Result<Client, String>>,
    sign_ins: SignIns,
    /// Endpoints that have answered in this run.
    answered: Mutex<HashSet<Arc<str>>>,
}

/// A request that came to nothing, and where.
#[derive(Debug)]
pub(crate) struct NotFetched {
    pub(crate) trouble: Trouble,
    /// Scheme, host and port of the last hop.
    pub(crate) endpoint: Arc<str>,
}

/// What a server answers that is no refusal.
enum Answer {
    Here(Box<Response>),
    Elsewhere(Url),
}

impl Web {
    pub(crate) fn new(sign_ins: SignIns) -> Self {
        Self { client: OnceLock::new(), sign_ins, answered: Mutex::default() }
    }

    fn client(&self) -> Result<&Client, Fault> {
        let client = self.client.get_or_init(|| http::client().map_err(|error| error.to_string()));
        client.as_ref().map_err(|why| Fault::new(FaultKind::Rejected, format!("nobody can be asked: {why}")))
    }

    /// What is under a URL, without its content.
    pub(crate) async fn look(&self, url: &Url, line: &Line) -> Result<Head, NotFetched> {
        let first = self.head(url, line, Method::HEAD, HeaderMap::new()).await;
        if !first.as_ref().is_err_and(is_about_the_way) {
            return first;
        }
        // One byte tells as much as none. An empty file does not have it; then all of it is asked for. What
        // comes is not read.
        let one = HeaderMap::from_iter([(RANGE, HeaderValue::from_static("bytes=0-0"))]);
        let second = self.head(url, line, Method::GET, one).await;
        if !second.as_ref().is_err_and(is_about_the_way) {
            return second;
        }
        self.head(url, line, Method::GET, HeaderMap::new()).await
    }

    async fn head(
        &self,
        url: &Url,
        line: &Line,
        method: Method,
        headers: HeaderMap,
    ) -> Result<Head, NotFetched> {
        let (answer, endpoint) = self.ask(line, "look", url, method, headers).await?;
        Head::of(&answer).map_err(|fault| NotFetched { trouble: Trouble::Refused(fault), endpoint })
    }

    /// Sends a request, and follows where it leads. Gives the answer, and the endpoint that gave it.
    async fn ask(
        &self,
        line: &Line,
        step: &str,
        url: &Url,
        method: Method,
        headers: HeaderMap,
    ) -> Result<(Response, Arc<str>), NotFetched> {
        let mut url = url.clone();
        let mut hops = 0;
        loop {
            let endpoint: Arc<str> = url.origin().ascii_serialization().into();
            let asked = line.ask(&endpoint, step, self.send(&url, &method, &headers)).await;
            let failed = |trouble| NotFetched { trouble, endpoint: Arc::clone(&endpoint) };
            match self.judge(asked, &endpoint).map_err(failed)? {
                Answer::Here(response) => return Ok((*response, endpoint)),
                Answer::Elsewhere(next) if hops < REDIRECTS => url = next,
                Answer::Elsewhere(_) => {
                    let said = format!("it leads on and on, more than {REDIRECTS} times");
                    return Err(failed(Trouble::Refused(Fault::new(FaultKind::Rejected, said))));
                }
            }
            hops += 1;
        }
    }

    /// Catalogues name many hosts. One that never answered while others do is away for its own records; the
    /// run does not wait for it.
    fn judge(&self, asked: Result<Answer, Trouble>, endpoint: &Arc<str>) -> Result<Answer, Trouble> {
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        let answers = match &asked {
            Ok(_) => true,
            Err(Trouble::Refused(fault) | Trouble::Away(fault, _)) => fault.status.is_some(),
            Err(Trouble::Closed | Trouble::Later(_)) => false,
        };
        if answers {
            answered.insert(Arc::clone(endpoint));
        }
        match asked {
            Err(Trouble::Away(fault, _)) if !answered.is_empty() && !answered.contains(endpoint) => {
                Err(Trouble::Refused(fault))
            }
            asked => asked,
        }
    }

    /// One request and the beginning of its answer.
    async fn send(&self, url: &Url, method: &Method, headers: &HeaderMap) -> Result<Answer, Fault> {
        let sign_in = self.sign_ins.for_url(url).await?;
        let is_signed = sign_in.is_some();
        let mut request = self
            .client()?
            .request(method.clone(), url.clone())
            .headers(headers.clone())
            .header(ACCEPT, "*/*")
            // What is compressed on its way has another length and another hash.
            .header(ACCEPT_ENCODING, "identity");
        if let Some((name, value)) = sign_in {
            request = request.header(name, value);
        }
        let late = |_| Fault::new(FaultKind::Timeout, format!("no answer within {} s", PATIENCE.as_secs()));
        let sent = tokio::time::timeout(PATIENCE, request.send()).await.map_err(late)?;
        let response = sent.map_err(|error| answer::lost(&error))?;
        if matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
            let location = response.headers().get(LOCATION).map(HeaderValue::as_bytes);
            return url::follow(url, location).map(Answer::Elsewhere);
        }
        answer::check(&response, is_signed)?;
        Ok(Answer::Here(Box::new(response)))
    }
}

impl NotFetched {
    /// What a refusal means for the record. `what`: what was tried on what.
    pub(crate) fn failure(&self, stage: Stage, what: &Tried, fault: &Fault) -> Failure {
        let mut failure = fault.of_source(stage, what);
        if fault.of_service().is_none() {
            failure.category = match fault.kind {
                FaultKind::Rejected | FaultKind::Name | FaultKind::TooLarge | FaultKind::Taken => {
                    Category::RequestRejected
                }
                FaultKind::Unsupported => Category::AnswerInvalid,
                _ => failure.category,
            };
        }
        at(&self.endpoint, failure)
    }
}

/// Servers that refuse `HEAD` say so in many ways; one with a signed URL takes it for a forgery.
fn is_about_the_way(why: &NotFetched) -> bool {
    match &why.trouble {
        Trouble::Refused(fault) => matches!(fault.status, Some(400 | 401 | 403 | 405 | 416 | 501)),
        _ => false,
    }
}

/// The URL of a record of such a source.
pub(crate) fn url_of(path: &RawPath) -> Result<Url, Failure> {
    let text = std::str::from_utf8(&path.0).ok();
    let read = text.map_or(Err(WrongUrl("it is no text")), read);
    read.map_err(|why| Failure::new(Stage::Ingest, Category::PathUnsafe, format!("the URL {path}: {why}")))
}
