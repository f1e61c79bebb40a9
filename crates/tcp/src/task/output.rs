//! From the machine to the socket.

use std::{
    io::{self, IoSlice},
    mem,
    task::{Context, Poll},
    time::Instant,
};

use sinew_sans_io::StreamMachine as _;

use super::Task;

/// The batch that is being written. The next is made when the socket has taken it, so that what is urgent waits
/// behind one batch at most.
#[derive(Debug)]
pub(super) struct Output {
    buffer: Vec<u8>,
    /// How much of the buffer the socket has taken.
    written: usize,
    max_len: usize,
    /// The largest batch since the last look at the memory.
    peak: usize,
    /// Why nothing more can be written. The reason that the peer gave may still have to be read.
    pub(super) failure: Option<io::Error>,
    is_over: bool,
}

impl Output {
    pub(super) fn new(max_len: usize) -> Self {
        Self {
            buffer: Vec::new(),
            written: 0,
            max_len,
            peak: 0,
            failure: None,
            is_over: false,
        }
    }

    /// Whether all that was gathered is written, or never will be.
    pub(super) fn is_done(&self) -> bool {
        self.is_over || self.buffer.is_empty()
    }

    /// Whether nothing can be written any more.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Whether there is a buffer to be trimmed.
    pub(super) fn holds_memory(&self) -> bool {
        self.buffer.capacity() > 0
    }

    /// Lets go of memory that was not needed since the last call.
    pub(super) fn trim(&mut self) {
        if self.peak <= self.buffer.capacity() / 4 && self.buffer.is_empty() {
            self.buffer = Vec::new();
        }
        self.peak = 0;
    }
}

impl Task {
    /// Writes what is due; returns whether another turn should write more.
    pub(super) fn transmit(&mut self, now: Instant, cx: &mut Context<'_>) -> bool {
        for _ in 0..WRITES_IN_ONE_TURN {
            if self.output.is_over || self.end.is_broken {
                return false;
            }
            if self.output.buffer.is_empty() && !self.gather(now) {
                // What was sent may have made room for what was left of the input.
                return self.is_input_blocked();
            }
            let rest = self.output.buffer.get(self.output.written..);
            let rest = IoSlice::new(rest.unwrap_or_default());
            match self.socket.poll_write_vectored(cx, &[rest]) {
                Poll::Ready(Ok(0)) => return self.on_failure(io::ErrorKind::WriteZero.into()),
                Poll::Ready(Ok(len)) => self.on_written(len),
                Poll::Ready(Err(error)) => return self.on_failure(error),
                Poll::Pending => return false,
            }
        }
        true
    }

    /// Makes the next batch; returns whether there is any. Records are sealed under the lock one by one, so that
    /// nobody waits for the batch.
    fn gather(&mut self, now: Instant) -> bool {
        let output = &mut self.output;
        while output.buffer.len() < output.max_len {
            let mut state = self.shell.lock();
            let made = state.muxer.proto.poll_transmit(now, &mut output.buffer);
            drop(state);
            if made.is_none() {
                break;
            }
        }
        output.peak = output.peak.max(output.buffer.len());
        !output.buffer.is_empty()
    }

    fn on_written(&mut self, len: usize) {
        let output = &mut self.output;
        output.written = output.written.saturating_add(len);
        if output.written >= output.buffer.len() {
            output.buffer.clear();
            output.written = 0;
        }
    }

    /// Remembers that nothing can be written, and asks for another turn, which reads what the peer has said.
    fn on_failure(&mut self, error: io::Error) -> bool {
        self.output.is_over = true;
        self.output.failure = Some(error);
        drop(mem::take(&mut self.output.buffer));
        true
    }
}

/// Writes in one turn; then others get theirs.
const WRITES_IN_ONE_TURN: usize = 4;
