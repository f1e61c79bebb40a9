//! The queue of those who wait to open a stream.

use std::{
    collections::BTreeMap,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use sinew_quic_proto::StreamId;
use sinew_transport::CloseReason;

use super::Shell;
use crate::stream::QuicStream;

/// Who waits to open a stream, in the order of asking.
#[derive(Default)]
pub(crate) struct Openings {
    next_ticket: u64,
    waiting: BTreeMap<u64, Waiting>,
    /// Streams that were opened for somebody who has not taken them.
    granted: usize,
}

enum Waiting {
    Asked(Waker),
    Granted(StreamId),
}

/// One who opens a stream.
pub(super) struct Opening {
    shell: Arc<Shell>,
    ticket: Option<u64>,
}

impl Openings {
    /// Hands what `open` yields to those who wait, first come, first served.
    pub(crate) fn grant(
        &mut self,
        mut open: impl FnMut() -> Option<StreamId>,
        wakers: &mut Vec<Waker>,
    ) {
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

    /// Takes the wakers of all who wait, because the connection is over.
    pub(crate) fn wake_all(&self, wakers: &mut Vec<Waker>) {
        wakers.extend(self.waiting.values().filter_map(|waiting| match waiting {
            Waiting::Asked(waker) => Some(waker.clone()),
            Waiting::Granted(_) => None,
        }));
    }
}

impl Opening {
    pub(super) fn new(shell: Arc<Shell>) -> Self {
        Self {
            shell,
            ticket: None,
        }
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<QuicStream, CloseReason>> {
        let ticket = &mut self.ticket;
        let opened = self.shell.with(|state| {
            if let Some(number) = *ticket
                && let Some(Waiting::Granted(id)) = state.openings.waiting.get(&number)
            {
                let id = *id;
                state.openings.waiting.remove(&number);
                state.openings.granted -= 1;
                *ticket = None;
                return Poll::Ready(Ok(id));
            }
            if state.closed.is_some() {
                return Poll::Ready(Err(state.close_reason()));
            }
            // Nobody overtakes those who asked before.
            if ticket.is_none()
                && !state.openings.is_asked()
                && let Some(id) = state.open()
            {
                return Poll::Ready(Ok(id));
            }
            let number = *ticket.get_or_insert_with(|| {
                state.openings.next_ticket += 1;
                state.openings.next_ticket
            });
            let waiting = Waiting::Asked(cx.waker().clone());
            state.openings.waiting.insert(number, waiting);
            Poll::Pending
        });
        opened.map_ok(|id| QuicStream::new(self.shell.clone(), id))
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        self.shell.with(|state| {
            if let Some(Waiting::Granted(id)) = state.openings.waiting.remove(&ticket) {
                state.openings.granted -= 1;
                state.abandon(id);
            }
        });
    }
}
