//! One look at each service that the job will ask: is it there, does it accept our sign-in?
//!
//! A look is one HEAD request (RFC 9110: it changes nothing) to the part of the address that is the same
//! for all records. It is bounded in time, it is no record's failure, and it says little of a service
//! that answers HEAD in its own way: only what is surely wrong is a finding.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Url;

use super::{Fact, Finding, Refusal, Severity};
use crate::http;
use crate::spec::{Auth, JobSpec};

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Services looked at.
const MOST: usize = 32;

/// A request of the job as far as it is the same for all records.
struct Asked<'a> {
    /// None: the register step.
    lookup: Option<&'a str>,
    url: Url,
    auth: Option<&'a Auth>,
}

/// Looks at each service once, all at the same time. `secret` gives the value of a named secret.
pub(crate) async fn look(job: &JobSpec, secret: impl Fn(&str) -> Option<String>) -> Vec<Finding> {
    let named = job.lookups.iter().filter_map(|lookup| lookup.auth.as_ref());
    let named = named.chain(job.register.iter().filter_map(|register| register.auth.as_ref()));
    let mut findings: Vec<Finding> = Vec::new();
    for name in named.map(Auth::secret) {
        let fact = Fact::Refused { refusal: Refusal::SecretUnset { name: name.to_owned() } };
        let finding = Finding::of(Severity::Blocks, 0, fact);
        if secret(name).is_none() && !findings.contains(&finding) {
            findings.push(finding);
        }
    }
    let Ok(client) = http::client() else { return findings };
    // One look a service and secret.
    let mut asked = BTreeMap::new();
    for one in asked_by(job) {
        let key = (one.url.origin().ascii_serialization(), one.auth.map(|auth| auth.secret().to_owned()));
        if asked.len() < MOST {
            asked.entry(key).or_insert(one);
        }
    }
    let looks = asked.into_values().map(|one| {
        let mut request = client.head(one.url.clone()).timeout(PATIENCE);
        let value = one.auth.and_then(|auth| secret(auth.secret()));
        let signed = value.is_some();
        if let (Some(auth), Some(value)) = (one.auth, value) {
            request = match auth {
                Auth::Bearer(_) => request.bearer_auth(value),
                Auth::Basic { user, .. } => request.basic_auth(user, Some(value)),
                Auth::Header { name, .. } => request.header(name, value),
            };
        }
        async move { judge(&one, signed, request.send().await) }
    });
    findings.extend(join_all(looks).await.into_iter().flatten());
    findings
}

fn judge(one: &Asked, signed: bool, answer: Result<reqwest::Response, reqwest::Error>) -> Option<Finding> {
    let lookup = one.lookup.map(ToOwned::to_owned);
    let service = one.url.origin().ascii_serialization();
    let fact = match answer {
        Err(error) => {
            let waited_s = error.is_timeout().then_some(PATIENCE.as_secs());
            let said = if waited_s.is_some() { String::new() } else { root_cause(&error) };
            Fact::ServiceUnreachable { lookup, service, waited_s, said }
        }
        Ok(reply) if signed && matches!(reply.status().as_u16(), 401 | 403 | 407) => {
            Fact::ServiceDenied { lookup, service, status: reply.status().as_u16() }
        }
        Ok(_) => return None,
    };
    Some(Finding::of(Severity::Warns, 0, fact))
}

fn asked_by(job: &JobSpec) -> Vec<Asked<'_>> {
    let lookups = job
        .lookups
        .iter()
        .map(|lookup| (Some(lookup.name.as_str()), lookup.url.as_str(), lookup.auth.as_ref()));
    let register = job.register.iter().map(|register| (None, register.url.as_str(), register.auth.as_ref()));
    let asked = lookups.chain(register);
    asked.filter_map(|(lookup, url, auth)| Some(Asked { lookup, url: fixed_part(url)?, auth })).collect()
}

/// The part of an address before its first template, up to a `/`. None: the host itself is a template.
fn fixed_part(template: &str) -> Option<Url> {
    let end = [template.find("{{"), template.find("{%"), template.find("{#")].into_iter().flatten().min();
    let fixed = match end {
        Some(end) => &template[..=template[..end].rfind('/')?],
        None => template.trim(),
    };
    let url = Url::parse(fixed).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_the_same_for_all_records_is_asked() {
        let fixed = |template: &str| fixed_part(template).map(|url| url.to_string());
        assert_eq!(fixed("https://dam.example/a/b?p={{ path }}").as_deref(), Some("https://dam.example/a/"));
        assert_eq!(fixed("https://dam.example/a").as_deref(), Some("https://dam.example/a"));
        assert_eq!(fixed("https://dam-{{ fields.site }}.example/a"), None);
        assert_eq!(fixed("https://{{ fields.host }}/a"), None);
        assert_eq!(fixed("{{ fields.url }}"), None);
        assert_eq!(fixed("file:///etc/passwd"), None);
    }
}
