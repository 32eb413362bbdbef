//! The command's words: a contract with scripts. Add freely, change nothing.

mod catalogue;
mod copy;
mod failed;
mod limits;
mod watch;

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

pub(crate) use catalogue::CatalogueArgs;
pub(crate) use copy::Copy;
use failed::{Change, Chosen};
use limits::LimitArgs;
use watch::WatchArgs;
pub(crate) use watch::Watching;

use crate::connections::ConnectionsArgs;

/// Move large media libraries under control: verified, resumable, with every file accounted for.
#[derive(Debug, Parser)]
#[command(
    name = "sluice",
    version,
    propagate_version = true,
    max_term_width = 100,
    after_help = "\
Examples:
  sluice copy /Volumes/Archive /mnt/nas/archive     copy a folder, read everything back
  sluice copy /Volumes/Archive s3://bucket/archive  the same, into object storage
  sluice copy sftp://user@nas/archive /mnt/nas/in   the same, from a server: also webdavs:// and ftps://
  sluice copy --watch /Volumes/Ingest /mnt/nas/in   take in files as they arrive, until Ctrl-C
  sluice run archive.sluice                         go on where a run stopped
  sluice failures archive.sluice --export why.csv   what failed, why, and what to do
  sluice verify archive.sluice                      is everything still there?

Exit codes:
  0  everything delivered (or skipped or excluded by stated policy)
  1  wrong usage, or it could not start; nothing was touched
  2  finished, some records failed
  3  stopped before the end (paused, outage, signal); run it again to go on
A watch ends with Ctrl-C or SIGTERM: with 0 or 2 when everything that was taken in has its outcome.

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

    /// Write a log of every batch, retry and failure to this file; a new one begins each day, and
    /// seven are kept.
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) log: Option<PathBuf>,

    /// How the log is written.
    #[arg(long, value_name = "FORMAT", global = true, default_value = "text")]
    pub(crate) log_format: LogFormat,
}

/// How a log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Readable lines.
    Text,
    /// One JSON object a line.
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Copy folders or files into a folder.
    Copy(Copy),
    /// Look at what a job would do, without moving anything: counts, bytes, names, space, time.
    #[command(after_help = JOB_HELP)]
    Plan(Plan),
    /// Show what a catalogue is: format, encoding, header, columns and first rows, as they are read.
    Catalogue(CatalogueArgs),
    /// Keep, list, test, remove and import connections to services that keep files, by name.
    Connections(ConnectionsArgs),
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
        #[command(flatten)]
        chosen: Chosen,
        /// Write them to a file instead; its ending says how (.csv, .xlsx, .json; .html to read and print).
        #[arg(long, value_name = "FILE")]
        export: Option<PathBuf>,
    },
    /// Try failed records again, all or chosen ones, and go on to the end.
    Reprocess {
        /// The migration's .sluice file.
        checkpoint: PathBuf,
        #[command(flatten)]
        chosen: Chosen,
        #[command(flatten)]
        watching: Watching,
    },
    /// Change the path or the fields of failed records before they are reprocessed.
    Amend {
        /// The migration's .sluice file.
        checkpoint: PathBuf,
        #[command(flatten)]
        chosen: Chosen,
        #[command(flatten)]
        change: Change,
    },
    /// Import a failure report that was corrected in a spreadsheet: shows what it would change.
    ///
    /// Correct the columns path, note and field:NAME of the file that `sluice failures --export`
    /// wrote (field:NEW adds a field, an emptied cell takes one away); leave the others as they are.
    /// With --apply all of it is applied, or nothing, and the mended records are tried again.
    Correct {
        /// The migration's .sluice file.
        checkpoint: PathBuf,
        /// The corrected report (.csv, .xlsx, .json).
        report: PathBuf,
        /// Apply it, try the mended records again, and go on to the end.
        #[arg(long)]
        apply: bool,
        #[command(flatten)]
        watching: Watching,
    },
    /// Write the catalogue of what was delivered, with target path, hash, evidence and all fields.
    CatalogueOut {
        /// The migration's .sluice file.
        checkpoint: PathBuf,
        /// The file to write; its ending says how (.csv, .xlsx, .ndjson).
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Every record, also those that were not delivered.
        #[arg(long)]
        all: bool,
    },
    /// Leave failed records as they are, with a note that says why.
    Leave {
        /// The migration's .sluice file.
        checkpoint: PathBuf,
        #[command(flatten)]
        chosen: Chosen,
        /// Why.
        #[arg(long, required_unless_present = "undo")]
        note: Option<String>,
        /// Take up again what was left.
        #[arg(long, conflicts_with = "note")]
        undo: bool,
    },
    /// Show every failed attempt of a record: when, where, why, what the service answered. In buckets that keep
    /// versions, also which one was read and which one was written.
    History {
        /// The migration's .sluice file.
        checkpoint: PathBuf,
        /// The record's number, from `sluice failures`.
        id: i64,
    },
    /// List uploads in parts that are not complete, and give them up.
    ///
    /// A run goes on with them by itself. What a failed record left behind takes room at the service (and
    /// money) until it is reprocessed or given up. Azure cannot be told: it forgets such parts within a week.
    Uploads {
        /// The migration's .sluice file.
        checkpoint: PathBuf,
        /// Give up those that no run will go on with: their records have come to an end.
        #[arg(long)]
        abort: bool,
        /// With --abort: those of pending records too; they begin anew.
        #[arg(long, requires = "abort")]
        all: bool,
    },
    /// Read the destination again and compare it with the checkpoint. Changes nothing.
    Verify {
        /// The migration's .sluice file.
        checkpoint: PathBuf,
    },
}

const JOB_HELP: &str = include_str!("job_help.txt");

#[derive(Debug, ClapArgs)]
pub(crate) struct Plan {
    /// The job file (TOML).
    pub(crate) job: PathBuf,
    /// Show what the mapping makes of so many records: fields, target, findings.
    #[arg(long, value_name = "N")]
    pub(crate) preview: Option<u32>,
    /// Choose the records of the preview from all over the plan; the same number gives the same ones.
    #[arg(long, value_name = "NUMBER", requires = "preview")]
    pub(crate) seed: Option<u32>,
    /// Write all findings to this file, one line for each record that is concerned.
    #[arg(long, value_name = "FILE.csv")]
    pub(crate) findings: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Run {
    /// A job file (TOML), or the .sluice file of a migration.
    pub(crate) file: PathBuf,
    /// Keep the checkpoint here instead of beside the job file.
    #[arg(long, value_name = "FILE.sluice")]
    pub(crate) checkpoint: Option<PathBuf>,
    /// Move so many records for real, chosen from all over the plan, and stop then; the same command
    /// without this goes on with the rest. Exit code 0: all of them are delivered or skipped; 2: one
    /// failed; 3: one has to wait for another try, or it was stopped.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) pilot: Option<u32>,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    #[command(flatten)]
    pub(crate) watch: WatchArgs,
    #[command(flatten)]
    pub(crate) watching: Watching,
}
