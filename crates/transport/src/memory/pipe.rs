//! One direction of a stream.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;

use super::WINDOW_BYTES;
use crate::{CloseReason, ReadError, StreamCode, WriteError};

/// Bytes on their way from one end to the other.
#[derive(Debug, Default)]
pub(super) struct Pipe(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    chunks: VecDeque<Bytes>,
    len: usize,
    writing: Writing,
    reading: Reading,
    writer: Option<Waker>,
    reader: Option<Waker>,
}

/// What the sending end did last.
#[derive(Debug, Default)]
enum Writing {
    #[default]
    Open,
    Finished,
    Reset(StreamCode),
    Closed {
        for_reader: CloseReason,
        for_writer: CloseReason,
    },
}

/// What the receiving end did last.
#[derive(Debug, Default)]
enum Reading {
    #[default]
    Open,
    Stopped(StreamCode),
    /// It has read the end or the reset.
    Done,
}

impl Pipe {
    pub(super) fn poll_read(
        &self,
        cx: &mut Context<'_>,
        max_bytes: usize,
        out: &mut VecDeque<Bytes>,
    ) -> Poll<Result<bool, ReadError>> {
        let mut guard = self.lock();
        let state = &mut *guard;
        if let Reading::Stopped(_) = state.reading {
            return Poll::Ready(Err(ReadError::Stopped));
        }
        if let Writing::Reset(code) = state.writing {
            state.reading = Reading::Done;
            return Poll::Ready(Err(ReadError::Reset(code)));
        }
        let mut left = max_bytes;
        while let Some(mut chunk) = state.chunks.pop_front() {
            if chunk.len() > left {
                let rest = chunk.split_off(left);
                state.chunks.push_front(rest);
            }
            left -= chunk.len();
            state.len -= chunk.len();
            if !chunk.is_empty() {
                out.push_back(chunk);
            }
            if left == 0 {
                break;
            }
        }
        let ended = state.chunks.is_empty() && matches!(state.writing, Writing::Finished);
        if ended {
            state.reading = Reading::Done;
        }
        if left < max_bytes || ended {
            let writer = state.writer.take();
            drop(guard);
            wake(writer);
            return Poll::Ready(Ok(ended));
        }
        if let Writing::Closed { for_reader, .. } = &state.writing {
            return Poll::Ready(Err(ReadError::Closed(for_reader.clone())));
        }
        remember(&mut state.reader, cx);
        Poll::Pending
    }

    pub(super) fn poll_write(
        &self,
        cx: &mut Context<'_>,
        data: &mut Bytes,
    ) -> Poll<Result<(), WriteError>> {
        let mut state = self.lock();
        if let Some(error) = state.write_error() {
            return Poll::Ready(Err(error));
        }
        if matches!(state.writing, Writing::Finished) {
            return Poll::Ready(Err(WriteError::Finished));
        }
        let room = WINDOW_BYTES - state.len;
        if room == 0 {
            remember(&mut state.writer, cx);
            return Poll::Pending;
        }
        let taken = data.split_to(room.min(data.len()));
        state.len += taken.len();
        state.chunks.push_back(taken);
        let reader = state.reader.take();
        drop(state);
        wake(reader);
        Poll::Ready(Ok(()))
    }

    pub(super) fn finish(&self) -> Result<(), WriteError> {
        let mut state = self.lock();
        if let Some(error) = state.write_error() {
            return Err(error);
        }
        state.writing = Writing::Finished;
        let reader = state.reader.take();
        drop(state);
        wake(reader);
        Ok(())
    }

    /// What the other end's transport has, it has acknowledged: in memory that is all of it.
    pub(super) fn finished(&self) -> Result<(), WriteError> {
        self.lock().write_error().map_or(Ok(()), Err)
    }

    pub(super) fn reset(&self, code: StreamCode) {
        let mut state = self.lock();
        let is_underway = match state.writing {
            Writing::Open => true,
            Writing::Finished => state.len > 0,
            Writing::Reset(_) | Writing::Closed { .. } => false,
        };
        if !is_underway {
            return;
        }
        state.writing = Writing::Reset(code);
        state.chunks.clear();
        state.len = 0;
        let wakers = [state.reader.take(), state.writer.take()];
        drop(state);
        wakers.into_iter().for_each(wake);
    }

    pub(super) fn is_open_for_writing(&self) -> bool {
        matches!(self.lock().writing, Writing::Open)
    }

    pub(super) fn stop(&self, code: StreamCode) {
        let mut state = self.lock();
        if !matches!(state.reading, Reading::Open) {
            return;
        }
        state.reading = Reading::Stopped(code);
        state.chunks.clear();
        state.len = 0;
        let wakers = [state.reader.take(), state.writer.take()];
        drop(state);
        wakers.into_iter().for_each(wake);
    }

    /// Ends the pipe with its connection; what was sent before can still be read.
    pub(super) fn close(&self, for_reader: CloseReason, for_writer: CloseReason) {
        let mut state = self.lock();
        if matches!(state.writing, Writing::Open) {
            state.writing = Writing::Closed {
                for_reader,
                for_writer,
            };
        }
        let wakers = [state.reader.take(), state.writer.take()];
        drop(state);
        wakers.into_iter().for_each(wake);
    }

    /// Nothing panics while the lock is held.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn write_error(&self) -> Option<WriteError> {
        if let Reading::Stopped(code) = self.reading {
            return Some(WriteError::Stopped(code));
        }
        match &self.writing {
            Writing::Open | Writing::Finished => None,
            Writing::Reset(_) => Some(WriteError::Finished),
            Writing::Closed { for_writer, .. } => Some(WriteError::Closed(for_writer.clone())),
        }
    }
}

fn remember(slot: &mut Option<Waker>, cx: &Context<'_>) {
    if !slot
        .as_ref()
        .is_some_and(|waker| waker.will_wake(cx.waker()))
    {
        *slot = Some(cx.waker().clone());
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}
