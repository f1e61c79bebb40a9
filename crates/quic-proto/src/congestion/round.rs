//! What was seen within a round trip.

use std::time::{Duration, Instant};

/// A round trip: from an acknowledgement until a packet that was sent after it is acknowledged.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Round {
    since: Option<Instant>,
    /// The smallest round trip of a packet; `None` before the first.
    pub(super) smallest_rtt: Option<Duration>,
    /// Packets that were acknowledged.
    pub(super) samples: u32,
    /// The most bytes in flight.
    pub(super) most_in_flight: f64,
}

impl Round {
    pub(super) fn starting(now: Instant, most_in_flight: f64) -> Self {
        Self {
            since: Some(now),
            most_in_flight,
            ..Self::default()
        }
    }

    pub(super) fn on_sample(&mut self, rtt: Duration) {
        self.smallest_rtt = Some(self.smallest_rtt.map_or(rtt, |least| least.min(rtt)));
        self.samples = self.samples.saturating_add(1);
    }

    pub(super) fn on_in_flight(&mut self, bytes: f64) {
        self.most_in_flight = self.most_in_flight.max(bytes);
    }

    /// Tells whether the acknowledgement of a packet that was sent at this time ends it.
    pub(super) fn ends_with(&self, sent: Instant) -> bool {
        self.since.is_none_or(|since| sent >= since)
    }
}
