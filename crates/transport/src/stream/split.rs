//! The two directions of a stream, owned apart.

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
};

use bytes::Bytes;

use super::{Stream, StreamInfo};
use crate::{ReadError, StreamCode, WriteError};

/// The receiving side of a stream. Dropping it asks the peer to send no more, unless the end was read.
#[derive(Debug)]
pub struct ReadHalf {
    stream: Arc<Mutex<Stream>>,
    info: StreamInfo,
}

/// The sending side of a stream. Dropping it resets that side, unless it was finished.
#[derive(Debug)]
pub struct WriteHalf {
    stream: Arc<Mutex<Stream>>,
    info: StreamInfo,
    is_finished: bool,
}

impl Stream {
    /// Splits the stream into halves that two tasks can own.
    pub fn split(self) -> (ReadHalf, WriteHalf) {
        let info = self.info.clone();
        let stream = Arc::new(Mutex::new(self));
        let read = ReadHalf {
            stream: stream.clone(),
            info: info.clone(),
        };
        let write = WriteHalf {
            stream,
            info,
            is_finished: false,
        };
        (read, write)
    }
}

impl ReadHalf {
    /// Returns what the stream knows about itself.
    pub fn info(&self) -> &StreamInfo {
        &self.info
    }

    /// Reads the next chunk, without a copy; `None` is the end.
    ///
    /// # Errors
    ///
    /// As for [`Stream::read_bytes`].
    pub async fn read_bytes(&mut self) -> Result<Option<Bytes>, ReadError> {
        poll_fn(|cx| lock(&self.stream).poll_read_bytes(cx)).await
    }

    /// Reads into `buf` and returns how many bytes came; 0 is the end, or an empty `buf`.
    ///
    /// # Errors
    ///
    /// As for [`Stream::read_bytes`].
    pub async fn read(&mut self, buf: &mut [u8]) -> Result<usize, ReadError> {
        poll_fn(|cx| lock(&self.stream).poll_read_slice(cx, buf)).await
    }

    /// Asks the peer to send no more and discards what it sent. See [`Stream::stop`] for how TCP does it.
    pub fn stop(&mut self, code: StreamCode) {
        lock(&self.stream).stop(code);
    }
}

impl WriteHalf {
    /// Returns what the stream knows about itself.
    pub fn info(&self) -> &StreamInfo {
        &self.info
    }

    /// Writes all of `data`, without a copy. Not cancel-safe: a part may have been written.
    ///
    /// # Errors
    ///
    /// As for [`Stream::write_bytes`].
    pub async fn write_bytes(&mut self, mut data: Bytes) -> Result<(), WriteError> {
        while !data.is_empty() {
            poll_fn(|cx| lock(&self.stream).poll_write_bytes(cx, &mut data)).await?;
        }
        Ok(())
    }

    /// Writes all of `data`. Not cancel-safe: a part may have been written.
    ///
    /// # Errors
    ///
    /// As for [`Stream::write_bytes`].
    pub async fn write_all(&mut self, mut data: &[u8]) -> Result<(), WriteError> {
        while !data.is_empty() {
            let taken = poll_fn(|cx| lock(&self.stream).poll_write_slice(cx, data)).await?;
            data = data.get(taken..).unwrap_or_default();
        }
        Ok(())
    }

    /// Queues the end. See [`Stream::finish`].
    ///
    /// # Errors
    ///
    /// As for [`Stream::finish`].
    pub fn finish(&mut self) -> Result<(), WriteError> {
        lock(&self.stream).finish()?;
        self.is_finished = true;
        Ok(())
    }

    /// Finishes and waits for the acknowledgement of the end. See [`Stream::finished`].
    ///
    /// # Errors
    ///
    /// As for [`Stream::finished`].
    pub async fn finished(&mut self) -> Result<(), WriteError> {
        self.finish()?;
        poll_fn(|cx| lock(&self.stream).poll_finished_writing(cx)).await
    }

    /// Abandons the sending side: the peer sees a reset with `code`.
    ///
    /// Yamux resets both sides at once: over TCP reading is over too, here and there, unless the peer has finished.
    pub fn reset(&mut self, code: StreamCode) {
        lock(&self.stream).io.reset(code);
    }

    /// Sets the order of sending among the connection's streams: higher goes first, 0 is normal.
    pub fn set_priority(&mut self, priority: i32) {
        lock(&self.stream).set_priority(priority);
    }
}

impl Stream {
    /// As `poll_finished`, but leaves an unfinished negotiation to the half that reads.
    fn poll_finished_writing(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), WriteError>> {
        if let Some(error) = &self.refused {
            return Poll::Ready(Err(error.clone().into()));
        }
        self.io.poll_finished(cx)
    }
}

impl Drop for ReadHalf {
    fn drop(&mut self) {
        let mut stream = lock(&self.stream);
        if !stream.ended {
            stream.stop(StreamCode::NO_ERROR);
        }
    }
}

impl Drop for WriteHalf {
    fn drop(&mut self) {
        if !self.is_finished {
            lock(&self.stream).io.reset(StreamCode::NO_ERROR);
        }
    }
}

impl tokio::io::AsyncRead for ReadHalf {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let len = ready!(lock(&self.stream).poll_read_slice(cx, buf.initialize_unfilled()))?;
        buf.advance(len);
        Poll::Ready(Ok(()))
    }
}

impl tokio::io::AsyncWrite for WriteHalf {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        lock(&self.stream)
            .poll_write_slice(cx, data)
            .map_err(io::Error::from)
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.get_mut().finish().map_err(io::Error::from))
    }
}

/// A panic elsewhere leaves no half-made state in a stream: each call is complete in itself.
fn lock(stream: &Mutex<Stream>) -> MutexGuard<'_, Stream> {
    stream.lock().unwrap_or_else(PoisonError::into_inner)
}
