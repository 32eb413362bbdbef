//! One request and its answer, and nothing else.

use std::time::Duration;

use reqwest::Client;
use reqwest::header::RETRY_AFTER;

use super::prepared::Request;
use super::reply::{Reply, retry_after_of};
use crate::clock::now_ms;
use crate::failure::Category;

/// A connection that is not there by then never will be.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Longest answer that is read (bytes).
const LONGEST_ANSWER: usize = 1 << 20;

/// What came of a request.
#[derive(Debug)]
pub(crate) enum Exchange {
    Answered(Reply),
    /// No complete answer: why, in words.
    Lost(Category, String),
}

/// The client that all requests share: connections are kept and used again, proxies come from the
/// environment, and redirects are not followed, because they would carry secrets elsewhere.
pub(crate) fn client() -> Result<Client, reqwest::Error> {
    Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("sluice/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// Sends a request and reads the whole answer, within `timeout`.
pub(crate) async fn send(client: &Client, request: Request, timeout: Duration) -> Exchange {
    match tokio::time::timeout(timeout, answer(client, request)).await {
        Ok(Ok(reply)) => Exchange::Answered(reply),
        Ok(Err((category, why))) => Exchange::Lost(category, why),
        Err(_) => Exchange::Lost(Category::Timeout, format!("no answer within {} s", timeout.as_secs_f32())),
    }
}

async fn answer(client: &Client, request: Request) -> Result<Reply, (Category, String)> {
    let mut sent = client.request(request.method, request.url).headers(request.headers);
    if let Some(body) = request.body {
        sent = sent.body(body);
    }
    let mut response = sent.send().await.map_err(|error| lost(&error))?;
    let status = response.status().as_u16();
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after = retry_after.and_then(|value| retry_after_of(value, now_ms()));
    let headers = std::mem::take(response.headers_mut());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| lost(&error))? {
        if body.len() + chunk.len() > LONGEST_ANSWER {
            let why = format!("the answer is longer than {LONGEST_ANSWER} bytes");
            return Err((Category::AnswerInvalid, why));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Reply { status, headers, body, retry_after })
}

fn lost(error: &reqwest::Error) -> (Category, String) {
    let category = if error.is_timeout() { Category::Timeout } else { Category::ServiceUnreachable };
    (category, in_words(error))
}

/// The innermost cause says most; the address stands in the message anyway.
pub(crate) fn in_words(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    let mut words = Vec::new();
    while let Some(inner) = cause.source() {
        words.push(inner.to_string());
        cause = inner;
    }
    words.dedup();
    if words.is_empty() { error.to_string() } else { words.join(": ") }
}
