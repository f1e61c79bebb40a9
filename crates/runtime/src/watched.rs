//! A value that tasks wait on.

use std::{
    collections::BTreeMap,
    fmt,
    future::poll_fn,
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Poll, Waker},
};

/// A value that tasks wait on, until it is as they want it.
///
/// Those who wait are woken in the order in which they began to, which channels of other makes do not promise: a
/// simulation would not be the same twice. No waker runs while the lock is held.
pub struct Watched<T> {
    state: Mutex<State<T>>,
}

struct State<T> {
    value: T,
    /// By the order of asking.
    waiting: BTreeMap<u64, Waker>,
    next: u64,
}

impl<T> Watched<T> {
    /// Holds `value` for whoever asks.
    pub const fn new(value: T) -> Self {
        Self {
            state: Mutex::new(State {
                value,
                waiting: BTreeMap::new(),
                next: 0,
            }),
        }
    }

    /// Returns what `look` makes of the value. `look` runs under the lock.
    pub fn look<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        look(&self.lock().value)
    }

    /// Returns a copy of the value.
    pub fn get(&self) -> T
    where
        T: Clone,
    {
        self.look(T::clone)
    }

    /// Puts another value in its place, and wakes everybody.
    pub fn set(&self, value: T) {
        // The old one is dropped with no lock held.
        let _old = self.change(|present| Some(mem::replace(present, value)));
    }

    /// Changes the value, and wakes everybody if `change` returns something. `change` runs under the lock.
    pub fn change<R>(&self, change: impl FnOnce(&mut T) -> Option<R>) -> Option<R> {
        let mut state = self.lock();
        let news = change(&mut state.value)?;
        let waiting = mem::take(&mut state.waiting);
        drop(state);
        for waker in waiting.into_values() {
            waker.wake();
        }
        Some(news)
    }

    /// Waits until `look` finds something in the value, and returns it. `look` runs under the lock.
    pub async fn wait_for<R>(&self, mut look: impl FnMut(&T) -> Option<R>) -> R {
        let mut place = Place {
            watched: self,
            number: None,
        };
        poll_fn(move |cx| {
            let mut state = self.lock();
            if let Some(found) = look(&state.value) {
                return Poll::Ready(found);
            }
            let number = place.number(&mut state);
            let old = state.waiting.insert(number, cx.waker().clone());
            drop(state);
            drop(old);
            Poll::Pending
        })
        .await
    }

    /// What callers run under the lock does not leave the value half changed when it panics.
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of somebody who waits, given up when it is dropped.
struct Place<'a, T> {
    watched: &'a Watched<T>,
    number: Option<u64>,
}

impl<T> Place<'_, T> {
    /// Returns the place's number, which is drawn once.
    fn number(&mut self, state: &mut State<T>) -> u64 {
        *self.number.get_or_insert_with(|| {
            state.next += 1;
            state.next
        })
    }
}

impl<T> Drop for Place<'_, T> {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            let waker = self.watched.lock().waiting.remove(&number);
            drop(waker);
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Watched<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.look(|value| f.debug_tuple("Watched").field(value).finish())
    }
}

impl<T: Default> Default for Watched<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

#[cfg(test)]
mod tests;
