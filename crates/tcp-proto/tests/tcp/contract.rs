//! The contract of the pure crates, kept by a connection and an application on it.

use std::{
    collections::{BTreeMap, VecDeque},
    num::NonZeroUsize,
    time::Instant,
};

use bytes::{Bytes, BytesMut};
use sinew_sans_io::{Deadline, Machine, StreamMachine};
use sinew_tcp_proto::{
    CloseReason, Connection, Error, Event, ReadError, ReadState, Security, StreamId,
};
use sinew_testkit::{Seed, StreamContract, epoch};
use sinew_tls::dangerous::seeded_provider;

use crate::pair::{Build, dial};

#[test]
fn noise_with_the_muxer_in_it_keeps_the_contract() {
    check(&[Security::Noise], true, 32);
}

#[test]
fn noise_with_a_muxer_that_is_negotiated_keeps_the_contract() {
    check(&[Security::Noise], false, 32);
}

#[test]
fn tls_with_the_muxer_in_it_keeps_the_contract() {
    check(&[Security::Tls], true, 12);
}

#[test]
fn tls_with_a_muxer_that_is_negotiated_keeps_the_contract() {
    check(&[Security::Tls], false, 12);
}

#[test]
fn a_choice_of_securities_keeps_the_contract() {
    check(&[Security::Noise, Security::Tls], true, 12);
}

/// Tries so many `samples` of places to do harm, because each conversation has a handshake.
fn check(securities: &[Security], early_muxer: bool, samples: usize) {
    StreamContract::new(|seed: Seed| {
        let [dialer, listener] = [1, 2].map(|number| {
            let mut build = Build::new(number)
                .securities(securities)
                .early_muxer(early_muxer);
            if securities.contains(&Security::Tls) {
                let seed = seed.nth(number.into()).bytes();
                build.provider = seeded_provider(seed);
            }
            build.endpoint()
        });
        let expected = Some(listener.peer_id());
        let listener = listener.accept(epoch(), seed.child("listener").bytes());
        (
            Mail::new(dial(&dialer, expected), &[0, 1, 60]),
            // Whether a letter still leaves a side that fails depends on when its output is taken.
            Mail::new(listener, &[]),
        )
    })
    .framing_follows_draining()
    .may_end_anywhere()
    .seeds(1)
    .exhaustive_up_to(64, samples)
    .check();
}

/// An application that sends one letter on each of its streams, and tells of those that it gets.
///
/// It holds every stream for ever: when one is forgotten depends on when output is taken.
struct Mail {
    connection: Connection,
    /// Of letters that are not sent yet.
    lens: Vec<usize>,
    /// What has come on the streams of the peer.
    letters: BTreeMap<StreamId, Letter>,
    /// Streams of which was not told how they ended, in the order in which they began. In the order in
    /// which they end it would show how the input was cut.
    untold: VecDeque<StreamId>,
    events: VecDeque<Heard>,
}

#[derive(Default)]
struct Letter {
    text: Vec<u8>,
    outcome: Option<Heard>,
}

#[derive(Clone, Debug, PartialEq)]
enum Heard {
    Event(Event),
    Letter(StreamId, Vec<u8>),
    Reset(StreamId, u32),
    Closed(CloseReason),
}

impl Mail {
    fn new(connection: Connection, lens: &[usize]) -> Self {
        Self {
            connection,
            lens: lens.to_vec(),
            letters: BTreeMap::new(),
            untold: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    /// Does all that can be done.
    fn work(&mut self) {
        while let Some(event) = self.connection.poll_event() {
            match event {
                Event::Connected { .. } => {
                    self.events.push_back(Heard::Event(event));
                    for len in std::mem::take(&mut self.lens) {
                        // It may be over already.
                        let Ok(stream) = self.connection.open_stream() else {
                            break;
                        };
                        let _ = self
                            .connection
                            .write(stream, &mut Bytes::from(vec![3; len]));
                        let _ = self.connection.finish(stream);
                    }
                }
                Event::HandshakeConfirmed => self.events.push_back(Heard::Event(event)),
                Event::Closed(reason) => self.events.push_back(Heard::Closed(reason)),
                Event::Readable { .. } | _ => {}
            }
        }
        while let Some(stream) = self.connection.accept_stream() {
            self.untold.push_back(stream);
            self.letters.insert(stream, Letter::default());
            let _ = self.connection.finish(stream);
        }
        for (stream, letter) in &mut self.letters {
            letter.read(*stream, &mut self.connection);
        }
        while let Some(stream) = self.untold.front()
            && let Some(letter) = self.letters.get(stream)
            && let Some(outcome) = &letter.outcome
        {
            self.events.push_back(outcome.clone());
            self.untold.pop_front();
        }
    }
}

impl Letter {
    fn read(&mut self, stream: StreamId, connection: &mut Connection) {
        if self.outcome.is_some() {
            return;
        }
        let state = connection.read_with(stream, usize::MAX, |bytes| self.text.extend(bytes));
        self.outcome = match state {
            Ok(ReadState::Ended) => Some(Heard::Letter(stream, self.text.clone())),
            Err(ReadError::Reset { code }) => Some(Heard::Reset(stream, code)),
            Ok(ReadState::More | ReadState::Drained) | Err(_) => None,
        };
    }
}

impl Machine for Mail {
    type Event = Heard;
    type Error = Error;

    fn poll_event(&mut self) -> Option<Heard> {
        self.events.pop_front()
    }

    fn poll_timeout(&self) -> Option<Deadline> {
        self.connection.poll_timeout()
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), Error> {
        let result = self.connection.handle_timeout(now);
        self.work();
        result
    }
}

impl StreamMachine for Mail {
    const LOOKAHEAD: usize = Connection::LOOKAHEAD;

    fn handle_input(&mut self, now: Instant, input: &mut BytesMut) -> Result<(), Error> {
        let result = self.connection.handle_input(now, input);
        self.work();
        result
    }

    fn handle_eof(&mut self, now: Instant) -> Result<(), Error> {
        let result = self.connection.handle_eof(now);
        self.work();
        result
    }

    fn poll_transmit(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<NonZeroUsize> {
        self.connection.poll_transmit(now, out)
    }
}
