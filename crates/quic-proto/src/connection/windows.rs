//! How much a connection may hold, which grows as it is needed.

use std::time::{Duration, Instant};

use quinn_proto::{VarInt, WriteError};
use sinew_sans_io::{BufferBudget, BufferShare};

use super::{Connection, reassembly::PIECE_COST};
use crate::Config;

/// The windows of all streams together. What was granted is never withdrawn.
///
/// Both begin with what every connection has for itself. The one for what arrives doubles when half of it was taken
/// within two round trips, and when the peer says that it waits for it: it may be full of what nobody reads, while
/// others have something to say. That it is full is believed when as much has arrived since the last time as was added to
/// it. The one for what is sent doubles when a write finds no room.
#[derive(Debug)]
pub(super) struct Windows {
    receive: u64,
    max_receive: u64,
    send: u64,
    max_send: u64,
    /// What [`max_send`](Self::max_send) may grow to.
    widest_send: u64,
    share: BufferShare,
    /// What streams hold beyond gaps, which was read as far as the peer knows.
    beyond_gaps: u64,
    /// Bytes read since [`read_since`](Self::read_since).
    read: u64,
    read_since: Instant,
    /// How many times the peer has said that it waits for the window.
    blocked: u64,
    /// What must have arrived on the connection, in bytes, before that is believed.
    believed_from: u64,
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
            beyond_gaps: 0,
            read: 0,
            read_since: now,
            blocked: 0,
            believed_from: initial(config.receive_window),
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

    /// Notes that `len` bytes were taken, and returns the new window if it has grown.
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

    /// Returns the new window if the peer has said once more that it waits, rightly, and there is room; `blocked` is
    /// how many times it has, `arrived` how many bytes of any kind it has sent.
    // [RFC 9000 §19.12]
    fn on_blocked(&mut self, blocked: u64, arrived: u64) -> Option<VarInt> {
        if blocked <= self.blocked || arrived < self.believed_from {
            return None;
        }
        self.blocked = blocked;
        let before = self.receive;
        let window = self.grow_receive()?;
        self.believed_from = arrived.saturating_add(self.receive - before);
        Some(window)
    }

    fn grow_receive(&mut self) -> Option<VarInt> {
        let next = self.receive.saturating_mul(2).min(self.max_receive);
        let with_gaps = next.saturating_add(self.beyond_gaps);
        if next <= self.receive || !self.share.hold_received(with_gaps) {
            return None;
        }
        self.receive = next;
        VarInt::from_u64(next).ok()
    }

    /// Returns how many bytes one piece more beyond a gap may have, where its stream has room for `wanted` bytes with
    /// what a piece costs; all together hold no more than the window. [`settle_gaps`](Self::settle_gaps) must follow.
    pub(super) fn room_beyond_gaps(&mut self, wanted: u64) -> usize {
        let free = self.receive.saturating_sub(self.beyond_gaps);
        let most = wanted.min(free).min(MAX_PIECE);
        let held = self.receive.saturating_add(self.beyond_gaps);
        if most <= PIECE_COST || !self.share.hold_received(held.saturating_add(most)) {
            return 0;
        }
        usize::try_from(most - PIECE_COST).unwrap_or(usize::MAX)
    }

    /// Notes that what costs `cost` waits beyond a gap.
    pub(super) fn on_early(&mut self, cost: u64) {
        self.beyond_gaps = self.beyond_gaps.saturating_add(cost);
    }

    /// Notes that what costs `cost` does not wait any more.
    pub(super) fn on_filled(&mut self, cost: u64) {
        self.beyond_gaps = self.beyond_gaps.saturating_sub(cost);
    }

    /// Gives back what is not needed beyond gaps.
    pub(super) fn settle_gaps(&mut self) {
        let held = self.receive.saturating_add(self.beyond_gaps);
        // It was held already.
        let _ = self.share.hold_received(held);
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

    /// Notes that `len` bytes were taken by the application, or to wait for it beyond a gap.
    pub(super) fn on_bytes_read(&mut self, len: usize) {
        let len = u64::try_from(len).unwrap_or(u64::MAX);
        let window = self.windows.on_read(self.now, len, self.inner.rtt());
        self.announce_window(window);
    }

    /// Lets the peer send more when it has said `blocked` times that it waits.
    pub(super) fn heed_blocked_peer(&mut self, blocked: u64, arrived: u64) {
        let window = self.windows.on_blocked(blocked, arrived);
        self.announce_window(window);
    }

    fn announce_window(&mut self, window: Option<VarInt>) {
        if let Some(window) = window {
            self.inner.set_receive_window(window);
            self.wants_transmit = true;
        }
    }
}

/// The largest piece that is taken at once from beyond a gap, with what it costs.
const MAX_PIECE: u64 = 64 << 10;

/// What a window of at most `max` bytes begins with.
pub(crate) fn initial(max: u32) -> u64 {
    u64::from(max).min(BufferBudget::BASE)
}

#[cfg(test)]
mod tests;
