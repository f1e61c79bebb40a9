//! One connection: its state, which the shard and the application share, and the handle to it.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    future::poll_fn,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use rustc_hash::FxBuildHasher;
use sinew_identity::PeerId;
use sinew_multiaddr::Address;
use sinew_quic_proto::{ConnectionHandle, StreamId};
use sinew_transport::{
    Acceptor, CloseReason, Connection, ConnectionCode, ConnectionEvent, ConnectionStats, Role,
    Security, StreamIo,
};
use tokio::sync::watch;

use crate::{listener::Inbox, shard::Shared, stream::QuicStream};

mod opening;

use opening::{Opening, Openings};

/// What the shard, the handles and the streams of a connection share.
pub(crate) struct Shell {
    /// The connection's name at its endpoint.
    pub(crate) handle: ConnectionHandle,
    pub(crate) shard: Arc<Shared>,
    pub(crate) role: Role,
    /// Who is told when an inbound handshake ends.
    pub(crate) inbox: Option<Arc<Inbox>>,
    state: Mutex<State>,
    /// Set when the handshake is done, before anyone outside sees the connection.
    pub(crate) peer: OnceLock<PeerId>,
    /// Sent to with no lock held.
    pub(crate) closed: watch::Sender<Option<CloseReason>>,
}

/// What the lock guards. No waker runs and nothing is sent while it is held.
pub(crate) struct State {
    pub(crate) proto: sinew_quic_proto::Connection,
    pub(crate) streams: HashMap<StreamId, Slot, FxBuildHasher>,
    pub(crate) openings: Openings,
    pub(crate) acceptor: Option<Acceptor>,
    /// Inbound streams may be waiting for the acceptor.
    pub(crate) has_inbound: bool,
    /// Tasks that wait for an inbound stream.
    pub(crate) accepting: Vec<Waker>,
    pub(crate) events: VecDeque<ConnectionEvent>,
    pub(crate) event_waker: Option<Waker>,
    /// The task that waits for the handshake.
    pub(crate) dialing: Option<Waker>,
    pub(crate) closed: Option<CloseReason>,
    /// On the shard's list of marks.
    pub(crate) is_marked: bool,
    /// On the shard's list for this turn.
    pub(crate) is_touched: bool,
    /// On the shard's list of those that may have something to send.
    pub(crate) is_sending: bool,
    /// `Closed` was taken from the events.
    is_over: bool,
}

/// Who waits on a stream.
#[derive(Default)]
pub(crate) struct Slot {
    pub(crate) reader: Option<Waker>,
    /// Waits to write, or for the end to be acknowledged.
    pub(crate) writer: Option<Waker>,
    pub(crate) is_acknowledged: bool,
    pub(crate) stopped: Option<u64>,
}

/// The handle that users of the transport get.
#[derive(Clone)]
pub(crate) struct QuicConnection(pub(crate) Arc<Shell>);

impl Shell {
    pub(crate) fn new(
        handle: ConnectionHandle,
        proto: sinew_quic_proto::Connection,
        shard: Arc<Shared>,
        inbox: Option<Arc<Inbox>>,
    ) -> Arc<Self> {
        Arc::new(Self {
            inbox,
            handle,
            shard,
            role: proto.role(),
            state: Mutex::new(State::new(proto)),
            peer: OnceLock::new(),
            closed: watch::Sender::new(None),
        })
    }

    /// Nothing panics while the lock is held.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, and tells the shard if that made something to send.
    pub(crate) fn with<T>(self: &Arc<Self>, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        let output = change(&mut state);
        let must_mark = state.proto.wants_transmit() && !state.is_marked;
        state.is_marked |= must_mark;
        drop(state);
        if must_mark {
            self.shard.marks.push(self.clone());
        }
        output
    }

    /// Has the shard look at the connection although nothing is to be sent.
    fn mark(self: &Arc<Self>) {
        let was_marked = std::mem::replace(&mut self.lock().is_marked, true);
        if !was_marked {
            self.shard.marks.push(self.clone());
        }
    }

    /// Closes the connection and ends every wait on it with `reason`.
    pub(crate) fn close(self: &Arc<Self>, code: ConnectionCode, text: &[u8], reason: CloseReason) {
        let now = self.shard.runtime.now();
        let text = Bytes::copy_from_slice(text.get(..MAX_REASON_BYTES).unwrap_or(text));
        self.with(|state| {
            if state.closed.is_none() {
                state.proto.close(now, u64::from(code.get()), text);
                state.closed = Some(reason);
            }
        });
        // The shard wakes who waits, from the event that closing makes.
        self.mark();
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

    fn remote(&self) -> SocketAddr {
        self.lock().proto.remote_address()
    }
}

impl State {
    fn new(proto: sinew_quic_proto::Connection) -> Self {
        Self {
            proto,
            streams: HashMap::default(),
            openings: Openings::default(),
            acceptor: None,
            has_inbound: false,
            accepting: Vec::new(),
            events: VecDeque::new(),
            event_waker: None,
            dialing: None,
            closed: None,
            is_marked: false,
            is_touched: false,
            is_sending: false,
            is_over: false,
        }
    }

    /// Takes an inbound stream, if one is waiting.
    pub(crate) fn take_inbound(&mut self) -> Option<StreamId> {
        let id = self.proto.accept_stream()?;
        self.streams.insert(id, Slot::default());
        Some(id)
    }

    /// Opens a stream if the peer allows one now.
    pub(crate) fn open(&mut self) -> Option<StreamId> {
        let id = self.proto.open_stream()?;
        self.streams.insert(id, Slot::default());
        Some(id)
    }

    pub(crate) fn abandon(&mut self, id: StreamId) {
        self.streams.remove(&id);
        self.proto.abandon(id, 0);
    }

    /// Returns the reason for errors on a connection that is over.
    pub(crate) fn close_reason(&self) -> CloseReason {
        let known = self.closed.clone();
        known
            .or_else(|| {
                self.proto
                    .close_reason()
                    .cloned()
                    .map(crate::close_reason::translate)
            })
            .unwrap_or(CloseReason::TransportClosed)
    }

    /// Queues an event; a move that was not taken yet is joined with the next one.
    pub(crate) fn push(&mut self, event: ConnectionEvent) {
        if let (
            Some(ConnectionEvent::AddressChanged { new: last, .. }),
            ConnectionEvent::AddressChanged { new, .. },
        ) = (self.events.back_mut(), &event)
        {
            *last = new.clone();
            return;
        }
        self.events.push_back(event);
    }
}

impl Connection for QuicConnection {
    fn peer(&self) -> PeerId {
        *self
            .0
            .peer
            .get()
            .expect("handles are given out after the handshake")
    }

    fn role(&self) -> Role {
        self.0.role
    }

    fn local_address(&self) -> Address {
        let mut local = self.0.shard.local;
        if let Some(ip) = self.0.lock().proto.local_ip() {
            local.set_ip(ip.to_canonical());
        }
        Address::quic(local)
    }

    fn remote_address(&self) -> Address {
        Address::quic(self.0.remote())
    }

    fn security(&self) -> Security {
        Security::new("tls", "quic")
    }

    fn open(&self) -> BoxFuture<'static, Result<Box<dyn StreamIo>, CloseReason>> {
        let mut opening = Opening::new(self.0.clone());
        Box::pin(poll_fn(move |cx| {
            opening
                .poll(cx)
                .map_ok(|stream| Box::new(stream) as Box<dyn StreamIo>)
        }))
    }

    fn accept(&self) -> BoxFuture<'static, Result<Box<dyn StreamIo>, CloseReason>> {
        let shell = self.0.clone();
        Box::pin(poll_fn(move |cx| {
            let accepted = shell.with(|state| {
                if let Some(id) = state.take_inbound() {
                    return Poll::Ready(Ok(id));
                }
                if state.closed.is_some() {
                    return Poll::Ready(Err(state.close_reason()));
                }
                if !state
                    .accepting
                    .iter()
                    .any(|waker| waker.will_wake(cx.waker()))
                {
                    state.accepting.push(cx.waker().clone());
                }
                Poll::Pending
            });
            accepted.map_ok(|id| Box::new(QuicStream::new(shell.clone(), id)) as Box<dyn StreamIo>)
        }))
    }

    fn set_acceptor(&self, acceptor: Acceptor) {
        let mut state = self.0.lock();
        state.acceptor = Some(acceptor);
        state.has_inbound = true;
        drop(state);
        self.0.mark();
    }

    fn poll_event(&self, cx: &mut Context<'_>) -> Poll<Option<ConnectionEvent>> {
        let mut state = self.0.lock();
        if let Some(event) = state.events.pop_front() {
            state.is_over = matches!(event, ConnectionEvent::Closed(_));
            return Poll::Ready(Some(event));
        }
        if state.is_over {
            return Poll::Ready(None);
        }
        remember(&mut state.event_waker, cx);
        Poll::Pending
    }

    fn close(&self, code: ConnectionCode, reason: &str) {
        self.0
            .close(code, reason.as_bytes(), CloseReason::Local { code });
    }

    fn closed(&self) -> BoxFuture<'static, CloseReason> {
        let shell = self.0.clone();
        Box::pin(async move {
            let mut closed = shell.closed.subscribe();
            // The sender lives in `shell`, which this future holds.
            closed.wait_for(Option::is_some).await.ok();
            let reason = closed.borrow().clone();
            reason.unwrap_or(CloseReason::TransportClosed)
        })
    }

    fn stats(&self) -> ConnectionStats {
        let state = self.0.lock();
        let stats = state.proto.stats();
        let mut out = ConnectionStats::default();
        out.rtt = Some(stats.rtt);
        out.sent_bytes = stats.sent_bytes;
        out.received_bytes = stats.received_bytes;
        out.lost_packets = Some(stats.lost_packets);
        out.congestion_window_bytes = Some(stats.congestion_window_bytes);
        out.mtu_bytes = Some(stats.mtu);
        out.open_streams = state.proto.stream_count();
        out
    }
}

impl fmt::Debug for QuicConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Debug for Shell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QuicConnection")
            .field("handle", &self.handle.index())
            .field("role", &self.role)
            .field("peer", &self.peer.get())
            .finish_non_exhaustive()
    }
}

/// Stores the task's waker unless it is there already.
pub(crate) fn remember(slot: &mut Option<Waker>, cx: &Context<'_>) {
    if !slot
        .as_ref()
        .is_some_and(|waker| waker.will_wake(cx.waker()))
    {
        *slot = Some(cx.waker().clone());
    }
}

/// Longer texts do not fit the packet that closes a connection.
const MAX_REASON_BYTES: usize = 512;
