//! What a window follows over days: the history, the event log, the pause that is set.

use super::{EventFilter, EventPage, Migration, TimeOfDay};
use crate::error::Error;
use crate::event::Actor;
use crate::event_log;
use crate::metrics::history::{self, History};
use crate::spec::JobSpec;

/// The most points that are given at once.
const POINTS: u32 = 2_000;

impl Migration {
    /// What the migration did from one moment to another (milliseconds since 1970), in about `points`
    /// points at most (up to 2,000).
    pub async fn history(&self, from_ms: i64, to_ms: i64, points: u32) -> Result<History, Error> {
        let points = points.clamp(1, POINTS);
        Ok(history::between(&self.0.checkpoint, from_ms, to_ms, points).await?)
    }

    /// The durable events before number `before`, or the newest ones; newest first, at most `limit` (up to
    /// 1,000).
    pub async fn events(
        &self,
        filter: &EventFilter,
        before: Option<i64>,
        limit: u32,
    ) -> Result<EventPage, Error> {
        Ok(event_log::page(&self.0.checkpoint, filter, before, limit).await?)
    }

    /// Pauses when this computer's clock next shows that time, whatever becomes of the window; None takes it
    /// back. Holds until then or until the migration is closed. Gives the moment, in milliseconds since 1970
    /// (UTC).
    pub async fn pause_at(&self, time: Option<TimeOfDay>) -> Result<Option<i64>, Error> {
        let at_ms = time.map(|time| time.next(&jiff::ZonedDateTime::now()));
        self.0.set_pause_at(at_ms).await?;
        Ok(at_ms)
    }

    /// Takes over what the job file says by now: as [`Migration::update`], but not a person's own hand.
    pub async fn follow_job_file(&self, job: &JobSpec) -> Result<(), Error> {
        self.update_by(Actor::JobFile, |known| *known = job.clone()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::EventKind;
    use crate::metrics::MetricPoint;
    use crate::state::State;

    const FILES: usize = 300;

    /// A migration that has been planned, and moves one record after the other.
    async fn planned(folder: &std::path::Path) -> Migration {
        let source = folder.join("source");
        std::fs::create_dir(&source).unwrap();
        for n in 0..FILES {
            std::fs::write(source.join(format!("{n:04}.dat")), "x").unwrap();
        }
        let text = format!(
            "sources = [{source:?}]\ndestination = {:?}\n[limits]\nbatch_size = 1\nstreams = 1\nconcurrency = 1",
            folder.join("destination")
        );
        let job = toml::from_str(&text).unwrap();
        let migration = Migration::create(&folder.join("test.sluice"), job).await.unwrap();
        migration.plan().await.unwrap();
        migration
    }

    fn words(page: &EventPage) -> Vec<&'static str> {
        let word = |what: &EventKind| match what {
            EventKind::StateChanged { .. } => "state",
            EventKind::PauseSet { .. } => "set",
            EventKind::PauseDue => "due",
            EventKind::SettingsChanged { by: Actor::Person, .. } => "by hand",
            EventKind::SettingsChanged { by: Actor::JobFile, .. } => "by the job file",
            _ => "other",
        };
        page.events.iter().map(|event| word(&event.what)).collect()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_pause_that_is_due_pauses_once_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let migration = planned(folder.path()).await;
        migration.start().await.unwrap();
        migration.0.set_pause_at(Some(1)).await.unwrap();
        assert_eq!(migration.settled().await, State::Paused);
        assert_eq!(migration.progress().borrow().pause_at_ms, None, "once");
        let filter = EventFilter {
            kinds: ["pause_set", "pause_due"].map(str::to_owned).into(),
            ..EventFilter::default()
        };
        let page = migration.events(&filter, None, 10).await.unwrap();
        assert_eq!(words(&page), ["due", "set"]);
        migration.start().await.unwrap();
        assert_eq!(migration.settled().await, State::Finished);
        migration.close().await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_pause_that_is_set_can_be_taken_back() {
        let folder = tempfile::tempdir().unwrap();
        let migration = planned(folder.path()).await;
        let set = migration.pause_at(Some("08:00".parse().unwrap())).await.unwrap();
        assert!(set.is_some_and(|at_ms| at_ms > crate::clock::now_ms()));
        assert_eq!(migration.progress().borrow().pause_at_ms, set);
        migration.pause_at(None).await.unwrap();
        assert_eq!(migration.progress().borrow().pause_at_ms, None);
        migration.close().await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_log_is_read_page_by_page_and_tells_who_changed_what() {
        let folder = tempfile::tempdir().unwrap();
        let migration = planned(folder.path()).await;
        let mut job = migration.job();
        let mut control = job.control.clone();
        control.look_ahead = true;
        migration.set_control(control.clone()).await.unwrap();
        control.attempts = 9;
        job.control = control;
        migration.follow_job_file(&job).await.unwrap();

        let all = EventFilter::default();
        let first = migration.events(&all, None, 2).await.unwrap();
        assert_eq!(words(&first), ["by the job file", "by hand"]);
        let rest = migration.events(&all, first.next, 100).await.unwrap();
        assert_eq!(rest.next, None);
        let seqs: Vec<i64> = first.events.iter().chain(&rest.events).map(|event| event.seq).collect();
        assert_eq!(seqs, (1..=seqs.len() as i64).rev().collect::<Vec<_>>());

        let wanted = EventFilter { by: vec![Actor::Person], text: "LOOK_AHEAD".into(), ..all.clone() };
        assert_eq!(words(&migration.events(&wanted, None, 10).await.unwrap()), ["by hand"]);
        let none = EventFilter { text: "no such word".into(), ..all };
        let none = migration.events(&none, None, 10).await.unwrap();
        assert!(none.events.is_empty() && none.next.is_none());
        migration.close().await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_stretch_of_the_history_comes_in_as_many_points_as_are_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let migration = planned(folder.path()).await;
        let point = |at_s: i64| MetricPoint {
            at_ms: at_s * 1000,
            span_s: 10,
            records_per_s: at_s as f64,
            bytes_per_s: 1.0,
            in_flight: 0.0,
            concurrency: 0.0,
            barrier_idle: 0.0,
            services: Vec::new(),
            parts: Vec::new(),
            advice: None,
        };
        for n in 1..=300 {
            migration.0.checkpoint.add_metric(&point(n * 10)).await.unwrap();
        }
        let whole = migration.history(0, i64::MAX / 2, 2_000).await.unwrap();
        assert_eq!((whole.begins_ms, whole.ends_ms), (Some(0), Some(3_000_000)));
        assert_eq!(whole.points.len(), 1, "of all time one point is left");
        let whole = migration.history(0, 3_000_000, 2_000).await.unwrap();
        assert_eq!(whole.points.len(), 300);
        let coarse = migration.history(0, 3_000_000, 10).await.unwrap();
        assert_eq!(coarse.points.len(), 10);
        assert!(coarse.points.iter().all(|point| point.span_s == 300));
        let part = migration.history(1_000_000, 1_100_000, 300).await.unwrap();
        let times: Vec<i64> = part.points.iter().map(|point| point.at_ms / 1000).collect();
        assert_eq!(times, (101..=110).map(|n| n * 10).collect::<Vec<_>>());
        assert!(migration.history(9_000_000, 8_000_000, 0).await.unwrap().points.is_empty());
        migration.close().await.unwrap();
    }
}
