//! The mapping of a job: which fields a record gets, what they must be, and where its file goes.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::SpecError;

/// How records are described and named: the table `[map]` of the job file. The rules go first, in
/// their order, then the requirements, then the target.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct Mapping {
    /// Template of the path below the destination, with `/` between its parts. In it only the template's
    /// own `/` makes folders: a `/` or `\` within a value becomes `_`, but for `path`, `folder` and what
    /// goes through the filter `path`. Default: a record's path below its source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// What happens when two records would have the same target.
    pub on_collision: OnCollision,
    /// Fields that are set, in this order; each may use those before it.
    #[serde(rename = "field", skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldMapping>,
    /// What fields must be.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub require: Vec<Requirement>,
}

/// What happens when two records would have the same target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum OnCollision {
    /// The first keeps it, the others get a number: `name (2).ext`. Never a name that another record
    /// has by itself.
    #[default]
    Number,
    /// The first keeps it, the others fail as `name_collision`.
    Fail,
}

/// A field that is set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct FieldMapping {
    /// The field's name.
    pub name: String,
    /// Template of its value.
    pub value: String,
    /// Expression; where it does not hold, the field stays as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
}

/// What a field must be; a record whose field is something else fails as `metadata_invalid`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// The field's name.
    pub field: String,
    /// Of which type it must be.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<FieldType>,
    /// Regular expression that its whole value must fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// The values that it may have. Empty: any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub one_of: Vec<String>,
    /// Whether it may be missing or empty.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
}

/// Types of fields, as they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    /// Anything but a list or a group of values.
    Text,
    /// A whole number.
    Integer,
    /// A number, with a decimal point where it needs one.
    Number,
    /// A date that the filter `date` can read.
    Date,
    /// `true`, `false`, `yes`, `no`, `1` or `0`.
    Boolean,
}

impl FieldType {
    /// The words for people.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::Date => "a date",
            Self::Boolean => "true or false",
        }
    }
}

/// Rules and requirements that a job may have.
const RULES_MAX: usize = 1000;

impl Mapping {
    /// Whether it changes nothing: every record mirrors its source as it is.
    pub fn is_plain(&self) -> bool {
        self.target.is_none() && self.fields.is_empty() && self.require.is_empty()
    }

    pub(super) fn checked(&self) -> Result<(), SpecError> {
        let wrong = |what: String| SpecError::Mapping { what };
        if self.fields.len() + self.require.len() > RULES_MAX {
            return Err(wrong(format!("[map] has more than {RULES_MAX} rules")));
        }
        if let Some(at) = self.fields.iter().position(|field| field.name.trim().is_empty()) {
            return Err(wrong(format!("[[map.field]] {}: the field has no name", at + 1)));
        }
        if let Some(at) = self.require.iter().position(|rule| rule.field.trim().is_empty()) {
            return Err(wrong(format!("[[map.require]] {}: it names no field", at + 1)));
        }
        if self.target.as_ref().is_some_and(|target| target.trim().is_empty()) {
            return Err(wrong("[map] target is empty; leave it out to mirror the source".into()));
        }
        crate::mapping::check(self)
    }
}
