//! Secrets taken out of what is shown: a service may send back what it was sent.

use serde_json::{Map, Value};

use crate::spec::Auth;

/// What stands for a secret.
pub(super) const HIDDEN: &str = "•••";

/// The forms in which secrets may come back.
pub(super) struct Secrets(Vec<String>);

impl Secrets {
    /// The secrets of these ways to sign in. `secret` gives the value of a named one.
    pub(super) fn of<'a>(
        auths: impl Iterator<Item = &'a Auth>,
        secret: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let mut forms = Vec::new();
        for auth in auths {
            let Some(value) = secret(auth.secret()).filter(|value| !value.is_empty()) else { continue };
            if let Auth::Basic { user, .. } = auth {
                use base64::Engine;
                forms.push(base64::engine::general_purpose::STANDARD.encode(format!("{user}:{value}")));
            }
            // As a JSON text writes it, without the quotation marks around it.
            let escaped = Value::from(value.as_str()).to_string();
            forms.push(escaped[1..escaped.len() - 1].to_owned());
            forms.push(value);
        }
        // The longest first: one may be part of another.
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        forms.dedup();
        Self(forms)
    }

    pub(super) fn hide(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, form| text.replace(form.as_str(), HIDDEN))
    }

    pub(super) fn hide_in(&self, fields: Map<String, Value>) -> Map<String, Value> {
        fields.into_iter().map(|(key, value)| (self.hide(&key), self.hide_value(value))).collect()
    }

    fn hide_value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.hide(&text)),
            Value::Array(values) => values.into_iter().map(|value| self.hide_value(value)).collect(),
            Value::Object(fields) => Value::Object(self.hide_in(fields)),
            Value::Number(number) if self.0.contains(&number.to_string()) => HIDDEN.into(),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_secret_is_hidden_in_every_form_in_which_it_may_come_back() {
        let basic = Auth::Basic { user: "anna".into(), password: "P".into() };
        let bearer = Auth::Bearer("T".into());
        let value = |name: &str| Some(if name == "P" { "a\"b" } else { "12345" }.to_owned());
        let secrets = Secrets::of([&basic, &bearer].into_iter(), value);
        let echoed = r#"{"auth": "Basic YW5uYTphImI=", "raw": "a\"b", "plain": "a"b, token 12345"}"#;
        let shown = secrets.hide(echoed);
        assert!(!shown.contains("YW5u") && !shown.contains("a\"b") && !shown.contains("a\\\"b"), "{shown}");
        assert!(!shown.contains("12345"), "{shown}");
        let Value::Object(fields) = json!({ "t": ["12345", 12345, { "12345": 1 }] }) else { unreachable!() };
        let shown = Value::Object(secrets.hide_in(fields)).to_string();
        assert!(!shown.contains("12345"), "{shown}");
    }
}
