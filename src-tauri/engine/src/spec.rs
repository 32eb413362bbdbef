//! What a migration is told to do: the job file's content, checked.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A migration's description: what a job file holds (TOML) and a checkpoint keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct JobSpec {
    /// What people call it. Default: the destination's name.
    #[serde(default)]
    pub name: String,
    /// Folders or files. One folder: its content goes right below the destination; several
    /// sources: each goes below its own name.
    #[ts(type = "string[]")]
    pub sources: Vec<PathBuf>,
    /// The folder that receives the files. Is made when it is not there.
    #[ts(type = "string")]
    pub destination: PathBuf,
    /// How files are delivered and proven.
    #[serde(default)]
    pub deliver: Delivery,
    /// How much happens at once.
    #[serde(default)]
    pub limits: Limits,
}

/// How files are delivered and proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct Delivery {
    /// What must be proven before a record counts as delivered.
    pub verify: Verify,
    /// What happens when the target's name is taken.
    pub on_conflict: OnConflict,
    /// The hash that is computed while reading.
    pub hash: HashAlgorithm,
}

/// What must be proven before a record counts as delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Verify {
    /// As many bytes arrived as were read. No hash.
    Size,
    /// The hash of the bytes that went out is kept.
    Written,
    /// The bytes are read again from the destination, past the system's cache where it allows, and
    /// must hash to the same value.
    #[default]
    ReadBack,
}

/// What happens when the target's name is taken by a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum OnConflict {
    /// Identical content is skipped; different content fails as `destination_conflict`.
    #[default]
    SkipIdentical,
    /// The new file gets a free name: `name (2).ext`.
    Rename,
    /// The new file takes the old one's place.
    Overwrite,
    /// Fails as `destination_conflict`, identical or not.
    Fail,
}

/// The hash that is computed while reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum HashAlgorithm {
    /// XXH3 with 128 bits: the fastest; finds every accident, not a forger.
    #[default]
    Xxh128,
    /// MD5, for catalogues that want it.
    Md5,
    /// SHA-256, where a forger must be kept out.
    Sha256,
}

impl HashAlgorithm {
    /// The word that the job file and the reports use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Xxh128 => "xxh128",
            Self::Md5 => "md5",
            Self::Sha256 => "sha256",
        }
    }
}

/// How much happens at once. Adjustable while running: concurrency takes effect at once, batch size
/// and streams with the next batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Records that the initiator leases at once.
    pub batch_size: u32,
    /// Independent processing paths that a batch is split over.
    pub streams: u32,
    /// Records in flight at once, over all streams together.
    pub concurrency: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { batch_size: 1000, streams: 2, concurrency: 8 }
    }
}

/// The checked range of one limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Range {
    /// The smallest value allowed.
    pub min: u32,
    /// The largest value allowed.
    pub max: u32,
}

/// The ranges of all limits, for sliders and messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LimitRanges {
    /// Range of [`Limits::batch_size`].
    pub batch_size: Range,
    /// Range of [`Limits::streams`].
    pub streams: Range,
    /// Range of [`Limits::concurrency`].
    pub concurrency: Range,
}

impl Limits {
    /// What each limit may be.
    pub const RANGES: LimitRanges = LimitRanges {
        batch_size: Range { min: 1, max: 10_000 },
        streams: Range { min: 1, max: 16 },
        concurrency: Range { min: 1, max: 128 },
    };

    /// The limits as they are, or the first that is out of its range.
    pub fn checked(self) -> Result<Self, SpecError> {
        let ranges = Self::RANGES;
        for (name, value, range) in [
            ("batch size", self.batch_size, ranges.batch_size),
            ("streams", self.streams, ranges.streams),
            ("concurrency", self.concurrency, ranges.concurrency),
        ] {
            if !(range.min..=range.max).contains(&value) {
                return Err(SpecError::OutOfRange { name, value, min: range.min, max: range.max });
            }
        }
        Ok(self)
    }
}

/// A description that cannot be used as it is.
#[derive(Debug, thiserror::Error)]
pub enum SpecError {
    /// A limit is outside its range.
    #[error("{name} is {value}, but must be from {min} to {max}; choose a value in that range")]
    OutOfRange {
        /// Which limit.
        name: &'static str,
        /// What was asked.
        value: u32,
        /// The smallest value allowed.
        min: u32,
        /// The largest value allowed.
        max: u32,
    },
    /// No source is named.
    #[error("no source is named; add at least one folder or file")]
    NoSource,
    /// No destination is named.
    #[error("no destination is named; add the folder that receives the files")]
    NoDestination,
    /// A path in the job is no Unicode, so the checkpoint and the job file could not hold it.
    #[error("the path {} is no Unicode text; rename the folder or choose the one above it", path.display())]
    NotUnicode {
        /// The path.
        path: PathBuf,
    },
    /// The job file cannot be read.
    #[error("the job file {} cannot be read: {error}; check its path and your right to read it", path.display())]
    Unreadable {
        /// The job file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// The job file is no job file.
    #[error("the job file {} is not right: {error}", path.display())]
    Malformed {
        /// The job file.
        path: PathBuf,
        /// Where and why, from the TOML reader.
        error: Box<toml::de::Error>,
    },
}

/// A job file larger than this (bytes) is none.
const JOB_FILE_MAX: u64 = 1 << 20;

impl JobSpec {
    /// A job with defaults for everything but its sources and its destination.
    pub fn new(sources: Vec<PathBuf>, destination: PathBuf) -> Self {
        Self {
            name: String::new(),
            sources,
            destination,
            deliver: Delivery::default(),
            limits: Limits::default(),
        }
    }

    /// Reads a job file. Relative paths in it start at the job file's own folder.
    pub fn load(path: &Path) -> Result<Self, SpecError> {
        let unreadable = |error| SpecError::Unreadable { path: path.to_owned(), error };
        if std::fs::metadata(path).map_err(unreadable)?.len() > JOB_FILE_MAX {
            return Err(unreadable(std::io::Error::other("it is larger than 1 MiB")));
        }
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        let mut job: JobSpec = toml::from_str(&text)
            .map_err(|error| SpecError::Malformed { path: path.to_owned(), error: Box::new(error) })?;
        let base = path.parent().unwrap_or(Path::new(""));
        for source in &mut job.sources {
            *source = base.join(&*source);
        }
        if !job.destination.as_os_str().is_empty() {
            job.destination = base.join(&job.destination);
        }
        Ok(job)
    }

    /// The job with absolute paths and a name, or what is wrong with it. Looks at no file.
    pub fn checked(mut self) -> Result<Self, SpecError> {
        self.limits.checked()?;
        if self.sources.is_empty() || self.sources.iter().any(|source| source.as_os_str().is_empty()) {
            return Err(SpecError::NoSource);
        }
        if self.destination.as_os_str().is_empty() {
            return Err(SpecError::NoDestination);
        }
        for path in self.sources.iter_mut().chain([&mut self.destination]) {
            if path.to_str().is_none() {
                return Err(SpecError::NotUnicode { path: path.clone() });
            }
            if let Ok(absolute) = std::path::absolute(&*path) {
                *path = absolute;
            }
        }
        if self.name.trim().is_empty() {
            self.name = self.destination.file_name().map_or_else(
                || self.destination.display().to_string(),
                |name| name.to_string_lossy().into_owned(),
            );
        }
        Ok(self)
    }
}
