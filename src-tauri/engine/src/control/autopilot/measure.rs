//! Means with the doubt that is in them, and the comparison of two.

/// Observations of one thing: their mean and variance (Welford, "Note on a method for calculating
/// corrected sums of squares and products", 1962).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Sample {
    count: u32,
    mean: f64,
    squares: f64,
}

impl Sample {
    pub(crate) fn push(&mut self, value: f64) {
        self.count += 1;
        let off = value - self.mean;
        self.mean += off / f64::from(self.count);
        self.squares += off * (value - self.mean);
    }

    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// The mean, and the variance of that mean. A few observations that happen to agree prove
    /// little, so one observation's worth of an assumed `scatter`, a share of the mean, is mixed in;
    /// it fades as they become many.
    pub(crate) fn estimate(&self, scatter: f64) -> Estimate {
        let count = f64::from(self.count.max(1));
        let variance = (self.squares + (scatter * self.mean).powi(2)) / count;
        Estimate { mean: self.mean, doubt: variance / count }
    }
}

/// A mean and the variance of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Estimate {
    pub(crate) mean: f64,
    pub(crate) doubt: f64,
}

impl Estimate {
    /// Moves towards a newer one by `alpha` (exponentially weighted mean and its variance).
    pub(crate) fn drift(&mut self, newer: Self, alpha: f64) {
        self.mean += alpha * (newer.mean - self.mean);
        self.doubt = (1.0 - alpha).powi(2) * self.doubt + alpha.powi(2) * newer.doubt;
    }

    /// Takes in another of the same thing, each by its certainty.
    pub(crate) fn pool(&mut self, other: Self) {
        let doubt = self.doubt + other.doubt;
        if doubt > 0.0 {
            self.mean = (self.mean * other.doubt + other.mean * self.doubt) / doubt;
            self.doubt = self.doubt * other.doubt / doubt;
        }
    }

    /// How many standard deviations this lies above `factor` times the other.
    pub(crate) fn above(self, other: Self, factor: f64) -> f64 {
        let deviation = (self.doubt + factor.powi(2) * other.doubt).sqrt();
        let distance = self.mean - factor * other.mean;
        if deviation > 0.0 { distance / deviation } else { distance.signum() * f64::INFINITY }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample(values: &[f64]) -> Sample {
        let mut sample = Sample::default();
        values.iter().for_each(|value| sample.push(*value));
        sample
    }

    #[test]
    fn two_that_agree_leave_more_doubt_than_many() {
        let few = sample(&[1.0; 2]).estimate(1.0);
        let many = sample(&[1.0; 200]).estimate(1.0);
        assert_eq!((few.mean, many.mean), (1.0, 1.0));
        assert!(few.doubt > 100.0 * many.doubt, "{few:?} {many:?}");
        assert!(sample(&[1.3; 200]).estimate(1.0).above(many, 1.0) > 10.0);
        assert!(sample(&[1.3; 2]).estimate(1.0).above(few, 1.0) < 2.0);
    }

    proptest! {
        #[test]
        fn the_mean_is_the_mean(values in proptest::collection::vec(0.0f64..1e6, 1..200)) {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            prop_assert!((sample(&values).estimate(1.0).mean - mean).abs() <= 1e-6 * (1.0 + mean));
        }
    }
}
