//! Technical metadata: a program of others reads a file, and what it says is brought into our words.
//!
//! The program is a process of its own, held in bounds, because media files are hostile input: one
//! that makes it hang, crash or eat memory costs that file its description, and nothing else. A
//! program that takes longer to start than to read a file is kept alive from one file to the next.

mod exiftool;
mod ffprobe;
mod kept;
mod mediainfo;
mod process;
mod read;
mod tech;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

pub(crate) use tech::Tech;

use crate::failure::Why;
use crate::record::show_bytes;
use crate::spec::{Describe, OnUnknownMedia, Tool};
use crate::storage::local::confine::{self, Bounds};
use kept::{Answer, Kept};
use process::RunError;

/// The step that a description is kept under: `by`, `tech`, and `raw`, the program's own JSON.
pub(crate) const DESCRIBED: &str = "described";

/// The step under which it is kept that a file cannot be described: `by` and `why`.
pub(crate) const UNDESCRIBED: &str = "undescribed";

/// Raw JSON up to this size (bytes) is kept; more is no description of a file.
const RAW_KEPT: usize = 256 << 10;

/// How long a program may take to tell its version.
const VERSION: Duration = Duration::from_secs(20);

/// The program that describes files, found and tried.
pub(crate) struct Describer {
    settings: Describe,
    program: PathBuf,
    version: String,
    /// None: a process for each file.
    kept: Option<Kept>,
}

/// How a program is asked, and what its answers mean.
struct Dialect {
    /// The argument that makes it tell its version.
    version: &'static str,
    /// What stands before the file.
    args: &'static [&'static str],
    /// What its JSON says. None: it recognised nothing in the file.
    normalise: fn(&Value) -> Option<Tech>,
}

impl Dialect {
    const fn of(tool: Tool) -> Self {
        match tool {
            Tool::Ffprobe => ffprobe::DIALECT,
            Tool::Exiftool => exiftool::DIALECT,
            Tool::Mediainfo => mediainfo::DIALECT,
        }
    }
}

/// A program that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ToolError {
    #[error("there is no program {name}, which the job needs to describe files")]
    Missing { name: String },
    #[error("the program {program}, which is to describe files, does not work: it {why}")]
    Unusable { program: String, why: String },
}

/// Why a file has no description.
#[derive(Debug)]
pub(crate) enum Undescribed {
    /// The program makes nothing of this file.
    File(String),
    /// The program itself cannot be started any more.
    Tool(Why),
}

impl Describer {
    /// Finds the program and has it tell its version, within the same bounds as every later run: a
    /// program that needs more memory than it may take is found out here.
    pub(crate) async fn find(settings: &Describe) -> Result<Self, ToolError> {
        let name = settings.path.clone().unwrap_or_else(|| settings.tool.word().into());
        let program = confine::find_program(&name)
            .ok_or_else(|| ToolError::Missing { name: show_bytes(name.as_os_str().as_encoded_bytes()) })?;
        let bounds = Bounds { time: VERSION, memory_mb: settings.memory_mb };
        let told = process::run(&program, vec![Dialect::of(settings.tool).version.into()], bounds)
            .await
            .map_err(|error| {
                let program = show_bytes(program.as_os_str().as_encoded_bytes());
                ToolError::Unusable { program, why: error.to_string() }
            })?;
        let version = version_in(&String::from_utf8_lossy(&told));
        let is_kept = settings.tool == Tool::Exiftool;
        Ok(Self {
            settings: settings.clone(),
            kept: is_kept.then(|| Kept::new(program.clone(), exiftool::KEEPING, bounds_of(settings))),
            program,
            version: format!("{} {version}", settings.tool.word()),
        })
    }

    /// Whether this file is to be described.
    pub(crate) fn wants(&self, file: &Path) -> bool {
        let extension = file.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
        extension.is_some_and(|extension| self.settings.wants(&extension))
    }

    /// Whether a file without a description fails.
    pub(crate) fn must_describe(&self) -> bool {
        self.settings.on_unknown_media == OnUnknownMedia::Fail
    }

    /// Which program with which version: `ffprobe 7.1`.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// Describes a file (absolute path): the result of the step [`DESCRIBED`], and what of it is
    /// used. `most`: processes that there may be at once. Dropping it ends the program.
    pub(crate) async fn describe(&self, file: &Path, most: usize) -> Result<(Value, Tech), Undescribed> {
        let dialect = Dialect::of(self.settings.tool);
        let nothing = |what: &str| Undescribed::File(format!("{} {what}", self.settings.tool.word()));
        let raw = match &self.kept {
            Some(_) if exiftool::is_dangerous(file) => {
                return Err(nothing(
                    "is not asked: older versions of it run a name that ends with | as a command",
                ));
            }
            Some(kept) => {
                let read = |printed: Vec<u8>| json_in(&printed).filter(|raw| exiftool::is_about(raw, file));
                match kept.ask(file, most, read).await {
                    Answer::Given(raw) => match exiftool::complaint(&raw) {
                        Some(said) => return Err(nothing(&format!("says: {said}"))),
                        None => raw,
                    },
                    Answer::Cut(error) => return Err(self.sort(&error)),
                    Answer::None => self.ask_alone(&dialect, file).await?,
                }
            }
            None => self.ask_alone(&dialect, file).await?,
        };
        let tech = (dialect.normalise)(&raw).ok_or_else(|| nothing("finds nothing in it that it knows"))?;
        let mut kept = json!({ "by": self.version, "tech": tech });
        if self.settings.keep_raw && raw.to_string().len() <= RAW_KEPT {
            kept["raw"] = raw;
        }
        Ok((kept, tech))
    }

    /// What the program says of a file in a process of its own.
    async fn ask_alone(&self, dialect: &Dialect, file: &Path) -> Result<Value, Undescribed> {
        let mut args: Vec<OsString> = dialect.args.iter().map(OsString::from).collect();
        // An absolute path begins with no "-", and never with a protocol's name.
        args.push(file.into());
        let ran = process::run(&self.program, args, bounds_of(&self.settings)).await;
        let printed = ran.map_err(|error| self.sort(&error))?;
        json_in(&printed)
            .ok_or_else(|| Undescribed::File(format!("{} printed no JSON", self.settings.tool.word())))
    }

    fn sort(&self, error: &RunError) -> Undescribed {
        let program = self.settings.tool.word();
        let not_started = match error {
            RunError::NotRun(_) => true,
            RunError::Failed { status, .. } => {
                confine::says_not_started(status.code()) && !confine::is_program(&self.program)
            }
            RunError::TooLong(_) | RunError::TooMuch => false,
        };
        if not_started {
            Undescribed::Tool(Why::Program { program: program.to_owned(), said: error.to_string() })
        } else {
            Undescribed::File(format!("{program} {error}"))
        }
    }
}

fn bounds_of(settings: &Describe) -> Bounds {
    Bounds { time: Duration::from_secs(settings.timeout_s.into()), memory_mb: settings.memory_mb }
}

fn json_in(printed: &[u8]) -> Option<Value> {
    serde_json::from_slice(printed).or_else(|_| serde_json::from_str(&String::from_utf8_lossy(printed))).ok()
}

/// The technical metadata that an earlier attempt kept of a record, by its finished steps.
pub(crate) fn kept(done: &BTreeMap<String, Value>) -> Option<Tech> {
    serde_json::from_value(done.get(DESCRIBED)?.get("tech")?.clone()).ok()
}

/// The first thing in what a program prints of itself that looks like a version.
fn version_in(told: &str) -> String {
    let is_version =
        |word: &&str| word.trim_start_matches(['v', 'n']).starts_with(|c: char| c.is_ascii_digit());
    let word = told.split_whitespace().find(is_version).unwrap_or("of unknown version");
    word.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn versions_are_found() {
        assert_eq!(version_in("ffprobe version 5.1.9-0+deb12u1 Copyright (c) 2007"), "5.1.9-0+deb12u1");
        assert_eq!(version_in("ffprobe version n7.1 Copyright"), "n7.1");
        assert_eq!(version_in("MediaInfo Command line, \nMediaInfoLib - v23.04"), "v23.04");
        assert_eq!(version_in("12.57\n"), "12.57");
        assert_eq!(version_in(""), "of unknown version");
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_or_does_not_work_is_found_out_at_once() {
        let find = async |path: &str, memory_mb| {
            let settings = Describe { path: Some(path.into()), memory_mb, ..Describe::default() };
            Describer::find(&settings).await.map(|describer| describer.version)
        };
        assert!(matches!(find("no-such-program", 1024).await, Err(ToolError::Missing { .. })));
        assert!(matches!(find("/etc/passwd", 1024).await, Err(ToolError::Missing { .. })));
        #[cfg(unix)]
        assert!(matches!(find("false", 1024).await, Err(ToolError::Unusable { .. })));
    }

    const NAMES: &[&str] = &[
        "format",
        "streams",
        "tags",
        "disposition",
        "codec_type",
        "duration",
        "creation_time",
        "timecode",
        "avg_frame_rate",
        "side_data_list",
        "rotation",
        "attached_pic",
        "media",
        "track",
        "@type",
        "FrameRate_Num",
        "FrameRate",
        "Duration",
        "MIMEType",
        "CreateDate",
        "Orientation",
        "format_name",
    ];

    const WORDS: &[&str] = &[
        "video",
        "audio",
        "Video",
        "General",
        "0/0",
        "1/0",
        "NaN",
        "-1",
        "inf",
        "1e999",
        "image2",
        "mov",
        "2012:11:16",
        "99999999999999999999",
        "é:é:é:é:é:é",
        "video/x",
        "",
    ];

    /// JSON with the names that we look for, and anything at all in their places.
    fn odd_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            proptest::sample::select(WORDS).prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 64, 8, |inner| {
            let named = (proptest::sample::select(NAMES), inner.clone());
            prop_oneof![
                proptest::collection::vec(inner, 0..4).prop_map(Value::from),
                proptest::collection::vec(named, 0..8).prop_map(|fields| {
                    Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_json_is_odd_enough_to_break_it(raw in odd_json()) {
            for tool in [Tool::Ffprobe, Tool::Exiftool, Tool::Mediainfo] {
                let Some(tech) = (Dialect::of(tool).normalise)(&raw) else { continue };
                let kept = BTreeMap::from([(DESCRIBED.to_owned(), json!({ "tech": tech }))]);
                prop_assert_eq!(super::kept(&kept), Some(tech), "what is kept is what is read again");
            }
        }
    }
}
