//! Whether anybody can see the window, and how often it can be drawn without the run paying for it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tauri::State;

/// Drawing takes at most this share of the time of one processor.
const SHARE: f64 = 0.02;

/// Nobody reads figures that change more often than this.
const OFTEN: Duration = Duration::from_millis(250);

/// The engine takes a sample of its throughput so often; each is shown.
const SELDOM: Duration = Duration::from_secs(1);

/// A single picture says little: each counts for so much beside those before it.
const WEIGHT: f64 = 0.25;

/// What the page says of itself.
#[derive(Debug)]
pub(crate) struct Sight {
    seen: AtomicBool,
    /// Time from one picture to the next, in milliseconds.
    pace_ms: AtomicU64,
}

impl Default for Sight {
    fn default() -> Self {
        Self { seen: AtomicBool::new(true), pace_ms: AtomicU64::new(millis(OFTEN)) }
    }
}

impl Sight {
    pub(crate) fn is_seen(&self) -> bool {
        self.seen.load(Ordering::Acquire)
    }

    /// The time that the page is given between one picture and the next.
    pub(crate) fn pace(&self) -> Duration {
        Duration::from_millis(self.pace_ms.load(Ordering::Relaxed))
    }

    /// A picture took the page `ms` milliseconds. On a computer that is busy it takes longer, and the next
    /// one comes later.
    fn took(&self, ms: f64) {
        let wanted = ms / SHARE;
        if wanted.is_finite() {
            let before = self.pace_ms.load(Ordering::Relaxed) as f64;
            let paced = before + WEIGHT * (wanted - before);
            let now = paced.clamp(millis(OFTEN) as f64, millis(SELDOM) as f64);
            self.pace_ms.store(now as u64, Ordering::Relaxed);
        }
    }
}

const fn millis(span: Duration) -> u64 {
    span.as_millis() as u64
}

/// Somebody can see the page from now on, or nobody any more.
#[tauri::command]
pub(crate) fn seen(sight: State<'_, Sight>, seen: bool) {
    sight.seen.store(seen, Ordering::Release);
}

/// What the page was told last took it so long to draw (milliseconds).
#[tauri::command]
pub(crate) fn drawn(sight: State<'_, Sight>, ms: f64) {
    sight.took(ms);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(pictures: impl IntoIterator<Item = f64>) -> Duration {
        let sight = Sight::default();
        pictures.into_iter().for_each(|ms| sight.took(ms));
        sight.pace()
    }

    #[test]
    fn a_page_that_draws_slowly_is_told_less_often_within_bounds() {
        assert_eq!(after([]), OFTEN);
        assert_eq!(after([2.0; 50]), OFTEN);
        let busy = after([16.0; 50]);
        assert!((790..=800).contains(&busy.as_millis()), "16 ms are a fiftieth of 800: {busy:?}");
        assert_eq!(after([1e9; 50]), SELDOM);
        assert!(after([2.0, 2.0, 50.0, 2.0]) < SELDOM, "one slow picture is not the measure of all");
    }

    #[test]
    fn no_figure_of_the_page_stops_the_window() {
        assert_eq!(after([f64::NAN, f64::INFINITY, -1e300, f64::NEG_INFINITY]), OFTEN);
    }
}
