//! The run: one stretch of batches after the other, with an outage between them or nothing.

use std::sync::Arc;

use tokio::task::spawn_blocking;

use crate::checkpoint::CheckpointError;
use crate::connections::access_of;
use crate::control::Controls;
use crate::control::intake::{Away, Intake, IntakeSwitch};
use crate::control::line::Line;
use crate::control::memory::Memory;
use crate::error::{Error, Problem};
use crate::event::EventKind;
use crate::failure::{Category, Stage, Why};
use crate::http;
use crate::journey::{Asking, Steps};
use crate::lane;
use crate::mapping::placing::load_claims;
use crate::mapping::{Mapper, Places};
use crate::outage::{Ending, Waiting};
use crate::pilot;
use crate::preflight::{check_paths, check_secrets, check_tools};
use crate::record::{Failure, Lane};
use crate::report::{self, table::Bounds};
use crate::session::{Session, outage_of};
use crate::sidecar::Sidecars;
use crate::spec::{CatalogueRecords, JobSpec, Location, Watch};
use crate::stage::Site;
use crate::state::{State, Transition, next_state};
use crate::storage::destination::Destination;
use crate::storage::local::destination::Folder;
use crate::storage::remote::connect::connect;
use crate::storage::scratch::Scratch;
use crate::stream::Work;
use crate::threads::joined;
use crate::upkeep::{make_empty_folders, release_dead_leases, whats_gone};
use crate::watch;

/// How far a run goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Everything that is pending, and what arrives where the sources are watched.
    Everything,
    /// What is pending, to its end; nothing is watched.
    Pending,
    /// So many records from all over the plan; then it pauses.
    Sample(u32),
}

/// What stays the same over all stretches of a run.
pub(crate) struct Ground {
    site: Arc<Site>,
    steps: Option<Arc<Steps>>,
    /// None: the run ends when nothing is pending.
    watch: Option<Watch>,
}

/// Starts the run, or goes on with it, in the background.
pub(crate) async fn start(session: &Arc<Session>, reach: Reach) -> Result<(), Error> {
    let by = session.starts_by(reach);
    next_state(session.state(), by)?;
    switch_faults_on();
    let mut ground = prepare(session).await?;
    if reach != Reach::Everything {
        ground.watch = None;
    }
    session.step(by, None, &[]).await?;
    let sample = match reach {
        Reach::Sample(records) => Some(records),
        Reach::Everything | Reach::Pending => None,
    };
    tokio::spawn(run(Arc::clone(session), ground, sample));
    Ok(())
}

/// Reads which faults a test wants. Without the feature there are none.
fn switch_faults_on() {
    #[cfg(feature = "failpoints")]
    {
        static ONCE: std::sync::Once = std::sync::Once::new();
        // In force until the program ends. Without the variable it would clear what a test has set.
        if std::env::var_os("FAILPOINTS").is_some() {
            ONCE.call_once(|| std::mem::forget(fail::FailScenario::setup()));
        }
    }
}

async fn prepare(session: &Session) -> Result<Ground, Error> {
    let job = session.job();
    let tag = session.checkpoint.uuid().await?;
    let times = Arc::clone(&session.controls.times);
    let asking = if job.has_requests() {
        let services = check_secrets(&job)?;
        let client = http::client().map_err(|error| Error::NoClient { why: error.to_string() })?;
        Some(Asking { services, client, migration: tag.clone() })
    } else {
        None
    };
    let steps = Steps {
        describer: check_tools(&job).await?,
        asking,
        sidecars: Arc::new(Sidecars::prepare(&job.sidecars)?),
        is_remote: job.is_remote() || job.has_web(session.checkpoint.prefixes().await?.len()),
    }
    .if_any()
    .map(Arc::new);
    let opened = {
        let job = job.clone();
        spawn_blocking(move || -> Result<_, Error> {
            let sources = check_paths(&job)?;
            let destination = open_destination(&job, &tag)?;
            let places = Places::of(&job.destination);
            let scratch = Scratch::new(&job.scratch, &tag);
            scratch.clean();
            Ok((sources, destination, places, scratch))
        })
    };
    let (sources, destination, places, scratch) = joined(opened).await?;
    let remote = sources.iter().filter_map(|(_, source)| source.remote()).chain(destination.remote());
    for place in remote {
        session.controls.endpoints.bound(place.endpoint(), place.sessions());
    }
    if let Destination::Remote(place) = &destination {
        if sources.iter().filter_map(|(_, source)| source.remote()).any(|it| it.shares_connections(place)) {
            place.serve_both_ends();
        }
        // What is not there now is waited for when its turn comes; only what it can do is asked here.
        let line = Line::new(Arc::new(Controls::new(&job)), Arc::new(IntakeSwitch::new()), false);
        if let Err(refusal) = place.probe_destination(&line).await {
            tracing::warn!(why = %refusal, "the destination does not say what it can do");
            // A service that does not know the condition would replace unseen. So it is looked first.
            place.set_guards(false);
        }
    }
    let mapper = Mapper::prepare(&job)?;
    let claims = load_claims(&session.checkpoint, &job, &sources, &mapper, places).await?;
    let memory = Memory::new(&job.control);
    let site = Site { sources, destination, delivery: job.deliver, mapper, claims, times, memory, scratch };
    Ok(Ground { site: Arc::new(site), steps, watch: job.watch })
}

fn open_destination(job: &JobSpec, tag: &str) -> Result<Destination, Error> {
    match &job.destination {
        Location::Local(path) => {
            let opened = Folder::open(path, tag);
            let opened = opened.map_err(|error| CheckpointError::Io { path: path.clone(), error })?;
            Ok(Destination::Local(opened))
        }
        Location::Remote(remote) => {
            let shown = job.destination.to_string();
            Ok(Destination::Remote(Arc::new(connect(remote, &shown, job, &access_of(job)?)?.marked(tag))))
        }
    }
}

/// How a stretch ended.
enum Stretch {
    /// Nothing is pending any more.
    Complete,
    /// The sample that was asked for has been tried.
    Sampled,
    /// The intake closed: paused, stopped, or an outage.
    Halted(Option<Away>),
}

async fn run(session: Arc<Session>, ground: Ground, mut sample: Option<u32>) {
    let mut waiting: Option<Waiting> = None;
    loop {
        let work = Arc::new(Work {
            site: Arc::clone(&ground.site),
            steps: ground.steps.clone(),
            controls: Arc::clone(&session.controls),
            intake: session.open_intake(),
        });
        // Who paused or stopped before this intake was there has closed the one before it.
        match session.state() {
            state if state.goes_on() => {}
            State::Stopping => work.intake.close(Intake::Cut),
            _ => work.intake.close(Intake::Closed),
        }
        let ended = tokio::select! {
            ended = stretch(&session, &work, ground.watch.as_ref(), &mut waiting, &mut sample) => ended,
            never = announce_outage(&session, &work) => match never {},
            never = pilot::steer(&session, &work) => match never {},
        };
        let away = match ended {
            Ok(Stretch::Complete) => match complete(&session).await {
                Ok(true) => return,
                // Somebody sent records back in the last moment.
                Ok(false) => continue,
                Err(error) => Some(checkpoint_away(&error)),
            },
            Ok(Stretch::Sampled) => match session.step(Transition::Pause, None, &[]).await {
                Err(error) if session.state() == State::Running => Some(checkpoint_away(&error)),
                // Or somebody paused or stopped it in this very moment.
                _ => None,
            },
            Ok(Stretch::Halted(away)) => away,
            Err(error) => Some(checkpoint_away(&error.into())),
        };
        match (session.state(), away) {
            (state, Some(away)) if state.goes_on() => {
                let now = waiting.get_or_insert_with(|| Waiting::new(away.since_ms));
                match now.out(&session, &ground.site, away).await {
                    Ending::Over => continue,
                    Ending::Halted => {}
                }
            }
            // The intake closes by an outage, a pause or a stop; without any of them it goes on.
            (state, None) if state.goes_on() => continue,
            // Paused or stopped just when it began: what it spoiled is not counted all the same.
            (_, Some(away)) => Waiting::new(away.since_ms).take_back(&session, &away).await,
            _ => {}
        }
        let outage = session.picture().outage;
        if let Err(error) = session.step(Transition::Drained, outage.clone(), &[]).await {
            tracing::error!(%error, "the end of the run could not be recorded");
            let to = if session.state() == State::Stopping { State::Stopped } else { State::Paused };
            session.step_unrecorded(to, outage).await;
        }
        return;
    }
}

/// The run's last step, with the catalogue that the job asks for. False: something is pending again.
async fn complete(session: &Session) -> Result<bool, Error> {
    if let Some(catalogue) = session.job().catalogue_out
        && session.checkpoint.balance().await?.pending == 0
    {
        let all = catalogue.records == CatalogueRecords::All;
        let to = &catalogue.path;
        let written = report::catalogue::export(&session.checkpoint, all, to, Bounds::SPREADSHEET).await;
        let file = to.display().to_string();
        // What was delivered stays delivered; the catalogue can be written at any time.
        let event = match written {
            Ok(exported) => EventKind::CatalogueWritten { file, records: exported.records },
            Err(error) => {
                tracing::error!(%error, "the catalogue is not written");
                EventKind::CatalogueFailed { file, message: error.to_string() }
            }
        };
        session.checkpoint.add_event(&event).await?;
    }
    session.complete().await
}

/// Tells of an outage as soon as it closes the intake, not only when the batch has drained.
async fn announce_outage(session: &Session, work: &Work) -> std::convert::Infallible {
    work.intake.closed().await;
    if let Some(away) = work.intake.outage() {
        let outage = session.picture().outage.map_or_else(
            || outage_of(&away),
            |known| crate::event::Outage {
                since_ms: known.since_ms,
                probes: known.probes,
                ..outage_of(&away)
            },
        );
        let began = EventKind::OutageBegan { outage: outage.clone() };
        let is_new = matches!(session.state(), State::Running | State::Watching);
        let events = if is_new { vec![began] } else { Vec::new() };
        if let Err(error) = session.step(Transition::Outage, Some(outage), &events).await {
            tracing::warn!(%error, "the outage is not announced");
        }
    }
    std::future::pending().await
}

fn checkpoint_away(error: &Error) -> Away {
    let (stage, category) = (Stage::Deliver, Category::CheckpointUnusable);
    Away::now(match Problem::of(error) {
        Some(problem) => {
            let (problem, said) = (Box::new(problem), error.to_string());
            Failure::of(stage, category, Why::Checkpoint { problem, said })
        }
        None => Failure::new(stage, category, error.to_string()),
    })
}

/// Puts right what a dead run left, then runs batches on both lanes until nothing is pending or the
/// intake closes. After an outage, one record is tried first.
async fn stretch(
    session: &Arc<Session>,
    work: &Arc<Work>,
    watched: Option<&Watch>,
    waiting: &mut Option<Waiting>,
    sample: &mut Option<u32>,
) -> Result<Stretch, CheckpointError> {
    release_dead_leases(session, work).await?;
    if let Some(gone) = whats_gone(&work.site) {
        work.intake.report_outage(Away::now(gone));
    }
    if work.intake.position() == Intake::Open
        && let Some(over) = waiting.as_ref()
    {
        lane::trial(session, work).await?;
        if work.intake.position() == Intake::Open {
            over.end(session).await?;
            *waiting = None;
        }
    }
    if let Some(left) = sample {
        lane::sample(session, work, left).await?;
        if work.intake.position() != Intake::Open {
            return Ok(Stretch::Halted(work.intake.outage()));
        }
        if session.checkpoint.balance().await?.pending > 0 {
            return Ok(Stretch::Sampled);
        }
    }
    let open = watched.map(|watched| (watched, session.lanes.stay_open()));
    let watching = async {
        match open {
            Some((watched, open)) => watch::follow(session, work, watched, open).await,
            None => Ok(()),
        }
    };
    session.lanes.begin();
    let [main, recovery, aside] = Lane::ALL.map(|lane| lane::run(session, work, lane));
    let (arriving, main, recovery, aside) = tokio::join!(watching, main, recovery, aside);
    arriving.and(main).and(recovery).and(aside)?;
    if work.intake.position() == Intake::Open {
        make_empty_folders(session, &work.site).await?;
        return Ok(Stretch::Complete);
    }
    Ok(Stretch::Halted(work.intake.outage()))
}
