//! The contract of the pure crates, kept by a connection and an application on it.

use std::{
    collections::{BTreeMap, VecDeque},
    num::NonZeroUsize,
    sync::Arc,
    time::Instant,
};

use bytes::{Bytes, BytesMut};
use sinew_sans_io::{Deadline, Machine, Role, StreamMachine};
use sinew_testkit::{StreamContract, epoch};
use sinew_yamux_proto::{
    CloseReason, Config, Connection, Error, Event, ReadError, ReadState, StreamId,
};

use crate::pair::noise;

#[test]
fn a_dialer_and_its_listener_keep_the_contract() {
    check(&[0, 1, 60], &[]);
}

#[test]
fn a_listener_that_opens_streams_keeps_the_contract() {
    check(&[], &[200]);
}

#[test]
fn streams_from_both_sides_keep_the_contract() {
    check(&[50, 20], &[30, 0, 70]);
}

fn check(there: &[usize], back: &[usize]) {
    StreamContract::new(|_| {
        (
            Mail::new(Role::Dialer, there),
            Mail::new(Role::Listener, back),
        )
    })
    .framing_follows_draining()
    .may_end_anywhere()
    .check();
}

/// An application that sends one letter on each of its streams, and tells of those that it gets.
///
/// It holds every stream for ever: when one is forgotten depends on when output is taken, and with it what
/// a second opening of the same id means.
struct Mail {
    connection: Connection,
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
    Letter(StreamId, Vec<u8>),
    Reset(StreamId, u32),
    Closed(CloseReason),
}

impl Mail {
    fn new(role: Role, lens: &[usize]) -> Self {
        let config = Arc::new(Config::default());
        let mut connection = Connection::new(epoch(), role, config).expect("the default is valid");
        for &len in lens {
            let stream = connection.open_stream().expect("there are few");
            let mut letter = Bytes::from(noise(stream.as_u32(), len));
            let _ = connection.write(stream, &mut letter);
            let _ = connection.finish(stream);
        }
        Self {
            connection,
            letters: BTreeMap::new(),
            untold: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    /// Does all that can be done.
    fn work(&mut self) {
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
        while let Some(event) = self.connection.poll_event() {
            if let Event::Closed(reason) = event {
                self.events.push_back(Heard::Closed(reason));
            }
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
