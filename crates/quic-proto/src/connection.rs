//! One peer: handshake, streams, timers, packets.

use std::{
    collections::VecDeque,
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    num::NonZeroUsize,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use quinn_proto::{Dir, StreamEvent, VarInt};
use sinew_sans_io::{Deadline, Machine, Role, Transmit};
use sinew_tls::VerifiedPeer;

use crate::{
    CloseReason, Config, EndpointInput, Event, HandshakePhase, Stats, config::STREAM_WINDOW,
    crypto::HandshakeRecord, peer_parameters::PeerParameters,
};

mod datagrams;
mod input;
mod keep_alive;
mod reading;
mod reassembly;
mod silence;
mod streams;
mod translate;
mod turns;
mod windows;

pub use datagrams::SendDatagramError;
pub use input::ConnectionInput;
use keep_alive::KeepAlive;
pub use reading::{ReadError, ReadState};
use silence::Silence;
use streams::Streams;
pub use streams::{StreamError, WriteError};
pub(crate) use translate::transmit;
use windows::Windows;
pub(crate) use windows::initial as first_window;

/// A connection to one peer.
///
/// ```text
///            Connected            HandshakeConfirmed
/// Handshake ───────────► Connected ───────────► Confirmed        Dialer
/// Handshake ───────────────────────────────────► Confirmed       Listener
///     │                      │                       │
///     └──────────────────────┴───────────────────────┴── Closed ──► drained
/// ```
pub struct Connection {
    inner: quinn_proto::Connection,
    role: Role,
    record: Arc<HandshakeRecord>,
    config: Arc<Config>,
    /// The latest time that anybody told us.
    now: Instant,
    /// Set when the handshake is done, and only then.
    peer: Option<VerifiedPeer>,
    is_confirmed: bool,
    /// When to give up the handshake; `None` once it is done.
    handshake_deadline: Option<Instant>,
    keep_alive: Option<KeepAlive>,
    silence: Silence,
    idle_timeout: Duration,
    streams: Streams,
    windows: Windows,
    remote: SocketAddr,
    local_ip: Option<IpAddr>,
    /// The local address that every packet has to leave from.
    send_from: Option<IpAddr>,
    /// Events that quinn-proto does not have.
    events: VecDeque<Event>,
    close_reason: Option<CloseReason>,
    is_close_reported: bool,
    deadline: Option<Deadline>,
    wants_transmit: bool,
    /// For callers whose buffer is not empty.
    scratch: Vec<u8>,
}

impl Connection {
    pub(crate) fn new(
        now: Instant,
        inner: quinn_proto::Connection,
        role: Role,
        config: Arc<Config>,
        local_ip: Option<IpAddr>,
    ) -> Self {
        let record = inner
            .crypto_session()
            .peer_identity()
            .and_then(|record| record.downcast::<Arc<HandshakeRecord>>().ok())
            .expect("all sessions are made by this crate and carry a record");
        let mut connection = Self {
            role,
            record: *record,
            now,
            peer: None,
            is_confirmed: false,
            handshake_deadline: now.checked_add(config.handshake_timeout),
            keep_alive: None,
            silence: Silence::new(now),
            idle_timeout: config.max_idle_timeout,
            streams: Streams::new(config.initial_streams, config.max_streams),
            windows: Windows::new(now, &config),
            remote: inner.remote_address(),
            local_ip,
            send_from: local_ip.filter(|_| role.is_dialer()),
            events: VecDeque::new(),
            close_reason: None,
            is_close_reported: false,
            deadline: None,
            wants_transmit: true,
            scratch: Vec::new(),
            config,
            inner,
        };
        connection.refresh_deadline();
        connection
    }

    /// Takes a datagram or the endpoint's answer, as the endpoint gave it out.
    pub fn handle_input(&mut self, input: ConnectionInput) {
        self.handle_inputs([input]);
    }

    /// As [`handle_input`](Self::handle_input), for many in their order, which costs less.
    pub fn handle_inputs(&mut self, inputs: impl IntoIterator<Item = ConnectionInput>) {
        for input in inputs {
            if let Some((now, local_ip)) = input.received {
                self.now = now;
                self.local_ip = local_ip.or(self.local_ip);
                self.silence.on_heard(now);
                if let Some(keep_alive) = &mut self.keep_alive {
                    keep_alive.on_datagram(now);
                }
            }
            self.inner.handle_event(input.event);
        }
        self.note_remote();
        self.wants_transmit = true;
        self.refresh_deadline();
    }

    /// Runs every timer that is due at `now`. Calls that come early, late or twice are harmless.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.now = now;
        self.inner.handle_timeout(now);
        if !self.inner.is_handshaking() {
            self.handshake_deadline = None;
        } else if self.handshake_deadline.is_some_and(|due| due <= now) {
            let reason = self.handshake_timeout(self.config.handshake_timeout);
            self.end(now, VarInt::from_u32(0), Bytes::new(), reason);
        }
        if let Some(keep_alive) = &mut self.keep_alive
            && keep_alive.is_due(now)
            && !self.inner.is_closed()
            && keep_alive.on_due(now, received_frames(&self.inner))
        {
            self.inner.ping();
        }
        self.note_remote();
        self.wants_transmit = true;
        self.refresh_deadline();
    }

    /// Closes the connection. Data that was not acknowledged may be lost.
    ///
    /// The peer sees `code` and `reason`, unless the handshake is not done: then it sees only that it
    /// is over. Does nothing on a connection that is over.
    pub fn close(&mut self, now: Instant, code: u64, reason: Bytes) {
        let sent = VarInt::from_u64(code).unwrap_or(VarInt::MAX);
        let why = CloseReason::Local {
            code: sent.into_inner(),
            reason: reason.clone(),
        };
        self.end(now, sent, reason, why);
    }

    /// Says that our own address has changed, or that packets leave by another socket.
    ///
    /// The next packet shows the peer the new address, under a connection id not used before. Listeners
    /// cannot move: their peers drop packets from an unknown address.
    pub fn handle_local_address_change(&mut self, send_from: Option<IpAddr>) {
        if self.role.is_dialer() && !self.inner.is_closed() {
            self.send_from = send_from;
            self.inner.local_address_changed();
            self.wants_transmit = true;
        }
    }

    /// Appends up to `max_segments` datagrams to `out` and says where they go.
    ///
    /// Cheapest with an empty `out`. `None` leaves `out` as it is; then there is nothing to send until
    /// the next input, command or deadline.
    #[must_use = "bytes were appended to `out`"]
    pub fn poll_transmit(
        &mut self,
        now: Instant,
        max_segments: NonZeroUsize,
        out: &mut Vec<u8>,
    ) -> Option<Transmit> {
        // quinn-proto counts from the start of the buffer.
        let transmit = if out.is_empty() {
            let transmit = self.inner.poll_transmit(now, max_segments.get(), out);
            if transmit.is_none() {
                out.clear();
            }
            transmit
        } else {
            self.scratch.clear();
            let buf = &mut self.scratch;
            let transmit = self.inner.poll_transmit(now, max_segments.get(), buf);
            if transmit.is_some() {
                out.extend_from_slice(buf);
            }
            transmit
        };
        self.wants_transmit = transmit.is_some();
        if transmit.is_some() {
            self.silence.on_sent(now);
        }
        self.refresh_deadline();
        transmit.map(|sent| translate::transmit(&sent, self.send_from))
    }

    /// Takes what the connection wants of its endpoint.
    #[must_use = "the endpoint must be told"]
    pub fn poll_endpoint(&mut self) -> Option<EndpointInput> {
        self.inner.poll_endpoint_events().map(EndpointInput)
    }

    /// Takes the oldest event that was not taken yet.
    #[must_use = "an event that is dropped is lost"]
    pub fn poll_event(&mut self) -> Option<Event> {
        loop {
            if self.is_close_reported {
                return None;
            }
            if let Some(event) = self.events.pop_front() {
                return Some(event);
            }
            if let Some(reason) = &self.close_reason {
                self.is_close_reported = true;
                return Some(Event::Closed(reason.clone()));
            }
            let Some(event) = self.inner.poll() else {
                if let Some(stream) = self.streams.next_writer() {
                    return Some(Event::Writable { stream });
                }
                self.heed_blocked();
                return self.poll_confirmed();
            };
            if let Some(event) = self.on_event(event) {
                return Some(event);
            }
        }
    }

    /// Returns when [`handle_timeout`](Self::handle_timeout) is due next, if no call comes before.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Deadline> {
        self.deadline
    }

    /// Returns whether something may have to be sent. `false` saves a call of `poll_transmit`.
    #[must_use]
    pub fn wants_transmit(&self) -> bool {
        self.wants_transmit
    }

    /// Returns which side we are.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// Returns who the peer is, once the handshake is done.
    #[must_use]
    pub fn peer(&self) -> Option<&VerifiedPeer> {
        self.peer.as_ref()
    }

    /// Returns whether the peer has accepted us too.
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        self.is_confirmed
    }

    /// Returns whether the handshake is still under way.
    #[must_use]
    pub fn is_handshaking(&self) -> bool {
        self.inner.is_handshaking()
    }

    /// Returns whether the connection is over.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.close_reason.is_some() || self.inner.is_closed()
    }

    /// Returns why the connection is over, from [`Event::Closed`] or [`close`](Self::close) on.
    #[must_use]
    pub fn close_reason(&self) -> Option<&CloseReason> {
        self.close_reason.as_ref()
    }

    /// Returns whether the connection has nothing left to do and can be dropped.
    #[must_use]
    pub fn is_drained(&self) -> bool {
        self.inner.is_drained()
    }

    /// Returns where the peer is.
    #[must_use]
    pub fn remote_address(&self) -> SocketAddr {
        self.remote
    }

    /// Returns the local address that the peer's packets come to, where the platform tells.
    #[must_use]
    pub fn local_ip(&self) -> Option<IpAddr> {
        self.local_ip
    }

    /// Returns the largest UDP payload that the path carries, in bytes.
    #[must_use]
    pub fn mtu(&self) -> u16 {
        self.inner.current_mtu()
    }

    /// Returns the smoothed round-trip time.
    #[must_use]
    pub fn rtt(&self) -> Duration {
        self.inner.rtt()
    }

    /// Returns numbers about the connection so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats {
            unanswered_since: self.silence.unanswered_since(),
            ..self.inner.stats().into()
        }
    }

    fn note_remote(&mut self) {
        let remote = self.inner.remote_address();
        if remote != self.remote {
            let old = std::mem::replace(&mut self.remote, remote);
            self.events
                .push_back(Event::AddressChanged { old, new: remote });
        }
    }

    fn end(&mut self, now: Instant, code: VarInt, sent: Bytes, reason: CloseReason) {
        if self.is_closed() {
            return;
        }
        self.inner.close(now, code, sent);
        self.close_reason = Some(reason);
        self.on_end();
        self.wants_transmit = true;
        self.refresh_deadline();
    }

    fn on_end(&mut self) {
        self.handshake_deadline = None;
        self.keep_alive = None;
        self.events.clear();
        self.streams.turns.clear();
    }

    fn on_event(&mut self, event: quinn_proto::Event) -> Option<Event> {
        match event {
            quinn_proto::Event::HandshakeDataReady => None,
            quinn_proto::Event::Connected => self.on_connected(),
            quinn_proto::Event::ConnectionLost { reason } => {
                let reason = self.translate_loss(reason);
                self.close_reason = Some(reason);
                self.on_end();
                self.refresh_deadline();
                None
            }
            quinn_proto::Event::Stream(event) => self.on_stream_event(event),
            quinn_proto::Event::DatagramReceived => Some(Event::DatagramReceived),
            quinn_proto::Event::DatagramsUnblocked => Some(Event::DatagramsUnblocked),
        }
    }

    fn on_connected(&mut self) -> Option<Event> {
        self.handshake_deadline = None;
        let peer = self.record.verdict.peer()?.clone();
        let peer_id = peer.peer_id;
        self.peer = Some(peer);

        let session = self.inner.crypto_session();
        let parameters = match session.transport_parameters() {
            Ok(Some(parameters)) => PeerParameters::read(&parameters),
            _ => PeerParameters::default(),
        };
        if parameters.stream_window == u64::from(STREAM_WINDOW) {
            self.windows.widen(&self.config);
        }
        if let Some(theirs) = parameters.max_idle_timeout {
            self.idle_timeout = self.idle_timeout.min(theirs);
        }
        if self.config.keep_alive {
            let frames = received_frames(&self.inner);
            self.keep_alive = Some(KeepAlive::new(self.now, self.idle_timeout, frames));
            self.refresh_deadline();
        }
        Some(Event::Connected { peer: peer_id })
    }

    /// Returns [`Event::HandshakeConfirmed`] when it has become true.
    fn poll_confirmed(&mut self) -> Option<Event> {
        if self.is_confirmed || self.peer.is_none() || self.inner.is_closed() {
            return None;
        }
        // [RFC 9001 §4.1.2] A server's handshake is confirmed when it is complete, a client's when the
        // server says so.
        let confirmed = self.role.is_listener() || self.inner.stats().frame_rx.handshake_done > 0;
        self.is_confirmed = confirmed;
        confirmed.then_some(Event::HandshakeConfirmed)
    }

    fn on_stream_event(&mut self, event: StreamEvent) -> Option<Event> {
        match event {
            StreamEvent::Opened { dir: Dir::Bi } => {
                self.raise_stream_limit();
                Some(Event::StreamOpened)
            }
            StreamEvent::Available { dir: Dir::Bi } => Some(Event::StreamsAvailable),
            StreamEvent::Opened { dir: Dir::Uni } | StreamEvent::Available { dir: Dir::Uni } => {
                None
            }
            StreamEvent::Readable { id } => self
                .streams
                .on_readable(id.into())
                .then(|| Event::Readable { stream: id.into() }),
            StreamEvent::Writable { id } => {
                if self.streams.is_held(id.into()) {
                    self.streams.turns.on_writable(id.into());
                }
                None
            }
            StreamEvent::Stopped { id, error_code } => self.on_stopped(id.into(), error_code),
            StreamEvent::Finished { id } => self.on_finished(id.into()),
        }
    }

    fn handshake_timeout(&self, after: Duration) -> CloseReason {
        let phase = if self.role.is_dialer() && self.inner.stats().udp_rx.datagrams == 0 {
            HandshakePhase::NoAnswer
        } else {
            HandshakePhase::Unfinished
        };
        CloseReason::HandshakeTimeout {
            remote: self.remote,
            phase,
            after,
        }
    }

    fn refresh_deadline(&mut self) {
        let protocol = self
            .inner
            .poll_timeout()
            .map(|at| Deadline { at, reason: "quic" });
        let handshake = self.handshake_deadline.map(|at| Deadline {
            at,
            reason: "handshake timeout",
        });
        let keep_alive = self.keep_alive.as_ref().and_then(KeepAlive::due);
        let keep_alive = keep_alive.map(|at| Deadline {
            at,
            reason: "keep-alive",
        });
        self.deadline = Deadline::earliest(Deadline::earliest(protocol, handshake), keep_alive);
    }
}

/// Counts the frames that came in packets that were authentic.
fn received_frames(inner: &quinn_proto::Connection) -> u64 {
    let frames = inner.stats().frame_rx;
    [
        frames.acks,
        frames.stream,
        frames.ping,
        frames.datagram,
        frames.max_data,
        frames.max_stream_data,
        frames.max_streams_bidi,
        frames.reset_stream,
        frames.stop_sending,
        frames.crypto,
    ]
    .into_iter()
    .fold(0, u64::wrapping_add)
}

impl Machine for Connection {
    type Event = Event;
    /// The end of a connection is an event, [`Event::Closed`].
    type Error = Infallible;

    fn poll_event(&mut self) -> Option<Event> {
        self.poll_event()
    }

    fn poll_timeout(&self) -> Option<Deadline> {
        self.poll_timeout()
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), Infallible> {
        self.handle_timeout(now);
        Ok(())
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("role", &self.role)
            .field("remote", &self.remote)
            .field("peer", &self.peer.as_ref().map(|peer| peer.peer_id))
            .field("close_reason", &self.close_reason)
            .finish_non_exhaustive()
    }
}
