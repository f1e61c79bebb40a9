//! Tells every reader every event, within a bound.

use std::{
    collections::VecDeque,
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use crate::Event;

/// The sending side.
#[derive(Debug)]
pub(crate) struct Broadcast {
    capacity: usize,
    readers: Mutex<Readers>,
}

/// The events of a host, from the moment of [`Swarm::events`](crate::Swarm::events) on.
///
/// A reader that is slower than the events misses the newest ones and is told how many, with
/// [`Event::Missed`], in the place where they would have been.
#[derive(Debug)]
pub struct Events {
    mailbox: Arc<Mutex<Mailbox>>,
}

#[derive(Debug, Default)]
struct Readers {
    is_closed: bool,
    mailboxes: Vec<Arc<Mutex<Mailbox>>>,
}

#[derive(Debug, Default)]
struct Mailbox {
    queue: VecDeque<Event>,
    missed: u64,
    is_closed: bool,
    waker: Option<Waker>,
}

impl Broadcast {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity: capacity.max(1),
            readers: Mutex::default(),
        }
    }

    pub(crate) fn subscribe(&self) -> Events {
        let mut readers = lock(&self.readers);
        let mailbox = Arc::new(Mutex::new(Mailbox {
            is_closed: readers.is_closed,
            ..Mailbox::default()
        }));
        if !readers.is_closed {
            readers.mailboxes.push(mailbox.clone());
        }
        Events { mailbox }
    }

    /// Puts `event` into every mailbox; the tasks to wake are appended to `wakers`.
    pub(crate) fn publish(&self, event: &Event, wakers: &mut Vec<Waker>) {
        let mut readers = lock(&self.readers);
        // A mailbox that only this list holds has no reader.
        readers
            .mailboxes
            .retain(|mailbox| Arc::strong_count(mailbox) > 1);
        for mailbox in &readers.mailboxes {
            let mut mailbox = lock(mailbox);
            mailbox.push(event, self.capacity);
            wakers.extend(mailbox.waker.take());
        }
    }

    /// Ends the events; what waits can still be read.
    pub(crate) fn close(&self) {
        let mut readers = lock(&self.readers);
        readers.is_closed = true;
        let mailboxes = std::mem::take(&mut readers.mailboxes);
        drop(readers);
        for mailbox in mailboxes {
            let mut mailbox = lock(&mailbox);
            mailbox.is_closed = true;
            let waker = mailbox.waker.take();
            drop(mailbox);
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }
}

impl Events {
    /// Waits for the next event; `None` after the host has shut down. Cancel-safe.
    pub async fn next(&mut self) -> Option<Event> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// Returns an event that is there already.
    pub fn try_next(&mut self) -> Option<Event> {
        lock(&self.mailbox).pop()
    }

    /// Polls for the next event. See [`next`](Self::next).
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        let mut mailbox = lock(&self.mailbox);
        if let Some(event) = mailbox.pop() {
            return Poll::Ready(Some(event));
        }
        if mailbox.is_closed {
            return Poll::Ready(None);
        }
        let known = mailbox.waker.as_ref();
        if !known.is_some_and(|waker| waker.will_wake(cx.waker())) {
            mailbox.waker = Some(cx.waker().clone());
        }
        Poll::Pending
    }
}

impl Mailbox {
    fn push(&mut self, event: &Event, capacity: usize) {
        if self.queue.len() >= capacity {
            self.missed += 1;
            return;
        }
        if self.missed > 0 {
            self.queue
                .push_back(Event::Missed(std::mem::take(&mut self.missed)));
        }
        self.queue.push_back(event.clone());
    }

    fn pop(&mut self) -> Option<Event> {
        if let Some(event) = self.queue.pop_front() {
            return Some(event);
        }
        if self.missed > 0 {
            return Some(Event::Missed(std::mem::take(&mut self.missed)));
        }
        None
    }
}

/// Nothing panics while one of these locks is held.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
