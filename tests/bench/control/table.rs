//! What each arm did, and whether it is good enough.

use sluice_tests::lab::Seen;
use std::time::Duration;

use super::RECORDS;

const LEAST_OVER_UNCONTROLLED: f64 = 5.0;
const LEAST_OF_BEST: f64 = 0.9;
const MOST_THROTTLED: f64 = 0.02;
const MOST_REQUESTS: f64 = 1.1;

/// One run of an arm, or the medians of many.
#[derive(Debug, Clone, Copy)]
pub(super) struct Figures {
    /// While the first thousand were registered, from the start of the arm, by the service's clock.
    pub(super) records_a_minute: f64,
    /// Requests for each call that was needed: a record needs two calls.
    pub(super) requests_a_call: f64,
    /// The share of requests that the service throttled.
    pub(super) throttled: f64,
}

impl Figures {
    pub(super) fn of(seen: &Seen, start: Duration) -> Self {
        Self {
            records_a_minute: seen.records_per_minute(start, RECORDS).expect("a thousand assets"),
            requests_a_call: seen.requests_per_call(),
            throttled: seen.throttled_share(),
        }
    }
}

/// All runs of all arms.
#[derive(Debug, Default)]
pub(super) struct Table(Vec<(String, Vec<Figures>)>);

impl Table {
    pub(super) fn add(&mut self, arm: &str, figures: Figures) {
        match self.0.iter_mut().find(|(name, _)| name == arm) {
            Some((_, runs)) => runs.push(figures),
            None => self.0.push((arm.to_owned(), vec![figures])),
        }
    }

    /// The medians of an arm.
    fn medians(&self, arm: &str) -> Option<Figures> {
        let (_, runs) = self.0.iter().find(|(name, _)| name == arm)?;
        let middle = |figure: fn(&Figures) -> f64| {
            let mut all: Vec<f64> = runs.iter().map(figure).collect();
            all.sort_by(f64::total_cmp);
            all[all.len() / 2]
        };
        Some(Figures {
            records_a_minute: middle(|run| run.records_a_minute),
            requests_a_call: middle(|run| run.requests_a_call),
            throttled: middle(|run| run.throttled),
        })
    }

    pub(super) fn print(&self, baseline: &str) {
        let baseline = self.medians(baseline);
        println!(
            "{:<36} {:>11} {:>9} {:>13} {:>14} {:>9}",
            "medians", "records/min", "min/1,000", "× uncontrolled", "requests/call", "throttled"
        );
        for (arm, _) in &self.0 {
            let figures = self.medians(arm).expect("an arm of this table");
            let ratio = baseline.map_or(f64::NAN, |base| figures.records_a_minute / base.records_a_minute);
            println!(
                "{arm:<36} {:>11.0} {:>9.2} {ratio:>13.2}x {:>14.2} {:>8.1}%",
                figures.records_a_minute,
                1_000.0 / figures.records_a_minute,
                figures.requests_a_call,
                figures.throttled * 100.0
            );
        }
        println!();
    }

    /// Prints for each bar whether it is passed.
    ///
    /// # Panics
    /// When one is missed.
    pub(super) fn judge(&self, uncontrolled: &str, fixed: &[String], autopilot: &str) {
        let uncontrolled = self.medians(uncontrolled).expect("the uncontrolled arm");
        let piloted = self.medians(autopilot).expect("the autopilot's arm");
        let settings = fixed.iter().filter_map(|arm| self.medians(arm));
        let best =
            settings.max_by(|a, b| a.records_a_minute.total_cmp(&b.records_a_minute)).expect("a sweep");
        let ratios = [
            ("best fixed ÷ uncontrolled", best.records_a_minute / uncontrolled.records_a_minute),
            ("autopilot ÷ uncontrolled", piloted.records_a_minute / uncontrolled.records_a_minute),
        ];
        let mut bars: Vec<(String, f64, Bar)> = ratios
            .map(|(name, ratio)| (name.to_owned(), ratio, Bar::AtLeast(LEAST_OVER_UNCONTROLLED)))
            .into();
        let of_best = piloted.records_a_minute / best.records_a_minute;
        bars.push(("autopilot ÷ best fixed".to_owned(), of_best, Bar::AtLeast(LEAST_OF_BEST)));
        for (name, arm) in [("best fixed", best), ("autopilot", piloted)] {
            bars.push((format!("{name}: throttled share"), arm.throttled, Bar::Under(MOST_THROTTLED)));
            bars.push((format!("{name}: requests a call"), arm.requests_a_call, Bar::AtMost(MOST_REQUESTS)));
        }
        let mut missed = 0;
        for (name, value, bar) in bars {
            let (is_passed, words) = bar.holds(value);
            missed += usize::from(!is_passed);
            println!("{} {name}: {value:.3} ({words})", if is_passed { "pass" } else { "MISS" });
        }
        assert_eq!(missed, 0, "bars missed");
    }
}

enum Bar {
    AtLeast(f64),
    AtMost(f64),
    Under(f64),
}

impl Bar {
    fn holds(&self, value: f64) -> (bool, String) {
        match self {
            Self::AtLeast(bar) => (value >= *bar, format!("at least {bar}")),
            Self::AtMost(bar) => (value <= *bar, format!("at most {bar}")),
            Self::Under(bar) => (value < *bar, format!("under {bar}")),
        }
    }
}
