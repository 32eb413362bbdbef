//! What is known of a record whose content is at the destination: what every format writes down.

use serde_json::{Map, Value};

use super::terms::Terms;
use crate::spec::Term;

/// A delivered record.
#[derive(Debug, Clone, Default)]
pub(crate) struct Described {
    /// What templates may use of it: `path`, `target`, `size`, `hash`, `fields`, `tech` and so on.
    pub(super) facts: Map<String, Value>,
    /// What was proven of it.
    pub(super) evidence: &'static str,
    /// What the mapping makes of its fields.
    pub(super) terms: Terms,
}

impl Described {
    /// A term's values.
    pub(super) fn all(&self, term: Term) -> &[String] {
        self.terms.get(&term).map(Vec::as_slice).unwrap_or_default()
    }

    /// A fact that is a text.
    pub(super) fn fact(&self, name: &str) -> Option<&str> {
        self.facts.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// Path below the destination, with `/` between the parts.
    pub(super) fn target(&self) -> &str {
        self.fact("target").or_else(|| self.fact("path")).unwrap_or_default()
    }

    /// The name of the delivered file.
    pub(super) fn file_name(&self) -> &str {
        self.target().rsplit('/').next().unwrap_or_default()
    }

    /// Bytes.
    pub(super) fn size(&self) -> String {
        self.facts.get("size").map(Value::to_string).unwrap_or_default()
    }

    /// The hash's algorithm and its value in hexadecimal.
    pub(super) fn hash(&self) -> Option<(&str, &str)> {
        Some((self.fact("hash_algorithm")?, self.fact("hash")?))
    }

    /// Its own fields and what lookups found, as texts.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, String)> {
        let fields = self.facts.get("fields").and_then(Value::as_object).into_iter().flatten();
        fields.filter_map(|(name, value)| Some((name.as_str(), text_of(value)?)))
    }

    /// A technical value as text.
    pub(super) fn tech(&self, name: &str) -> Option<String> {
        text_of(self.facts.get("tech")?.get(name)?).filter(|text| !text.is_empty())
    }

    /// A technical value that is a whole number and not negative.
    pub(super) fn tech_number(&self, name: &str) -> Option<u64> {
        let value = self.facts.get("tech")?.get(name)?;
        value.as_u64().or_else(|| value.as_str()?.parse().ok())
    }

    /// How long it plays, in seconds.
    pub(super) fn duration(&self) -> Option<f64> {
        let value = self.facts.get("tech")?.get("duration_s")?;
        let seconds = value.as_f64().or_else(|| value.as_str()?.parse().ok());
        seconds.filter(|seconds| seconds.is_finite() && (0.0..1e9).contains(seconds))
    }

    /// Frames a second as a fraction.
    pub(super) fn frame_rate(&self) -> Option<(u64, u64)> {
        let text = self.tech("frame_rate")?;
        let (frames, seconds) = text.split_once('/').unwrap_or((&text, "1"));
        let rate = (frames.trim().parse().ok()?, seconds.trim().parse().ok()?);
        (rate.0 > 0 && rate.1 > 0).then_some(rate)
    }

    /// The day on which it was made (`2026-11-25`), by its technical metadata.
    pub(super) fn created_on(&self) -> Option<String> {
        let created = self.tech("created")?;
        let day: jiff::civil::Date = created.get(..10)?.parse().ok()?;
        Some(day.to_string())
    }

    /// Its kind by its technical metadata, else by its media type: `video`, `audio`, `image`, `other`.
    pub(super) fn kind(&self) -> String {
        let by_type =
            || self.media_type().and_then(|kind| kind.split_once('/')).map(|(kind, _)| kind.to_owned());
        self.tech("kind").or_else(by_type).unwrap_or_default()
    }

    /// Its media type (RFC 6838), by its extension.
    pub(super) fn media_type(&self) -> Option<&'static str> {
        super::media::media_type(self.file_name().rsplit_once('.')?.1)
    }
}

/// A value as text. None: there is none.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}
