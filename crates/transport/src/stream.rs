//! What protocols read and write.

use std::{
    collections::VecDeque,
    fmt,
    future::poll_fn,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use sinew_identity::PeerId;

use crate::{
    ConnectionId, CopyError, Protocol, ReadError, ReadExactError, ReadToEndError, StreamCode,
    StreamIo, WriteError,
    negotiate::{NegotiationError, Pending},
};

mod io_traits;
mod split;

pub use split::{ReadHalf, WriteHalf};

/// A bidirectional stream to a peer.
///
/// Dropping it resets the sending side unless [`finish`](Self::finish) was called, so that a half-written
/// message never looks like a clean end, and tells the peer to send no more unless the end was read.
///
/// The `…_bytes` calls move no payload; the slices and the I/O traits of tokio and futures copy once.
/// All methods are cancel-safe except those that say otherwise.
pub struct Stream {
    pub(crate) io: Box<dyn StreamIo>,
    pub(crate) info: StreamInfo,
    /// Taken from `io` but not by the reader, at most `READ_AHEAD_BYTES`.
    pub(crate) unread: VecDeque<Bytes>,
    /// The end lies behind `unread`.
    pub(crate) ended: bool,
    pub(crate) pending: Option<Box<Pending>>,
    /// Why the negotiation failed, for every call that comes after.
    pub(crate) refused: Option<NegotiationError>,
}

/// What a stream knows about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamInfo {
    /// Who is at the other end.
    pub peer: PeerId,
    /// The connection that carries it.
    pub connection: ConnectionId,
    /// Who opened it.
    pub direction: Direction,
    /// What is spoken on it; `None` before the negotiation.
    pub protocol: Option<Protocol>,
}

/// Who opened a stream or a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The peer.
    Inbound,
    /// This side.
    Outbound,
}

impl Stream {
    /// Wraps a transport's stream.
    pub fn new(io: Box<dyn StreamIo>, info: StreamInfo) -> Self {
        Self {
            io,
            info,
            unread: VecDeque::new(),
            ended: false,
            pending: None,
            refused: None,
        }
    }

    /// Returns who is at the other end.
    pub fn peer(&self) -> PeerId {
        self.info.peer
    }

    /// Returns the protocol spoken, once it is negotiated.
    pub fn protocol(&self) -> Option<&Protocol> {
        self.info.protocol.as_ref()
    }

    /// Returns the connection that carries the stream.
    pub fn connection(&self) -> ConnectionId {
        self.info.connection
    }

    /// Returns who opened the stream.
    pub fn direction(&self) -> Direction {
        self.info.direction
    }

    /// Returns the stream's number within its connection.
    pub fn id(&self) -> u64 {
        self.io.id()
    }

    /// Returns everything that the stream knows about itself.
    pub fn info(&self) -> &StreamInfo {
        &self.info
    }

    /// Reads the next chunk, without a copy; `None` is the end.
    ///
    /// # Errors
    ///
    /// The peer reset the stream or does not speak the protocol, or the connection is over.
    pub async fn read_bytes(&mut self) -> Result<Option<Bytes>, ReadError> {
        poll_fn(|cx| self.poll_read_bytes(cx)).await
    }

    /// Reads into `buf` and returns how many bytes came; 0 is the end, or an empty `buf`.
    ///
    /// # Errors
    ///
    /// As for [`read_bytes`](Self::read_bytes).
    pub async fn read(&mut self, buf: &mut [u8]) -> Result<usize, ReadError> {
        poll_fn(|cx| self.poll_read_slice(cx, buf)).await
    }

    /// Fills `buf`. Not cancel-safe: what was read is lost.
    ///
    /// # Errors
    ///
    /// The stream ended or failed first.
    pub async fn read_exact(&mut self, buf: &mut [u8]) -> Result<(), ReadExactError> {
        let wanted = buf.len();
        let mut got = 0;
        while let Some(free) = buf.get_mut(got..)
            && !free.is_empty()
        {
            match self.read(free).await? {
                0 => return Err(ReadExactError::Ended { got, wanted }),
                n => got += n,
            }
        }
        Ok(())
    }

    /// Reads up to the end, at most `limit` bytes. Not cancel-safe: what was read is lost.
    ///
    /// # Errors
    ///
    /// The peer sent more than `limit` bytes, or the stream failed.
    pub async fn read_to_end(&mut self, limit: usize) -> Result<Vec<u8>, ReadToEndError> {
        let mut all = Vec::new();
        while let Some(chunk) = self.read_bytes().await? {
            if chunk.len() > limit - all.len() {
                return Err(ReadToEndError::TooLong { limit });
            }
            all.extend_from_slice(&chunk);
        }
        Ok(all)
    }

    /// Writes all of `data`, without a copy. Not cancel-safe: a part may have been written.
    ///
    /// Returns when the transport has taken it, not when it was sent.
    ///
    /// # Errors
    ///
    /// The peer stopped reading, the stream is finished, or the connection is over.
    pub async fn write_bytes(&mut self, mut data: Bytes) -> Result<(), WriteError> {
        while !data.is_empty() {
            poll_fn(|cx| self.poll_write_bytes(cx, &mut data)).await?;
        }
        Ok(())
    }

    /// Writes from the front of `data` and returns how many bytes were taken, at least one.
    ///
    /// # Errors
    ///
    /// As for [`write_bytes`](Self::write_bytes).
    pub async fn write(&mut self, data: &[u8]) -> Result<usize, WriteError> {
        poll_fn(|cx| self.poll_write_slice(cx, data)).await
    }

    /// Writes all of `data`. Not cancel-safe: a part may have been written.
    ///
    /// # Errors
    ///
    /// As for [`write_bytes`](Self::write_bytes).
    pub async fn write_all(&mut self, mut data: &[u8]) -> Result<(), WriteError> {
        while !data.is_empty() {
            let taken = self.write(data).await?;
            data = data.get(taken..).unwrap_or_default();
        }
        Ok(())
    }

    /// Queues the end: the peer reads everything written, then the end. A second call does nothing.
    ///
    /// # Errors
    ///
    /// The peer stopped reading, the stream was reset, or the connection is over.
    pub fn finish(&mut self) -> Result<(), WriteError> {
        if let Some(error) = &self.refused {
            return Err(error.clone().into());
        }
        self.io.finish()
    }

    /// Finishes, and waits until the peer's transport has acknowledged the end and everything before it,
    /// and until the peer has agreed to the protocol.
    ///
    /// # Errors
    ///
    /// As for [`finish`](Self::finish), and the peer does not speak the protocol.
    pub async fn finished(&mut self) -> Result<(), WriteError> {
        self.finish()?;
        poll_fn(|cx| self.poll_finished(cx)).await
    }

    /// Abandons the stream: the peer sees a reset with `code`, and is asked to send no more.
    pub fn reset(&mut self, code: StreamCode) {
        self.io.reset(code);
        self.stop(code);
    }

    /// Asks the peer to send no more and discards what it sent; writing goes on.
    ///
    /// Yamux has no word for it. Over TCP the peer gets no more credit, so that its writer waits as for a reader
    /// that sleeps, and what it finishes without waiting counts as delivered. Once this side's end has arrived,
    /// a peer that has used half of its credit is told, with `code`.
    pub fn stop(&mut self, code: StreamCode) {
        self.unread.clear();
        self.io.stop(code);
    }

    /// Sets the order of sending among the connection's streams: higher goes first, 0 is normal.
    pub fn set_priority(&mut self, priority: i32) {
        self.io.set_priority(priority);
    }

    /// Sends back everything that the peer sends, then the end; returns how many bytes.
    ///
    /// # Errors
    ///
    /// The stream failed; it is reset when it is dropped.
    pub async fn copy_back(&mut self) -> Result<u64, CopyError> {
        let mut copied = 0;
        while let Some(chunk) = self.read_bytes().await? {
            copied += chunk.len() as u64;
            self.write_bytes(chunk).await?;
        }
        self.finish()?;
        Ok(copied)
    }

    /// Polls for the next chunk; `None` is the end. See [`read_bytes`](Self::read_bytes).
    pub fn poll_read_bytes(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Bytes>, ReadError>> {
        ready!(self.poll_ready_to_read(cx))?;
        loop {
            if let Some(chunk) = self.unread.pop_front() {
                return Poll::Ready(Ok(Some(chunk)));
            }
            if self.ended {
                return Poll::Ready(Ok(None));
            }
            self.ended = ready!(self.io.poll_read(cx, READ_AHEAD_BYTES, &mut self.unread))?;
        }
    }

    /// Polls for bytes to be copied into `buf`. See [`read`](Self::read).
    pub fn poll_read_slice(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<Result<usize, ReadError>> {
        ready!(self.poll_ready_to_read(cx))?;
        if buf.is_empty() {
            return Poll::Ready(Ok(0));
        }
        if let Some(chunk) = self.unread.front_mut() {
            let len = chunk.len().min(buf.len());
            let taken = chunk.split_to(len);
            if chunk.is_empty() {
                self.unread.pop_front();
            }
            if let Some(free) = buf.get_mut(..len) {
                free.copy_from_slice(&taken);
            }
            return Poll::Ready(Ok(len));
        }
        if self.ended {
            return Poll::Ready(Ok(0));
        }
        let len = ready!(self.io.poll_read_slice(cx, buf))?;
        self.ended = len == 0;
        Poll::Ready(Ok(len))
    }

    /// Polls until bytes were taken from the front of `data`. See [`write_bytes`](Self::write_bytes).
    pub fn poll_write_bytes(
        &mut self,
        cx: &mut Context<'_>,
        data: &mut Bytes,
    ) -> Poll<Result<(), WriteError>> {
        if let Some(error) = &self.refused {
            return Poll::Ready(Err(error.clone().into()));
        }
        if data.is_empty() {
            return Poll::Ready(Ok(()));
        }
        self.io.poll_write(cx, data)
    }

    /// Polls until bytes were copied from the front of `data`. See [`write`](Self::write).
    pub fn poll_write_slice(
        &mut self,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<Result<usize, WriteError>> {
        if let Some(error) = &self.refused {
            return Poll::Ready(Err(error.clone().into()));
        }
        if data.is_empty() {
            return Poll::Ready(Ok(0));
        }
        self.io.poll_write_slice(cx, data)
    }

    /// Polls for the acknowledgement of the end. See [`finished`](Self::finished).
    pub fn poll_finished(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), WriteError>> {
        if let Some(error) = &self.refused {
            return Poll::Ready(Err(error.clone().into()));
        }
        ready!(self.poll_agreed(cx))?;
        self.io.poll_finished(cx)
    }

    fn poll_ready_to_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ReadError>> {
        if let Some(error) = &self.refused {
            return Poll::Ready(Err(error.clone().into()));
        }
        match ready!(self.poll_agreed(cx)) {
            Ok(()) => Poll::Ready(Ok(())),
            Err(error) => Poll::Ready(Err(error.into())),
        }
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream")
            .field("id", &self.io.id())
            .field("info", &self.info)
            .finish_non_exhaustive()
    }
}

/// How much is taken from the transport at a time, and thus held on top of its window: what one turn of a
/// driver delivers at most.
const READ_AHEAD_BYTES: usize = 64 << 10;
