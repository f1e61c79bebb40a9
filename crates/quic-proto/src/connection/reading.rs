//! Reading: in order, with what came before its turn kept aside.

use bytes::Bytes;
use quinn_proto::ReadableError;

use super::{Connection, reassembly::Reassembly, streams::ReceiveHalf};
use crate::StreamId;

/// Why nothing was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// Nothing has arrived; [`Event::Readable`](crate::Event::Readable) comes later.
    #[error("nothing to read yet")]
    Blocked,
    /// The peer broke off. What was written before and not read is gone.
    #[error("the peer reset the stream with code {code}")]
    Reset {
        /// The peer's reason.
        code: u64,
    },
    /// We stopped or abandoned the stream, or it never was.
    #[error("the stream is not open for reading")]
    NotOpen,
    /// The connection is over; [`Connection::close_reason`] says why.
    #[error("the connection is over")]
    Closed,
}

/// What is to be expected after a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadState {
    /// There is more, which did not fit into the maximum.
    More,
    /// All that had arrived was read; [`Event::Readable`](crate::Event::Readable) comes later.
    Drained,
    /// The peer finished the stream and all of it was read.
    Ended,
}

impl Connection {
    /// Reads the next bytes, at most `max` and at most one frame of them; `None` is the end.
    ///
    /// # Errors
    ///
    /// Nothing was read. What arrived before the connection ended can still be read.
    pub fn read(&mut self, stream: StreamId, max: usize) -> Result<Option<Bytes>, ReadError> {
        let mut read = None;
        let state = self.read_chunks(stream, max, |bytes| {
            read = Some(bytes);
            false
        })?;
        match (read, state) {
            (Some(bytes), _) => Ok(Some(bytes)),
            (None, ReadState::Ended) => Ok(None),
            (None, ReadState::More | ReadState::Drained) => Err(ReadError::Blocked),
        }
    }

    /// Reads everything that has arrived, at most `max` bytes, and hands it to `sink` frame by frame.
    ///
    /// # Errors
    ///
    /// Nothing was read. What arrived before the connection ended can still be read.
    pub fn read_with(
        &mut self,
        stream: StreamId,
        max: usize,
        mut sink: impl FnMut(Bytes),
    ) -> Result<ReadState, ReadError> {
        self.read_chunks(stream, max, |bytes| {
            sink(bytes);
            true
        })
    }

    /// Reads until `sink` returns false, `max` bytes were read or nothing is left.
    fn read_chunks(
        &mut self,
        stream: StreamId,
        max: usize,
        mut sink: impl FnMut(Bytes) -> bool,
    ) -> Result<ReadState, ReadError> {
        if self.streams.is_abandoned(stream) {
            return Err(ReadError::NotOpen);
        }
        let result = match self.streams.take_reassembly(stream) {
            Some(reassembly) => self.read_past_gaps(stream, reassembly, max, &mut sink),
            None => self.read_in_order(stream, max, &mut sink),
        };
        match result {
            Ok(ReadState::Ended) => self.streams.set_receive(stream, ReceiveHalf::Ended),
            Err(ReadError::Reset { code }) => self
                .streams
                .set_receive(stream, ReceiveHalf::Reset { code }),
            _ => {}
        }
        result
    }

    /// Reads a stream that has had no gap, or none that kept a reader waiting.
    fn read_in_order(
        &mut self,
        stream: StreamId,
        max: usize,
        sink: &mut impl FnMut(Bytes) -> bool,
    ) -> Result<ReadState, ReadError> {
        let blocked = self.nothing_to_read();
        let mut source = self.inner.recv_stream(stream.into());
        let mut chunks = match source.read(true) {
            Ok(chunks) => chunks,
            Err(ReadableError::ClosedStream | ReadableError::IllegalOrderedRead) => {
                return self.streams.read_after_end(stream);
            }
        };
        let mut progress = Progress::new(max);
        let result = loop {
            if progress.is_full() {
                break Ok(ReadState::More);
            }
            match chunks.next(progress.left) {
                Ok(Some(chunk)) => {
                    progress.on_read(chunk.bytes.len());
                    if !sink(chunk.bytes) {
                        break Ok(ReadState::More);
                    }
                }
                Ok(None) => break Ok(ReadState::Ended),
                Err(error) => break progress.stop(error, blocked),
            }
        };
        self.wants_transmit |= chunks.finalize().should_transmit();
        self.on_bytes_read(progress.len);
        let news = self.streams.on_read(stream, progress.len);
        match (result, news) {
            // What arrives is beyond a gap. Nothing arrived since the read above, so that quinn-proto has nothing that it
            // has given out already.
            (Err(ReadError::Blocked), Some(next)) if self.config.reads_beyond_gaps => {
                self.read_past_gaps(stream, Reassembly::new(next), max, sink)
            }
            (result, _) => result,
        }
    }

    /// Reads a stream that has had a gap, and takes what is beyond one out of quinn-proto as far as there is room.
    fn read_past_gaps(
        &mut self,
        stream: StreamId,
        mut reassembly: Reassembly,
        max: usize,
        sink: &mut impl FnMut(Bytes) -> bool,
    ) -> Result<ReadState, ReadError> {
        let blocked = self.nothing_to_read();
        let stream_window = u64::from(self.config.stream_receive_window);
        let windows = &mut self.windows;
        let mut source = self.inner.recv_stream(stream.into());
        let Ok(mut chunks) = source.read(false) else {
            windows.on_filled(reassembly.cost());
            windows.settle_gaps();
            return self.streams.read_after_end(stream);
        };
        let mut progress = Progress::new(max);
        // What was taken out of quinn-proto, in whatever order.
        let mut len = 0_usize;
        let mut reset = None;
        let result = loop {
            if progress.is_full() {
                break Ok(ReadState::More);
            }
            if let Some((bytes, freed)) = reassembly.take(progress.left) {
                windows.on_filled(freed);
                progress.on_read(bytes.len());
                if !sink(bytes) {
                    break Ok(ReadState::More);
                }
                continue;
            }
            // Takes nothing, and tells where the first piece begins.
            let first = match chunks.next(0) {
                Ok(Some(first)) => first.offset,
                Ok(None) => break Ok(ReadState::Ended),
                // What was handed out is read; the next read tells.
                Err(quinn_proto::ReadError::Reset(code)) if progress.has_read => {
                    reset = Some(code.into_inner());
                    break Ok(ReadState::More);
                }
                Err(error) => break progress.stop(error, blocked),
            };
            let is_early = reassembly.is_beyond_gap(first);
            let most = if is_early {
                windows.room_beyond_gaps(reassembly.room(stream_window))
            } else {
                progress.left
            };
            if is_early && most == 0 {
                break progress.stop(quinn_proto::ReadError::Blocked, blocked);
            }
            match chunks.next(most) {
                Ok(Some(chunk)) => {
                    len = len.saturating_add(chunk.bytes.len());
                    if is_early {
                        windows.on_early(reassembly.insert(chunk.offset, &chunk.bytes));
                        continue;
                    }
                    reassembly.skip(chunk.bytes.len());
                    progress.on_read(chunk.bytes.len());
                    if !sink(chunk.bytes) {
                        break Ok(ReadState::More);
                    }
                }
                Ok(None) => break Ok(ReadState::Ended),
                Err(error) => break progress.stop(error, blocked),
            }
        };
        self.wants_transmit |= chunks.finalize().should_transmit();
        match (result, reset) {
            (Ok(ReadState::Ended) | Err(ReadError::Reset { .. }), _) => {
                windows.on_filled(reassembly.cost());
            }
            (_, Some(code)) => {
                windows.on_filled(reassembly.cost());
                self.streams
                    .set_receive(stream, ReceiveHalf::Reset { code });
            }
            _ => self.streams.keep_reassembly(stream, reassembly),
        }
        self.windows.settle_gaps();
        self.on_bytes_read(len);
        result
    }

    /// Forgets what is beyond gaps in a stream that nobody will read.
    pub(super) fn drop_reassembly(&mut self, stream: StreamId) {
        if let Some(reassembly) = self.streams.take_reassembly(stream) {
            self.windows.on_filled(reassembly.cost());
            self.windows.settle_gaps();
        }
    }

    fn nothing_to_read(&self) -> ReadError {
        if self.inner.is_closed() {
            ReadError::Closed
        } else {
            ReadError::Blocked
        }
    }
}

/// How far a read has come.
struct Progress {
    left: usize,
    len: usize,
    has_read: bool,
}

impl Progress {
    fn new(max: usize) -> Self {
        Self {
            left: max,
            len: 0,
            has_read: false,
        }
    }

    fn is_full(&self) -> bool {
        self.left == 0 && self.has_read
    }

    fn on_read(&mut self, len: usize) {
        self.left = self.left.saturating_sub(len);
        self.len = self.len.saturating_add(len);
        self.has_read = true;
    }

    /// Says what comes of a read that gets no further; `blocked` if it has got nowhere.
    fn stop(
        &self,
        error: quinn_proto::ReadError,
        blocked: ReadError,
    ) -> Result<ReadState, ReadError> {
        match error {
            quinn_proto::ReadError::Reset(code) => Err(ReadError::Reset {
                code: code.into_inner(),
            }),
            quinn_proto::ReadError::Blocked if self.has_read => Ok(ReadState::Drained),
            quinn_proto::ReadError::Blocked => Err(blocked),
        }
    }
}
