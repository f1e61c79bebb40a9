//! Whose turn it is to send.

use std::{cmp::Reverse, collections::VecDeque};

use crate::StreamId;

/// Streams that have something to send: by priority, and in turns among those that share one.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    /// The highest priority first. Levels other than 0 go when they are empty.
    levels: Vec<Level>,
}

#[derive(Debug)]
struct Level {
    priority: i32,
    streams: VecDeque<StreamId>,
}

impl Schedule {
    pub(super) fn is_empty(&self) -> bool {
        self.levels.iter().all(|level| level.streams.is_empty())
    }

    /// Puts `stream`, which is not in yet, behind the others of its priority.
    pub(super) fn push_back(&mut self, priority: i32, stream: StreamId) {
        self.level(priority).push_back(stream);
    }

    /// Gives `stream` its turn back.
    pub(super) fn push_front(&mut self, priority: i32, stream: StreamId) {
        self.level(priority).push_front(stream);
    }

    /// Takes the next stream, and says whether others of its priority wait.
    pub(super) fn pop(&mut self) -> Option<(StreamId, bool)> {
        let at = self
            .levels
            .iter()
            .position(|level| !level.streams.is_empty())?;
        let level = self.levels.get_mut(at)?;
        let stream = level.streams.pop_front()?;
        let others_wait = !level.streams.is_empty();
        if !others_wait && level.priority != 0 {
            self.levels.remove(at);
        }
        Some((stream, others_wait))
    }

    /// Takes `stream` out of its turn.
    pub(super) fn remove(&mut self, priority: i32, stream: StreamId) {
        self.level(priority).retain(|waiting| *waiting != stream);
        self.levels
            .retain(|level| level.priority == 0 || !level.streams.is_empty());
    }

    fn level(&mut self, priority: i32) -> &mut VecDeque<StreamId> {
        let found = self
            .levels
            .binary_search_by_key(&Reverse(priority), |level| Reverse(level.priority));
        let at = found.unwrap_or_else(|at| {
            let streams = VecDeque::new();
            self.levels.insert(at, Level { priority, streams });
            at
        });
        let level = self.levels.get_mut(at);
        &mut level.expect("found or inserted just above").streams
    }
}

#[cfg(test)]
mod tests;
