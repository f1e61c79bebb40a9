//! What waits to be sent, and in which order it goes.

use std::collections::VecDeque;

use super::{schedule::Schedule, stream::Stream};
use crate::{StreamId, frame::Frame, memory::Memory};

/// What waits to be sent. A stream stands in each queue once at most, so all of them are as bounded as the
/// number of streams.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    /// Answers to the peer, whose number it can drive up.
    pub(super) replies: VecDeque<Frame>,
    /// Streams that have a reset, credit or an acknowledgement to send.
    pub(super) control: VecDeque<StreamId>,
    /// Streams that have data or an end to send.
    pub(super) data: Schedule,
    /// Streams whose writers wait for room in the buffer that all share.
    pub(super) starved: VecDeque<StreamId>,
    /// In all streams.
    pub(super) unsent_bytes: usize,
    /// For what is copied to wait here.
    pub(super) memory: Memory,
}

impl Outbox {
    pub(super) fn is_empty(&self) -> bool {
        self.replies.is_empty() && self.control.is_empty() && self.data.is_empty()
    }

    pub(super) fn push_control(&mut self, id: StreamId, stream: &mut Stream) {
        if !std::mem::replace(&mut stream.queued.control, true) {
            self.control.push_back(id);
        }
    }

    pub(super) fn push_data(&mut self, id: StreamId, stream: &mut Stream) {
        if !std::mem::replace(&mut stream.queued.data, true) {
            self.data.push_back(stream.priority, id);
        }
    }

    pub(super) fn push_starved(&mut self, id: StreamId, stream: &mut Stream) {
        if !std::mem::replace(&mut stream.queued.starved, true) {
            self.starved.push_back(id);
        }
    }

    /// Drops what a stream had to send.
    pub(super) fn drop_unsent(&mut self, stream: &mut Stream) {
        let dropped = stream.unsent.clear();
        self.unsent_bytes = self.unsent_bytes.saturating_sub(dropped);
    }
}
