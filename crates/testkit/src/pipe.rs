//! The way from one side to the other, and what happens to the bytes on it.

use std::ops::Range;

use rand::{RngExt, rngs::StdRng};

use crate::Seed;

/// One direction of a conversation.
#[derive(Debug)]
pub struct Pipe {
    chunks: Chunks,
    /// Started by [`Chunks::Random`].
    rng: StdRng,
    fault: Fault,
    /// Accepted, damaged where it had to be, and not delivered.
    queue: Vec<u8>,
    /// How many bytes the sender has sent.
    sent: usize,
    /// How many bytes were delivered.
    delivered: usize,
}

/// How the bytes on their way are cut into deliveries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chunks {
    /// All that is there, at once.
    Whole,
    /// At most so many bytes at once.
    UpTo(usize),
    /// All that is there, but never across this offset.
    CutAt(usize),
    /// Small or large pieces, as the seed says.
    Random(Seed),
}

/// What goes wrong, at an offset from the start of the direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// The direction ends in front of the byte at this offset.
    EndAt(usize),
    /// The same, but the receiver is not told.
    SilenceAt(usize),
    /// The byte at `at` has the bits of `mask` flipped.
    Flip {
        /// The offset.
        at: usize,
        /// The bits.
        mask: u8,
    },
    /// `byte` appears in front of the byte at `at`.
    Insert {
        /// The offset.
        at: usize,
        /// What appears.
        byte: u8,
    },
    /// The byte at this offset is missing.
    Remove(usize),
}

impl Pipe {
    /// Makes a direction that carries every byte as it is, at once.
    #[must_use]
    pub fn new() -> Self {
        Self {
            chunks: Chunks::Whole,
            rng: Seed::new(0).rng(),
            fault: Fault::None,
            queue: Vec::new(),
            sent: 0,
            delivered: 0,
        }
    }

    /// Cuts deliveries as `chunks` says.
    #[must_use]
    pub fn with_chunks(self, chunks: Chunks) -> Self {
        let rng = match chunks {
            Chunks::Random(seed) => seed.rng(),
            Chunks::Whole | Chunks::UpTo(_) | Chunks::CutAt(_) => self.rng,
        };
        Self {
            chunks,
            rng,
            ..self
        }
    }

    /// Lets `fault` happen.
    #[must_use]
    pub fn with_fault(self, fault: Fault) -> Self {
        Self { fault, ..self }
    }

    /// Returns whether the direction ended early, so that its receiver is to be told.
    pub(crate) fn is_cut_short(&self) -> bool {
        matches!(self.fault, Fault::EndAt(_))
    }

    /// Accepts what the sender sent.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let range = self.sent..self.sent + bytes.len();
        self.sent = range.end;
        let (before, from_fault) = match self.fault.offset() {
            Some(at) => bytes.split_at((at.clamp(range.start, range.end)) - range.start),
            None => (bytes, &[][..]),
        };
        self.queue.extend_from_slice(before);
        if self.fault.is_in(&range) {
            self.push_damaged(from_fault);
        } else if !matches!(self.fault, Fault::EndAt(_) | Fault::SilenceAt(_)) {
            self.queue.extend_from_slice(from_fault);
        }
    }

    /// Takes the next delivery.
    pub(crate) fn pop(&mut self) -> Option<Vec<u8>> {
        if self.queue.is_empty() {
            return None;
        }
        let waiting = self.queue.len();
        let len = match self.chunks {
            Chunks::Whole => waiting,
            Chunks::UpTo(len) => len,
            Chunks::CutAt(at) => match at.checked_sub(self.delivered) {
                Some(len) if len > 0 => len,
                _ => waiting,
            },
            Chunks::Random(_) if self.rng.random_bool(0.5) => self.rng.random_range(1..=4),
            Chunks::Random(_) => self.rng.random_range(1..=waiting),
        };
        let len = len.clamp(1, waiting);
        self.delivered += len;
        Some(self.queue.drain(..len).collect())
    }

    fn push_damaged(&mut self, from_fault: &[u8]) {
        let Some((&byte, after)) = from_fault.split_first() else {
            return;
        };
        match self.fault {
            Fault::None => self.queue.push(byte),
            Fault::EndAt(_) | Fault::SilenceAt(_) => return,
            Fault::Flip { mask, .. } => self.queue.push(byte ^ mask),
            Fault::Insert { byte: new, .. } => self.queue.extend([new, byte]),
            Fault::Remove(_) => {}
        }
        self.queue.extend_from_slice(after);
    }
}

impl Fault {
    fn offset(self) -> Option<usize> {
        match self {
            Self::None => None,
            Self::EndAt(at)
            | Self::SilenceAt(at)
            | Self::Remove(at)
            | Self::Flip { at, .. }
            | Self::Insert { at, .. } => Some(at),
        }
    }

    fn is_in(self, range: &Range<usize>) -> bool {
        self.offset().is_some_and(|at| range.contains(&at))
    }
}

impl Default for Pipe {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
