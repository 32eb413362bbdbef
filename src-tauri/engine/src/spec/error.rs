//! What is wrong with a description.

use std::path::PathBuf;

use super::LocationError;
use crate::template::TemplateError;

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
    #[error("no source is named; add folders or files under `sources`, or a [[catalogue]]")]
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
    /// A lookup or the register step is described wrongly.
    #[error("{what}; see `sluice run --help` for an example")]
    Request {
        /// What is wrong where.
        what: String,
    },
    /// The program that describes files is described wrongly.
    #[error("{what}")]
    Describe {
        /// What is wrong where.
        what: String,
    },
    /// A rule for files that belong together is described wrongly.
    #[error("{what}")]
    Group {
        /// What is wrong where, and what to do.
        what: String,
    },
    /// A sidecar or the catalogue at the end is described wrongly.
    #[error("{what}")]
    Output {
        /// What is wrong where, and what to do.
        what: String,
    },
    /// The watch is described wrongly.
    #[error("{what}")]
    Watch {
        /// What is wrong where, and what to do.
        what: String,
    },
    /// The mapping is described wrongly.
    #[error("{what}")]
    Mapping {
        /// What is wrong where, and what to do.
        what: String,
    },
    /// A location is none.
    #[error(transparent)]
    Location(#[from] LocationError),
    /// A connection is described wrongly.
    #[error("{what}")]
    Connection {
        /// What is wrong where, and what to do.
        what: String,
    },
    /// A catalogue is described wrongly.
    #[error("{what}")]
    Catalogue {
        /// What is wrong where, and what to do.
        what: String,
    },
    /// A preset cannot be read.
    #[error("the preset {} cannot be read: {error}; check its path and your right to read it", path.display())]
    PresetUnreadable {
        /// The preset.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// A preset is none.
    #[error("the preset {} is not right: {why}", path.display())]
    PresetMalformed {
        /// The preset.
        path: PathBuf,
        /// Where and why.
        why: String,
    },
    /// A preset cannot be kept.
    #[error("the preset {} cannot be written: {error}; choose a folder that you may write to", path.display())]
    PresetUnwritable {
        /// The preset.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// A template cannot be used.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The job file cannot be read.
    #[error("the job file {} cannot be read: {error}; check its path and your right to read it", path.display())]
    Unreadable {
        /// The job file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// The job file cannot be written.
    #[error("the job file {} cannot be written: {error}; choose a folder that you may write to", path.display())]
    Unwritable {
        /// The job file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// The job has something that no job file can hold.
    #[error("the job cannot be written as a job file: {why}")]
    NoJobFile {
        /// What and why.
        why: String,
    },
    /// The job file is no job file.
    #[error("the job file {} is not right: {why}", path.display())]
    Malformed {
        /// The job file.
        path: PathBuf,
        /// Where and why; never the text that stands there.
        why: String,
    },
}
