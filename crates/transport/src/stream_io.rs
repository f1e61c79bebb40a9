//! What a transport provides for each stream.

use std::{
    collections::VecDeque,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};

use crate::{ReadError, StreamCode, WriteError};

/// One bidirectional stream of a transport.
///
/// Protocols use [`Stream`](crate::Stream), which wraps it. Polls remember the last task that asked, for each
/// direction. Dropping resets the sending side unless it was finished, and stops the receiving side unless
/// its end was read.
pub trait StreamIo: Send + 'static {
    /// Returns the stream's number within its connection.
    fn id(&self) -> u64;

    /// Appends chunks to `out`, about `max_bytes` in all, and returns whether the end was reached.
    ///
    /// `Ready(Ok(false))` means that at least one chunk was appended. At most one chunk may pass `max_bytes`
    /// if the transport cannot split it; ours never do.
    ///
    /// # Errors
    ///
    /// What ended the stream. Nothing was appended then.
    fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        max_bytes: usize,
        out: &mut VecDeque<Bytes>,
    ) -> Poll<Result<bool, ReadError>>;

    /// Copies into `buf` and returns how many bytes; 0 is the end, or an empty `buf`.
    ///
    /// # Errors
    ///
    /// What ended the stream.
    fn poll_read_slice(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<Result<usize, ReadError>> {
        let mut chunks = VecDeque::new();
        ready!(self.poll_read(cx, buf.len(), &mut chunks))?;
        let mut copied = 0;
        for mut chunk in chunks {
            if let Some(free) = buf.get_mut(copied..copied + chunk.len()) {
                copied += chunk.len();
                chunk.copy_to_slice(free);
            }
        }
        Poll::Ready(Ok(copied))
    }

    /// Takes bytes from the front of `data` and returns once at least one was taken.
    ///
    /// # Errors
    ///
    /// Why nothing more can be written.
    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        data: &mut Bytes,
    ) -> Poll<Result<(), WriteError>>;

    /// Copies from the front of `data` and returns how many bytes were taken, at least one.
    ///
    /// # Errors
    ///
    /// Why nothing more can be written.
    fn poll_write_slice(
        &mut self,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<Result<usize, WriteError>>;

    /// Queues the end of the sending side. A second call does nothing.
    ///
    /// # Errors
    ///
    /// The peer stopped the stream, it was reset, or the connection is over.
    fn finish(&mut self) -> Result<(), WriteError>;

    /// Waits until the peer's transport has acknowledged the end and everything before it. Called after
    /// [`finish`](Self::finish).
    ///
    /// # Errors
    ///
    /// The peer stopped the stream, it was reset, or the connection is over. [`WriteError::Finished`] if the
    /// stream was reset by this side.
    fn poll_finished(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), WriteError>>;

    /// Abandons the sending side, and wakes the task that waits on it. Does nothing once the end was
    /// acknowledged. The receiving side goes on where the wire protocol can tell the two apart: QUIC can, and
    /// Yamux cannot.
    fn reset(&mut self, code: StreamCode);

    /// Asks the peer to send no more and discards what it sent; wakes the task that waits to read. Where the wire
    /// protocol has no word for it, as Yamux, the peer gets no more credit, and hears of it when the sending side
    /// is over.
    fn stop(&mut self, code: StreamCode);

    /// Sets the order of sending among the connection's streams: higher goes first, 0 is normal. A transport
    /// that has no such order ignores it.
    fn set_priority(&mut self, priority: i32);
}
