//! One stream of a connection.

use std::{
    collections::VecDeque,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use sinew_driver::budget;
use sinew_quic_proto::{self as proto, ReadState, StreamId};
use sinew_transport::{ReadError, StreamCode, StreamIo, WriteError};

use crate::connection::{Shell, Slot, State, remember};

/// A stream that the application or a handler holds.
pub(crate) struct QuicStream {
    shell: Arc<Shell>,
    id: StreamId,
    /// The end or a reset was read.
    is_read: bool,
    is_finished: bool,
}

impl QuicStream {
    pub(crate) fn new(shell: Arc<Shell>, id: StreamId) -> Self {
        Self {
            shell,
            id,
            is_read: false,
            is_finished: false,
        }
    }

    /// Reads with `take`, which gets the state and a budget in bytes and returns how many were read.
    fn poll_with(
        &mut self,
        cx: &mut Context<'_>,
        take: impl FnOnce(&mut State, StreamId) -> Result<(usize, ReadState), proto::ReadError>,
    ) -> Poll<Result<(usize, bool), ReadError>> {
        if self.is_read {
            return Poll::Ready(Ok((0, true)));
        }
        if yields(cx) {
            return Poll::Pending;
        }
        let id = self.id;
        let outcome = self.shell.with(|state| match take(state, id) {
            Ok((len, read)) => Poll::Ready(Ok((len, read == ReadState::Ended))),
            Err(proto::ReadError::Blocked) => {
                remember(&mut state.slot(id).reader, cx);
                Poll::Pending
            }
            Err(proto::ReadError::Reset { code }) => {
                Poll::Ready(Err(ReadError::Reset(StreamCode::from_wire(code))))
            }
            Err(proto::ReadError::Closed) => {
                Poll::Ready(Err(ReadError::Closed(state.close_reason())))
            }
            Err(_) => Poll::Ready(Err(ReadError::Stopped)),
        });
        if let Poll::Ready(Ok((len, ended))) = outcome {
            self.is_read = ended;
            budget::spend(len);
        }
        outcome
    }

    fn poll_write_with(
        &mut self,
        cx: &mut Context<'_>,
        write: impl FnOnce(&mut proto::Connection, StreamId) -> Result<usize, proto::WriteError>,
    ) -> Poll<Result<usize, WriteError>> {
        if self.is_finished {
            return Poll::Ready(Err(WriteError::Finished));
        }
        if yields(cx) {
            return Poll::Pending;
        }
        let id = self.id;
        let outcome = self.shell.with(|state| match write(&mut state.proto, id) {
            Ok(len) => Poll::Ready(Ok(len)),
            Err(proto::WriteError::Blocked) => {
                remember(&mut state.slot(id).writer, cx);
                Poll::Pending
            }
            Err(proto::WriteError::Stopped { code }) => {
                Poll::Ready(Err(WriteError::Stopped(StreamCode::from_wire(code))))
            }
            Err(proto::WriteError::Closed) => {
                Poll::Ready(Err(WriteError::Closed(state.close_reason())))
            }
            Err(_) => Poll::Ready(Err(WriteError::Finished)),
        });
        if let Poll::Ready(Ok(len)) = outcome {
            budget::spend(len);
        }
        outcome
    }
}

impl StreamIo for QuicStream {
    fn id(&self) -> u64 {
        self.id.as_u64()
    }

    fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        max_bytes: usize,
        out: &mut VecDeque<Bytes>,
    ) -> Poll<Result<bool, ReadError>> {
        let max = max_bytes.min(MAX_CALL_BYTES);
        self.poll_with(cx, |state, id| {
            let mut len = 0;
            let read = state.proto.read_with(id, max, |chunk| {
                len += chunk.len();
                out.push_back(chunk);
            })?;
            Ok((len, read))
        })
        .map_ok(|(_, ended)| ended)
    }

    fn poll_read_slice(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<Result<usize, ReadError>> {
        if buf.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let max = buf.len().min(MAX_CALL_BYTES);
        let outcome = self.poll_with(cx, |state, id| {
            let mut len = 0;
            let read = state.proto.read_with(id, max, |chunk| {
                if let Some(free) = buf.get_mut(len..len + chunk.len()) {
                    free.copy_from_slice(&chunk);
                    len += chunk.len();
                }
            })?;
            Ok((len, read))
        });
        outcome.map_ok(|(len, _)| len)
    }

    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        data: &mut Bytes,
    ) -> Poll<Result<(), WriteError>> {
        if data.len() <= MAX_CALL_BYTES {
            return self
                .poll_write_with(cx, |proto, id| proto.write(id, data))
                .map_ok(|_| ());
        }
        let mut front = data.slice(..MAX_CALL_BYTES);
        let outcome = self.poll_write_with(cx, |proto, id| proto.write(id, &mut front));
        outcome.map_ok(|len| drop(data.split_to(len)))
    }

    fn poll_write_slice(
        &mut self,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<Result<usize, WriteError>> {
        let front = data.get(..MAX_CALL_BYTES).unwrap_or(data);
        self.poll_write_with(cx, |proto, id| proto.write_slice(id, front))
    }

    fn finish(&mut self) -> Result<(), WriteError> {
        if self.is_finished {
            return Ok(());
        }
        let id = self.id;
        self.shell.with(|state| match state.proto.finish(id) {
            Ok(()) => Ok(()),
            Err(proto::StreamError::Stopped { code }) => {
                Err(WriteError::Stopped(StreamCode::from_wire(code)))
            }
            Err(proto::StreamError::Closed) => Err(WriteError::Closed(state.close_reason())),
            Err(_) => Err(WriteError::Finished),
        })?;
        self.is_finished = true;
        Ok(())
    }

    fn poll_finished(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), WriteError>> {
        let (id, is_finished) = (self.id, self.is_finished);
        self.shell.with(|state| {
            let slot = state.slot(id);
            if slot.is_acknowledged {
                return Poll::Ready(Ok(()));
            }
            if let Some(code) = slot.stopped {
                return Poll::Ready(Err(WriteError::Stopped(StreamCode::from_wire(code))));
            }
            if !is_finished {
                return Poll::Ready(Err(WriteError::Finished));
            }
            if state.closed.is_some() {
                return Poll::Ready(Err(WriteError::Closed(state.close_reason())));
            }
            remember(&mut state.slot(id).writer, cx);
            Poll::Pending
        })
    }

    fn reset(&mut self, code: StreamCode) {
        let id = self.id;
        self.is_finished = false;
        let waiting = self.shell.with(|state| {
            state.proto.reset(id, code.get().into());
            state.slot(id).writer.take()
        });
        wake(waiting);
    }

    fn stop(&mut self, code: StreamCode) {
        let id = self.id;
        let waiting = self.shell.with(|state| {
            state.proto.stop(id, code.get().into());
            state.slot(id).reader.take()
        });
        wake(waiting);
    }

    fn set_priority(&mut self, priority: i32) {
        let id = self.id;
        self.shell
            .with(|state| state.proto.set_priority(id, priority));
    }
}

impl Drop for QuicStream {
    fn drop(&mut self) {
        let id = self.id;
        self.shell.with(|state| state.abandon(id));
    }
}

impl State {
    fn slot(&mut self, id: StreamId) -> &mut Slot {
        self.streams.entry(id).or_default()
    }
}

/// Wakes who waits for what will not come; no lock is held.
fn wake(waiting: Option<Waker>) {
    if let Some(waker) = waiting {
        waker.wake();
    }
}

/// Lets the turn go on when the running handler has used up its budget.
fn yields(cx: &Context<'_>) -> bool {
    let is_spent = budget::is_spent();
    if is_spent {
        cx.waker().wake_by_ref();
    }
    is_spent
}

/// What one call moves under the connection's lock at most.
const MAX_CALL_BYTES: usize = 256 << 10;
