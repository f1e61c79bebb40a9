//! The hand-over between marking work and parking.

use std::{
    mem,
    sync::Arc,
    task::{Context, Wake, Waker},
};

#[cfg(sinew_loom)]
use loom::{
    future::AtomicWaker,
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
};
#[cfg(not(sinew_loom))]
use std::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicBool, Ordering},
};

#[cfg(not(sinew_loom))]
use futures_util::task::AtomicWaker;

/// Work that application tasks leave for a shard, and the shard's alarm clock.
///
/// The promise: a mark that is pushed is seen by a turn that begins after the push, without any further
/// wake-up. Marks made while a turn runs wake nobody; the turn looks for them before it ends.
#[derive(Debug)]
pub struct Marks<T> {
    marked: Mutex<Vec<T>>,
    /// Whether the shard will look at `marked` before it parks. Only the shard clears it.
    is_awake: AtomicBool,
    shard: AtomicWaker,
}

/// Why a turn begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// An application task left a mark while the shard was parked.
    Marked,
    /// The socket, a timer, or the turn before asked for it.
    Driven,
}

impl<T> Marks<T> {
    /// Makes an empty list whose shard has not parked yet.
    pub fn new() -> Self {
        Self {
            marked: Mutex::new(Vec::new()),
            is_awake: AtomicBool::new(true),
            shard: AtomicWaker::new(),
        }
    }

    /// Leaves `mark` for the shard and wakes it if it is parked. No lock of the caller's matters to the shard:
    /// it takes none while it is woken.
    pub fn push(&self, mark: T) {
        self.lock().push(mark);
        self.ring();
    }

    /// Wakes the shard if it is parked, without a mark.
    pub fn ring(&self) {
        if !self.is_awake.swap(true, Ordering::AcqRel) {
            self.shard.wake();
        }
    }

    /// Begins a turn: marks made from here on wake nobody.
    pub fn begin_turn(&self, cx: &Context<'_>) -> Turn {
        self.register(cx);
        if self.is_awake.swap(true, Ordering::AcqRel) {
            Turn::Marked
        } else {
            Turn::Driven
        }
    }

    /// Moves what was marked to the end of `into`.
    pub fn take(&self, into: &mut Vec<T>) {
        let mut marked = self.lock();
        if into.is_empty() {
            mem::swap(into, &mut marked);
        } else {
            into.append(&mut marked);
        }
    }

    /// Ends a turn; marks made from here on wake the shard.
    ///
    /// Returns whether marks were made since they were last taken, so that another turn is due at once.
    pub fn end_turn(&self) -> bool {
        self.is_awake.swap(false, Ordering::AcqRel);
        // A mark pushed before the swap found `is_awake` set and woke nobody; it is in the list by now.
        !self.lock().is_empty()
    }

    #[cfg(not(sinew_loom))]
    fn register(&self, cx: &Context<'_>) {
        self.shard.register(cx.waker());
    }

    #[cfg(sinew_loom)]
    fn register(&self, cx: &Context<'_>) {
        self.shard.register_by_ref(cx.waker());
    }

    /// Nothing panics while the lock is held.
    fn lock(&self) -> MutexGuard<'_, Vec<T>> {
        self.marked
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl<T> Default for Marks<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Send + 'static> Marks<T> {
    /// Returns a waker that rings the shard; tasks that the shard polls itself are woken with it.
    pub fn waker(self: &Arc<Self>) -> Waker {
        Waker::from(Arc::new(Ring(self.clone())))
    }
}

struct Ring<T>(Arc<Marks<T>>);

impl<T: Send + 'static> Wake for Ring<T> {
    fn wake(self: Arc<Self>) {
        self.0.ring();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.ring();
    }
}

#[cfg(test)]
mod tests;
