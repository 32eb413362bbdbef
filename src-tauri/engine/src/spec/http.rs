//! The requests of a migration: what describes a record, and what enters it into a catalogue.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{SecretField, SpecError};

/// A request for each record before it is delivered; parts of its answer become fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Lookup {
    /// What people call it; unique within the job.
    pub name: String,
    /// GET unless said otherwise.
    #[serde(default)]
    pub method: Method,
    /// Template of the URL.
    pub url: String,
    /// Templates of headers, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Template of the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// How to sign in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<Auth>,
    /// Fields that the answer gives.
    #[serde(default)]
    pub fields: BTreeMap<String, FieldRule>,
    /// Longest wait for an answer, in seconds. Default: by the lease's measure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_s: Option<u32>,
}

/// The request that enters a delivered record into a catalogue (MAM, DAM).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// POST unless said otherwise.
    #[serde(default = "post")]
    pub method: Method,
    /// Template of the URL.
    pub url: String,
    /// Templates of headers, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Template of the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// How to sign in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<Auth>,
    /// The header that carries the record's own key, the same in every attempt, so that a repeat
    /// makes no second asset (IETF draft "The Idempotency-Key HTTP Header Field").
    #[serde(default = "idempotency_key")]
    pub idempotency_header: String,
    /// Statuses that mean success. 409 belongs here where the service answers so to a repeat.
    #[serde(default = "success")]
    pub success: Vec<u16>,
    /// JSON pointer (RFC 6901) to the new asset's id in the answer; kept with the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Longest wait for an answer, in seconds. Default: by the lease's measure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_s: Option<u32>,
}

fn post() -> Method {
    Method::Post
}

fn idempotency_key() -> String {
    "Idempotency-Key".into()
}

fn success() -> Vec<u16> {
    vec![200, 201, 202, 204]
}

/// HTTP methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Asks.
    #[default]
    Get,
    /// Gives.
    Post,
    /// Replaces.
    Put,
}

/// Where a field's value stands in an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(untagged)]
pub enum FieldRule {
    /// JSON pointer (RFC 6901); the record fails where nothing is there.
    Required(String),
    /// JSON pointer, and whether the record fails where nothing is there.
    Rule {
        /// JSON pointer (RFC 6901).
        pointer: String,
        /// Whether the record fails where nothing is there.
        #[serde(default = "yes")]
        required: bool,
    },
}

fn yes() -> bool {
    true
}

impl FieldRule {
    /// The JSON pointer, and whether a value must be there.
    pub fn parts(&self) -> (&str, bool) {
        match self {
            Self::Required(pointer) => (pointer, true),
            Self::Rule { pointer, required } => (pointer, *required),
        }
    }
}

/// How a request signs in. Secrets are named, never written down: their values come from the
/// environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Auth {
    /// `Authorization: Bearer …` with the secret of this name.
    Bearer(String),
    /// HTTP basic (RFC 7617).
    Basic {
        /// The user.
        user: String,
        /// Name of the secret that is the password.
        password: String,
    },
    /// A header of its own.
    Header {
        /// The header's name.
        name: String,
        /// Name of the secret that is its value.
        secret: String,
    },
}

impl Auth {
    /// The name of the secret that it needs.
    pub fn secret(&self) -> &str {
        match self {
            Self::Bearer(secret) => secret,
            Self::Basic { password, .. } => password,
            Self::Header { secret, .. } => secret,
        }
    }
}

/// Limits towards one service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct Endpoint {
    /// Requests in flight at once. Default: the migration's concurrency, or the autopilot's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<u32>,
    /// Requests a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<u32>,
    /// Requests that may go at once after a pause. Default: one second's worth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub burst: Option<u32>,
}

impl Endpoint {
    pub(super) fn checked(&self) -> Result<(), SpecError> {
        for (name, value, max) in [
            ("endpoints: concurrency", self.concurrency, 1024),
            ("endpoints: rate", self.rate, 1_000_000),
            ("endpoints: burst", self.burst, 1_000_000),
        ] {
            if let Some(value) = value.filter(|value| !(1..=max).contains(value)) {
                return Err(SpecError::OutOfRange { name, value, min: 1, max });
            }
        }
        Ok(())
    }
}

/// Checks what can be checked without asking the service: names, pointers, statuses, templates.
pub(super) fn check_requests(lookups: &[Lookup], register: Option<&Register>) -> Result<(), SpecError> {
    let wrong = |what: String| SpecError::Request { what };
    for (at, lookup) in lookups.iter().enumerate() {
        if lookup.name.trim().is_empty() {
            return Err(wrong(format!("lookup {} has no name", at + 1)));
        }
        if lookups[..at].iter().any(|earlier| earlier.name == lookup.name) {
            return Err(wrong(format!("two lookups are named \"{}\"", lookup.name)));
        }
        for (field, rule) in &lookup.fields {
            check_pointer(rule.parts().0)
                .map_err(|why| wrong(format!("field \"{field}\" of lookup \"{}\": {why}", lookup.name)))?;
        }
        check_secret(lookup.auth.as_ref())
            .map_err(|why| wrong(format!("lookup \"{}\", auth: {why}", lookup.name)))?;
        check_timeout(lookup.timeout_s)?;
    }
    if let Some(register) = register {
        if let Some(id) = &register.id {
            check_pointer(id).map_err(|why| wrong(format!("register, id: {why}")))?;
        }
        if let Some(status) = register.success.iter().find(|status| !(200..500).contains(*status)) {
            return Err(wrong(format!("register, success: {status} can mean no success")));
        }
        check_secret(register.auth.as_ref()).map_err(|why| wrong(format!("register, auth: {why}")))?;
        check_timeout(register.timeout_s)?;
    }
    crate::http::check_templates(lookups, register)?;
    Ok(())
}

/// Whoever writes a job chooses where its requests go, so what signs in to where files lie is not theirs
/// to name. Some systems take the names of variables in any case.
fn check_secret(auth: Option<&Auth>) -> Result<(), String> {
    let Some(name) = auth.map(Auth::secret) else { return Ok(()) };
    let upper = name.trim().to_ascii_uppercase();
    let is_of_connection = |field: SecretField| {
        let field = field.word().to_ascii_uppercase();
        upper.strip_suffix(&field).is_some_and(|before| before.starts_with("SLUICE_"))
    };
    if upper.starts_with("AWS_") || SecretField::ALL.into_iter().any(is_of_connection) {
        return Err(format!(
            "{name} is the secret of a connection, which no request gets; keep the service's own under another name"
        ));
    }
    Ok(())
}

fn check_timeout(timeout: Option<u32>) -> Result<(), SpecError> {
    match timeout.filter(|value| !(1..=3600).contains(value)) {
        Some(value) => Err(SpecError::OutOfRange { name: "timeout_s", value, min: 1, max: 3600 }),
        None => Ok(()),
    }
}

fn check_pointer(pointer: &str) -> Result<(), String> {
    if pointer.is_empty() || pointer.starts_with('/') {
        Ok(())
    } else {
        Err(format!("\"{pointer}\" is no JSON pointer; it must begin with /, such as /asset/title"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(name: &str) -> Option<String> {
        let auth = [
            Auth::Bearer(name.into()),
            Auth::Basic { user: "u".into(), password: name.into() },
            Auth::Header { name: "X-Key".into(), secret: name.into() },
        ];
        let step = |auth| format!("url = \"https://evil.example/\"\nauth = {}", inline(auth));
        let refused = auth.iter().flat_map(|auth| {
            let lookup: Lookup = toml::from_str(&format!("name = \"l\"\n{}", step(auth))).expect("a lookup");
            let register: Register = toml::from_str(&step(auth)).expect("a register step");
            [check_requests(&[lookup], None), check_requests(&[], Some(&register))]
        });
        let said: Vec<_> = refused.map(|result| result.err().map(|error| error.to_string())).collect();
        assert!(said.iter().all(|one| one.is_some() == said[0].is_some()), "{said:?}");
        said[0].clone()
    }

    fn inline(auth: &Auth) -> String {
        match auth {
            Auth::Bearer(secret) => format!("{{ bearer = \"{secret}\" }}"),
            Auth::Basic { user, password } => {
                format!("{{ basic = {{ user = \"{user}\", password = \"{password}\" }} }}")
            }
            Auth::Header { name, secret } => {
                format!("{{ header = {{ name = \"{name}\", secret = \"{secret}\" }} }}")
            }
        }
    }

    #[test]
    fn no_request_gets_the_secrets_of_connections() {
        for name in [
            "SLUICE_ARCHIVE_SECRET_ACCESS_KEY",
            "SLUICE_NAS_2_PASSWORD",
            "sluice_archive_session_token",
            "SLUICE_DAM_TOKEN",
            "AWS_SECRET_ACCESS_KEY",
            "aws_Session_Token",
        ] {
            let said = refused(name).expect(name);
            assert!(said.contains(name) && said.contains("secret of a connection"), "{said}");
        }
        for name in ["DAM_TOKEN", "MY_AWS_KEY", "SLUICE_DAM_KEY", "PASSWORD"] {
            assert_eq!(refused(name), None, "{name}");
        }
    }
}
