//! From the socket to the machine.

use std::{
    io, mem,
    task::{Context, Poll},
    time::Instant,
};

use bytes::BytesMut;
use sinew_driver::Slabs;
use sinew_runtime::TcpStream;
use sinew_sans_io::StreamMachine as _;

use super::Task;

/// Where bytes arrive. Records are opened in it, and streams share what was in them, so a buffer that somebody
/// still reads from is put aside.
#[derive(Debug)]
pub(super) struct Input {
    buffer: BytesMut,
    /// Buffers that were put aside.
    slabs: Slabs,
    /// How much is read at a time. Grows while as much arrives.
    read_len: usize,
    max_read_len: usize,
    /// The largest read since the last look at the memory.
    peak: usize,
    /// The machine has to answer before it takes more.
    is_blocked: bool,
    /// The peer will send no more.
    pub(super) is_ended: bool,
}

impl Input {
    pub(super) fn new(max_read_len: usize) -> Self {
        Self {
            buffer: BytesMut::new(),
            slabs: Slabs::new(MIN_READ_LEN),
            read_len: MIN_READ_LEN,
            max_read_len: max_read_len.max(MIN_READ_LEN),
            peak: 0,
            is_blocked: false,
            is_ended: false,
        }
    }

    fn read(
        &mut self,
        socket: &mut dyn TcpStream,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        self.make_room();
        let spare = self.spare();
        let read = socket.poll_read_into(cx, &mut self.buffer);
        if let Poll::Ready(Ok(len)) = read {
            self.peak = self.peak.max(len);
            if len == spare {
                self.set_read_len(self.read_len.saturating_mul(4).min(self.max_read_len));
            }
        }
        read
    }

    /// Makes room for half of a read at least.
    fn make_room(&mut self) {
        let least = self.read_len / 2;
        if self.spare() >= least || self.buffer.try_reclaim(least) {
            return;
        }
        // Somebody still reads from it.
        let mut next = self.slabs.take(self.buffer.len().saturating_add(least));
        next.extend_from_slice(&self.buffer);
        let before = mem::replace(&mut self.buffer, next);
        self.slabs.put(before);
    }

    fn spare(&self) -> usize {
        self.buffer.capacity().saturating_sub(self.buffer.len())
    }

    fn set_read_len(&mut self, len: usize) {
        if self.read_len != len {
            self.read_len = len;
            self.slabs = Slabs::new(len);
        }
    }

    /// Whether there is a buffer to be trimmed.
    pub(super) fn holds_memory(&self) -> bool {
        self.buffer.capacity() > 0 || !self.slabs.is_empty()
    }

    /// Lets go of memory that was not needed since the last call.
    pub(super) fn trim(&mut self) {
        if self.peak <= self.read_len / 4 {
            let len = self.peak.saturating_mul(2).max(MIN_READ_LEN);
            self.set_read_len(len.min(self.read_len));
            if self.buffer.is_empty() {
                self.buffer = BytesMut::new();
                self.slabs = Slabs::new(self.read_len);
            }
        }
        self.peak = 0;
    }
}

impl Task {
    /// Reads until nothing is left or the turn has had its share; returns whether more may be there.
    pub(super) fn receive(&mut self, now: Instant, cx: &mut Context<'_>) -> bool {
        if self.input.is_blocked {
            self.feed(now);
        }
        let mut received = 0;
        for _ in 0..READS_IN_ONE_TURN {
            if self.input.is_blocked || self.input.is_ended || self.end.is_broken {
                return false;
            }
            match self.input.read(&mut *self.socket, cx) {
                Poll::Ready(Ok(len)) => {
                    self.input.is_ended = len == 0;
                    self.feed(now);
                    received += len;
                    if received >= BYTES_IN_ONE_TURN {
                        break;
                    }
                }
                Poll::Ready(Err(error)) => self.broke(error),
                Poll::Pending => {
                    // The peer's last words were read before it is said that it cannot be written to.
                    if let Some(error) = self.output.failure.take() {
                        self.broke(error);
                    }
                    return false;
                }
            }
        }
        true
    }

    /// Hands the machine what there is. Why it fails, if it does, is found in it.
    fn feed(&mut self, now: Instant) {
        let input = &mut self.input;
        let mut state = self.shell.lock();
        let proto = &mut state.muxer.proto;
        if !input.buffer.is_empty() {
            proto.handle_input(now, &mut input.buffer).ok();
        }
        input.is_blocked = proto.is_input_blocked() && !proto.is_closed();
        if input.is_ended && !input.is_blocked {
            proto.handle_eof(now).ok();
        }
        if proto.is_closed() {
            // Nobody wants it.
            input.buffer.clear();
        }
    }

    /// Whether the machine waits for its answers to be sent.
    pub(super) fn is_input_blocked(&self) -> bool {
        self.input.is_blocked
    }
}

/// The least that is read at a time: a handshake's messages.
const MIN_READ_LEN: usize = 8 << 10;

/// Reads in one turn; then what has arrived is worked on.
const READS_IN_ONE_TURN: usize = 4;

/// Bytes in one turn, after which applications read before more is received: it is still in the processor's cache
/// then, and need not be copied so that it can wait.
const BYTES_IN_ONE_TURN: usize = 192 << 10;

#[cfg(test)]
mod tests;
