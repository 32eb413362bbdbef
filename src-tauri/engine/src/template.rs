//! Templates over what is known of a record (minijinja, which speaks Jinja2).
//!
//! Templates come with the job and may be hostile: what a rendering may cost is bounded, and a value
//! that is not there is an error, never an empty text.

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::describe::Tech;
use crate::record::{ContentHash, RawPath, RecordId, show_bytes};

/// Steps of the template machine that one rendering may take.
const FUEL: u64 = 100_000;

/// Longest text that a rendering may give (bytes).
const LONGEST: usize = 1 << 20;

/// A template that cannot be used or filled in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("template \"{name}\": {why}")]
pub struct TemplateError {
    /// Which one.
    pub name: String,
    /// What is wrong, and in which line.
    pub why: String,
}

/// The job's templates, by name.
#[derive(Debug)]
pub(crate) struct Templates(Environment<'static>);

impl Templates {
    pub(crate) fn new() -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.set_fuel(Some(FUEL));
        Self(environment)
    }

    /// Adds a template, or tells what is wrong with its text.
    pub(crate) fn add(&mut self, name: &str, text: &str) -> Result<(), TemplateError> {
        self.0
            .add_template_owned(name.to_owned(), text.to_owned())
            .map_err(|error| TemplateError { name: name.to_owned(), why: in_words(&error) })
    }

    /// Fills a template in.
    pub(crate) fn render(&self, name: &str, facts: &Facts) -> Result<String, TemplateError> {
        let failed = |why: String| TemplateError { name: name.to_owned(), why };
        let text = self
            .0
            .get_template(name)
            .and_then(|template| template.render(Serde(facts)))
            .map_err(|error| failed(in_words(&error)))?;
        if text.len() > LONGEST {
            return Err(failed(format!("it gives {} bytes, more than {LONGEST}", text.len())));
        }
        Ok(text)
    }
}

fn in_words(error: &minijinja::Error) -> String {
    let what = error
        .detail()
        .map_or_else(|| error.kind().to_string(), |detail| format!("{}: {detail}", error.kind()));
    match error.line() {
        Some(line) => format!("{what} (line {line})"),
        None => what,
    }
}

/// What templates may use of a record.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Facts {
    /// The record's number.
    id: RecordId,
    /// Path below its source, with `/` between the parts.
    path: String,
    /// The path without its last part.
    folder: String,
    /// The last part of the path.
    name: String,
    /// The name without its extension.
    stem: String,
    /// The extension without its dot.
    extension: String,
    /// Bytes.
    size: u64,
    /// What the record itself and its lookups gave.
    pub(crate) fields: Map<String, Value>,
    /// What the file says of itself; empty where it is not described.
    tech: Tech,
    /// Path below the destination, once it is delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    /// Hash of the content in hexadecimal, once it is delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<String>,
    /// How the hash was computed.
    #[serde(skip_serializing_if = "Option::is_none")]
    hash_algorithm: Option<&'static str>,
}

impl Facts {
    pub(crate) fn new(
        id: RecordId,
        path: &RawPath,
        size: u64,
        fields: Map<String, Value>,
        tech: Tech,
    ) -> Self {
        let text = text_of(&path.0);
        let (folder, name) = text.rsplit_once('/').unwrap_or(("", &text));
        let (stem, extension) = match name.rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() => (stem, extension),
            _ => (name, ""),
        };
        Self {
            id,
            folder: folder.to_owned(),
            name: name.to_owned(),
            stem: stem.to_owned(),
            extension: extension.to_owned(),
            size,
            fields,
            tech,
            target: None,
            hash: None,
            hash_algorithm: None,
            path: text,
        }
    }

    /// The same, with what the delivery added.
    pub(crate) fn delivered(mut self, target: &RawPath, hash: Option<&ContentHash>) -> Self {
        self.target = Some(text_of(&target.0));
        self.hash = hash.map(|hash| hash.hex.clone());
        self.hash_algorithm = hash.map(|hash| hash.algorithm.word());
        self
    }
}

/// A path as text; one that is no UTF-8 with its odd bytes spelt out.
pub(crate) fn text_of(bytes: &[u8]) -> String {
    std::str::from_utf8(bytes).map_or_else(|_| show_bytes(bytes), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn facts(path: &str) -> Facts {
        let fields = json!({ "title": "The \"Reel\"" }).as_object().unwrap().clone();
        let tech = Tech { width: Some(1920), ..Tech::default() };
        Facts::new(7, &RawPath(path.as_bytes().to_vec()), 12, fields, tech)
    }

    fn render(text: &str, path: &str) -> Result<String, TemplateError> {
        let mut templates = Templates::new();
        templates.add("url", text)?;
        templates.render("url", &facts(path))
    }

    #[test]
    fn records_fill_templates() {
        let text = render("/a?p={{ path | urlencode }}&s={{ size }}&e={{ extension }}", "ü b/re&el.mov");
        assert_eq!(text.unwrap(), "/a?p=%C3%BC%20b/re%26el.mov&s=12&e=mov");
        assert_eq!(render("{{ tech.width }}x{{ tech.height | default('?') }}", "x").unwrap(), "1920x?");
        assert_eq!(render("{\"t\": {{ fields.title | tojson }}}", "x").unwrap(), r#"{"t": "The \"Reel\""}"#);
    }

    #[test]
    fn what_is_missing_is_an_error_and_never_an_empty_text() {
        assert!(render("{{ fields.nothing }}", "x").is_err());
        assert!(render("{{ tech.height }}", "x").is_err(), "the file does not say");
        assert!(render("{{ hash }}", "x").is_err(), "nothing is delivered yet");
        assert!(render("{{ path", "x").is_err());
    }

    #[test]
    fn a_hostile_template_comes_to_an_end() {
        assert!(
            render("{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}", "x")
                .is_err()
        );
    }
}
