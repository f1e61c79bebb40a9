//! One peer: negotiation, handshake, streams.

mod input;
mod output;
mod streams;

use std::{
    collections::VecDeque,
    fmt, mem,
    num::NonZeroUsize,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::BytesMut;
use sinew_multistream_proto::{self as multistream, Negotiation};
use sinew_sans_io::{Deadline, Machine, Role, StreamMachine};
use sinew_tls::VerifiedPeer;

use crate::{
    CloseReason, Dial, Endpoint, Error, Event, MuxerChoice, Phase, Security, Stats,
    handshake::Handshake, session::Session,
};

/// A connection to one peer.
///
/// ```text
/// dialer    Negotiating ──► Handshaking ──► Open (Connected ──► HandshakeConfirmed)
/// listener  Negotiating ──► Handshaking ──► Open (both at once)
///
/// within Open, if the handshake did not choose a muxer: negotiating ──► Yamux
/// ```
///
/// A dialer that has one protocol to offer, in either negotiation, or one left, goes on before the answer.
pub struct Connection {
    endpoint: Arc<Endpoint>,
    role: Role,
    dial: Dial,
    seed: [u8; 32],
    /// The latest time that anybody told us.
    now: Instant,
    state: State,
    /// What is to be sent that is not in a record.
    outbox: Vec<u8>,
    /// When to give up the set-up; `None` once it is done.
    handshake_deadline: Option<Instant>,
    security: Option<Security>,
    muxer: Option<MuxerChoice>,
    /// Set when the handshake is done, and only then.
    peer: Option<VerifiedPeer>,
    is_connected: bool,
    is_confirmed: bool,
    /// Events that Yamux does not have.
    events: VecDeque<Event>,
    close_reason: Option<CloseReason>,
    is_close_reported: bool,
    sent_bytes: u64,
    received_bytes: u64,
}

enum State {
    /// Which security protocol is it?
    Negotiating {
        negotiation: Negotiation,
        /// The handshake of the only protocol that a dialer has to offer, which has begun.
        early: Option<Handshake>,
        /// A listener has turned an offer down.
        has_refused: bool,
    },
    /// Who is it?
    Handshaking(Handshake),
    /// Streams, or nearly so. Stays when the connection is over, for what was not read.
    Open(Box<Session>),
    /// The set-up was given up in this phase.
    Failed(Phase),
}

impl Connection {
    pub(crate) fn dial(endpoint: Arc<Endpoint>, now: Instant, dial: Dial, seed: [u8; 32]) -> Self {
        let offers = endpoint.offers(dial);
        let negotiation = Negotiation::dial(offers, multistream::Config::default())
            .expect("an endpoint has between one and all security protocols");
        let mut connection = Self::new(endpoint, now, Role::Dialer, dial, seed, negotiation);
        if let Err(error) = connection.start_early() {
            // Nobody has called us yet who could be told otherwise.
            connection.end(CloseReason::Failed(error));
        }
        connection
    }

    pub(crate) fn accept(endpoint: Arc<Endpoint>, now: Instant, seed: [u8; 32]) -> Self {
        let securities = endpoint.securities.clone();
        let negotiation = Negotiation::listen(securities, multistream::Config::default());
        let dial = Dial::default();
        Self::new(endpoint, now, Role::Listener, dial, seed, negotiation)
    }

    fn new(
        endpoint: Arc<Endpoint>,
        now: Instant,
        role: Role,
        dial: Dial,
        seed: [u8; 32],
        mut negotiation: Negotiation,
    ) -> Self {
        let mut outbox = Vec::new();
        let _ = negotiation.write(&mut outbox);
        Self {
            role,
            dial,
            seed,
            now,
            state: State::Negotiating {
                negotiation,
                early: None,
                has_refused: false,
            },
            outbox,
            handshake_deadline: now.checked_add(endpoint.config.handshake_timeout),
            security: None,
            muxer: None,
            peer: None,
            is_connected: false,
            is_confirmed: false,
            events: VecDeque::new(),
            close_reason: None,
            is_close_reported: false,
            sent_bytes: 0,
            received_bytes: 0,
            endpoint,
        }
    }

    /// Closes the connection and tells the peer `code`, if it is there to be told. What was not sent is
    /// lost.
    ///
    /// The code is one of libp2p's error codes. Drain once more and then end the byte stream; nothing
    /// more has to be read. Does nothing on a connection that is over.
    pub fn close(&mut self, code: u32) {
        if self.is_closed() {
            return;
        }
        if let State::Open(session) = &mut self.state {
            session.yamux.close(code);
        }
        self.end(CloseReason::Local { code });
    }

    /// Returns which side we are.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// Returns how far the connection has come, or had come when it ended.
    #[must_use]
    pub fn phase(&self) -> Phase {
        match &self.state {
            State::Negotiating { .. } => Phase::Negotiation,
            State::Handshaking(_) => Phase::Handshake,
            State::Open(session) => session.phase(),
            State::Failed(phase) => *phase,
        }
    }

    /// Returns who the peer is, once the handshake is done.
    #[must_use]
    pub fn peer(&self) -> Option<&VerifiedPeer> {
        self.peer.as_ref()
    }

    /// Returns the security protocol, once it is agreed on.
    #[must_use]
    pub fn security(&self) -> Option<Security> {
        self.security
    }

    /// Returns how the muxer was chosen, once it was.
    #[must_use]
    pub fn muxer(&self) -> Option<MuxerChoice> {
        self.muxer
    }

    /// Returns whether the peer has accepted us too.
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        self.is_confirmed
    }

    /// Returns whether the connection is still being set up.
    #[must_use]
    pub fn is_handshaking(&self) -> bool {
        !self.is_connected && !self.is_closed()
    }

    /// Returns whether the connection is over.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.close_reason.is_some()
    }

    /// Returns why the connection is over, from [`Event::Closed`], an error or [`close`](Self::close) on.
    #[must_use]
    pub fn close_reason(&self) -> Option<&CloseReason> {
        self.close_reason.as_ref()
    }

    /// Returns whether the connection is over and has nothing left to send.
    #[must_use]
    pub fn is_drained(&self) -> bool {
        self.is_closed() && !self.wants_transmit()
    }

    /// Returns whether input was left that can be used once output was taken. Then
    /// [`handle_input`](StreamMachine::handle_input) is to be called again after the next drain, even if
    /// nothing more has arrived.
    ///
    /// That is so when the peer has asked for many answers and reads none.
    #[must_use]
    pub fn is_input_blocked(&self) -> bool {
        self.session().is_some_and(|session| session.is_blocked)
    }

    /// Lets go of memory that is kept for what is written and was not needed since the last call.
    ///
    /// Worth a call now and then while there [is such memory](Self::holds_memory), and none otherwise.
    pub fn trim(&mut self) {
        if let Some(session) = self.session_mut() {
            session.yamux.trim();
        }
    }

    /// Returns whether memory is kept that waits to be used again.
    #[must_use]
    pub fn holds_memory(&self) -> bool {
        self.session()
            .is_some_and(|session| session.yamux.holds_memory())
    }

    /// Returns the smoothed round-trip time, once a ping was answered.
    #[must_use]
    pub fn rtt(&self) -> Option<Duration> {
        self.session()?.yamux.rtt()
    }

    /// Returns numbers about the connection so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let streams = self
            .session()
            .map(|session| session.yamux.stats())
            .unwrap_or_default();
        Stats {
            sent_bytes: self.sent_bytes,
            received_bytes: self.received_bytes,
            rtt: streams.rtt,
            min_rtt: streams.min_rtt,
            unanswered_since: streams.unanswered_since,
            inbound_streams: streams.inbound_streams,
            outbound_streams: streams.outbound_streams,
            refused_streams: streams.refused_streams,
            unsent_bytes: streams.unsent_bytes,
            unread_bytes: streams.unread_bytes,
            receive_window_bytes: streams.receive_window_bytes,
        }
    }

    fn session(&self) -> Option<&Session> {
        match &self.state {
            State::Open(session) => Some(session),
            State::Negotiating { .. } | State::Handshaking(_) | State::Failed(_) => None,
        }
    }

    fn session_mut(&mut self) -> Option<&mut Session> {
        match &mut self.state {
            State::Open(session) => Some(session),
            State::Negotiating { .. } | State::Handshaking(_) | State::Failed(_) => None,
        }
    }

    /// Ends the connection by a failure, about which the peer is told what it has to know.
    fn fail(&mut self, error: Error) -> Error {
        if let State::Open(session) = &mut self.state {
            // Does nothing when it was Yamux that failed.
            session.yamux.close(error.go_away());
        }
        self.end(CloseReason::Failed(error.clone()));
        // The caller has the error.
        self.is_close_reported = true;
        error
    }

    fn end(&mut self, reason: CloseReason) {
        let phase = self.phase();
        match &mut self.state {
            State::Open(session) => session.finish(reason.error().and_then(Error::alert)),
            State::Negotiating { .. } | State::Handshaking(_) | State::Failed(_) => {
                self.state = State::Failed(phase);
            }
        }
        self.handshake_deadline = None;
        self.close_reason = Some(reason);
    }
}

impl Machine for Connection {
    type Event = Event;
    type Error = Error;

    fn poll_event(&mut self) -> Option<Event> {
        if let Some(event) = self.events.pop_front() {
            return Some(event);
        }
        if let Some(event) = self.poll_stream_event() {
            return Some(event);
        }
        let reason = self.close_reason.as_ref()?;
        if mem::replace(&mut self.is_close_reported, true) {
            return None;
        }
        Some(Event::Closed(reason.clone()))
    }

    fn poll_timeout(&self) -> Option<Deadline> {
        if self.is_closed() {
            return None;
        }
        let handshake = self.handshake_deadline.map(|at| Deadline {
            at,
            reason: "tcp handshake timeout",
        });
        let streams = self
            .session()
            .and_then(|session| session.yamux.poll_timeout());
        Deadline::earliest(handshake, streams)
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), Error> {
        self.now = self.now.max(now);
        if self.is_closed() {
            return Ok(());
        }
        if self.handshake_deadline.is_some_and(|due| due <= self.now) {
            let phase = self.phase();
            let after = self.endpoint.config.handshake_timeout;
            return Err(self.fail(Error::TimedOut { phase, after }));
        }
        let now = self.now;
        if let State::Open(session) = &mut self.state {
            let result = session.yamux.handle_timeout(now);
            result.map_err(|error| self.fail(error.into()))?;
        }
        Ok(())
    }
}

impl StreamMachine for Connection {
    /// All of a record but its last byte, of whichever protocol has the longest.
    const LOOKAHEAD: usize = sinew_noise_proto::Opener::LOOKAHEAD;

    fn handle_input(&mut self, now: Instant, input: &mut BytesMut) -> Result<(), Error> {
        self.now = self.now.max(now);
        if self.is_closed() {
            return Ok(());
        }
        let before = input.len();
        let result = self.on_input(input);
        let used = before.saturating_sub(input.len());
        let used = u64::try_from(used).unwrap_or(u64::MAX);
        self.received_bytes = self.received_bytes.saturating_add(used);
        result.map_err(|error| self.fail(error))
    }

    fn handle_eof(&mut self, now: Instant) -> Result<(), Error> {
        self.now = self.now.max(now);
        if self.is_closed() {
            return Ok(());
        }
        let result = if self.session().is_some_and(Session::is_in_use) {
            let phase = Phase::Open;
            Err(Error::Truncated { phase })
        } else {
            self.end_input()
        };
        result.map_err(|error| self.fail(error))
    }

    fn poll_transmit(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<NonZeroUsize> {
        self.now = self.now.max(now);
        self.gather(out)
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("role", &self.role)
            .field("phase", &self.phase())
            .field("peer", &self.peer.as_ref().map(|peer| peer.peer_id))
            .field("close_reason", &self.close_reason)
            .finish_non_exhaustive()
    }
}

const _: () = assert!(tls_record_fits());

const fn tls_record_fits() -> bool {
    Connection::LOOKAHEAD >= crate::tls::MAX_RECORD_LEN
        && Connection::LOOKAHEAD >= sinew_noise_proto::Handshake::LOOKAHEAD
        && Connection::LOOKAHEAD >= Negotiation::LOOKAHEAD
}
