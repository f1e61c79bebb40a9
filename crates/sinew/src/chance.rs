//! `Chance`: the one source of everything random in a host.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

use rand::{SeedableRng, rngs::StdRng};

/// Gives each part of a host a generator of its own, so that one seed decides them all.
pub(crate) struct Chance(Mutex<StdRng>);

impl Chance {
    /// Starts from `seed`, or from the operating system.
    pub(crate) fn new(seed: Option<[u8; 32]>) -> Self {
        let rng = match seed {
            Some(seed) => StdRng::from_seed(seed),
            None => StdRng::from_rng(&mut rand::rng()),
        };
        Self(Mutex::new(rng))
    }

    /// Returns a new generator.
    pub(crate) fn rng(&self) -> StdRng {
        // Nothing panics while the lock is held.
        let mut rng = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        StdRng::from_rng(&mut *rng)
    }
}

impl fmt::Debug for Chance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chance").finish_non_exhaustive()
    }
}
