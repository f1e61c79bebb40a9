//! Where inbound connections wait for whoever listens.

use std::{
    collections::VecDeque,
    fmt, mem,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
};

use sinew_transport::{
    Admission, Attempt, CloseReason, Connection, ConnectionCode, Gate, InboundFailure, Permit,
};

use crate::state::remember;

/// An established connection with its permit, or why there is none.
pub type Inbound = Result<(Arc<dyn Connection>, Permit), InboundFailure>;

/// What the task that accepts and the listener share.
pub struct Inbox {
    gate: Arc<dyn Gate>,
    max_unaccepted: usize,
    /// Handshakes in progress.
    handshaking: AtomicUsize,
    state: Mutex<Ready>,
}

#[derive(Default)]
struct Ready {
    waiting: VecDeque<Inbound>,
    listener: Option<Waker>,
    /// The task that accepts, which wants to know of the end.
    acceptor: Option<Waker>,
    is_closed: bool,
}

/// An inbound connection whose handshake is in progress: its permit, and who is told of its end.
#[derive(Debug)]
pub struct Arrival {
    inbox: Arc<Inbox>,
    permit: Option<Permit>,
    remote: SocketAddr,
}

impl Inbox {
    /// Makes an inbox that asks `gate`, and in which `max_unaccepted` connections may wait.
    pub fn new(gate: Arc<dyn Gate>, max_unaccepted: usize) -> Arc<Self> {
        Arc::new(Self {
            gate,
            max_unaccepted,
            handshaking: AtomicUsize::new(0),
            state: Mutex::default(),
        })
    }

    /// Asks the gate whether strangers at `remote` are heard at all.
    pub fn allows(&self, remote: SocketAddr) -> bool {
        self.gate.allows(remote)
    }

    /// Asks the gate about one attempt.
    pub fn admit(&self, remote: SocketAddr, validated: bool) -> Admission {
        let attempt = Attempt::new(remote, validated, self.handshaking());
        self.gate.admit(&attempt)
    }

    /// Returns how many inbound handshakes are in progress.
    pub fn handshaking(&self) -> usize {
        self.handshaking.load(Ordering::Relaxed)
    }

    /// Notes that the handshake of an admitted connection begins.
    pub fn arrive(self: &Arc<Self>, remote: SocketAddr, permit: Permit) -> Arrival {
        self.handshaking.fetch_add(1, Ordering::Relaxed);
        Arrival {
            inbox: self.clone(),
            permit: Some(permit),
            remote,
        }
    }

    /// Waits for an established connection; `None` once nothing will follow.
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<Option<Inbound>> {
        let mut state = self.lock();
        if let Some(inbound) = state.waiting.pop_front() {
            return Poll::Ready(Some(inbound));
        }
        if state.is_closed {
            return Poll::Ready(None);
        }
        remember(&mut state.listener, cx);
        Poll::Pending
    }

    /// Waits until the inbox is closed. Only the last task that asked is woken.
    pub fn poll_closed(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        if state.is_closed {
            return Poll::Ready(());
        }
        remember(&mut state.acceptor, cx);
        Poll::Pending
    }

    /// Nothing will follow what is there.
    pub fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        let wakers = [state.listener.take(), state.acceptor.take()];
        drop(state);
        wakers.into_iter().flatten().for_each(Waker::wake);
    }

    /// Nobody listens any more: closes the inbox, and the connections in it.
    pub fn abandon(&self) {
        self.close();
        let unaccepted = mem::take(&mut self.lock().waiting);
        for (connection, _permit) in unaccepted.into_iter().flatten() {
            connection.close(ConnectionCode::SHUTDOWN, "");
        }
    }

    /// Hands `inbound` to whoever listens; returns it if there is no room.
    fn push(&self, inbound: Inbound) -> Option<Inbound> {
        let mut state = self.lock();
        if state.is_closed || state.waiting.len() >= self.max_unaccepted {
            return Some(inbound);
        }
        state.waiting.push_back(inbound);
        let waker = state.listener.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
        None
    }

    /// Nothing panics while the lock is held.
    fn lock(&self) -> MutexGuard<'_, Ready> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Arrival {
    /// The handshake is done.
    pub(crate) fn established(mut self, connection: Arc<dyn Connection>) {
        let permit = self.permit.take().unwrap_or_default();
        self.inbox.handshaking.fetch_sub(1, Ordering::Relaxed);
        if let Some(Ok((connection, _permit))) = self.inbox.push(Ok((connection, permit))) {
            connection.close(ConnectionCode::RESOURCE_LIMIT_EXCEEDED, "");
        }
    }

    /// The handshake failed.
    pub(crate) fn failed(mut self, reason: CloseReason) {
        // Before anyone hears of it, so that whoever does finds the permit given back.
        self.give_back();
        let remote = self.remote;
        // Failures are told as far as there is room; they cost the sender nothing.
        let _untold = self.inbox.push(Err(InboundFailure { remote, reason }));
    }

    fn give_back(&mut self) {
        if let Some(permit) = self.permit.take() {
            self.inbox.handshaking.fetch_sub(1, Ordering::Relaxed);
            drop(permit);
        }
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        self.give_back();
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox")
            .field("gate", &self.gate)
            .finish_non_exhaustive()
    }
}
