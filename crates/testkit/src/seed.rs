//! Where the randomness of a test comes from, and how a failure is run again.

use std::{env, fmt, num::ParseIntError, str::FromStr, thread};

use rand::{SeedableRng, rngs::StdRng};

/// The one source of randomness of a test run.
///
/// The same seed gives the same run. Parts of a test that should not influence each other each take
/// a [`child`](Self::child).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Seed(u64);

impl Seed {
    /// Makes a seed of a number.
    #[must_use]
    pub const fn new(value: u64) -> Self {
        Self(value)
    }

    /// Returns the number, for machines that take one.
    #[must_use]
    pub const fn value(self) -> u64 {
        self.0
    }

    /// Returns 32 bytes, for keys and machines that take as many.
    #[must_use]
    pub fn bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        rand::Rng::fill_bytes(&mut self.rng(), &mut bytes);
        bytes
    }

    /// Returns a generator that starts here.
    #[must_use]
    pub fn rng(self) -> StdRng {
        StdRng::seed_from_u64(self.0)
    }

    /// Returns the seed called `label` under this one. Other labels give unrelated seeds.
    #[must_use]
    pub fn child(self, label: &str) -> Self {
        // FNV-1a over the label, started at the parent.
        let mixed = label.bytes().fold(self.mixed(), |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Self(mixed).nth(label.len() as u64)
    }

    /// Returns the `index`th seed under this one.
    #[must_use]
    pub fn nth(self, index: u64) -> Self {
        Self(self.mixed() ^ Self(index).mixed().rotate_left(32))
    }

    /// The finaliser of SplitMix64: one changed bit of input changes half of the output.
    const fn mixed(self) -> u64 {
        let z = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// Runs `test` with `count` seeds, the same ones each time, and names the seed of a run that panics.
///
/// The environment changes which: `SEED=7` (decimal, or hexadecimal after `0x`) runs that one alone, and
/// `SEEDS=10000` as many as are asked for.
///
/// ```
/// use sinew_testkit::each_seed;
///
/// each_seed(10, |seed| assert_eq!(seed.bytes(), seed.bytes()));
/// ```
///
/// # Panics
///
/// Panics when `test` does, and when a variable is set to something that is not a number.
pub fn each_seed(count: u64, mut test: impl FnMut(Seed)) {
    if let Some(seed) = variable("SEED") {
        run_once(seed, &mut test);
        return;
    }
    let count = variable("SEEDS").map_or(count, Seed::value);
    for seed in 0..count {
        run_once(Seed(seed), &mut test);
    }
}

fn run_once(seed: Seed, test: &mut impl FnMut(Seed)) {
    let _named = Named(seed);
    test(seed);
}

/// # Panics
///
/// Panics when the variable is not a number.
fn variable(name: &str) -> Option<Seed> {
    let value = env::var(name).ok()?;
    match value.parse() {
        Ok(seed) => Some(seed),
        Err(error) => panic!("{name}={value} is not a seed: {error}"),
    }
}

/// Prints how to repeat a run that unwinds through it.
struct Named(Seed);

impl Drop for Named {
    fn drop(&mut self) {
        if thread::panicking() {
            let thread = thread::current();
            let name = thread.name().unwrap_or("NAME");
            eprintln!("repeat this with: SEED={} cargo test {name}", self.0);
        }
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for Seed {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        match text.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16).map(Self),
            None => text.parse().map(Self),
        }
    }
}

#[cfg(test)]
mod tests;
