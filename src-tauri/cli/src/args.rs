//! The command's words: a contract with scripts. Add freely, change nothing.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use sluice_engine::api::{Error, Selection};
use sluice_engine::spec::{HashAlgorithm, JobSpec, OnConflict, Verify};

/// Move large media libraries under control: verified, resumable, with every file accounted for.
#[derive(Debug, Parser)]
#[command(
    name = "sluice",
    version,
    about,
    propagate_version = true,
    max_term_width = 100,
    after_help = "\
Examples:
  sluice copy /Volumes/Archive /mnt/nas/archive     copy a folder, read everything back
  sluice run archive.sluice                         go on where a run stopped
  sluice failures archive.sluice --export why.csv   what failed, why, and what to do
  sluice verify archive.sluice                      is everything still there?

Exit codes:
  0  everything delivered (or skipped or excluded by stated policy)
  1  wrong usage, or it could not start; nothing was touched
  2  finished, some records failed
  3  stopped before the end (paused, outage, signal); run it again to go on

Ctrl-C once lets the files in flight end and keeps the checkpoint; twice leaves at once. Nothing is
lost either way."
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Print one JSON object on standard output, and nothing else there.
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// No progress on standard error.
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Copy folders or files into a folder.
    Copy(Copy),
    /// Look at what a job would do, without moving anything: counts, bytes, names, space, time.
    #[command(after_help = JOB_HELP)]
    Plan {
        /// The job file (TOML).
        job: PathBuf,
    },
    /// Run a job file, or go on with a checkpoint.
    #[command(after_help = JOB_HELP)]
    Run(Run),
    /// Show how far a migration is, also while another process runs it.
    Status {
        /// The migration's .sluice file.
        checkpoint: PathBuf,
    },
    /// List the records that failed, with the reason and what to do.
    Failures {
        /// The migration's .sluice file.
        checkpoint: PathBuf,
        /// Only this category, such as source_unreadable.
        #[arg(long, value_name = "CATEGORY")]
        category: Option<String>,
        /// Write them to a file instead; its ending says how (.csv, .json).
        #[arg(long, value_name = "FILE")]
        export: Option<PathBuf>,
    },
    /// Try failed records again, all or chosen ones, and go on to the end.
    Reprocess {
        /// The migration's .sluice file.
        checkpoint: PathBuf,
        #[command(flatten)]
        chosen: Chosen,
    },
    /// Read the destination again and compare it with the checkpoint. Changes nothing.
    Verify {
        /// The migration's .sluice file.
        checkpoint: PathBuf,
    },
}

const JOB_HELP: &str = r#"A job file (paths may be relative to it; everything but sources and destination may be left out):
  name = "Archive to NAS"
  sources = ["/Volumes/Archive", "/Volumes/Field"]
  destination = "/mnt/nas/archive"

  [deliver]
  verify = "read_back"             # size, written, read_back
  on_conflict = "skip_identical"   # skip_identical, rename, overwrite, fail
  hash = "xxh128"                  # xxh128, md5, sha256

  [limits]
  batch_size = 1000                # 1 to 10000
  streams = 2                      # 1 to 16
  concurrency = 8                  # 1 to 128"#;

/// Copy folders or files into a folder.
///
/// One folder: its content goes right below DST. Several sources: each goes below its own name.
/// The same command again goes on where the last one stopped.
#[derive(Debug, ClapArgs)]
pub(crate) struct Copy {
    /// Sources, then the destination folder (made when it is missing).
    #[arg(required = true, num_args = 2.., value_names = ["SRC", "DST"])]
    pub(crate) paths: Vec<PathBuf>,
    /// Keep the checkpoint here instead of in your data folder.
    #[arg(long, value_name = "FILE.sluice")]
    pub(crate) checkpoint: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
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

#[derive(Debug, ClapArgs)]
pub(crate) struct Run {
    /// A job file (TOML), or the .sluice file of a migration.
    pub(crate) file: PathBuf,
    /// Keep the checkpoint here instead of beside the job file.
    #[arg(long, value_name = "FILE.sluice")]
    pub(crate) checkpoint: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
}

/// Limits given on the command line; they replace those of the job.
#[derive(Debug, Clone, Copy, ClapArgs)]
pub(crate) struct LimitArgs {
    /// Records leased at once, 1 to 10000 [default: 1000].
    #[arg(long, value_name = "N")]
    pub(crate) batch_size: Option<u32>,
    /// Independent processing paths, 1 to 16 [default: 2].
    #[arg(long, value_name = "N")]
    pub(crate) streams: Option<u32>,
    /// Records in flight at once over all streams, 1 to 128 [default: 8].
    #[arg(long, value_name = "N")]
    pub(crate) concurrency: Option<u32>,
}

impl LimitArgs {
    pub(crate) fn apply(self, job: &mut JobSpec) {
        let limits = &mut job.limits;
        limits.batch_size = self.batch_size.unwrap_or(limits.batch_size);
        limits.streams = self.streams.unwrap_or(limits.streams);
        limits.concurrency = self.concurrency.unwrap_or(limits.concurrency);
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Chosen {
    /// Only this category, such as source_unreadable.
    #[arg(long, value_name = "CATEGORY")]
    category: Option<String>,
    /// Only these records, by number.
    #[arg(long, value_name = "N", num_args = 1..)]
    id: Vec<i64>,
}

impl Chosen {
    pub(crate) fn selection(&self) -> Result<Selection, Error> {
        Ok(Selection {
            category: self.category.as_deref().map(str::parse).transpose()?,
            ids: self.id.clone(),
        })
    }
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
}

impl Copy {
    /// The job that these words describe.
    pub(crate) fn job(&self) -> JobSpec {
        let (destination, sources) = self
            .paths
            .split_last()
            .map_or((PathBuf::new(), Vec::new()), |(last, rest)| (last.clone(), rest.to_vec()));
        let mut job = JobSpec::new(sources, destination);
        self.apply(&mut job);
        job
    }

    /// Puts what was said explicitly into a job, new or resumed.
    pub(crate) fn apply(&self, job: &mut JobSpec) {
        self.limits.apply(job);
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
            None => {}
        }
    }
}
