//! The queue of those who wait to open a stream.

use std::{
    collections::BTreeMap,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use sinew_transport::CloseReason;

use crate::{Driven, Muxer, Shell, stream::MuxedStream};

/// Who waits to open a stream, in the order of asking.
pub(crate) struct Openings<Id> {
    next_ticket: u64,
    waiting: BTreeMap<u64, Waiting<Id>>,
    /// Streams that were opened for somebody who has not taken them.
    granted: usize,
}

enum Waiting<Id> {
    Asked(Waker),
    Granted(Id),
}

/// One who opens a stream.
pub(crate) struct Opening<D: Driven> {
    shell: Arc<Shell<D>>,
    ticket: Option<u64>,
}

impl<Id: Copy> Openings<Id> {
    /// Hands what `open` yields to those who wait, first come, first served.
    pub(crate) fn grant(&mut self, mut open: impl FnMut() -> Option<Id>, wakers: &mut Vec<Waker>) {
        for waiting in self.waiting.values_mut() {
            let Waiting::Asked(waker) = waiting else {
                continue;
            };
            let Some(id) = open() else { return };
            wakers.push(waker.clone());
            *waiting = Waiting::Granted(id);
            self.granted += 1;
        }
    }

    /// Returns whether somebody waits for a stream.
    pub(crate) fn is_asked(&self) -> bool {
        self.waiting.len() > self.granted
    }

    /// Takes the wakers of all who wait, because there will be no more streams.
    pub(crate) fn wake_all(&self, wakers: &mut Vec<Waker>) {
        wakers.extend(self.waiting.values().filter_map(|waiting| match waiting {
            Waiting::Asked(waker) => Some(waker.clone()),
            Waiting::Granted(_) => None,
        }));
    }

    /// Takes the stream that was opened for `ticket`, if there is one.
    fn take_granted(&mut self, ticket: u64) -> Option<Id> {
        let Some(Waiting::Granted(id)) = self.waiting.get(&ticket) else {
            return None;
        };
        let id = *id;
        self.waiting.remove(&ticket);
        self.granted -= 1;
        Some(id)
    }
}

impl<Id> Default for Openings<Id> {
    fn default() -> Self {
        Self {
            next_ticket: 0,
            waiting: BTreeMap::new(),
            granted: 0,
        }
    }
}

impl<D: Driven> Opening<D> {
    pub(crate) fn new(shell: Arc<Shell<D>>) -> Self {
        Self {
            shell,
            ticket: None,
        }
    }

    pub(crate) fn poll(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<MuxedStream<D>, CloseReason>> {
        let ticket = &mut self.ticket;
        let opened = self.shell.with(|state| {
            if let Some(id) = ticket.and_then(|number| state.openings.take_granted(number)) {
                *ticket = None;
                return Poll::Ready(Ok(id));
            }
            if state.is_closed() {
                return Poll::Ready(Err(state.close_reason()));
            }
            // Nobody overtakes those who asked before.
            if ticket.is_none()
                && !state.openings.is_asked()
                && let Some(id) = state.open()
            {
                return Poll::Ready(Ok(id));
            }
            if let Some(reason) = state.muxer.refuses_streams() {
                return Poll::Ready(Err(reason));
            }
            let number = *ticket.get_or_insert_with(|| {
                state.openings.next_ticket += 1;
                state.openings.next_ticket
            });
            let waiting = Waiting::Asked(cx.waker().clone());
            state.openings.waiting.insert(number, waiting);
            Poll::Pending
        });
        opened.map_ok(|id| MuxedStream::new(self.shell.clone(), id))
    }
}

impl<D: Driven> Drop for Opening<D> {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        let mut wakers = Vec::new();
        let _dropped = self.shell.with(|state| {
            let granted = state.openings.take_granted(ticket);
            let slot = granted.and_then(|id| state.abandon(id, &mut wakers));
            // A waker is somebody else's code, also when it is dropped: with no lock held.
            (slot, state.openings.waiting.remove(&ticket))
        });
        wakers.into_iter().for_each(Waker::wake);
    }
}
