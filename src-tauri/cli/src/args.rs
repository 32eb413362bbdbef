//! The command's words: a contract with scripts. Add freely, change nothing.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{ArgAction, Args as ClapArgs, Parser, Subcommand, ValueEnum};
use serde_json::Value;
use sluice_engine::api::{Amendment, Error, Selection};
use sluice_engine::failure::{Category, Stage};
use sluice_engine::spec::{
    Catalogue, CatalogueFormat, ChecksumColumn, HashAlgorithm, JobSpec, Location, OnConflict, PrefixRule,
    Span, SpecError, Verify, Watch,
};

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
        /// Write them to a file instead; its ending says how (.csv, .xlsx, .json).
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
        #[arg(long)]
        note: String,
    },
    /// Show every failed attempt of a record: when, where, why, what the service answered.
    History {
        /// The migration's .sluice file.
        checkpoint: PathBuf,
        /// The record's number, from `sluice failures`.
        id: i64,
    },
    /// List uploads in parts that are not complete, and give them up.
    ///
    /// A run goes on with them by itself. What a failed record left behind takes room at the service (and
    /// money) until it is reprocessed or given up.
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

/// Copy folders or files into a folder.
///
/// One folder: its content goes right below DST. Several sources: each goes below its own name.
/// The same command again goes on where the last one stopped.
#[derive(Debug, ClapArgs)]
pub(crate) struct Copy {
    /// Sources, then the destination folder (made when it is missing). Each is a path, a URL
    /// (s3://bucket/prefix), or a connection's name and a path there (NAME:bucket/prefix); a path that
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

/// Looks at a catalogue, and keeps how it is read and mapped as a preset.
#[derive(Debug, ClapArgs)]
pub(crate) struct CatalogueArgs {
    /// The export: CSV, TSV, XLSX, XLS, ODS, JSON, NDJSON or Avid ALE.
    pub(crate) file: PathBuf,
    /// Begin with what this preset says.
    #[arg(long, value_name = "FILE.toml")]
    pub(crate) preset: Option<PathBuf>,
    /// Keep how it is read and mapped as a preset.
    #[arg(long, value_name = "FILE.toml")]
    pub(crate) save_preset: Option<PathBuf>,
    /// What kind of file it is.
    #[arg(long)]
    format: Option<FormatArg>,
    /// Its character encoding, such as windows-1252, macintosh, shift_jis.
    #[arg(long, value_name = "LABEL")]
    encoding: Option<String>,
    /// What stands between cells: one character, tab or none.
    #[arg(long, value_name = "CHARACTER")]
    delimiter: Option<String>,
    /// What stands around cells: one character, or none.
    #[arg(long, value_name = "CHARACTER")]
    quote: Option<String>,
    /// Which sheet of a workbook.
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
    /// The row with the columns' names; 0: there is none.
    #[arg(long, value_name = "N")]
    header_row: Option<u64>,
    /// Rows at the beginning that are left out.
    #[arg(long, value_name = "N")]
    skip: Option<u64>,
    /// The column with the path; several are joined by /.
    #[arg(long, value_name = "COLUMN", num_args = 1..)]
    path: Vec<String>,
    /// Where relative paths begin. Default: the catalogue's own folder, unless there are prefixes.
    #[arg(long, value_name = "FOLDER")]
    base: Option<PathBuf>,
    /// A beginning of paths as the catalogue writes them, such as 'Z:\Archive', and the folder that it is
    /// on this computer. May be given several times.
    #[arg(long, num_args = 2, value_names = ["FROM", "FOLDER"], action = ArgAction::Append)]
    prefix: Vec<String>,
    /// The column with the record's own number.
    #[arg(long, value_name = "COLUMN")]
    id: Option<String>,
    /// The column with the size in bytes.
    #[arg(long, value_name = "COLUMN")]
    size: Option<String>,
    /// The column with the checksum.
    #[arg(long, value_name = "COLUMN")]
    checksum: Option<String>,
}

impl CatalogueArgs {
    /// The catalogue as these words describe it; what they leave out comes from the preset.
    pub(crate) fn catalogue(&self) -> Result<Catalogue, Error> {
        let column = |column: &String| ChecksumColumn { column: column.clone(), algorithm: None };
        // A preset may lie anywhere.
        let here = |folder: &Path| std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        let (prefixes, _) = self.prefix.as_chunks();
        let rule = |[from, to]: &[String; 2]| PrefixRule { from: from.clone(), to: here(Path::new(to)) };
        let own = Catalogue {
            file: self.file.clone(),
            format: self.format.map(FormatArg::format),
            encoding: self.encoding.clone(),
            delimiter: self.delimiter.clone(),
            quote: self.quote.clone(),
            sheet: self.sheet.clone(),
            header_row: self.header_row,
            skip: self.skip,
            path: self.path.clone(),
            base: self.base.as_deref().map(here),
            prefixes: prefixes.iter().map(rule).collect(),
            id: self.id.clone(),
            size: self.size.clone(),
            checksum: self.checksum.as_ref().map(column),
            ..Catalogue::default()
        };
        Ok(match &self.preset {
            Some(preset) => own.or(Catalogue::load_preset(preset)?),
            None => own,
        })
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum FormatArg {
    /// Text with delimiters.
    Csv,
    /// Excel 2007 and later.
    Xlsx,
    /// Excel 97 to 2003.
    Xls,
    /// OpenDocument.
    Ods,
    /// A JSON array of objects.
    Json,
    /// One JSON object a line.
    Ndjson,
    /// Avid Log Exchange.
    Ale,
}

impl FormatArg {
    const fn format(self) -> CatalogueFormat {
        match self {
            Self::Csv => CatalogueFormat::Csv,
            Self::Xlsx => CatalogueFormat::Xlsx,
            Self::Xls => CatalogueFormat::Xls,
            Self::Ods => CatalogueFormat::Ods,
            Self::Json => CatalogueFormat::Json,
            Self::Ndjson => CatalogueFormat::Ndjson,
            Self::Ale => CatalogueFormat::Ale,
        }
    }
}

/// Whether the sources are watched for files that arrive.
#[derive(Debug, Clone, Copy, ClapArgs)]
pub(crate) struct WatchArgs {
    /// Stay open and take in files as they arrive in the sources, as soon as they are complete: when
    /// their size and time have not changed for 10 seconds, or as [watch] in the job file says. Ctrl-C
    /// ends it; exit code 0 when everything that was taken in is delivered.
    #[arg(long)]
    watch: bool,
    /// Watch, and end when nothing has arrived and nothing is pending for so long, such as 60s.
    #[arg(long, value_name = "TIME")]
    until_idle: Option<Span>,
}

impl WatchArgs {
    /// Whether anything was said.
    pub(crate) const fn is_said(self) -> bool {
        self.watch || self.until_idle.is_some()
    }

    pub(crate) fn apply(self, job: &mut JobSpec) {
        if self.is_said() {
            let watch = job.watch.get_or_insert_with(Watch::default);
            watch.idle_end = self.until_idle.or(watch.idle_end);
        }
    }
}

/// How a run is watched, and how long an outage may last before the command gives up with exit
/// code 3.
#[derive(Debug, Clone, Copy, ClapArgs)]
pub(crate) struct Watching {
    /// Give figures to Prometheus while it runs, on this loopback address, such as 127.0.0.1:9464.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) metrics: Option<SocketAddr>,
    /// Wait so long (seconds) for an outage to end [default: 30 for disks, which need a person;
    /// a day for services, which come back by themselves; without end where sources are watched
    /// without end].
    #[arg(long, value_name = "SECONDS")]
    outage_wait: Option<u64>,
}

impl Watching {
    /// The longest wait for an outage of this category. None: without end. `endless`: the sources are
    /// watched until somebody stops it, and a folder that is unmounted may well come back next week.
    pub(crate) fn patience(self, category: Category, endless: bool) -> Option<Duration> {
        const DISKS: u64 = 30;
        const SERVICES: u64 = 24 * 3600;
        let is_service = matches!(category, Category::ServiceDown | Category::ServiceDenied);
        let usual = (!endless).then_some(if is_service { SERVICES } else { DISKS });
        self.outage_wait.or(usual).map(Duration::from_secs)
    }
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
    /// Let the program find concurrency and batch size by itself; a value given by hand stays.
    #[arg(long, value_name = "on|off")]
    pub(crate) autopilot: Option<Switch>,
}

/// On or off.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Switch {
    /// By itself.
    On,
    /// By hand.
    Off,
}

impl Switch {
    const fn is_on(self) -> bool {
        matches!(self, Self::On)
    }
}

impl LimitArgs {
    pub(crate) fn apply(self, job: &mut JobSpec) {
        let autopilot = &mut job.control.autopilot;
        if let Some(on) = self.autopilot {
            (autopilot.concurrency, autopilot.batch_size) = (on.is_on(), on.is_on());
        }
        // What is said by hand comes first.
        autopilot.concurrency &= self.concurrency.is_none();
        autopilot.batch_size &= self.batch_size.is_none();
        let limits = &mut job.limits;
        limits.batch_size = self.batch_size.unwrap_or(limits.batch_size);
        limits.streams = self.streams.unwrap_or(limits.streams);
        limits.concurrency = self.concurrency.unwrap_or(limits.concurrency);
    }
}

/// Which failed records; all of them when nothing is said.
#[derive(Debug, ClapArgs)]
pub(crate) struct Chosen {
    /// Only this category, such as source_unreadable.
    #[arg(long, value_name = "CATEGORY")]
    category: Option<String>,
    /// Only these records, by number.
    #[arg(long, value_name = "N", num_args = 1..)]
    id: Vec<i64>,
    /// Only what failed in this stage.
    #[arg(long)]
    stage: Option<StageArg>,
    /// Only what failed at this service, such as https://dam.example.
    #[arg(long, value_name = "SERVICE")]
    endpoint: Option<String>,
    /// Only messages that contain this text.
    #[arg(long, value_name = "TEXT")]
    message: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum StageArg {
    /// Listing the sources.
    Plan,
    /// Resolving and inspecting the source file.
    Ingest,
    /// Lookups and names.
    Transform,
    /// Copying, verifying, registering.
    Deliver,
}

impl Chosen {
    pub(crate) fn selection(&self) -> Result<Selection, Error> {
        Ok(Selection {
            category: self.category.as_deref().map(str::parse).transpose()?,
            ids: self.id.clone(),
            stage: self.stage.map(|stage| match stage {
                StageArg::Plan => Stage::Plan,
                StageArg::Ingest => Stage::Ingest,
                StageArg::Transform => Stage::Transform,
                StageArg::Deliver => Stage::Deliver,
            }),
            endpoint: self.endpoint.clone(),
            message: self.message.clone(),
        })
    }
}

/// What to change of failed records.
#[derive(Debug, ClapArgs)]
pub(crate) struct Change {
    /// Another path below the source, for one record.
    #[arg(long)]
    path: Option<String>,
    /// Replace the beginning of the path: OLD=NEW.
    #[arg(long, value_name = "OLD=NEW", value_parser = pair)]
    prefix: Option<(String, String)>,
    /// Set a field: NAME=VALUE; an empty value takes it away.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    field: Vec<(String, String)>,
}

impl Change {
    pub(crate) fn amendment(&self) -> Amendment {
        let value = |text: &str| if text.is_empty() { Value::Null } else { Value::String(text.to_owned()) };
        Amendment {
            path: self.path.clone(),
            prefix: self.prefix.clone(),
            fields: self.field.iter().map(|(name, text)| (name.clone(), value(text))).collect(),
        }
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (left, right) = text.split_once('=').ok_or("write it with = between the two")?;
    if left.is_empty() {
        Err("there is nothing before the =".into())
    } else {
        Ok((left.into(), right.into()))
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
