//! What a service answered, and what that means for the record.

use std::time::Duration;

use reqwest::header::HeaderMap;
use serde_json::{Map, Value};

use crate::failure::{Category, Stage};
use crate::record::Failure;
use crate::spec::FieldRule;

/// Characters of a service's answer that go into a message.
const QUOTED: usize = 200;

/// Statuses that mean an answer to a lookup.
pub(crate) const LOOKUP_SUCCESS: [u16; 4] = [200, 201, 203, 206];

/// Longest wait that a service may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);

/// A complete answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// How long the service asks us to wait.
    pub(crate) retry_after: Option<Duration>,
}

impl Reply {
    /// The category of an answer that is no success. None: a success. `success`: statuses that mean
    /// success.
    pub(crate) fn category(&self, success: &[u16]) -> Option<Category> {
        if success.contains(&self.status) {
            return None;
        }
        Some(match self.status {
            401 | 407 => Category::ServiceDenied,
            404 | 410 => Category::NotFound,
            408 => Category::Timeout,
            409 => Category::AssetConflict,
            429 => Category::Throttled,
            503 if self.retry_after.is_some() => Category::Throttled,
            425 | 500..=599 => Category::ServiceError,
            _ => Category::RequestRejected,
        })
    }

    /// The beginning of the answer, safe to show.
    pub(crate) fn quoted(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let shown: String = line.chars().take(QUOTED).collect();
        crate::record::show_bytes(shown.as_bytes())
    }
}

/// `Retry-After` in both its forms: seconds, or a date (RFC 9110, section 10.2.3). `now_ms`:
/// milliseconds since 1970 (UTC).
pub(crate) fn retry_after_of(value: &str, now_ms: i64) -> Option<Duration> {
    let wait = match value.trim().parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let date = httpdate::parse_http_date(value.trim()).ok()?;
            let at = date.duration_since(std::time::UNIX_EPOCH).ok()?;
            at.saturating_sub(Duration::from_millis(now_ms.max(0) as u64))
        }
    };
    Some(wait.min(LONGEST_WAIT))
}

/// The fields that a lookup's answer gives.
pub(crate) fn read_fields(
    stage: Stage,
    step: &str,
    reply: &Reply,
    fields: &[(String, FieldRule)],
) -> Result<Map<String, Value>, Failure> {
    if fields.is_empty() {
        return Ok(Map::new());
    }
    let invalid = |category, message: String| Failure::new(stage, category, message);
    let json: Value = serde_json::from_slice(&reply.body).map_err(|error| {
        let said = reply.quoted();
        invalid(Category::AnswerInvalid, format!("{step}: the answer is no JSON ({error}): {said}"))
    })?;
    let mut found = Map::new();
    for (field, rule) in fields {
        let (pointer, required) = rule.parts();
        match json.pointer(pointer) {
            Some(value) if !value.is_null() => {
                found.insert(field.clone(), value.clone());
            }
            _ if required => {
                let message = format!("{step}: the answer has nothing at {pointer} for \"{field}\"");
                return Err(invalid(Category::FieldMissing, message));
            }
            _ => {
                found.insert(field.clone(), Value::Null);
            }
        }
    }
    Ok(found)
}

/// The asset's id in the answer to a register request.
pub(crate) fn read_id(reply: &Reply, pointer: &str) -> Option<Value> {
    serde_json::from_slice::<Value>(&reply.body).ok()?.pointer(pointer).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, body: &str) -> Reply {
        Reply { status, headers: HeaderMap::new(), body: body.into(), retry_after: None }
    }

    #[test]
    fn both_forms_of_retry_after_are_read() {
        assert_eq!(retry_after_of("120", 0), Some(Duration::from_secs(120)));
        // The example of RFC 9110; 784111777 is that second.
        let before = 784_111_777_000 - 5_000;
        assert_eq!(retry_after_of("Sun, 06 Nov 1994 08:49:37 GMT", before), Some(Duration::from_secs(5)));
        assert_eq!(retry_after_of("Sun, 06 Nov 1994 08:49:37 GMT", before + 60_000), Some(Duration::ZERO));
        assert_eq!(retry_after_of("999999999999", 0), Some(LONGEST_WAIT));
        assert_eq!(retry_after_of("soon", 0), None);
    }

    #[test]
    fn fields_are_read_by_pointer() {
        let fields = [
            ("title".to_owned(), FieldRule::Required("/a/0/t".into())),
            ("owner".to_owned(), FieldRule::Rule { pointer: "/o".into(), required: false }),
        ];
        let read = |body: &str| read_fields(Stage::Transform, "lookup:x", &reply(200, body), &fields);
        let found = read(r#"{"a": [{"t": "Reel"}]}"#).unwrap();
        assert_eq!(found["title"], "Reel");
        assert!(found["owner"].is_null());
        assert_eq!(read(r#"{"a": []}"#).unwrap_err().category, Category::FieldMissing);
        assert_eq!(read("<html>").unwrap_err().category, Category::AnswerInvalid);
    }

    #[test]
    fn statuses_mean_what_the_job_says() {
        assert_eq!(reply(409, "").category(&[200]), Some(Category::AssetConflict));
        assert_eq!(reply(409, "").category(&[200, 409]), None);
        assert_eq!(reply(422, "").category(&[200]), Some(Category::RequestRejected));
        assert_eq!(reply(503, "").category(&[200]), Some(Category::ServiceError));
        let slow = Reply { retry_after: Some(Duration::ZERO), ..reply(503, "") };
        assert_eq!(slow.category(&[200]), Some(Category::Throttled));
    }
}
