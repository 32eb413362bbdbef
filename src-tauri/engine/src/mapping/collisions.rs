//! Who has which target: no two records may have the same, as the destination tells names apart.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use xxhash_rust::xxh3::xxh3_64;

use crate::failure::{Category, Stage, Why};
use crate::record::{Failure, RawPath, RecordId};
use crate::spec::Location;
use crate::spec::OnCollision;
use crate::storage::destination::rules_of;
use crate::storage::local::platform;
use crate::storage::names::{NAME_MAX, NameRules, fold};
use crate::template::short;

/// What stands for a target: two with the same key are one file for the destination.
pub(crate) type Key = u64;

/// How a destination tells names apart, and which it can hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Places {
    pub(crate) rules: NameRules,
    /// Names that differ only in case, or in how their characters are composed, are the same.
    pub(crate) folds: bool,
}

impl Places {
    /// Looks at the destination, or at the folder that it will be made in. Blocks.
    pub(crate) fn of(destination: &Location) -> Self {
        let folds = destination.local().and_then(existing).is_some_and(folds_names);
        Self { folds, ..Self::untried(destination) }
    }

    /// The same without a trial, which would write there: names that differ in case count as two.
    pub(crate) fn untried(destination: &Location) -> Self {
        let rules = match destination.local() {
            Some(path) => platform::name_rules(existing(path).unwrap_or(path)),
            None => rules_of(destination),
        };
        Self { rules, folds: false }
    }

    pub(crate) fn key(self, target: &RawPath) -> Key {
        if self.folds { xxh3_64(fold(&target.0).as_bytes()) } else { xxh3_64(&target.0) }
    }

    /// `name (2).ext`, with a shorter stem where the name would be too long otherwise.
    fn numbered(self, target: &RawPath, number: u32) -> RawPath {
        let name = target.file_name();
        let folder = &target.0[..target.0.len() - name.len()];
        let dot = name.iter().rposition(|byte| *byte == b'.').filter(|at| *at > 0).unwrap_or(name.len());
        let (stem, extension) = name.split_at(dot);
        let number = format!(" ({number})");
        let room = NAME_MAX.saturating_sub(number.len() + extension.len());
        let stem = match std::str::from_utf8(stem) {
            Ok(text) => short(text, room).as_bytes(),
            Err(_) => &stem[..stem.len().min(room)],
        };
        RawPath([folder, stem, number.as_bytes(), extension].concat())
    }
}

/// The folder itself, or the one that it will be made in.
fn existing(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|ancestor| ancestor.is_dir())
}

/// Whether a folder takes names that differ in case for the same, found out by trying.
fn folds_names(folder: &Path) -> bool {
    let probe = tempfile::Builder::new().prefix(".sluice-probe-").suffix(".part").tempfile_in(folder);
    let Ok(probe) = probe else { return false };
    let name = probe.path().file_name().map(|name| name.to_string_lossy().to_uppercase());
    name.is_some_and(|name| folder.join(name).symlink_metadata().is_ok())
}

/// Targets and the records that have them.
#[derive(Debug)]
pub(crate) struct Claims {
    places: Places,
    on_collision: OnCollision,
    /// Sorted by key; the first of a key has it. Sixteen bytes a record: names themselves would not
    /// fit into memory.
    known: Vec<(Key, RecordId)>,
    new: Mutex<New>,
}

#[derive(Debug, Default)]
struct New {
    taken: HashMap<Key, RecordId>,
    /// The numbers that records got, so that another try gets the same.
    numbers: HashMap<RecordId, u32>,
    /// The last number given for a key, so that a million equal names are not tried one by one.
    last: HashMap<Key, u32>,
}

impl Claims {
    /// `known`: what records have by themselves; where two have the same, the earlier in this list
    /// keeps it.
    pub(crate) fn new(places: Places, on_collision: OnCollision, mut known: Vec<(Key, RecordId)>) -> Self {
        known.sort_by_key(|(key, _)| *key);
        Self { places, on_collision, known, new: Mutex::default() }
    }

    /// Records whose own target another one keeps, by number.
    pub(crate) fn twins(&self) -> Vec<RecordId> {
        let twins = self.known.windows(2).filter(|pair| pair[0].0 == pair[1].0);
        let mut twins: Vec<RecordId> = twins.map(|pair| pair[1].1).collect();
        twins.sort_unstable();
        twins
    }

    /// Gives a record the target that it wants, or the one with the next free number.
    pub(crate) fn claim(&self, wanted: RawPath, record: RecordId) -> Result<RawPath, Failure> {
        let mut new = self.new.lock().unwrap_or_else(PoisonError::into_inner);
        let key = self.places.key(&wanted);
        if let Some(number) = new.numbers.get(&record) {
            let target = self.places.numbered(&wanted, *number);
            if new.taken.get(&self.places.key(&target)) == Some(&record) {
                return Ok(target);
            }
        }
        match self.owner(&new, key) {
            Some(owner) if owner == record => return Ok(wanted),
            None => {
                new.taken.insert(key, record);
                return Ok(wanted);
            }
            Some(owner) if self.on_collision == OnCollision::Fail => return Err(collision(&wanted, owner)),
            Some(_) => {}
        }
        let last = new.last.get(&key).copied().unwrap_or(1);
        for number in last.saturating_add(1)..=u32::MAX {
            let target = self.places.numbered(&wanted, number);
            let free = self.places.key(&target);
            if self.owner(&new, free).is_none() {
                new.taken.insert(free, record);
                new.numbers.insert(record, number);
                new.last.insert(key, number);
                return Ok(target);
            }
        }
        Err(collision(&wanted, record))
    }

    /// Takes just this target for a record, beside the one that its content has.
    pub(crate) fn hold(&self, wanted: &RawPath, record: RecordId) -> Result<(), Failure> {
        let mut new = self.new.lock().unwrap_or_else(PoisonError::into_inner);
        let key = self.places.key(wanted);
        match self.owner(&new, key) {
            Some(owner) if owner != record => Err(collision(wanted, owner)),
            Some(_) => Ok(()),
            None => {
                new.taken.insert(key, record);
                Ok(())
            }
        }
    }

    fn owner(&self, new: &New, key: Key) -> Option<RecordId> {
        let at = self.known.partition_point(|(known, _)| *known < key);
        let known = self.known.get(at).filter(|(known, _)| *known == key).map(|(_, record)| *record);
        known.or_else(|| new.taken.get(&key).copied())
    }
}

fn collision(target: &RawPath, owner: RecordId) -> Failure {
    let why = Why::Collision { target: target.to_string(), record: owner };
    Failure::of(Stage::Transform, Category::NameCollision, why)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn path(text: &str) -> RawPath {
        RawPath(text.as_bytes().to_vec())
    }

    /// What each record gets, in their order.
    fn resolve(names: &[String], folds: bool) -> Vec<RawPath> {
        let places = Places { rules: NameRules::Unix, folds };
        let known = names.iter().zip(1..).map(|(name, id)| (places.key(&path(name)), id)).collect();
        let claims = Claims::new(places, OnCollision::Number, known);
        names.iter().zip(1..).map(|(name, id)| claims.claim(path(name), id).unwrap()).collect()
    }

    proptest! {
        /// Few letters, so that names collide by themselves, by case, by composition and by numbers.
        #[test]
        fn no_two_records_share_a_target(names in proptest::collection::vec("(a|A|é|e\u{301})( \\([23]\\)){0,2}(\\.m)?", 1..60), folds: bool) {
            let places = Places { rules: NameRules::Unix, folds };
            let targets = resolve(&names, folds);
            let keys: HashSet<Key> = targets.iter().map(|target| places.key(target)).collect();
            prop_assert_eq!(keys.len(), names.len(), "{:?}", targets);
            // Who has a name by itself, and has it first, keeps it.
            for (at, name) in names.iter().enumerate() {
                let key = places.key(&path(name));
                if names[..at].iter().all(|earlier| places.key(&path(earlier)) != key) {
                    prop_assert_eq!(&targets[at], &path(name));
                }
            }
            prop_assert_eq!(resolve(&names, folds), targets, "the same again");
        }
    }

    #[test]
    fn the_longest_names_are_numbered_too() {
        let long = format!("{}.mov", "é".repeat(125));
        let targets = resolve(&[long.clone(), long.clone(), long], false);
        assert_eq!(targets.iter().collect::<HashSet<_>>().len(), 3);
        for target in targets {
            assert!(NameRules::Unix.legal(&target.0).is_some() && target.0.ends_with(b".mov"), "{target}");
        }
    }

    #[test]
    fn a_record_that_is_tried_again_gets_the_same() {
        let claims =
            Claims::new(Places { rules: NameRules::Unix, folds: true }, OnCollision::Number, Vec::new());
        for _ in 0..3 {
            assert_eq!(claims.claim(path("a.mov"), 1).unwrap(), path("a.mov"));
            assert_eq!(claims.claim(path("A.mov"), 2).unwrap(), path("A (2).mov"));
            assert_eq!(claims.claim(path("a.MOV"), 3).unwrap(), path("a (3).MOV"));
        }
    }

    #[test]
    fn a_hundred_thousand_equal_names_take_no_time() {
        let targets = resolve(&vec!["a".into(); 100_000], false);
        assert_eq!(targets[99_999], path("a (100000)"));
    }

    #[test]
    fn collisions_fail_where_the_job_says_so() {
        let claims =
            Claims::new(Places { rules: NameRules::Unix, folds: false }, OnCollision::Fail, Vec::new());
        claims.claim(path("a"), 1).unwrap();
        assert_eq!(claims.claim(path("a"), 2).unwrap_err().category, Category::NameCollision);
    }
}
