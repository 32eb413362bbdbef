//! Mapping: what a record's fields become, whether they are as required, and where its file goes.
//!
//! What a template uses decides when it can be filled in: fields of the record and facts of its file are
//! known while planning, so that collisions are found before anything moves; technical metadata (`tech`)
//! and what lookups answer are known only in the run.

pub(crate) mod collisions;
pub(crate) mod placing;
mod preview;
mod require;
mod target;
mod trial;

use std::collections::HashSet;

use serde_json::{Map, Value};

pub(crate) use collisions::{Claims, Places};
pub(crate) use preview::preview;
#[allow(unreachable_pub, reason = "the door to it is `api`")]
pub use preview::{Preview, PreviewRequest};
pub(crate) use require::{Check, Offence};
#[allow(unreachable_pub, reason = "the door to it is `api`")]
pub use trial::{CatalogueTrial, TriedRecord};
pub(crate) use trial::{FirstRows, first_rows, pending, try_catalogue, try_records, with_usable_map};

use crate::failure::{Category, Stage};
use crate::record::{Failure, RawPath};
use crate::spec::{JobSpec, Mapping, SpecError};
use crate::template::{DELIVERED, Facts, GIVEN, Known, PATH, TemplateError, Templates};

/// A mapping, ready for records.
#[derive(Debug)]
pub(crate) struct Mapper {
    templates: Templates,
    fields: Vec<Rule>,
    checks: Vec<Check>,
    target: Option<Late>,
}

/// A variable that is known only in the run. None: all are known while planning.
type Late = Option<String>;

#[derive(Debug)]
struct Rule {
    field: String,
    value: String,
    when: Option<String>,
    late: Late,
}

/// What a mapping made of a record.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mapped {
    /// Below the destination, as the template says; not yet made legal there. None: the job mirrors its
    /// sources, or the template cannot be filled in yet.
    pub(crate) target: Option<RawPath>,
    /// All fields of the record: its own, those of lookups, and those that rules set.
    pub(crate) fields: Map<String, Value>,
}

/// When a mapping is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    /// Only what is known by then is filled in and checked.
    Planning,
    Running,
}

/// Tells what is wrong with a mapping, before there is any record.
pub(crate) fn check(map: &Mapping) -> Result<(), SpecError> {
    let mapper = Mapper::of(map, HashSet::new())?;
    let rules = mapper.fields.iter().flat_map(|rule| [Some(&rule.value), rule.when.as_ref()]).flatten();
    let target = PATH.to_owned();
    let templates = rules.chain(mapper.target.as_ref().map(|_| &target));
    for name in templates {
        for variable in mapper.templates.uses(name) {
            let root = variable.split('.').next().unwrap_or_default();
            let why = match root {
                root if GIVEN.contains(&root) || FURTHER.contains(&root) => continue,
                root if DELIVERED.contains(&root) => "is known only after the delivery",
                _ => "is no variable; fields are written fields.NAME",
            };
            return Err(TemplateError { name: name.clone(), why: format!("\"{variable}\" {why}") }.into());
        }
    }
    Ok(())
}

/// What a mapping may use besides what is given of a record: groups of values, and the functions of the
/// template language.
const FURTHER: [&str; 6] = ["fields", "tech", "range", "dict", "namespace", "debug"];

impl Mapper {
    /// Prepares the mapping of a checked job.
    pub(crate) fn prepare(job: &JobSpec) -> Result<Self, SpecError> {
        let looked_up = job.lookups.iter().flat_map(|lookup| lookup.fields.keys().cloned()).collect();
        Self::of(&job.map, looked_up)
    }

    /// `late`: fields that are known only in the run.
    fn of(map: &Mapping, mut late: HashSet<String>) -> Result<Self, SpecError> {
        let mut templates = Templates::new();
        let mut fields = Vec::with_capacity(map.fields.len());
        for (at, field) in map.fields.iter().enumerate() {
            let value = format!("map, field {} ({})", at + 1, field.name);
            templates.add(&value, &field.value)?;
            let mut uses = templates.uses(&value);
            let when = field.when.as_ref().map(|_| format!("{value}, when"));
            if let (Some(name), Some(expression)) = (&when, &field.when) {
                templates.add_condition(name, expression)?;
                uses.extend(templates.uses(name));
            }
            let is_late = late_one(&uses, &late);
            if is_late.is_some() {
                late.insert(field.name.clone());
            }
            fields.push(Rule { field: field.name.clone(), value, when, late: is_late });
        }
        let checks = map.require.iter().map(|rule| Check::prepare(rule, late.contains(&rule.field)));
        let checks = checks.collect::<Result<_, _>>()?;
        let target = match &map.target {
            Some(text) => {
                templates.add(PATH, text)?;
                Some(late_one(&templates.uses(PATH), &late))
            }
            None => None,
        };
        Ok(Self { templates, fields, checks, target })
    }

    /// Whether it changes nothing.
    pub(crate) fn is_plain(&self) -> bool {
        self.target.is_none() && self.fields.is_empty() && self.checks.is_empty()
    }

    /// Whether targets come from a template.
    pub(crate) fn has_target(&self) -> bool {
        self.target.is_some()
    }

    /// A variable of the target's template that is known only in the run.
    pub(crate) fn late_target(&self) -> Option<&str> {
        self.target.as_ref()?.as_deref()
    }

    /// Whether there is anything to do while planning.
    pub(crate) fn works_while_planning(&self) -> bool {
        matches!(self.target, Some(None)) || self.checks.iter().any(|check| !check.late)
    }

    /// Maps a record while planning: what is not known yet is left out.
    pub(crate) fn map_planned(&self, facts: &Facts) -> Result<Mapped, Failure> {
        self.go(facts, When::Planning)
    }

    /// Maps a record of which everything is known.
    pub(crate) fn map(&self, facts: &Facts) -> Result<Mapped, Failure> {
        self.go(facts, When::Running)
    }

    /// The fields after the mapping, as far as they are known while planning. None: a template fails.
    pub(crate) fn fields_planned(&self, facts: &Facts) -> Option<Map<String, Value>> {
        Some(self.fields(facts, When::Planning).ok()?.0)
    }

    /// Whether rules set fields.
    pub(crate) fn has_fields(&self) -> bool {
        !self.fields.is_empty()
    }

    /// The fields after the mapping of a record of which everything is known. None: a template fails.
    pub(crate) fn fields_known(&self, facts: &Facts) -> Option<Map<String, Value>> {
        Some(self.fields(facts, When::Running).ok()?.0)
    }

    /// Every requirement that a planned record does not meet; for the pre-flight.
    pub(crate) fn offences(&self, facts: &Facts) -> Vec<Offence> {
        let Ok((fields, _)) = self.fields(facts, When::Planning) else { return Vec::new() };
        self.checks.iter().filter(|check| !check.late).filter_map(|check| check.offence(&fields)).collect()
    }

    fn go(&self, facts: &Facts, when: When) -> Result<Mapped, Failure> {
        let now = |late: bool| when == When::Running || !late;
        let (fields, known) = self.fields(facts, when)?;
        for check in self.checks.iter().filter(|check| now(check.late)) {
            if let Some(offence) = check.offence(&fields) {
                return Err(offence.failure());
            }
        }
        let target = match &self.target {
            Some(late) if now(late.is_some()) => {
                let text = self.templates.render_known(PATH, &known).map_err(template_failed)?;
                Some(target::safe(&text).map_err(|why| {
                    let message =
                        format!("the target \"{}\" {why}", crate::record::show_bytes(text.as_bytes()));
                    Failure::new(Stage::Transform, Category::TargetUnsafe, message)
                })?)
            }
            _ => None,
        };
        Ok(Mapped { target, fields })
    }

    fn fields(&self, facts: &Facts, when: When) -> Result<(Map<String, Value>, Known), Failure> {
        let mut fields = facts.fields.clone();
        let mut known = Known::of(facts);
        for rule in &self.fields {
            if when == When::Planning && rule.late.is_some() {
                continue;
            }
            let holds = match &rule.when {
                Some(condition) => self.templates.holds(condition, &known).map_err(template_failed)?,
                None => true,
            };
            if holds {
                let value = self.templates.render_known(&rule.value, &known).map_err(template_failed)?;
                known = known.with_field(&rule.field, &value);
                fields.insert(rule.field.clone(), Value::String(value));
            }
        }
        Ok((fields, known))
    }
}

fn template_failed(error: TemplateError) -> Failure {
    Failure::of(Stage::Transform, Category::TemplateFailed, error.into())
}

/// The first variable, by name, that is known only in the run.
fn late_one(uses: &HashSet<String>, late: &HashSet<String>) -> Late {
    let is_late = |variable: &&String| {
        let mut parts = variable.split('.');
        match (parts.next(), parts.next()) {
            (Some("tech"), _) => true,
            (Some("fields"), Some(field)) => late.contains(field),
            // All fields at once, or one whose name is worked out.
            (Some("fields"), None) => !late.is_empty(),
            _ => false,
        }
    };
    uses.iter().filter(is_late).min().cloned()
}

#[cfg(test)]
mod tests {
    use crate::describe::Tech;
    use serde_json::json;

    use super::*;

    fn job(text: &str) -> Result<JobSpec, SpecError> {
        let job: JobSpec =
            toml::from_str(&format!("sources = [\"/a\"]\ndestination = \"/b\"\n{text}")).unwrap();
        job.checked()
    }

    fn facts(fields: Value) -> Facts {
        Facts::new(
            7,
            &RawPath(b"in/Clip 1.MOV".to_vec()),
            12,
            fields.as_object().unwrap().clone(),
            Tech::default(),
        )
    }

    fn mapped(text: &str, fields: Value) -> Result<Mapped, Failure> {
        Mapper::prepare(&job(text).unwrap()).unwrap().map(&facts(fields))
    }

    const RULES: &str = r#"
        [map]
        target = "{{ fields.year }}/{{ fields.title | safe_name }}.{{ extension | lower }}"
        [[map.field]]
        name = "year"
        value = "{{ fields.shot | date('%Y') }}"
        [[map.field]]
        name = "title"
        value = "{{ stem }}"
        when = "not fields.title"
        [[map.require]]
        field = "rights"
        one_of = ["free", "licensed"]
    "#;

    #[test]
    fn fields_are_set_in_order_and_the_target_comes_last() {
        let done = mapped(RULES, json!({ "shot": "5.3.1974", "title": "A: B", "rights": "free" })).unwrap();
        assert_eq!(done.target.unwrap().to_string(), "1974/A_ B.mov");
        assert_eq!(done.fields["year"], "1974");
        let done = mapped(RULES, json!({ "shot": "1974", "title": "", "rights": "free" })).unwrap();
        assert_eq!(done.target.unwrap().to_string(), "1974/Clip 1.mov");
    }

    #[test]
    fn what_does_not_fit_is_a_failure_of_its_own_kind() {
        let failed = |fields| mapped(RULES, fields).unwrap_err();
        let failure = failed(json!({ "shot": "1974", "title": "x", "rights": "mine" }));
        assert_eq!(failure.category, Category::MetadataInvalid);
        for word in ["rights", "mine", "free, licensed"] {
            assert!(failure.message.contains(word), "{}", failure.message);
        }
        assert_eq!(failed(json!({ "shot": "soon", "title": "x" })).category, Category::TemplateFailed);
        let failure =
            mapped("[map]\ntarget = \"{{ fields.a | path }}/x\"", json!({ "a": "../.." })).unwrap_err();
        assert_eq!(failure.category, Category::TargetUnsafe);
    }

    #[test]
    fn what_only_the_run_knows_waits_for_the_run() {
        let text = r#"
            [[lookup]]
            name = "x"
            url = "https://dam.example"
            fields = { owner = "/owner" }
            [map]
            target = "{{ fields.who }}/{{ name }}"
            [[map.field]]
            name = "who"
            value = "{{ fields.owner | upper }}"
            [[map.require]]
            field = "who"
            [[map.require]]
            field = "year"
            type = "integer"
        "#;
        let mapper = Mapper::prepare(&job(text).unwrap()).unwrap();
        assert_eq!(mapper.late_target(), Some("fields.who"));
        assert_eq!(mapper.map_planned(&facts(json!({ "year": "1974" }))).unwrap().target, None);
        let early = mapper.map_planned(&facts(json!({ "year": "soon" }))).unwrap_err();
        assert_eq!(early.category, Category::MetadataInvalid);
        let known = mapper.map(&facts(json!({ "year": "1974", "owner": "me" }))).unwrap();
        assert_eq!(known.target.unwrap().to_string(), "ME/Clip 1.MOV");
        let tech = job("[map]\ntarget = \"{{ tech.width }}/{{ name }}\"").unwrap();
        assert_eq!(Mapper::prepare(&tech).unwrap().late_target(), Some("tech.width"));
    }

    #[test]
    fn a_wrong_mapping_is_refused_before_there_is_any_record() {
        for (text, word) in [
            ("[map]\ntarget = \"{{ titel }}\"", "titel"),
            ("[map]\ntarget = \"{{ hash }}\"", "after the delivery"),
            ("[map]\ntarget = \"{{ name\"", "target"),
            ("[map]\ntarget = \" \"", "empty"),
            ("[map]\ntarget = \"{% include 'x' %}\"", "target"),
            ("[[map.field]]\nname = \"\"\nvalue = \"x\"", "no name"),
            ("[[map.field]]\nname = \"a\"\nvalue = \"x\"\nwhen = \"1 +\"", "when"),
            ("[[map.require]]\nfield = \"a\"\npattern = \"(\"", "pattern"),
            ("[[map.require]]\nfield = \"a\"\npattern = \"(a{1000}){1000}\"", "pattern"),
        ] {
            let error = job(text).unwrap_err().to_string();
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
