//! Which files of a watched folder are complete. Pure: what a listing shows, what the checkpoint knows,
//! and the time come in; a verdict comes out.

use std::collections::HashMap;
use std::time::Duration;

use xxhash_rust::xxh3::xxh3_128_with_seed;

use crate::checkpoint::{PlannedFate, PlannedRecord, Taken};
use crate::record::RecordState;
use crate::spec::{OnChange, Watch};

/// Files that are observed at once; about 100 bytes each. Beyond it, further ones wait until others are
/// complete, and one that changes gives its place up.
const MOST: usize = 200_000;

/// One entry of a listing.
#[derive(Debug, Clone)]
pub(super) struct Sighting {
    pub(super) record: PlannedRecord,
    /// Nanoseconds since 1970. None: not known, or no file.
    pub(super) modified: Option<i64>,
    /// Whether a marker says that it is complete. None: no marker says anything of it.
    pub(super) marked: Option<bool>,
}

/// What is done with an entry of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict<'a> {
    /// It was taken in, and is what it was then.
    Known,
    /// It is not complete yet.
    Arriving,
    /// It is taken in.
    New,
    /// It changed after this was delivered, and is a new record.
    Again(&'a Taken),
    /// It changed after it was delivered, which the job ignores.
    ChangedLater,
    /// It changed, and this record has not come to a good end yet: it stands for what the file is now.
    Renewed(&'a Taken),
}

/// The files that are on their way: seen, not yet complete.
#[derive(Debug)]
pub(super) struct Arrivals {
    quiet: Duration,
    on_change: OnChange,
    most: usize,
    files: HashMap<u128, Observed>,
    listing: u64,
    /// When a file was last seen to be new or to have changed.
    moved_at: Duration,
}

/// What a file was when it was last seen to change.
#[derive(Debug, Clone, Copy)]
struct Observed {
    size: u64,
    modified: Option<i64>,
    since: Duration,
    /// The last listing that showed it.
    listing: u64,
}

impl Arrivals {
    /// `now`, here and below: on any clock that is never set back.
    pub(super) fn new(watch: &Watch, now: Duration) -> Self {
        Self {
            quiet: watch.quiet.duration(),
            on_change: watch.on_change,
            most: MOST,
            files: HashMap::new(),
            listing: 0,
            moved_at: now,
        }
    }

    /// What is to be done with an entry of which the checkpoint knows so much.
    pub(super) fn judge<'a>(
        &mut self,
        seen: &Sighting,
        taken: Option<&'a Taken>,
        now: Duration,
    ) -> Verdict<'a> {
        let is_file = matches!(seen.record.fate, PlannedFate::Pending);
        // What was left out has no time; a file that takes its place was never taken in.
        let taken = taken
            .filter(|taken| !(is_file && taken.state == RecordState::Excluded && taken.modified.is_none()));
        let Some(taken) = taken else {
            // What is left out waits too: a temporary name that vanishes is not worth counting.
            let is_complete = seen.marked.unwrap_or_else(|| self.is_quiet(seen, now));
            return if is_complete { Verdict::New } else { Verdict::Arriving };
        };
        // What became of a file is told once; what cannot be read now says nothing new.
        if !is_file || is_as_taken(seen, taken) {
            return Verdict::Known;
        }
        // A marker said once that it is complete; it cannot say so of the change.
        if seen.marked == Some(false) || !self.is_quiet(seen, now) {
            return Verdict::Arriving;
        }
        match (taken.state, self.on_change) {
            (RecordState::Pending | RecordState::Leased | RecordState::Failed, _) => Verdict::Renewed(taken),
            (_, OnChange::Again) => Verdict::Again(taken),
            (_, OnChange::Ignore) => Verdict::ChangedLater,
        }
    }

    /// Whether a file has been what it is for long enough; it is then observed no more.
    fn is_quiet(&mut self, seen: &Sighting, now: Duration) -> bool {
        let now_seen =
            Observed { size: seen.record.size, modified: seen.modified, since: now, listing: self.listing };
        let key = xxh3_128_with_seed(&seen.record.path.0, seen.record.source as u64);
        let is_full = self.files.len() >= self.most;
        match self.files.get_mut(&key) {
            Some(known) if (known.size, known.modified) == (now_seen.size, now_seen.modified) => {
                known.listing = self.listing;
                let is_quiet = now.saturating_sub(known.since) >= self.quiet;
                if is_quiet {
                    self.files.remove(&key);
                }
                return is_quiet;
            }
            Some(_) if is_full => drop(self.files.remove(&key)),
            Some(known) => *known = now_seen,
            None if is_full => {}
            None => drop(self.files.insert(key, now_seen)),
        }
        self.moved_at = now;
        false
    }

    /// A listing has shown everything: what it did not show is gone.
    pub(super) fn end_listing(&mut self) {
        let listing = self.listing;
        self.files.retain(|_, file| file.listing == listing);
        self.listing += 1;
    }

    /// When the next one is complete, if none of them changes.
    pub(super) fn next_complete(&self) -> Option<Duration> {
        self.files.values().map(|file| file.since + self.quiet).min()
    }

    /// How long no file has been on its way, nor been seen to change.
    pub(super) fn idle_for(&self, now: Duration) -> Option<Duration> {
        self.files.is_empty().then(|| now.saturating_sub(self.moved_at))
    }
}

/// Whether a file is what it was when it was taken in, as far as is known.
fn is_as_taken(seen: &Sighting, taken: &Taken) -> bool {
    let same_time = seen.modified.is_none() || taken.modified.is_none() || seen.modified == taken.modified;
    seen.record.size == taken.size && same_time
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::{Category, Stage};
    use crate::record::{Failure, RawPath};
    use crate::spec::Span;

    const S: fn(u64) -> Duration = Duration::from_secs;

    fn arrivals() -> Arrivals {
        Arrivals::new(&Watch { quiet: Span::s(10), ..Watch::default() }, S(0))
    }

    fn file(name: &str, size: u64, modified: i64) -> Sighting {
        let path = RawPath(name.as_bytes().to_vec());
        let record = PlannedRecord::of_folder(0, path, size, PlannedFate::Pending);
        Sighting { record, modified: Some(modified), marked: None }
    }

    fn taken(state: RecordState, size: u64, modified: Option<i64>) -> Taken {
        Taken { record: 1, state, size, modified, target: None }
    }

    #[test]
    fn a_file_is_complete_when_it_was_quiet_for_long_enough() {
        let mut arrivals = arrivals();
        let mut at = |now, size, modified| arrivals.judge(&file("a", size, modified), None, S(now));
        assert_eq!(at(0, 5, 1), Verdict::Arriving);
        assert_eq!(at(9, 5, 1), Verdict::Arriving);
        assert_eq!(at(9, 6, 1), Verdict::Arriving, "it grew");
        assert_eq!(at(18, 6, 1), Verdict::Arriving);
        assert_eq!(at(18, 6, 2), Verdict::Arriving, "it was written again with the same size");
        assert_eq!(at(27, 6, 2), Verdict::Arriving);
        assert_eq!(at(28, 6, 2), Verdict::New);
    }

    #[test]
    fn times_in_the_past_or_the_future_say_nothing() {
        for modified in [i64::MIN, -1, 0, i64::MAX] {
            let mut arrivals = arrivals();
            assert_eq!(arrivals.judge(&file("a", 5, modified), None, S(0)), Verdict::Arriving);
            assert_eq!(arrivals.judge(&file("a", 5, modified), None, S(10)), Verdict::New);
        }
    }

    #[test]
    fn a_file_that_was_gone_in_between_starts_anew() {
        let mut arrivals = arrivals();
        arrivals.judge(&file("a", 5, 1), None, S(0));
        arrivals.end_listing();
        assert_eq!((arrivals.files.len(), arrivals.next_complete()), (1, Some(S(10))));
        assert_eq!(arrivals.idle_for(S(5)), None);
        arrivals.end_listing();
        assert_eq!((arrivals.files.len(), arrivals.next_complete()), (0, None));
        assert_eq!(arrivals.idle_for(S(5)), Some(S(5)));
        assert_eq!(arrivals.judge(&file("a", 5, 1), None, S(11)), Verdict::Arriving);
        assert_eq!(arrivals.judge(&file("a", 5, 1), None, S(21)), Verdict::New);
    }

    #[test]
    fn a_marker_decides_alone_until_the_file_changes() {
        let marked = |marked, size| Sighting { marked: Some(marked), ..file("a", size, 1) };
        let mut arrivals = arrivals();
        assert_eq!(arrivals.judge(&marked(false, 5), None, S(0)), Verdict::Arriving);
        assert_eq!(arrivals.judge(&marked(false, 5), None, S(100)), Verdict::Arriving);
        assert_eq!(arrivals.files.len(), 0, "what waits for its marker costs no memory");
        assert_eq!(arrivals.judge(&marked(true, 5), None, S(100)), Verdict::New);
        let delivered = taken(RecordState::Delivered, 5, Some(1));
        assert_eq!(arrivals.judge(&marked(true, 5), Some(&delivered), S(101)), Verdict::Known);
        assert_eq!(arrivals.judge(&marked(true, 6), Some(&delivered), S(101)), Verdict::Arriving);
        assert_eq!(arrivals.judge(&marked(true, 6), Some(&delivered), S(111)), Verdict::Again(&delivered));
    }

    #[test]
    fn what_becomes_of_a_change_depends_on_what_became_of_the_record() {
        let again: fn(&Taken) -> Verdict = |taken| Verdict::Again(taken);
        let ignored: fn(&Taken) -> Verdict = |_| Verdict::ChangedLater;
        let renewed: fn(&Taken) -> Verdict = |taken| Verdict::Renewed(taken);
        for (state, on_change, verdict) in [
            (RecordState::Delivered, OnChange::Again, again),
            (RecordState::Skipped, OnChange::Again, again),
            (RecordState::Delivered, OnChange::Ignore, ignored),
            // A change that was ignored before.
            (RecordState::Excluded, OnChange::Ignore, ignored),
            (RecordState::Failed, OnChange::Ignore, renewed),
            (RecordState::Pending, OnChange::Again, renewed),
            (RecordState::Leased, OnChange::Again, renewed),
        ] {
            let mut arrivals = arrivals();
            arrivals.on_change = on_change;
            let known = taken(state, 5, Some(1));
            let mut at = |now, modified| arrivals.judge(&file("a", 5, modified), Some(&known), S(now));
            assert_eq!(at(0, 1), Verdict::Known);
            assert_eq!(at(0, 2), Verdict::Arriving, "only a time that changed may be a content that did");
            assert_eq!(at(10, 2), verdict(&known), "{state:?} {on_change:?}");
        }
    }

    #[test]
    fn what_a_plan_took_without_a_time_is_known_by_its_size() {
        let planned = taken(RecordState::Delivered, 5, None);
        assert_eq!(arrivals().judge(&file("a", 5, 7), Some(&planned), S(0)), Verdict::Known);
        assert_eq!(arrivals().judge(&file("a", 6, 7), Some(&planned), S(0)), Verdict::Arriving);
    }

    #[test]
    fn what_is_left_out_is_counted_once() {
        let link = Sighting {
            modified: None,
            record: PlannedRecord { fate: PlannedFate::Excluded("symlink"), ..file("a", 0, 0).record },
            marked: None,
        };
        let known = taken(RecordState::Excluded, 0, None);
        let mut arrivals = arrivals();
        assert_eq!(arrivals.judge(&link, None, S(0)), Verdict::Arriving, "it may be gone in a moment");
        assert_eq!(arrivals.judge(&link, None, S(10)), Verdict::New);
        assert_eq!(arrivals.judge(&link, Some(&known), S(10)), Verdict::Known);
        assert_eq!(arrivals.judge(&file("a", 0, 1), Some(&known), S(0)), Verdict::Arriving, "a file now");
        assert_eq!(arrivals.judge(&file("a", 0, 1), Some(&known), S(10)), Verdict::New);
    }

    #[test]
    fn what_cannot_be_listed_only_for_a_moment_is_no_failure() {
        let failure = Failure::new(Stage::Plan, Category::FolderUnreadable, "cannot list");
        let unreadable = Sighting {
            modified: None,
            record: PlannedRecord { fate: PlannedFate::Failed(failure), ..file("a", 0, 0).record },
            marked: None,
        };
        let mut arrivals = arrivals();
        assert_eq!(arrivals.judge(&unreadable, None, S(0)), Verdict::Arriving);
        assert_eq!(arrivals.judge(&unreadable, None, S(10)), Verdict::New);
        let delivered = taken(RecordState::Delivered, 5, Some(1));
        assert_eq!(arrivals.judge(&unreadable, Some(&delivered), S(10)), Verdict::Known);
    }

    #[test]
    fn memory_is_bounded_and_what_never_rests_holds_nobody_up() {
        let mut arrivals = arrivals();
        arrivals.most = 2;
        let mut look = |name, size, now| arrivals.judge(&file(name, size, 1), None, S(now));
        look("grows", 1, 0);
        look("a", 1, 0);
        assert_eq!(look("b", 1, 0), Verdict::Arriving, "no place yet");
        look("grows", 2, 1);
        look("b", 1, 1);
        assert_eq!(look("b", 1, 11), Verdict::New, "it had the place that the growing one gave up");
        assert_eq!(look("a", 1, 11), Verdict::New);
        assert!(arrivals.files.len() <= 2);
    }
}
