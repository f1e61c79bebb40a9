//! Frames of a connection that carries streams.

use std::{collections::BTreeMap, sync::Arc, time::Instant};

use bytes::BytesMut;
use sinew_sans_io::{Machine, Role, StreamMachine};
use sinew_yamux_proto::{Config, Connection, Error, Event, ReadState, StreamId};

/// Reads `data` as what a peer says, to the side that the first byte tells, as a whole and byte by byte.
pub fn yamux(data: &[u8]) {
    let Some((&mode, input)) = data.split_first() else {
        return;
    };
    let role = if mode & 1 == 0 {
        Role::Dialer
    } else {
        Role::Listener
    };
    if mode & 2 == 0 {
        let whole = listen(role, input, input.len().max(1));
        let bytewise = listen(role, input, 1);
        assert_eq!(whole, bytewise, "how the input was cut made a difference");
    } else {
        serve(role, input);
    }
}

#[derive(Debug, PartialEq)]
struct Outcome {
    result: Result<(), Error>,
    events: Vec<Event>,
    /// What has come on each stream, and whether its end has.
    heard: BTreeMap<StreamId, (Vec<u8>, bool)>,
    /// What was said, unless the end of the connection has cut it short.
    said: Vec<u8>,
}

/// Hears `input` in pieces, and looks at the streams when all of it is there.
///
/// # Panics
///
/// Panics when more is left unused than the machine may leave, or kept than it may keep.
fn listen(role: Role, input: &[u8], piece: usize) -> Outcome {
    let mut side = Side::new(role);
    let mut result = Ok(());
    for bytes in input.chunks(piece) {
        result = result.and(side.hear(bytes));
    }
    let mut outcome = Outcome {
        said: if side.connection.is_closed() {
            Vec::new()
        } else {
            side.said
        },
        result,
        events: std::iter::from_fn(|| side.connection.poll_event()).collect(),
        heard: BTreeMap::new(),
    };
    while let Some(stream) = side.connection.accept_stream() {
        side.held.push(stream);
    }
    for stream in side.held {
        let mut text = Vec::new();
        let state = side
            .connection
            .read_with(stream, usize::MAX, |bytes| text.extend(bytes));
        let has_ended = state == Ok(ReadState::Ended);
        outcome.heard.insert(stream, (text, has_ended));
        side.connection.abandon(stream, 0);
    }
    outcome
}

/// Does something else with each stream while the peer speaks.
///
/// # Panics
///
/// Panics when the machine keeps more than it may.
fn serve(role: Role, input: &[u8]) {
    let mut side = Side::new(role);
    for bytes in input.chunks(29) {
        let _ = side.hear(bytes);
        while side.connection.poll_event().is_some() {}
        while let Some(stream) = side.connection.accept_stream() {
            side.held.push(stream);
        }
        for stream in std::mem::take(&mut side.held) {
            let connection = &mut side.connection;
            match stream.as_u32() / 2 % 6 {
                0 => connection.reset(stream, 1),
                1 => connection.stop(stream, 2),
                2 => {
                    let _ = connection.finish(stream);
                    connection.abandon(stream, 3);
                    continue;
                }
                3 => {
                    let _ = connection.write_slice(stream, bytes);
                    let _ = connection.read_with(stream, 10, drop);
                }
                4 => {
                    connection.abandon(stream, 4);
                    continue;
                }
                _ => drop(connection.read(stream, 5)),
            }
            side.held.push(stream);
        }
    }
    let now = side.now + std::time::Duration::from_secs(3600);
    let _ = side.connection.handle_timeout(now);
    for stream in side.held {
        side.connection.abandon(stream, 0);
    }
    let stats = side.connection.stats();
    assert!(stats.outbound_streams <= 2 && stats.inbound_streams <= 256);
}

/// One side, which has two streams of its own, one of them known to the peer.
struct Side {
    connection: Connection,
    held: Vec<StreamId>,
    unused: BytesMut,
    said: Vec<u8>,
    now: Instant,
}

impl Side {
    /// # Panics
    ///
    /// Panics when the first two streams cannot be opened.
    fn new(role: Role) -> Self {
        let now = Instant::now();
        let mut config = Config::default();
        config.max_replies = 4;
        let connection = Connection::new(now, role, Arc::new(config)).expect("in range");
        let mut side = Self {
            connection,
            held: Vec::new(),
            unused: BytesMut::new(),
            said: Vec::new(),
            now,
        };
        for _ in 0..2 {
            let stream = side.connection.open_stream().expect("there is room");
            side.held.push(stream);
        }
        let first = side.held.first().copied().expect("opened just now");
        let _ = side.connection.write_slice(first, b"hello");
        side.drain();
        side
    }

    fn hear(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.unused.extend_from_slice(bytes);
        loop {
            let before = self.unused.len();
            self.connection.handle_input(self.now, &mut self.unused)?;
            self.drain();
            if self.unused.len() == before {
                break;
            }
        }
        let stats = self.connection.stats();
        assert!(self.connection.is_closed() || self.unused.len() <= Connection::LOOKAHEAD);
        assert!(stats.unread_bytes <= stats.receive_window_bytes);
        assert!(stats.receive_window_bytes <= Config::default().max_receive_bytes());
        Ok(())
    }

    fn drain(&mut self) {
        let now = self.now;
        while self.connection.poll_transmit(now, &mut self.said).is_some() {}
    }
}
