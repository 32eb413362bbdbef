//! `sluice`: the headless command. The same engine as the desktop, for scripts and servers.

mod args;
mod catalogue;
mod connections;
mod display;
mod execute;
mod expose;
mod inspect;
mod log;
mod output;
mod plan;
mod uploads;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};
use output::Output;

/// Keeps memory flat over a long run: see `.cargo/config.toml` for how it is set.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// How the command ends: a contract with scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// Everything delivered (or skipped or excluded by stated policy).
    Complete = 0,
    /// Wrong usage, or it could not start.
    Refused = 1,
    /// Finished, but some records failed.
    WithFailures = 2,
    /// Stopped before the end: paused, outage, signal.
    Stopped = 3,
}

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let _ = error.print();
            // Help and version were asked for; everything else is wrong usage.
            let ending = if error.use_stderr() { Ending::Refused } else { Ending::Complete };
            return ExitCode::from(ending as u8);
        }
    };
    let _log = match log::begin(args.log.as_deref(), args.log_format) {
        Ok(guard) => guard,
        Err(message) => {
            eprintln!("error: {message}");
            return ExitCode::from(Ending::Refused as u8);
        }
    };
    let output = Output::new(args.json, args.quiet);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: the system gives no threads: {error}");
            return ExitCode::from(Ending::Refused as u8);
        }
    };
    let ended = runtime.block_on(dispatch(args.command, &output));
    // What still reads or writes on a blocking thread after a forced leave must not hold us up.
    runtime.shutdown_background();
    let ending = ended.unwrap_or_else(|error| {
        output.error(&error);
        Ending::Refused
    });
    ExitCode::from(ending as u8)
}

async fn dispatch(command: Command, output: &Output) -> Result<Ending, sluice_engine::api::Error> {
    match command {
        Command::Copy(copy) => execute::copy(copy, output).await,
        Command::Plan(plan) => plan::plan(&plan, output).await,
        Command::Catalogue(args) => catalogue::show(&args, output).await,
        Command::Connections(args) => connections::connections(args, output).await,
        Command::Run(run) => execute::run(run, output).await,
        Command::Reprocess { checkpoint, chosen, watching } => {
            execute::reprocess(&checkpoint, &chosen.selection()?, watching, output).await
        }
        Command::Status { checkpoint } => inspect::status(&checkpoint, output).await,
        Command::Failures { checkpoint, chosen, export } => {
            inspect::failures(&checkpoint, &chosen.selection()?, export.as_deref(), output).await
        }
        Command::Amend { checkpoint, chosen, change } => {
            execute::amend(&checkpoint, &chosen.selection()?, &change.amendment(), output).await
        }
        Command::Correct { checkpoint, report, apply: false, .. } => {
            inspect::corrections(&checkpoint, &report, output).await
        }
        Command::Correct { checkpoint, report, watching, .. } => {
            execute::correct(&checkpoint, &report, watching, output).await
        }
        Command::CatalogueOut { checkpoint, out, all } => {
            inspect::catalogue_out(&checkpoint, all, &out, output).await
        }
        Command::Leave { checkpoint, chosen, note, undo: _ } => {
            execute::leave(&checkpoint, &chosen.selection()?, note.as_deref(), output).await
        }
        Command::History { checkpoint, id } => inspect::history(&checkpoint, id, output).await,
        Command::Uploads { checkpoint, abort: false, .. } => uploads::list(&checkpoint, output).await,
        Command::Uploads { checkpoint, all, .. } => uploads::abort(&checkpoint, all, output).await,
        Command::Verify { checkpoint } => inspect::verify(&checkpoint, output).await,
    }
}
