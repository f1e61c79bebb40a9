//! One side, and a peer that is written out by hand.

use std::{sync::Arc, time::Instant};

use bytes::BytesMut;
use sinew_sans_io::{Machine, Role, StreamMachine};
use sinew_testkit::epoch;
use sinew_yamux_proto::{Config, Connection, Error, Event, StreamId, Violation};

pub(crate) use crate::frames::{
    ACK, FIN, RST, SYN, WINDOW, data, go_away, header, ping, pong, update,
};

/// One connection, with a peer that is written out by hand.
pub(crate) struct Lone {
    pub(crate) connection: Connection,
    pub(crate) inbox: BytesMut,
    pub(crate) now: Instant,
}

impl Lone {
    pub(crate) fn dialer() -> Self {
        Self::new(Role::Dialer, Config::default())
    }

    pub(crate) fn listener() -> Self {
        Self::new(Role::Listener, Config::default())
    }

    pub(crate) fn new(role: Role, config: Config) -> Self {
        Self {
            connection: Connection::new(epoch(), role, Arc::new(config)).unwrap(),
            inbox: BytesMut::new(),
            now: epoch(),
        }
    }

    pub(crate) fn hear(&mut self, bytes: impl AsRef<[u8]>) -> Result<(), Error> {
        self.inbox.extend_from_slice(bytes.as_ref());
        self.connection.handle_input(self.now, &mut self.inbox)
    }

    /// Hears what breaks a rule, and returns which. The peer is told and nothing else.
    pub(crate) fn hear_violation(&mut self, bytes: impl AsRef<[u8]>) -> Violation {
        let Err(Error::Violation(violation)) = self.hear(bytes) else {
            panic!("no rule was broken");
        };
        assert_eq!(self.said(), go_away(1));
        assert!(self.connection.is_closed());
        violation
    }

    /// Everything that is to be sent.
    pub(crate) fn said(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        while self.connection.poll_transmit(self.now, &mut out).is_some() {}
        out
    }

    pub(crate) fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.connection.poll_event()).collect()
    }

    pub(crate) fn accept(&mut self) -> StreamId {
        self.connection.accept_stream().unwrap()
    }

    /// Opens a stream that the peer knows.
    pub(crate) fn open(&mut self) -> StreamId {
        let stream = self.connection.open_stream().unwrap();
        self.connection.write_slice(stream, b"!").unwrap();
        self.said();
        self.hear(update(stream.as_u32(), ACK, 0)).unwrap();
        stream
    }
}
