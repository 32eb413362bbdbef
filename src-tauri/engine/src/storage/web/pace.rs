//! A server that keeps a connection alive with a byte now and then is as good as one that is silent.

use std::time::Duration;

/// Time spent waiting over which the pace is taken.
const SPAN: Duration = Duration::from_secs(300);

/// Bytes a second that are enough.
const LEAST: u64 = 1024;

/// How fast bytes come while they are waited for. The time in which nobody waited says nothing.
#[derive(Debug, Default)]
pub(super) struct Pace {
    waited: Duration,
    bytes: u64,
}

impl Pace {
    /// So many bytes came after so long a wait. False: they come too slowly.
    pub(super) fn is_enough(&mut self, waited: Duration, bytes: u64) -> bool {
        self.waited += waited;
        self.bytes += bytes;
        if self.waited < SPAN {
            return true;
        }
        let enough = self.bytes >= LEAST * self.waited.as_secs();
        *self = Self::default();
        enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drip_is_too_slow_and_a_pause_is_not() {
        let second = Duration::from_secs(1);
        let mut pace = Pace::default();
        assert!((0..299).all(|_| pace.is_enough(second, 1)));
        assert!(!pace.is_enough(second, 1));
        let mut pace = Pace::default();
        assert!(pace.is_enough(second, 10 << 20));
        assert!((0..299).all(|_| pace.is_enough(second, 0)), "an early rush counts");
        let mut pace = Pace::default();
        assert!((0..10_000).all(|_| pace.is_enough(Duration::ZERO, 1)), "we were the slow ones");
    }
}
