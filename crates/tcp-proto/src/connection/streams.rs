//! Streams: those of Yamux, once there are any.

use bytes::Bytes;
use sinew_sans_io::Machine as _;
use sinew_yamux_proto::{
    Event as YamuxEvent, OpenError, ReadError, ReadState, StreamError, StreamId, StreamStats,
    WriteError,
};

use super::Connection;
use crate::Event;

impl Connection {
    /// Opens a stream, once we are [connected](Event::Connected).
    ///
    /// The peer learns of it with the first write, finish or reset. Must be [abandoned](Self::abandon)
    /// once.
    ///
    /// # Errors
    ///
    /// There can be no stream now, or ever. After [`OpenError::Blocked`], [`Event::StreamsAvailable`] or
    /// [`Event::Connected`] comes later.
    pub fn open_stream(&mut self) -> Result<StreamId, OpenError> {
        if self.is_closed() {
            return Err(OpenError::Closed);
        }
        if !self.is_connected {
            return Err(OpenError::Blocked);
        }
        let session = self.session_mut().ok_or(OpenError::Blocked)?;
        session.yamux.open_stream()
    }

    /// Takes the next stream that the peer opened. Must be [abandoned](Self::abandon) once.
    #[must_use]
    pub fn accept_stream(&mut self) -> Option<StreamId> {
        self.session_mut()?.yamux.accept_stream()
    }

    /// Writes as much of `data` as there is room for, and takes it from the front of `data`.
    ///
    /// Copies nothing but small pieces that join others.
    ///
    /// # Errors
    ///
    /// Nothing was written, and `data` is as it was.
    pub fn write(&mut self, stream: StreamId, data: &mut Bytes) -> Result<usize, WriteError> {
        if self.is_closed() {
            return Err(WriteError::Closed);
        }
        let session = self.session_mut().ok_or(WriteError::NotOpen)?;
        session.yamux.write(stream, data)
    }

    /// Copies as much from the front of `data` as there is room for, and returns how much.
    ///
    /// # Errors
    ///
    /// Nothing was written.
    pub fn write_slice(&mut self, stream: StreamId, data: &[u8]) -> Result<usize, WriteError> {
        if self.is_closed() {
            return Err(WriteError::Closed);
        }
        let session = self.session_mut().ok_or(WriteError::NotOpen)?;
        session.yamux.write_slice(stream, data)
    }

    /// Reads the next bytes, at most `max`; `None` is the end.
    ///
    /// # Errors
    ///
    /// Nothing was read. What arrived before the connection ended can still be read.
    pub fn read(&mut self, stream: StreamId, max: usize) -> Result<Option<Bytes>, ReadError> {
        let session = self.session_mut().ok_or(ReadError::NotOpen)?;
        session.yamux.read(stream, max)
    }

    /// Reads everything that has arrived, at most `max` bytes, and hands it to `sink` piece by piece.
    ///
    /// # Errors
    ///
    /// Nothing was read. What arrived before the connection ended can still be read.
    pub fn read_with(
        &mut self,
        stream: StreamId,
        max: usize,
        sink: impl FnMut(Bytes),
    ) -> Result<ReadState, ReadError> {
        let session = self.session_mut().ok_or(ReadError::NotOpen)?;
        session.yamux.read_with(stream, max, sink)
    }

    /// Ends our half in order. The end is queued; [`Event::Finished`] says that the peer has it all.
    ///
    /// # Errors
    ///
    /// The end is not queued, and no event will come.
    pub fn finish(&mut self, stream: StreamId) -> Result<(), StreamError> {
        if self.is_closed() {
            return Err(StreamError::Closed);
        }
        let session = self.session_mut().ok_or(StreamError::NotOpen)?;
        session.yamux.finish(stream)
    }

    /// Breaks off our half: what was not sent is dropped, and the peer's reads fail.
    ///
    /// Yamux resets both halves at once: if the peer's half is not ended, it is over too, with what was
    /// not read of it. Does nothing when our half is done.
    pub fn reset(&mut self, stream: StreamId, code: u32) {
        if let Some(session) = self.session_mut() {
            session.yamux.reset(stream, code);
        }
    }

    /// Says that we will read no more: what has arrived and what arrives is dropped.
    ///
    /// Yamux cannot refuse one half, so our half goes on, and the peer is given no more credit. If it goes on
    /// sending when our half is finished and has arrived, the stream is reset with `code`. Does nothing when
    /// the peer's half is done.
    pub fn stop(&mut self, stream: StreamId, code: u32) {
        if let Some(session) = self.session_mut() {
            session.yamux.stop(stream, code);
        }
    }

    /// Sets who goes first when several streams have something to send: the higher number. 0 at first.
    ///
    /// A stream that always has something to send holds back all with a lower priority.
    pub fn set_priority(&mut self, stream: StreamId, priority: i32) {
        if let Some(session) = self.session_mut() {
            session.yamux.set_priority(stream, priority);
        }
    }

    /// Lets go of a stream in whatever state it is; `code` is the reason for what is broken off.
    ///
    /// Our half is reset unless it was finished; what was finished is still delivered. What the peer sends
    /// is dropped, as after [`stop`](Self::stop). No event of the stream follows, and it counts against the
    /// limits until both halves are done.
    pub fn abandon(&mut self, stream: StreamId, code: u32) {
        if let Some(session) = self.session_mut() {
            session.yamux.abandon(stream, code);
        }
    }

    /// Returns how many streams are held: opened or accepted, and not let go.
    #[must_use]
    pub fn stream_count(&self) -> usize {
        let session = self.session();
        session.map_or(0, |session| session.yamux.stream_count())
    }

    /// Returns numbers about a stream that is held.
    #[must_use]
    pub fn stream_stats(&self, stream: StreamId) -> Option<StreamStats> {
        self.session()?.yamux.stream_stats(stream)
    }

    /// Asks the peer for a sign of life, which also measures the round-trip time. Does nothing while a
    /// ping is under way, and before we are connected.
    pub fn ping(&mut self) {
        if let Some(session) = self.session_mut() {
            session.yamux.ping();
        }
    }

    /// Takes the oldest event of a stream.
    pub(super) fn poll_stream_event(&mut self) -> Option<Event> {
        let event = self.session_mut()?.yamux.poll_event()?;
        match event {
            YamuxEvent::StreamOpened => Some(Event::StreamOpened),
            YamuxEvent::StreamsAvailable => Some(Event::StreamsAvailable),
            YamuxEvent::Readable { stream } => Some(Event::Readable { stream }),
            YamuxEvent::Writable { stream } => Some(Event::Writable { stream }),
            YamuxEvent::Finished { stream } => Some(Event::Finished { stream }),
            YamuxEvent::Stopped { stream, code } => Some(Event::Stopped { stream, code }),
            YamuxEvent::PeerGoesAway => Some(Event::PeerGoesAway),
            // It is the last one, and the connection tells more.
            YamuxEvent::Closed(_) => None,
            _ => None,
        }
    }
}
