//! Two connections, and what carries bytes between them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};
use sinew_sans_io::{Machine, Role, StreamMachine};
use sinew_testkit::epoch;
use sinew_yamux_proto::{Config, Connection, Event, ReadError, ReadState, StreamId};

/// Two connections, and what carries bytes between them.
pub(crate) struct Pair {
    pub(crate) dialer: Peer,
    pub(crate) listener: Peer,
    pub(crate) now: Instant,
    /// How long bytes travel.
    pub(crate) delay: Duration,
}

/// One of the two.
pub(crate) struct Peer {
    pub(crate) connection: Connection,
    pub(crate) events: Vec<Event>,
    inbox: BytesMut,
}

impl Pair {
    pub(crate) fn new() -> Self {
        Self::with(Config::default(), Config::default())
    }

    pub(crate) fn with(dialer: Config, listener: Config) -> Self {
        Self {
            dialer: Peer::new(Role::Dialer, dialer),
            listener: Peer::new(Role::Listener, listener),
            now: epoch(),
            delay: Duration::from_millis(25),
        }
    }

    /// Carries what there is both ways once, which takes the delay.
    pub(crate) fn step(&mut self) -> bool {
        let there = self.dialer.said(self.now);
        let back = self.listener.said(self.now);
        self.now += self.delay;
        self.listener.hear(self.now, &there);
        self.dialer.hear(self.now, &back);
        !there.is_empty() || !back.is_empty()
    }

    /// Carries bytes both ways until there are none.
    pub(crate) fn run(&mut self) {
        for _ in 0..100_000 {
            if !self.step() {
                return;
            }
        }
        panic!("the two do not fall silent");
    }

    /// Lets time pass, with all timers, and bytes both ways.
    pub(crate) fn run_for(&mut self, time: Duration) {
        let end = self.now + time;
        self.run();
        while self.now < end {
            let next = [&self.dialer, &self.listener]
                .into_iter()
                .filter_map(|peer| peer.connection.poll_timeout())
                .map(|deadline| deadline.at)
                .min();
            self.now = next.unwrap_or(end).clamp(self.now, end);
            self.dialer.connection.handle_timeout(self.now).unwrap();
            self.listener.connection.handle_timeout(self.now).unwrap();
            self.run();
        }
    }

    /// Opens a stream at the dialer, writes `data`, and accepts it at the listener.
    pub(crate) fn open(&mut self, data: &[u8]) -> StreamId {
        let stream = self.dialer.connection.open_stream().unwrap();
        self.dialer.write(stream, data);
        self.run();
        assert_eq!(self.listener.connection.accept_stream(), Some(stream));
        self.run();
        stream
    }

    /// Checks that both sides have nothing left of any stream.
    pub(crate) fn assert_empty(&self) {
        for peer in [&self.dialer, &self.listener] {
            let stats = peer.connection.stats();
            let counts = (
                stats.inbound_streams,
                stats.outbound_streams,
                stats.unacknowledged_streams,
            );
            let bytes = (
                stats.unsent_bytes,
                stats.unread_bytes,
                stats.receive_window_bytes,
            );
            assert_eq!((counts, bytes), ((0, 0, 0), (0, 0, 0)));
            assert_eq!(peer.connection.stream_count(), 0);
        }
    }
}

impl Peer {
    fn new(role: Role, config: Config) -> Self {
        Self {
            connection: Connection::new(epoch(), role, Arc::new(config)).unwrap(),
            events: Vec::new(),
            inbox: BytesMut::new(),
        }
    }

    /// Writes all of `data`, for which there is room.
    pub(crate) fn write(&mut self, stream: StreamId, data: &[u8]) {
        let mut data = Bytes::copy_from_slice(data);
        self.connection.write(stream, &mut data).unwrap();
        assert!(data.is_empty(), "no room for all of it");
    }

    /// Reads what has arrived, and says how it goes on.
    pub(crate) fn read(&mut self, stream: StreamId) -> (Vec<u8>, Result<ReadState, ReadError>) {
        let mut read = Vec::new();
        let state = self
            .connection
            .read_with(stream, usize::MAX, |bytes| read.extend(bytes));
        (read, state)
    }

    pub(crate) fn has(&self, event: Event) -> bool {
        self.events.contains(&event)
    }

    pub(crate) fn said(&mut self, now: Instant) -> Vec<u8> {
        let mut out = Vec::new();
        while self.connection.poll_transmit(now, &mut out).is_some() {}
        self.events
            .extend(std::iter::from_fn(|| self.connection.poll_event()));
        out
    }

    pub(crate) fn hear(&mut self, now: Instant, bytes: &[u8]) {
        self.inbox.extend_from_slice(bytes);
        self.connection.handle_input(now, &mut self.inbox).unwrap();
        self.events
            .extend(std::iter::from_fn(|| self.connection.poll_event()));
    }
}

/// Bytes that differ by `seed` and by place.
pub(crate) fn noise(seed: u32, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    };
    std::iter::repeat_with(next).take(len).collect()
}
