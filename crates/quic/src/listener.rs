//! Where inbound connections wait for whoever listens.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use sinew_multiaddr::Address;
use sinew_quic_proto::ConnectionHandle;
use sinew_transport::{
    CloseReason, Connection, ConnectionCode, Gate, InboundFailure, Listener, Permit,
};

use crate::{
    connection::{QuicConnection, Shell, remember},
    shard::{Command, Shared},
};

/// What the shard and the listener share.
pub(crate) struct Inbox {
    pub(crate) gate: Arc<dyn Gate>,
    max_unaccepted: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Permits and addresses of handshakes in progress.
    handshaking: HashMap<ConnectionHandle, (Permit, SocketAddr)>,
    ready: VecDeque<Result<(QuicConnection, Permit), InboundFailure>>,
    waker: Option<Waker>,
    is_closed: bool,
}

/// How an inbound handshake ended.
pub(crate) enum Outcome {
    Established(QuicConnection),
    Failed(CloseReason),
}

/// The handle of whoever listens.
pub(crate) struct QuicListener {
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) shard: Arc<Shared>,
}

impl Inbox {
    pub(crate) fn new(gate: Arc<dyn Gate>, max_unaccepted: usize) -> Arc<Self> {
        Arc::new(Self {
            gate,
            max_unaccepted,
            state: Mutex::default(),
        })
    }

    /// Returns how many inbound handshakes are in progress.
    pub(crate) fn handshaking(&self) -> usize {
        self.lock().handshaking.len()
    }

    pub(crate) fn on_handshake(&self, shell: &Shell, permit: Permit) {
        let remote = shell.lock().proto.remote_address();
        self.lock()
            .handshaking
            .insert(shell.handle, (permit, remote));
    }

    /// Notes the end of a handshake; does nothing for a connection that was established before.
    pub(crate) fn on_outcome(&self, shell: &Arc<Shell>, outcome: Outcome) {
        let mut state = self.lock();
        let Some((permit, remote)) = state.handshaking.remove(&shell.handle) else {
            return;
        };
        let is_full = state.is_closed || state.ready.len() >= self.max_unaccepted;
        match outcome {
            Outcome::Established(_) if is_full => {
                drop(state);
                let code = ConnectionCode::RESOURCE_LIMIT_EXCEEDED;
                shell.close(code, b"", CloseReason::Local { code });
                return;
            }
            Outcome::Established(connection) => state.ready.push_back(Ok((connection, permit))),
            // Failures are told as far as there is room; they cost the sender nothing.
            Outcome::Failed(_) if is_full => {
                // Before the permit, whose end is another's code.
                drop(state);
                return;
            }
            Outcome::Failed(reason) => {
                state
                    .ready
                    .push_back(Err(InboundFailure { remote, reason }));
            }
        }
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Nothing will follow what is ready.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Nothing panics while the lock is held.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener for QuicListener {
    fn address(&self) -> Address {
        Address::quic(self.shard.local)
    }

    fn poll_accept(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<(Arc<dyn Connection>, Permit), InboundFailure>>> {
        let mut state = self.inbox.lock();
        if let Some(ready) = state.ready.pop_front() {
            let ready = ready.map(|(connection, permit)| {
                let connection: Arc<dyn Connection> = Arc::new(connection);
                (connection, permit)
            });
            return Poll::Ready(Some(ready));
        }
        if state.is_closed {
            return Poll::Ready(None);
        }
        remember(&mut state.waker, cx);
        Poll::Pending
    }
}

impl Drop for QuicListener {
    fn drop(&mut self) {
        self.shard.command(Command::Unlisten(self.inbox.clone()));
        let mut state = self.inbox.lock();
        state.is_closed = true;
        let unaccepted = std::mem::take(&mut state.ready);
        drop(state);
        let code = ConnectionCode::SHUTDOWN;
        for (connection, _permit) in unaccepted.into_iter().flatten() {
            connection.0.close(code, b"", CloseReason::Local { code });
        }
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox")
            .field("gate", &self.gate)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for QuicListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QuicListener")
            .field("address", &self.address())
            .finish_non_exhaustive()
    }
}
