//! Files that belong together: delivered together or failed together.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::SpecError;

/// A rule by which files belong together. A file is in one group at most: the folder of a clip, the
/// topmost that a rule names, comes before names that differ only in their ending. Rules for endings
/// that share one are one rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// What cameras and their programs write.
    Preset(GroupPreset),
    /// Endings of names that are otherwise the same, in one folder: `["cr3", "xmp", "jpg"]`. One may
    /// stand behind another: `IMG_1.CR3.xmp`. Capital letters do not matter.
    Extensions(Vec<String>),
    /// Everything below a folder whose path, beginning with the source's own name, ends so:
    /// `"CONTENTS"`, `"PRIVATE/M4ROOT"`, `"DCIM/*/*.RDC"`. `*` stands for a part of a name, `**` for
    /// any folders. Capital letters do not matter.
    Folder(String),
}

/// Rules that are known by a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum GroupPreset {
    /// A raw still with its JPEG or HEIF, its sidecars (XMP, DOP, PP3, VRD) and its spoken note.
    Raw,
    /// A clip with its thumbnail (THM), its proxy (LRV, LRF), its sound and its metadata (XML, XMP,
    /// SRT). Sony's `C0001M01.XML` goes with `C0001.MP4`.
    Camera,
    /// A Panasonic P2 card, or a Canon XF one: `CONTENTS`.
    P2,
    /// A Sony card or disc: `XDROOT`, `BPAV`, `M4ROOT`.
    Xdcam,
    /// An AVCHD card: `AVCHD`, or `BDMV` where it has none around it.
    Avchd,
    /// A RED clip: a folder `*.RDC`.
    Red,
}

/// Rules of one job; each has its own number, for which the checkpoint has so much room.
pub(crate) const RULES_MAX: usize = 64;

/// Endings of one rule.
const EXTENSIONS_MAX: usize = 200;

impl GroupPreset {
    /// The word of the job file.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Camera => "camera",
            Self::P2 => "p2",
            Self::Xdcam => "xdcam",
            Self::Avchd => "avchd",
            Self::Red => "red",
        }
    }

    /// Endings of names that are otherwise the same, in lower case. Empty: it goes by folders.
    pub const fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Raw => &[
                "3fr", "arw", "cr2", "cr3", "crw", "dcr", "dng", "dop", "erf", "fff", "heic", "heif", "hif",
                "iiq", "jpeg", "jpg", "kdc", "mef", "mos", "mrw", "nef", "nrw", "orf", "pef", "pp3", "raf",
                "raw", "rw2", "rwl", "sr2", "srf", "srw", "vrd", "wav", "x3f", "xmp",
            ],
            Self::Camera => &[
                "avi", "insv", "lrf", "lrv", "m2ts", "m4v", "mov", "mp4", "mts", "mxf", "srt", "thm", "wav",
                "xml", "xmp",
            ],
            Self::P2 | Self::Xdcam | Self::Avchd | Self::Red => &[],
        }
    }

    /// Folders whose whole content belongs together.
    pub const fn folders(self) -> &'static [&'static str] {
        match self {
            Self::Raw | Self::Camera => &[],
            Self::P2 => &["CONTENTS"],
            Self::Xdcam => &["XDROOT", "BPAV", "M4ROOT"],
            Self::Avchd => &["AVCHD", "BDMV"],
            Self::Red => &["*.RDC"],
        }
    }
}

impl Group {
    /// What people call it: its preset, its endings, or its folder.
    pub fn label(&self) -> String {
        match self {
            Self::Preset(preset) => preset.word().to_owned(),
            Self::Extensions(extensions) => extensions.join("+"),
            Self::Folder(folder) => folder.clone(),
        }
    }

    /// Endings of names that are otherwise the same, in lower case without their dot.
    pub(crate) fn extensions(&self) -> Vec<String> {
        match self {
            Self::Preset(preset) => preset.extensions().iter().map(|&one| one.to_owned()).collect(),
            Self::Extensions(all) => {
                all.iter().map(|one| one.trim_start_matches('.').to_ascii_lowercase()).collect()
            }
            Self::Folder(_) => Vec::new(),
        }
    }

    /// Folders whose whole content belongs together.
    pub(crate) fn folders(&self) -> Vec<&str> {
        match self {
            Self::Preset(preset) => preset.folders().to_vec(),
            Self::Extensions(_) => Vec::new(),
            Self::Folder(folder) => vec![folder],
        }
    }

    fn checked(&self) -> Result<(), SpecError> {
        let wrong = |what: String| Err(SpecError::Group { what });
        let Self::Extensions(extensions) = self else { return Ok(()) };
        if !(2..=EXTENSIONS_MAX).contains(&extensions.len()) {
            return wrong(format!(
                "group, extensions: files that belong together have from two to {EXTENSIONS_MAX} endings, such as [\"cr3\", \"xmp\"]"
            ));
        }
        let no_extension = |text: &&String| {
            let text = text.trim_start_matches('.');
            text.is_empty() || text.contains(['/', '\\', '.', '*'])
        };
        match extensions.iter().find(no_extension) {
            Some(one) => {
                wrong(format!("group, extensions: \"{one}\" is no ending of a name, such as \"xmp\""))
            }
            None => Ok(()),
        }
    }
}

/// Checks what can be checked without a file. `is_watching`: files arrive one by one, and nobody knows
/// which are still to come.
pub(super) fn check(groups: &[Group], is_watching: bool) -> Result<(), SpecError> {
    if is_watching && !groups.is_empty() {
        let what = "a job that watches its sources cannot have groups: nobody knows which files of one are still to come; take out [[group]] or the watch";
        return Err(SpecError::Group { what: what.into() });
    }
    if groups.len() > RULES_MAX {
        let what =
            format!("the job has {} rules for groups; at most {RULES_MAX} can be told apart", groups.len());
        return Err(SpecError::Group { what });
    }
    groups.iter().try_for_each(Group::checked)?;
    crate::grouping::Grouping::prepare(groups).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::JobSpec;

    fn checked(rules: &str) -> Result<JobSpec, String> {
        let job = format!("sources = [\"/from\"]\ndestination = \"/to\"\n{rules}");
        let job: JobSpec = toml::from_str(&job).map_err(|error| error.to_string())?;
        job.checked().map_err(|error| error.to_string())
    }

    #[test]
    fn rules_are_read_and_what_makes_no_sense_is_refused() {
        let job = checked(
            "[[group]]\npreset = \"raw\"\n[[group]]\nextensions = [\".MOV\", \"thm\"]\n[[group]]\nfolder = \"**/CONTENTS\"",
        );
        let labels: Vec<_> = job.unwrap().groups.iter().map(Group::label).collect();
        assert_eq!(labels, ["raw", ".MOV+thm", "**/CONTENTS"]);
        for (rule, words) in [
            ("preset = \"betacam\"", "betacam"),
            ("extensions = [\"cr3\"]", "two"),
            ("extensions = [\"cr3\", \"*.xmp\"]", "*.xmp"),
            ("extensions = [\"cr3\", \"\"]", "ending"),
            ("folder = \"a[\"", "a["),
            ("folder = \"\"", "folder"),
            ("folder = \"A\"\npreset = \"raw\"", "1 element"),
            ("stem = true", "stem"),
        ] {
            let why = checked(&format!("[[group]]\n{rule}")).unwrap_err();
            assert!(why.contains(words), "{rule}: {why}");
        }
        let watching = checked("[[group]]\npreset = \"raw\"\n[watch]\n").unwrap_err();
        assert!(watching.contains("still to come"), "{watching}");
        assert!(checked(&"[[group]]\npreset = \"p2\"\n".repeat(65)).unwrap_err().contains("64"));
    }
}
