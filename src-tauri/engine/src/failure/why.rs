//! Why an attempt failed or a run has to wait, as a value with its names. The sentence is made of it, in English
//! here; the window makes its own.

use std::fmt;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::error::Problem;
use crate::record::RecordId;
use crate::spec::FieldType;

/// Why it failed. Paths are safe to show, and what systems and services said stays as they said it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Why {
    /// The system, or the service that keeps the file, refused something.
    #[error("{} {place}: {said}", deed.words())]
    Refused {
        /// What was tried.
        deed: Deed,
        /// On which file, folder, object or URL.
        place: String,
        /// What was said.
        said: String,
    },
    /// A source or the destination is away as a whole.
    #[error("{place} is no longer there")]
    Gone {
        /// Which one.
        place: String,
    },
    /// Where a source or the destination was, something else is.
    #[error(
        "{place} is not what it was at the start, but an empty mount point, or another volume or folder (pause and go on to take it as it is)"
    )]
    Another {
        /// Which one.
        place: String,
    },
    /// So many files at once neither answered nor failed.
    #[error("{files} files did not answer")]
    Silent {
        /// How many.
        files: usize,
    },
    /// A service that is asked about records has another answer, or none.
    #[error("{step}, {at}: {}{said}", status.map(|status| format!("{status}: ")).unwrap_or_default())]
    Answered {
        /// For what it is asked: `lookup:NAME`, `register`.
        step: String,
        /// Its address, without what is the record's own.
        at: String,
        /// The answer's status. None: there was no answer.
        status: Option<u16>,
        /// The beginning of the answer, or why there was none.
        said: String,
    },
    /// The program that describes files cannot be started.
    #[error("{program} {said}")]
    Program {
        /// Its name.
        program: String,
        /// What it did instead.
        said: String,
    },
    /// A field is not what the job's mapping wants it to be.
    #[error("the field \"{field}\" {}, but must be {must}", held(value.as_deref()))]
    Field {
        /// Which one.
        field: String,
        /// What it holds. None: it is missing or empty.
        value: Option<String>,
        /// What it must be.
        must: Must,
    },
    /// A template cannot be filled in.
    #[error("template \"{name}\": {said}")]
    Template {
        /// Which one.
        name: String,
        /// What is wrong, and in which line.
        said: String,
    },
    /// Another record has the target, as the destination tells names apart.
    #[error("the destination does not tell {target} from the target of record {record}")]
    Collision {
        /// The target.
        target: String,
        /// The other record.
        record: RecordId,
    },
    /// The destination's file system cannot hold a name.
    #[error("the destination's file system cannot hold the name {name}")]
    Name {
        /// The name.
        name: String,
    },
    /// The checkpoint cannot be used.
    #[error("{said}")]
    Checkpoint {
        /// Why.
        problem: Box<Problem>,
        /// The same in English.
        said: String,
    },
}

/// What a field must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Must {
    /// No list and no group of values.
    Single,
    /// Not empty.
    There,
    /// Of a type.
    Type {
        /// Which one.
        expected: FieldType,
    },
    /// Of a form.
    Form {
        /// The pattern of it.
        pattern: String,
    },
    /// One of those that the job lists.
    OneOf {
        /// The first of them.
        values: Vec<String>,
        /// There are more.
        more: bool,
    },
}

/// What can be tried on a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// See whether it is there, and how large it is.
    LookAt,
    /// Open it for reading.
    Open,
    /// Read it.
    Read,
    /// Read again what was written.
    ReadBack,
    /// Get it from a web server.
    Fetch,
    /// Have the service itself copy it.
    Copy,
    /// Make the file that is written to before it has its name.
    Create,
    /// Write it.
    Write,
    /// End what is written.
    Finish,
    /// Give it the time of its source.
    SetTime,
    /// Wait until the disk has it.
    MakeDurable,
    /// Give it its name.
    Name,
    /// Wait until the disk has its name.
    MakeNameDurable,
}

fn held(value: Option<&str>) -> String {
    value.map_or_else(|| "is missing or empty".into(), |value| format!("is \"{value}\""))
}

/// Something that is tried on something.
#[derive(Debug, Clone)]
pub(crate) struct Tried {
    deed: Deed,
    place: String,
}

impl fmt::Display for Must {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Single => f.write_str("a single value"),
            Self::There => f.write_str("there"),
            Self::Type { expected } => f.write_str(expected.words()),
            Self::Form { pattern } => write!(f, "of the form {pattern}"),
            Self::OneOf { values, more } => {
                write!(f, "one of: {}{}", values.join(", "), if *more { ", …" } else { "" })
            }
        }
    }
}

impl Deed {
    /// That it cannot be done, up to the name of what it is tried on.
    const fn words(self) -> &'static str {
        match self {
            Self::LookAt => "cannot look at",
            Self::Open => "cannot open",
            Self::Read => "cannot read",
            Self::ReadBack => "cannot read back",
            Self::Fetch => "cannot fetch",
            Self::Copy => "cannot copy",
            Self::Create => "cannot create a file for",
            Self::Write => "cannot write",
            Self::Finish => "cannot finish",
            Self::SetTime => "cannot set the modification time of",
            Self::MakeDurable => "cannot make durable",
            Self::Name => "cannot give the final name to",
            Self::MakeNameDurable => "cannot make the name durable of",
        }
    }

    /// This deed on something that is safe to show.
    pub(crate) fn on(self, place: impl Into<String>) -> Tried {
        Tried { deed: self, place: place.into() }
    }
}

impl Tried {
    /// Why it was not done.
    pub(crate) fn refused(&self, said: impl ToString) -> Why {
        Why::Refused { deed: self.deed, place: self.place.clone(), said: said.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Outage;

    fn answered(status: Option<u16>, said: &str) -> Why {
        let (step, at) = ("lookup:rights".to_owned(), "https://dam.example /a".to_owned());
        Why::Answered { step, at, status, said: said.to_owned() }
    }

    #[test]
    fn the_english_sentence_is_made_of_the_value() {
        for (why, sentence) in [
            (Deed::Create.on("/b/x.mov").refused("full"), "cannot create a file for /b/x.mov: full"),
            (Why::Gone { place: "/b".into() }, "/b is no longer there"),
            (answered(Some(503), "busy"), "lookup:rights, https://dam.example /a: 503: busy"),
            (
                Why::Field {
                    field: "year".into(),
                    value: Some("x".into()),
                    must: Must::OneOf { values: vec!["a".into()], more: true },
                },
                "the field \"year\" is \"x\", but must be one of: a, …",
            ),
            (
                Why::Field { field: "year".into(), value: None, must: Must::There },
                "the field \"year\" is missing or empty, but must be there",
            ),
            (answered(None, "no answer"), "lookup:rights, https://dam.example /a: no answer"),
        ] {
            assert_eq!(why.to_string(), sentence);
        }
    }

    #[test]
    fn an_outage_of_another_version_is_still_read() {
        let earlier = serde_json::json!({ "category": "source_gone", "message": "gone", "advice": "" });
        let mut later = earlier.clone();
        later["what"] = serde_json::json!({ "kind": "moon" });
        let mut own = earlier.clone();
        own["what"] = serde_json::json!({ "kind": "gone", "place": "/a" });
        let read = |told| serde_json::from_value::<Outage>(told).unwrap().what;
        assert_eq!((read(earlier), read(later)), (None, None));
        assert_eq!(read(own), Some(Box::new(Why::Gone { place: "/a".into() })));
    }
}
