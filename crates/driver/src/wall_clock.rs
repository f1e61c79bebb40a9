//! The runtime's wall clock, as certificates are checked against it.

use std::{sync::Arc, time::UNIX_EPOCH};

use sinew_runtime::Clock;
use sinew_tls::{TimeProvider, UnixTime};

/// The runtime's wall clock, as certificates are checked against it.
#[derive(Clone, Debug)]
pub struct WallClock(Arc<dyn Clock>);

impl WallClock {
    /// Tells the time of `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self(clock)
    }
}

impl TimeProvider for WallClock {
    /// `None`, which fails the handshake, for a clock that is set before 1970.
    fn current_time(&self) -> Option<UnixTime> {
        let since_epoch = self.0.wall().duration_since(UNIX_EPOCH).ok()?;
        Some(UnixTime::since_unix_epoch(since_epoch))
    }
}
