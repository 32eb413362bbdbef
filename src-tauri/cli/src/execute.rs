//! Commands that move something: copy, plan, run, reprocess.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sluice_engine::api::{Amendment, Error, Migration, Reader, Selection, Status, default_checkpoints};
use sluice_engine::event::EventKind;
use sluice_engine::preflight::{Preflight, Severity};
use sluice_engine::record::Balance;
use sluice_engine::report::words::count;
use sluice_engine::spec::JobSpec;
use sluice_engine::state::State;

use crate::args::{Copy, Run, Watching};
use crate::output::Output;
use crate::{Ending, display, expose, inspect};

/// How far a call goes.
#[derive(Clone, Copy)]
enum Reach {
    /// To the end; with watched sources there is none.
    Everything,
    /// To the end of what is pending.
    Pending,
    /// So many records, then it stops.
    Pilot(u32),
}

/// A migration, and whether this call made it.
struct Opened {
    migration: Migration,
    is_new: bool,
}

pub(crate) async fn copy(copy: Copy, output: &Output) -> Result<Ending, Error> {
    let job = copy.job()?.checked()?;
    let opened = match &copy.checkpoint {
        Some(path) if path.symlink_metadata().is_ok() => reopen(path, &job).await?,
        Some(path) => create(path, job).await?,
        None => open_default(job).await?,
    };
    output.note(&format!("checkpoint: {}", opened.migration.checkpoint().display()));
    if !opened.is_new {
        opened.migration.update(|job| copy.apply(job)).await?;
    }
    execute(opened, copy.watching, Reach::Everything, output).await
}

pub(crate) async fn run(run: Run, output: &Output) -> Result<Ending, Error> {
    let is_checkpoint = run.file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("sluice"));
    let opened = if is_checkpoint {
        let migration = Migration::open(&run.file).await?;
        let said = |job: &mut JobSpec| {
            run.limits.apply(job);
            run.watch.apply(job);
        };
        migration.update(said).await?;
        Opened { migration, is_new: false }
    } else {
        let mut job = JobSpec::load(&run.file)?;
        run.limits.apply(&mut job);
        run.watch.apply(&mut job);
        let job = job.checked()?;
        let path = run.checkpoint.clone().unwrap_or_else(|| run.file.with_extension("sluice"));
        if path.symlink_metadata().is_ok() {
            let opened = reopen(&path, &job).await?;
            // The job file may say more or something else by now.
            opened.migration.follow_job_file(&job).await?;
            opened
        } else {
            create(&path, job).await?
        }
    };
    let reach = run.pilot.map_or(Reach::Everything, Reach::Pilot);
    execute(opened, run.watching, reach, output).await
}

pub(crate) async fn reprocess(
    path: &Path,
    selection: &Selection,
    watching: Watching,
    output: &Output,
) -> Result<Ending, Error> {
    let migration = Migration::open(path).await?;
    let records = migration.reprocess(selection).await?;
    output.note(&format!("{} failed records go back to pending", count(records)));
    execute(Opened { migration, is_new: false }, watching, Reach::Pending, output).await
}

pub(crate) async fn correct(
    path: &Path,
    report: &Path,
    watching: Watching,
    output: &Output,
) -> Result<Ending, Error> {
    let migration = Migration::open(path).await?;
    let corrections = match migration.correct(report).await {
        Ok(corrections) => corrections,
        Err(error) => {
            migration.close().await?;
            return Err(error);
        }
    };
    for note in &corrections.notes {
        output.note(&format!("note: {note}"));
    }
    let (changed, again) = (count(corrections.changed), count(corrections.again));
    output.note(&format!("{changed} records corrected, {again} of them are tried again"));
    execute(Opened { migration, is_new: false }, watching, Reach::Pending, output).await
}

pub(crate) async fn amend(
    path: &Path,
    selection: &Selection,
    amendment: &Amendment,
    output: &Output,
) -> Result<Ending, Error> {
    let migration = Migration::open(path).await?;
    let changed = migration.amend(selection, amendment).await;
    migration.close().await?;
    told("changed", changed?, output)
}

/// Leaves failed records with a note; without one, takes up again what was left.
pub(crate) async fn leave(
    path: &Path,
    selection: &Selection,
    note: Option<&str>,
    output: &Output,
) -> Result<Ending, Error> {
    let migration = Migration::open(path).await?;
    let (what, records) = match note {
        Some(note) => ("left", migration.leave(selection, note).await),
        None => ("taken up again", migration.take_up(selection).await),
    };
    migration.close().await?;
    told(what, records?, output)
}

fn told(what: &str, records: u64, output: &Output) -> Result<Ending, Error> {
    output.result(
        || format!("{} failed records {what}", count(records)),
        &serde_json::json!({ "records": records }),
    );
    Ok(Ending::Complete)
}

async fn create(path: &Path, job: JobSpec) -> Result<Opened, Error> {
    Ok(Opened { migration: Migration::create(path, job).await?, is_new: true })
}

/// Goes on with a checkpoint that is there, if it is of the same job.
async fn reopen(path: &Path, job: &JobSpec) -> Result<Opened, Error> {
    let migration = Migration::open(path).await?;
    let known = migration.job();
    if !known.moves_the_same(job) {
        migration.close().await?;
        return Err(Error::OtherJob { path: path.to_owned() });
    }
    Ok(Opened { migration, is_new: false })
}

/// The default checkpoint of this job that is not finished, or whose watch goes on; else a new one.
async fn open_default(job: JobSpec) -> Result<Opened, Error> {
    for path in default_checkpoints(&job)? {
        if path.symlink_metadata().is_err() {
            return create(&path, job).await;
        }
        if goes_on(&path, &job).await {
            return reopen(&path, &job).await;
        }
    }
    Err(Error::NoDataFolder)
}

async fn goes_on(path: &Path, job: &JobSpec) -> bool {
    let Ok(reader) = Reader::open(path).await else { return false };
    let status = reader.status().await;
    reader.close().await;
    status.is_ok_and(|status| {
        let goes_on = status.state != State::Finished || status.job.watch.is_some() && job.watch.is_some();
        goes_on && status.job.moves_the_same(job)
    })
}

/// Plans if it is new, runs, resumes if it is not finished, and says how it ended.
async fn execute(opened: Opened, watching: Watching, reach: Reach, output: &Output) -> Result<Ending, Error> {
    let Opened { migration, is_new } = opened;
    let path = migration.checkpoint().to_owned();
    let exposing = watching.metrics.map(expose::listen).transpose();
    if let Err(error) = exposing {
        migration.close().await?;
        if is_new {
            let _ = std::fs::remove_file(&path);
        }
        return Err(error);
    }
    let exposing = tokio::spawn(expose::follow(migration.clone(), watching.metrics.is_some()));
    let last_event = *migration.last_event().borrow();
    let before = match prepare_and_start(&migration, reach, watching, output).await {
        Ok(balance) => balance,
        Err(error) => {
            migration.close().await?;
            // Nothing was moved: nothing stays behind.
            if is_new {
                let _ = std::fs::remove_file(&path);
            }
            return Err(error);
        }
    };
    let signals = tokio::spawn(drain_on_signal(migration.clone()));
    let waiting = tokio::spawn(lose_patience(migration.clone(), watching));
    let following = tokio::spawn(display::follow(migration.clone(), output.progress_style()));
    let telling = tokio::spawn(tell_of_polling(migration.clone(), last_event, *output));
    let state = migration.settled().await;
    telling.abort();
    following.abort();
    let _ = following.await;
    signals.abort();
    let _ = signals.await;
    waiting.abort();
    exposing.abort();
    tell_of_catalogue(&migration, output).await;
    let closed = migration.close().await;
    let reader = Reader::open(&path).await?;
    let status = reader.status().await?;
    reader.close().await;
    closed?;
    output.result(|| inspect::summary(&status), &status);
    let with_failures = if status.balance.failed > 0 { Ending::WithFailures } else { Ending::Complete };
    Ok(match (state, reach) {
        (State::Finished, _) => with_failures,
        (State::Paused, Reach::Pilot(wanted)) => pilot_ending(wanted, &before, &status.balance, output),
        // A watch has no other end than this.
        (State::Paused, Reach::Everything) if has_watched_to_the_end(&status) => with_failures,
        _ => Ending::Stopped,
    })
}

/// Whether a watch was stopped by the person, and all that was taken in has its outcome.
fn has_watched_to_the_end(status: &Status) -> bool {
    status.job.watch.is_some() && status.outage.is_none() && status.balance.pending == 0
}

/// Says why watched folders are listed often, as soon as that is so.
async fn tell_of_polling(migration: Migration, mut told: i64, output: Output) {
    let mut last = migration.last_event();
    while last.wait_for(|last| *last > told).await.is_ok() {
        for event in migration.events_since(told, 100).await.unwrap_or_default() {
            told = event.seq;
            if let EventKind::WatchPolls { message, .. } = event.what {
                output.note(&format!("note: {message}"));
            }
        }
    }
}

/// Says where the catalogue is that the job asked for, or why it is not there.
async fn tell_of_catalogue(migration: &Migration, output: &Output) {
    if migration.job().catalogue_out.is_none() {
        return;
    }
    let last = *migration.last_event().borrow();
    // It comes just before the run's last step.
    for event in migration.events_since(last - 2, 2).await.unwrap_or_default() {
        match event.what {
            EventKind::CatalogueWritten { file, records } => {
                output.note(&format!("catalogue: {} records written to {file}", count(records)));
            }
            EventKind::CatalogueFailed { message, .. } => {
                output.note(&format!("warning: {message}. Write it with `sluice catalogue-out`."));
            }
            _ => {}
        }
    }
}

/// How a pilot went that left the rest of the plan pending.
fn pilot_ending(wanted: u32, before: &Balance, after: &Balance, output: &Output) -> Ending {
    let wanted = u64::from(wanted).min(before.pending);
    let arrived = (after.delivered + after.skipped).saturating_sub(before.delivered + before.skipped);
    let failed = after.failed.saturating_sub(before.failed);
    output.note(&format!(
        "pilot: {} of {} records arrived, {} failed; {} are still pending. Run it again without --pilot to go on.",
        count(arrived),
        count(wanted),
        count(failed),
        count(after.pending)
    ));
    if failed > 0 {
        Ending::WithFailures
    } else if arrived < wanted {
        Ending::Stopped
    } else {
        Ending::Complete
    }
}

/// Gives the balance just before the start.
async fn prepare_and_start(
    migration: &Migration,
    reach: Reach,
    watching: Watching,
    output: &Output,
) -> Result<Balance, Error> {
    if migration.state() == State::New {
        // Not after an hour of planning.
        if let Some(missing) = migration.look_at_tools().await {
            return Err(Error::Blocked(Box::new(missing)));
        }
        let preflight = planned(migration, output).await?;
        for finding in preflight.findings.iter().filter(|finding| finding.severity == Severity::Warns) {
            output.note(&format!("note: {}. {}", finding.message, finding.advice));
        }
        if let Some(blocker) = preflight.blocker() {
            return Err(Error::Blocked(Box::new(blocker.clone())));
        }
    }
    let balance = migration.progress().borrow().balance;
    let watches = migration.job().watch.is_some();
    match reach {
        Reach::Everything if watches => migration.start().await?,
        _ if migration.state() == State::Finished => {}
        Reach::Everything => migration.start().await?,
        Reach::Pending => migration.finish().await?,
        Reach::Pilot(records) => migration.start_pilot(records).await?,
    }
    if watching.pause_at.is_some() {
        migration.pause_at(watching.pause_at).await?;
    }
    Ok(balance)
}

pub(crate) async fn planned(migration: &Migration, output: &Output) -> Result<Preflight, Error> {
    let following = tokio::spawn(display::follow(migration.clone(), output.progress_style()));
    let stopper = {
        let migration = migration.clone();
        tokio::spawn(async move {
            signal().await;
            let _ = migration.cancel_plan().await;
        })
    };
    let planned = migration.plan().await;
    following.abort();
    let _ = following.await;
    stopper.abort();
    planned
}

/// Pauses a run whose outage lasts longer than the person wants to wait for it.
async fn lose_patience(migration: Migration, watching: Watching) {
    let mut progress = migration.progress();
    loop {
        let outage = progress.borrow_and_update().outage.clone();
        let lasting = outage.filter(|_| migration.state() == State::Waiting);
        let Some(outage) = lasting else {
            if progress.changed().await.is_err() {
                return;
            }
            continue;
        };
        let endless = migration.job().watch.is_some_and(|watch| watch.idle_end.is_none());
        let Some(patience) = watching.patience(outage.category, endless) else { return };
        let left = patience.saturating_sub(since(outage.since_ms));
        if left.is_zero() {
            // It may have ended, or paused, at this very moment.
            let _ = migration.pause().await;
            return;
        }
        let _ = tokio::time::timeout(left, progress.changed()).await;
    }
}

/// How long ago that was (milliseconds since 1970).
fn since(at_ms: i64) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    now.saturating_sub(Duration::from_millis(at_ms.max(0) as u64))
}

/// The first signal drains and checkpoints, the second leaves at once.
async fn drain_on_signal(migration: Migration) {
    signal().await;
    eprintln!("stopping: files in flight end first; press Ctrl-C again to leave at once (nothing is lost)");
    let _ = migration.pause().await;
    signal().await;
    std::process::exit(Ending::Stopped as i32);
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signals) => drop(signals.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}

#[cfg(not(unix))]
async fn signal() {
    let _ = tokio::signal::ctrl_c().await;
}
