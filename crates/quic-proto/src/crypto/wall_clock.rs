//! The wall clock, as quinn-proto wants it for its address tokens.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use quinn_proto::TimeSource;
use sinew_tls::TimeProvider;

/// Reads the caller's clock.
pub(crate) struct WallClock(pub(crate) Arc<dyn TimeProvider>);

impl TimeSource for WallClock {
    fn now(&self) -> SystemTime {
        let since_epoch = self
            .0
            .current_time()
            .map_or(Duration::ZERO, |now| Duration::from_secs(now.as_secs()));
        UNIX_EPOCH.checked_add(since_epoch).unwrap_or(UNIX_EPOCH)
    }
}
