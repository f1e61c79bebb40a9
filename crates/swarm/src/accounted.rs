//! A transport's stream, counted and held to its time limits.

use std::{
    collections::VecDeque,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use sinew_transport::{ReadError, StreamCode, StreamIo, WriteError};

use crate::{expiry::Expiry, ledger::StreamSlot};

/// A stream that gives its slot back when it is gone.
///
/// A stream that expires is reset and stopped with [`StreamCode::GARBAGE_COLLECTED`]; on this side reading
/// fails with [`ReadError::Expired`] and writing with [`WriteError::Expired`].
pub(crate) struct Accounted {
    io: Box<dyn StreamIo>,
    expiry: Option<Box<Expiry>>,
    expired: bool,
    /// After `io`, so that the stream has ended when its slot is free.
    _slot: StreamSlot,
}

impl Accounted {
    pub(crate) fn new(
        io: Box<dyn StreamIo>,
        expiry: Option<Box<Expiry>>,
        slot: StreamSlot,
    ) -> Self {
        Self {
            io,
            expiry,
            expired: false,
            _slot: slot,
        }
    }

    /// Polls, unless the stream has expired, and notes whether bytes moved.
    fn unless_expired<T, E>(
        &mut self,
        cx: &mut Context<'_>,
        expired: E,
        poll: impl FnOnce(&mut dyn StreamIo, &mut Context<'_>) -> Poll<Result<T, E>>,
    ) -> Poll<Result<T, E>> {
        if self.expired {
            return Poll::Ready(Err(expired));
        }
        let Some(expiry) = &mut self.expiry else {
            return poll(&mut *self.io, cx);
        };
        if !expiry.is_past_lifetime() {
            match poll(&mut *self.io, cx) {
                Poll::Ready(outcome) => {
                    expiry.on_progress();
                    return Poll::Ready(outcome);
                }
                Poll::Pending => ready!(expiry.poll_expired(cx)),
            }
        }
        self.expiry = None;
        self.expired = true;
        self.io.reset(StreamCode::GARBAGE_COLLECTED);
        self.io.stop(StreamCode::GARBAGE_COLLECTED);
        Poll::Ready(Err(expired))
    }
}

impl StreamIo for Accounted {
    fn id(&self) -> u64 {
        self.io.id()
    }

    fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        max_bytes: usize,
        out: &mut VecDeque<Bytes>,
    ) -> Poll<Result<bool, ReadError>> {
        self.unless_expired(cx, ReadError::Expired, |io, cx| {
            io.poll_read(cx, max_bytes, out)
        })
    }

    fn poll_read_slice(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<Result<usize, ReadError>> {
        self.unless_expired(cx, ReadError::Expired, |io, cx| io.poll_read_slice(cx, buf))
    }

    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        data: &mut Bytes,
    ) -> Poll<Result<(), WriteError>> {
        self.unless_expired(cx, WriteError::Expired, |io, cx| io.poll_write(cx, data))
    }

    fn poll_write_slice(
        &mut self,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<Result<usize, WriteError>> {
        self.unless_expired(cx, WriteError::Expired, |io, cx| {
            io.poll_write_slice(cx, data)
        })
    }

    fn finish(&mut self) -> Result<(), WriteError> {
        self.io.finish()
    }

    fn poll_finished(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), WriteError>> {
        self.unless_expired(cx, WriteError::Expired, |io, cx| io.poll_finished(cx))
    }

    fn reset(&mut self, code: StreamCode) {
        self.io.reset(code);
    }

    fn stop(&mut self, code: StreamCode) {
        self.io.stop(code);
    }

    fn set_priority(&mut self, priority: i32) {
        self.io.set_priority(priority);
    }
}
