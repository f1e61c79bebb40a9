//! Streams that nobody holds and that are not over.

use std::{collections::VecDeque, time::Instant};

use crate::StreamId;

/// When to look again at streams that were abandoned after we had finished them. All wait equally long, so
/// the first is the next.
#[derive(Debug, Default)]
pub(super) struct Lingering(VecDeque<(Instant, StreamId)>);

impl Lingering {
    /// Looks at `stream` at the time `at`. Forgets those that `is_lingering` does not know any more when
    /// they are more than there are `streams`.
    pub(super) fn push(
        &mut self,
        at: Instant,
        stream: StreamId,
        streams: usize,
        is_lingering: impl Fn(StreamId) -> bool,
    ) {
        if self.0.len() > streams.saturating_mul(2).saturating_add(SLACK) {
            self.0.retain(|(_, id)| is_lingering(*id));
        }
        self.0.push_back((at, stream));
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.0.front().map(|(at, _)| *at)
    }

    /// Takes a stream whose time has come.
    pub(super) fn pop(&mut self, now: Instant) -> Option<StreamId> {
        self.0.pop_front_if(|(at, _)| *at <= now).map(|(_, id)| id)
    }

    /// Forgets the first ones that are over, so that no timer fires for them.
    pub(super) fn trim(&mut self, is_lingering: impl Fn(StreamId) -> bool) {
        while self.0.pop_front_if(|(_, id)| !is_lingering(*id)).is_some() {}
    }
}

/// Few enough not to matter, and enough not to look through them at every turn.
const SLACK: usize = 64;
