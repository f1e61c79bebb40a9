//! Answers to strangers, which belong to no connection.

use std::collections::VecDeque;

use sinew_sans_io::Transmit;

use crate::connection::transmit;

/// A bounded queue of datagrams to send.
#[derive(Debug)]
pub(super) struct Responses {
    queue: VecDeque<(Transmit, Vec<u8>)>,
    max: usize,
    /// What quinn-proto writes the next answer to; empty between calls.
    buffer: Vec<u8>,
}

impl Responses {
    pub(super) fn new(max: usize) -> Self {
        Self {
            queue: VecDeque::new(),
            max,
            buffer: Vec::new(),
        }
    }

    /// Returns the empty buffer that an answer may be written to.
    pub(super) fn buffer(&mut self) -> &mut Vec<u8> {
        self.buffer.clear();
        &mut self.buffer
    }

    /// Queues what was written to the buffer, or drops it when the queue is full.
    pub(super) fn push(&mut self, response: &quinn_proto::Transmit) {
        let payload = std::mem::take(&mut self.buffer);
        if self.queue.len() < self.max {
            self.queue.push_back((transmit(response, None), payload));
        }
    }

    pub(super) fn pop(&mut self, out: &mut Vec<u8>) -> Option<Transmit> {
        let (transmit, payload) = self.queue.pop_front()?;
        out.extend_from_slice(&payload);
        Some(transmit)
    }
}
