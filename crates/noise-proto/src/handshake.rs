//! One side of a handshake.

use std::{borrow::Cow, mem, num::NonZeroUsize, sync::Arc, time::Instant};

use bytes::{Buf, BytesMut};
use rand_core::CryptoRng;
use sinew_identity::{PeerId, PublicKey};
use sinew_sans_io::{Deadline, Machine, Role, StreamMachine};
use zeroize::Zeroizing;

use crate::{
    Config, Error, MAX_HANDSHAKE_MESSAGE_LEN, Message, Transport, Violation,
    cipher::KEY_LEN,
    message::PREFIX_LEN,
    muxers,
    pattern::Pattern,
    payload::{Claims, Payload},
};

/// One side of a handshake.
///
/// ```text
/// dialer    AwaitingSecond ──► Authenticated
/// listener  AwaitingFirst ──► AwaitingThird ──► Authenticated
/// ```
#[derive(Debug)]
pub struct Handshake {
    config: Arc<Config>,
    /// Who has to be there; a listener takes anybody.
    expected: Option<PeerId>,
    state: State,
    /// Written and not taken: two messages at most.
    outbox: Vec<u8>,
    /// Authenticated but not reported.
    event: Option<Event>,
}

/// A fact about a handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The peer has proved who it is. Nothing follows: take the output, then call
    /// [`Handshake::into_transport`]. What was left of the input are its first records.
    Authenticated {
        /// The peer.
        peer_id: PeerId,
        /// The key that its name is made of.
        public_key: PublicKey,
        /// The first of the dialer's stream muxers that both sides have, as it stands in our
        /// [`Config`]; `None` when the peer named none, or none of ours, and it has to be negotiated.
        muxer: Option<Cow<'static, str>>,
    },
}

#[derive(Debug)]
enum State {
    AwaitingFirst(Pattern),
    AwaitingSecond(Pattern),
    AwaitingThird(Pattern),
    Authenticated(Box<Transport>),
    Failed,
}

impl Handshake {
    /// Starts a handshake with whoever was dialed; the first message is due at once.
    ///
    /// If the peer is known in advance, `expected` is who it has to be. 32 bytes are drawn from `rng`.
    #[must_use]
    pub fn dial(config: Arc<Config>, expected: Option<PeerId>, rng: &mut impl CryptoRng) -> Self {
        let mut pattern = new_pattern(Role::Dialer, &config, rng);
        let first = pattern.write(&[]).expect("no key of a peer is in it yet");
        Self {
            config,
            expected,
            state: State::AwaitingSecond(pattern),
            outbox: frame(&first),
            event: None,
        }
    }

    /// Waits for a dialer, whoever it is. 32 bytes are drawn from `rng`.
    #[must_use]
    pub fn listen(config: Arc<Config>, rng: &mut impl CryptoRng) -> Self {
        let pattern = new_pattern(Role::Listener, &config, rng);
        Self {
            config,
            expected: None,
            state: State::AwaitingFirst(pattern),
            outbox: Vec::new(),
            event: None,
        }
    }

    /// Returns what comes next, once the peer is [authenticated](Event::Authenticated) and all output is
    /// taken; `None` before, and after an error.
    #[must_use]
    pub fn into_transport(self) -> Option<Transport> {
        match self.state {
            State::Authenticated(transport) if self.outbox.is_empty() => Some(*transport),
            State::Authenticated(_)
            | State::AwaitingFirst(_)
            | State::AwaitingSecond(_)
            | State::AwaitingThird(_)
            | State::Failed => None,
        }
    }

    /// Returns the message that the peer has to send next, unless the handshake is over.
    fn awaited(&self) -> Option<Message> {
        match self.state {
            State::AwaitingFirst(_) => Some(Message::First),
            State::AwaitingSecond(_) => Some(Message::Second),
            State::AwaitingThird(_) => Some(Message::Third),
            State::Authenticated(_) | State::Failed => None,
        }
    }

    fn on_message(&mut self, awaited: Message, message: &[u8]) -> Result<(), Error> {
        let broke = |violation| Error::Violation {
            message: awaited,
            violation,
        };
        // An error leaves `Failed` behind.
        self.state = match mem::replace(&mut self.state, State::Failed) {
            State::AwaitingFirst(mut pattern) => {
                pattern.read(message).map_err(broke)?;
                self.answer(&mut pattern).map_err(broke)?;
                State::AwaitingThird(pattern)
            }
            State::AwaitingSecond(mut pattern) => {
                let claims = read_claims(&mut pattern, message).map_err(broke)?;
                let event = self.authenticate(Role::Dialer, claims)?;
                self.answer(&mut pattern).map_err(broke)?;
                self.event = Some(event);
                State::authenticated(Role::Dialer, pattern)
            }
            State::AwaitingThird(mut pattern) => {
                let claims = read_claims(&mut pattern, message).map_err(broke)?;
                self.event = Some(self.authenticate(Role::Listener, claims)?);
                State::authenticated(Role::Listener, pattern)
            }
            over @ (State::Authenticated(_) | State::Failed) => over,
        };
        Ok(())
    }

    /// Says who we are.
    fn answer(&mut self, pattern: &mut Pattern) -> Result<(), Violation> {
        let message = pattern.write(self.config.payload())?;
        self.outbox.extend_from_slice(&frame(&message));
        Ok(())
    }

    fn authenticate(&self, role: Role, claims: Claims) -> Result<Event, Error> {
        let actual = claims.public_key.to_peer_id();
        if let Some(expected) = self.expected
            && expected != actual
        {
            return Err(Error::WrongPeer { expected, actual });
        }
        Ok(Event::Authenticated {
            peer_id: actual,
            public_key: claims.public_key,
            muxer: muxers::choose(role, self.config.muxers(), &claims.muxers),
        })
    }

    fn fail(&mut self, message: Message, violation: Violation) -> Error {
        self.state = State::Failed;
        Error::Violation { message, violation }
    }
}

impl State {
    fn authenticated(role: Role, pattern: Pattern) -> Self {
        Self::Authenticated(Box::new(Transport::new(role, &pattern.split())))
    }
}

fn new_pattern(role: Role, config: &Config, rng: &mut impl CryptoRng) -> Pattern {
    let mut ephemeral_secret = Zeroizing::new([0; KEY_LEN]);
    rng.fill_bytes(ephemeral_secret.as_mut_slice());
    Pattern::new(role, config.static_secret(), ephemeral_secret)
}

/// Reads a message that says who the peer is.
fn read_claims(pattern: &mut Pattern, message: &[u8]) -> Result<Claims, Violation> {
    let payload = pattern.read(message)?;
    let static_key = pattern
        .remote_static()
        .expect("each message with a payload brings the static key");
    Payload::open(payload, static_key)
}

/// Puts a message of ours behind its length.
fn frame(message: &[u8]) -> Vec<u8> {
    let len = u16::try_from(message.len()).expect("`Config` keeps our payload far below 64 KiB");
    [&len.to_be_bytes()[..], message].concat()
}

impl Machine for Handshake {
    type Event = Event;
    type Error = Error;

    fn poll_event(&mut self) -> Option<Event> {
        self.event.take()
    }

    /// Returns `None`: a handshake has no timer.
    fn poll_timeout(&self) -> Option<Deadline> {
        None
    }

    fn handle_timeout(&mut self, _now: Instant) -> Result<(), Error> {
        Ok(())
    }
}

impl StreamMachine for Handshake {
    const LOOKAHEAD: usize = PREFIX_LEN + MAX_HANDSHAKE_MESSAGE_LEN - 1;

    fn handle_input(&mut self, _now: Instant, input: &mut BytesMut) -> Result<(), Error> {
        while let Some(awaited) = self.awaited() {
            let announced = awaited.announced_len(input);
            let Some(len) = announced.map_err(|violation| self.fail(awaited, violation))? else {
                break;
            };
            if input.len() < PREFIX_LEN + len {
                break;
            }
            input.advance(PREFIX_LEN);
            let message = input.split_to(len);
            self.on_message(awaited, &message)?;
        }
        Ok(())
    }

    fn handle_eof(&mut self, _now: Instant) -> Result<(), Error> {
        match self.awaited() {
            Some(awaited) => Err(self.fail(awaited, Violation::EarlyEof)),
            None => Ok(()),
        }
    }

    fn poll_transmit(&mut self, _now: Instant, out: &mut Vec<u8>) -> Option<NonZeroUsize> {
        let len = NonZeroUsize::new(self.outbox.len())?;
        out.append(&mut self.outbox);
        Some(len)
    }
}
