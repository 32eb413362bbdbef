//! What files say of themselves: which program reads their technical metadata, and within which
//! bounds.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::SpecError;

/// Technical metadata: read by a program of its own before a record is looked up and delivered, and
/// offered to templates as `tech`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct Describe {
    /// Which program.
    pub tool: Tool,
    /// Where the program is, or its name when it goes by another one. Default: found in `PATH`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(type = "string | null")]
    pub path: Option<PathBuf>,
    /// Files of which kinds are described, told by their names.
    pub kinds: Vec<MediaKind>,
    /// Endings of the names of the files to describe, in the place of the known ones of `kinds`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<String>,
    /// Longest time that the program may take for one file, in seconds.
    pub timeout_s: u32,
    /// Most memory that one process may take, in MiB, where the system has such a limit.
    pub memory_mb: u32,
    /// Processes at once. Adjustable while running.
    pub processes: u32,
    /// Whether the program's own JSON is kept with each record: some kilobytes of checkpoint a file.
    pub keep_raw: bool,
    /// What happens to a file that cannot be described.
    pub on_unknown_media: OnUnknownMedia,
}

impl Default for Describe {
    fn default() -> Self {
        Self {
            tool: Tool::default(),
            path: None,
            kinds: vec![MediaKind::Video, MediaKind::Audio],
            extensions: Vec::new(),
            timeout_s: 30,
            memory_mb: 1024,
            processes: 4,
            keep_raw: true,
            on_unknown_media: OnUnknownMedia::default(),
        }
    }
}

/// A program that reads technical metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Tool {
    /// FFmpeg's: audio and video, and stills in short.
    #[default]
    Ffprobe,
    /// Phil Harvey's: stills, and whatever carries EXIF, IPTC or XMP.
    Exiftool,
    /// MediaArea's: audio and video, as archives like to have it.
    Mediainfo,
}

impl Tool {
    /// The name of the program.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ffprobe => "ffprobe",
            Self::Exiftool => "exiftool",
            Self::Mediainfo => "mediainfo",
        }
    }
}

/// What a file is, by the ending of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// Moving pictures.
    Video,
    /// Sound alone.
    Audio,
    /// Stills.
    Image,
}

impl MediaKind {
    /// Endings of names that stand for this kind, in lower case.
    pub const fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Video => &[
                "3g2", "3gp", "amv", "asf", "avi", "braw", "dif", "divx", "dv", "evo", "f4v", "flv", "gxf",
                "ivf", "lxf", "m1v", "m2t", "m2ts", "m2v", "m4v", "mj2", "mkv", "mod", "mov", "mp4", "mpe",
                "mpeg", "mpg", "mts", "mxf", "nut", "ogv", "qt", "r3d", "rm", "rmvb", "tod", "ts", "vob",
                "webm", "wmv", "y4m",
            ],
            Self::Audio => &[
                "aac", "ac3", "aif", "aifc", "aiff", "amr", "ape", "au", "bwf", "caf", "dff", "dsf", "dts",
                "eac3", "flac", "m4a", "m4b", "mka", "mp2", "mp3", "mpc", "oga", "ogg", "opus", "ra", "rf64",
                "snd", "spx", "tta", "voc", "w64", "wav", "wave", "wma", "wv",
            ],
            Self::Image => &[
                "arw", "avif", "bmp", "cin", "cr2", "cr3", "dng", "dpx", "exr", "gif", "heic", "heif", "j2k",
                "jp2", "jpe", "jpeg", "jpf", "jpg", "jpx", "nef", "orf", "pef", "png", "psb", "psd", "raf",
                "rw2", "tga", "tif", "tiff", "webp",
            ],
        }
    }
}

/// What happens to a file that cannot be described.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum OnUnknownMedia {
    /// It is delivered all the same, and counted as undescribed.
    #[default]
    Deliver,
    /// It fails as `media_unreadable`.
    Fail,
}

impl Describe {
    /// Whether a file with this ending is to be described. In lower case, without its dot.
    pub fn wants(&self, extension: &str) -> bool {
        if self.extensions.is_empty() {
            self.kinds.iter().any(|kind| kind.extensions().contains(&extension))
        } else {
            self.extensions
                .iter()
                .any(|wanted| wanted.trim_start_matches('.').eq_ignore_ascii_case(extension))
        }
    }

    pub(super) fn checked(&self) -> Result<(), SpecError> {
        for (name, value, min, max) in [
            ("describe: timeout_s", self.timeout_s, 1, 3600),
            ("describe: memory_mb", self.memory_mb, 64, 1 << 20),
            ("describe: processes", self.processes, 1, 64),
        ] {
            if !(min..=max).contains(&value) {
                return Err(SpecError::OutOfRange { name, value, min, max });
            }
        }
        let no_extension = |text: &&String| {
            let text = text.trim_start_matches('.');
            text.is_empty() || text.contains(['/', '\\', '.', '*'])
        };
        if let Some(wrong) = self.extensions.iter().find(no_extension) {
            let what = format!("describe, extensions: \"{wrong}\" is no ending of a name, such as \"mov\"");
            return Err(SpecError::Describe { what });
        }
        if self.kinds.is_empty() && self.extensions.is_empty() {
            let what = "describe: neither kinds nor extensions say which files to describe".into();
            return Err(SpecError::Describe { what });
        }
        if let Some(path) = self.path.as_ref().filter(|path| path.to_str().is_none()) {
            return Err(SpecError::NotUnicode { path: path.clone() });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn describe(text: &str) -> Describe {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn files_are_chosen_by_the_ending_of_their_name() {
        let sound_and_pictures = describe("");
        assert!(sound_and_pictures.wants("mov") && sound_and_pictures.wants("wav"));
        assert!(!sound_and_pictures.wants("jpg") && !sound_and_pictures.wants(""));
        assert!(describe("kinds = [\"image\"]").wants("jpg"));
        let own = describe("extensions = [\".MOV\", \"xyz\"]");
        assert!(own.wants("mov") && own.wants("xyz") && !own.wants("wav"));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for wrong in [
            "timeout_s = 0",
            "memory_mb = 1",
            "processes = 65",
            "extensions = [\"*.mov\"]",
            "extensions = [\"\"]",
            "kinds = []",
        ] {
            assert!(describe(wrong).checked().is_err(), "{wrong}");
        }
        assert!(describe("tool = \"mediainfo\"\nprocesses = 1").checked().is_ok());
    }
}
