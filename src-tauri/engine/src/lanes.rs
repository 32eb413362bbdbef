//! How the lanes of a run know of each other: which are at work, and for which there is news.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Notify, watch};

use crate::record::Lane;

/// One lane gives records to another: what hangs goes aside, what failed may go onto the recovery lane. So
/// none of them ends before all are at rest.
pub(crate) struct Lanes {
    at_work: watch::Sender<[bool; Lane::ALL.len()]>,
    news: [Notify; Lane::ALL.len()],
    more_may_come: AtomicBool,
}

/// Records may still arrive in watched folders until this is dropped.
pub(crate) struct MoreMayCome<'a>(&'a Lanes);

impl Lanes {
    pub(crate) fn new() -> Self {
        Self {
            at_work: watch::Sender::new(Default::default()),
            news: Default::default(),
            more_may_come: AtomicBool::new(false),
        }
    }

    /// A stretch begins: each lane looks for work before any of them ends.
    pub(crate) fn begin(&self) {
        self.at_work.send_replace([true; Lane::ALL.len()]);
    }

    /// The lane looks for work, or has some.
    pub(crate) fn works(&self, lane: Lane) {
        self.at_work.send_modify(|at_work| at_work[lane as usize] = true);
    }

    /// The lane has nothing, and nothing is promised to it. Tells whether the others have nothing either.
    pub(crate) fn rests(&self, lane: Lane) -> bool {
        self.at_work.send_modify(|at_work| at_work[lane as usize] = false);
        !self.at_work.borrow().contains(&true)
    }

    /// Waits until all lanes are at rest.
    pub(crate) async fn all_rest(&self) {
        // The sender lives as long as `self`.
        let _ = self.at_work.subscribe().wait_for(|at_work| !at_work.contains(&true)).await;
    }

    /// Something is new on that lane.
    pub(crate) fn tell(&self, lane: Lane) {
        self.news[lane as usize].notify_one();
    }

    /// Waits until something is new on that lane, or was since the last call.
    pub(crate) async fn news(&self, lane: Lane) {
        self.news[lane as usize].notified().await;
    }

    pub(crate) fn stay_open(&self) -> MoreMayCome<'_> {
        self.more_may_come.store(true, Ordering::Release);
        MoreMayCome(self)
    }

    /// Whether the run's own lane waits for more when it has nothing left.
    pub(crate) fn more_may_come(&self) -> bool {
        self.more_may_come.load(Ordering::Acquire)
    }
}

impl Drop for MoreMayCome<'_> {
    fn drop(&mut self) {
        self.0.more_may_come.store(false, Ordering::Release);
        self.0.tell(Lane::Main);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn no_lane_ends_before_the_others_are_at_rest() {
        let lanes = Lanes::new();
        lanes.begin();
        assert!(!lanes.rests(Lane::Aside), "the run may still give it something");
        assert!(!lanes.rests(Lane::Recovery));
        assert_eq!(lanes.all_rest().now_or_never(), None);
        assert!(lanes.rests(Lane::Main));
        assert_eq!(lanes.all_rest().now_or_never(), Some(()));
        // It looks once more, and finds something.
        lanes.works(Lane::Recovery);
        assert!(!lanes.rests(Lane::Aside));
    }

    #[tokio::test]
    async fn news_is_kept_for_its_lane_until_it_is_heard() {
        let lanes = Lanes::new();
        lanes.tell(Lane::Aside);
        assert_eq!(lanes.news(Lane::Recovery).now_or_never(), None);
        assert_eq!(lanes.news(Lane::Aside).now_or_never(), Some(()));
        assert_eq!(lanes.news(Lane::Aside).now_or_never(), None);
    }
}
