//! The rules against a service and against disks, in virtual time with fixed seeds.
//!
//! Each test prints what it measured: `cargo test -p sluice-engine simulation -- --nocapture`.

mod medium;
mod service;
mod shift;
mod start;

/// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// In (0, 1).
    fn share(&mut self) -> f64 {
        ((self.next() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    /// Log-normal with mean 1 (Box and Muller, "A note on the generation of random normal
    /// deviates", 1958).
    fn jitter(&mut self, sigma: f64) -> f64 {
        let normal = (-2.0 * self.share().ln()).sqrt() * (std::f64::consts::TAU * self.share()).cos();
        (sigma * normal - sigma * sigma / 2.0).exp()
    }
}
