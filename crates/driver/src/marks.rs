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
    marked: Mutex<List<T>>,
    /// Rung since the shard last listened, with or without a mark.
    has_rung: AtomicBool,
    /// Whether the shard will look at `marked` before it parks. Only the shard clears it.
    is_awake: AtomicBool,
    shard: AtomicWaker,
}

#[derive(Debug)]
struct List<T> {
    marks: Vec<T>,
    /// The shard is over, and marks would stay for ever.
    is_closed: bool,
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
            marked: Mutex::new(List {
                marks: Vec::new(),
                is_closed: false,
            }),
            has_rung: AtomicBool::new(false),
            is_awake: AtomicBool::new(true),
            shard: AtomicWaker::new(),
        }
    }

    /// Leaves `mark` for the shard and wakes it if it is parked. No lock of the caller's matters to the shard:
    /// it takes none while it is woken.
    pub fn push(&self, mark: T) {
        let mut list = self.lock();
        if list.is_closed {
            // Dropped with no lock held, for a mark may have a lot behind it.
            drop(list);
            return;
        }
        list.marks.push(mark);
        drop(list);
        self.wake();
    }

    /// Wakes the shard if it is parked, or has the running turn followed by another, without a mark.
    pub fn ring(&self) {
        // A store would do, but loom orders stores loosely against the swap in `hush`.
        self.has_rung.swap(true, Ordering::AcqRel);
        self.wake();
    }

    fn wake(&self) {
        if !self.is_awake.swap(true, Ordering::AcqRel) {
            self.shard.wake();
        }
    }

    /// Begins a turn: marks made from here on wake nobody.
    pub fn begin_turn(&self, cx: &Context<'_>) -> Turn {
        self.register(cx);
        self.hush();
        if self.is_awake.swap(true, Ordering::AcqRel) {
            Turn::Marked
        } else {
            Turn::Driven
        }
    }

    /// Forgets that somebody rang: what is looked at from here on is what they rang for.
    pub fn hush(&self) {
        // A store would lose a ring: it takes one back without making sure that what was rung for is seen.
        self.has_rung.swap(false, Ordering::AcqRel);
    }

    /// Returns whether somebody rang since the shard last listened: what it polls itself has something to do.
    pub fn has_rung(&self) -> bool {
        self.has_rung.load(Ordering::Acquire)
    }

    /// Looks at what is marked, with the lock held.
    pub fn look<R>(&self, at: impl FnOnce(&[T]) -> R) -> R {
        at(&self.lock().marks)
    }

    /// Moves what was marked to the end of `into`.
    pub fn take(&self, into: &mut Vec<T>) {
        let marked = &mut self.lock().marks;
        if into.is_empty() {
            mem::swap(into, marked);
        } else {
            into.append(marked);
        }
    }

    /// Ends a turn; marks made from here on wake the shard.
    ///
    /// Returns whether marks were made since they were last taken, or somebody rang, so that another turn is
    /// due at once.
    pub fn end_turn(&self) -> bool {
        self.is_awake.swap(false, Ordering::AcqRel);
        // Who came before the swap found `is_awake` set and woke nobody; the mark or ring is visible by now.
        self.has_rung() || !self.lock().marks.is_empty()
    }

    /// Drops what was marked, and what will be.
    pub fn close(&self) {
        let mut list = self.lock();
        list.is_closed = true;
        let marks = mem::take(&mut list.marks);
        drop(list);
        drop(marks);
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
    fn lock(&self) -> MutexGuard<'_, List<T>> {
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
