//! One look at each service that the job will ask: is it there, does it accept our sign-in?
//!
//! A look is one HEAD request (RFC 9110: it changes nothing) to the part of the address that is the same
//! for all records. It is bounded in time, it is no record's failure, and it says little of a service
//! that answers HEAD in its own way: only what is surely wrong is a finding.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Url;

use super::{Finding, Severity};
use crate::http;
use crate::spec::{Auth, JobSpec};

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Services looked at.
const MOST: usize = 32;

/// A request of the job as far as it is the same for all records.
struct Asked<'a> {
    step: String,
    url: Url,
    auth: Option<&'a Auth>,
}

/// Looks at each service once, all at the same time. `secret` gives the value of a named secret.
pub(crate) async fn look(job: &JobSpec, secret: impl Fn(&str) -> Option<String>) -> Vec<Finding> {
    let named = job.lookups.iter().filter_map(|lookup| lookup.auth.as_ref());
    let named = named.chain(job.register.iter().filter_map(|register| register.auth.as_ref()));
    let mut findings: Vec<Finding> = Vec::new();
    for name in named.map(Auth::secret) {
        let code = "secret_missing";
        let message = format!("the secret {name} that the job names is not set");
        if secret(name).is_none() && findings.iter().all(|finding| finding.message != message) {
            let advice = "Set an environment variable of that name before you start Sluice. Secrets are never kept in a file.";
            findings.push(finding(Severity::Blocks, code, message, advice));
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
    let (step, service) = (&one.step, one.url.origin().ascii_serialization());
    match answer {
        Err(error) => {
            let why = if error.is_timeout() {
                format!("it did not answer within {} s", PATIENCE.as_secs())
            } else {
                root_cause(&error)
            };
            Some(finding(
                Severity::Warns,
                "service_unreachable",
                format!("{step}: the service {service} cannot be reached: {why}"),
                "Check the network and the service's address. A run would wait for it.",
            ))
        }
        Ok(reply) if signed && matches!(reply.status().as_u16(), 401 | 403 | 407) => Some(finding(
            Severity::Warns,
            "service_denied",
            format!("{step}: the service {service} refuses our sign-in ({})", reply.status().as_u16()),
            "Check the secret that the job names for this service. Some services refuse this look and accept the requests all the same.",
        )),
        Ok(_) => None,
    }
}

fn asked_by(job: &JobSpec) -> Vec<Asked<'_>> {
    let lookups = job
        .lookups
        .iter()
        .map(|lookup| (format!("lookup \"{}\"", lookup.name), lookup.url.as_str(), lookup.auth.as_ref()));
    let register = job
        .register
        .iter()
        .map(|register| ("register".to_owned(), register.url.as_str(), register.auth.as_ref()));
    let asked = lookups.chain(register);
    asked.filter_map(|(step, url, auth)| Some(Asked { step, url: fixed_part(url)?, auth })).collect()
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

fn finding(severity: Severity, code: &str, message: String, advice: &str) -> Finding {
    Finding { severity, code: code.into(), message, advice: advice.into(), records: 0 }
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
