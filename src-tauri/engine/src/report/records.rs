//! Records as they are shown.

use std::path::PathBuf;

use crate::api::{
    BalancePart, DoneStep, Order, RecordDetail, RecordFilter, RecordPage, Selection, ShownRecord,
};
use crate::checkpoint::{Checkpoint, Place, RecordRow};
use crate::error::Error;
use crate::record::{Evidence, RawPath, RecordId, RecordState, show_text};
use crate::report::failures::{self, source_of};
use crate::spec::{JobSpec, Location};
use crate::stage::target_of;
use crate::storage::destination::rules_of;
use crate::storage::local::platform;
use crate::storage::names::NameRules;

/// What is needed to show a record's places.
pub(crate) struct Places {
    roots: Vec<Location>,
    prefixes: Vec<RawPath>,
    rules: NameRules,
}

impl Places {
    pub(crate) async fn of(checkpoint: &Checkpoint, job: &JobSpec) -> Result<Self, Error> {
        Ok(Self {
            roots: job.roots(),
            prefixes: checkpoint.prefixes().await?,
            rules: rules_of(&job.destination),
        })
    }

    /// Where a record's content is below the destination. None: it is not there.
    fn target(&self, record: &RecordRow) -> Option<RawPath> {
        let is_there = matches!(record.state, RecordState::Delivered | RecordState::Skipped);
        let mirrored = || {
            self.prefixes.get(record.source).and_then(|prefix| target_of(prefix, &record.path, self.rules))
        };
        is_there.then(|| record.target.clone().or_else(mirrored)).flatten()
    }

    /// A record, ready to show.
    pub(crate) fn shown(&self, record: RecordRow) -> ShownRecord {
        ShownRecord {
            id: record.id,
            part: part_of(record.state),
            source: source_of(&self.roots, record.source, &record.path),
            target: self.target(&record).map(|target| target.to_string()),
            size: record.size,
            attempts: record.attempts,
            hash: record.hash,
            evidence: record.evidence.as_deref().and_then(Evidence::from_word),
            reason: record.reason,
            message: record.note.or(record.message).map(|text| show_text(&text)),
            ended_ms: record.ended_ms,
            row: record.row,
            external_id: record.external_id.map(|text| show_text(&text)),
            source_version: record.objects.source_version.map(|text| show_text(&text)),
            source_class: record.objects.source_class.map(|text| show_text(&text)),
            target_version: record.objects.target_version.map(|text| show_text(&text)),
            service_checksum: record.objects.service_checksum,
        }
    }
}

/// The part of the balance that a state counts in.
pub(crate) fn part_of(state: RecordState) -> BalancePart {
    match state {
        RecordState::Pending | RecordState::Leased => BalancePart::Pending,
        RecordState::Delivered => BalancePart::Delivered,
        RecordState::Failed => BalancePart::Failed,
        RecordState::Skipped => BalancePart::Skipped,
        RecordState::Excluded => BalancePart::Excluded,
    }
}

/// A page of records.
pub(crate) async fn page(
    checkpoint: &Checkpoint,
    job: &JobSpec,
    filter: &RecordFilter,
    place: Place,
) -> Result<RecordPage, Error> {
    let places = Places::of(checkpoint, job).await?;
    let (rows, page) = checkpoint.record_page(filter, place).await?;
    Ok(RecordPage { records: rows.into_iter().map(|row| places.shown(row)).collect(), next: page.next })
}

/// Everything that is known of one record.
pub(crate) async fn detail(
    checkpoint: &Checkpoint,
    job: &JobSpec,
    id: RecordId,
) -> Result<Option<RecordDetail>, Error> {
    let places = Places::of(checkpoint, job).await?;
    let Some(row) = checkpoint.records_of(&[id]).await?.pop() else { return Ok(None) };
    let standing = checkpoint.standing(&[id]).await?.pop();
    let selection = Selection { ids: vec![id], ..Selection::default() };
    let failures =
        failures::page(checkpoint, job, &selection, Order::default(), Place::first(1)).await?.failures;
    let done = checkpoint.done_steps(id).await?;
    Ok(Some(RecordDetail {
        path: row.path.to_string(),
        record: places.shown(row),
        failure: failures.into_iter().next().map(|listed| listed.record),
        fields: standing.map(|standing| standing.fields).unwrap_or_default(),
        done: done.into_iter().map(|(step, at_ms, result)| DoneStep { step, at_ms, result }).collect(),
        attempts: checkpoint.attempts_of(id, 1000).await?,
    }))
}

/// Where a record's file is on this computer.
pub(crate) async fn place_of(
    checkpoint: &Checkpoint,
    job: &JobSpec,
    id: RecordId,
    delivered: bool,
) -> Result<Option<PathBuf>, Error> {
    let places = Places::of(checkpoint, job).await?;
    let Some(row) = checkpoint.records_of(&[id]).await?.pop() else { return Ok(None) };
    let (root, below) = if delivered {
        let Some(target) = places.target(&row) else { return Ok(None) };
        (job.destination.local(), target)
    } else {
        (places.roots.get(row.source).and_then(Location::local), row.path)
    };
    Ok(root.and_then(|root| {
        if below.0.is_empty() { Some(root.to_owned()) } else { Some(root.join(platform::to_path(&below)?)) }
    }))
}
