//! The initiator: leases a limited batch and splits it over the streams.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::record::{GroupId, LeasedRecord};

/// What a file costs beside its bytes, as bytes: opening, creating and renaming take about as long
/// as moving this much. Without it a stream could get all the small files.
const COST_OF_A_FILE: u64 = 64 << 10;

/// Splits a batch by cost, large files first (longest processing time first: Graham, "Bounds on
/// multiprocessing timing anomalies", 1969), so that the streams end together. What failed before
/// comes before all: it may take its whole timeout again, and nobody should wait for that at the
/// barrier.
///
/// Records of a group stay together, one behind the other: one worker takes them.
///
/// Gives exactly `streams` parts; some are empty where there are fewer records.
pub(crate) fn split(records: Vec<LeasedRecord>, streams: usize) -> Vec<Vec<LeasedRecord>> {
    let mut parts: Vec<(u64, Vec<LeasedRecord>)> = (0..streams.max(1)).map(|_| (0, Vec::new())).collect();
    let mut units = units(records);
    units.sort_by_cached_key(|unit| {
        let is_first_try = unit.iter().all(|record| record.tries == 0);
        (is_first_try, Reverse(size(unit)), unit.first().map(|record| record.id))
    });
    for mut unit in units {
        let least = (0..parts.len()).min_by_key(|part| parts[*part].0).unwrap_or_default();
        let (cost, part) = &mut parts[least];
        let files = COST_OF_A_FILE.saturating_mul(unit.len() as u64);
        *cost = cost.saturating_add(size(&unit)).saturating_add(files);
        part.append(&mut unit);
    }
    parts.into_iter().map(|(_, part)| part).collect()
}

fn size(unit: &[LeasedRecord]) -> u64 {
    unit.iter().fold(0, |sum, record| sum.saturating_add(record.size))
}

/// Single records, and groups in the order of their numbers.
fn units(records: Vec<LeasedRecord>) -> Vec<Vec<LeasedRecord>> {
    let mut units = Vec::with_capacity(records.len());
    let mut groups: BTreeMap<GroupId, Vec<LeasedRecord>> = BTreeMap::new();
    for record in records {
        match record.group {
            Some(group) => groups.entry(group).or_default().push(record),
            None => units.push(vec![record]),
        }
    }
    for mut group in groups.into_values() {
        group.sort_by_key(|record| (Reverse(record.size), record.id));
        units.push(group);
    }
    units
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn records(sizes: &[u64]) -> Vec<LeasedRecord> {
        let record = |(index, size): (usize, &u64)| LeasedRecord {
            id: index as i64,
            size: *size,
            ..LeasedRecord::default()
        };
        sizes.iter().enumerate().map(record).collect()
    }

    fn cost(part: &[LeasedRecord]) -> u128 {
        part.iter().map(|record| u128::from(record.size) + u128::from(COST_OF_A_FILE)).sum()
    }

    proptest! {
        #[test]
        fn every_record_is_in_exactly_one_part(sizes in proptest::collection::vec(0u64..1 << 40, 0..300), streams in 1usize..16) {
            let parts = split(records(&sizes), streams);
            prop_assert_eq!(parts.len(), streams);
            let mut ids: Vec<i64> = parts.iter().flatten().map(|record| record.id).collect();
            ids.sort_unstable();
            prop_assert_eq!(ids, (0..sizes.len() as i64).collect::<Vec<_>>());
        }

        /// Graham's bound: the longest part is at most 4/3 of the best split, and that one can be
        /// no shorter than the mean or the largest record.
        #[test]
        fn the_streams_end_together(sizes in proptest::collection::vec(0u64..1 << 40, 1..300), streams in 1usize..16) {
            let all = records(&sizes);
            let largest = all.iter().map(|record| cost(std::slice::from_ref(record))).max().unwrap();
            let mean = cost(&all) / streams as u128;
            let longest = split(all, streams).iter().map(|part| cost(part)).max().unwrap();
            prop_assert!(longest <= mean + largest);
        }

        /// Whole groups stay in one part, without anybody between.
        #[test]
        fn groups_stay_together(groups in proptest::collection::vec(proptest::option::of(0i64..8), 0..100), streams in 1usize..8) {
            let mut all = records(&vec![5; groups.len()]);
            all.iter_mut().zip(&groups).for_each(|(record, group)| record.group = *group);
            let parts = split(all, streams);
            prop_assert_eq!(parts.iter().map(Vec::len).sum::<usize>(), groups.len());
            let runs = parts.iter().flat_map(|part| part.chunk_by(|a, b| a.group.is_some() && a.group == b.group));
            let runs: Vec<_> = runs.filter_map(|run| run[0].group).collect();
            let distinct: std::collections::BTreeSet<_> = groups.iter().flatten().collect();
            prop_assert_eq!(runs.len(), distinct.len());
        }

        #[test]
        fn large_files_come_first(sizes in proptest::collection::vec(0u64..1 << 40, 0..100), streams in 1usize..8) {
            for part in split(records(&sizes), streams) {
                prop_assert!(part.is_sorted_by(|a, b| a.size >= b.size));
            }
        }
    }
}
