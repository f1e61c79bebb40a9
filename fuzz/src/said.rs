//! A peer that has said everything, and listens to nothing.

use std::{
    collections::VecDeque,
    task::{Context, Poll, Waker},
};

use bytes::{Buf as _, Bytes};
use sinew_transport::{ReadError, StreamCode, StreamIo, WriteError};

/// A peer that has said everything, and listens to nothing.
pub(crate) struct Said {
    left: VecDeque<Bytes>,
    /// It is heard when the end was written, and not before.
    is_patient: bool,
    reader: Option<Waker>,
    /// How many bytes it takes before it wants no more.
    room: usize,
}

impl Said {
    /// It said `data`, and is read in pieces of so many bytes.
    pub(crate) fn new(data: &[u8], piece: usize) -> Self {
        Self {
            left: data.chunks(piece).map(Bytes::copy_from_slice).collect(),
            is_patient: false,
            reader: None,
            room: usize::MAX,
        }
    }

    /// It is not heard before the end was written.
    pub(crate) fn patient(self) -> Self {
        Self {
            is_patient: true,
            ..self
        }
    }

    /// It takes so many bytes and then wants no more.
    pub(crate) fn with_room(self, room: usize) -> Self {
        Self { room, ..self }
    }
}

impl StreamIo for Said {
    fn id(&self) -> u64 {
        0
    }

    fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        max_bytes: usize,
        out: &mut VecDeque<Bytes>,
    ) -> Poll<Result<bool, ReadError>> {
        if self.is_patient {
            self.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        if let Some(first) = self.left.front_mut() {
            out.push_back(first.split_to(max_bytes.min(first.len())));
            if first.is_empty() {
                self.left.pop_front();
            }
        }
        Poll::Ready(Ok(self.left.is_empty()))
    }

    fn poll_write(
        &mut self,
        _cx: &mut Context<'_>,
        data: &mut Bytes,
    ) -> Poll<Result<(), WriteError>> {
        let len = data.len().min(self.room);
        if len == 0 && !data.is_empty() {
            return Poll::Ready(Err(WriteError::Stopped(StreamCode::NO_ERROR)));
        }
        self.room -= len;
        data.advance(len);
        Poll::Ready(Ok(()))
    }

    fn poll_write_slice(
        &mut self,
        _cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<Result<usize, WriteError>> {
        let len = data.len().min(self.room);
        if len == 0 && !data.is_empty() {
            return Poll::Ready(Err(WriteError::Stopped(StreamCode::NO_ERROR)));
        }
        self.room -= len;
        Poll::Ready(Ok(len))
    }

    fn finish(&mut self) -> Result<(), WriteError> {
        self.is_patient = false;
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
        Ok(())
    }

    fn poll_finished(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), WriteError>> {
        Poll::Ready(Ok(()))
    }

    fn reset(&mut self, _code: StreamCode) {}

    fn stop(&mut self, _code: StreamCode) {}

    fn set_priority(&mut self, _priority: i32) {}
}
