//! Which ends have reached the peer.

use std::collections::VecDeque;

use crate::StreamId;

/// Streams whose end was sent and not proven to have arrived.
///
/// Yamux acknowledges no data. But the peer answers a ping after all that was sent before it, so one ping
/// behind the last end proves all of them.
#[derive(Debug, Default)]
pub(super) struct Finishing {
    /// In the order in which the ends were sent. Some are over by other means.
    sent: VecDeque<StreamId>,
    /// How many of them the ping under way proves.
    covered: usize,
}

impl Finishing {
    /// Takes note that the end of `stream` was sent. Forgets those that `is_awaited` does not know any more
    /// when they are more than `awaited`.
    pub(super) fn push(
        &mut self,
        stream: StreamId,
        awaited: usize,
        is_awaited: impl Fn(StreamId) -> bool,
    ) {
        if self.sent.len() > awaited.saturating_mul(2).saturating_add(SLACK) {
            let covered = self.sent.iter().take(self.covered);
            self.covered = covered.filter(|id| is_awaited(**id)).count();
            self.sent.retain(|id| is_awaited(*id));
        }
        self.sent.push_back(stream);
    }

    /// Returns whether a ping is needed that is not under way.
    pub(super) fn wants_ping(&self) -> bool {
        self.covered == 0 && !self.sent.is_empty()
    }

    /// Takes note that a ping was sent behind everything.
    pub(super) fn on_ping(&mut self) {
        self.covered = self.sent.len();
    }

    /// Takes note that it was answered.
    pub(super) fn on_pong(&mut self) -> impl Iterator<Item = StreamId> + use<> {
        let waiting = self.sent.split_off(self.covered.min(self.sent.len()));
        self.covered = 0;
        std::mem::replace(&mut self.sent, waiting).into_iter()
    }
}

/// Few enough not to matter, and enough not to look through them at every turn.
const SLACK: usize = 64;

#[cfg(test)]
mod tests;
