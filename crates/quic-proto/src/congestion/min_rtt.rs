//! The smallest round trip of the last while.

use std::time::{Duration, Instant};

/// The smallest of the round trips that were seen within the last half to whole minute: what the path takes
/// when its queues are empty.
///
/// It is forgotten in time, so that a path that became longer does not look congested forever.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct MinRtt {
    /// When the current half began, and the smallest in it.
    current: Option<(Instant, Duration)>,
    /// The smallest in the half before.
    before: Option<Duration>,
}

impl MinRtt {
    pub(super) fn on_sample(&mut self, now: Instant, rtt: Duration) {
        match &mut self.current {
            Some((since, smallest)) if now.saturating_duration_since(*since) < HALF => {
                *smallest = rtt.min(*smallest);
            }
            current => {
                let is_recent =
                    |(since, _): &(Instant, _)| now.saturating_duration_since(*since) < HALF * 2;
                self.before = current.filter(is_recent).map(|(_, smallest)| smallest);
                *current = Some((now, rtt));
            }
        }
    }

    /// Returns zero before the first sample.
    pub(super) fn get(&self) -> Duration {
        let current = self.current.map(|(_, smallest)| smallest);
        let smallest = current.into_iter().chain(self.before).min();
        smallest.unwrap_or_default()
    }
}

/// Long enough for the senders of a path to leave its queue empty, or nearly so, once.
const HALF: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests;
