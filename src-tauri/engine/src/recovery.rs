//! Recovery: failed records go back to pending, to be tried again.

use std::path::Path;

use crate::api::{Amendment, Selection};
use crate::error::Error;
use crate::record::{Lane, RawPath};
use crate::report::corrections::{self, Corrections, Found};
use crate::report::words::count;
use crate::session::Session;
use crate::state::{Transition, next_state};
use crate::storage::local::platform;

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

/// Changes failed records before they are tried again.
pub(crate) async fn amend(
    session: &Session,
    selection: &Selection,
    amendment: &Amendment,
) -> Result<u64, Error> {
    let one = selection.ids.len() == 1;
    let new_path = amendment.path.as_ref().map(|path| checked(path)).transpose()?;
    if new_path.is_some() && !one {
        return Err(Error::Amendment {
            why: "a path can be given to one record only; name it by its number".into(),
        });
    }
    if let Some((_, to)) = &amendment.prefix
        && !to.is_empty()
    {
        checked(to.trim_end_matches('/'))?;
    }
    let path = |known: &RawPath| {
        let replaced = amendment.prefix.as_ref().and_then(|(from, to)| {
            let rest = known.0.strip_prefix(from.as_bytes())?;
            Some(RawPath([to.as_bytes(), rest].concat()))
        });
        // A prefix that leaves no path, or one that leads elsewhere, changes nothing.
        new_path.clone().or(replaced).filter(|path| !path.0.is_empty() && platform::to_path(path).is_some())
    };
    Ok(session.checkpoint.amend(selection, amendment, path).await?)
}

fn checked(path: &str) -> Result<RawPath, Error> {
    let raw = RawPath(path.as_bytes().to_vec());
    match platform::to_path(&raw) {
        Some(_) if !path.is_empty() => Ok(raw),
        _ => Err(Error::Amendment {
            why: format!("\"{path}\" is no path below the source; write it with / and without .."),
        }),
    }
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
