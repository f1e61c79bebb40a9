//! What the peer says, phase by phase.

use bytes::BytesMut;
use sinew_multistream_proto::{self as multistream, Negotiation};
use sinew_sans_io::{Role, StreamMachine as _};

use super::{Connection, State};
use crate::{
    CloseReason, Error, Event, MuxerChoice, Phase, Security,
    handshake::{Authenticated, Handshake},
    security::YAMUX,
    session::{Session, Stopped},
};

impl Connection {
    /// Begins the handshake of the only security protocol that a dialer has to offer, before the answer.
    pub(super) fn start_early(&mut self) -> Result<(), Error> {
        let State::Negotiating {
            negotiation, early, ..
        } = &mut self.state
        else {
            return Ok(());
        };
        if early.is_none()
            && self.role.is_dialer()
            && let Some(security) = negotiation.selected().and_then(Security::from_protocol)
        {
            let expected = self.dial.expected;
            let handshake = Handshake::dial(security, &self.endpoint, expected, self.seed)?;
            let handshake = early.insert(handshake);
            handshake.take_output(self.now, &mut self.outbox);
        }
        Ok(())
    }

    /// Uses `input` phase by phase, as far as it goes.
    pub(super) fn on_input(&mut self, input: &mut BytesMut) -> Result<(), Error> {
        loop {
            let has_moved = match &mut self.state {
                State::Negotiating { .. } => self.read_negotiation(input)?,
                State::Handshaking(_) => self.read_handshake(input)?,
                State::Open(_) => return self.read_session(input),
                State::Failed(_) => return Ok(()),
            };
            if !has_moved {
                return Ok(());
            }
        }
    }

    /// Returns whether the next phase has begun.
    fn read_negotiation(&mut self, input: &mut BytesMut) -> Result<bool, Error> {
        let State::Negotiating {
            negotiation,
            early,
            has_refused,
        } = &mut self.state
        else {
            return Ok(false);
        };
        let result = negotiation.handle_input(self.now, input);
        // What was refused before it failed is to be heard.
        let has_answered = negotiation.write(&mut self.outbox).is_some();
        *has_refused |= has_answered && self.role.is_listener() && negotiation.selected().is_none();
        match result {
            // A dialer with nothing else to offer did not wait, and speaks the one we have turned down.
            Err(multistream::Error::Violation(_)) if *has_refused => {
                return Err(Error::NoCommonSecurity);
            }
            Err(error) => return Err(Error::negotiation(Phase::Negotiation, error)),
            Ok(()) if !negotiation.is_confirmed() => {
                self.start_early()?;
                return Ok(false);
            }
            Ok(()) => {}
        }
        let security = negotiation.selected().and_then(Security::from_protocol);
        let security = security.ok_or(Error::NoCommonSecurity)?;
        self.security = Some(security);
        let (endpoint, seed) = (&self.endpoint, self.seed);
        let mut handshake = match (early.take(), self.role) {
            (Some(handshake), _) => handshake,
            (None, Role::Dialer) => Handshake::dial(security, endpoint, self.dial.expected, seed)?,
            (None, Role::Listener) => Handshake::listen(security, endpoint, seed)?,
        };
        handshake.take_output(self.now, &mut self.outbox);
        self.state = State::Handshaking(handshake);
        Ok(true)
    }

    /// Returns whether the next phase has begun.
    fn read_handshake(&mut self, input: &mut BytesMut) -> Result<bool, Error> {
        let State::Handshaking(handshake) = &mut self.state else {
            return Ok(false);
        };
        let result = handshake.read(self.now, input);
        // Even a handshake that failed may have something to say.
        handshake.take_output(self.now, &mut self.outbox);
        result?;
        let placeholder = State::Failed(Phase::Handshake);
        let State::Handshaking(handshake) = std::mem::replace(&mut self.state, placeholder) else {
            return Ok(false);
        };
        match handshake.finish() {
            Err(handshake) => {
                self.state = State::Handshaking(handshake);
                Ok(false)
            }
            Ok(authenticated) => {
                self.on_authenticated(authenticated);
                Ok(true)
            }
        }
    }

    fn on_authenticated(&mut self, authenticated: Authenticated) {
        let Authenticated {
            peer,
            muxer,
            channel,
        } = authenticated;
        let negotiation = match (muxer, self.role) {
            (Some(_), _) => None,
            (None, Role::Dialer) => Some(
                Negotiation::dial([YAMUX], multistream::Config::default())
                    .expect("one protocol is offered"),
            ),
            (None, Role::Listener) => Some(Negotiation::listen(
                self.endpoint.muxers.clone(),
                multistream::Config::default(),
            )),
        };
        let yamux_config = self.endpoint.yamux.clone();
        let mut yamux = sinew_yamux_proto::Connection::new(self.now, self.role, yamux_config)
            .expect("the endpoint has checked its settings");
        if self.role.is_dialer() {
            // The answer proves that the peer has accepted us, and measures the path.
            yamux.ping();
        }
        let max_replies = self.endpoint.config.yamux.max_replies;
        self.peer = Some(peer);
        self.muxer = muxer;
        self.state = State::Open(Box::new(Session::new(
            channel,
            negotiation,
            yamux,
            max_replies,
        )));
        self.advance();
    }

    fn read_session(&mut self, input: &mut BytesMut) -> Result<(), Error> {
        let now = self.now;
        let Some(session) = self.session_mut() else {
            return Ok(());
        };
        let result = session.read(now, input);
        self.advance();
        if let Err(Error::RemoteAlert { alert, .. }) = result
            && !self.is_confirmed
        {
            // Until the peer has said something else, it is us that it does not like.
            let phase = Phase::Handshake;
            return Err(Error::RemoteAlert { phase, alert });
        }
        let stopped = result?;
        if stopped == Stopped::Closed {
            self.end_input()?;
        }
        self.look_for_end();
        Ok(())
    }

    pub(super) fn end_input(&mut self) -> Result<(), Error> {
        let now = self.now;
        match &mut self.state {
            State::Negotiating {
                has_refused: true, ..
            } => Err(Error::NoCommonSecurity),
            State::Negotiating { .. } => Err(Error::Truncated {
                phase: Phase::Negotiation,
            }),
            State::Handshaking(_) => Err(Error::Truncated {
                phase: Phase::Handshake,
            }),
            State::Open(session) => {
                session.end_input(now)?;
                self.look_for_end();
                Ok(())
            }
            State::Failed(_) => Ok(()),
        }
    }

    /// Announces what has become true of the connection as a whole.
    fn advance(&mut self) {
        let (State::Open(session), Some(peer)) = (&self.state, &self.peer) else {
            return;
        };
        if !self.is_connected && session.is_muxer_known() {
            self.is_connected = true;
            self.muxer.get_or_insert(MuxerChoice::Negotiated);
            self.events
                .push_back(Event::Connected { peer: peer.peer_id });
        }
        if session.phase() == Phase::Open {
            self.handshake_deadline = None;
        }
        // A listener's handshake ends with the peer's word, a dialer's with its own.
        let has_accepted = self.role.is_listener() || session.has_heard;
        if self.is_connected && !self.is_confirmed && has_accepted {
            self.is_confirmed = true;
            self.events.push_back(Event::HandshakeConfirmed);
        }
    }

    /// Takes note that Yamux is over.
    fn look_for_end(&mut self) {
        use sinew_yamux_proto::CloseReason as R;
        let Some(reason) = self
            .session()
            .and_then(|session| session.yamux.close_reason())
        else {
            return;
        };
        let reason = match *reason {
            R::Local { code } => CloseReason::Local { code },
            R::Remote { code } => CloseReason::Remote { code },
            R::Failed(error) => CloseReason::Failed(error.into()),
            R::HungUp | _ => CloseReason::HungUp,
        };
        if !self.is_closed() {
            self.end(reason);
        }
    }
}
