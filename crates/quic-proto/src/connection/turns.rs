//! Whose turn it is to write when there is room for few.

use std::collections::{BTreeMap, BTreeSet};

use crate::StreamId;

/// The streams that found no room, those first that have waited longest.
///
/// quinn-proto names the one first that was refused last. With more writers than room the outer ones take turns,
/// and those between them never get any.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// When each stream was refused that has written nothing since, counted in refusals.
    refused: BTreeMap<StreamId, u64>,
    refusals: u64,
    /// Those that may try again.
    ready: BTreeSet<(u64, StreamId)>,
}

impl Turns {
    /// Notes that a stream found no room.
    pub(super) fn on_refused(&mut self, stream: StreamId) {
        self.refusals += 1;
        self.refused.entry(stream).or_insert(self.refusals);
    }

    /// Notes that a stream has written, or will not any more.
    pub(super) fn on_done(&mut self, stream: StreamId) {
        self.refused.remove(&stream);
    }

    /// Notes that there may be room for a stream.
    pub(super) fn on_writable(&mut self, stream: StreamId) {
        let since = self.refused.get(&stream).copied().unwrap_or_default();
        self.ready.insert((since, stream));
    }

    /// Returns who may try next.
    pub(super) fn poll(&mut self) -> Option<StreamId> {
        let (_, stream) = self.ready.pop_first()?;
        Some(stream)
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests;
