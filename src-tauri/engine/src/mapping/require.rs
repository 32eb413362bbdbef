//! What fields must be.

use regex::{Regex, RegexBuilder};
use serde_json::{Map, Value};

use crate::failure::{Category, Must, Stage, Why};
use crate::record::{Failure, show_bytes};
use crate::spec::{FieldType, Requirement, SpecError};
use crate::template::{parse_date, short};

/// Memory that one pattern may take (bytes); patterns come with the job and may be hostile. Matching
/// takes time in proportion to the value, whatever the pattern.
const PATTERN_MEMORY: usize = 1 << 20;

/// Longest value that is shown (bytes).
const SHOWN: usize = 200;

/// Values of a list that are told.
const LISTED: usize = 10;

/// A requirement, ready for records.
#[derive(Debug)]
pub(crate) struct Check {
    rule: Requirement,
    pattern: Option<Regex>,
    /// The field is known only in the run.
    pub(crate) late: bool,
}

/// A field that is not what it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offence {
    pub(crate) field: String,
    /// What it is; None: missing or empty.
    pub(crate) value: Option<String>,
    /// What it must be.
    pub(crate) must: Must,
    /// Its value is none of those that the rule lists.
    pub(crate) is_unmapped: bool,
}

impl Check {
    pub(crate) fn prepare(rule: &Requirement, late: bool) -> Result<Self, SpecError> {
        let pattern = rule.pattern.as_ref().map(|pattern| {
            RegexBuilder::new(&format!("^(?:{pattern})$"))
                .size_limit(PATTERN_MEMORY)
                .dfa_size_limit(PATTERN_MEMORY)
                .build()
                .map_err(|error| SpecError::Mapping {
                    what: format!(
                        "[[map.require]] of \"{}\": the pattern \"{pattern}\": {error}",
                        rule.field
                    ),
                })
        });
        Ok(Self { pattern: pattern.transpose()?, rule: rule.clone(), late })
    }

    /// What is wrong with the record's field, if anything.
    pub(crate) fn offence(&self, fields: &Map<String, Value>) -> Option<Offence> {
        let rule = &self.rule;
        let offence = |value: Option<&str>, must: Must, is_unmapped| {
            let value = value.map(|value| show_bytes(short(value, SHOWN).as_bytes()));
            Some(Offence { field: rule.field.clone(), value, must, is_unmapped })
        };
        let text = match fields.get(&rule.field) {
            Some(Value::String(text)) => text.trim().to_owned(),
            Some(scalar @ (Value::Number(_) | Value::Bool(_))) => scalar.to_string(),
            Some(group @ (Value::Array(_) | Value::Object(_))) => {
                return offence(Some(&group.to_string()), Must::Single, false);
            }
            None | Some(Value::Null) => String::new(),
        };
        if text.is_empty() {
            return if rule.optional { None } else { offence(None, Must::There, false) };
        }
        if let Some(expected) = rule.kind.filter(|kind| !fits(*kind, &text)) {
            return offence(Some(&text), Must::Type { expected }, false);
        }
        if self.pattern.as_ref().is_some_and(|pattern| !pattern.is_match(&text)) {
            let pattern = rule.pattern.clone().unwrap_or_default();
            return offence(Some(&text), Must::Form { pattern }, false);
        }
        if !rule.one_of.is_empty() && !rule.one_of.contains(&text) {
            let values = rule.one_of.iter().take(LISTED).cloned().collect();
            let more = rule.one_of.len() > LISTED;
            return offence(Some(&text), Must::OneOf { values, more }, true);
        }
        None
    }
}

impl Offence {
    pub(crate) fn failure(&self) -> Failure {
        let Self { field, value, must, .. } = self.clone();
        Failure::of(Stage::Transform, Category::MetadataInvalid, Why::Field { field, value, must })
    }
}

fn fits(kind: FieldType, text: &str) -> bool {
    match kind {
        FieldType::Text => true,
        FieldType::Integer => text.parse::<i64>().is_ok(),
        FieldType::Number => text.parse::<f64>().is_ok_and(f64::is_finite),
        FieldType::Date => parse_date(text, None).is_ok(),
        FieldType::Boolean => {
            ["true", "false", "yes", "no", "1", "0"].iter().any(|word| word.eq_ignore_ascii_case(text))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(rule: &str, value: Value) -> bool {
        let rule: Requirement = toml::from_str(&format!("field = \"f\"\n{rule}")).unwrap();
        let fields = json!({ "f": value }).as_object().unwrap().clone();
        Check::prepare(&rule, false).unwrap().offence(&fields).is_some()
    }

    #[test]
    fn types_patterns_and_lists_are_checked() {
        for (rule, good, bad) in [
            ("type = \"integer\"", json!("-12"), json!("1.5")),
            ("type = \"integer\"", json!(12), json!([1])),
            ("type = \"number\"", json!("1.5"), json!("NaN")),
            ("type = \"date\"", json!("5.3.2024"), json!("05/03/2024")),
            ("type = \"boolean\"", json!("Yes"), json!("maybe")),
            ("type = \"text\"", json!("0"), json!("  ")),
            ("pattern = \"[A-Z]{2}|x\"", json!("AB"), json!("ABC")),
            ("one_of = [\"a\", \"b\"]", json!(" b "), json!("c")),
            ("", json!("x"), json!(null)),
        ] {
            assert!(!refused(rule, good.clone()), "{rule}: {good}");
            assert!(refused(rule, bad.clone()), "{rule}: {bad}");
        }
        assert!(!refused("optional = true\ntype = \"integer\"", json!("")));
        assert!(refused("optional = true\ntype = \"integer\"", json!("x")));
    }

    #[test]
    fn a_hostile_pattern_comes_to_an_end() {
        assert!(refused("pattern = \"(a+)+\"", json!(format!("{}b", "a".repeat(100_000)))));
    }
}
