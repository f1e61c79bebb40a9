//! One stream of a connection, as the application or a handler holds it.

use std::{
    collections::VecDeque,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use sinew_transport::{ReadError, StreamCode, StreamIo, WriteError};

use crate::{Driven, Muxer, ReadFault, Shell, State, WriteFault, budget, state::remember};

type Id<D> = <<D as Driven>::Muxer as Muxer>::StreamId;

/// A stream that somebody holds.
pub(crate) struct MuxedStream<D: Driven> {
    shell: Arc<Shell<D>>,
    id: Id<D>,
    /// The end or a reset was read.
    is_read: bool,
    is_finished: bool,
}

impl<D: Driven> MuxedStream<D> {
    pub(crate) fn new(shell: Arc<Shell<D>>, id: Id<D>) -> Self {
        Self {
            shell,
            id,
            is_read: false,
            is_finished: false,
        }
    }

    /// Reads with `take`, which gets the machine and returns how many bytes were read, and whether to the end.
    fn poll_with(
        &mut self,
        cx: &mut Context<'_>,
        take: impl FnOnce(&mut D::Muxer, Id<D>) -> Result<(usize, bool), ReadFault>,
    ) -> Poll<Result<(usize, bool), ReadError>> {
        if self.is_read {
            return Poll::Ready(Ok((0, true)));
        }
        if yields(cx) {
            return Poll::Pending;
        }
        let id = self.id;
        let outcome = self.shell.with(|state| match take(&mut state.muxer, id) {
            Ok(read) => Poll::Ready(Ok(read)),
            Err(ReadFault::Blocked) => {
                remember(&mut state.slot(id).reader, cx);
                Poll::Pending
            }
            Err(ReadFault::Reset(code)) => Poll::Ready(Err(ReadError::Reset(code))),
            Err(ReadFault::Stopped) => Poll::Ready(Err(ReadError::Stopped)),
            Err(ReadFault::Closed) => Poll::Ready(Err(ReadError::Closed(state.close_reason()))),
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
        write: impl FnOnce(&mut D::Muxer, Id<D>) -> Result<usize, WriteFault>,
    ) -> Poll<Result<usize, WriteError>> {
        if self.is_finished {
            return Poll::Ready(Err(WriteError::Finished));
        }
        if yields(cx) {
            return Poll::Pending;
        }
        let id = self.id;
        let outcome = self.shell.with(|state| match write(&mut state.muxer, id) {
            Ok(len) => Poll::Ready(Ok(len)),
            Err(WriteFault::Blocked) => {
                remember(&mut state.slot(id).writer, cx);
                Poll::Pending
            }
            Err(fault) => Poll::Ready(Err(fault.explain(state))),
        });
        if let Poll::Ready(Ok(len)) = outcome {
            budget::spend(len);
        }
        outcome
    }
}

impl<D: Driven> StreamIo for MuxedStream<D> {
    fn id(&self) -> u64 {
        D::Muxer::number(self.id)
    }

    fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        max_bytes: usize,
        out: &mut VecDeque<Bytes>,
    ) -> Poll<Result<bool, ReadError>> {
        let max = max_bytes.min(MAX_CALL_BYTES);
        self.poll_with(cx, |muxer, id| {
            let mut len = 0;
            let ended = muxer.read_with(id, max, |chunk| {
                len += chunk.len();
                out.push_back(chunk);
            })?;
            Ok((len, ended))
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
        let outcome = self.poll_with(cx, |muxer, id| {
            let mut len = 0;
            let ended = muxer.read_with(id, max, |chunk| {
                if let Some(free) = buf.get_mut(len..len + chunk.len()) {
                    free.copy_from_slice(&chunk);
                    len += chunk.len();
                }
            })?;
            Ok((len, ended))
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
                .poll_write_with(cx, |muxer, id| muxer.write(id, data))
                .map_ok(|_| ());
        }
        let mut front = data.slice(..MAX_CALL_BYTES);
        let outcome = self.poll_write_with(cx, |muxer, id| muxer.write(id, &mut front));
        outcome.map_ok(|len| drop(data.split_to(len)))
    }

    fn poll_write_slice(
        &mut self,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<Result<usize, WriteError>> {
        let front = data.get(..MAX_CALL_BYTES).unwrap_or(data);
        self.poll_write_with(cx, |muxer, id| muxer.write_slice(id, front))
    }

    fn finish(&mut self) -> Result<(), WriteError> {
        if self.is_finished {
            return Ok(());
        }
        let id = self.id;
        self.shell.with(|state| {
            let finished = state.muxer.finish(id);
            finished.map_err(|fault| fault.explain(state))
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
                return Poll::Ready(Err(WriteError::Stopped(code)));
            }
            if !is_finished {
                return Poll::Ready(Err(WriteError::Finished));
            }
            if state.is_closed() {
                return Poll::Ready(Err(WriteError::Closed(state.close_reason())));
            }
            remember(&mut state.slot(id).writer, cx);
            Poll::Pending
        })
    }

    fn reset(&mut self, code: StreamCode) {
        let id = self.id;
        let (is_over, waiting) = self.shell.with(|state| {
            let is_over = state.slot(id).is_acknowledged;
            if !is_over {
                state.muxer.reset(id, code);
            }
            (is_over, state.slot(id).take_wakers())
        });
        self.is_finished &= is_over;
        wake(waiting);
    }

    fn stop(&mut self, code: StreamCode) {
        let id = self.id;
        let waiting = self.shell.with(|state| {
            state.muxer.stop(id, code);
            state.slot(id).reader.take()
        });
        wake(waiting);
    }

    fn set_priority(&mut self, priority: i32) {
        let id = self.id;
        self.shell
            .with(|state| state.muxer.set_priority(id, priority));
    }
}

impl<D: Driven> Drop for MuxedStream<D> {
    fn drop(&mut self) {
        let id = self.id;
        let mut wakers = Vec::new();
        let _slot = self.shell.with(|state| state.abandon(id, &mut wakers));
        wake(wakers);
    }
}

impl WriteFault {
    fn explain<M: Muxer>(self, state: &State<M>) -> WriteError {
        match self {
            Self::Stopped(code) => WriteError::Stopped(code),
            Self::Closed => WriteError::Closed(state.close_reason()),
            Self::Blocked | Self::Finished => WriteError::Finished,
        }
    }
}

/// Wakes who waits for what will not come; no lock is held.
fn wake(waiting: impl IntoIterator<Item = Waker>) {
    waiting.into_iter().for_each(Waker::wake);
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
