//! Since when the peer owes a sign of life.

use std::time::{Duration, Instant};

/// Notes when something was sent that has to be answered, and nothing has come since.
///
/// quinn-proto does not say which packets ask for an acknowledgement. Those that ask for none are
/// acknowledgements themselves, and follow soon on what was received: whatever is sent later asks.
#[derive(Debug)]
pub(super) struct Silence {
    heard_at: Instant,
    asked_at: Option<Instant>,
}

impl Silence {
    /// Starts at `now`, when the peer is believed to be there.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            heard_at: now,
            asked_at: None,
        }
    }

    pub(super) fn on_heard(&mut self, now: Instant) {
        self.heard_at = now;
        self.asked_at = None;
    }

    pub(super) fn on_sent(&mut self, now: Instant) {
        if self.asked_at.is_none() && now.saturating_duration_since(self.heard_at) > ACK_BY {
            self.asked_at = Some(now);
        }
    }

    /// Returns when the peer was first asked for something after it was last heard.
    pub(super) fn unanswered_since(&self) -> Option<Instant> {
        self.asked_at
    }
}

// [RFC 9000 §18.2] We acknowledge within 25 ms, quinn-proto's `max_ack_delay`; as much again for a timer that is
// late.
const ACK_BY: Duration = Duration::from_millis(50);

#[cfg(test)]
mod tests;
