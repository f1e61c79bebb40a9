//! A ping when nothing was heard for a while.

use std::time::{Duration, Instant};

/// The timer that keeps a silent connection alive.
///
/// quinn-proto has one, but its interval is chosen before the peer's idle timeout is known.
#[derive(Debug)]
pub(super) struct KeepAlive {
    interval: Duration,
    due: Option<Instant>,
    /// When a datagram came last, authentic or not.
    last_datagram: Instant,
    /// How many authentic frames had come when the timer was last looked at.
    frames: u64,
}

impl KeepAlive {
    /// Starts the count at `now`, when `frames` authentic frames have come.
    pub(super) fn new(now: Instant, idle_timeout: Duration, frames: u64) -> Self {
        let interval = idle_timeout / FRACTION;
        Self {
            interval,
            due: now.checked_add(interval),
            last_datagram: now,
            frames,
        }
    }

    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.due.is_some_and(|due| due <= now)
    }

    /// Notes that something came. Moves no deadline: that is done once, when the timer is due.
    pub(super) fn on_datagram(&mut self, now: Instant) {
        self.last_datagram = now;
    }

    /// Decides when the timer is due, and returns whether to ping. `frames` counts authentic frames.
    ///
    /// A datagram that anybody could have sent does not keep us from pinging.
    pub(super) fn on_due(&mut self, now: Instant, frames: u64) -> bool {
        let was_heard = std::mem::replace(&mut self.frames, frames) != frames;
        let later = self.last_datagram.checked_add(self.interval);
        if let Some(later) = later.filter(|later| was_heard && *later > now) {
            self.due = Some(later);
            return false;
        }
        self.due = now.checked_add(self.interval);
        true
    }
}

/// A third of the time: one ping may get lost.
const FRACTION: u32 = 3;

#[cfg(test)]
mod tests;
