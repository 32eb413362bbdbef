//! Files with metadata that are written beside each delivered file, and the catalogue at the end.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::SpecError;
use crate::report::catalogue::KINDS;
use crate::report::file::Kind;

/// A file with metadata beside each delivered file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Sidecar {
    /// What is written.
    pub format: SidecarFormat,
    /// Under which name.
    #[serde(default)]
    pub name: SidecarName,
    /// Where each term's value comes from: a place in the record (`fields.Title`, `tech.duration_s`,
    /// `stem`) or a template (`{{ fields.Title | upper }}`). An empty text: nowhere. What is not
    /// named comes from the field with a usual name, such as `title` or `keywords`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<Term, String>,
}

/// The formats of sidecars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SidecarFormat {
    /// JSON with everything that is known.
    Json,
    /// An XMP packet (ISO 16684-1).
    Xmp,
    /// Dublin Core (`oai_dc`).
    DublinCore,
    /// PBCore 2.1.
    Pbcore,
    /// EBUCore 1.10 (EBU Tech 3293).
    Ebucore,
}

impl SidecarFormat {
    /// The word of the job file, and of its step in the checkpoint.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Xmp => "xmp",
            Self::DublinCore => "dublin_core",
            Self::Pbcore => "pbcore",
            Self::Ebucore => "ebucore",
        }
    }

    /// What stands behind the name of the file that it describes.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Json => ".json",
            Self::Xmp => ".xmp",
            Self::DublinCore => ".dc.xml",
            Self::Pbcore => ".pbcore.xml",
            Self::Ebucore => ".ebucore.xml",
        }
    }
}

/// The name of a sidecar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SidecarName {
    /// `clip.mov.xmp` beside `clip.mov`: `clip.wav` has one of its own.
    #[default]
    Full,
    /// `clip.xmp` beside `clip.mov`: where other programs look for it. Files that differ only in
    /// their extension share it, so only the first one gets it.
    Stem,
}

/// What a sidecar says of a record: the terms of Dublin Core, which every format has a place for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Term {
    /// Its name.
    Title,
    /// Who made it.
    Creator,
    /// What it is about: keywords.
    Subject,
    /// What it shows, in sentences.
    Description,
    /// Who made it available.
    Publisher,
    /// Who helped to make it.
    Contributor,
    /// When it was made.
    Date,
    /// What kind of work it is.
    Type,
    /// Its numbers in catalogues.
    Identifier,
    /// What it was made from.
    Source,
    /// Its language, best as a code of ISO 639 or BCP 47.
    Language,
    /// What it belongs to.
    Relation,
    /// Which place or time it shows.
    Coverage,
    /// Who may do what with it.
    Rights,
}

/// The catalogue that is written at the end of each run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct CatalogueOut {
    /// The file; its ending says how (`.csv`, `.xlsx`, `.ndjson`). One that is there is replaced.
    #[ts(type = "string")]
    pub path: PathBuf,
    /// Which records are in it.
    #[serde(default)]
    pub records: CatalogueRecords,
}

/// Which records are in a catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CatalogueRecords {
    /// Whose content is at the destination.
    #[default]
    Delivered,
    /// All of them.
    All,
}

/// Checks what can be checked without a record.
pub(super) fn check(sidecars: &[Sidecar], catalogue: Option<&CatalogueOut>) -> Result<(), SpecError> {
    let wrong = |what: String| SpecError::Output { what };
    for (at, sidecar) in sidecars.iter().enumerate() {
        if sidecars[..at].iter().any(|earlier| earlier.format == sidecar.format) {
            return Err(wrong(format!("two sidecars have the format \"{}\"", sidecar.format.word())));
        }
    }
    crate::sidecar::check(sidecars)?;
    if let Some(catalogue) = catalogue {
        Kind::of(&catalogue.path, KINDS)
            .map_err(|error| wrong(format!("catalogue_out: {error}; {}", error.advice())))?;
    }
    Ok(())
}
