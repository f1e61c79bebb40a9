//! A start for virtual time.

use std::{sync::OnceLock, time::Instant};

/// Returns the same instant whenever it is called in one process: where virtual time starts.
///
/// An [`Instant`] cannot be written down, so one is taken from the clock; nothing that is
/// deterministic can tell which.
#[must_use]
pub fn epoch() -> Instant {
    static EPOCH: OnceLock<Instant> = OnceLock::new();
    *EPOCH.get_or_init(Instant::now)
}
