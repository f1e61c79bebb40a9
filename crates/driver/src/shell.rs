//! A connection, as its task and the application share it.

use std::{
    fmt,
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    task::Poll,
    time::Instant,
};

use sinew_identity::PeerId;
use sinew_multiaddr::Address;
use sinew_runtime::Watched;
use sinew_transport::{CloseReason, ConnectionCode, ConnectionEvent, Role, Security, StreamIo};

use crate::{Arrival, Due, Handle, Muxer, State, state::remember, stream::MuxedStream};

/// What a driver adds to the connections that it drives.
pub trait Driven: fmt::Debug + Send + Sync + Sized + 'static {
    /// The machine of a connection.
    type Muxer: Muxer;

    /// Has the task look at the connection in a turn that begins later than now. Called with no lock held, once
    /// until [`State::unmark`].
    fn mark(shell: &Arc<Shell<Self>>);

    /// Returns the time.
    fn now(&self) -> Instant;

    /// Returns this end's address, as far as it is known.
    fn local_address(&self, muxer: &Self::Muxer) -> Address;

    /// Returns the other end's address.
    fn remote_address(&self, muxer: &Self::Muxer) -> Address;

    /// Returns how the connection is secured and multiplexed.
    fn security(&self, muxer: &Self::Muxer) -> Security;
}

/// A connection's machine behind a plain mutex, and who waits on it.
///
/// The task that drives it and the handles of the application share it. No waker runs, nothing is sent and no
/// user code is called while the lock is held, and nothing panics.
pub struct Shell<D: Driven> {
    driver: D,
    role: Role,
    state: Mutex<State<D::Muxer>>,
    /// Set when the handshake is done, before anyone outside sees the connection.
    peer: OnceLock<PeerId>,
    /// Set with no lock held.
    closed: Watched<Option<CloseReason>>,
}

impl<D: Driven> Shell<D> {
    /// Puts a machine where its task and the application can share it. `arrival` is told how the handshake of an
    /// inbound connection ends.
    pub fn new(driver: D, role: Role, muxer: D::Muxer, arrival: Option<Arrival>) -> Arc<Self> {
        Arc::new(Self {
            driver,
            role,
            state: Mutex::new(State::new(muxer, arrival)),
            peer: OnceLock::new(),
            closed: Watched::new(None),
        })
    }

    /// Returns what the driver added.
    pub fn driver(&self) -> &D {
        &self.driver
    }

    /// Returns which side this is.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Returns who is at the other end, once that is proven.
    pub fn peer(&self) -> Option<PeerId> {
        self.peer.get().copied()
    }

    /// Locks the state.
    pub fn lock(&self) -> MutexGuard<'_, State<D::Muxer>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes the connection and ends every wait on it with `reason`. Does nothing when it is over.
    pub fn close(self: &Arc<Self>, code: ConnectionCode, text: &[u8], reason: CloseReason) {
        let now = self.driver.now();
        let mut state = self.lock();
        if state.closed.is_none() {
            state.muxer.close(now, code, text);
            state.closed = Some(reason);
        }
        // The task wakes who waits.
        let was_marked = std::mem::replace(&mut state.is_marked, true);
        drop(state);
        if !was_marked {
            D::mark(self);
        }
    }

    /// The handshake is done, and `peer` is at the other end.
    pub fn on_connected(&self, state: &mut State<D::Muxer>, peer: PeerId, due: &mut Due) {
        // It does not happen twice.
        self.peer.set(peer).ok();
        due.wakers.extend(state.dialing.take());
        state.on_streams_available(due);
    }

    /// Ends a look at the connection: finds out what is to be done for it, and does what must not wait for the
    /// end of the turn.
    ///
    /// Takes the guard, because acceptors and listeners are called with no lock held.
    pub fn settle(self: &Arc<Self>, mut state: MutexGuard<'_, State<D::Muxer>>, due: &mut Due) {
        if state.has_inbound
            && let Some(acceptor) = state.acceptor.clone()
        {
            state.has_inbound = false;
            while let Some(id) = state.take_inbound() {
                let stream: Box<dyn StreamIo> = Box::new(MuxedStream::new(self.clone(), id));
                due.inbound.push((acceptor.clone(), stream));
            }
        }
        let untold = |_: &CloseReason| self.closed.look(Option::is_none);
        let closed = state.closed.clone().filter(untold);
        if let Some(reason) = &closed {
            state.push_event(ConnectionEvent::Closed(reason.clone()), due);
            state.end_waits(due);
        }
        let is_decided = closed.is_some() || self.peer.get().is_some();
        let arrival = state.arrival.take_if(|_| is_decided);
        drop(state);

        // This wakes tasks.
        if let Some(reason) = &closed {
            self.closed.set(Some(reason.clone()));
        }
        due.serve();
        match (arrival, closed) {
            (Some(arrival), _) if self.peer.get().is_some() => {
                arrival.established(Arc::new(Handle::new(self.clone())));
            }
            (Some(arrival), Some(reason)) => arrival.failed(reason),
            _ => {}
        }
    }

    /// Changes the state, and tells the task if that made something to send.
    pub(crate) fn with<T>(self: &Arc<Self>, change: impl FnOnce(&mut State<D::Muxer>) -> T) -> T {
        let mut state = self.lock();
        let output = change(&mut state);
        let has_work = state.muxer.wants_transmit();
        state.asks = state.asks.wrapping_add(u32::from(has_work));
        let must_mark = has_work && !state.is_marked;
        state.is_marked |= must_mark;
        drop(state);
        if must_mark {
            D::mark(self);
        }
        output
    }

    /// Has the task look at the connection although nothing is to be sent.
    pub(crate) fn mark(self: &Arc<Self>) {
        let was_marked = std::mem::replace(&mut self.lock().is_marked, true);
        if !was_marked {
            D::mark(self);
        }
    }

    /// Waits until the handshake is done.
    pub(crate) async fn established(self: &Arc<Self>) -> Result<PeerId, CloseReason> {
        poll_fn(|cx| {
            let mut state = self.lock();
            if let Some(reason) = &state.closed {
                return Poll::Ready(Err(reason.clone()));
            }
            if let Some(peer) = self.peer.get() {
                return Poll::Ready(Ok(*peer));
            }
            remember(&mut state.dialing, cx);
            Poll::Pending
        })
        .await
    }

    /// Waits until the connection is over.
    pub(crate) async fn until_closed(self: Arc<Self>) -> CloseReason {
        self.closed.wait_for(Option::clone).await
    }
}

impl<D: Driven> fmt::Debug for Shell<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("driver", &self.driver)
            .field("role", &self.role)
            .field("peer", &self.peer.get())
            .finish_non_exhaustive()
    }
}
