//! A buffer with room for so much.

use std::num::NonZeroUsize;

use crate::{chunks::Chunks, frame::Frame, memory::Memory};

/// Frames that are gathered behind what is in a buffer already.
#[derive(Debug)]
pub(super) struct Batch<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
    max: usize,
}

impl<'a> Batch<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>, max: usize) -> Self {
        let start = out.len();
        Self { out, start, max }
    }

    pub(super) fn len(&self) -> usize {
        self.out.len().saturating_sub(self.start)
    }

    pub(super) fn fits_header(&self) -> bool {
        self.room() >= Frame::HEADER_LEN
    }

    /// Returns how much payload fits behind a header.
    pub(super) fn payload_room(&self) -> usize {
        self.room().saturating_sub(Frame::HEADER_LEN)
    }

    pub(super) fn push(&mut self, frame: Frame) {
        self.out.extend_from_slice(&frame.encode());
    }

    /// Moves payload here; its header was pushed.
    pub(super) fn push_payload(&mut self, payload: &mut Chunks, len: usize, memory: &mut Memory) {
        payload.copy_to(len, self.out, memory);
    }

    pub(super) fn written(&self) -> Option<NonZeroUsize> {
        NonZeroUsize::new(self.len())
    }

    fn room(&self) -> usize {
        self.max.saturating_sub(self.len())
    }
}
