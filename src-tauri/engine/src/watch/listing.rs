//! One listing of the watched folders: the truth, compared page by page with what was taken in.

use std::path::Path;

use tokio::sync::mpsc;

use super::arrivals::Sighting;
use super::marker::Markers;
use crate::checkpoint::{PlannedFate, PlannedRecord};
use crate::control::intake::{Intake, IntakeSwitch};
use crate::source::{Found, modified_ns, policy, walk};
use crate::storage::local::folder::Folder;
use crate::storage::sources::Sources;

/// Entries compared at once.
const PAGE: usize = 2000;

/// Lists so many of the sources, from the first, and sends the entries in pages. Blocks. Ends early when
/// the intake closes or nobody takes the pages. `checkpoint`: the migration's own file, which is left out.
pub(super) fn list(
    sources: &Sources,
    watched: usize,
    marker: Option<&str>,
    checkpoint: &Path,
    intake: &IntakeSwitch,
    send: &mpsc::Sender<Vec<Sighting>>,
) {
    let mut page = Vec::new();
    let folders = sources.iter().take(watched).filter_map(|(number, source)| Some((number, source.local()?)));
    for (number, source) in folders {
        let mut markers = marker.map(|marker| Markers::new(marker, &source.root));
        let goes_on = walk(number, source, checkpoint, &mut |found| {
            // An empty folder may be about to be filled.
            if let Found::Record(record, modified) = found {
                page.extend(sight(source, record, modified, markers.as_mut()));
            }
            let sent = page.len() < PAGE || send.blocking_send(std::mem::take(&mut page)).is_ok();
            sent && intake.position() == Intake::Open
        });
        if !goes_on {
            return;
        }
    }
    let _ = send.blocking_send(page);
}

/// An entry as it counts here. None: it has just gone.
fn sight(
    source: &Folder,
    mut record: PlannedRecord,
    mut modified: Option<i64>,
    markers: Option<&mut Markers>,
) -> Option<Sighting> {
    let Some(markers) = markers.filter(|_| matches!(record.fate, PlannedFate::Pending)) else {
        return Some(Sighting { record, modified, marked: None });
    };
    if markers.is_marker(&record.path) {
        record = PlannedRecord { size: 0, fate: PlannedFate::Excluded(policy::MARKER), ..record };
        return Some(Sighting { record, modified: None, marked: Some(true) });
    }
    let file = source.file(&record.path)?;
    let marked = markers.marks(&file);
    if marked {
        // It may have grown since it was looked at; by the time of its marker it had not.
        let metadata = file.symlink_metadata().ok()?;
        if !metadata.is_file() {
            return None;
        }
        record.size = metadata.len();
        modified = modified_ns(&metadata);
    }
    Some(Sighting { record, modified, marked: Some(marked) })
}
