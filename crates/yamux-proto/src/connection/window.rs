//! How much a peer may send on a stream before we read.

use std::time::{Duration, Instant};

use sinew_sans_io::BufferShare;

use crate::Config;

/// The window of one stream: what the peer may still send, and what it is owed.
///
/// `size` is what the peer may have sent and we not read. It is cut into what may still come (`left`), what
/// has come and was not read, and what was read and not granted again (`owed`). Credit goes back when half
/// of the window is owed; when that half was read within two round trips, the window is what holds the
/// peer back, and it doubles. What was granted is never withdrawn.
#[derive(Debug)]
pub(super) struct Window {
    size: u32,
    left: u32,
    owed: u32,
    granted_at: Instant,
    /// When it grew last.
    grown_at: Option<Instant>,
}

/// The round-trip time, and when it was measured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rtt {
    pub(super) least: Duration,
    pub(super) measured_at: Instant,
}

/// What decides whether a window grows.
#[derive(Debug)]
pub(super) struct Growth {
    /// Bytes by which all windows of the connection may still grow.
    pub(super) budget: u32,
    pub(super) max_window: u32,
    /// Bytes by which they have grown.
    grown: u64,
    /// Bytes that wait to be read; of each stream no more than [`INITIAL_WINDOW`], because what has grown is counted
    /// as it is.
    waiting: u64,
    pub(super) share: BufferShare,
}

impl Window {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            size: INITIAL_WINDOW,
            left: INITIAL_WINDOW,
            owed: 0,
            granted_at: now,
            grown_at: None,
        }
    }

    pub(super) fn size(&self) -> u32 {
        self.size
    }

    /// Returns what the peer may still send.
    pub(super) fn left(&self) -> u32 {
        self.left
    }

    /// Takes note of a frame, or returns false when it is larger than what was left.
    pub(super) fn on_data(&mut self, len: u32) -> bool {
        let left = self.left.checked_sub(len);
        self.left = left.unwrap_or(self.left);
        left.is_some()
    }

    /// Takes note of what the application has read.
    pub(super) fn on_read(&mut self, len: usize) {
        // What was read has come, so it is within the window.
        let len = u32::try_from(len).unwrap_or(u32::MAX);
        self.owed = self.owed.saturating_add(len).min(self.size);
    }

    /// Returns whether enough is owed to be worth a frame.
    pub(super) fn is_update_due(&self) -> bool {
        self.owed >= self.size / 2
    }

    /// Returns since when the round-trip time should have been measured, if it should be known because an
    /// update comes soon; `None` in it is ever.
    pub(super) fn wants_rtt_since(&self) -> Option<Option<Instant>> {
        (self.owed >= self.size / 4).then_some(self.grown_at)
    }

    /// Returns whether the peer has used up so much that it would be granted more if anybody read.
    pub(super) fn is_half_used(&self) -> bool {
        self.left <= self.size / 2
    }

    /// Returns the credit to give now.
    // [yamux §Flow Control] A window update carries what is added to the window.
    pub(super) fn grant(&mut self, now: Instant, rtt: Option<Rtt>, growth: &mut Growth) -> u32 {
        let mut credit = self.owed;
        if self.is_update_due() {
            if self.holds_back(now, rtt) {
                let grown = growth.take(self.size);
                credit = credit.saturating_add(grown);
                self.size = self.size.saturating_add(grown);
                self.grown_at = Some(now);
            }
            self.granted_at = now;
        }
        self.owed = 0;
        self.left = self.left.saturating_add(credit);
        credit
    }

    /// Returns whether half of the window lasts no longer than two round trips. One that has grown is
    /// judged by a round trip that was measured since: the first may have been a slow one.
    fn holds_back(&self, now: Instant, rtt: Option<Rtt>) -> bool {
        let Some(rtt) = rtt else {
            return false;
        };
        let elapsed = now.saturating_duration_since(self.granted_at);
        let is_news = self.grown_at.is_none_or(|at| at < rtt.measured_at);
        is_news && elapsed < rtt.least.saturating_mul(2)
    }

    /// Gives back what the window had grown by. Called once, when the stream is over.
    pub(super) fn release(&self, growth: &mut Growth) {
        let grown = self.size.saturating_sub(INITIAL_WINDOW);
        growth.put(grown);
    }
}

impl Growth {
    pub(super) fn new(config: &Config) -> Self {
        let half = u32::try_from(config.buffers.maximum_each() / 2).unwrap_or(u32::MAX);
        Self {
            budget: config.window_growth.min(half),
            max_window: config.max_stream_window,
            grown: 0,
            waiting: 0,
            share: config.buffers.share(),
        }
    }

    /// Returns by how much all windows have grown, in bytes.
    pub(super) fn grown(&self) -> u64 {
        self.grown
    }

    /// Takes note that `before` bytes waited on a stream and that `after` would; false if there is no room.
    pub(super) fn may_wait(&mut self, before: usize, after: usize) -> bool {
        let [before, after] = [before, after].map(within_initial);
        let waiting = self.waiting.saturating_sub(before).saturating_add(after);
        let may = self.share.hold_received(self.grown.saturating_add(waiting));
        if may {
            self.waiting = waiting;
        }
        may
    }

    /// Takes as much as a window of `size` bytes may grow by.
    fn take(&mut self, size: u32) -> u32 {
        let room = self.max_window.saturating_sub(size);
        let more = size.min(room).min(self.budget);
        let grown = self.grown.saturating_add(more.into());
        if !self.share.hold_received(grown.saturating_add(self.waiting)) {
            return 0;
        }
        self.grown = grown;
        self.budget = self.budget.saturating_sub(more);
        more
    }

    fn put(&mut self, grown: u32) {
        self.budget = self.budget.saturating_add(grown);
        self.grown = self.grown.saturating_sub(grown.into());
        // Less is always held.
        let _ = self
            .share
            .hold_received(self.grown.saturating_add(self.waiting));
    }
}

fn within_initial(bytes: usize) -> u64 {
    u64::try_from(bytes)
        .unwrap_or(u64::MAX)
        .min(INITIAL_WINDOW.into())
}

// [yamux §Flow Control] Each stream starts with a window of 256 KiB in both directions.
pub(crate) const INITIAL_WINDOW: u32 = 256 << 10;

#[cfg(test)]
mod tests;
