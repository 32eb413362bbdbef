//! What a run puts right before it starts and after it ends, and what it looks for between batches.

use std::path::Path;
use std::sync::Arc;

use tokio::task::spawn_blocking;

use crate::checkpoint::CheckpointError;
use crate::collector::complete_publications;
use crate::event::EventKind;
use crate::failure::{Category, Stage, Why};
use crate::record::Failure;
use crate::session::Session;
use crate::stage::{Site, mirrored, target_of};
use crate::storage::local::platform::to_shown;
use crate::stream::Work;

/// Records that a dead run held go back to pending; what it left under temporary names is removed, but for
/// groups that were about to get their final names: those are completed.
pub(crate) async fn release_dead_leases(session: &Session, work: &Arc<Work>) -> Result<(), CheckpointError> {
    let orphans = session.checkpoint.orphaned_leases().await?;
    if orphans.is_empty() {
        return Ok(());
    }
    if let Some(balance) = complete_publications(&session.checkpoint, &orphans, work).await? {
        session.live.set_balance(balance);
    }
    let site = Arc::clone(&work.site);
    let removing = spawn_blocking(move || {
        for orphan in &orphans {
            if let Some(folder) = site.destination.local()
                && let Some(target) = orphan.mapped.clone().or_else(|| mirrored(orphan, &site))
            {
                folder.remove_parts(orphan, &target);
            }
        }
    });
    // What could not be removed here is replaced when its record is tried again.
    let _ = removing.await;
    session.checkpoint.release_leases().await?;
    Ok(())
}

/// The source or destination that is no longer there: an unplugged drive leaves an empty folder,
/// and nothing must be written into that.
pub(crate) fn whats_gone(site: &Site) -> Option<Failure> {
    let gone = |category, folder: Option<&Path>, shown: String| {
        let why = if folder.is_some_and(Path::exists) {
            Why::Another { place: shown }
        } else {
            Why::Gone { place: shown }
        };
        Failure::of(Stage::Ingest, category, why)
    };
    if !site.destination.is_there() {
        let folder = site.destination.local().map(|folder| folder.root());
        return Some(gone(Category::DestinationGone, folder, site.destination.shown()));
    }
    let missing = site.sources.iter().find(|(_, source)| !source.is_there());
    missing.map(|(_, source)| {
        gone(Category::SourceGone, source.local().map(|folder| folder.root.as_path()), source.shown())
    })
}

/// Folders without files are made last; one that cannot be made is told and holds nothing up. A service
/// that keeps objects has no folders: there is nothing to be made.
pub(crate) async fn make_empty_folders(session: &Session, site: &Arc<Site>) -> Result<(), CheckpointError> {
    let mut after = 0;
    loop {
        let page = session.checkpoint.empty_folders_after(after, 1000).await?;
        let Some((last, ..)) = page.last() else { return Ok(()) };
        after = *last;
        let site = Arc::clone(site);
        let failed = spawn_blocking(move || {
            page.into_iter()
                .filter_map(|(_, source, path)| make_folder(&site, source, &path))
                .collect::<Vec<_>>()
        });
        for event in failed.await.unwrap_or_default() {
            session.checkpoint.add_event(&event).await?;
        }
    }
}

fn make_folder(site: &Site, source: usize, path: &crate::record::RawPath) -> Option<EventKind> {
    let target =
        site.sources.get(source).and_then(|source| target_of(&source.prefix, path, site.destination.rules()));
    let folder =
        target.filter(|target| !target.0.is_empty()).and_then(|target| site.destination.path(&target))?;
    let error = site.destination.local()?.prepare_folder(&folder).err()?;
    Some(EventKind::FolderFailed { path: to_shown(folder.as_os_str()), message: error.to_string() })
}
