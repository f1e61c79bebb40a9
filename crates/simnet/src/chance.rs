//! Chance that is the same on every machine and with every version of every dependency.

use sinew_testkit::Seed;

/// SplitMix64: eight bytes of state, so that each of a million links can have its own.
#[derive(Clone, Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: Seed) -> Self {
        Self(seed.value())
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = self.0;
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Answers yes with probability `p`; draws nothing for one that is 0.
    pub(crate) fn happens(&mut self, p: f64) -> bool {
        // The upper 53 bits, as many as a double holds.
        p > 0.0 && ((self.next() >> 11) as f64) < p * (1u64 << 53) as f64
    }

    /// Draws a number below `bound`, or 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        let wide = u128::from(self.next()) * u128::from(bound);
        (wide >> 64) as u64
    }
}
