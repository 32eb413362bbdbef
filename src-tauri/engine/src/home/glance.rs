//! A look at one migration's file: enough for a line in a list.

use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::checkpoint::Checkpoint;
use crate::error::Error;
use crate::record::Balance;
use crate::spec::JobSpec;
use crate::state::{State, Transition, next_state};

/// How long a file may take to answer. One on a network share that is away never does.
const PATIENCE: Duration = Duration::from_secs(5);

/// Sources that are named; of more than so many only the number is worth telling.
const NAMED: usize = 3;

/// What a list tells of a migration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Glance {
    /// What people call it; may be empty.
    pub name: String,
    /// The first sources and catalogues, at most three.
    pub from: Vec<String>,
    /// How many sources and catalogues there are.
    pub sources: usize,
    /// The destination.
    pub to: String,
    /// Where it stands.
    pub state: State,
    /// Whether a program has it open to run it.
    pub open: bool,
    /// The reconciliation.
    pub balance: Balance,
    /// When something last happened there, in milliseconds since 1970 (UTC).
    pub last_ms: i64,
}

impl Glance {
    pub(crate) fn new(job: &JobSpec, state: State, open: bool, balance: Balance, last_ms: i64) -> Self {
        let sources = job.sources.iter().map(ToString::to_string);
        let catalogues = job.catalogues.iter().map(|catalogue| catalogue.file.display().to_string());
        Self {
            name: job.name.clone(),
            from: sources.chain(catalogues).take(NAMED).collect(),
            sources: job.sources.len() + job.catalogues.len(),
            to: job.destination.to_string(),
            state,
            open,
            balance,
            last_ms,
        }
    }

    /// Reads it from the file, also while another process runs it.
    pub(super) async fn of(checkpoint: &Path) -> Result<Self, Error> {
        at(checkpoint, async |file| {
            let recorded = file.state().await?;
            let open = file.is_run_elsewhere();
            // A run that nobody holds any more has died; the next opening puts that right.
            let state = if open { recorded } else { next_state(recorded, Transition::FoundDead)? };
            let (job, balance) = (file.job().await?, file.balance().await?);
            Ok(Self::new(&job, state, open, balance, file.last_happened_ms().await?))
        })
        .await
    }
}

/// What a migration is told to do, also while another process runs it.
pub async fn job_of(checkpoint: &Path) -> Result<JobSpec, Error> {
    at(checkpoint, async |file| Ok(file.job().await?)).await
}

async fn at<T>(
    checkpoint: &Path,
    read: impl AsyncFnOnce(&Checkpoint) -> Result<T, Error>,
) -> Result<T, Error> {
    let reading = async {
        let file = Checkpoint::open_to_glance(checkpoint).await?;
        let read = read(&file).await;
        file.close().await;
        read
    };
    tokio::time::timeout(PATIENCE, reading)
        .await
        .unwrap_or_else(|_| Err(Error::NoAnswer { path: checkpoint.to_owned(), waited: PATIENCE }))
}
