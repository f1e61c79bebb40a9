//! Streams: open, accept, write, read, end them in every way.

mod id_hasher;

use std::{collections::HashMap, hash::BuildHasherDefault};

use bytes::Bytes;
use quinn_proto::{Dir, FinishError, VarInt};

use self::id_hasher::IdHasher;
use super::{
    Connection,
    reading::{ReadError, ReadState},
    reassembly::Reassembly,
    turns::Turns,
};
use crate::{Event, StreamId};

/// Why nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The peer or the window takes no more now; [`Event::Writable`] comes later.
    #[error("no room to write")]
    Blocked,
    /// The peer does not want more.
    #[error("the peer stopped the stream with code {code}")]
    Stopped {
        /// The peer's reason.
        code: u64,
    },
    /// We finished, reset or abandoned the stream, or it never was.
    #[error("the stream is not open for writing")]
    NotOpen,
    /// The connection is over; [`Connection::close_reason`] says why.
    #[error("the connection is over")]
    Closed,
}

/// Why a command on a stream did nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StreamError {
    /// The peer does not want more: what was written may never be read.
    #[error("the peer stopped the stream with code {code}")]
    Stopped {
        /// The peer's reason.
        code: u64,
    },
    /// The stream is finished, reset or abandoned, or never was.
    #[error("the stream is not open")]
    NotOpen,
    /// The connection is over; [`Connection::close_reason`] says why.
    #[error("the connection is over")]
    Closed,
}

/// What we remember of the streams that somebody holds.
#[derive(Debug)]
pub(super) struct Streams {
    held: HashMap<u64, Held, BuildHasherDefault<IdHasher>>,
    /// How many of the peer's streams were accepted.
    accepted: u64,
    /// How many the peer may have open.
    limit: u32,
    max_limit: u32,
    /// How many times the peer has said that it may open no more.
    blocked: u64,
    pub(super) turns: Turns,
    /// Those that have had a gap before which a reader waited.
    reassemblies: HashMap<u64, Reassembly, BuildHasherDefault<IdHasher>>,
}

/// A stream that was opened or accepted and not abandoned, or not yet let go.
#[derive(Clone, Copy, Debug)]
struct Held {
    send: SendHalf,
    receive: ReceiveHalf,
    /// How many bytes were read.
    read: u64,
    /// Something has arrived since, as far as events tell.
    has_news: bool,
    /// So it was when a read found nothing, and no read has found anything since.
    is_held_up: bool,
    /// The peer does not want what we write.
    is_unwanted: bool,
    /// Set while an abandoned stream waits for its end to be acknowledged.
    abandoned: Option<VarInt>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SendHalf {
    Open,
    /// The end is queued, and not acknowledged.
    Finishing,
    Done,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReceiveHalf {
    Open,
    Ended,
    Reset { code: u64 },
    Stopped,
}

impl Connection {
    /// Opens a stream, or returns `None` while the peer allows no more, the handshake is not done or
    /// the connection is over. [`Event::StreamsAvailable`] comes when it may have changed.
    ///
    /// The peer learns of it with the first write, finish or reset. Must be [abandoned](Self::abandon)
    /// once.
    #[must_use]
    pub fn open_stream(&mut self) -> Option<StreamId> {
        let id = self.inner.streams().open(Dir::Bi)?.into();
        self.streams.hold(id);
        Some(id)
    }

    /// Takes the next stream that the peer opened. Must be [abandoned](Self::abandon) once.
    #[must_use]
    pub fn accept_stream(&mut self) -> Option<StreamId> {
        let id = StreamId::from(self.inner.streams().accept(Dir::Bi)?);
        self.streams.accepted = id.index().saturating_add(1);
        self.streams.hold(id);
        Some(id)
    }

    /// Writes as much of `data` as there is room for, and takes it from the front of `data`.
    ///
    /// Copies nothing. Many small writes are slow to send: join those under 16 KiB.
    ///
    /// # Errors
    ///
    /// Nothing was written, and `data` is as it was.
    pub fn write(&mut self, stream: StreamId, data: &mut Bytes) -> Result<usize, WriteError> {
        if data.is_empty() {
            return Ok(0);
        }
        self.write_with(stream, |inner| {
            let chunks = std::slice::from_mut(data);
            let written = inner.send_stream(stream.into()).write_chunks(chunks);
            written.map(|written| written.bytes)
        })
    }

    /// Copies as much from the front of `data` as there is room for, and returns how much.
    ///
    /// # Errors
    ///
    /// Nothing was written.
    pub fn write_slice(&mut self, stream: StreamId, data: &[u8]) -> Result<usize, WriteError> {
        if data.is_empty() {
            return Ok(0);
        }
        self.write_with(stream, |inner| inner.send_stream(stream.into()).write(data))
    }

    fn write_with(
        &mut self,
        stream: StreamId,
        write: impl FnMut(&mut quinn_proto::Connection) -> Result<usize, quinn_proto::WriteError>,
    ) -> Result<usize, WriteError> {
        let outcome = self.write_or_grow(write);
        // Even a blocked write may have to tell the peer what it waits for.
        self.wants_transmit = true;
        match outcome {
            Ok(len) => {
                self.streams.turns.on_done(stream);
                Ok(len)
            }
            // quinn-proto blocks a write on a connection that is over, for ever.
            Err(_) if self.inner.is_closed() => Err(WriteError::Closed),
            Err(quinn_proto::WriteError::Blocked) => {
                self.streams.turns.on_refused(stream);
                Err(WriteError::Blocked)
            }
            Err(quinn_proto::WriteError::Stopped(code)) => Err(WriteError::Stopped {
                code: code.into_inner(),
            }),
            Err(quinn_proto::WriteError::ClosedStream) => Err(WriteError::NotOpen),
        }
    }

    /// Ends our half in order. The end is queued; [`Event::Finished`] says that the peer has it all.
    ///
    /// # Errors
    ///
    /// The end is not queued, and no event will come.
    pub fn finish(&mut self, stream: StreamId) -> Result<(), StreamError> {
        if self.inner.is_closed() {
            return Err(StreamError::Closed);
        }
        match self.inner.send_stream(stream.into()).finish() {
            Ok(()) => {
                self.streams.set_send(stream, SendHalf::Finishing);
                self.wants_transmit = true;
                Ok(())
            }
            Err(FinishError::Stopped(code)) => Err(StreamError::Stopped {
                code: code.into_inner(),
            }),
            Err(FinishError::ClosedStream) => Err(StreamError::NotOpen),
        }
    }

    /// Breaks off our half: what was not acknowledged is not sent again, and the peer's reads fail.
    ///
    /// Does nothing when our half is done.
    pub fn reset(&mut self, stream: StreamId, code: u64) {
        let open = [SendHalf::Open, SendHalf::Finishing];
        if self
            .streams
            .get(stream)
            .is_some_and(|held| open.contains(&held.send))
        {
            self.streams.set_send(stream, SendHalf::Done);
            // The only error is that quinn-proto has forgotten the stream.
            let _ = self.inner.send_stream(stream.into()).reset(to_varint(code));
            self.wants_transmit = true;
        }
    }

    /// Says that we will read no more: what arrives is dropped, and the peer is asked to stop.
    ///
    /// Does nothing when the peer's half is done.
    pub fn stop(&mut self, stream: StreamId, code: u64) {
        if self
            .streams
            .get(stream)
            .is_some_and(|held| held.receive == ReceiveHalf::Open)
        {
            self.streams.set_receive(stream, ReceiveHalf::Stopped);
            self.drop_reassembly(stream);
            self.stop_inner(stream, to_varint(code));
        }
    }

    /// Sets who goes first when several streams have something to send: the higher number. 0 at first.
    pub fn set_priority(&mut self, stream: StreamId, priority: i32) {
        // The only error is that there is nothing left to send.
        let _ = self.inner.send_stream(stream.into()).set_priority(priority);
    }

    /// Lets go of a stream in whatever state it is; `code` is the reason for what is broken off.
    ///
    /// Our half is reset unless it was finished; what was finished is still delivered. The peer's half
    /// is stopped unless it was read to its end. No event of the stream follows, and the peer gets the
    /// credit for another stream back as soon as both halves are done.
    pub fn abandon(&mut self, stream: StreamId, code: u64) {
        self.reset_unfinished(stream, code);
        self.drop_reassembly(stream);
        let Some(held) = self.streams.get_mut(stream) else {
            return;
        };
        if held.receive == ReceiveHalf::Open {
            if held.send == SendHalf::Finishing {
                // Some peers drop an answer that they have not read when they are asked to stop. They
                // have it once its end is acknowledged.
                held.abandoned = Some(to_varint(code));
                return;
            }
            self.stop_inner(stream, to_varint(code));
        }
        self.streams.release(stream);
    }

    /// Returns how many streams are held: opened or accepted, and not let go.
    #[must_use]
    pub fn stream_count(&self) -> usize {
        self.streams.held.len()
    }

    /// Resets our half unless it was finished and the peer may still want it.
    fn reset_unfinished(&mut self, stream: StreamId, code: u64) {
        let is_wanted = |held: &Held| held.send == SendHalf::Finishing && !held.is_unwanted;
        if self
            .streams
            .get(stream)
            .is_some_and(|held| !is_wanted(held))
        {
            self.reset(stream, code);
        }
    }

    fn stop_inner(&mut self, stream: StreamId, code: VarInt) {
        let mut source = self.inner.recv_stream(stream.into());
        // A stream that the peer has reset is only let go, and its credit returned, by being asked about
        // the reset; `stop` would keep it.
        if !matches!(source.received_reset(), Ok(Some(_))) {
            // The only error is that quinn-proto has forgotten the stream.
            let _ = source.stop(code);
        }
        self.wants_transmit = true;
    }

    /// Lets the peer open more streams when it uses those that it has.
    pub(super) fn raise_stream_limit(&mut self) {
        let open = self.inner.streams().remote_open_streams(Dir::Bi);
        let limit = self.streams.raise_limit(open);
        self.announce_stream_limit(limit);
    }

    /// Gives the peer more of what it says that it waits for; quinn-proto counts that and does no more.
    pub(super) fn heed_blocked(&mut self) {
        // The numbers are copied, all of them.
        if !self.streams.can_grow() && !self.windows.can_grow() {
            return;
        }
        let stats = self.inner.stats();
        let frames = stats.frame_rx;
        let limit = self.streams.on_blocked(frames.streams_blocked_bidi);
        self.announce_stream_limit(limit);
        self.heed_blocked_peer(frames.data_blocked, stats.udp_rx.bytes);
    }

    fn announce_stream_limit(&mut self, limit: Option<u32>) {
        if let Some(limit) = limit {
            self.inner
                .set_max_concurrent_streams(Dir::Bi, VarInt::from_u32(limit));
            self.wants_transmit = true;
        }
    }

    /// Notes that the peer does not want what we write.
    ///
    /// When nobody holds the stream any more, it is broken off here: what the peer does not read may be
    /// held back by its window for ever, and the stream with it.
    // [RFC 9000 §3.5] A stream that the peer stops is to be reset.
    pub(super) fn on_stopped(&mut self, stream: StreamId, code: VarInt) -> Option<Event> {
        let is_unheard_of =
            stream.initiator() != self.role && stream.index() >= self.streams.accepted;
        match self.streams.get_mut(stream) {
            Some(held) if held.abandoned.is_none() => {
                held.is_unwanted = true;
                return Some(Event::Stopped {
                    stream,
                    code: code.into_inner(),
                });
            }
            None if is_unheard_of => return None,
            Some(_) | None => {}
        }
        // The only error is that quinn-proto has forgotten the stream.
        let _ = self.inner.send_stream(stream.into()).reset(code);
        self.wants_transmit = true;
        self.let_go(stream);
        None
    }

    /// Does what an abandoned stream was waiting for the end of our half to do.
    fn let_go(&mut self, stream: StreamId) {
        if let Some(code) = self.streams.get(stream).and_then(|held| held.abandoned) {
            self.streams.release(stream);
            self.stop_inner(stream, code);
        }
    }

    /// Notes that the peer has all of a stream.
    pub(super) fn on_finished(&mut self, stream: StreamId) -> Option<Event> {
        let held = self.streams.get_mut(stream)?;
        held.send = SendHalf::Done;
        if held.abandoned.is_none() {
            return Some(Event::Finished { stream });
        }
        self.let_go(stream);
        None
    }
}

impl Streams {
    pub(super) fn new(limit: u32, max_limit: u32) -> Self {
        Self {
            held: HashMap::default(),
            accepted: 0,
            limit,
            max_limit,
            blocked: 0,
            turns: Turns::default(),
            reassemblies: HashMap::default(),
        }
    }

    /// Returns whether somebody wants to hear of a stream.
    pub(super) fn is_held(&self, stream: StreamId) -> bool {
        self.get(stream)
            .is_some_and(|held| held.abandoned.is_none())
    }

    /// Returns whose turn it is to write.
    pub(super) fn next_writer(&mut self) -> Option<StreamId> {
        loop {
            let next = self.turns.poll()?;
            // It may have been abandoned since.
            if self.is_held(next) {
                return Some(next);
            }
        }
    }

    fn hold(&mut self, stream: StreamId) {
        self.held.insert(
            stream.as_u64(),
            Held {
                send: SendHalf::Open,
                receive: ReceiveHalf::Open,
                read: 0,
                has_news: false,
                is_held_up: false,
                is_unwanted: false,
                abandoned: None,
            },
        );
    }

    fn release(&mut self, stream: StreamId) {
        self.held.remove(&stream.as_u64());
        self.turns.on_done(stream);
    }

    fn get(&self, stream: StreamId) -> Option<&Held> {
        self.held.get(&stream.as_u64())
    }

    fn get_mut(&mut self, stream: StreamId) -> Option<&mut Held> {
        self.held.get_mut(&stream.as_u64())
    }

    fn set_send(&mut self, stream: StreamId, half: SendHalf) {
        if let Some(held) = self.get_mut(stream) {
            held.send = half;
        }
    }

    pub(super) fn set_receive(&mut self, stream: StreamId, half: ReceiveHalf) {
        if let Some(held) = self.get_mut(stream) {
            held.receive = half;
        }
    }

    /// Notes that something has arrived, and returns whether somebody wants to hear of it.
    pub(super) fn on_readable(&mut self, stream: StreamId) -> bool {
        let held = self.get_mut(stream);
        held.is_some_and(|held| {
            held.has_news = true;
            held.abandoned.is_none()
        })
    }

    /// Notes that `len` bytes were read in order, and returns where the next read begins if what arrives must be beyond
    /// a gap: twice in a row something came and nothing could be read. Once proves nothing: an event may be about what
    /// was read before it was taken, or what came may have come before.
    pub(super) fn on_read(&mut self, stream: StreamId, len: usize) -> Option<u64> {
        let held = self.get_mut(stream)?;
        let has_news = std::mem::take(&mut held.has_news);
        if len > 0 {
            held.is_held_up = false;
            let len = u64::try_from(len).unwrap_or(u64::MAX);
            held.read = held.read.saturating_add(len);
            return None;
        }
        let was_held_up = held.is_held_up;
        held.is_held_up |= has_news;
        (has_news && was_held_up).then_some(held.read)
    }

    pub(super) fn is_abandoned(&self, stream: StreamId) -> bool {
        self.get(stream)
            .is_some_and(|held| held.abandoned.is_some())
    }

    pub(super) fn keep_reassembly(&mut self, stream: StreamId, reassembly: Reassembly) {
        self.reassemblies.insert(stream.as_u64(), reassembly);
    }

    pub(super) fn take_reassembly(&mut self, stream: StreamId) -> Option<Reassembly> {
        if self.reassemblies.is_empty() {
            return None;
        }
        self.reassemblies.remove(&stream.as_u64())
    }

    /// Answers a read on a stream that quinn-proto has forgotten.
    pub(super) fn read_after_end(&self, stream: StreamId) -> Result<ReadState, ReadError> {
        match self.get(stream).map(|held| held.receive) {
            Some(ReceiveHalf::Ended) => Ok(ReadState::Ended),
            Some(ReceiveHalf::Reset { code }) => Err(ReadError::Reset { code }),
            Some(ReceiveHalf::Open | ReceiveHalf::Stopped) | None => Err(ReadError::NotOpen),
        }
    }

    /// Returns the new limit when `open` streams are three quarters of what there may be: for each that may be
    /// opened, quinn-proto keeps some 350 bytes once it was.
    fn raise_limit(&mut self, open: u64) -> Option<u32> {
        let is_nearly_used = open.saturating_mul(4) >= u64::from(self.limit).saturating_mul(3);
        if is_nearly_used { self.grow() } else { None }
    }

    /// Returns the new limit when the peer has said once more that it may open no more streams; `blocked` is how
    /// many times it has.
    // [RFC 9000 §19.14] It may have opened streams of which we hear when they are used, as go-libp2p does.
    fn on_blocked(&mut self, blocked: u64) -> Option<u32> {
        let is_news = blocked > self.blocked;
        self.blocked = blocked;
        if is_news { self.grow() } else { None }
    }

    fn can_grow(&self) -> bool {
        self.limit < self.max_limit
    }

    fn grow(&mut self) -> Option<u32> {
        if !self.can_grow() {
            return None;
        }
        self.limit = self.limit.max(1).saturating_mul(GROWTH).min(self.max_limit);
        Some(self.limit)
    }
}

fn to_varint(code: u64) -> VarInt {
    VarInt::from_u64(code).unwrap_or(VarInt::MAX)
}

/// From 16 to 256 in two round trips.
const GROWTH: u32 = 4;

#[cfg(test)]
mod tests;
