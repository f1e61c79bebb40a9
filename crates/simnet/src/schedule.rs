//! What will happen, in order.

use std::{collections::BTreeMap, time::Duration};

/// Things to happen at points of virtual time; at the same point, in the order in which they were added.
#[derive(Debug)]
pub(crate) struct Schedule<T> {
    due: BTreeMap<Key, T>,
    added: u64,
}

/// When something is due, and its place among what is due then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) at: Duration,
    order: u64,
}

impl<T> Schedule<T> {
    pub(crate) fn new() -> Self {
        Self {
            due: BTreeMap::new(),
            added: 0,
        }
    }

    pub(crate) fn add(&mut self, at: Duration, item: T) -> Key {
        let key = Key {
            at,
            order: self.added,
        };
        self.added += 1;
        self.due.insert(key, item);
        key
    }

    /// Takes something back; `None` when it has happened.
    pub(crate) fn cancel(&mut self, key: Key) -> Option<T> {
        self.due.remove(&key)
    }

    pub(crate) fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        self.due.get_mut(&key)
    }

    /// Returns when the first thing is due.
    pub(crate) fn next(&self) -> Option<Duration> {
        self.due.keys().next().map(|key| key.at)
    }

    /// Returns how much is to happen.
    pub(crate) fn len(&self) -> usize {
        self.due.len()
    }

    /// Takes the first thing that is due by `now` and was there before `before`.
    pub(crate) fn pop(&mut self, now: Duration, before: u64) -> Option<T> {
        let entry = self.due.first_entry()?;
        let is_due = entry.key().at <= now && entry.key().order < before;
        is_due.then(|| entry.remove())
    }

    /// Returns a number that is greater than the order of everything there.
    pub(crate) fn horizon(&self) -> u64 {
        self.added
    }

    pub(crate) fn clear(&mut self) -> Vec<T> {
        std::mem::take(&mut self.due).into_values().collect()
    }
}
