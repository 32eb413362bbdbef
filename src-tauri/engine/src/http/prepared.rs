//! A job's requests, ready to be filled in: templates parsed, secrets at hand.

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method as HttpMethod, Url};

use crate::failure::{Category, Stage};
use crate::record::Failure;
use crate::spec::{Auth, FieldRule, JobSpec, Lookup, Method, Register};
use crate::template::{Facts, TemplateError, Templates};

/// Everything that a job asks of services.
#[derive(Debug)]
pub(crate) struct Services {
    templates: Templates,
    pub(crate) lookups: Vec<LookupStep>,
    pub(crate) register: Option<RegisterStep>,
}

/// A request that describes a record.
#[derive(Debug)]
pub(crate) struct LookupStep {
    pub(crate) request: Prepared,
    /// Field, JSON pointer, whether it must be there.
    pub(crate) fields: Vec<(String, FieldRule)>,
}

/// The request that enters a record into a catalogue.
#[derive(Debug)]
pub(crate) struct RegisterStep {
    pub(crate) request: Prepared,
    pub(crate) idempotency_header: HeaderName,
    pub(crate) success: Vec<u16>,
    pub(crate) id: Option<String>,
}

/// One request without a record.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// `lookup:rights`, `register`: names the step in the checkpoint, in metrics and in messages.
    pub(crate) step: String,
    pub(crate) stage: Stage,
    pub(crate) timeout_s: Option<u32>,
    method: HttpMethod,
    headers: Vec<(HeaderName, String)>,
    has_body: bool,
    sign_in: Option<(HeaderName, HeaderValue)>,
}

/// A request for one record.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: HttpMethod,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<String>,
}

impl Request {
    /// Scheme, host and port: what is controlled together.
    pub(crate) fn endpoint(&self) -> String {
        self.url.origin().ascii_serialization()
    }
}

/// A secret that the environment does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the secret {name} is not set")]
pub(crate) struct SecretMissing {
    pub(crate) name: String,
}

impl Services {
    /// Prepares the requests of a checked job. `secret` gives the value of a named secret.
    pub(crate) fn prepare(
        job: &JobSpec,
        secret: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, SecretMissing> {
        let mut templates = Templates::new();
        let lookups = job.lookups.iter().map(|lookup| {
            let mut request = of_lookup(lookup, &mut templates);
            request.sign_in = sign_in(lookup.auth.as_ref(), &secret)?;
            let fields = lookup.fields.iter().map(|(name, rule)| (name.clone(), rule.clone())).collect();
            Ok(LookupStep { request, fields })
        });
        let lookups = lookups.collect::<Result<Vec<_>, SecretMissing>>()?;
        let register = job.register.as_ref().map(|register| {
            let mut request = of_register(register, &mut templates);
            request.sign_in = sign_in(register.auth.as_ref(), &secret)?;
            Ok(RegisterStep {
                request,
                idempotency_header: header_name(&register.idempotency_header),
                success: register.success.clone(),
                id: register.id.clone(),
            })
        });
        Ok(Self { lookups, register: register.transpose()?, templates })
    }

    /// Fills a request in for a record.
    pub(crate) fn request(&self, prepared: &Prepared, facts: &Facts) -> Result<Request, Failure> {
        let failed = |error: &dyn std::fmt::Display| {
            Failure::new(prepared.stage, Category::TemplateFailed, error.to_string())
        };
        let render = |part: &str| {
            self.templates.render(&name(&prepared.step, part), facts).map_err(|error| failed(&error))
        };
        let url = render("url")?;
        let url = Url::parse(url.trim())
            .map_err(|error| failed(&format!("{}: \"{url}\" is no URL: {error}", prepared.step)))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(failed(&format!("{}: \"{url}\" is no address of a web service", prepared.step)));
        }
        let mut headers = HeaderMap::new();
        for (header, _) in &prepared.headers {
            let value = render(header.as_str())?;
            let value = HeaderValue::from_str(value.trim()).map_err(|_| {
                failed(&format!(
                    "{}: the header {header} would hold characters that no header may hold",
                    prepared.step
                ))
            })?;
            headers.insert(header.clone(), value);
        }
        let body = prepared.has_body.then(|| render("body")).transpose()?;
        if body.is_some() && !headers.contains_key(reqwest::header::CONTENT_TYPE) {
            headers.insert(reqwest::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if let Some((header, value)) = &prepared.sign_in {
            headers.insert(header.clone(), value.clone());
        }
        Ok(Request { method: prepared.method.clone(), url, headers, body })
    }
}

/// Tells what is wrong with the templates and headers of a job's requests.
pub(crate) fn check_templates(lookups: &[Lookup], register: Option<&Register>) -> Result<(), TemplateError> {
    let mut templates = Templates::new();
    let of_lookups =
        lookups.iter().map(|lookup| (step_of(lookup), &lookup.url, &lookup.headers, lookup.body.as_ref()));
    let of_register = register
        .iter()
        .map(|register| (REGISTER.to_owned(), &register.url, &register.headers, register.body.as_ref()));
    for (step, url, headers, body) in of_lookups.chain(of_register) {
        templates.add(&name(&step, "url"), url)?;
        for (header, text) in headers {
            if header.parse::<HeaderName>().is_err() {
                return Err(TemplateError { name: step, why: format!("\"{header}\" is no header's name") });
            }
            templates.add(&name(&step, header), text)?;
        }
        if let Some(body) = body {
            templates.add(&name(&step, "body"), body)?;
        }
    }
    let own_headers = [register.map(|register| &register.idempotency_header)].into_iter().flatten();
    let signing = lookups.iter().filter_map(|lookup| lookup.auth.as_ref());
    let signing = signing.chain(register.and_then(|register| register.auth.as_ref()));
    let signing = signing.filter_map(|auth| match auth {
        Auth::Header { name, .. } => Some(name),
        Auth::Bearer(_) | Auth::Basic { .. } => None,
    });
    match own_headers.chain(signing).find(|header| header.parse::<HeaderName>().is_err()) {
        Some(header) => {
            Err(TemplateError { name: REGISTER.into(), why: format!("\"{header}\" is no header's name") })
        }
        None => Ok(()),
    }
}

const REGISTER: &str = "register";

fn step_of(lookup: &Lookup) -> String {
    format!("lookup:{}", lookup.name)
}

fn name(step: &str, part: &str) -> String {
    format!("{step}, {}", part.to_ascii_lowercase())
}

fn of_lookup(lookup: &Lookup, templates: &mut Templates) -> Prepared {
    let parts = (&lookup.url, &lookup.headers, lookup.body.as_ref());
    prepared(step_of(lookup), Stage::Transform, lookup.method, lookup.timeout_s, parts, templates)
}

fn of_register(register: &Register, templates: &mut Templates) -> Prepared {
    let parts = (&register.url, &register.headers, register.body.as_ref());
    prepared(REGISTER.into(), Stage::Deliver, register.method, register.timeout_s, parts, templates)
}

/// The templates of a checked job are known to be right, so adding them cannot fail here; one that
/// did would fail each record with its own name and reason.
fn prepared(
    step: String,
    stage: Stage,
    method: Method,
    timeout_s: Option<u32>,
    (url, headers, body): (&String, &std::collections::BTreeMap<String, String>, Option<&String>),
    templates: &mut Templates,
) -> Prepared {
    let mut add = |part: &str, text: &str| {
        if let Err(error) = templates.add(&name(&step, part), text) {
            tracing::error!(%error, "a template that was checked before is not right now");
        }
    };
    add("url", url);
    if let Some(body) = body {
        add("body", body);
    }
    let headers = headers.iter().map(|(header, text)| {
        add(header, text);
        (header_name(header), text.clone())
    });
    let headers = headers.collect();
    let method = match method {
        Method::Get => HttpMethod::GET,
        Method::Post => HttpMethod::POST,
        Method::Put => HttpMethod::PUT,
    };
    Prepared { step, stage, timeout_s, method, headers, has_body: body.is_some(), sign_in: None }
}

/// A header's name that was checked before.
fn header_name(name: &str) -> HeaderName {
    name.parse().unwrap_or(HeaderName::from_static("x-sluice"))
}

fn sign_in(
    auth: Option<&Auth>,
    secret: impl Fn(&str) -> Option<String>,
) -> Result<Option<(HeaderName, HeaderValue)>, SecretMissing> {
    let Some(auth) = auth else { return Ok(None) };
    let missing = || SecretMissing { name: auth.secret().to_owned() };
    let value = secret(auth.secret()).ok_or_else(missing)?;
    let (header, text) = match auth {
        Auth::Bearer(_) => (AUTHORIZATION, format!("Bearer {value}")),
        Auth::Basic { user, .. } => (AUTHORIZATION, format!("Basic {}", base64(&format!("{user}:{value}")))),
        Auth::Header { name, .. } => (header_name(name), value),
    };
    let mut header_value = HeaderValue::from_str(&text).map_err(|_| missing())?;
    header_value.set_sensitive(true);
    Ok(Some((header, header_value)))
}

/// Base64 with padding (RFC 4648), for HTTP basic.
fn base64(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;
    use crate::record::RawPath;

    fn job(more: &str) -> JobSpec {
        toml::from_str(&format!("sources = [\"/a\"]\ndestination = \"/b\"\n{more}")).unwrap()
    }

    fn facts() -> Facts {
        Facts::new(1, &RawPath(b"a b.mov".to_vec()), 5, Map::new(), crate::describe::Tech::default())
    }

    const LOOKUP: &str = r#"
        [[lookup]]
        name = "rights"
        url = "https://dam.example:8443/a?p={{ path | urlencode }}"
        headers = { Accept = "application/json", X-Name = "{{ name }}" }
        auth = { bearer = "DAM_TOKEN" }
        fields = { title = "/t", owner = { pointer = "/o", required = false } }
    "#;

    #[test]
    fn a_request_carries_what_the_job_says() {
        let services = Services::prepare(&job(LOOKUP), |name| (name == "DAM_TOKEN").then(|| "s3cret".into()));
        let services = services.unwrap();
        let request = services.request(&services.lookups[0].request, &facts()).unwrap();
        assert_eq!(request.url.as_str(), "https://dam.example:8443/a?p=a%20b.mov");
        assert_eq!(request.endpoint(), "https://dam.example:8443");
        assert_eq!(request.headers["authorization"], "Bearer s3cret");
        assert_eq!(request.headers["x-name"], "a b.mov");
        assert!(!format!("{request:?}").contains("s3cret"), "secrets are not shown");
    }

    #[test]
    fn a_missing_secret_is_named() {
        let error = Services::prepare(&job(LOOKUP), |_| None).unwrap_err();
        assert_eq!(error.name, "DAM_TOKEN");
    }

    #[test]
    fn what_is_no_web_address_fails_the_record() {
        for url in ["file:///etc/passwd", "not a url", "http://"] {
            let job = job(&format!("[[lookup]]\nname = \"x\"\nurl = \"{url}\"\n"));
            let services = Services::prepare(&job, |_| None).unwrap();
            let failure = services.request(&services.lookups[0].request, &facts()).unwrap_err();
            assert_eq!(failure.category, Category::TemplateFailed, "{url}");
        }
    }
}
