//! The quick form: a job in words of the command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};
use sluice_engine::api::Error;
use sluice_engine::spec::{HashAlgorithm, JobSpec, Location, OnConflict, SpecError, Verify};

use super::{LimitArgs, WatchArgs, Watching};

/// Copy folders or files into a folder.
///
/// One folder: its content goes right below DST. Several sources: each goes below its own name.
/// The same command again goes on where the last one stopped.
#[derive(Debug, ClapArgs)]
pub(crate) struct Copy {
    /// Sources, then the destination folder (made when it is missing). Each is a path, a URL
    /// (s3://bucket/prefix, az://, gs://, sftp://, webdavs://, ftps://user@host/path), or a connection's name and a path there (NAME:bucket/prefix); a path that
    /// begins so is written with ./ before it.
    #[arg(required = true, num_args = 2.., value_names = ["SRC", "DST"])]
    pub(crate) places: Vec<OsString>,
    /// Keep the checkpoint here instead of in your data folder.
    #[arg(long, value_name = "FILE.sluice")]
    pub(crate) checkpoint: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    #[command(flatten)]
    pub(crate) watch: WatchArgs,
    #[command(flatten)]
    pub(crate) watching: Watching,
    /// What must be proven before a file counts as delivered [default: read_back].
    #[arg(long)]
    pub(crate) verify: Option<VerifyArg>,
    /// What happens when a file of that name is there already [default: skip_identical].
    #[arg(long, value_name = "POLICY")]
    pub(crate) on_conflict: Option<ConflictArg>,
    /// The hash to compute [default: xxh128].
    #[arg(long)]
    pub(crate) hash: Option<HashArg>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum VerifyArg {
    /// As many bytes arrived as were read.
    Size,
    /// The hash of the bytes that went out is kept.
    Written,
    /// The bytes are read again from the destination and compared.
    #[value(alias = "read-back")]
    ReadBack,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum ConflictArg {
    /// Identical content is skipped; different content fails.
    #[value(alias = "skip-identical")]
    SkipIdentical,
    /// The new file gets a free name: "name (2).ext".
    Rename,
    /// The new file takes the old one's place.
    Overwrite,
    /// Fails, identical or not.
    Fail,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum HashArg {
    /// The fastest; finds every accident, not a forger.
    Xxh128,
    /// For catalogues that want it.
    Md5,
    /// Where a forger must be kept out.
    Sha256,
    /// As media hash lists have it.
    Xxh64,
    /// For catalogues that want it.
    Sha1,
    /// Where a forger must be kept out.
    Sha512,
}

impl Copy {
    /// The job that these words describe.
    pub(crate) fn job(&self) -> Result<JobSpec, Error> {
        let read = |text: &OsString| Location::of_os(text).map_err(SpecError::from);
        let mut locations = self.places.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let destination = locations.pop().unwrap_or_default();
        let mut job = JobSpec::new(locations, destination);
        self.apply(&mut job);
        Ok(job)
    }

    /// Puts what was said explicitly into a job, new or resumed.
    pub(crate) fn apply(&self, job: &mut JobSpec) {
        self.limits.apply(job);
        if !self.watch.is_said() {
            job.watch = None;
        }
        self.watch.apply(job);
        match self.verify {
            Some(VerifyArg::Size) => job.deliver.verify = Verify::Size,
            Some(VerifyArg::Written) => job.deliver.verify = Verify::Written,
            Some(VerifyArg::ReadBack) => job.deliver.verify = Verify::ReadBack,
            None => {}
        }
        match self.on_conflict {
            Some(ConflictArg::SkipIdentical) => job.deliver.on_conflict = OnConflict::SkipIdentical,
            Some(ConflictArg::Rename) => job.deliver.on_conflict = OnConflict::Rename,
            Some(ConflictArg::Overwrite) => job.deliver.on_conflict = OnConflict::Overwrite,
            Some(ConflictArg::Fail) => job.deliver.on_conflict = OnConflict::Fail,
            None => {}
        }
        match self.hash {
            Some(HashArg::Xxh128) => job.deliver.hash = HashAlgorithm::Xxh128,
            Some(HashArg::Md5) => job.deliver.hash = HashAlgorithm::Md5,
            Some(HashArg::Sha256) => job.deliver.hash = HashAlgorithm::Sha256,
            Some(HashArg::Xxh64) => job.deliver.hash = HashAlgorithm::Xxh64,
            Some(HashArg::Sha1) => job.deliver.hash = HashAlgorithm::Sha1,
            Some(HashArg::Sha512) => job.deliver.hash = HashAlgorithm::Sha512,
            None => {}
        }
    }
}
