//! When to ask again what was answered with no.

use std::time::Duration;

/// When to try again what did not pay: soon at first, then ever more rarely.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rest {
    next: Duration,
    wait: Duration,
}

impl Rest {
    pub(crate) fn is_over(&self, now: Duration) -> bool {
        now >= self.next
    }

    /// It did not pay: twice as long as the last time, but within these.
    pub(crate) fn lengthen(&mut self, now: Duration, shortest: Duration, longest: Duration) {
        self.wait = (self.wait * 2).clamp(shortest, longest.max(shortest));
        self.next = now + self.wait;
    }

    /// Things have changed: the next time comes in `wait`, and the times after it are counted anew.
    pub(crate) fn shorten(&mut self, now: Duration, wait: Duration) {
        self.wait = wait / 2;
        self.next = now + wait;
    }
}

/// How long a level is left alone between two trials.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rests {
    pub(crate) shortest: Duration,
    /// At least so many latencies long: a slow service is asked as often per answer as a fast one.
    pub(crate) latencies: u32,
    pub(crate) longest: Duration,
}

impl Rests {
    /// With answers that take `latency` seconds.
    pub(crate) fn shortest(&self, latency: f64) -> Duration {
        self.shortest.max(seconds(latency) * self.latencies)
    }
}

/// A span from seconds; nothing for what is no span.
pub(crate) fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rest_doubles_up_to_the_longest_and_starts_anew_after_a_change() {
        let (shortest, longest) = (Duration::from_secs(1), Duration::from_secs(3));
        let mut rest = Rest::default();
        let mut waits = Vec::new();
        for _ in 0..4 {
            rest.lengthen(Duration::ZERO, shortest, longest);
            waits.push(rest.next.as_secs());
        }
        assert_eq!(waits, [1, 2, 3, 3]);
        rest.shorten(Duration::ZERO, shortest);
        assert!(!rest.is_over(Duration::from_millis(999)) && rest.is_over(shortest));
        rest.lengthen(Duration::ZERO, shortest, longest);
        assert_eq!(rest.next, shortest);
    }
}
