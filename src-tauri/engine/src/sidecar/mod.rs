//! Sidecars: what is known of a delivered file, written beside it in a format that catalogues read.
//!
//! [`Sidecars`] makes the bytes, which depend on the record alone; [`write_all`] puts them beside the file.

mod described;
mod dublin_core;
mod ebucore;
mod json;
mod media;
mod pbcore;
mod terms;
#[cfg(test)]
mod tests;
mod write;
mod xml;
mod xmp;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::failure::{Category, Stage};
use crate::record::{Failure, RawPath};
use crate::spec::{Sidecar, SidecarFormat, SidecarName, SpecError, Term};
use crate::stage::{Arrived, Proof};
use crate::template::{DELIVERED, Facts, GIVEN, TemplateError, Templates};

pub(crate) use described::Described;
pub(crate) use write::{LONGEST, Written, check_name, hash, outside, read, write_all};

use terms::{ALL, Terms};

/// The sidecars of a job, ready to be filled in.
#[derive(Debug)]
pub(crate) struct Sidecars {
    sidecars: Vec<Prepared>,
    templates: Templates,
}

/// One sidecar without a record.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// `sidecar:xmp`: names the step in the checkpoint and in messages.
    pub(crate) step: String,
    format: SidecarFormat,
    name: SidecarName,
    origins: BTreeMap<Term, Origin>,
}

/// Where a term's values come from, when the job says so.
#[derive(Debug)]
enum Origin {
    Nowhere,
    /// A place in the record's facts.
    Place(String),
    /// The template of this name.
    Template(String),
}

/// Facts that have no further names below them.
fn facts() -> impl Iterator<Item = &'static str> {
    GIVEN.into_iter().chain(DELIVERED)
}

/// Tells what is wrong with a job's sidecars.
pub(crate) fn check(sidecars: &[Sidecar]) -> Result<(), SpecError> {
    Sidecars::prepare(sidecars).map(drop)
}

impl Sidecars {
    /// Prepares the sidecars of a job.
    pub(crate) fn prepare(sidecars: &[Sidecar]) -> Result<Self, SpecError> {
        let mut templates = Templates::new();
        let prepare = |sidecar: &Sidecar| {
            let step = format!("sidecar:{}", sidecar.format.word());
            let mut origins = BTreeMap::new();
            for (term, text) in &sidecar.fields {
                let origin = origin(&step, *term, text.trim(), &mut templates)?;
                origins.insert(*term, origin);
            }
            Ok(Prepared { step, format: sidecar.format, name: sidecar.name, origins })
        };
        let sidecars = sidecars.iter().map(prepare).collect::<Result<_, SpecError>>()?;
        Ok(Self { sidecars, templates })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.sidecars.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Prepared> {
        self.sidecars.iter()
    }

    /// The content of a sidecar. `facts`: with what the delivery added.
    pub(crate) fn content(
        &self,
        sidecar: &Prepared,
        facts: &Facts,
        arrived: &Arrived,
    ) -> Result<Vec<u8>, Failure> {
        let failed = |error: &dyn std::fmt::Display| {
            Failure::new(Stage::Deliver, Category::TemplateFailed, format!("{}: {error}", sidecar.step))
        };
        let Value::Object(mut known) = serde_json::to_value(facts).map_err(|error| failed(&error))? else {
            return Err(failed(&"the record's facts are no object"));
        };
        known.insert("size".into(), arrived.bytes.into());
        let terms = self.terms(sidecar, facts, &known).map_err(|error| failed(&error))?;
        let evidence = match arrived.proof {
            Proof::Delivered(evidence) => evidence.word(),
            Proof::Skipped(_) if arrived.hash.is_some() => "read_back",
            Proof::Skipped(_) => "size",
        };
        let described = Described { facts: known, evidence, terms };
        Ok(match sidecar.format {
            SidecarFormat::Json => json::write(&described),
            SidecarFormat::Xmp => xmp::write(&described),
            SidecarFormat::DublinCore => dublin_core::write(&described),
            SidecarFormat::Pbcore => pbcore::write(&described),
            SidecarFormat::Ebucore => ebucore::write(&described),
        })
    }

    fn terms(
        &self,
        sidecar: &Prepared,
        facts: &Facts,
        known: &Map<String, Value>,
    ) -> Result<Terms, TemplateError> {
        let no_fields = Map::new();
        let fields = known.get("fields").and_then(Value::as_object).unwrap_or(&no_fields);
        let mut terms = Terms::new();
        for term in ALL {
            let mut values = match sidecar.origins.get(&term) {
                None => terms::usual_values(term, fields),
                Some(Origin::Nowhere) => Vec::new(),
                Some(Origin::Place(place)) => terms::values_at(term, place, known),
                Some(Origin::Template(name)) => {
                    terms::values(term, &Value::String(self.templates.render(name, facts)?))
                }
            };
            // Whatever reads a sidecar wants a title; a name may be nothing but spaces.
            for place in ["stem", "id"] {
                if term == Term::Title && values.is_empty() {
                    values = terms::values_at(term, place, known);
                }
            }
            if !values.is_empty() {
                terms.insert(term, values);
            }
        }
        Ok(terms)
    }
}

impl Prepared {
    /// Its path for a file at this one.
    pub(crate) fn target(&self, of: &RawPath) -> RawPath {
        let name = of.file_name();
        let folder = &of.0[..of.0.len() - name.len()];
        let kept = match self.name {
            SidecarName::Full => name,
            SidecarName::Stem => {
                let dot = name.iter().rposition(|byte| *byte == b'.').filter(|at| *at > 0);
                &name[..dot.unwrap_or(name.len())]
            }
        };
        RawPath([folder, kept, self.format.ending().as_bytes()].concat())
    }
}

fn origin(step: &str, term: Term, text: &str, templates: &mut Templates) -> Result<Origin, SpecError> {
    if text.is_empty() {
        return Ok(Origin::Nowhere);
    }
    if text.contains("{{") || text.contains("{%") {
        let name = format!("{step}, {}", term.name());
        templates.add(&name, text)?;
        return Ok(Origin::Template(name));
    }
    let is_place = match text.split_once('.') {
        Some((group, name)) => matches!(group, "fields" | "tech") && !name.is_empty(),
        None => facts().any(|fact| fact == text),
    };
    if is_place {
        return Ok(Origin::Place(text.to_owned()));
    }
    Err(SpecError::Output {
        what: format!(
            "{step}, {}: \"{text}\" is no place in a record; write fields.NAME, tech.NAME, one of {}, or a template such as {{{{ fields.NAME }}}}",
            term.name(),
            facts().collect::<Vec<_>>().join(", ")
        ),
    })
}
