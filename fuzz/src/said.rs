//! A peer that has said everything, and listens to nothing.

use std::{
    collections::VecDeque,
    task::{Context, Poll},
};

use bytes::Bytes;
use sinew_transport::{ReadError, StreamCode, StreamIo, WriteError};

/// A peer that has said everything, and listens to nothing.
pub(crate) struct Said(VecDeque<Bytes>);

impl Said {
    /// It said `data`, and is read in pieces of so many bytes.
    pub(crate) fn new(data: &[u8], piece: usize) -> Self {
        Self(data.chunks(piece).map(Bytes::copy_from_slice).collect())
    }
}

impl StreamIo for Said {
    fn id(&self) -> u64 {
        0
    }

    fn poll_read(
        &mut self,
        _cx: &mut Context<'_>,
        _max_bytes: usize,
        out: &mut VecDeque<Bytes>,
    ) -> Poll<Result<bool, ReadError>> {
        out.extend(self.0.pop_front());
        Poll::Ready(Ok(self.0.is_empty()))
    }

    fn poll_write(
        &mut self,
        _cx: &mut Context<'_>,
        data: &mut Bytes,
    ) -> Poll<Result<(), WriteError>> {
        data.clear();
        Poll::Ready(Ok(()))
    }

    fn poll_write_slice(
        &mut self,
        _cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<Result<usize, WriteError>> {
        Poll::Ready(Ok(data.len()))
    }

    fn finish(&mut self) -> Result<(), WriteError> {
        Ok(())
    }

    fn poll_finished(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), WriteError>> {
        Poll::Ready(Ok(()))
    }

    fn reset(&mut self, _code: StreamCode) {}

    fn stop(&mut self, _code: StreamCode) {}

    fn set_priority(&mut self, _priority: i32) {}
}
