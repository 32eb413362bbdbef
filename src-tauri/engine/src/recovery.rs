//! Recovery: failed records go back to pending, to be tried again.

use crate::api::Selection;
use crate::error::Error;
use crate::session::Session;
use crate::state::Transition;

/// Sends the chosen failed records back. Gives their number.
pub(crate) async fn reprocess(session: &Session, selection: &Selection) -> Result<u64, Error> {
    // Checks first that nothing is at work; with nothing to reprocess the state stays.
    crate::state::next_state(session.state(), Transition::Reprocess)?;
    let records = session.checkpoint.requeue_failed(selection).await?;
    if records > 0 {
        session.live.set_balance(session.checkpoint.balance().await?);
        session.step(Transition::Reprocess, None, &[]).await?;
    }
    Ok(records)
}
