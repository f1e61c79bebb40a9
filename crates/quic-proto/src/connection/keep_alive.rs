//! A ping when nothing was heard for a while.

use std::time::{Duration, Instant};

/// The timer that keeps a silent connection alive.
///
/// quinn-proto has one, but its interval is chosen before the peer's idle timeout is known.
#[derive(Debug)]
pub(super) struct KeepAlive {
    interval: Duration,
    /// `None` until the first look at the clock.
    due: Option<Instant>,
    /// When a datagram came last, authentic or not.
    last_datagram: Option<Instant>,
    /// How many authentic frames had come when the timer was last due.
    frames: u64,
}

impl KeepAlive {
    pub(super) fn new(idle_timeout: Duration) -> Self {
        Self {
            interval: idle_timeout / FRACTION,
            due: None,
            last_datagram: None,
            frames: 0,
        }
    }

    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.due.is_none_or(|due| due <= now)
    }

    /// Notes that something came. Moves no deadline: that is done once, when the timer is due.
    pub(super) fn on_datagram(&mut self, now: Instant) {
        self.last_datagram = Some(now);
    }

    /// Decides when the timer is due, and returns whether to ping. `frames` counts authentic frames.
    ///
    /// A datagram that anybody could have sent does not keep us from pinging.
    pub(super) fn on_due(&mut self, now: Instant, frames: u64) -> bool {
        let is_first = self.due.is_none();
        let was_heard = std::mem::replace(&mut self.frames, frames) != frames;
        let last = self.last_datagram.filter(|_| was_heard).unwrap_or(now);
        let next = last.checked_add(self.interval).filter(|next| *next > now);
        let is_silent = !was_heard || next.is_none();
        self.due = next.or_else(|| now.checked_add(self.interval));
        is_silent && !is_first
    }
}

/// A third of the time: one ping may get lost.
const FRACTION: u32 = 3;

#[cfg(test)]
mod tests;
