//! How much a connection may hold, which grows as it is needed.

use std::time::{Duration, Instant};

use quinn_proto::{VarInt, WriteError};
use sinew_sans_io::{BufferBudget, BufferShare};

use super::Connection;
use crate::Config;

/// The windows of all streams together. What was granted is never withdrawn.
///
/// Both begin with what every connection has for itself. The one for what arrives doubles when half of it was read
/// within two round trips, and when the peer says that it waits for it: it may be full of what nobody reads, while
/// others have something to say. The one for what is sent doubles when a write finds no room.
#[derive(Debug)]
pub(super) struct Windows {
    receive: u64,
    max_receive: u64,
    send: u64,
    max_send: u64,
    /// What [`max_send`](Self::max_send) may grow to.
    widest_send: u64,
    share: BufferShare,
    /// Bytes read since [`read_since`](Self::read_since).
    read: u64,
    read_since: Instant,
    /// How many times the peer has said that it waits for the window.
    blocked: u64,
}

impl Windows {
    pub(super) fn new(now: Instant, config: &Config) -> Self {
        Self {
            receive: initial(config.receive_window),
            max_receive: config.receive_window.into(),
            send: initial(config.send_window),
            max_send: config.send_window.into(),
            widest_send: config.send_window.into(),
            share: config.buffers.share(),
            read: 0,
            read_since: now,
            blocked: 0,
        }
    }

    /// Lets the one for what is sent follow the congestion window.
    pub(super) fn widen(&mut self, config: &Config) {
        self.widest_send = self.max_send.max(config.max_send_window.into());
    }

    /// Makes room for two round trips: for so long a lost packet keeps what was sent after it.
    fn follow(&mut self, congestion_window: u64) {
        let two = congestion_window.saturating_mul(2).min(self.widest_send);
        self.max_send = self.max_send.max(two);
    }

    pub(super) fn can_grow(&self) -> bool {
        self.receive < self.max_receive
    }

    /// Notes that `len` bytes were read, and returns the new window if it has grown.
    fn on_read(&mut self, now: Instant, len: u64, rtt: Duration) -> Option<VarInt> {
        self.read = self.read.saturating_add(len);
        if !self.can_grow() || self.read < self.receive / 2 {
            return None;
        }
        let elapsed = now.saturating_duration_since(self.read_since);
        self.read = 0;
        self.read_since = now;
        let holds_back = elapsed < rtt.saturating_mul(2);
        holds_back.then(|| self.grow_receive())?
    }

    /// Returns the new window if the peer has said once more that it waits and there is room; `blocked` is how many
    /// times it has.
    // [RFC 9000 §19.12]
    fn on_blocked(&mut self, blocked: u64) -> Option<VarInt> {
        let is_news = blocked > self.blocked;
        self.blocked = blocked;
        is_news.then(|| self.grow_receive())?
    }

    fn grow_receive(&mut self) -> Option<VarInt> {
        let next = self.receive.saturating_mul(2).min(self.max_receive);
        if next <= self.receive || !self.share.hold_received(next) {
            return None;
        }
        self.receive = next;
        VarInt::from_u64(next).ok()
    }

    fn grow_send(&mut self) -> Option<u64> {
        let next = self.send.saturating_mul(2).min(self.max_send);
        if next <= self.send || !self.share.hold_sent(next) {
            return None;
        }
        self.send = next;
        Some(next)
    }

    /// Goes back to a window of `size` bytes, of which no more is used.
    fn shrink_send(&mut self, size: u64) {
        // Less is always held.
        let _ = self.share.hold_sent(size);
        self.send = size;
    }
}

impl Connection {
    /// Writes, and once more with a larger window where it may have been too small.
    pub(super) fn write_or_grow<T>(
        &mut self,
        mut write: impl FnMut(&mut quinn_proto::Connection) -> Result<T, WriteError>,
    ) -> Result<T, WriteError> {
        let outcome = write(&mut self.inner);
        if !matches!(outcome, Err(WriteError::Blocked)) || self.inner.is_closed() {
            return outcome;
        }
        let size = self.windows.send;
        let congestion_window = self.inner.congestion_state().window();
        self.windows.follow(congestion_window);
        let Some(larger) = self.windows.grow_send() else {
            return outcome;
        };
        self.inner.set_send_window(larger);
        let outcome = write(&mut self.inner);
        if outcome.is_err() {
            // It is the peer's window that is full.
            self.windows.shrink_send(size);
            self.inner.set_send_window(size);
        }
        outcome
    }

    /// Notes that the application has read `len` bytes.
    pub(super) fn on_bytes_read(&mut self, len: usize) {
        let len = u64::try_from(len).unwrap_or(u64::MAX);
        let window = self.windows.on_read(self.now, len, self.inner.rtt());
        self.announce_window(window);
    }

    /// Lets the peer send more when it has said `blocked` times that it waits.
    pub(super) fn heed_blocked_peer(&mut self, blocked: u64) {
        let window = self.windows.on_blocked(blocked);
        self.announce_window(window);
    }

    fn announce_window(&mut self, window: Option<VarInt>) {
        if let Some(window) = window {
            self.inner.set_receive_window(window);
            self.wants_transmit = true;
        }
    }
}

/// What a window of at most `max` bytes begins with.
pub(crate) fn initial(max: u32) -> u64 {
    u64::from(max).min(BufferBudget::BASE)
}

#[cfg(test)]
mod tests;
