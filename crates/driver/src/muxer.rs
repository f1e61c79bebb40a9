//! What a protocol machine must be able to do with streams, so that tasks can wait on them.

use std::{fmt, hash::Hash, time::Instant};

use bytes::Bytes;
use sinew_transport::{CloseReason, ConnectionCode, ConnectionStats, StreamCode};

/// The machine of one connection, as far as its streams go.
///
/// All methods are called under the connection's lock: they change the machine and return. What becomes
/// possible later, the driver learns from the machine's events and passes to
/// [`State`](crate::State)'s methods.
pub trait Muxer: Send + 'static {
    /// Names a stream.
    type StreamId: Copy + Eq + Ord + Hash + fmt::Debug + Send + Sync + 'static;

    /// Returns the stream's number within its connection.
    fn number(id: Self::StreamId) -> u64;

    /// Opens a stream, if the peer allows one now.
    fn open(&mut self) -> Option<Self::StreamId>;

    /// Returns why no stream can be opened any more, although the connection goes on.
    fn refuses_streams(&self) -> Option<CloseReason> {
        None
    }

    /// Takes the next stream that the peer opened.
    fn accept(&mut self) -> Option<Self::StreamId>;

    /// Hands what has arrived to `sink` piece by piece, at most `max` bytes. Returns whether the end was read.
    ///
    /// # Errors
    ///
    /// Nothing was read.
    fn read_with(
        &mut self,
        id: Self::StreamId,
        max: usize,
        sink: impl FnMut(Bytes),
    ) -> Result<bool, ReadFault>;

    /// Takes bytes from the front of `data` and returns how many.
    ///
    /// # Errors
    ///
    /// Nothing was written.
    fn write(&mut self, id: Self::StreamId, data: &mut Bytes) -> Result<usize, WriteFault>;

    /// Copies bytes from the front of `data` and returns how many.
    ///
    /// # Errors
    ///
    /// Nothing was written.
    fn write_slice(&mut self, id: Self::StreamId, data: &[u8]) -> Result<usize, WriteFault>;

    /// Queues the end.
    ///
    /// # Errors
    ///
    /// It is not queued.
    fn finish(&mut self, id: Self::StreamId) -> Result<(), WriteFault>;

    /// Breaks off the sending side.
    fn reset(&mut self, id: Self::StreamId, code: StreamCode);

    /// Asks for no more and drops what arrived.
    fn stop(&mut self, id: Self::StreamId, code: StreamCode);

    /// Sets who sends first among the streams.
    fn set_priority(&mut self, id: Self::StreamId, priority: i32);

    /// Lets go of a stream in whatever state it is.
    fn abandon(&mut self, id: Self::StreamId);

    /// Closes the connection; the peer is told `code`, and `text` as far as the protocol carries it.
    fn close(&mut self, now: Instant, code: ConnectionCode, text: &[u8]);

    /// Says whether something may have to be sent.
    fn wants_transmit(&self) -> bool;

    /// Returns why the connection is over, as far as the machine knows.
    fn close_reason(&self) -> Option<CloseReason>;

    /// Returns what is known about the path and the traffic.
    fn stats(&self) -> ConnectionStats;
}

/// Why a machine has nothing to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    clippy::exhaustive_enums,
    reason = "a machine has to answer one of these, and a stream has to handle each"
)]
pub enum ReadFault {
    /// Nothing has arrived yet.
    Blocked,
    /// The peer broke its side off.
    Reset(StreamCode),
    /// This side wants no more.
    Stopped,
    /// The connection is over.
    Closed,
}

/// Why a machine takes nothing to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    clippy::exhaustive_enums,
    reason = "a machine has to answer one of these, and a stream has to handle each"
)]
pub enum WriteFault {
    /// There is no room now.
    Blocked,
    /// The peer wants no more.
    Stopped(StreamCode),
    /// This side has ended the stream.
    Finished,
    /// The connection is over.
    Closed,
}
