//! Templates over what is known of a record (minijinja, which speaks Jinja2).
//!
//! Templates come with the job and may be hostile: what a rendering may cost is bounded, and a value
//! that is not there is an error, never an empty text.

mod dates;
mod filters;

use std::collections::{BTreeMap, HashSet};

use minijinja::value::{Serde, Value as Given, merge_maps};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior};
use serde::Serialize;
use serde_json::{Map, Value};

pub(crate) use dates::parse as parse_date;
pub(crate) use filters::short;

use crate::describe::Tech;
use crate::failure::Why;
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

impl From<TemplateError> for Why {
    fn from(TemplateError { name, why: said }: TemplateError) -> Self {
        Self::Template { name, said }
    }
}

/// The job's templates, by name.
#[derive(Debug)]
pub(crate) struct Templates(Environment<'static>);

impl Templates {
    pub(crate) fn new() -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|name| match name {
            PATH => AutoEscape::Custom(PATH.into()),
            _ => AutoEscape::None,
        });
        environment.set_formatter(write_value);
        environment.set_fuel(Some(FUEL));
        filters::add(&mut environment);
        Self(environment)
    }

    /// Adds a template, or tells what is wrong with its text.
    pub(crate) fn add(&mut self, name: &str, text: &str) -> Result<(), TemplateError> {
        self.0
            .add_template_owned(name.to_owned(), text.to_owned())
            .map_err(|error| TemplateError { name: name.to_owned(), why: in_words(&error) })
    }

    /// Adds a condition: an expression without braces around it.
    pub(crate) fn add_condition(&mut self, name: &str, expression: &str) -> Result<(), TemplateError> {
        // By itself first, so that it cannot close the template around it.
        self.0
            .compile_expression(expression)
            .map_err(|error| TemplateError { name: name.to_owned(), why: in_words(&error) })?;
        self.add(name, &format!("{{{{ 1 if ({expression}) else 0 }}}}"))
    }

    /// The variables that a template may ask for, such as `fields.title`.
    pub(crate) fn uses(&self, name: &str) -> HashSet<String> {
        self.0.get_template(name).map(|template| template.undeclared_variables(true)).unwrap_or_default()
    }

    /// Fills a template in.
    pub(crate) fn render(&self, name: &str, facts: &Facts) -> Result<String, TemplateError> {
        self.fill(name, Given::from(Serde(facts)))
    }

    /// Fills a template in; many may share what is known.
    pub(crate) fn render_known(&self, name: &str, known: &Known) -> Result<String, TemplateError> {
        self.fill(name, known.0.clone())
    }

    /// Whether a condition holds.
    pub(crate) fn holds(&self, name: &str, known: &Known) -> Result<bool, TemplateError> {
        Ok(self.render_known(name, known)? == "1")
    }

    fn fill(&self, name: &str, known: Given) -> Result<String, TemplateError> {
        let failed = |why: String| TemplateError { name: name.to_owned(), why };
        let text = self
            .0
            .get_template(name)
            .and_then(|template| template.render(known))
            .map_err(|error| failed(in_words(&error)))?;
        if text.len() > LONGEST {
            return Err(failed(format!("it gives {} bytes, more than {LONGEST}", text.len())));
        }
        Ok(text)
    }
}

/// The name of the template that gives a path: in it, a value cannot make folders.
pub(crate) const PATH: &str = "map, target";

/// Writes a value into a text. In the template of a path, a separator in a value becomes `_`, unless
/// the value is a path itself (`path`, `folder`, the filter `path`).
fn write_value(out: &mut Output, state: &mut State, value: &Given) -> Result<(), Error> {
    let is_path = matches!(state.auto_escape(), AutoEscape::Custom(kind) if kind == PATH);
    if is_path && value.is_none() {
        return Err(Error::new(
            ErrorKind::UndefinedError,
            "a value is null; say what stands for it: {{ value | default(\"unknown\", true) }}",
        ));
    }
    if is_path && !value.is_safe() {
        return Ok(write!(out, "{}", value.to_string().replace(['/', '\\'], "_"))?);
    }
    Ok(write!(out, "{value}")?)
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

/// What templates may use of a record by itself, besides `fields` and `tech`.
pub(crate) const GIVEN: [&str; 9] =
    ["id", "row", "external_id", "path", "folder", "name", "stem", "extension", "size"];

/// What the delivery adds.
pub(crate) const DELIVERED: [&str; 3] = ["target", "hash", "hash_algorithm"];

/// What templates may use of a record: [`GIVEN`], [`DELIVERED`], `fields` and `tech`.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Facts {
    /// The record's number.
    id: RecordId,
    /// The row of the catalogue that names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    row: Option<u64>,
    /// Its own number or name there.
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
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
            row: None,
            external_id: None,
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

    /// The same, with the row of the catalogue that names the record, and its id there.
    pub(crate) fn in_catalogue(mut self, row: Option<u64>, external_id: Option<&str>) -> Self {
        self.row = row;
        self.external_id = external_id.map(str::to_owned);
        self
    }

    /// The same, with what the delivery added.
    pub(crate) fn delivered(mut self, target: &RawPath, hash: Option<&ContentHash>) -> Self {
        self.target = Some(text_of(&target.0));
        self.hash = hash.map(|hash| hash.hex.clone());
        self.hash_algorithm = hash.map(|hash| hash.algorithm.word());
        self
    }
}

/// What is known of a record, ready for many templates; fields may be added.
#[derive(Debug, Clone)]
pub(crate) struct Known(Given);

impl Known {
    pub(crate) fn of(facts: &Facts) -> Self {
        let paths = [("path", &facts.path), ("folder", &facts.folder)];
        let paths: BTreeMap<_, _> =
            paths.into_iter().map(|(name, path)| (name, Given::from_safe_string(path.clone()))).collect();
        Self(merge_maps([Given::from(Serde(facts)), Given::from(paths)]))
    }

    /// The same, with another value of a field.
    pub(crate) fn with_field(&self, name: &str, value: &str) -> Self {
        let fields = self.0.get_attr("fields").unwrap_or_default();
        let changed = Given::from(BTreeMap::from([(name.to_owned(), Given::from(value))]));
        let fields = merge_maps([fields, changed]);
        Self(merge_maps([self.0.clone(), Given::from(BTreeMap::from([("fields", fields)]))]))
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
        for template in [
            "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}",
            "{{ 'x' * 1000000000 }}",
            "{{ range(100000) | list * 100000 }}",
            "{% set ns = namespace(x='xxxxxxxx') %}{% for a in range(99999) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x }}",
            "{{ 'a\nb' | indent(2000000000, true) }}",
            "{{ '%999999999d' | format(1) }}",
            "{{ 'aaaaaaaaaa' | replace('a', 'x' * 100000) | replace('x', 'y' * 100000) }}",
            "{{ 1 | pad(999999999) }}",
            "{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}",
            "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
            "{% include 'url' %}",
            "{{ '2024-01-01' | date('%Y' * 1000000) }}",
            "{{ 2 ** 999999999 }}",
            "{{ (((((((((((((((((((((((((((((((((((((((((((1)))))))))))))))))))))))))))))))))))))))))) }}",
        ] {
            assert!(render(template, "x").is_err(), "{template}");
        }
        let deep = format!("{{{{ {}1{} }}}}", "(".repeat(100_000), ")".repeat(100_000));
        assert!(render(&deep, "x").is_err(), "a hundred thousand brackets");
    }

    #[test]
    fn in_a_path_only_the_template_and_paths_make_folders() {
        let mut templates = Templates::new();
        let render = |templates: &mut Templates, text: &str| {
            templates.add(PATH, text).unwrap();
            let fields = json!({ "title": "AC/DC \\ live", "none": null, "way": "a/b" });
            let facts = Facts::new(
                7,
                &RawPath(b"A/b/c.mov".to_vec()),
                12,
                fields.as_object().unwrap().clone(),
                Tech::default(),
            );
            templates.render_known(PATH, &Known::of(&facts))
        };
        for (template, wanted) in [
            ("{{ folder }}/{{ fields.title }}.{{ extension }}", "A/b/AC_DC _ live.mov"),
            ("{{ folder | lower }}/{{ fields.way | path }}", "a/b/a/b"),
            ("{{ path | upper }}", "A/B/C.MOV"),
            ("x/{{ fields.title | slug }}/{{ id | pad(3) }}", "x/ac-dc-live/007"),
            ("{{ fields.title ~ '/' ~ name }}", "AC_DC _ live_c.mov"),
        ] {
            assert_eq!(render(&mut templates, template).as_deref(), Ok(wanted), "{template}");
        }
        assert!(render(&mut templates, "{{ fields.none }}").is_err());
        assert_eq!(render(&mut templates, "{{ fields.none | default('x', true) }}").unwrap(), "x");
    }

    #[test]
    fn fields_can_be_added_and_conditions_asked() {
        let mut templates = Templates::new();
        templates.add("a", "{{ fields.kind }} {{ fields.title }}").unwrap();
        templates.add_condition("when", "fields.kind == 'film' and size > 5").unwrap();
        assert!(templates.add_condition("bad", "1) }}{{ (2").is_err());
        let known = Known::of(&facts("x")).with_field("kind", "film");
        assert_eq!(templates.render_known("a", &known).unwrap(), "film The \"Reel\"");
        assert!(templates.holds("when", &known).unwrap());
        assert!(!templates.holds("when", &known.with_field("kind", "still")).unwrap());
        assert_eq!(templates.uses("when"), HashSet::from(["fields.kind".to_owned(), "size".to_owned()]));
    }
}
