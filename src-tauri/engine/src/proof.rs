//! The account of a migration, and what was proven of it as a whole.

use crate::api::{Duplicates, Proven, Reconciliation, Verified};
use crate::checkpoint::Checkpoint;
use crate::clock::now_ms;
use crate::error::Error;
use crate::record::Evidence;
use crate::state::State;
use crate::verify::VerifyReport;

/// Under which name the latest verification is kept.
const VERIFIED: &str = "verified";

/// Under which name the latest look for duplicates is kept.
const DUPLICATES: &str = "duplicates";

/// The program, for reports.
pub(crate) const TOOL: &str = concat!("Sluice ", env!("CARGO_PKG_VERSION"));

/// Who uses the program, as the system says: `anna@edit-3`. A statement, no signature.
pub(crate) fn who() -> String {
    let told = |names: &[&str]| {
        names.iter().find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    };
    let user = told(&["USER", "USERNAME", "LOGNAME"]).unwrap_or_else(|| "unknown".into());
    match told(&["HOSTNAME", "COMPUTERNAME"]) {
        Some(host) => format!("{user}@{host}"),
        None => user,
    }
}

/// The account of a migration.
pub(crate) async fn reconciliation(checkpoint: &Checkpoint) -> Result<Reconciliation, Error> {
    let balance = checkpoint.balance().await?;
    let proven = checkpoint.delivered_by_evidence().await?;
    Ok(Reconciliation {
        balance,
        holds: balance.holds(),
        left: checkpoint.left().await?,
        proven: proven
            .into_iter()
            .filter_map(|(word, records)| Some(Proven { evidence: Evidence::from_word(&word)?, records }))
            .collect(),
        excluded: checkpoint.excluded_by_policy().await?,
        verified: checkpoint.proof(VERIFIED).await?,
        duplicates: checkpoint.proof(DUPLICATES).await?,
    })
}

/// Looks for delivered records with the same content.
pub(crate) async fn find_duplicates(checkpoint: &Checkpoint, state: State) -> Result<Duplicates, Error> {
    if state.is_active() {
        return Err(Error::LookInUse);
    }
    let (records, contents, bytes) = checkpoint.find_duplicates().await?;
    let found = Duplicates { at_ms: now_ms(), records, contents, bytes };
    checkpoint.keep_proof(DUPLICATES, &found).await?;
    Ok(found)
}

/// Keeps the result of a verification of the whole.
pub(crate) async fn keep_verified(checkpoint: &Checkpoint, report: &VerifyReport) -> Result<(), Error> {
    let verified = Verified { at_ms: now_ms(), by: who(), tool: TOOL.to_owned(), report: report.clone() };
    Ok(checkpoint.keep_proof(VERIFIED, &verified).await?)
}
