//! Recovery: failed records go back to pending, to be tried again.

mod amending;

use std::path::Path;

use crate::api::Selection;
use crate::error::Error;
use crate::record::Lane;
use crate::report::corrections::{self, Corrections, Found};
use crate::report::words::count;
use crate::session::Session;
use crate::state::{Transition, next_state};

pub(crate) use amending::{PathRule, amend, preview};

/// Sends the chosen failed records back: onto the recovery lane while the run is at work, else to
/// where they came from. Gives their number.
pub(crate) async fn reprocess(session: &Session, selection: &Selection) -> Result<u64, Error> {
    let (records, at_work) = session
        .between_steps(async |state| {
            // With nothing to reprocess the state stays.
            next_state(state, Transition::Reprocess)?;
            let at_work = state.is_active();
            let lane = if at_work { Lane::Recovery } else { Lane::Main };
            Ok((session.checkpoint.requeue_failed(selection, lane).await?, at_work))
        })
        .await?;
    sent_back(session, records, at_work).await?;
    Ok(records)
}

/// Tells everybody that records went back.
async fn sent_back(session: &Session, records: u64, at_work: bool) -> Result<(), Error> {
    if records > 0 {
        session.live.set_balance(session.checkpoint.balance().await?);
        if at_work {
            session.lanes.tell(Lane::Recovery);
        } else {
            session.step(Transition::Reprocess, None, &[]).await?;
        }
    }
    Ok(())
}

/// Applies a corrected failure report and sends the mended records back, or changes nothing. Gives
/// what it changed.
pub(crate) async fn correct(session: &Session, report: &Path) -> Result<Corrections, Error> {
    let Found { shown, corrections } = corrections::find(&session.checkpoint, report).await?;
    let refused =
        |why: String, advice: &str| Error::Correction { path: report.to_owned(), why, advice: advice.into() };
    if let Some(first) = shown.problems.first() {
        return Err(refused(
            format!("has {} rows that make no sense; {}: {}", count(shown.wrong), first.place, first.message),
            "Nothing was changed. Look at all of them with `sluice correct` without --apply.",
        ));
    }
    if corrections.is_empty() {
        return Ok(shown);
    }
    let (records, at_work) = session
        .between_steps(async |state| {
            next_state(state, Transition::Reprocess)?;
            let at_work = state.is_active();
            let lane = if at_work { Lane::Recovery } else { Lane::Main };
            let records = session.checkpoint.correct(&corrections, lane).await?.ok_or_else(|| {
                refused(
                    "corrects records that are tried again at this moment".into(),
                    "Nothing was changed. Wait for them, export the report anew, and correct what still failed.",
                )
            })?;
            Ok((records, at_work))
        })
        .await?;
    sent_back(session, records, at_work).await?;
    Ok(shown)
}

/// Marks failed records as left, with a note.
pub(crate) async fn leave(session: &Session, selection: &Selection, note: &str) -> Result<u64, Error> {
    if note.trim().is_empty() {
        return Err(Error::Amendment { why: "a record is left with a note that says why; write one".into() });
    }
    Ok(session.checkpoint.leave(selection, note.trim()).await?)
}
