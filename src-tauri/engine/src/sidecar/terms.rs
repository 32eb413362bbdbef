//! Where each term's values come from: one mapping that all formats share.
//!
//! | term | fields it is looked for in when the job says nothing (in any case; spaces, `_`, `-` and a leading `dc` do not count) |
//! | --- | --- |
//! | title | title, main title, headline, object name; else the file's name without its extension |
//! | creator | creator, author, artist, photographer, director, byline |
//! | subject | subject(s), keyword(s), tags |
//! | description | description, abstract, summary, synopsis, caption |
//! | publisher | publisher, distributor |
//! | contributor | contributor(s) |
//! | date | date, date created, creation date, created, year |
//! | type | type, asset type, genre |
//! | identifier | identifier, id, asset id, unique id, accession number |
//! | source | source, original source |
//! | language | language(s), lang |
//! | relation | relation, collection, series |
//! | coverage | coverage, location, place |
//! | rights | rights, copyright, copyright notice, license, licence, usage terms |
//!
//! The first of these fields that says anything is taken. A list gives several values; so does a text
//! with semicolons, line breaks or FileMaker's separators (VT, GS) in subject, creator, contributor,
//! language and identifier.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::spec::Term;

/// All terms, in the order of Dublin Core.
pub(super) const ALL: [Term; 14] = [
    Term::Title,
    Term::Creator,
    Term::Subject,
    Term::Description,
    Term::Publisher,
    Term::Contributor,
    Term::Date,
    Term::Type,
    Term::Identifier,
    Term::Source,
    Term::Language,
    Term::Relation,
    Term::Coverage,
    Term::Rights,
];

impl Term {
    /// The name of its element in Dublin Core, and of its key in the job file.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Creator => "creator",
            Self::Subject => "subject",
            Self::Description => "description",
            Self::Publisher => "publisher",
            Self::Contributor => "contributor",
            Self::Date => "date",
            Self::Type => "type",
            Self::Identifier => "identifier",
            Self::Source => "source",
            Self::Language => "language",
            Self::Relation => "relation",
            Self::Coverage => "coverage",
            Self::Rights => "rights",
        }
    }

    /// Usual names of its field, folded, best first.
    const fn usual(self) -> &'static [&'static str] {
        match self {
            Self::Title => &["title", "maintitle", "headline", "objectname"],
            Self::Creator => &["creator", "author", "artist", "photographer", "director", "byline"],
            Self::Subject => &["subject", "subjects", "keywords", "keyword", "tags"],
            Self::Description => &["description", "abstract", "summary", "synopsis", "caption"],
            Self::Publisher => &["publisher", "distributor"],
            Self::Contributor => &["contributor", "contributors"],
            Self::Date => &["date", "datecreated", "creationdate", "created", "year"],
            Self::Type => &["type", "assettype", "genre"],
            Self::Identifier => &["identifier", "id", "assetid", "uniqueid", "accessionnumber"],
            Self::Source => &["source", "originalsource"],
            Self::Language => &["language", "languages", "lang"],
            Self::Relation => &["relation", "collection", "series"],
            Self::Coverage => &["coverage", "location", "place"],
            Self::Rights => &["rights", "copyright", "copyrightnotice", "license", "licence", "usageterms"],
        }
    }

    const fn has_many(self) -> bool {
        matches!(self, Self::Subject | Self::Creator | Self::Contributor | Self::Language | Self::Identifier)
    }
}

/// Each term's values; a term without any is not in it.
pub(super) type Terms = BTreeMap<Term, Vec<String>>;

/// The values that a field with a usual name gives.
pub(super) fn usual_values(term: Term, fields: &Map<String, Value>) -> Vec<String> {
    let of = |usual: &&str| {
        let named = fields.iter().filter(|(name, _)| fold(name) == *usual);
        named.map(|(_, value)| values(term, value)).find(|values| !values.is_empty())
    };
    term.usual().iter().find_map(of).unwrap_or_default()
}

/// The values that stand at a place in a record's facts, such as `fields.Original Title`.
pub(super) fn values_at(term: Term, place: &str, facts: &Map<String, Value>) -> Vec<String> {
    let value = match place.split_once('.') {
        // Names of columns may have dots in them.
        Some((group, name)) => facts.get(group).and_then(|group| group.get(name)),
        None => facts.get(place),
    };
    value.map(|value| values(term, value)).unwrap_or_default()
}

/// The values that a JSON value or a text holds.
pub(super) fn values(term: Term, value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(values_in) => values_in.iter().flat_map(|one| values(term, one)).collect(),
        Value::String(text) => {
            let is_separator = |char| matches!(char, ';' | '\n' | '\r' | '\u{b}' | '\u{1d}');
            let parts: Vec<&str> =
                if term.has_many() { text.split(is_separator).collect() } else { vec![text.as_str()] };
            let parts = parts.into_iter().map(str::trim).filter(|part| !part.is_empty());
            parts.map(str::to_owned).collect()
        }
        other => vec![other.to_string()],
    }
}

fn fold(name: &str) -> String {
    let folded: String =
        name.chars().filter(|char| char.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    match folded.strip_prefix("dc") {
        Some(rest) if name.to_lowercase().starts_with("dc:") || name.to_lowercase().starts_with("dc.") => {
            rest.to_owned()
        }
        _ => folded,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(fields: Value) -> Map<String, Value> {
        fields.as_object().unwrap().clone()
    }

    #[test]
    fn usual_names_are_found_however_they_are_spelt() {
        let fields = fields(
            json!({ "Main Title": "", "HEADLINE": "A", "dc:Creator": "Ann; Bo", "KEY_WORDS": "x\u{b}y\u{1d}z", "Keywords": ["a;b", 3] }),
        );
        assert_eq!(usual_values(Term::Title, &fields), ["A"]);
        assert_eq!(usual_values(Term::Creator, &fields), ["Ann", "Bo"]);
        assert_eq!(usual_values(Term::Subject, &fields), ["x", "y", "z"]);
        assert_eq!(usual_values(Term::Rights, &fields), [""; 0]);
    }

    #[test]
    fn a_place_may_name_any_column() {
        let facts = fields(
            json!({ "stem": "a", "fields": { "Orig. Title": "T; U" }, "tech": { "duration_s": 1.5 } }),
        );
        assert_eq!(values_at(Term::Title, "fields.Orig. Title", &facts), ["T; U"]);
        assert_eq!(values_at(Term::Title, "stem", &facts), ["a"]);
        assert_eq!(values_at(Term::Coverage, "tech.duration_s", &facts), ["1.5"]);
        assert_eq!(values_at(Term::Coverage, "fields.none", &facts), [""; 0]);
    }
}
