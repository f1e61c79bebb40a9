//! One side of the agreement on a protocol.

use std::{mem, num::NonZeroUsize, time::Instant, vec};

use bytes::{Buf, BytesMut};
use sinew_sans_io::{Deadline, Machine, StreamMachine};

use crate::{
    Config, Error, Misuse, Protocol, Protocols, Violation,
    message::{DecodeError, HEADER, HEADER_FRAME, MAX_FRAME_LEN, Message, NOT_AVAILABLE},
    outbox::Outbox,
};

/// One side of the agreement on a protocol.
///
/// ```text
/// dialer    AwaitingHeader ──► AwaitingAnswer ──► Agreed
///                                 │  ▲
///                              "na"  └─ next offer
///
/// listener  AwaitingHeader ──► AwaitingOffer ──► Agreed
///                                 │  ▲
///                                 └──┘ unknown: answer "na"
/// ```
#[derive(Debug)]
pub struct Negotiation {
    state: State,
    outbox: Outbox,
    /// Agreed but not reported.
    event: Option<Event>,
    /// How many bytes of negotiation the peer may still send.
    bytes_left: usize,
    config: Config,
}

/// A fact about a negotiation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Both sides speak this protocol from here on. What was left of the input belongs to it.
    Selected(Protocol),
    /// The peer agreed to what an optimistic dialer had taken for granted. What was left of the input
    /// belongs to this protocol.
    Confirmed(Protocol),
}

#[derive(Debug)]
enum State {
    AwaitingHeader(Side),
    AwaitingAnswer(Offers),
    AwaitingOffer(Supported),
    Agreed(Protocol),
    Failed,
}

#[derive(Debug)]
enum Side {
    Dialer(Offers),
    Listener(Supported),
}

/// What a dialer has to say.
#[derive(Debug)]
struct Offers {
    /// Sent, or about to be; not answered.
    current: Protocol,
    next: vec::IntoIter<Protocol>,
    /// Nothing is left to be offered but `current`, and the caller may go on with it.
    is_optimistic: bool,
}

/// What a listener goes by.
#[derive(Debug)]
struct Supported {
    protocols: Protocols,
    offers_left: u16,
}

impl Negotiation {
    /// Offers `protocols` in this order until the listener takes one.
    ///
    /// With exactly one protocol the dialer is optimistic if `config` allows it:
    /// [`selected`](Self::selected) returns the protocol at once, and payload may follow the first
    /// output. With more it waits for an answer, until all but the last were turned down.
    ///
    /// # Errors
    ///
    /// There is nothing to offer, or more than `config` allows.
    pub fn dial(
        protocols: impl IntoIterator<Item = Protocol>,
        config: Config,
    ) -> Result<Self, Misuse> {
        let mut protocols = protocols.into_iter();
        let current = protocols.next().ok_or(Misuse::NoProtocols)?;
        let limit = config.max_offers;
        let next = protocols.take(limit.into()).collect::<Vec<_>>();
        if next.len() >= limit.into() {
            return Err(Misuse::TooManyProtocols { limit });
        }
        // The header and the first offer travel together to save a round trip.
        let outbox = Outbox::new(Some(current.clone()));
        let offers = Offers {
            current,
            is_optimistic: config.optimistic && next.is_empty(),
            next: next.into_iter(),
        };
        Ok(Self::new(Side::Dialer(offers), outbox, config))
    }

    /// Takes the first offer that is in `supported`.
    ///
    /// A clone of a [`Protocols`] costs a reference count; a list is sorted into one.
    #[must_use]
    pub fn listen(supported: impl Into<Protocols>, config: Config) -> Self {
        let supported = Supported {
            protocols: supported.into(),
            offers_left: config.max_offers,
        };
        Self::new(Side::Listener(supported), Outbox::new(None), config)
    }

    fn new(side: Side, outbox: Outbox, config: Config) -> Self {
        Self {
            state: State::AwaitingHeader(side),
            outbox,
            event: None,
            bytes_left: config.max_bytes,
            config,
        }
    }

    /// Reads from the front of `input` and returns how many bytes were used.
    ///
    /// This is [`handle_input`](StreamMachine::handle_input) for a caller whose bytes are not in a
    /// `BytesMut`, with the same rules: the caller presents the rest again with more behind it, or
    /// hands it to the protocol when [`is_confirmed`](Self::is_confirmed). Bytes behind the last
    /// message are never used.
    ///
    /// # Errors
    ///
    /// The peer broke a rule, or turned down the last offer.
    pub fn read(&mut self, input: &[u8]) -> Result<usize, Error> {
        let mut rest = input;
        while !self.is_over() {
            // A mail server greets too, and would otherwise be waited for.
            if matches!(self.state, State::AwaitingHeader(_)) && !begins_as_header(rest) {
                return Err(self.fail(Violation::MissingHeader));
            }
            let message = match Message::decode(rest, self.bytes_left) {
                Ok(Some(message)) => message,
                Ok(None) => break,
                Err(DecodeError::Violation(violation)) => return Err(self.fail(violation)),
                Err(DecodeError::OverBudget) => {
                    let limit = self.config.max_bytes;
                    return Err(self.fail(Violation::TooManyBytes { limit }));
                }
            };
            self.bytes_left = self.bytes_left.saturating_sub(message.frame_len);
            rest = rest.get(message.frame_len..).unwrap_or_default();
            self.on_message(message.text)?;
        }
        Ok(input.len() - rest.len())
    }

    /// Appends what is to be sent to `out` and returns how much, or leaves `out` as it is.
    ///
    /// This is [`poll_transmit`](StreamMachine::poll_transmit) for a caller that has no clock.
    pub fn write(&mut self, out: &mut Vec<u8>) -> Option<NonZeroUsize> {
        self.outbox.write(out)
    }

    /// Says that the peer will send no more bytes than those already read.
    ///
    /// This is [`handle_eof`](StreamMachine::handle_eof) for a caller that has no clock.
    ///
    /// # Errors
    ///
    /// The two sides have not agreed.
    pub fn end(&mut self) -> Result<(), Error> {
        if self.is_over() {
            return Ok(());
        }
        Err(self.fail(Violation::EarlyEof))
    }

    /// Returns the protocol that is spoken, as soon as payload may be sent.
    ///
    /// For an optimistic dialer that is as soon as it has one protocol left to offer, and remains a guess
    /// until [`is_confirmed`](Self::is_confirmed). `None` after an error.
    #[must_use]
    pub fn selected(&self) -> Option<&Protocol> {
        match &self.state {
            State::AwaitingHeader(Side::Dialer(offers)) | State::AwaitingAnswer(offers) => {
                offers.is_optimistic.then_some(&offers.current)
            }
            State::Agreed(protocol) => Some(protocol),
            State::AwaitingHeader(Side::Listener(_)) | State::AwaitingOffer(_) | State::Failed => {
                None
            }
        }
    }

    /// Returns whether both sides have agreed, so that what is left of the input is payload.
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        matches!(self.state, State::Agreed(_))
    }

    fn is_over(&self) -> bool {
        matches!(self.state, State::Agreed(_) | State::Failed)
    }

    fn on_message(&mut self, text: &str) -> Result<(), Error> {
        // An error leaves `Failed` behind.
        self.state = match mem::replace(&mut self.state, State::Failed) {
            State::AwaitingHeader(side) => on_header(side, text)?,
            State::AwaitingAnswer(offers) => self.on_answer(offers, text)?,
            State::AwaitingOffer(supported) => self.on_offer(supported, text)?,
            over @ (State::Agreed(_) | State::Failed) => over,
        };
        Ok(())
    }

    fn on_answer(&mut self, mut offers: Offers, answer: &str) -> Result<State, Error> {
        if offers.current == *answer {
            let event = if offers.is_optimistic {
                Event::Confirmed(offers.current.clone())
            } else {
                Event::Selected(offers.current.clone())
            };
            self.event = Some(event);
            return Ok(State::Agreed(offers.current));
        }
        if answer != NOT_AVAILABLE {
            return Err(Violation::UnexpectedAnswer.into());
        }
        // [connections §multistream-select] After "na", try again with another protocol or give up.
        offers.current = offers.next.next().ok_or(Error::NoCommonProtocol)?;
        // When the last one is turned down too, there is nothing left that payload behind it could spoil.
        offers.is_optimistic = self.config.optimistic && offers.next.len() == 0;
        self.outbox.name(offers.current.clone());
        Ok(State::AwaitingAnswer(offers))
    }

    fn on_offer(&mut self, mut supported: Supported, offer: &str) -> Result<State, Error> {
        let limit = self.config.max_offers;
        supported.offers_left = supported
            .offers_left
            .checked_sub(1)
            .ok_or(Violation::TooManyOffers { limit })?;
        // [multistream §Listing] `ls` is not a name of ours, so it is turned down like any other.
        let Some(protocol) = supported.protocols.get(offer).cloned() else {
            self.outbox.refuse();
            return Ok(State::AwaitingOffer(supported));
        };
        // [connections §multistream-select] The listener agrees by repeating the name.
        self.outbox.name(protocol.clone());
        self.event = Some(Event::Selected(protocol.clone()));
        Ok(State::Agreed(protocol))
    }

    fn fail(&mut self, violation: Violation) -> Error {
        self.state = State::Failed;
        violation.into()
    }
}

/// Whether `input` is the header as far as it goes.
fn begins_as_header(input: &[u8]) -> bool {
    let mut pairs = input.iter().zip(HEADER_FRAME);
    pairs.all(|(byte, expected)| byte == expected)
}

fn on_header(side: Side, text: &str) -> Result<State, Violation> {
    // [connections §multistream-select] Anything else as the first message aborts the negotiation.
    if text != HEADER {
        return Err(Violation::MissingHeader);
    }
    Ok(match side {
        Side::Dialer(offers) => State::AwaitingAnswer(offers),
        Side::Listener(supported) => State::AwaitingOffer(supported),
    })
}

impl Machine for Negotiation {
    type Event = Event;
    type Error = Error;

    fn poll_event(&mut self) -> Option<Event> {
        self.event.take()
    }

    /// Returns `None`: a negotiation has no timer.
    fn poll_timeout(&self) -> Option<Deadline> {
        None
    }

    fn handle_timeout(&mut self, _now: Instant) -> Result<(), Error> {
        Ok(())
    }
}

impl StreamMachine for Negotiation {
    const LOOKAHEAD: usize = MAX_FRAME_LEN - 1;

    fn handle_input(&mut self, _now: Instant, input: &mut BytesMut) -> Result<(), Error> {
        let used = self.read(input)?;
        input.advance(used);
        Ok(())
    }

    fn handle_eof(&mut self, _now: Instant) -> Result<(), Error> {
        self.end()
    }

    fn poll_transmit(&mut self, _now: Instant, out: &mut Vec<u8>) -> Option<NonZeroUsize> {
        self.write(out)
    }
}
